//! Where the parts of a diagram go: the largest scale that fits, arrows from border to border, labels beside them.

use crate::diagram::{Arrow, Diagram, Group, Hold, Kind};
use crate::diagram_curves::{arrow, brace, length};
use crate::font::Face;
use crate::geometry::{Point, Rect};
use crate::label::{Label, Layout};
use crate::rounded::Rounded;

/// The most a unit of the diagram's coordinates may be on the page, pt.
const MOST: f64 = 72.0;
/// Sizes of type, pt: in nodes, beside arrows, at groups. All shrink together, nodes with them, where room is short.
const NODE_SIZE: f64 = 12.0;
const NOTE_SIZE: f64 = 9.5;
const SHRINK: [f64; 5] = [1.0, 0.93, 0.86, 0.79, 0.72];
/// The least radius of a circle, and room around the text of a node, pt.
const RADIUS: f64 = 12.5;
const PAD: f64 = 3.0;
/// The least distance of nodes, and the least length of an arrow, pt.
const APART: f64 = 4.0;
const SHORTEST: f64 = 9.0;
/// Distances of a label from its arrow, pt, and places along it, as tried one after the other.
const ASIDE: [f64; 6] = [2.5, 4.5, 7.0, 10.0, 14.0, 19.0];
const ALONG: [f64; 7] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];
/// Room that a label keeps from what is not its own, pt.
const CLEAR: f64 = 1.5;
/// Room of a band around its nodes, depth of a brace, and its distance from what it spans, pt.
const BAND: f64 = 6.0;
const BRACE: f64 = 7.0;
const BRACE_GAP: f64 = 4.0;

/// A node in its place.
#[derive(Debug, Clone)]
pub(crate) struct NodePlace {
    pub(crate) at: Point,
    pub(crate) border: Rounded,
    pub(crate) text: Layout,
    /// Where the baseline of the text starts.
    pub(crate) baseline: Point,
}

/// A text in its place.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) text: Layout,
    pub(crate) rect: Rect,
}

/// An arrow in its place: its path from border to border, and its label.
#[derive(Debug, Clone)]
pub(crate) struct ArrowPlace {
    pub(crate) path: Vec<Point>,
    pub(crate) note: Option<Note>,
}

/// A group in its place: its band, or the line of its brace, and its label.
#[derive(Debug, Clone)]
pub(crate) struct GroupPlace {
    pub(crate) rect: Rect,
    pub(crate) brace: Vec<Point>,
    pub(crate) note: Note,
}

/// A diagram with every part in its place.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) nodes: Vec<NodePlace>,
    pub(crate) arrows: Vec<ArrowPlace>,
    pub(crate) groups: Vec<GroupPlace>,
    /// What type and nodes have shrunk to.
    pub(crate) shrunk: f64,
    /// How many things lie under labels; none but in a crowd.
    pub(crate) hidden: usize,
}

/// Finds the places of a diagram in the middle of `rect`; none if nodes or arrows have no room.
pub(crate) fn arrange(diagram: &Diagram, rect: Rect) -> Option<Sketch> {
    let mut best: Option<Sketch> = None;
    for shrunk in SHRINK {
        let Some(sketch) = largest(diagram, rect, shrunk) else { continue };
        if best.as_ref().is_none_or(|best| sketch.hidden < best.hidden) {
            best = Some(sketch);
        }
        if best.as_ref().is_some_and(|best| best.hidden == 0) {
            break;
        }
    }
    best
}

/// The height a diagram takes up at this width, pt; nothing where it has no room at any height.
pub(crate) fn height(diagram: &Diagram, width: f64) -> f64 {
    let tall = Rect { left: 0.0, top: 0.0, right: width, bottom: 1e4 };
    arrange(diagram, tall).map_or(0.0, |sketch| sketch.bounds().height() + 0.1)
}

