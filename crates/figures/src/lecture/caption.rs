//! What stands under a figure.

use std::fmt;

/// A caption: sentences with formulas in TeX between dollars, `$\bar\alpha_t$`. Markdown as it is; for LaTeX what is special
/// there is escaped outside formulas.
///
/// ```
/// use figures::lecture::Caption;
///
/// let caption = Caption::new("$q(x_t|x_0)$ is within 1 % of $\\mathcal N(0, 1)$.");
/// assert_eq!(caption.to_string(), "$q(x_t|x_0)$ is within 1 % of $\\mathcal N(0, 1)$.");
/// assert_eq!(caption.latex(), "$q(x_t|x_0)$ is within 1 \\% of $\\mathcal N(0, 1)$.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption(String);

impl Caption {
    /// These sentences.
    ///
    /// # Panics
    /// If a formula does not end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        assert!(text.matches('$').count().is_multiple_of(2), "a formula without an end in {text:?}");
        Self(text)
    }

    /// For `\caption{…}`.
    pub fn latex(&self) -> String {
        self.parts()
            .map(|(formula, part)| if formula { format!("${part}$") } else { escaped(part) })
            .collect()
    }

    /// Formulas and what stands between them, in turn.
    fn parts(&self) -> impl Iterator<Item = (bool, &str)> {
        self.0.split('$').enumerate().map(|(i, part)| (i % 2 == 1, part))
    }
}

impl fmt::Display for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Outside formulas LaTeX wants these signs with a backslash.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, sign| {
        if "%&#_{}".contains(sign) {
            escaped.push('\\');
        }
        escaped.push(sign);
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_left_as_they_are() {
        let caption = Caption::new("50 % of {a_1} & #2, but $x_{t-1} \\% y$");
        assert_eq!(caption.latex(), "50 \\% of \\{a\\_1\\} \\& \\#2, but $x_{t-1} \\% y$");
    }

    #[test]
    #[should_panic(expected = "a formula without an end")]
    fn every_formula_ends() {
        Caption::new("$x");
    }
}
