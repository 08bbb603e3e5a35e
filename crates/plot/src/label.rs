//! Labels: text with sub- and superscripts, accents and signs, measured and set in the embedded font.

use crate::error::PlotError;
use crate::font::Face;
use crate::markup::{self, Accent, Node};
use crate::symbol::WEIGHT;

/// A piece of text in a figure, with mathematics between dollar signs.
///
/// ```
/// let label = plot::Label::parse(r"$\bar{\alpha}_t$ against $x_{t-1}^2$ (nats)")?;
/// assert!(label.width(9.0) < 110.0);
/// # Ok::<(), plot::PlotError>(())
/// ```
///
/// Within dollars Latin letters slope, Greek letters and digits stand; `_` and `^` take one symbol or a `{group}`;
/// Greek letters by name, `\bar`, `\hat`, `\tilde`, `\dot`, `\sqrt`, `\mathrm{KL}`, `\log` and its like, `\sum`, `\int`,
/// `\|`, `\mid`, `\to`, `\approx`, `\sim`, `\le`, `\ge`, `\ne`, `\in`, `\infty`, `\nabla`, `\cdot`, `\times`, `\pm`,
/// `\dots` and the spaces `\,` `\;` `\quad` have TeX's meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    markup: String,
    nodes: Vec<Node>,
}

impl Label {
    /// Reads a label.
    ///
    /// # Errors
    /// [`PlotError::Markup`], naming the position, if the markup is not understood.
    pub fn parse(markup: &str) -> Result<Self, PlotError> {
        Ok(Self { markup: markup.to_owned(), nodes: markup::parse(markup)? })
    }

    /// Text taken as it stands: for names that come from data.
    pub fn plain(text: &str) -> Self {
        Self { markup: text.to_owned(), nodes: markup::plain(text) }
    }

    /// Width in points when set at `size` points.
    pub fn width(&self, size: f64) -> f64 {
        self.layout(size, Face::Roman).width
    }

    /// The label as it was given: how a table of the data names the series.
    pub fn markup(&self) -> &str {
        &self.markup
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The label on one line; `face` is that of upright text.
    pub(crate) fn layout(&self, size: f64, face: Face) -> Layout {
        set(&self.nodes, size, face)
    }

    /// The label broken at word spaces into lines no wider than `width` where words allow.
    pub(crate) fn lines(&self, size: f64, face: Face, width: f64) -> Vec<Layout> {
        let is_break = |node: &Node| matches!(node, Node::Space { breakable: true, .. });
        let mut lines: Vec<Vec<Node>> = Vec::new();
        for word in self.nodes.split(is_break) {
            let joined = lines.last().map(|line| {
                let space = Node::Space { ems: markup::WORD_SPACE, breakable: true };
                [line.as_slice(), &[space], word].concat()
            });
            match (joined, lines.last_mut()) {
                (Some(joined), Some(line)) if set(&joined, size, face).width <= width => *line = joined,
                _ => lines.push(word.to_vec()),
            }
        }
        lines.iter().map(|line| set(line, size, face)).collect()
    }
}

/// Reads a label written in the program.
///
/// # Panics
/// If the markup is not understood; use [`Label::parse`] or [`Label::plain`] for text from outside.
impl From<&str> for Label {
    fn from(markup: &str) -> Self {
        Label::parse(markup).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Reads a label put together by the program.
///
/// # Panics
/// If the markup is not understood; use [`Label::parse`] or [`Label::plain`] for text from outside.
impl From<String> for Label {
    fn from(markup: String) -> Self {
        Label::from(markup.as_str())
    }
}

/// Glyphs of one face on one baseline, pt from the start of the label, y running down.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) face: Face,
    pub(crate) size: f64,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A drawn part: bars, roots, signs the font lacks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) weight: f64,
}

/// A label ready to be drawn. Ink reaches from `ink_left` to `ink_right`, `ascent` up and `descent` down.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) runs: Vec<Run>,
    pub(crate) strokes: Vec<Stroke>,
    pub(crate) width: f64,
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
    ink_left: f64,
    ink_right: f64,
}

/// Scripts are set at this fraction of the size of their base.
const SCRIPT: f64 = 0.70;
/// How far a superscript is raised, ems.
const RAISE: f64 = 0.38;
/// How far a subscript is lowered, ems; a little more when it stands under a superscript.
const LOWER: f64 = 0.17;
const LOWER_STACKED: f64 = 0.24;