/// The diagram at the largest scale at which it fits, if its parts are apart then.
fn largest(diagram: &Diagram, rect: Rect, shrunk: f64) -> Option<Sketch> {
    let fits = |sketch: &Sketch| {
        let bounds = sketch.bounds();
        bounds.width() <= rect.width() && bounds.height() <= rect.height()
    };
    let at_most = Sketch::new(diagram, MOST, shrunk);
    let sketch = if fits(&at_most) {
        at_most
    } else {
        let (mut low, mut high) = (0.0, MOST);
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if fits(&Sketch::new(diagram, middle, shrunk)) { low = middle } else { high = middle }
        }
        Some(Sketch::new(diagram, low, shrunk)).filter(fits)?
    };
    sketch.is_apart(diagram).then(|| sketch.centred(rect))
}

impl Sketch {
    /// The diagram about its own origin, a unit being `scale` pt.
    fn new(diagram: &Diagram, scale: f64, shrunk: f64) -> Sketch {
        let mut sketch = Sketch {
            nodes: nodes(diagram, scale, shrunk),
            arrows: Vec::new(),
            groups: Vec::new(),
            shrunk,
            hidden: 0,
        };
        for edge in &diagram.arrows {
            let [from, to] = [&edge.from, &edge.to].map(|name| &sketch.nodes[diagram.index(name)]);
            let path = arrow(from, to, edge.arrow.bend.to_radians());
            sketch.arrows.push(ArrowPlace { path, note: None });
        }
        for (i, edge) in diagram.arrows.iter().enumerate() {
            if let Some(label) = &edge.arrow.label {
                let (note, hidden) = sketch.beside(i, &edge.arrow, label);
                sketch.arrows[i].note = Some(note);
                sketch.hidden += hidden;
            }
        }
        for group in &diagram.groups {
            let place = sketch.group(diagram, group);
            sketch.groups.push(place);
        }
        sketch
    }

    /// The label of arrow `index` where it covers the least, with what it covers there.
    fn beside(&self, index: usize, arrow: &Arrow, label: &Label) -> (Note, usize) {
        let text = label.layout(NOTE_SIZE * self.shrunk, Face::Roman);
        let (width, height) = (text.width, text.ascent + text.descent);
        let path = &self.arrows[index].path;
        let first = if (arrow.bend < 0.0) != arrow.other_side { 1.0 } else { -1.0 };
        let mut best: Option<(Rect, usize)> = None;
        for (side, aside) in [first, -first].into_iter().flat_map(|side| ASIDE.map(|aside| (side, aside))) {
            for along in ALONG {
                let rect = beside(path, along, side, aside, (width, height));
                let hidden = self.hidden_by(rect);
                if best.is_none_or(|(_, least)| hidden < least) {
                    best = Some((rect, hidden));
                }
                if hidden == 0 {
                    return (Note { text, rect }, 0);
                }
            }
        }
        let (rect, hidden) = best.unwrap_or((Rect::about(path[0], width, height), 1));
        (Note { text, rect }, hidden)
    }

    /// How many nodes, arrows and labels a label in `rect` would touch.
    fn hidden_by(&self, rect: Rect) -> usize {
        let nodes = self.nodes.iter().filter(|node| {
            let middle = (0.5 * (rect.left + rect.right), 0.5 * (rect.top + rect.bottom));
            let offset = (middle.0 - node.at.0, middle.1 - node.at.1);
            node.border.gap(&Rounded::sharp(0.5 * rect.width(), 0.5 * rect.height()), offset) < CLEAR
        });
        let room = rect.grown(CLEAR);
        let arrows = self.arrows.iter().filter(|arrow| arrow.path.iter().any(|&point| room.contains(point)));
        let notes = self.notes().filter(|note| note.rect.overlaps(&room));
        nodes.count() + arrows.count() + notes.count()
    }

    fn notes(&self) -> impl Iterator<Item = &Note> {
        let beside = self.arrows.iter().filter_map(|arrow| arrow.note.as_ref());
        beside.chain(self.groups.iter().map(|group| &group.note))
    }

