//! Diagrams of graphical models: variables as nodes, conditional laws as arrows between them.

use std::collections::HashSet;

use crate::color::Color;
use crate::error::PlotError;
use crate::label::Label;
use crate::style::Dash;
use crate::theme;

/// Nodes at places, arrows between them, and groups of nodes.
///
/// Places are in units of the diagram's own, x to the right and y upwards; the diagram is drawn as large as its place in
/// the figure allows, a unit being at most an inch. Nodes and type keep their size, or shrink a little where it is narrow.
///
/// ```
/// use plot::{Arrow, Diagram, Figure, Node, theme};
///
/// let vae = Diagram::new("the VAE")
///     .node("x", (0.0, 0.0), Node::observed("$x$"))
///     .node("z", (2.0, 0.0), Node::latent("$z$"))
///     .arrow("x", "z", Arrow::new().bend(30.0).color(theme::BLUE).label("$q(z|x)$"))
///     .arrow("z", "x", Arrow::new().bend(30.0).color(theme::VERMILLION).label("$p(x|z)$"));
/// let mut figure = Figure::new(80.0, 40.0);
/// figure.panel(vae);
/// assert!(figure.svg()?.starts_with("<svg"));
/// # Ok::<(), plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Diagram {
    pub(crate) title: Label,
    pub(crate) nodes: Vec<Placed>,
    pub(crate) arrows: Vec<Edge>,
    pub(crate) groups: Vec<Group>,
}

/// A node with its name and its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) name: String,
    pub(crate) at: (f64, f64),
    pub(crate) node: Node,
}

/// An arrow with the names of the nodes it joins.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) arrow: Arrow,
}

/// Nodes held together, with what they are called.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) nodes: Vec<String>,
    pub(crate) label: Label,
    pub(crate) hold: Hold,
}

/// What holds a group together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Hold {
    Band(Color),
    BraceAbove,
    BraceBelow,
}

/// What a node looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Latent,
    Observed,
    Boxed,
    Text,
}

/// A node: a variable, a box, or plain text.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) kind: Kind,
    pub(crate) label: Label,
    pub(crate) color: Option<Color>,
    pub(crate) faded: bool,
}

/// An arrow: straight and black unless told.
#[derive(Debug, Clone)]
pub struct Arrow {
    pub(crate) color: Color,
    pub(crate) dash: Dash,
    pub(crate) bend: f64,
    pub(crate) width: f64,
    pub(crate) label: Option<Label>,
    pub(crate) other_side: bool,
    pub(crate) faded: bool,
}

impl Node {
    fn new(kind: Kind, label: impl Into<Label>) -> Self {
        Self { kind, label: label.into(), color: None, faded: false }
    }

    /// A variable that is not observed: a circle.
    pub fn latent(label: impl Into<Label>) -> Self {
        Self::new(Kind::Latent, label)
    }

    /// A variable that is observed: a shaded circle.
    pub fn observed(label: impl Into<Label>) -> Self {
        Self::new(Kind::Observed, label)
    }

    /// A box with round corners: a network, a sum, an operation.
    pub fn boxed(label: impl Into<Label>) -> Self {
        Self::new(Kind::Boxed, label)
    }

    /// Text without an outline, such as the dots of a chain.
    pub fn text(label: impl Into<Label>) -> Self {
        Self::new(Kind::Text, label)
    }

    /// Highlights the node: a heavy outline in this colour, filled with a little of it.
    pub fn color(self, color: Color) -> Self {
        Self { color: Some(color), ..self }
    }

    /// Draws the node pale, for what is there but not spoken of.
    pub fn faded(self) -> Self {
        Self { faded: true, ..self }
    }
}

impl Default for Arrow {
    fn default() -> Self {
        Self::new()
    }
}

impl Arrow {
    /// A straight arrow in the colour of the text.
    pub fn new() -> Self {
        Self {
            color: theme::TEXT,
            dash: Dash::Solid,
            bend: 0.0,
            width: 1.1,
            label: None,
            other_side: false,
            faded: false,
        }
    }

    /// Its colour, and that of its label.
    pub fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// Draws it dashed.
    pub fn dashed(self) -> Self {
        Self { dash: Dash::Dashed, ..self }
    }

    /// Leaves its straight way by this angle, degrees: to the left if positive, seen along the arrow.
    ///
    /// # Panics
    /// If it is not between -80 and 80.
    pub fn bend(self, degrees: f64) -> Self {
        assert!((-80.0..=80.0).contains(&degrees), "an arrow cannot bend by {degrees} degrees");
        Self { bend: degrees, ..self }
    }

