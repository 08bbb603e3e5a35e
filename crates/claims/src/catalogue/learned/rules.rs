//! What each sampler does to Gaussian data by the rule as its paper prints it.

use ndarray::{Array2, ArrayRef2, array};
use vdm::{Method, ReverseVariance, Schedule, Solver};

/// `x_0` on the line from `x_T` and the noise of every step.
pub(super) fn run(
    method: Method,
    schedule: &Schedule,
    noisiest: f64,
    denoiser: impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64>,
    noise: &[f64],
) -> f64 {
    let x_0 = method.run(schedule, array![[noisiest]], denoiser, |t| array![[noise[t - 1]]]);
    x_0.expect("an η between 0 and 1")[[0, 0]]
}

/// The rules as their papers print them, for data `N(m, v)`: an affine function of `x_T`, and the variance of the noise.
pub(super) struct Printed<'a> {
    /// The schedule.
    pub(super) schedule: &'a Schedule,
    /// `m`.
    pub(super) mean: f64,
    /// `v`.
    pub(super) variance: f64,
}

/// `offset + slope · x_T`.
#[derive(Clone, Copy)]
struct Affine {
    offset: f64,
    slope: f64,
}

impl Affine {
    /// `a · one + b · other`.
    fn mix(a: f64, one: Affine, b: f64, other: Affine) -> Self {
        Self { offset: a * one.offset + b * other.offset, slope: a * one.slope + b * other.slope }
    }
}

impl Printed<'_> {
    fn alpha_bar(&self, t: usize) -> f64 {
        (1..=t).map(|s| self.schedule.alpha(s)).product()
    }

    /// `σ = √(1-ᾱ)/√ᾱ`.
    fn sigma(&self, t: usize) -> f64 {
        ((1.0 - self.alpha_bar(t)) / self.alpha_bar(t)).sqrt()
    }

    /// What `x̂_0` makes of a unit of `x_t`.
    fn gain(&self, t: usize) -> f64 {
        let alpha_bar = self.alpha_bar(t);
        alpha_bar.sqrt() * self.variance / (alpha_bar * self.variance + 1.0 - alpha_bar)
    }

    /// `m + gain (x_t - √ᾱ_t m)`.
    fn denoised(&self, x: Affine, t: usize) -> Affine {
        let gain = self.gain(t);
        let offset = self.mean - gain * self.alpha_bar(t).sqrt() * self.mean;
        Affine { offset: offset + gain * x.offset, slope: gain * x.slope }
    }

    /// Mean and variance of `x_0`.
    pub(super) fn law(&self, method: Method) -> (f64, f64) {
        let (x, noise) = match method {
            Method::Ancestral(variance) => self.ancestral(variance),
            Method::Ddim(eta) => self.ddim(eta),
            Method::Solver(Solver::DpmSolver) => (self.dpm_solver(), 0.0),
            Method::Solver(Solver::Heun) => (self.heun(), 0.0),
        };
        (x.offset, x.slope * x.slope + noise)
    }

    fn start(&self) -> (Affine, f64) {
        (Affine { offset: 0.0, slope: 1.0 }, 0.0)
    }

    fn denoised_at_last(&self, (x, noise): (Affine, f64)) -> (Affine, f64) {
        (self.denoised(x, 1), noise * self.gain(1).powi(2))
    }

    /// `N((√ᾱ_{t-1} β_t x̂_0 + √α_t (1-ᾱ_{t-1}) x_t)/(1-ᾱ_t), variance)`.
    fn ancestral(&self, variance: ReverseVariance) -> (Affine, f64) {
        let end = (2..=self.schedule.steps()).rev().fold(self.start(), |(x, noise), t| {
            let (alpha, here, before) = (self.schedule.alpha(t), self.alpha_bar(t), self.alpha_bar(t - 1));
            let of_x_t = alpha.sqrt() * (1.0 - before) / (1.0 - here);
            let of_x_0 = before.sqrt() * (1.0 - alpha) / (1.0 - here);
            let added = match variance {
                ReverseVariance::Posterior => (1.0 - alpha) * (1.0 - before) / (1.0 - here),
                ReverseVariance::Beta => 1.0 - alpha,
            };
            let next = Affine::mix(of_x_t, x, of_x_0, self.denoised(x, t));
            (next, (of_x_t + of_x_0 * self.gain(t)).powi(2) * noise + added)
        });
        self.denoised_at_last(end)
    }

    /// `√ᾱ_{t-1} x̂_0 + √(1-ᾱ_{t-1}-σ²) (x_t - √ᾱ_t x̂_0)/√(1-ᾱ_t) + σ ε`.
    fn ddim(&self, eta: f64) -> (Affine, f64) {
        let end = (2..=self.schedule.steps()).rev().fold(self.start(), |(x, noise), t| {
            let (here, before) = (self.alpha_bar(t), self.alpha_bar(t - 1));
            let added = eta * eta * (1.0 - before) / (1.0 - here) * (1.0 - here / before);
            let of_eps = (1.0 - before - added).max(0.0).sqrt();
            let step = |x: Affine, x_0: Affine| {
                let eps = Affine::mix(1.0 / (1.0 - here).sqrt(), x, -here.sqrt() / (1.0 - here).sqrt(), x_0);
                Affine::mix(before.sqrt(), x_0, of_eps, eps)
            };
            let scale = step(Affine { offset: 0.0, slope: 1.0 }, Affine { offset: 0.0, slope: self.gain(t) });
            (step(x, self.denoised(x, t)), scale.slope.powi(2) * noise + added)
        });
        self.denoised_at_last(end)
    }

    /// `λ = -log σ`, `D = (1 + 1/2r) x̂_0 - x̂_0'/2r` with `r` the last step over this one.
    fn dpm_solver(&self) -> Affine {
        let (mut x, mut before) = (self.start().0, None);
        let lambda = |t: usize| -self.sigma(t).ln();
        for t in (2..=self.schedule.steps()).rev() {
            let (x_0, h) = (self.denoised(x, t), lambda(t - 1) - lambda(t));
            let d = before.map_or(x_0, |before| {
                let r = (lambda(t) - lambda(t + 1)) / h;
                Affine::mix(1.0 + 0.5 / r, x_0, -0.5 / r, before)
            });
            let keep = ((1.0 - self.alpha_bar(t - 1)) / (1.0 - self.alpha_bar(t))).sqrt();
            x = Affine::mix(keep, x, self.alpha_bar(t - 1).sqrt() * (1.0 - (-h).exp()), d);
            before = Some(x_0);
        }
        self.denoised(x, 1)
    }

    /// `y' = y + Δσ (d + d')/2` with `y = x/√ᾱ`, `d = (y - x̂_0)/σ`.
    fn heun(&self) -> Affine {
        let x = (2..=self.schedule.steps()).rev().fold(self.start().0, |x, t| {
            let (root, root_before) = (self.alpha_bar(t).sqrt(), self.alpha_bar(t - 1).sqrt());
            let (sigma, sigma_before) = (self.sigma(t), self.sigma(t - 1));
            let slope = |x: Affine, t: usize, root: f64, sigma: f64| {
                Affine::mix(1.0 / (root * sigma), x, -1.0 / sigma, self.denoised(x, t))
            };
            let d = slope(x, t, root, sigma);
            let predicted = Affine::mix(root_before / root, x, root_before * (sigma_before - sigma), d);
            let mean = Affine::mix(0.5, d, 0.5, slope(predicted, t - 1, root_before, sigma_before));
            Affine::mix(root_before / root, x, root_before * (sigma_before - sigma), mean)
        });
        self.denoised(x, 1)
    }
}