    /// Band or brace around nodes, beyond the arrows and labels there.
    fn group(&self, diagram: &Diagram, group: &Group) -> GroupPlace {
        let members = group.nodes.iter().map(|name| &self.nodes[diagram.index(name)]);
        let held = members.map(node_rect).reduce(union).unwrap_or(Rect::about((0.0, 0.0), 0.0, 0.0));
        let text = group.label.layout(NOTE_SIZE * self.shrunk, Face::Roman);
        let (width, height) = (text.width, text.ascent + text.descent);
        let middle = 0.5 * (held.left + held.right);
        let (rect, brace, down) = match group.hold {
            Hold::Band(_) => (held.grown(BAND), Vec::new(), 1.0),
            Hold::BraceAbove => {
                let y = self.beyond(held, -1.0);
                (Rect { top: y - BRACE, bottom: y, ..held }, brace(held, y, -BRACE), -1.0)
            }
            Hold::BraceBelow => {
                let y = self.beyond(held, 1.0);
                (Rect { top: y, bottom: y + BRACE, ..held }, brace(held, y, BRACE), 1.0)
            }
        };
        let edge = if down > 0.0 { rect.bottom } else { rect.top };
        let mut note = Rect::about((middle, edge + down * (CLEAR + 1.5 + 0.5 * height)), width, height);
        for _ in 0..60 {
            if self.hidden_by(note) == 0 {
                break;
            }
            (note.top, note.bottom) = (note.top + down, note.bottom + down);
        }
        GroupPlace { rect, brace, note: Note { text, rect: note } }
    }

    /// How far down (1) or up (-1) one must go from `held` to be past everything above or below it.
    fn beyond(&self, held: Rect, down: f64) -> f64 {
        let edge = if down > 0.0 { held.bottom } else { held.top };
        let within = |x: &f64| (held.left..=held.right).contains(x);
        let paths = self.arrows.iter().flat_map(|arrow| arrow.path.iter());
        let paths = paths.filter(|(x, _)| within(x)).map(|(_, y)| *y);
        let rects = self.notes().map(|note| note.rect).chain(self.groups.iter().map(|group| group.rect));
        let rects = rects.filter(|rect| rect.left < held.right && held.left < rect.right);
        let edges = rects.map(|rect| if down > 0.0 { rect.bottom } else { rect.top });
        let far = paths.chain(edges).map(|y| down * y).fold(down * edge, f64::max);
        down * (far + BRACE_GAP)
    }

