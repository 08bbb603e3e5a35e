//! The files of the text, and what they ask for.

use typst::syntax::ast::{self, AstNode};
use typst::syntax::{SyntaxNode, parse};

/// Name and contents of a file of the text.
pub(crate) type File = (&'static str, &'static str);

/// Where typesetting begins.
pub(crate) const MAIN: &str = "handout.typ";

/// The whole text. What is imported stands here by the name by which it is imported.
pub(crate) const FILES: [File; 11] = [
    (MAIN, include_str!("../text/handout.typ")),
    ("house.typ", include_str!("../text/house.typ")),
    ("letters.typ", include_str!("../text/letters.typ")),
    ("mixtures.typ", include_str!("../text/mixtures.typ")),
    ("vae.typ", include_str!("../text/vae.typ")),
    ("hierarchy.typ", include_str!("../text/hierarchy.typ")),
    ("diffusion.typ", include_str!("../text/diffusion.typ")),
    ("decompositions.typ", include_str!("../text/decompositions.typ")),
    ("predictions.typ", include_str!("../text/predictions.typ")),
    ("limits.typ", include_str!("../text/limits.typ")),
    ("refuted.typ", include_str!("../text/refuted.typ")),
];

/// What a text asks for, in its order, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// Ids of claims: `#checked("B5a", "B5b")` in a margin, `#refuted("R1", …)` in the table.
    pub(crate) claims: Vec<String>,
    /// Names of figures: `#shown("chain_vae")`.
    pub(crate) figures: Vec<String>,
}

impl Request {
    /// What the handout asks for.
    pub(crate) fn of_the_text() -> Self {
        let mut request = Self::default();
        for (_, text) in FILES {
            request.read(&parse(text));
        }
        request
    }

    /// Adds what is asked for below a node of the text.
    fn read(&mut self, node: &SyntaxNode) {
        if let Some(call) = node.cast::<ast::FuncCall>() {
            match call.callee().to_untyped().leaf_text().as_str() {
                "checked" | "refuted" => add(&mut self.claims, call),
                "shown" => add(&mut self.figures, call),
                _ => {}
            }
        }
        for child in node.children() {
            self.read(child);
        }
    }
}

/// Adds the strings that a call is given, but for those by name.
fn add(names: &mut Vec<String>, call: ast::FuncCall) {
    for argument in call.args().items() {
        if let ast::Arg::Pos(ast::Expr::Str(name)) = argument {
            let name = name.get().to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Request {
        let mut request = Request::default();
        request.read(&parse(text));
        request
    }

    #[test]
    fn claims_and_figures_are_found_wherever_they_stand() {
        let request = asked(
            "= A #step[a #shown(\"b_c\") $x$][#checked(\"D1\", \"D2\")] #refuted(\"R1\", \"D1\", line: \"not\")",
        );
        assert_eq!(request.claims, ["D1", "D2", "R1"]);
        assert_eq!(request.figures, ["b_c"]);
    }

    #[test]
    fn what_is_only_told_of_is_not_asked_for() {
        assert_eq!(asked("checked(\"D1\") // #shown(\"b\")\n `#shown(\"c\")`"), Request::default());
    }

    #[test]
    fn the_text_is_whole() {
        for (name, text) in FILES {
            let (errors, _) = parse(text).errors_and_warnings();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }

    #[test]
    fn every_line_that_is_refuted_stands_in_the_handout() {
        let asked = Request::of_the_text().claims;
        let refuted =
            claims::catalogue::all().into_iter().filter(|claim| claim.kind() == claims::Kind::Refuted);
        let left: Vec<String> =
            refuted.map(|claim| claim.id().to_owned()).filter(|id| !asked.contains(id)).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn every_claim_that_is_asked_for_is_there() {
        assert_eq!(crate::checked::find(&Request::of_the_text().claims).1, Vec::<String>::new());
    }
}
