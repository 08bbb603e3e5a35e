//! Data on their way to noise: the schedule and the pictures of `q(x_t)` that several figures share.

use ndarray::Array2;
use plot::{Extent, Raster};
use prob::Mixture;
use vdm::Schedule;

/// Steps of the fine schedule.
pub(super) const FINE: usize = 1000;

/// The schedule of Ho et al. 2020: `β` from 1e-4 to 0.02 in 1000 steps.
pub(super) fn fine_schedule() -> Schedule {
    Schedule::linear(FINE, 1e-4, 0.02).expect("end points between 0 and 1")
}

/// `q(x_t)`; at `t = 0` that of the data.
pub(super) fn law_at(data: &Mixture, schedule: &Schedule, t: usize) -> Mixture {
    if t == 0 { data.clone() } else { data.push(&schedule.marginal(t, data.dim())) }
}

/// The step whose log-SNR is nearest to this one.
pub(super) fn nearest_step(schedule: &Schedule, log_snr: f64) -> usize {
    let distance = |t: &usize| (schedule.log_snr(*t) - log_snr).abs();
    (1..=schedule.steps()).min_by(|a, b| distance(a).total_cmp(&distance(b))).expect("there are steps")
}

/// The density of a law on the line at these places.
pub(super) fn density_at(law: &Mixture, places: &[f64]) -> Vec<f64> {
    let x = Array2::from_shape_fn((places.len(), 1), |(i, _)| places[i]);
    law.log_probs(&x).iter().map(|log_density| log_density.exp()).collect()
}

/// Which way time runs in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the data on the left to noise.
    Forward,
    /// From noise on the left to the data.
    Reverse,
}

impl Direction {
    /// Where step `t` of the fine schedule stands.
    pub(super) fn place(self, t: usize) -> f64 {
        match self {
            Direction::Forward => t as f64,
            Direction::Reverse => (FINE - t) as f64,
        }
    }
}

/// The density of `q(x_t)` on the line for all `t` of the fine schedule, `x` from `-half` to `half`.
pub(super) fn over_time(data: &Mixture, half: f64, direction: Direction) -> (Raster, Extent) {
    const COLUMNS: usize = 125;
    const ROWS: usize = 96;
    let schedule = fine_schedule();
    let extent = Extent { x: (0.0, FINE as f64), y: (-half, half) };
    let places: Vec<f64> = (0..ROWS).map(|row| extent.cell(ROWS, COLUMNS, row, 0).1).collect();
    let columns: Vec<Vec<f64>> = (0..COLUMNS)
        .map(|column| {
            let place = extent.cell(ROWS, COLUMNS, 0, column).0.round() as usize;
            let t = match direction {
                Direction::Forward => place,
                Direction::Reverse => FINE - place,
            };
            density_at(&law_at(data, &schedule, t), &places)
        })
        .collect();
    let values = (0..ROWS).flat_map(|row| columns.iter().map(move |column| column[row]));
    (Raster::new(ROWS, COLUMNS, values), extent)
}

/// The density of a law in the plane on the square from `-half` to `half` each way.
pub(super) fn in_the_plane(law: &Mixture, half: f64) -> (Raster, Extent) {
    const CELLS: usize = 72;
    let extent = Extent::square(half);
    let x = Array2::from_shape_fn((CELLS * CELLS, 2), |(i, axis)| {
        let (x, y) = extent.cell(CELLS, CELLS, i / CELLS, i % CELLS);
        [x, y][axis]
    });
    let density = law.log_probs(&x);
    (Raster::new(CELLS, CELLS, density.iter().map(|log_density| log_density.exp())), extent)
}
