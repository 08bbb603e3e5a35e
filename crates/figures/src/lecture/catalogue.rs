//! All figures, in the order of the derivation.

use super::LectureFigure;
use super::evidence_split;
use super::gradient_estimators;
use super::hierarchy_terms;
use super::jensen;
use super::kl_directions;
use super::mixture_components;
use super::posterior_collapse;
use super::reconstruction_or_prior;
use super::schedules;

/// Figures that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Heading of the gallery.
    pub title: &'static str,
    /// In the order in which they are shown.
    pub figures: &'static [LectureFigure],
}

/// The whole set.
pub const PARTS: &[Part] = &[
    Part { title: "Mixtures and divergences", figures: &[mixture_components::FIGURE, kl_directions::FIGURE] },
    Part {
        title: "The VAE",
        figures: &[
            jensen::FIGURE,
            evidence_split::FIGURE,
            gradient_estimators::FIGURE,
            posterior_collapse::FIGURE,
            reconstruction_or_prior::FIGURE,
        ],
    },
    Part { title: "The hierarchical VAE", figures: &[hierarchy_terms::FIGURE] },
    Part { title: "From noise to data: the diffusion model", figures: &[schedules::FIGURE] },
];

/// Every figure.
pub fn all() -> impl Iterator<Item = &'static LectureFigure> {
    PARTS.iter().flat_map(|part| part.figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_fit_for_files() {
        let mut seen = HashSet::new();
        for figure in all() {
            let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(figure.name.chars().all(fit), "{}", figure.name);
            assert!(seen.insert(figure.name), "two figures are called {}", figure.name);
            assert!(!figure.claims.is_empty(), "{} shows nothing that is claimed", figure.name);
        }
    }
}
