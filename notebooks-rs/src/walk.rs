//! A walk through the latent space from the half moon to the full moon, each picture on the way judged.

use montecarlo::{Estimate, Moments};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use toy::{MoonPhase, NearestBlend, NearestPhase, ToyError, nearest_blend, rms_distance};
use vae::Vae;

/// The phase at which the walk begins; it ends at the full moon.
const HALF: f64 = 0.5;

/// Below this phase a moon is so thin that a dark picture is close to it.
const DARK: f64 = 0.05;

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Closer to a true moon between half and full than to any blend, and close.
    Moon,
    /// Closer to a pixel blend of half and full moon than to any true moon, and close.
    Blend,
    /// Close to neither.
    Neither,
}

impl std::fmt::Display for Likeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Likeness::Moon => "a moon",
            Likeness::Blend => "a blend",
            Likeness::Neither => "neither",
        })
    }
}

/// One picture with where it sits between the true moons, and between the blends.
#[derive(Clone, Debug)]
pub struct Picture {
    /// How far along the walk, from 0 (half moon) to 1 (full moon).
    pub share: f64,
    /// Pixels, row by row.
    pub pixels: Array1<f64>,
    /// The nearest true moon between half and full.
    pub moon: NearestPhase,
    /// The nearest pixel blend of half and full moon.
    pub blend: NearestBlend,
    /// Root-mean-square distance to the true three-quarter moon.
    pub to_three_quarter: f64,
    /// What it is.
    pub likeness: Likeness,
}

/// The judge: the true moons that pictures are compared with.
pub struct Judge {
    moon: MoonPhase,
    half: Array1<f64>,
    three_quarter: Array1<f64>,
    full: Array1<f64>,
    /// Distance from the three-quarter moon to the nearest blend: what the judge must be able to tell apart.
    contrast: f64,
}

impl Judge {
    /// The judge of pictures that `moon` draws.
    ///
    /// # Errors
    /// Never, for the phases used are fractions.
    pub fn new(moon: MoonPhase) -> Result<Self, ToyError> {
        let (half, three_quarter, full) = (moon.image(HALF)?, moon.image(0.75)?, moon.image(1.0)?);
        let contrast = nearest_blend(&three_quarter, &half, &full).distance;
        Ok(Self { moon, half, three_quarter, full, contrast })
    }

    /// Distance from the three-quarter moon to the nearest blend of half and full moon (grey, 0 to 1).
    pub fn contrast(&self) -> f64 {
        self.contrast
    }

    /// A picture counts as close below this distance: half of the [`contrast`](Self::contrast), within which it
    /// cannot be a three-quarter moon and a blend at once.
    pub fn close(&self) -> f64 {
        0.5 * self.contrast
    }

    /// The moon at `phase`, the truth at a `share` of the way.
    ///
    /// # Errors
    /// If it is no fraction.
    pub fn truth(&self, share: f64) -> Result<Array1<f64>, ToyError> {
        self.moon.image(HALF + (1.0 - HALF) * share)
    }

    /// The pixel blend at a `share` of the way: `(1 - share) · half + share · full`.
    pub fn blend(&self, share: f64) -> Array1<f64> {
        &self.half * (1.0 - share) + &self.full * share
    }

    /// Judges one picture.
    pub fn judge(&self, share: f64, pixels: Array1<f64>) -> Picture {
        let moon = self.moon.nearest_phase_from(HALF, &pixels);
        let blend = nearest_blend(&pixels, &self.half, &self.full);
        let likeness = if moon.distance.min(blend.distance) > self.close() {
            Likeness::Neither
        } else if moon.distance <= blend.distance {
            Likeness::Moon
        } else {
            Likeness::Blend
        };
        let to_three_quarter = rms_distance(&pixels, &self.three_quarter);
        Picture { share, pixels, moon, blend, to_three_quarter, likeness }
    }

    /// The share of `pictures` (`[n, pixels]`) that are close to a true moon of any phase but the dark new moon, with
    /// its standard error.
    pub fn moons_among(&self, pictures: &Array2<f64>) -> Estimate {
        let is_moon = |picture: ArrayView1<f64>| {
            let nearest = self.moon.nearest_phase(&picture);
            f64::from(u8::from(nearest.distance <= self.close() && nearest.phase > DARK))
        };
        pictures.rows().into_iter().map(is_moon).collect::<Moments>().estimate()
    }

    /// Decodes `steps` pictures on the straight line between the codes (encoder means) of half and full moon.
    pub fn walk(&self, vae: &Vae, steps: usize) -> Vec<Picture> {
        let code = |picture: &Array1<f64>| vae.encoder.mean(&picture.view().insert_axis(Axis(0)));
        let (from, to) = (code(&self.half), code(&self.full));
        (0..steps)
            .map(|k| {
                let share = k as f64 / (steps - 1) as f64;
                let z = &from * (1.0 - share) + &to * share;
                self.judge(share, vae.decoder.mean(&z).remove_axis(Axis(0)))
            })
            .collect()
    }

    /// Shows the model a true three-quarter moon and judges what comes back.
    pub fn three_quarter_through(&self, vae: &Vae) -> Picture {
        let code = vae.encoder.mean(&self.three_quarter.view().insert_axis(Axis(0)));
        self.judge(0.5, vae.decoder.mean(&code).remove_axis(Axis(0)))
    }
}
