//! The curves of a diagram: arrows from border to border, and braces.

use crate::diagram_layout::NodePlace;
use crate::geometry::{Point, Rect};

/// Straight pieces of an arrow.
const PIECES: u32 = 48;
/// How far the arms of a bent arrow reach, as a share of the distance it bridges.
const ARM: f64 = 0.39;

/// From border to border, leaving and arriving square to circles.
pub(crate) fn arrow(from: &NodePlace, to: &NodePlace, bend: f64) -> Vec<Point> {
    let (dx, dy) = (to.at.0 - from.at.0, to.at.1 - from.at.1);
    let distance = dx.hypot(dy).max(1e-9);
    let (along, left) = ((dx / distance, dy / distance), (dy / distance, -dx / distance));
    let turned = |sin: f64| (along.0 * bend.cos() + left.0 * sin, along.1 * bend.cos() + left.1 * sin);
    let (leaving, arriving) = (turned(bend.sin()), turned(-bend.sin()));
    let (out, into) = (from.border.border(leaving), to.border.border((-arriving.0, -arriving.1)));
    let start = (from.at.0 + out.0, from.at.1 + out.1);
    let end = (to.at.0 + into.0, to.at.1 + into.1);
    let arm = ARM * (end.0 - start.0).hypot(end.1 - start.1);
    let controls = [
        start,
        (start.0 + arm * leaving.0, start.1 + arm * leaving.1),
        (end.0 - arm * arriving.0, end.1 - arm * arriving.1),
        end,
    ];
    (0..=PIECES).map(|i| bezier(controls, f64::from(i) / f64::from(PIECES))).collect()
}

/// The cubic curve of Bézier with these controls, at `t` from 0 to 1.
fn bezier(controls: [Point; 4], t: f64) -> Point {
    let s = 1.0 - t;
    let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
    let sum = |pick: fn(&Point) -> f64| weights.iter().zip(&controls).map(|(w, c)| w * pick(c)).sum();
    (sum(|c| c.0), sum(|c| c.1))
}

/// A brace along the side of `held`, `depth` deep, its tip in the middle.
pub(crate) fn brace(held: Rect, y: f64, depth: f64) -> Vec<Point> {
    let half = 0.5 * held.width();
    let turn = depth.abs().min(0.5 * half);
    let arc = |from: Point, corner: Point, to: Point| {
        (0..=12).map(move |i| {
            let t = f64::from(i) / 12.0;
            let mix = |a: f64, b: f64, c: f64| (1.0 - t).powi(2) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
            (mix(from.0, corner.0, to.0), mix(from.1, corner.1, to.1))
        })
    };
    let shoulder = y + 0.5 * depth;
    let rise = arc((0.0, y), (0.0, shoulder), (turn, shoulder));
    let tip = arc((half - turn, shoulder), (half, shoulder), (half, y + depth));
    let left: Vec<Point> = rise.chain(tip).collect();
    let mirrored = left.iter().rev().map(|&(x, y)| (held.right - x, y));
    left.iter().map(|&(x, y)| (held.left + x, y)).chain(mirrored).collect()
}

/// Along all its pieces.
pub(crate) fn length(path: &[Point]) -> f64 {
    path.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum()
}
