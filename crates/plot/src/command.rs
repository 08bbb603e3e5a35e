//! What the commands of the markup mean: signs, Greek letters, spaces, with their classes.

use crate::markup::{Atom, Node};
use crate::symbol::Symbol;

/// TeX's thin, medium and thick space, ems.
pub(crate) const THIN: f64 = 3.0 / 18.0;
pub(crate) const MEDIUM: f64 = 4.0 / 18.0;
pub(crate) const THICK: f64 = 5.0 / 18.0;

/// TeX's classes of mathematical atoms, which decide the space between neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Ordinary,
    Operator,
    Binary,
    Relation,
    Open,
    Close,
    Punctuation,
}

/// Text that stands upright within a formula.
pub(crate) fn upright(text: &str) -> Node {
    Node::Text { text: text.to_owned(), italic: false }
}

/// The atom of a command that takes no argument.
pub(crate) fn named(name: &str) -> Option<Atom> {
    use Class::{Binary, Close, Open, Operator, Ordinary, Relation};
    let glyph = |class, text: &str| Some((class, upright(text)));
    let drawn = |class, symbol| Some((class, Node::Drawn(symbol)));
    let space = |ems| Some((Ordinary, Node::Space { ems, breakable: false }));
    match name {
        "log" | "exp" | "ln" | "min" | "max" | "det" | "tr" | "cos" | "sin" | "tanh" | "Pr" => {
            glyph(Operator, name)
        }
        "sum" => drawn(Operator, Symbol::Sum),
        "int" => drawn(Operator, Symbol::Integral),
        "|" | "Vert" => glyph(Ordinary, "\u{2016}"),
        "mid" => glyph(Relation, "|"),
        "parallel" => glyph(Relation, "\u{2016}"),
        "to" | "rightarrow" => glyph(Relation, "\u{2192}"),
        "leftarrow" => glyph(Relation, "\u{2190}"),
        "approx" => drawn(Relation, Symbol::Approx),
        "sim" => drawn(Relation, Symbol::Sim),
        "equiv" => drawn(Relation, Symbol::Equiv),
        "le" | "leq" => drawn(Relation, Symbol::Le),
        "ge" | "geq" => drawn(Relation, Symbol::Ge),
        "ne" | "neq" => drawn(Relation, Symbol::Ne),
        "in" => drawn(Relation, Symbol::In),
        "theta" => drawn(Ordinary, Symbol::Theta),
        "infty" => drawn(Ordinary, Symbol::Infinity),
        "nabla" => drawn(Ordinary, Symbol::Nabla),
        "langle" => drawn(Open, Symbol::Langle),
        "rangle" => drawn(Close, Symbol::Rangle),
        "prime" => drawn(Ordinary, Symbol::Prime),
        "cdot" => glyph(Binary, "\u{B7}"),
        "times" => glyph(Binary, "\u{D7}"),
        "pm" => glyph(Binary, "\u{B1}"),
        "dots" | "ldots" => glyph(Ordinary, "\u{2026}"),
        "%" | "$" | "{" | "}" | "_" => glyph(Ordinary, name),
        "," => space(THIN),
        ";" | " " => space(THICK),
        "quad" => space(1.0),
        // All upright: the font's sloping alpha can hardly be told from its a.
        _ => greek(name).map(|letter| (Ordinary, upright(&letter.to_string()))),
    }
}

/// The Greek letter that TeX calls `name`; nothing for any other command.
///
/// ```
/// assert_eq!(plot::greek("alpha"), Some('α'));
/// assert_eq!(plot::greek("infty"), None);
/// ```
pub fn greek(name: &str) -> Option<char> {
    const NAMES: [(&str, char); 37] = [
        ("alpha", 'α'),
        ("beta", 'β'),
        ("gamma", 'γ'),
        ("delta", 'δ'),
        ("epsilon", 'ϵ'),
        ("varepsilon", 'ε'),
        ("zeta", 'ζ'),
        ("eta", 'η'),
        ("theta", 'θ'),
        ("vartheta", 'ϑ'),
        ("iota", 'ι'),
        ("kappa", 'κ'),
        ("lambda", 'λ'),
        ("mu", 'μ'),
        ("nu", 'ν'),
        ("xi", 'ξ'),
        ("pi", 'π'),
        ("rho", 'ρ'),
        ("sigma", 'σ'),
        ("tau", 'τ'),
        ("upsilon", 'υ'),
        ("phi", 'ϕ'),
        ("varphi", 'φ'),
        ("chi", 'χ'),
        ("psi", 'ψ'),
        ("omega", 'ω'),
        ("Gamma", 'Γ'),
        ("Delta", 'Δ'),
        ("Theta", 'Θ'),
        ("Lambda", 'Λ'),
        ("Xi", 'Ξ'),
        ("Pi", 'Π'),
        ("Sigma", 'Σ'),
        ("Upsilon", 'Υ'),
        ("Phi", 'Φ'),
        ("Psi", 'Ψ'),
        ("Omega", 'Ω'),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map(|&(_, letter)| letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::Face;

    #[test]
    fn every_named_sign_is_in_the_font_or_drawn() {
        for name in ["phi", "epsilon", "alpha", "Sigma", "log", "|", "to", "cdot", "times", "pm", "dots"] {
            let (_, node) = named(name).expect("known");
            let Node::Text { text, italic } = node else { panic!("{name} is not text") };
            let face = if italic { Face::Italic } else { Face::Roman };
            assert!(text.chars().all(|c| face.has(c)), "{name}");
        }
    }
}