    /// Weight, pt; 1.1 unless told.
    ///
    /// # Panics
    /// If it is not between 0.1 and 6.
    pub fn width(self, points: f64) -> Self {
        assert!((0.1..=6.0).contains(&points), "an arrow cannot be {points} pt heavy");
        Self { width: points, ..self }
    }

    /// What stands beside it: on the outside of its bend, and to the left of a straight arrow.
    pub fn label(self, label: impl Into<Label>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Puts the label on the other side, if there is room.
    pub fn other_side(self) -> Self {
        Self { other_side: true, ..self }
    }

    /// Draws the arrow pale, for what is there but not spoken of.
    pub fn faded(self) -> Self {
        Self { faded: true, ..self }
    }
}

impl Diagram {
    /// An empty diagram; an empty title takes no room.
    pub fn new(title: impl Into<Label>) -> Self {
        Self { title: title.into(), nodes: Vec::new(), arrows: Vec::new(), groups: Vec::new() }
    }

    /// Adds a node at a place, under a name by which arrows and groups find it.
    pub fn node(mut self, name: impl Into<String>, at: impl Into<(f64, f64)>, node: Node) -> Self {
        self.nodes.push(Placed { name: name.into(), at: at.into(), node });
        self
    }

    /// Adds an arrow between two named nodes.
    pub fn arrow(mut self, from: impl Into<String>, to: impl Into<String>, arrow: Arrow) -> Self {
        self.arrows.push(Edge { from: from.into(), to: to.into(), arrow });
        self
    }

    /// Lays a band of a colour behind the named nodes, its label below.
    pub fn band<N: Into<String>>(
        self,
        nodes: impl IntoIterator<Item = N>,
        label: impl Into<Label>,
        color: Color,
    ) -> Self {
        self.group(nodes, label.into(), Hold::Band(color))
    }

    /// Draws a brace above the named nodes with a label over it.
    pub fn brace_above<N: Into<String>>(
        self,
        nodes: impl IntoIterator<Item = N>,
        label: impl Into<Label>,
    ) -> Self {
        self.group(nodes, label.into(), Hold::BraceAbove)
    }

    /// Draws a brace below the named nodes with a label under it.
    pub fn brace_below<N: Into<String>>(
        self,
        nodes: impl IntoIterator<Item = N>,
        label: impl Into<Label>,
    ) -> Self {
        self.group(nodes, label.into(), Hold::BraceBelow)
    }

    fn group<N: Into<String>>(
        mut self,
        nodes: impl IntoIterator<Item = N>,
        label: Label,
        hold: Hold,
    ) -> Self {
        self.groups.push(Group { nodes: nodes.into_iter().map(Into::into).collect(), label, hold });
        self
    }

    /// Index of a node; every name has one once the diagram is checked.
    pub(crate) fn index(&self, name: &str) -> usize {
        self.nodes.iter().position(|node| node.name == name).unwrap_or(0)
    }

    /// Refuses what cannot be drawn.
    pub(crate) fn check(&self) -> Result<(), PlotError> {
        let diagram = || self.title.markup().to_owned();
        if self.nodes.is_empty() {
            return Err(PlotError::Empty { panel: diagram(), series: "diagram".to_owned() });
        }
        let mut names = HashSet::new();
        for Placed { name, at, .. } in &self.nodes {
            if !names.insert(name.as_str()) {
                return Err(PlotError::NodeTwice { diagram: diagram(), node: name.clone() });
            }
            for (quantity, value) in [("x", at.0), ("y", at.1)] {
                if !value.is_finite() {
                    let series = format!("node {name:?}");
                    return Err(PlotError::NotFinite { panel: diagram(), series, quantity, row: 0, value });
                }
            }
        }
        let ends = self.arrows.iter().flat_map(|edge| [&edge.from, &edge.to]);
        let held = self.groups.iter().flat_map(|group| &group.nodes);
        if let Some(unknown) = ends.chain(held).find(|name| !names.contains(name.as_str())) {
            return Err(PlotError::NoSuchNode { diagram: diagram(), node: unknown.clone() });
        }
        if let Some(edge) = self.arrows.iter().find(|edge| edge.from == edge.to) {
            return Err(PlotError::ArrowToItself { diagram: diagram(), node: edge.from.clone() });
        }
        if self.groups.iter().any(|group| group.nodes.is_empty()) {
            return Err(PlotError::Empty { panel: diagram(), series: "group of nodes".to_owned() });
        }
        Ok(())
    }
}
