//! The markup of labels: plain text with mathematics between dollar signs.
//!
//! A small part of TeX's mathematics is read with TeX's meaning (*The TeXbook*, ch. 16 to 18),
//! including the spacing of operators and relations, which depends on the classes of neighbours.

use crate::command::{self, Class, MEDIUM, THICK, THIN, upright};
use crate::error::PlotError;
use crate::font::Face;
use crate::symbol::Symbol;

/// A piece of a label, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Glyphs set together; upright text follows the surrounding face.
    Text { text: String, italic: bool },
    /// A sign the font lacks.
    Drawn(Symbol),
    /// White space, ems; a line may break at a word space only.
    Space { ems: f64, breakable: bool },
    /// A base with a subscript, a superscript, or both, one over the other.
    Scripts { base: Vec<Node>, sub: Vec<Node>, sup: Vec<Node> },
    /// An accent drawn over its body.
    Accent { accent: Accent, body: Vec<Node> },
    /// A square root.
    Root(Vec<Node>),
}

/// The sign over an accented body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accent {
    Bar,
    Hat,
    Tilde,
    Dot,
}

/// A piece of a formula with the class that decides the space around it.
pub(crate) type Atom = (Class, Node);

pub(crate) const WORD_SPACE: f64 = 0.32;

/// Reads a label.
pub(crate) fn parse(markup: &str) -> Result<Vec<Node>, PlotError> {
    let mut parser = Parser { markup, position: 0 };
    let mut nodes = Vec::new();
    while let Some(c) = parser.peek() {
        match c {
            '$' => {
                parser.bump();
                let atoms = parser.atoms(Some('$'))?;
                parser.expect('$')?;
                nodes.extend(spaced(atoms, true));
            }
            c if c.is_whitespace() => {
                parser.skip_spaces();
                nodes.push(Node::Space { ems: WORD_SPACE, breakable: true });
            }
            _ => nodes.push(parser.word()?),
        }
    }
    Ok(nodes)
}

/// Text taken as it stands, dollar signs and all; a question mark for what the font lacks.
pub(crate) fn plain(text: &str) -> Vec<Node> {
    let text: String =
        text.chars().map(|c| if c.is_whitespace() || Face::Roman.has(c) { c } else { '?' }).collect();
    let words = text.split_whitespace().map(|word| Node::Text { text: word.to_owned(), italic: false });
    let mut nodes = Vec::new();
    for word in words {
        if !nodes.is_empty() {
            nodes.push(Node::Space { ems: WORD_SPACE, breakable: true });
        }
        nodes.push(word);
    }
    nodes
}

