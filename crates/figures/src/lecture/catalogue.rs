//! All figures, in the order of the derivation.

use super::LectureFigure;
use super::{chains, cost, estimators, moons, neighbours, schedules};

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
    Part {
        title: "The VAE",
        figures: &[
            chains::VAE,
            moons::LATENT_SPACES,
            moons::MOON_PHASES,
            moons::LATENT_GRID,
            neighbours::IMPORTANCE,
            neighbours::AMORTISATION,
        ],
    },
    Part { title: "The hierarchical VAE", figures: &[chains::MHVAE] },
    Part { title: "From data to noise: the forward process", figures: &[schedules::FIGURE] },
    Part {
        title: "Terms of the bound",
        figures: &[chains::VDM, estimators::CONSISTENCY_AGAINST_DENOISING, estimators::LADDER],
    },
    Part {
        title: "Neighbours of the VAE",
        figures: &[
            neighbours::PRINCIPAL_COMPONENTS,
            neighbours::GAN,
            neighbours::VQ_VAE,
            neighbours::FRECHET_DISTANCE,
        ],
    },
    Part { title: "What it costs", figures: &[cost::FIGURE] },
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
        }
    }
}
