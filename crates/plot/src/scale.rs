//! Axes as maps from data to the page, and where their ticks stand.

use crate::label::Label;

/// How an axis spreads its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Spread {
    #[default]
    Linear,
    Log10,
}

/// An axis with its limits, `low < high`; both positive if it is logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) spread: Spread,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A labelled value on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: Label,
}

impl Scale {
    /// Limits that enclose `low..=high` with a share `pad` of free space at each end.
    ///
    /// A range of size zero is opened around its only value.
    pub(crate) fn around(spread: Spread, low: f64, high: f64, pad: f64) -> Scale {
        let tight = Scale { spread, low, high };
        let (a, b) = (tight.stretch(low), tight.stretch(high));
        let (a, b) = if b > a {
            (a, b)
        } else {
            let half = if a == 0.0 || spread == Spread::Log10 { 0.5 } else { 0.1 * a.abs() };
            (a - half, b + half)
        };
        let room = pad * (b - a);
        Scale { spread, low: tight.unstretch(a - room), high: tight.unstretch(b + room) }
    }

    fn stretch(&self, value: f64) -> f64 {
        match self.spread {
            Spread::Linear => value,
            Spread::Log10 => value.log10(),
        }
    }

    fn unstretch(&self, place: f64) -> f64 {
        match self.spread {
            Spread::Linear => place,
            Spread::Log10 => 10f64.powf(place),
        }
    }

    /// Where `value` lies: 0 at the lower limit, 1 at the upper.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let (low, high) = (self.stretch(self.low), self.stretch(self.high));
        (self.stretch(value) - low) / (high - low)
    }

    /// The same axis showing `factor` times as much, about its middle.
    pub(crate) fn widened(&self, factor: f64) -> Scale {
        let (low, high) = (self.stretch(self.low), self.stretch(self.high));
        let (middle, half) = (0.5 * (low + high), 0.5 * factor * (high - low));
        Scale { low: self.unstretch(middle - half), high: self.unstretch(middle + half), ..*self }
    }

    /// At most `most` labelled ticks (and never fewer than asked for by a range this short).
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.spread {
            Spread::Linear => linear_ticks(self.low, self.high, most),
            Spread::Log10 => self.log_ticks(most),
        }
    }

    /// Unlabelled ticks between decades, where there is room to see them apart.
    pub(crate) fn minor_ticks(&self) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        if self.spread == Spread::Linear || last - first > 6 {
            return Vec::new();
        }
        let within = |v: &f64| (self.low..=self.high).contains(v);
        (first..last)
            .flat_map(|k| (2..10).map(move |m| f64::from(m) * 10f64.powi(k)))
            .filter(within)
            .collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let slack = 1e-9;
        let first = (self.low.log10() - slack).ceil() as i32;
        let last = (self.high.log10() + slack).floor() as i32;
        let decades = (last - first + 1).max(0) as usize;
        if decades >= 3 || (decades == 2 && most <= 3) {
            let every = decades.div_ceil(most.max(1)) as i32;
            let marked = (first..=last).filter(|k| k.rem_euclid(every) == 0);
            return marked.map(|k| Tick { value: 10f64.powi(k), label: power_of_ten(k) }).collect();
        }
        // The densest that fits. Equal steps only where there are not even two of the densest: the range is so short that equal
        // steps look equal.
        let within = |m: f64, k: i32| (self.low..=self.high).contains(&(m * 10f64.powi(k)));
        let steps = |multiples: &[f64]| -> Vec<(f64, i32)> {
            let all = (first - 1..=last).flat_map(|k| multiples.iter().map(move |&m| (m, k)));
            all.filter(|&(m, k)| within(m, k)).collect()
        };
        let densest = steps(&[1.0, 2.0, 5.0]);
        if densest.len() < 2 {
            return linear_ticks(self.low, self.high, most);
        }
        let coarser = [&[1.0, 3.0][..], &[1.0]].map(steps);
        let fitting = std::iter::once(densest).chain(coarser).find(|steps| (1..=most).contains(&steps.len()));
        let Some(steps) = fitting else { return linear_ticks(self.low, self.high, most) };
        let label = if steps.iter().all(|(_, k)| (-3..=3).contains(k)) { decimal } else { multiple_of_power };
        steps.into_iter().map(|(m, k)| Tick { value: m * 10f64.powi(k), label: label(m, k) }).collect()
    }
}

fn power_of_ten(k: i32) -> Label {
    Label::from(format!("$10^{{{k}}}$"))
}

fn decimal(m: f64, k: i32) -> Label {
    let decimals = usize::try_from(-k).unwrap_or(0);
    Label::from(format!("${:.decimals$}$", m * 10f64.powi(k)))
}

fn multiple_of_power(m: f64, k: i32) -> Label {
    if m == 1.0 { power_of_ten(k) } else { Label::from(format!(r"${m}\cdot 10^{{{k}}}$")) }
}

/// The smallest of 1, 2, 5 times a power of ten that cuts `low..=high` into at most `most` ticks.
fn nice_step(low: f64, high: f64, most: usize) -> f64 {
    let count = |step: f64| (high / step).floor() - (low / step).ceil() + 1.0;
    let start = ((high - low) / most.max(2) as f64).log10().floor() as i32 - 1;
    let steps = (start..start + 4).flat_map(|k| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(k)));
    steps.into_iter().find(|&step| count(step) <= most.max(2) as f64).unwrap_or(high - low)
}

fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let step = nice_step(low, high, most);
    let slack = 1e-9;
    let first = (low / step - slack).ceil() as i64;
    let last = (high / step + slack).floor() as i64;
    let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as i32;
    let largest = low.abs().max(high.abs());
    let exponent = if largest >= 1e5 || decimals > 4 { largest.log10().floor() as i32 } else { 0 };
    let label = |value: f64| {
        let digits = usize::try_from((decimals + exponent).max(0)).unwrap_or(0);
        if exponent == 0 || value == 0.0 {
            return Label::from(format!(
                "${value:.0$}$",
                if value == 0.0 && exponent != 0 { 0 } else { digits }
            ));
        }
        let shift = (step.log10() + 1e-9).floor() as i32;
        let mantissa = value / 10f64.powi(exponent);
        Label::from(format!(r"${mantissa:.0$}\cdot 10^{{{exponent}}}$", (exponent - shift).max(0) as usize))
    };
    let multiple = |i: i64| {
        let value = i as f64 * step;
        // A multiple such as 3 * 0.1 is the decimal number its label says.
        let scale = 10f64.powi(decimals);
        if exponent == 0 { (value * scale).round() / scale } else { value }
    };
    (first..=last).map(multiple).map(|value| Tick { value, label: label(value + 0.0) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(scale: Scale, most: usize) -> Vec<String> {
        scale.ticks(most).iter().map(|t| t.label.markup().to_owned()).collect()
    }

    fn linear(low: f64, high: f64) -> Scale {
        Scale { spread: Spread::Linear, low, high }
    }

    fn log(low: f64, high: f64) -> Scale {
        Scale { spread: Spread::Log10, low, high }
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(texts(linear(0.0, 1.0), 6), ["$0.0$", "$0.2$", "$0.4$", "$0.6$", "$0.8$", "$1.0$"]);
        assert_eq!(texts(linear(-3.2, 3.2), 5), ["$-2$", "$0$", "$2$"]);
        assert_eq!(texts(linear(0.0, 2.4e6), 4), ["$0$", r"$1\cdot 10^{6}$", r"$2\cdot 10^{6}$"]);
        assert_eq!(
            texts(linear(0.0, 3.1e-5), 4),
            ["$0$", r"$1\cdot 10^{-5}$", r"$2\cdot 10^{-5}$", r"$3\cdot 10^{-5}$"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(texts(log(1e-3, 1e1), 6), ["$10^{-3}$", "$10^{-2}$", "$10^{-1}$", "$10^{0}$", "$10^{1}$"]);
        assert_eq!(texts(log(1e-8, 1e4), 5), ["$10^{-6}$", "$10^{-3}$", "$10^{0}$", "$10^{3}$"]);
        assert_eq!(texts(log(0.9, 30.0), 6), ["$1$", "$2$", "$5$", "$10$", "$20$"]);
    }

    /// Five of 1, 2, 5 are too many for three or four; equal steps would crowd at the upper end.
    #[test]
    fn ticks_of_one_or_two_decades_keep_apart() {
        assert_eq!(texts(log(0.015, 0.9), 4), ["$0.03$", "$0.1$", "$0.3$"]);
        assert_eq!(texts(log(0.015, 0.9), 6), ["$0.02$", "$0.05$", "$0.1$", "$0.2$", "$0.5$"]);
        assert_eq!(texts(log(2.0, 95.0), 2), ["$10$"]);
        // One way of writing for all.
        assert_eq!(
            texts(log(2e-4, 0.02), 4),
            [r"$3\cdot 10^{-4}$", "$10^{-3}$", r"$3\cdot 10^{-3}$", "$10^{-2}$"]
        );
        assert_eq!(texts(log(2.1, 4.9), 5), ["$2.5$", "$3.0$", "$3.5$", "$4.0$", "$4.5$"]);
    }

    #[test]
    fn a_single_value_still_has_a_range() {
        for value in [0.0, 3.0, -1e-9] {
            let scale = Scale::around(Spread::Linear, value, value, 0.04);
            assert!(scale.low < value && value < scale.high);
            assert!((scale.place(value) - 0.5).abs() < 1e-9);
        }
    }

    proptest! {
        #[test]
        fn linear_ticks_lie_within_and_step_by_one_two_or_five(
            low in -1e6..1e6f64, size in -6.0..6.0f64, most in 2usize..12
        ) {
            let high = low + 10f64.powf(size);
            prop_assume!(high - low > 1e-6 * low.abs());
            let ticks = linear(low, high).ticks(most);
            let slack = 1e-6 * (high - low);
            prop_assert!(ticks.len() <= most);
            prop_assert!(ticks.iter().all(|t| t.value >= low - slack && t.value <= high + slack));
            for pair in ticks.windows(2) {
                let step = pair[1].value - pair[0].value;
                let lead = step / 10f64.powf((step.log10() + 1e-6).floor());
                prop_assert!([1.0, 2.0, 5.0].iter().any(|m| (lead - m).abs() < 1e-2), "{step}");
            }
        }

        #[test]
        fn logarithmic_ticks_lie_within(low in -8.0..4.0f64, decades in 0.1..12.0f64, most in 3usize..10) {
            let scale = log(10f64.powf(low), 10f64.powf(low + decades));
            let ticks = scale.ticks(most);
            prop_assert!(!ticks.is_empty() && ticks.len() <= most);
            prop_assert!(ticks.iter().all(|t| (-1e-6..=1.0 + 1e-6).contains(&scale.place(t.value))));
        }

        #[test]
        fn widening_keeps_the_middle(low in -10.0..10.0f64, size in 0.1..10.0f64, factor in 1.0..4.0f64) {
            let scale = linear(low, low + size);
            let wide = scale.widened(factor);
            prop_assert!((wide.place(low + 0.5 * size) - 0.5).abs() < 1e-9);
            prop_assert!(((wide.high - wide.low) - factor * size).abs() < 1e-9);
        }
    }
}
