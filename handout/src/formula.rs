//! Formulas from TeX, as captions use it, in the mathematics of Typst.
//!
//! Every sign is written so that it stands for itself alone: brackets with a backslash, or Typst would match them, and letters
//! apart, or it would take them for a name.

use std::iter::Peekable;
use std::str::Chars;

/// Why a formula cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormulaError {
    /// A command that captions have not used so far.
    #[error("no command \\{0} is known")]
    Unknown(String),
    /// A group or an argument is missing its end, or is not there.
    #[error("something is missing at the end")]
    Unfinished,
    /// A group ends that did not begin.
    #[error("a group ends that did not begin")]
    Unopened,
}

type Read = Result<String, FormulaError>;

/// A formula of TeX in the mathematics of Typst.
///
/// # Errors
/// A command that is not known, or a group that does not end.
pub(crate) fn typst(tex: &str) -> Read {
    let mut reader = Reader(tex.chars().peekable());
    let math = reader.until(None)?;
    Ok(math.trim().to_owned())
}

/// What is left to be read.
struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    /// Everything up to the sign that closes, which is taken too.
    fn until(&mut self, close: Option<char>) -> Read {
        let mut math: Vec<String> = Vec::new();
        loop {
            match self.0.next() {
                None if close.is_none() => return Ok(math.join(" ")),
                None => return Err(FormulaError::Unfinished),
                Some(sign) if Some(sign) == close => return Ok(math.join(" ")),
                Some(sign) => self.read(sign, &mut math)?,
            }
        }
    }

    /// One sign with what belongs to it.
    fn read(&mut self, sign: char, math: &mut Vec<String>) -> Result<(), FormulaError> {
        match sign {
            ' ' => {}
            '_' | '^' => {
                let script = format!("{sign}({})", self.argument()?);
                // A script sits close to its base; without one it has an empty base.
                let base = math.pop().unwrap_or_else(|| "\"\"".to_owned());
                math.push(base + &script);
            }
            '\'' => match math.last_mut() {
                Some(base) => base.push('\''),
                None => math.push("\"\"'".to_owned()),
            },
            '{' => math.push(self.until(Some('}'))?),
            '}' => return Err(FormulaError::Unopened),
            '\\' => {
                let command = self.command()?;
                if !command.is_empty() {
                    math.push(command);
                }
            }
            digit if digit.is_ascii_digit() => math.push(self.number(digit)),
            other => math.push(itself(other)),
        }
        Ok(())
    }

    /// All digits of a number.
    fn number(&mut self, first: char) -> String {
        let mut number = first.to_string();
        while let Some(digit) = self.0.next_if(|&sign| sign.is_ascii_digit() || sign == '.') {
            number.push(digit);
        }
        match number.strip_suffix('.') {
            Some(sentence_ends) => format!("{sentence_ends} \\."),
            None => number,
        }
    }

    /// A group in braces, or the one sign that stands for it.
    fn argument(&mut self) -> Read {
        while self.0.next_if_eq(&' ').is_some() {}
        let sign = self.0.next().ok_or(FormulaError::Unfinished)?;
        if sign == '{' {
            return self.until(Some('}'));
        }
        let mut math = Vec::new();
        match sign {
            '_' | '^' | '}' => return Err(FormulaError::Unfinished),
            digit if digit.is_ascii_digit() => return Ok(digit.to_string()),
            other => self.read(other, &mut math)?,
        }
        Ok(math.join(" "))
    }

    /// Letters in braces, taken as they stand.
    fn letters(&mut self) -> Read {
        while self.0.next_if_eq(&' ').is_some() {}
        if self.0.next_if_eq(&'{').is_none() {
            return self.0.next().map(String::from).ok_or(FormulaError::Unfinished);
        }
        let mut letters = String::new();
        loop {
            match self.0.next() {
                Some('}') => return Ok(letters),
                Some(letter) => letters.push(letter),
                None => return Err(FormulaError::Unfinished),
            }
        }
    }

    /// What stands behind a backslash.
    fn command(&mut self) -> Read {
        let mut name = String::new();
        while let Some(letter) = self.0.next_if(char::is_ascii_alphabetic) {
            name.push(letter);
        }
        if name.is_empty() {
            name.extend(self.0.next());
        }
        Ok(match name.as_str() {
            "frac" | "tfrac" | "dfrac" => format!("frac({}, {})", self.argument()?, self.argument()?),
            "sqrt" => format!("sqrt({})", self.argument()?),
            "bar" | "overline" => format!("macron({})", self.argument()?),
            "hat" => format!("hat({})", self.argument()?),
            "tilde" => format!("tilde({})", self.argument()?),
            "dot" => format!("dot({})", self.argument()?),
            "mathrm" => format!("upright({})", apart(&self.letters()?)),
            "text" => format!("\"{}\"", self.letters()?),
            "operatorname" => format!("op(\"{}\")", self.letters()?),
            "mathcal" => format!("cal({})", self.argument()?),
            "mathbb" => format!("bb({})", self.argument()?),
            "mathbf" => format!("upright(bold({}))", self.argument()?),
            "left" | "right" | "displaystyle" => String::new(),
            _ => named(&name).ok_or(FormulaError::Unknown(name))?,
        })
    }
}

