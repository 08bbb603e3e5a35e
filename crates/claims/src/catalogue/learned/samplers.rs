//! How fast samplers reach the data, and the distances that say so.

use std::cell::RefCell;

use distances::LineLaw;
use linalg::SymmetricEigen;
use ndarray::{Array1, Array2, ArrayRef2, array};
use prob::{Mixture, frechet_distance};
use proptest::collection::vec;
use proptest::prelude::*;
use vdm::{ExactDenoiser, Method, ReverseVariance, Schedule, Solver};

use super::rules::{Printed, run};
use crate::chains::schedule;
use crate::{Claim, longhand, problems};

/// The claims about samplers and distances.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        rate("E3a", "DDIM with η = 0", 1.0, Method::Ddim(0.0), 256),
        rate("E3b", "DPM-Solver++ (2M)", 2.0, Method::Solver(Solver::DpmSolver), 1024),
        rate("E3c", "Heun's rule", 2.0, Method::Solver(Solver::Heun), 128),
        gaussian_recursion(),
        a_point_is_kept(),
        marginals("E3f", "DPM-Solver++ (2M)", 2.0, Method::Solver(Solver::DpmSolver)),
        marginals("E3g", "Heun's rule", 2.0, Method::Solver(Solver::Heun)),
        energy_is_a_square(),
        optimal_map(),
        marginals("E3j", "DDIM with η = 0", 1.0, Method::Ddim(0.0)),
    ]
}

/// `steps` log-SNRs evenly spaced from 3 to -5: the end points stay, the steps grow short.
fn even(steps: usize) -> Schedule {
    Schedule::from_log_snr_end_points(steps, 3.0, -5.0).expect("log-SNRs that fall")
}

/// Mean and standard deviation of `q(x_t)` for data `N(m, v)`, written out.
fn marginal(schedule: &Schedule, t: usize, (mean, variance): (f64, f64)) -> (f64, f64) {
    let alpha_bar = 1.0 / (1.0 + (-schedule.log_snr(t)).exp());
    (alpha_bar.sqrt() * mean, (alpha_bar * variance + 1.0 - alpha_bar).sqrt())
}

fn rate(id: &'static str, name: &str, order: f64, method: Method, fewest: usize) -> Claim {
    Claim::new(id, format!("{name} follows the probability flow of Gaussian data with an error that falls as n^-{order} in n steps"))
        .source("Song 2021")
        .source("Lu 2022")
        .source("Karras 2022")
        .why(
            "For Gaussian data the flow keeps (x_t - √ᾱ_t m)/√(ᾱ_t v + 1-ᾱ_t), so that its end is known.\n\
             A rule of order k errs by O(h^{k+1}) in a step of h in log-SNR, and n = O(1/h) steps add up to O(h^k).",
        )
        .compares("the fitted exponent of the largest |x_0 - E[x_0|x_1 of the flow]| over five x_T, data N(0.5, 0.25)")
        .rate(order, 0.03, move |_| {
            let law = (0.5, 0.25);
            let data = Mixture::from(problems::on_the_line(law.0, law.1));
            [1, 2, 4, 8]
                .map(|factor| {
                    let steps = factor * fewest;
                    let schedule = even(steps);
                    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
                    let ((m_1, s_1), (m_n, s_n)) = (marginal(&schedule, 1, law), marginal(&schedule, steps, law));
                    let error = |start: f64| {
                        let end = m_1 + s_1 / s_n * (start - m_n);
                        let exact = denoiser.denoise(&array![[end]], 1)[[0, 0]];
                        (run(method, &schedule, start, |x, t| denoiser.denoise(x, t), &vec![0.0; steps]) - exact).abs()
                    };
                    (steps as f64, [-2.0, -1.0, 0.1, 1.0, 2.0].map(error).into_iter().fold(0.0, f64::max))
                })
                .to_vec()
        })
}

/// Gaussian data on the line, a schedule, and a share of noise.
fn gaussian_problem() -> impl Strategy<Value = (Schedule, f64, f64, f64)> {
    (schedule(1..=5), -2.0..2.0f64, problems::positive(1.0), 0.0..=1.0f64)
}