    /// Whether nodes keep apart and every arrow can be seen.
    fn is_apart(&self, diagram: &Diagram) -> bool {
        let apart = |(i, j): (usize, usize)| {
            let (a, b) = (&self.nodes[i], &self.nodes[j]);
            a.border.gap(&b.border, (b.at.0 - a.at.0, b.at.1 - a.at.1)) >= APART * self.shrunk
        };
        let long = |(arrow, edge): (&ArrowPlace, &crate::diagram::Edge)| {
            let [from, to] = [&edge.from, &edge.to].map(|name| &self.nodes[diagram.index(name)]);
            let gap = from.border.gap(&to.border, (to.at.0 - from.at.0, to.at.1 - from.at.1));
            gap.min(length(&arrow.path)) >= SHORTEST * self.shrunk
        };
        let mut pairs = (0..self.nodes.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.all(apart) && self.arrows.iter().zip(&diagram.arrows).all(long)
    }

    /// The box around everything.
    pub(crate) fn bounds(&self) -> Rect {
        let nodes = self.nodes.iter().map(|node| node_rect(node).grown(1.0));
        let paths = self.arrows.iter().flat_map(|arrow| arrow.path.iter());
        let paths = paths.map(|&point| Rect::about(point, 3.0, 3.0));
        let groups = self.groups.iter().map(|group| group.rect);
        let all = nodes.chain(paths).chain(groups).chain(self.notes().map(|note| note.rect));
        all.reduce(union).unwrap_or(Rect::about((0.0, 0.0), 0.0, 0.0))
    }

    /// Moved to the middle of `rect`.
    fn centred(mut self, rect: Rect) -> Sketch {
        let bounds = self.bounds();
        let dx = 0.5 * (rect.left + rect.right - bounds.left - bounds.right);
        let dy = 0.5 * (rect.top + rect.bottom - bounds.top - bounds.bottom);
        let point = |(x, y): &mut Point| (*x, *y) = (*x + dx, *y + dy);
        let area = |r: &mut Rect| {
            *r = Rect { left: r.left + dx, right: r.right + dx, top: r.top + dy, bottom: r.bottom + dy }
        };
        for node in &mut self.nodes {
            point(&mut node.at);
            point(&mut node.baseline);
        }
        for arrow in &mut self.arrows {
            arrow.path.iter_mut().for_each(point);
            arrow.note.iter_mut().for_each(|note| area(&mut note.rect));
        }
        for group in &mut self.groups {
            area(&mut group.rect);
            group.brace.iter_mut().for_each(point);
            area(&mut group.note.rect);
        }
        self
    }
}

/// Nodes in their places; circles are all as large as the largest.
fn nodes(diagram: &Diagram, scale: f64, shrunk: f64) -> Vec<NodePlace> {
    let size = NODE_SIZE * shrunk;
    let texts: Vec<Layout> =
        diagram.nodes.iter().map(|placed| placed.node.label.layout(size, Face::Roman)).collect();
    let round = |kind| matches!(kind, Kind::Latent | Kind::Observed);
    let circles = diagram.nodes.iter().zip(&texts).filter(|(placed, _)| round(placed.node.kind));
    let reach = circles.map(|(_, text)| 0.5 * text.width.hypot(0.6 * size) + PAD * shrunk);
    let radius = reach.fold(RADIUS * shrunk, f64::max);
    let places = diagram.nodes.iter().zip(texts).map(|(placed, text)| {
        let at = (scale * placed.at.0, -scale * placed.at.1);
        let (half_width, half_height) = (0.5 * text.width, 0.5 * (text.ascent + text.descent));
        let border = match placed.node.kind {
            Kind::Latent | Kind::Observed => Rounded::circle(radius),
            Kind::Boxed => {
                let half =
                    (half_width + 2.2 * PAD * shrunk, (half_height + 1.6 * PAD * shrunk).max(0.8 * radius));
                Rounded { half, corner: 4.0 * shrunk }
            }
            Kind::Text => Rounded::sharp(half_width, half_height).grown(PAD * shrunk),
        };
        // A letter with a subscript looks centred half way between its own middle and that of all the ink.
        let ink = 0.5 * (text.ascent - text.descent);
        let letter = if placed.node.kind == Kind::Text { ink } else { 0.215 * size };
        let baseline = (at.0 - half_width, at.1 + 0.5 * (ink + letter));
        NodePlace { at, border, text, baseline }
    });
    places.collect()
}

/// A box whose nearest corner or side is `aside` from a path, on the left of it (-1) or on the right (1).
fn beside(path: &[Point], along: f64, side: f64, aside: f64, (width, height): (f64, f64)) -> Rect {
    let i = ((along * (path.len() - 1) as f64).round() as usize).clamp(1, path.len() - 2);
    let (dx, dy) = (path[i + 1].0 - path[i - 1].0, path[i + 1].1 - path[i - 1].1);
    let length = dx.hypot(dy).max(1e-9);
    let away = (-side * dy / length, side * dx / length);
    let reach = aside + 0.5 * (width * away.0.abs() + height * away.1.abs());
    Rect::about((path[i].0 + reach * away.0, path[i].1 + reach * away.1), width, height)
}

fn node_rect(node: &NodePlace) -> Rect {
    Rect::about(node.at, 2.0 * node.border.half.0, 2.0 * node.border.half.1)
}

fn union(a: Rect, b: Rect) -> Rect {
    Rect {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::Node;
    use proptest::prelude::*;

    fn page() -> Rect {
        Rect { left: 10.0, top: 20.0, right: 460.0, bottom: 220.0 }
    }

    /// A chain of nodes, each joined to the next by an arrow there and one back.
    fn chain(count: usize, bend: f64, label: &str) -> Diagram {
        let mut diagram = Diagram::new("");
        for i in 0..count {
            let node =
                if i % 3 == 2 { Node::boxed(format!("$x_{i}$")) } else { Node::latent(format!("$x_{i}$")) };
            diagram = diagram.node(i.to_string(), (i as f64, 0.0), node);
        }
        for i in 1..count {
            let (a, b) = ((i - 1).to_string(), i.to_string());
            diagram = diagram.arrow(a.clone(), b.clone(), Arrow::new().bend(bend).label(label)).arrow(
                b,
                a,
                Arrow::new().bend(bend).label(label),
            );
        }
        diagram
    }

    #[test]
    fn labels_of_a_chain_are_free_of_everything() {
        let sketch =
            arrange(&chain(5, 35.0, "$q(x_{t-1}|x_t, x_0)$, a long name"), page()).expect("has room");
        assert_eq!(sketch.hidden, 0);
        let notes: Vec<Rect> = sketch.notes().map(|note| note.rect).collect();
        assert_eq!(notes.len(), 8);
        for (i, note) in notes.iter().enumerate() {
            assert!(notes[..i].iter().all(|other| !other.overlaps(note)));
            assert!(sketch.arrows.iter().flat_map(|arrow| &arrow.path).all(|&point| !note.contains(point)));
        }
    }

    #[test]
    fn a_label_stands_outside_the_bend_and_left_of_a_straight_arrow_unless_told() {
        let above = |bend: f64, other: bool| {
            let arrow = Arrow::new().bend(bend).label("q");
            let arrow = if other { arrow.other_side() } else { arrow };
            let pair = Diagram::new("").node("a", (0.0, 0.0), Node::latent("a"));
            let pair = pair.node("b", (3.0, 0.0), Node::latent("b")).arrow("a", "b", arrow);
            let sketch = arrange(&pair, page()).expect("has room");
            let note = sketch.notes().next().expect("a label").rect;
            let middle = sketch.arrows[0].path[24];
            assert!(note.bottom < middle.1 || note.top > middle.1);
            note.bottom < middle.1
        };
        assert!(above(40.0, false) && above(0.0, false) && above(-40.0, true));
        assert!(!above(-40.0, false) && !above(0.0, true) && !above(40.0, true));
    }

    #[test]
    fn a_brace_is_past_the_arrows_it_spans() {
        let diagram = chain(3, 60.0, "p").brace_below(["0", "1", "2"], "all").brace_above(["0", "1"], "two");
        let sketch = arrange(&diagram, page()).expect("has room");
        let paths = || sketch.arrows.iter().flat_map(|arrow| &arrow.path);
        assert!(paths().all(|&(_, y)| y < sketch.groups[0].rect.top));
        assert!(paths().all(|&(x, y)| y > sketch.groups[1].rect.bottom || x > sketch.groups[1].rect.right));
        let middle = sketch.groups[0].brace[sketch.groups[0].brace.len() / 2];
        assert!((middle.0 - 0.5 * (sketch.groups[0].rect.left + sketch.groups[0].rect.right)).abs() < 1e-9);
    }

    #[test]
    fn a_diagram_without_room_has_no_place() {
        let narrow = Rect { right: 80.0, ..page() };
        assert!(arrange(&chain(5, 30.0, "q"), narrow).is_none());
    }

    #[test]
    fn type_shrinks_before_a_diagram_is_given_up() {
        let narrow = Rect { right: 135.0, ..page() };
        let sketch = arrange(&chain(4, 30.0, "q"), narrow).expect("has room");
        assert!(sketch.shrunk < 1.0, "{}", sketch.shrunk);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn arrows_run_from_border_to_border_and_within_the_page(
            count in 2usize..6, bend in -60.0..60.0f64, width in 250.0..450.0f64,
        ) {
            let diagram = chain(count, bend, "q");
            let page = Rect { right: 10.0 + width, ..page() };
            if let Some(sketch) = arrange(&diagram, page) {
                for (arrow, edge) in sketch.arrows.iter().zip(&diagram.arrows) {
                    for (name, &(x, y)) in [(&edge.from, &arrow.path[0]), (&edge.to, &arrow.path[48])] {
                        let node = &sketch.nodes[diagram.index(name)];
                        prop_assert!(node.border.distance((x - node.at.0, y - node.at.1)).abs() < 1e-6);
                    }
                    for node in &sketch.nodes {
                        let inside = |&(x, y): &Point| node.border.distance((x - node.at.0, y - node.at.1)) < -1e-6;
                        prop_assert!(!arrow.path.iter().any(inside));
                    }
                }
                prop_assert!(page.grown(1e-6).holds(&sketch.bounds()));
            } else {
                prop_assert!(count > 4, "{count} nodes have room");
            }
        }
    }
}