fn set(nodes: &[Node], size: f64, face: Face) -> Layout {
    let mut line = Layout::default();
    for node in nodes {
        line.append(set_node(node, size, face), 0.0);
    }
    line
}

fn set_node(node: &Node, size: f64, face: Face) -> Layout {
    match node {
        Node::Text { text, italic } => set_text(text, size, if *italic { Face::Italic } else { face }),
        Node::Drawn(symbol) => {
            let strokes = symbol.strokes().into_iter();
            let strokes = strokes.map(|s| s.into_iter().map(|(x, y)| (x * size, -y * size)).collect());
            Layout::drawn(strokes.collect(), WEIGHT * size, symbol.advance() * size)
        }
        Node::Space { ems, .. } => Layout { width: ems * size, ..Layout::default() },
        Node::Scripts { base, sub, sup } => set_scripts(base, sub, sup, size, face),
        Node::Accent { accent, body } => set_accent(*accent, set(body, size, face), size, leans(body)),
        Node::Root(body) => set_root(set(body, size, face), size),
    }
}

fn set_text(text: &str, size: f64, face: Face) -> Layout {
    let width = face.advance(text, size);
    let run = Run { text: text.to_owned(), face, size, x: 0.0, y: 0.0 };
    match face.ink(text, size) {
        Some(ink) => Layout {
            runs: vec![run],
            strokes: Vec::new(),
            width,
            ascent: ink.top,
            descent: -ink.bottom,
            ink_left: ink.left,
            ink_right: ink.right,
        },
        None => Layout { width, ..Layout::default() },
    }
}

fn set_scripts(base: &[Node], sub: &[Node], sup: &[Node], size: f64, face: Face) -> Layout {
    let mut line = set(base, size, face);
    let base_end = line.width;
    // A sloping base leans over its end: the superscript must clear it, the subscript tucks under.
    let lean = (line.ink_right - line.width).max(0.0);
    // Over a tall base, such as one with a bar, a superscript stands higher.
    let raise = (RAISE * size).max(line.ascent - 0.38 * size);
    let lower = if sup.is_empty() { LOWER } else { LOWER_STACKED } * size;
    let kern = 0.03 * size;
    for (script, x, y) in [(sub, base_end + kern, lower), (sup, base_end + kern + lean, -raise)] {
        if !script.is_empty() {
            line.place(set(script, SCRIPT * size, face), x, y);
        }
    }
    if !(sub.is_empty() && sup.is_empty()) {
        line.width += kern;
    }
    line
}

fn leans(body: &[Node]) -> bool {
    matches!(body, [Node::Text { italic: true, .. }])
}

fn set_accent(accent: Accent, mut body: Layout, size: f64, leans: bool) -> Layout {
    let lean = if leans { 0.05 * size } else { 0.0 };
    let (left, right) = (body.ink_left + lean, body.ink_right + lean * 0.6);
    let y = -(body.ascent + 0.13 * size);
    let middle = 0.5 * (left + right);
    let reach = 0.20 * size;
    let points = match accent {
        Accent::Bar => vec![(left, y), (right, y)],
        Accent::Hat => {
            vec![(middle - reach, y), (middle, y - 0.14 * size), (middle + reach, y)]
        }
        Accent::Tilde => (0..=16)
            .map(|i| {
                let t = f64::from(i) / 8.0 - 1.0;
                (middle + t * reach, y - 0.03 * size - 0.05 * size * (std::f64::consts::PI * -t).sin())
            })
            .collect(),
        Accent::Dot => vec![(middle, y - 0.02 * size), (middle + 0.01 * size, y - 0.02 * size)],
    };
    let weight = if accent == Accent::Dot { 2.2 * WEIGHT } else { WEIGHT } * size;
    let width = body.width;
    body.place(Layout::drawn(vec![points], weight, width), 0.0, 0.0);
    body
}

fn set_root(body: Layout, size: f64) -> Layout {
    let start = 0.62 * size;
    let top = -(body.ascent.max(0.45 * size) + 0.14 * size);
    let foot = body.descent.max(0.04 * size);
    let end = start + body.width + 0.06 * size;
    let sign = vec![
        (0.06 * size, -0.24 * size),
        (0.18 * size, -0.31 * size),
        (0.34 * size, foot),
        (0.56 * size, top),
        (end, top),
    ];
    let mut root = Layout::drawn(vec![sign], WEIGHT * size, end);
    root.place(body, start, 0.0);
    root.width = end;
    root
}