fn gaussian_recursion() -> Claim {
    Claim::new("E3d", "for Gaussian data every sampler draws from a Gaussian, its mean and variance by a recursion")
        .source("Ho 2020")
        .source("Song 2021")
        .source("Lu 2022")
        .source("Karras 2022")
        .why(
            "The best denoiser is linear, so that x_0 is an affine function of x_T and of the noise of every step:\n\
             its mean is that of no noise, and its variance the sum of the squares of what each unit of noise does.",
        )
        .compares("mean and variance from runs of the sampler on chosen noise against the recursion of the rule as printed")
        .identity(1e-9, gaussian_problem(), |(schedule, mean, variance, eta), trial| {
            let data = Mixture::from(problems::on_the_line(*mean, *variance));
            let Some(denoiser) = trial.posed(ExactDenoiser::new(&data, schedule)) else { return };
            let methods = [
                Method::Ancestral(ReverseVariance::Posterior),
                Method::Ancestral(ReverseVariance::Beta),
                Method::Ddim(*eta),
                Method::Solver(Solver::DpmSolver),
                Method::Solver(Solver::Heun),
            ];
            for method in methods {
                let steps = schedule.steps();
                let end = |noisiest: f64, noise: &[f64]| {
                    run(method, schedule, noisiest, |x, t| denoiser.denoise(x, t), noise)
                };
                let at_rest = end(0.0, &vec![0.0; steps]);
                let unit = |t: usize| Array1::from_shape_fn(steps, |s| f64::from(u8::from(s == t))).to_vec();
                let start = end(1.0, &vec![0.0; steps]) - at_rest;
                let squares: f64 = (0..steps).map(|t| (end(0.0, &unit(t)) - at_rest).powi(2)).sum();
                let expected = Printed { schedule, mean: *mean, variance: *variance }.law(method);
                let scale = 1.0 + mean.abs() + variance;
                trial.at(scale, at_rest, expected.0);
                trial.at(scale, start * start + squares, expected.1);
            }
        })
}

fn a_point_is_kept() -> Claim {
    Claim::new("E3e", "for data at a point c every sampler returns c; without noise x_t = √ᾱ_t c + √(1-ᾱ_t) ε all the way, in any number of steps")
        .source("Song 2021")
        .source("Lu 2022")
        .source("Karras 2022")
        .why(
            "The best denoiser of a point answers c whatever it sees, and the last step returns its answer.\n\
             The flow is then a straight line in σ = √(1-ᾱ)/√ᾱ, along which DDIM, DPM-Solver++ and Heun's rule make no error.",
        )
        .compares("every x_t that the denoiser is shown against the line, and what is returned against c")
        .identity(
            1e-11,
            (schedule(1..=6), -3.0..3.0f64, -3.0..3.0f64, vec(-3.0..3.0f64, 6)),
            |(schedule, point, eps, noise), trial| {
                let line = |t: usize| {
                    let alpha_bar: f64 = (1..=t).map(|s| schedule.alpha(s)).product();
                    alpha_bar.sqrt() * point + (1.0 - alpha_bar).sqrt() * eps
                };
                let shown = RefCell::new(vec![]);
                let denoiser = |x: &ArrayRef2<f64>, t: usize| {
                    shown.borrow_mut().push((x[[0, 0]], t));
                    Array2::from_elem(x.dim(), *point)
                };
                let start = line(schedule.steps());
                for method in
                    [Method::Ddim(0.0), Method::Solver(Solver::DpmSolver), Method::Solver(Solver::Heun)]
                {
                    trial.at(1.0 + point.abs(), run(method, schedule, start, denoiser, noise), *point);
                }
                for (x_t, t) in shown.take() {
                    trial.at(1.0 + point.abs() + eps.abs(), x_t, line(t));
                }
                for method in [
                    Method::Ancestral(ReverseVariance::Posterior),
                    Method::Ancestral(ReverseVariance::Beta),
                    Method::Ddim(0.5),
                ] {
                    trial.at(1.0 + point.abs(), run(method, schedule, start, denoiser, noise), *point);
                }
            },
        )
}

fn marginals(id: &'static str, name: &str, order: f64, method: Method) -> Claim {
    Claim::new(id, format!("{name} keeps the marginals q(x_t) of a mixture, all the way from q(x_T) to q(x_1), with an error that falls as n^-{order} in n steps"))
        .source("Song 2021")
        .source("Lu 2022")
        .source("Karras 2022")
        .why(
            "The laws along the probability flow are q(x_t), so that in the limit no marginal is lost.\n\
             On the line the flow keeps the order: F_t(x_t) = F_T(x_T).",
        )
        .compares("the fitted exponent of the largest |F_t(x_t) - F_T(x_T)| over all t and a grid of x_T, two modes, n = 256 to 2048")
        .rate(order, 0.04, move |_| {
            let components = vec![problems::on_the_line(-1.0, 0.1), problems::on_the_line(0.8, 0.2)];
            let data = Mixture::new(vec![0.4, 0.6], components).expect("weights that sum to 1");
            let starts = Array1::linspace(-3.0, 3.0, 41).insert_axis(ndarray::Axis(1));
            [256, 512, 1024, 2048]
                .map(|steps| {
                    let schedule = even(steps);
                    let denoiser = ExactDenoiser::new(&data, &schedule).expect("a covariance");
                    // What the denoiser was shown last at each t: Heun's rule shows its predictor, and then the end after it.
                    let reached = RefCell::new(vec![starts.clone(); steps]);
                    let shown = |x: &ArrayRef2<f64>, t: usize| {
                        reached.borrow_mut()[t - 1].assign(x);
                        denoiser.denoise(x, t)
                    };
                    let done = method.run(&schedule, starts.clone(), shown, |_| Array2::zeros(starts.dim()));
                    done.expect("an η between 0 and 1");
                    let law = |t: usize| longhand::pushed_mixture(&schedule.marginal(t, 1), &data);
                    let levels = starts.mapv(|x| law(steps).cdf(x));
                    let off = reached.take().into_iter().zip(1..).map(|(x_t, t)| {
                        let law = law(t);
                        let off = x_t.iter().zip(&levels).map(|(&x, level)| (law.cdf(x) - level).abs());
                        off.fold(0.0, f64::max)
                    });
                    (steps as f64, off.fold(0.0, f64::max))
                })
                .to_vec()
        })
}