/// Letters one by one: a word between quotes would be set with the spaces around it.
fn apart(letters: &str) -> String {
    letters.chars().map(itself).collect::<Vec<_>>().join(" ")
}

/// A sign that stands for itself.
fn itself(sign: char) -> String {
    match sign {
        '-' => "−".to_owned(),
        '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '/' | '|' | '#' | '"' | '.' | ':' | '&' | '*'
        | '~' => format!("\\{sign}"),
        other => other.to_string(),
    }
}

/// What a command without arguments means.
fn named(name: &str) -> Option<String> {
    let word = match name {
        "log" | "exp" | "ln" | "min" | "max" | "det" | "cos" | "sin" | "tanh" | "tr" | "Pr" => name,
        "," => "thin",
        ":" => "med",
        ";" | " " => "thick",
        "!" => "#h(-0.167em)",
        "quad" => "quad",
        "qquad" => "wide",
        "|" | "Vert" | "parallel" => "‖",
        "mid" => "class(\"relation\", \\|)",
        "{" => "\\{",
        "}" => "\\}",
        "%" => "%",
        "_" => "\\_",
        "&" => "\\&",
        "#" => "\\#",
        _ => return sign(name).or_else(|| plot::greek(name)).map(String::from),
    };
    Some(word.to_owned())
}

/// Signs by name.
const SIGNS: [(&str, char); 31] = [
    ("sum", '∑'),
    ("prod", '∏'),
    ("int", '∫'),
    ("partial", '∂'),
    ("nabla", '∇'),
    ("infty", '∞'),
    ("ell", 'ℓ'),
    ("to", '→'),
    ("rightarrow", '→'),
    ("leftarrow", '←'),
    ("mapsto", '↦'),
    ("approx", '≈'),
    ("sim", '∼'),
    ("equiv", '≡'),
    ("propto", '∝'),
    ("le", '≤'),
    ("leq", '≤'),
    ("ge", '≥'),
    ("geq", '≥'),
    ("ne", '≠'),
    ("neq", '≠'),
    ("ll", '≪'),
    ("gg", '≫'),
    ("in", '∈'),
    ("cdot", '⋅'),
    ("times", '×'),
    ("pm", '±'),
    ("dots", '…'),
    ("ldots", '…'),
    ("langle", '⟨'),
    ("rangle", '⟩'),
];

/// The sign of this name.
fn sign(name: &str) -> Option<char> {
    SIGNS.iter().find(|(known, _)| *known == name).map(|&(_, sign)| sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_apart_and_numbers_together() {
        assert_eq!(typst("2ab + 0.25").unwrap(), "2 a b + 0.25");
        assert_eq!(typst(r"T = 100.").unwrap(), "T = 100 \\.");
    }

    #[test]
    fn scripts_sit_at_their_base() {
        assert_eq!(typst(r"\bar\alpha_{t-1}^2").unwrap(), "macron(α)_(t − 1)^(2)");
        assert_eq!(typst("x_t'").unwrap(), "x_(t)'");
        assert_eq!(typst("e^{-x^2}").unwrap(), "e^(− x^(2))");
        assert_eq!(typst("x_10").unwrap(), "x_(1) 0");
    }

    #[test]
    fn brackets_need_no_partner() {
        assert_eq!(typst(r"\mathcal N(0, 1]").unwrap(), r"cal(N) \( 0 \, 1 \]");
        assert_eq!(typst(r"\mathrm{KL}(q \,\|\, p)").unwrap(), "upright(K L) \\( q thin ‖ thin p \\)");
    }

    #[test]
    fn fractions_and_roots_hold_what_they_hold() {
        assert_eq!(typst(r"\frac{a, b}{\sqrt2}").unwrap(), r"frac(a \, b, sqrt(2))");
        assert_eq!(typst(r"\frac12").unwrap(), "frac(1, 2)");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(typst(r"\nonsense x"), Err(FormulaError::Unknown("nonsense".to_owned())));
        assert_eq!(typst("x_{t"), Err(FormulaError::Unfinished));
        assert_eq!(typst("x_"), Err(FormulaError::Unfinished));
        assert_eq!(typst("x}"), Err(FormulaError::Unopened));
    }

    #[test]
    fn whatever_is_read_is_mathematics_of_typst() {
        let formulas = [
            r"\log \mathrm{SNR}(t) = \log \bar\alpha_t / (1 - \bar\alpha_t)",
            r"\prod_{s \le t} \alpha_s, \quad \nabla_x f' \mid \{a; b\} \% \_ \& \#",
            r"E_{q(z|x)} [\log p(x|z)) * : . \left( \tfrac12 \right) \operatorname{tr} \mathbb{E} \mathbf{I} ~ ^2",
        ];
        for formula in formulas {
            let math = typst(formula).unwrap();
            crate::typeset::alone(&format!("${math}$"))
                .unwrap_or_else(|why| panic!("{formula}: {math}: {why}"));
        }
        let every_sign = SIGNS.map(|(name, _)| format!("\\{name}")).join(" ");
        crate::typeset::alone(&format!("${}$", typst(&every_sign).unwrap())).unwrap();
    }
}
