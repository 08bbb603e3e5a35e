//! Lengths with their unit.

/// Millimetres of `8cm`, `120 mm`, `3.5in` or `240pt` (points of PostScript, 72 to the inch).
///
/// # Errors
/// If it is no length, or none that a page could have.
pub(crate) fn millimetres(text: &str) -> Result<f64, String> {
    const UNITS: [(&str, f64); 4] = [("mm", 1.0), ("cm", 10.0), ("in", 25.4), ("pt", 25.4 / 72.0)];
    let in_unit = |(unit, size): (&str, f64)| {
        let number = text.trim().strip_suffix(unit)?.trim_end().parse::<f64>().ok()?;
        Some(number * size)
    };
    let length = UNITS
        .into_iter()
        .find_map(in_unit)
        .ok_or("must be a number with its unit: 8cm, 120mm, 3.5in or 240pt")?;
    if !(30.0..=1000.0).contains(&length) {
        return Err("must be between 3 cm and 1 m".to_owned());
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_known() {
        assert_eq!(millimetres("8cm"), Ok(80.0));
        assert_eq!(millimetres(" 120 mm"), Ok(120.0));
        assert_eq!(millimetres("2in"), Ok(50.8));
        assert!((millimetres("144pt").unwrap() - 50.8).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_width_of_a_figure_is_refused() {
        for text in ["8", "cm", "-8cm", "NaNcm", "infmm", "1mm", "2000mm", "8 km", ""] {
            assert!(millimetres(text).is_err(), "{text:?}");
        }
    }
}
