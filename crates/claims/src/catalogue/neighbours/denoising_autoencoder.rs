//! N2: a denoising network learns the posterior mean, and with it the score.

use montecarlo::Streams;
use ndarray::{Array2, array};
use neighbours::DenoisingAutoencoder;
use neighbours::denoising_autoencoder::Tweedie;
use nn::Training;
use prob::Mixture;
use proptest::prelude::*;
use toy::Preset;

use crate::problems::{on_the_line, positive};
use crate::{Claim, longhand};

pub(super) fn claims() -> Vec<Claim> {
    vec![denoising_matches_the_score(), training_takes_the_excess_away()]
}

/// Two components on the line that a quadrature resolves well, and a level of noise.
fn affordable() -> impl Strategy<Value = (Mixture, f64)> {
    let law = || (-2.0..2.0f64, positive(0.5)).prop_map(|(mean, variance)| on_the_line(mean, variance));
    (0.1..0.9f64, law(), law(), 0.3..1.5f64).prop_map(|(share, one, two, noise)| {
        (Mixture::new(vec![share, 1.0 - share], vec![one, two]).expect("weights that sum to 1"), noise)
    })
}

/// `f(y)` of a network on the line.
fn at(model: &DenoisingAutoencoder, y: f64) -> f64 {
    model.net.forward(&array![[y]])[[0, 0]]
}

/// `E|x - f(y)|² - E|x - g(y)|²` by components: given its component, `x|y` is Gaussian with a mean by hand, and the
/// variance is the same for both.
fn losses_apart(data: &Mixture, f: &DenoisingAutoencoder, g: &DenoisingAutoencoder) -> f64 {
    let noise = f.noise * f.noise;
    let of = |(weight, m, v): (f64, f64, f64)| {
        weight
            * longhand::integral(&longhand::breaks([(m, v + noise)]), |y| {
                let mean = m + v / (v + noise) * (y - m);
                let squares = (at(f, y) - mean).powi(2) - (at(g, y) - mean).powi(2);
                longhand::log_normal(y, m, v + noise).exp() * squares
            })
    };
    longhand::parts(data).map(of).sum()
}

/// `E|f(y) - E[x|y]|²` under `q(y)`, with the best denoiser of the crate.
fn excess(data: &Mixture, model: &DenoisingAutoencoder) -> Result<f64, prob::ProbError> {
    let best = Tweedie::new(data, model.noise)?;
    Ok(longhand::average(&best.noised, |y| (at(model, y) - best.denoise(&array![[y]])[[0, 0]]).powi(2)))
}

fn denoising_matches_the_score() -> Claim {
    Claim::new(
        "N2a",
        "E|x - f(y)|² = constant + σ⁴ E|s(y) - ∇log q(y)|² for the score s = (f(y) - y)/σ² of any network: denoising is score matching",
    )
    .source("Vincent 2011")
    .source("Tweedie, in Efron 2011")
    .why("f - E[x|y] = σ² (s - ∇log q), and E|x - f|² = E Var(x|y) + E|f - E[x|y]|²: the first knows no network.")
    .compares("the difference of two networks' losses, x|y by hand, with that of their distances to Tweedie's formula")
    .identity(1e-9, (affordable(), any::<u64>()), |((data, noise), seed), trial| {
        let network = |k| DenoisingAutoencoder::new(1, &[4], *noise, &mut Streams::new(*seed).rng(k));
        let (f, g) = (network(0), network(1));
        let Some(best) = trial.posed(Tweedie::new(data, *noise)) else { return };
        let excesses_apart = longhand::average(&best.noised, |y| {
            let exact = best.denoise(&array![[y]])[[0, 0]];
            (at(&f, y) - exact).powi(2) - (at(&g, y) - exact).powi(2)
        });
        trial.at(1.0 + excesses_apart.abs(), losses_apart(data, &f, &g), excesses_apart);
    })
}

fn training_takes_the_excess_away() -> Claim {
    Claim::new(
        "N2b",
        "a network (16 units, weights and batches of seed 2) trained to denoise x + σε falls towards y + σ² ∇log q(y): each fourfold of steps leaves less, 1200 steps below 1 % of Var x",
    )
    .source("Vincent 2011")
    .why("N2a: what training lowers is the distance to Tweedie's formula, and a network of 16 units can say it.")
    .compares("E|f(y) - E[x|y]|² by quadrature after 0, 75, 300 and 1200 steps of Adam on draws from `bimodal`")
    .inequality(0.0, Just(()), |(), trial| {
        let data = Preset::Bimodal.mixture();
        let after = |steps: usize| {
            let streams = Streams::new(2);
            let mut model = DenoisingAutoencoder::new(1, &[16], 0.6, &mut streams.rng(0));
            let training = Training { steps, batch: 32, learning_rate: 1e-2, streams };
            let examples = |rng: &mut _, x: &mut Array2<f64>| x.assign(&data.sample(32, rng));
            training.run(&mut model, 1, examples, |_, _| ()).map(|()| excess(&data, &model))
        };
        let mut before = f64::INFINITY;
        for steps in [0, 75, 300, 1200] {
            let Some(Some(left)) = trial.posed(after(steps)).map(|left| trial.posed(left)) else { return };
            trial.at_most(1.0, left, before);
            before = left;
        }
        trial.at_most(1.0, before, 0.01 * longhand::mixture_variance(&data));
    })
}
