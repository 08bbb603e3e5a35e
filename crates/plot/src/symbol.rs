//! Mathematical signs that CMU Serif lacks, drawn as strokes.
//!
//! Coordinates are in ems of the surrounding text, from the start of the baseline, y running up.

use std::f64::consts::{PI, TAU};

/// A sign drawn with the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbol {
    Infinity,
    Sum,
    Integral,
    Sim,
    Approx,
    Equiv,
    Le,
    Ge,
    Ne,
    In,
    Nabla,
    Langle,
    Rangle,
    Prime,
    /// The font only has the cursive form.
    Theta,
}

/// Weight of a drawn sign, in ems: that of the font's own rules and operators.
pub(crate) const WEIGHT: f64 = 0.045;

/// Height of the mathematical axis, where the bar of a minus lies.
const AXIS: f64 = 0.25;

type Line = Vec<(f64, f64)>;

impl Symbol {
    /// How far the sign moves the pen, ems.
    pub(crate) fn advance(self) -> f64 {
        match self {
            Symbol::Infinity => 0.96,
            Symbol::Sum => 0.80,
            Symbol::Integral => 0.50,
            Symbol::In => 0.62,
            Symbol::Nabla => 0.80,
            Symbol::Langle | Symbol::Rangle => 0.36,
            Symbol::Prime => 0.24,
            Symbol::Theta => 0.48,
            _ => 0.78,
        }
    }

    /// The strokes of the sign.
    pub(crate) fn strokes(self) -> Vec<Line> {
        match self {
            Symbol::Infinity => vec![curve(48, |t| {
                let a = t * TAU;
                (0.48 + 0.40 * a.cos(), AXIS - 0.02 + 0.19 * (2.0 * a).sin())
            })],
            Symbol::Sum => vec![vec![
                (0.68, 0.56),
                (0.66, 0.68),
                (0.12, 0.68),
                (0.43, 0.25),
                (0.10, -0.18),
                (0.67, -0.18),
                (0.71, -0.05),
            ]],
            Symbol::Integral => vec![curve(30, |t| {
                let hook = (PI * (2.0 * t - 1.0)).sin();
                (0.25 + 0.17 * (2.0 * t - 1.0).powi(3) + 0.03 * hook, AXIS + 0.5 * (PI * (t - 0.5)).sin())
            })],
            Symbol::Sim => vec![wave(AXIS)],
            Symbol::Approx => vec![wave(AXIS + 0.10), wave(AXIS - 0.10)],
            Symbol::Equiv => vec![rule(AXIS + 0.17), rule(AXIS), rule(AXIS - 0.17)],
            Symbol::Le => vec![chevron(0.70, 0.09), rule(-0.10)],
            Symbol::Ge => vec![chevron(0.09, 0.70), rule(-0.10)],
            Symbol::Ne => vec![rule(AXIS + 0.11), rule(AXIS - 0.11), vec![(0.22, -0.12), (0.56, 0.62)]],
            Symbol::In => vec![
                [
                    vec![(0.54, AXIS + 0.27)],
                    curve(24, |t| {
                        let a = PI * (0.5 + t);
                        (0.34 + 0.26 * a.cos(), AXIS + 0.27 * a.sin())
                    }),
                    vec![(0.54, AXIS - 0.27)],
                ]
                .concat(),
                vec![(0.08, AXIS), (0.54, AXIS)],
            ],
            Symbol::Nabla => {
                vec![vec![(0.07, 0.66), (0.73, 0.66), (0.40, -0.02), (0.07, 0.66), (0.73, 0.66)]]
            }
            Symbol::Langle => vec![vec![(0.28, 0.73), (0.09, AXIS), (0.28, -0.23)]],
            Symbol::Rangle => vec![vec![(0.08, 0.73), (0.27, AXIS), (0.08, -0.23)]],
            Symbol::Theta => vec![
                curve(40, |t| {
                    let (x, y) = (0.165 * (t * TAU).cos(), 0.345 * (t * TAU).sin());
                    (0.24 + x + 0.06 * y, 0.345 + y)
                }),
                vec![(0.08, 0.345), (0.40, 0.345)],
            ],
            Symbol::Prime => vec![vec![(0.17, 0.72), (0.08, 0.44)]],
        }
    }
}

fn rule(y: f64) -> Line {
    vec![(0.07, y), (0.71, y)]
}

fn chevron(open: f64, tip: f64) -> Line {
    vec![(open, 0.60), (tip, 0.30), (open, 0.02)]
}

fn wave(y: f64) -> Line {
    curve(24, |t| (0.07 + 0.64 * t, y + 0.07 * (t * TAU).sin()))
}

fn curve(steps: u32, at: impl Fn(f64) -> (f64, f64)) -> Line {
    (0..=steps).map(|i| at(f64::from(i) / f64::from(steps))).collect()
}