impl Layout {
    fn drawn(lines: Vec<Vec<(f64, f64)>>, weight: f64, width: f64) -> Layout {
        let mut layout = Layout {
            width,
            ascent: f64::NEG_INFINITY,
            descent: f64::NEG_INFINITY,
            ink_left: f64::INFINITY,
            ink_right: f64::NEG_INFINITY,
            ..Layout::default()
        };
        for &(x, y) in lines.iter().flatten() {
            layout.ascent = layout.ascent.max(-y + 0.5 * weight);
            layout.descent = layout.descent.max(y + 0.5 * weight);
            layout.ink_left = layout.ink_left.min(x);
            layout.ink_right = layout.ink_right.max(x);
        }
        layout.strokes = lines.into_iter().map(|points| Stroke { points, weight }).collect();
        layout
    }

    fn has_ink(&self) -> bool {
        !(self.runs.is_empty() && self.strokes.is_empty())
    }

    /// Sets `next` at the end of this line.
    fn append(&mut self, next: Layout, y: f64) {
        self.place(next, self.width, y);
    }

    /// Sets `part` at `(x, y)`, widening this line if it reaches further.
    fn place(&mut self, part: Layout, x: f64, y: f64) {
        if part.has_ink() {
            let first = !self.has_ink();
            let widest = |own: f64, new: f64| if first { new } else { own.max(new) };
            self.ink_left = if first { x + part.ink_left } else { self.ink_left.min(x + part.ink_left) };
            self.ink_right = widest(self.ink_right, x + part.ink_right);
            self.ascent = widest(self.ascent, part.ascent - y);
            self.descent = widest(self.descent, part.descent + y);
        }
        self.width = self.width.max(x + part.width);
        self.runs.extend(part.runs.into_iter().map(|r| Run { x: r.x + x, y: r.y + y, ..r }));
        self.strokes.extend(part.strokes.into_iter().map(|s| Stroke {
            points: s.points.into_iter().map(|(px, py)| (px + x, py + y)).collect(),
            ..s
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(markup: &str) -> Layout {
        Label::from(markup).layout(10.0, Face::Roman)
    }

    #[test]
    fn subscripts_hang_below_and_superscripts_above_the_baseline() {
        let set = layout("$x_t^2$");
        assert_eq!(set.runs.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), ["x", "t", "2"]);
        assert_eq!(set.runs[0].y, 0.0);
        assert!(set.runs[1].y > 1.0 && set.runs[2].y < -3.0);
        assert!(set.runs[1].size < 7.5 && set.runs[1].size > 6.5);
        // Stacked: both start at the end of the base, the upper one leaning right with it.
        assert!((set.runs[1].x - set.runs[2].x).abs() < 1.0);
    }

    #[test]
    fn a_bar_lies_over_its_letter_and_nothing_else() {
        let set = layout(r"$\bar{\alpha}_t$");
        let bar = &set.strokes[0];
        let top = Face::Italic.ink("α", 10.0).expect("ink").top;
        assert!(bar.points.iter().all(|&(_, y)| y < -top));
        assert!(bar.points[1].0 <= set.runs[1].x + 0.5, "the bar must stop before the subscript");
        assert!(set.ascent > top);
    }

    #[test]
    fn width_adds_up_over_words() {
        let whole = Label::from("half and half").width(9.0);
        let words: f64 = ["half", "and", "half"].iter().map(|w| Label::from(*w).width(9.0)).sum();
        assert!((whole - words - 2.0 * markup::WORD_SPACE * 9.0).abs() < 1e-9);
    }

    #[test]
    fn lines_break_at_spaces_and_keep_all_words() {
        let label = Label::from("the quick brown fox $x_{t-1} + y$ jumps");
        let lines = label.lines(9.0, Face::Roman, 60.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.width <= 60.0));
        let runs: usize = lines.iter().map(|line| line.runs.len()).sum();
        assert_eq!(runs, label.layout(9.0, Face::Roman).runs.len());
    }

    #[test]
    fn plain_text_is_not_markup() {
        assert_eq!(Label::plain("a_b $5").layout(9.0, Face::Roman).runs.len(), 2);
    }

    #[test]
    #[should_panic(expected = "at byte 4")]
    fn a_mistaken_label_panics_with_its_position() {
        let _ = Label::from("$x_t");
    }
}
