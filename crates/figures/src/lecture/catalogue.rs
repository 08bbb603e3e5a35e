//! All figures, in the order of the derivation.

use super::LectureFigure;
use super::{
    bound_against_steps, bound_terms, bridge, chains, cost, estimators, evidence_split, forward_line,
    forward_plane, gradient_estimators, hierarchy_terms, jensen, kl_directions, mixture_components, moons,
    neighbours, one_step, parameterisation_weights, posterior_collapse, posterior_slides,
    reconstruction_or_prior, reverse_paths, samples_by_steps, schedules, score_field,
};

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
        title: "Mixtures and divergences",
        figures: &[mixture_components::FIGURE, kl_directions::FIGURE, jensen::FIGURE],
    },
    Part {
        title: "The VAE",
        figures: &[
            chains::VAE,
            evidence_split::FIGURE,
            reconstruction_or_prior::FIGURE,
            moons::LATENT_SPACES,
            moons::MOON_PHASES,
            moons::LATENT_GRID,
            gradient_estimators::FIGURE,
            neighbours::IMPORTANCE,
            neighbours::AMORTISATION,
            posterior_collapse::FIGURE,
        ],
    },
    Part { title: "The hierarchical VAE", figures: &[chains::MHVAE, hierarchy_terms::FIGURE] },
    Part {
        title: "From data to noise: the forward process",
        figures: &[
            schedules::FIGURE,
            forward_line::FIGURE,
            forward_plane::FIGURE,
            posterior_slides::FIGURE,
            bridge::FIGURE,
        ],
    },
    Part {
        title: "Terms of the bound",
        figures: &[
            chains::VDM,
            bound_terms::FIGURE,
            one_step::FIGURE,
            bound_against_steps::FIGURE,
            parameterisation_weights::FIGURE,
            estimators::CONSISTENCY_AGAINST_DENOISING,
            estimators::LADDER,
        ],
    },
    Part {
        title: "From noise to data",
        figures: &[score_field::FIGURE, reverse_paths::FIGURE, samples_by_steps::FIGURE],
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
