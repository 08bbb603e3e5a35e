//! Numbers as captions and labels show them, within a formula.

/// A number with two digits, as `4.0 \times 10^{-5}`: TeX, to stand between dollars.
pub(super) fn scientific(value: f64) -> String {
    let written = format!("{value:.1e}");
    let (digits, exponent) = written.split_once('e').expect("an exponent was asked for");
    format!(r"{digits} \times 10^{{{exponent}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_up_moves_the_exponent() {
        assert_eq!(scientific(9.96e-5), r"1.0 \times 10^{-4}");
        assert_eq!(scientific(-4.04e-5), r"-4.0 \times 10^{-5}");
    }
}
