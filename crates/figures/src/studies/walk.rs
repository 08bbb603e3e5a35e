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
    pub fn new(moon: MoonPhase) -> Self {
        let [half, three_quarter, full] =
            [HALF, 0.75, 1.0].map(|phase| moon.image(phase).expect("the phase is a fraction"));
        let contrast = nearest_blend(&three_quarter, &half, &full).distance;
        Self { moon, half, three_quarter, full, contrast }
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

    /// The moon at the phase `½ + ½ share`: the truth at a `share` of the way.
    ///
    /// # Errors
    /// If that is no fraction.
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
    ///
    /// # Panics
    /// If there are not two, the ends.
    pub fn walk(&self, vae: &Vae, steps: usize) -> Vec<Picture> {
        assert!(steps >= 2, "a walk of {steps} pictures has no two ends");
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

    /// How far apart the codes of half and full moon are, in standard deviations of the encoder:
    /// `√(Σᵢ (μᵢ(full) - μᵢ(half))² / ½ (vᵢ(full) + vᵢ(half)))`.
    pub fn code_distance(&self, vae: &Vae) -> f64 {
        let ends = ndarray::stack![Axis(0), self.half, self.full];
        let (mean, log_var) = vae.encoder.mean_and_log_var(&ends);
        let apart = |i: usize| {
            (mean[[1, i]] - mean[[0, i]]).powi(2)
                / log_var.column(i).mapv(f64::exp).mean().unwrap_or(f64::NAN)
        };
        (0..mean.ncols()).map(apart).sum::<f64>().sqrt()
    }

    /// Shows the model a true three-quarter moon and judges what comes back.
    pub fn three_quarter_through(&self, vae: &Vae) -> Picture {
        let code = vae.encoder.mean(&self.three_quarter.view().insert_axis(Axis(0)));
        self.judge(0.5, vae.decoder.mean(&code).remove_axis(Axis(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Streams;
    use ndarray_rand::rand::Rng;
    use proptest::prelude::*;

    fn judge() -> Judge {
        Judge::new(MoonPhase::default())
    }

    /// A picture without meaning: every pixel black or white.
    fn noise(judge: &Judge, chunk: u64) -> Array1<f64> {
        let mut rng = Streams::new(1).rng(chunk);
        judge.half.mapv(|_| f64::from(u8::from(rng.random::<bool>())))
    }

    #[test]
    fn the_judge_tells_the_three_quarter_moon_from_the_blend_half_way() {
        let judge = judge();
        let moon = judge.judge(0.5, judge.truth(0.5).expect("a fraction"));
        assert_eq!((moon.likeness, moon.to_three_quarter), (Likeness::Moon, 0.0));
        let blend = judge.judge(0.5, judge.blend(0.5));
        assert_eq!(blend.likeness, Likeness::Blend);
        assert!(blend.to_three_quarter > 2.0 * judge.close() - 1e-12, "{}", blend.to_three_quarter);
        assert_eq!(judge.judge(0.5, noise(&judge, 0)).likeness, Likeness::Neither);
        assert_eq!(judge.judge(0.5, judge.moon.image(0.2).expect("a fraction")).likeness, Likeness::Neither);
    }

    #[test]
    fn moons_among_pictures_are_counted_without_the_dark_one() {
        let judge = judge();
        let moon = |phase: f64| judge.moon.image(phase).expect("a fraction");
        let pictures = [moon(0.0), moon(0.3), moon(1.0), judge.blend(0.5), noise(&judge, 1)];
        let views: Vec<_> = pictures.iter().map(|picture| picture.view()).collect();
        let found = judge.moons_among(&ndarray::stack(Axis(0), &views).expect("pictures of one size"));
        assert_eq!((found.mean, found.samples), (0.4, 5));
    }

    /// A model whose weights were drawn and never trained has some code for either moon; one that ignores what it is
    /// shown has the same.
    #[test]
    fn codes_are_apart_by_standard_deviations_of_the_encoder() {
        let judge = judge();
        let mut rng = Streams::new(2).rng(0);
        let vae = Vae::new(judge.moon.dim(), &[8], 2, nn::Variance::Fixed(1.0), &mut rng);
        let posteriors = |picture: &Array1<f64>| {
            vae.aggregate_posterior(&picture.view().insert_axis(Axis(0))).expect("finite weights")
        };
        let (half, full) = (posteriors(&judge.half), posteriors(&judge.full));
        let shift = full.mean() - half.mean();
        let variance = (full.covariance() + half.covariance()).diag().to_owned() * 0.5;
        let squared = (&shift * &shift / variance).sum();
        approx::assert_relative_eq!(judge.code_distance(&vae), squared.sqrt(), max_relative = 1e-12);
        let alike = Judge { full: judge.half.clone(), ..judge };
        assert_eq!(alike.code_distance(&vae), 0.0);
    }

    #[test]
    #[should_panic(expected = "a walk of 1 pictures has no two ends")]
    fn a_walk_has_two_ends() {
        let judge = judge();
        let vae = Vae::new(judge.moon.dim(), &[2], 1, nn::Variance::Fixed(1.0), &mut Streams::new(3).rng(0));
        judge.walk(&vae, 1);
    }

    proptest! {
        /// Moons stay moons, and blends blends, where the other is farther than twice what counts as close, or than
        /// the noise added; here a uniform noise of standard deviation 0.05 about the middle of the way.
        #[test]
        fn a_little_noise_changes_no_verdict(share in 0.35..0.65f64, chunk in 0u64..1000) {
            let judge = judge();
            let mut rng = Streams::new(4).rng(chunk);
            let half_width = 0.05 * 3f64.sqrt();
            let mut noisy = |picture: Array1<f64>| picture.mapv(|p| p + rng.random_range(-half_width..half_width));
            let moon = noisy(judge.truth(share).expect("a fraction"));
            prop_assert_eq!(judge.judge(share, moon).likeness, Likeness::Moon);
            let blend = noisy(judge.blend(share));
            prop_assert_eq!(judge.judge(share, blend).likeness, Likeness::Blend);
        }
    }
}