struct Parser<'a> {
    markup: &'a str,
    position: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.markup[self.position..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        Some(c)
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    fn error<T>(&self, position: usize, reason: impl Into<String>) -> Result<T, PlotError> {
        Err(PlotError::Markup { markup: self.markup.to_owned(), position, reason: reason.into() })
    }

    fn expect(&mut self, wanted: char) -> Result<(), PlotError> {
        if self.peek() == Some(wanted) {
            self.bump();
            return Ok(());
        }
        self.error(self.position, format!("expected {wanted:?}"))
    }

    /// A word of plain text, up to a space or a formula; `\$` is a dollar sign.
    fn word(&mut self) -> Result<Node, PlotError> {
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|&c| c != '$' && !c.is_whitespace()) {
            let start = self.position;
            self.bump();
            let c = if c == '\\' && self.peek() == Some('$') { self.bump().unwrap_or(c) } else { c };
            if !Face::Roman.has(c) {
                return self.error(start, format!("the font has no {c:?}"));
            }
            text.push(c);
        }
        Ok(Node::Text { text, italic: false })
    }

    /// Atoms up to, and not including, the closing sign.
    fn atoms(&mut self, close: Option<char>) -> Result<Vec<Atom>, PlotError> {
        let mut atoms = Vec::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                c if c == close => return Ok(atoms),
                None => return self.error(self.position, "the formula does not end"),
                Some(_) => {
                    let atom = self.atom()?;
                    atoms.push(self.with_scripts(atom)?);
                }
            }
        }
    }

    /// One atom without its scripts.
    fn atom(&mut self) -> Result<Atom, PlotError> {
        let start = self.position;
        let Some(c) = self.bump() else { return self.error(start, "expected a symbol") };
        match c {
            '\\' => self.command(start),
            '{' => {
                let nodes = spaced(self.atoms(Some('}'))?, true);
                self.expect('}')?;
                Ok((Class::Ordinary, Node::Scripts { base: nodes, sub: vec![], sup: vec![] }))
            }
            '0'..='9' => {
                let mut text = String::from(c);
                while let Some(digit) = self.peek().filter(|&d| d.is_ascii_digit() || d == '.') {
                    self.bump();
                    text.push(digit);
                }
                Ok((Class::Ordinary, Node::Text { text, italic: false }))
            }
            '-' => Ok((Class::Binary, upright("\u{2212}"))),
            '+' | '/' | '!' | '|' | '.' | '*' => {
                let class = if matches!(c, '+' | '*') { Class::Binary } else { Class::Ordinary };
                Ok((class, upright(&c.to_string())))
            }
            '=' | '<' | '>' | ':' => Ok((Class::Relation, upright(&c.to_string()))),
            '(' | '[' => Ok((Class::Open, upright(&c.to_string()))),
            ')' | ']' => Ok((Class::Close, upright(&c.to_string()))),
            ',' | ';' => Ok((Class::Punctuation, upright(&c.to_string()))),
            '\'' => Ok((Class::Ordinary, Node::Drawn(Symbol::Prime))),
            c if c.is_alphabetic() && Face::Italic.has(c) => {
                Ok((Class::Ordinary, Node::Text { text: c.to_string(), italic: true }))
            }
            _ => self.error(start, format!("{c:?} means nothing in a formula")),
        }
    }

    fn with_scripts(&mut self, (class, node): Atom) -> Result<Atom, PlotError> {
        let (mut sub, mut sup) = (Vec::new(), Vec::new());
        loop {
            let slot = match self.peek() {
                Some('_') => &mut sub,
                Some('^') => &mut sup,
                _ => break,
            };
            if !slot.is_empty() {
                return self.error(self.position, "a second script of the same kind");
            }
            self.bump();
            *slot = self.argument(false)?;
        }
        if sub.is_empty() && sup.is_empty() {
            return Ok((class, node));
        }
        Ok((class, Node::Scripts { base: vec![node], sub, sup }))
    }

    /// A group in braces or a single symbol, with the spaces of a line if `roomy`, else of a script.
    fn argument(&mut self, roomy: bool) -> Result<Vec<Node>, PlotError> {
        self.skip_spaces();
        if self.peek() == Some('{') {
            self.bump();
            let nodes = spaced(self.atoms(Some('}'))?, roomy);
            if nodes.is_empty() {
                return self.error(self.position, "an empty group");
            }
            self.expect('}')?;
            return Ok(nodes);
        }
        Ok(vec![self.atom()?.1])
    }

    /// Letters in braces taken as they stand.
    fn letters(&mut self) -> Result<String, PlotError> {
        self.expect('{')?;
        let start = self.position;
        let Some(length) = self.markup[start..].find('}') else {
            return self.error(start, "the group does not end");
        };
        self.position += length + 1;
        let letters = &self.markup[start..start + length];
        match letters.char_indices().find(|&(_, c)| !Face::Roman.has(c)) {
            Some((at, c)) => self.error(start + at, format!("the font has no {c:?}")),
            None => Ok(letters.to_owned()),
        }
    }

    fn command(&mut self, start: usize) -> Result<Atom, PlotError> {
        let name = self.command_name();
        let accent = |accent| move |body| (Class::Ordinary, Node::Accent { accent, body });
        match name.as_str() {
            "bar" | "overline" => self.argument(true).map(accent(Accent::Bar)),
            "hat" => self.argument(true).map(accent(Accent::Hat)),
            "tilde" => self.argument(true).map(accent(Accent::Tilde)),
            "dot" => self.argument(true).map(accent(Accent::Dot)),
            "sqrt" => self.argument(true).map(|body| (Class::Ordinary, Node::Root(body))),
            "mathrm" | "text" | "operatorname" => {
                let class = if name == "operatorname" { Class::Operator } else { Class::Ordinary };
                self.letters().map(|text| (class, upright(&text)))
            }
            "mathit" => self.letters().map(|text| (Class::Ordinary, Node::Text { text, italic: true })),
            _ => command::named(&name)
                .map_or_else(|| self.error(start, format!("unknown command \\{name}")), Ok),
        }
    }

    fn command_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_alphabetic) {
            self.bump();
            name.push(c);
        }
        if name.is_empty() {
            name.extend(self.bump());
        }
        name
    }
}

