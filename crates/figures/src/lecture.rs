//! The lecture set: every figure by its name, with the caption and the claims that belong to it.
//!
//! | module | what is here |
//! |---|---|
//! | [`catalogue`] | all figures, in the order of the derivation |
//! | [`caption`] | what stands under a figure, for Markdown and for LaTeX |
//! | [`gallery`] | the page that shows them all |
//! | [`studio`] | what several figures need and one computes |
//!
//! Each of the other modules draws one figure: it computes what it shows, exactly where there is an exact answer, and says in its
//! caption what was found.

pub mod caption;
pub mod catalogue;
pub mod gallery;
pub mod studio;

mod bound_against_steps;
mod bound_terms;
mod bridge;
mod chains;
mod cost;
mod estimators;
mod evidence_split;
mod forward_line;
mod forward_plane;
mod gradient_estimators;
mod hierarchy_terms;
mod jensen;
mod kl_directions;
mod mixture_components;
mod moons;
mod neighbours;
mod noising;
mod numbers;
mod on_the_line;
mod one_step;
mod parameterisation_weights;
mod posterior_collapse;
mod posterior_slides;
mod reconstruction_or_prior;
mod reverse_paths;
mod samples_by_steps;
mod schedules;
mod score_field;
mod setting;

pub use caption::Caption;
pub use catalogue::{PARTS, Part, all};
pub use studio::Studio;

use plot::Figure;

/// A figure of the set, not yet drawn.
#[derive(Clone, Copy, Debug)]
pub struct LectureFigure {
    /// What it is asked for by, and what its files are called.
    pub name: &'static str,
    /// What it shows, in a few words, without markup.
    pub title: &'static str,
    /// Ids of the claims that say what it shows.
    pub claims: &'static [&'static str],
    /// Computes and draws it.
    pub draw: fn(&Studio) -> Result<Drawing, FigureError>,
}

/// A figure with what it says.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The picture and its data.
    pub figure: Figure,
    /// What stands under it.
    pub caption: Caption,
}

impl Drawing {
    /// A figure with its caption, in the markup of [`Caption`].
    pub fn new(figure: Figure, caption: impl Into<String>) -> Self {
        Self { figure, caption: Caption::new(caption) }
    }
}

/// Why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// A model whose training it shows was not trained.
    #[error("{0}")]
    Training(#[from] nn::TrainingError),
    /// A study that it shows found no answer.
    #[error("{0}")]
    Study(#[from] Box<dyn std::error::Error + Send + Sync>),
}
