//! What the study of samplers found: distances against evaluations of the denoiser, and all of them as CSV.

use montecarlo::Estimate;
use toy::Preset;
use vdm::Method;

use crate::studies::samplers::{EVALUATIONS, METHODS, Spacing};

/// A distance of one method at one number of evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Which method.
    pub method: Method,
    /// How many evaluations it spent.
    pub evaluations: usize,
    /// The distance; without an error where it is exact.
    pub distance: Estimate,
}

/// Which distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// `W₁`, on the line.
    Wasserstein,
    /// Sliced `W₂`.
    Sliced,
    /// The energy distance, which chance may leave below 0.
    Energy,
}

impl Distance {
    /// As a table names it.
    pub fn name(self) -> &'static str {
        match self {
            Distance::Wasserstein => "W1",
            Distance::Sliced => "sliced W2",
            Distance::Energy => "energy distance",
        }
    }
}

/// A distance of several methods against evaluations, all else being the same.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The data.
    pub data: Preset,
    /// `exact denoiser` or `learned denoiser`.
    pub denoiser: String,
    /// How the steps are chosen.
    pub spacing: Spacing,
    /// Which distance.
    pub distance: Distance,
    /// What chance leaves between the data and as many samples of their own; 0 for the energy distance, which is 0 on average.
    pub floor: f64,
    /// One for each method and number of evaluations.
    pub points: Vec<Point>,
}

impl Curves {
    /// The evaluations that a sampler may spend, as many as any of them tries.
    pub fn evaluations(&self) -> &'static [usize] {
        let tried = |method| self.points.iter().filter(|point| point.method == method).count();
        &EVALUATIONS[..METHODS.map(tried).into_iter().max().unwrap_or(0)]
    }

    /// Whether a point can be told from the data themselves, by two standard errors.
    pub fn is_seen(&self, point: &Point) -> bool {
        let Estimate { mean, std_err, .. } = point.distance;
        std_err == 0.0 || mean > self.floor + 2.0 * std_err
    }
}

/// Every distance of the study as CSV, those too for which a logarithmic axis has no place.
pub fn table<'a>(all: impl IntoIterator<Item = &'a Curves>) -> String {
    let mut csv =
        "data,denoiser,spacing,distance,method,evaluations,mean,std_err,samples,own_samples\n".to_owned();
    for curves in all {
        let of = format!("{},{},{},{}", curves.data, curves.denoiser, curves.spacing, curves.distance.name());
        for Point { method, evaluations, distance } in &curves.points {
            let Estimate { mean, std_err, samples } = distance;
            let row =
                format!("{of},\"{method}\",{evaluations},{mean},{std_err},{samples},{}\n", curves.floor);
            csv.push_str(&row);
        }
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studies::samplers::Denoiser;

    /// A row for each point, below 0 or not, each number below its name.
    #[test]
    fn the_table_leaves_nothing_out() {
        let distance = Estimate { mean: -0.25, std_err: 0.5, samples: 7 };
        let curves = Curves {
            data: Preset::Ring8,
            denoiser: Denoiser::Exact.to_string(),
            spacing: Spacing::Karras,
            distance: Distance::Energy,
            floor: 0.0,
            points: vec![Point { method: METHODS[3], evaluations: 5, distance }],
        };
        let csv = table([&curves, &curves]);
        let names = "data,denoiser,spacing,distance,method,evaluations,mean,std_err,samples,own_samples";
        let row = "ring8,exact denoiser,even in sigma^(1/7),energy distance,\"DDIM, η = 0\",5,-0.25,0.5,7,0";
        assert_eq!(csv.lines().collect::<Vec<_>>(), [names, row, row]);
    }
}