/// Puts TeX's spaces between atoms; `roomy` is false in scripts, where only operators keep theirs.
fn spaced(atoms: Vec<Atom>, roomy: bool) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut before: Option<Class> = None;
    let classes: Vec<Class> = atoms.iter().map(|(class, _)| *class).collect();
    for (i, (class, node)) in atoms.into_iter().enumerate() {
        let class = as_used(class, before, classes.get(i + 1).copied());
        let ems = before.map_or(0.0, |before| space_between(before, class, roomy));
        if ems > 0.0 {
            nodes.push(Node::Space { ems, breakable: false });
        }
        nodes.push(node);
        before = Some(class);
    }
    nodes
}

/// A sign such as the minus is binary only between two operands.
fn as_used(class: Class, before: Option<Class>, after: Option<Class>) -> Class {
    use Class::{Binary, Close, Open, Operator, Ordinary, Punctuation, Relation};
    let no_left = matches!(before, None | Some(Binary | Operator | Relation | Open | Punctuation));
    let no_right = matches!(after, None | Some(Relation | Close | Punctuation));
    if class == Binary && (no_left || no_right) { Ordinary } else { class }
}

fn space_between(left: Class, right: Class, roomy: bool) -> f64 {
    use Class::{Binary, Close, Open, Operator, Ordinary, Punctuation, Relation};
    match (left, right) {
        (Ordinary | Close, Operator) | (Operator, Ordinary | Operator) => THIN,
        _ if !roomy => 0.0,
        (Relation, Relation) => 0.0,
        (Relation, _) | (_, Relation) => THICK,
        (Binary, _) | (_, Binary) => MEDIUM,
        (Punctuation, _) => THIN,
        (Operator, Open) | (Open, _) | (_, Close) => 0.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(markup: &str) -> usize {
        match parse(markup) {
            Err(PlotError::Markup { position, .. }) => position,
            other => panic!("{markup:?} gave {other:?}"),
        }
    }

    #[test]
    fn errors_name_the_position() {
        assert_eq!(position("a $x_t"), 6);
        assert_eq!(position(r"$\nonsense x$"), 1);
        assert_eq!(position("$x_t_s$"), 4);
        assert_eq!(position("$x_{t$"), 5);
        assert_eq!(position("ab \u{4E2D}"), 3);
    }

    #[test]
    fn letters_slope_and_digits_stand() {
        assert_eq!(
            parse("$x2$").expect("parses"),
            vec![
                Node::Text { text: "x".into(), italic: true },
                Node::Text { text: "2".into(), italic: false }
            ]
        );
    }

    #[test]
    fn scripts_in_either_order_are_the_same() {
        assert_eq!(parse("$x_t^2$").expect("parses"), parse("$x^2_t$").expect("parses"));
    }

    #[test]
    fn a_minus_is_spaced_only_between_operands() {
        let spaces = |markup| {
            let nodes = parse(markup).expect("parses");
            nodes.iter().filter(|n| matches!(n, Node::Space { .. })).count()
        };
        assert_eq!(spaces("$a-b$"), 2);
        assert_eq!(spaces("$-b$"), 0);
        assert_eq!(spaces("$a=-b$"), 2);
        assert_eq!(spaces("$(-b)$"), 0);
    }
}
