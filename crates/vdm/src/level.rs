//! What an error of the prediction costs at one noise level, in the bound and in the loss that is trained, and how that changes
//! with the level.

use crate::prediction::Amplitudes;
use crate::training::{VdmLearner, Weighting};

/// Where the network is asked, and what `|r - r̂|²` costs there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// Place on the line of log-SNR, from 0 to 1.
    pub(crate) place: f64,
    pub(crate) log_snr: f64,
    pub(crate) at: Amplitudes,
    /// In the bound.
    pub(crate) bound: Weight,
    /// In the loss that is trained.
    pub(crate) loss: Weight,
}

/// A weight `ω` with its derivatives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight {
    pub(crate) value: f64,
    pub(crate) by_log_snr: f64,
    pub(crate) by_fall: f64,
}

impl VdmLearner {
    /// The first level, `ω = ½ κ/ᾱ`.
    pub(crate) fn first_level(&self) -> Level {
        let (at, half, slope) = self.half_factor(0.0);
        let value = half / at.signal.powi(2);
        let bound = Weight { value, by_log_snr: value * (slope - at.noise.powi(2)), by_fall: 0.0 };
        let share = self.levels.steps().map_or(0.0, |steps| 1.0 / steps as f64);
        self.level(0.0, bound, share)
    }

    /// The level of the matching term at `place`, `ω = ½ ρ κ`.
    pub(crate) fn matching_level(&self, place: f64) -> Level {
        let (_, half, slope) = self.half_factor(place);
        let (rate, by_fall) = self.levels.rate();
        let value = half * rate;
        let bound = Weight { value, by_log_snr: value * slope, by_fall: half * by_fall };
        let share = self.levels.steps().map_or(1.0, |steps| 1.0 - 1.0 / steps as f64);
        self.level(place, bound, share)
    }

    /// The amplitudes, `½ κ` and `d log κ/dλ` at a place.
    fn half_factor(&self, place: f64) -> (Amplitudes, f64, f64) {
        let (at, prediction) = (Amplitudes::at(self.levels.log_snr(place)), self.denoiser.parameterisation());
        (at, 0.5 * prediction.snr_factor(at), prediction.log_snr_factor_slope(at))
    }

    /// A level with its weight in the bound, and its share in the simple loss.
    fn level(&self, place: f64, bound: Weight, share: f64) -> Level {
        let loss = match self.weighting {
            Weighting::Elbo { .. } => bound,
            Weighting::Simple => Weight { value: share, by_log_snr: 0.0, by_fall: 0.0 },
        };
        let log_snr = self.levels.log_snr(place);
        Level { place, log_snr, at: Amplitudes::at(log_snr), bound, loss }
    }
}