fn energy_is_a_square() -> Claim {
    Claim::new("E3h", "2 E|X-Y| - E|X-X'| - E|Y-Y'| = 2 ∫ (F - G)² on the line: 0 if and only if the laws are equal")
        .source("Székely and Rizzo 2013")
        .why(
            "|x - y| = ∫ (1{x ≤ u < y} + 1{y ≤ u < x}) du; under the mean that is F (1-G) + G (1-F).\n\
             The three terms together leave 2 (F - G)² under the integral, which is 0 for equal functions alone.",
        )
        .compares("means of folded normals against quadrature of the distribution functions, for two normals and for a normal with itself")
        .identity(1e-9, (problems::gaussian_over(1, 1.0), problems::gaussian_over(1, 1.0)), |(p, q), trial| {
            let line = |law: &prob::Gaussian| LineLaw::new(&Mixture::from(law.clone()));
            let (Some(x), Some(y)) = (trial.posed(line(p)), trial.posed(line(q))) else { return };
            let (spread_p, spread_q) = (longhand::variance(p), longhand::variance(q));
            let difference = problems::on_the_line(longhand::mean(p) - longhand::mean(q), spread_p + spread_q);
            let Some(z) = trial.posed(line(&difference)) else { return };
            let energy = 2.0 * z.mean_distance(0.0) - x.mean_difference() - y.mean_difference();
            let both = Mixture::equal(vec![p.clone(), q.clone()]).expect("two laws on the line");
            let square = longhand::integral(&longhand::mixture_breaks(&both), |u| {
                2.0 * (longhand_cdf(p, u) - longhand_cdf(q, u)).powi(2)
            });
            let scale = 1.0 + x.mean_difference() + y.mean_difference();
            trial.at(scale, energy, square);
            let twice = problems::on_the_line(0.0, 2.0 * spread_p);
            let Some(twice) = trial.posed(line(&twice)) else { return };
            trial.at(scale, 2.0 * twice.mean_distance(0.0) - 2.0 * x.mean_difference(), 0.0);
        })
}

/// `F(u)` of a normal law.
fn longhand_cdf(law: &prob::Gaussian, u: f64) -> f64 {
    0.5 * statrs::function::erf::erfc((longhand::mean(law) - u) / (2.0 * longhand::variance(law)).sqrt())
}

fn optimal_map() -> Claim {
    Claim::new("E3i", "W₂² of Gaussians is the Fréchet distance: x ↦ m_q + T (x - m_p), T = S_p^-½ (S_p^½ S_q S_p^½)^½ S_p^-½, carries p to q at that mean squared distance")
        .source("Dowson and Landau 1982")
        .source("Heusel 2017")
        .why(
            "T is symmetric and positive, so that the map is the gradient of a convex function, which makes it optimal (Brenier).\n\
             Its mean squared distance is |m_p - m_q|² + tr (I-T) S_p (I-T).",
        )
        .compares("T S_p T with S_q, and the mean squared distance with the Fréchet distance by Cholesky factors")
        .identity(1e-8, problems::dimension().prop_flat_map(|d| (problems::gaussian_over(d, 1.0), problems::gaussian_over(d, 1.0))), |(p, q), trial| {
            let eigen = SymmetricEigen::new(p.covariance());
            let (root, inverse_root) = (eigen.map(f64::sqrt), eigen.map(|v| 1.0 / v.sqrt()));
            let middle = SymmetricEigen::new(&root.dot(q.covariance()).dot(&root)).map(|v| v.max(0.0).sqrt());
            let map = inverse_root.dot(&middle).dot(&inverse_root);
            trial.covariances(&map.dot(p.covariance()).dot(&map), q.covariance());
            let rest = Array2::<f64>::eye(p.dim()) - &map;
            let shift = p.mean() - q.mean();
            let cost = shift.dot(&shift) + rest.dot(p.covariance()).dot(&rest).diag().sum();
            trial.at(1.0 + cost, cost, frechet_distance(p, q));
        })
}
