//! The lecture set: every figure by its name, with the caption and the claims that belong to it.
//!
//! | module | what is here |
//! |---|---|
//! | [`catalogue`] | all figures, in the order of the derivation |
//! | [`caption`] | what stands under a figure, for Markdown and for LaTeX |
//! | [`studio`] | what several figures need and one computes |
//!
//! Each of the other modules draws one figure: it computes what it shows, exactly where there is an exact answer, and says in its
//! caption what was found.

pub mod caption;
pub mod catalogue;
pub mod studio;

mod evidence_split;
mod gradient_estimators;
mod hierarchy_terms;
mod jensen;
mod kl_directions;
mod mixture_components;
mod on_the_line;
mod posterior_collapse;
mod reconstruction_or_prior;
mod schedules;

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
}
