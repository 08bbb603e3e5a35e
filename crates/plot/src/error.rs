//! What can go wrong between data and a written figure.

use std::fmt::Display;
use std::path::PathBuf;

/// Why a label, a figure or a file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A label's markup does not parse.
    #[error("label {markup:?}, at byte {position}: {reason}")]
    Markup {
        /// The whole label as it was given.
        markup: String,
        /// Where the trouble is, in bytes from the start.
        position: usize,
        /// What was expected there.
        reason: String,
    },
    /// A number that would be drawn is NaN or infinite.
    #[error("panel {panel:?}, {series}: {quantity} of row {row} is {value}, not a finite number")]
    NotFinite {
        /// Title of the panel.
        panel: String,
        /// Kind and label of the series.
        series: String,
        /// Which coordinate.
        quantity: &'static str,
        /// Index of the observation within its series.
        row: usize,
        /// The offending value.
        value: f64,
    },
    /// A number on a logarithmic axis is zero or negative.
    #[error("panel {panel:?}, {series}: {quantity} of row {row} is {value}, which has no logarithm")]
    NotPositive {
        /// Title of the panel.
        panel: String,
        /// Kind and label of the series.
        series: String,
        /// Which coordinate.
        quantity: &'static str,
        /// Index of the observation within its series.
        row: usize,
        /// The offending value.
        value: f64,
    },
    /// A series holds no observation.
    #[error("panel {panel:?}, {series}: there is nothing to draw")]
    Empty {
        /// Title of the panel.
        panel: String,
        /// Kind and label of the series.
        series: String,
    },
    /// An axis was given limits that enclose nothing.
    #[error("panel {panel:?}: the {axis} axis cannot run from {low} to {high}")]
    Range {
        /// Title of the panel.
        panel: String,
        /// `"x"` or `"y"`.
        axis: &'static str,
        /// Lower limit.
        low: f64,
        /// Upper limit.
        high: f64,
    },
    /// Labels and margins leave no room for the data.
    #[error("a figure of {width} mm by {height} mm is too small: its labels leave no room for the data")]
    TooSmall {
        /// Width of the figure, mm.
        width: f64,
        /// Height of the figure, mm.
        height: f64,
    },
    /// A format or theme was asked for by a name that none has.
    #[error("there is no {kind} {name:?}; there are {known}")]
    Unknown {
        /// What was asked for: `"format"` or `"theme"`.
        kind: &'static str,
        /// The name as it was given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Two nodes of a diagram have the same name.
    #[error("diagram {diagram:?}: there are two nodes {node:?}")]
    NodeTwice {
        /// Title of the diagram.
        diagram: String,
        /// The name.
        node: String,
    },
    /// An arrow or a group names a node that a diagram does not have.
    #[error("diagram {diagram:?}: there is no node {node:?}")]
    NoSuchNode {
        /// Title of the diagram.
        diagram: String,
        /// The name.
        node: String,
    },
    /// An arrow would end where it starts.
    #[error("diagram {diagram:?}: an arrow leads from node {node:?} to itself")]
    ArrowToItself {
        /// Title of the diagram.
        diagram: String,
        /// Name of the node.
        node: String,
    },
    /// The drawing library refused; no data should be able to cause it.
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl PlotError {
    pub(crate) fn unknown<T: Display>(
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = T>,
    ) -> Self {
        let known: Vec<String> = known.into_iter().map(|one| one.to_string()).collect();
        PlotError::Unknown { kind, name: name.to_owned(), known: known.join(", ") }
    }
}
