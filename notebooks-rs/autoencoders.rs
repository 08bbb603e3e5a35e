//! Chapter 2: autoencoders, what they find and what they cannot do.

// %% [markdown]
// # 2. Autoencoders: a code without a law
//
// An autoencoder (自编码器) writes an observation $x$ as a short code $z = e(x)$ and reads it back, $x' = d(z)$. It is trained on the
// squared error alone:
//
// $$\min_{e,\, d}\ \mathrm E\, |x - d(e(x))|^2.$$
//
// Exact here: what a linear one finds, what the best one finds that has to take noise out, and what becomes of a code that is
// drawn and decoded. The last is why there is a VAE.
//
// Claims of this chapter: B1a, B1b, B1c, N1a, N1b, B2a, B2c, N2a, B13a, B13c, N3a. `elbow explain B1c` shows one of them.

// %%
use std::error::Error;

use linalg::SymmetricEigen;
use montecarlo::{Estimate, Moments, MonteCarlo, Streams};
use ndarray::{Array1, Array2, array, s};
use neighbours::denoising_autoencoder::Tweedie;
use neighbours::linear_autoencoder::{Weights, principal_angles, reconstruction_error};
use neighbours::sampled_autoencoder::{decode_prior, resemblance};
use neighbours::{DenoisingAutoencoder, SampleMoments};
use nn::{Training, TrainingError};
use notebooks::{check, show};
use plot::{Figure, Panel, Style, theme};
use prob::{Gaussian, LinearGaussian, Mixture, integrate, standard_normal};
use vae::{LinearAutoencoder, LinearVae};

/// The standard deviation of the noise that is to be taken out.
const NOISE: f64 = 0.6;

/// `N(mean, variance)` on the line.
fn normal(mean: f64, variance: f64) -> Gaussian {
    Gaussian::isotropic(array![mean], variance).expect("a positive variance")
}

/// `N(slope x, variance)` given `x`, on the line.
fn conditional(slope: f64, variance: f64) -> LinearGaussian {
    LinearGaussian::isotropic(1, slope, variance).expect("a positive variance")
}

/// Points `(x, f(x))` of a line.
fn curve(reach: f64, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (-200..=200).map(|i| reach * f64::from(i) / 200.0).map(|x| (x, f(x))).collect()
}

/// A network of 24 units that has seen pairs of a draw and the noised draw.
fn trained(data: &Mixture, streams: Streams) -> Result<DenoisingAutoencoder, TrainingError> {
    let mut model = DenoisingAutoencoder::new(1, &[24], NOISE, &mut streams.role("weights").rng(0));
    let draw = |rng: &mut _, x: &mut Array2<f64>| x.assign(&data.sample(64, rng));
    let training = Training { steps: 10_000, batch: 64, learning_rate: 3e-3, streams };
    training.run(&mut model, 1, draw, |_, _| ()).map(|_| model)
}

/// `E f(x)` for `x` from a mixture on the line, by quadrature.
fn average(law: &Mixture, f: impl Fn(f64) -> f64) -> f64 {
    integrate(|x| law.log_prob(&array![x]).exp() * f(x), &[-9.0, -1.0, 0.0, 1.0, 9.0], 1e-10).value
}

/// `E |x - f(y)|²` for `y = x + noise`: the mean of `Var(x|y)`, and of the square that `f` is off the posterior mean.
fn squared_error(data: &Mixture, best: &Tweedie, f: impl Fn(f64) -> f64) -> f64 {
    average(&best.noised, |y| {
        let x = data.posterior(&conditional(1.0, NOISE * NOISE), &array![y]).expect("the noise is positive");
        x.covariance()[[0, 0]] + (f(y) - x.mean()[0]).powi(2)
    })
}

/// The same by drawing `x` and `y`.
fn drawn_error(data: &Mixture, f: impl Fn(f64) -> f64 + Sync) -> Estimate {
    let squares = |rng: &mut _, n| {
        let (x, eps) = (data.sample(n, rng), standard_normal((n, 1), rng));
        x.iter().zip(&eps).map(|(x, eps)| (x - f(x + NOISE * eps)).powi(2)).collect::<Moments>()
    };
    MonteCarlo::new(100_000, Streams::new(3)).run(&|_| (), squares).estimate()
}

/// `z = c x` and `x' = z/c`, both with noise of a hundredth of the variance of a mode.
fn autoencoder(c: f64) -> LinearVae {
    LinearVae::new(conditional(c, 4e-4 * c * c), conditional(1.0 / c, 4e-4)).expect("on the line")
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## A linear autoencoder finds principal components
    //
    // Encoder and decoder are matrices, $z = E(x - \bar x)$ and $x' = Dz + \bar x$. With $k$ latents the error is smallest where $D$ spans
    // the eigenvectors of the $k$ largest eigenvalues of the covariance, and it is the sum of the *other* eigenvalues (B1a to B1c).
    // Gradient descent gets there from small weights (N1a). Other eigenvectors are stationary too, but saddles (N1b).

    // %%
    let truth = Gaussian::new(Array1::zeros(3), array![[2.5, 1.5, 0.0], [1.5, 2.5, 0.0], [0.0, 0.0, 0.5]])?;
    let law = SampleMoments::from(&truth);
    let eigen = SymmetricEigen::new(law.covariance());
    let axis = eigen.vectors().slice(s![.., ..1]).to_owned();
    let mut weights = Weights { encoder: array![[0.1, 0.0, 0.05]], decoder: array![[0.0], [0.1], [0.1]] };
    let others = eigen.values().slice(s![1..]).sum();
    println!("eigenvalues {:.4}; all but the first sum to {others:.6}", eigen.values());
    for steps in [0, 5, 10, 20, 100] {
        weights.descend(&law, steps, 0.2, |_, _, _| ())?;
        let angle = principal_angles(&weights.decoder, &axis)?[0];
        let error = weights.error_and_gradient(law.covariance()).0;
        println!("{steps:>4} steps more: error {error:.6}, angle to the first axis {angle:.1e}");
    }
    let draws = truth.sample(100_000, &mut Streams::new(1).rng(1));
    println!("on 100 000 draws {}", reconstruction_error(&weights.model(&law)?, &draws));

    // %% [markdown]
    // ## The best denoiser is the posterior mean
    //
    // A denoising (去噪) autoencoder is shown $y = x + \sigma\varepsilon$ and has to answer $x$. Given $y$, the squared error splits into
    // $\mathrm{Var}(x|y) + (f(y) - \mathrm E[x|y])^2$, so that the best answer is the posterior mean, and what is left is nobody's
    // fault (B2c). Tweedie's formula (B2a) has it without the posterior: with $q$ the law of $y$,
    //
    // $$\mathrm E[x|y] = y + \sigma^2\, \nabla \log q(y).$$
    //
    // Who learns to denoise learns the *score* $\nabla \log q$ (N2a). A diffusion model will be just that, at every $\sigma$.

    // %%
    let data = Mixture::equal(vec![normal(-1.0, 0.04), normal(1.0, 0.04)])?;
    let best = Tweedie::new(&data, NOISE)?;
    let network = trained(&data, Streams::new(5))?;
    for y in [-1.0, -0.1, 0.4] {
        let posterior = data.posterior(&conditional(1.0, NOISE * NOISE), &array![y])?;
        let tweedie = best.denoise(&array![[y]])[[0, 0]];
        println!("y = {y:4}: E[x|y] = {:.6}, by Tweedie {tweedie:.6}", posterior.mean()[0]);
    }
    let shrink = data.covariance()[[0, 0]] / best.noised.covariance()[[0, 0]];
    let mut panel = Panel::new("answers to a noised value").x_label("$y$ (units of $x$)").y_label("$f(y)$");
    for (name, style, answer) in [
        ("y itself", Style::guide(), &(|y| y) as &(dyn Fn(f64) -> f64 + Sync)),
        ("best line", Style::new(theme::GREEN).dotted(), &|y| shrink * y),
        ("posterior mean", Style::new(theme::BLUE), &|y| best.denoise(&array![[y]])[[0, 0]]),
        ("network", Style::new(theme::VERMILLION).dashed(), &|y| network.net.forward(&array![[y]])[[0, 0]]),
    ] {
        let exact = squared_error(&data, &best, answer);
        println!("{name:>14}: E|x - f(y)|² = {exact:.5}, drawn {}", drawn_error(&data, answer));
        panel = panel.line(curve(2.4, answer), style.label(name));
    }
    let mut figure = Figure::new(150.0, 70.0);
    figure.panel(panel.key());
    show(&figure, "autoencoders_denoiser")?;

    // %% [markdown]
    // ## Nobody asked for the prior
    //
    // To make new data one would draw $z \sim \mathcal N(0, 1)$ and decode. But squared error does not care where the codes are: with
    // $z = c\,x$ and $x' = z/c$ every $c$ reconstructs as well (B13a). The law of the codes, the *aggregate posterior* (聚合后验), has two
    // heaps at $\pm c$, and no $c$ makes it the prior. Decoded draws of the prior leave the data (B13c, N3a): they stray, more than
    // four standard deviations from both modes. What is missing is a law for $z$ that training has to keep to. Chapter 3 has it.

    // %%
    let mut panel = Panel::new("the prior, decoded").x_label("$x$").y_label("density");
    panel =
        panel.line(curve(3.0, |x| data.log_prob(&array![x]).exp()), Style::new(theme::BLACK).label("data"));
    for (c, style) in [
        (0.5, Style::new(theme::GREEN).dotted()),
        (1.0, Style::new(theme::VERMILLION).dashed()),
        (2.0, Style::new(theme::BLUE)),
    ] {
        let model = autoencoder(c);
        let reconstruction = model.average_bound(&data).reconstruction;
        let codes = model.aggregate_posterior(&data);
        let kl = average(&codes, |z| codes.log_prob(&array![z]) - normal(0.0, 1.0).log_prob(&array![z]));
        println!("c = {c:3}: reconstruction {reconstruction:.4} nats, KL(q(z) || p(z)) = {kl:.4} nats");
        let decoded = Mixture::from(model.evidence());
        let strays = decoded.cdf(0.2) - decoded.cdf(-0.2) + 2.0 * decoded.cdf(-1.8);
        let plan = MonteCarlo::new(100_000, Streams::new(4));
        let found = resemblance(&data, |rng, n| decode_prior(model.decoder(), n, rng), &plan).strays;
        println!("       decoded draws that stray: {strays:.4}, counted {found}");
        panel =
            panel.line(curve(3.0, |x| decoded.log_prob(&array![x]).exp()), style.label(format!("$c = {c}$")));
    }
    let mut figure = Figure::new(150.0, 62.0);
    figure.panel(panel.key());
    show(&figure, "autoencoders_prior")?;

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. The covariance of three coordinates is $\begin{pmatrix}3&1&0\\1&3&0\\0&0&1\end{pmatrix}$. What is the least $\mathrm E|x - x'|^2$
    //    of a linear autoencoder with one latent?
    // 2. $x$ is $+1$ or $-1$, equally likely, and $y = x + \varepsilon$, $\varepsilon \sim \mathcal N(0, 1)$. What is $\mathrm E[x | y = 0.5]$?
    // 3. Data $\mathcal N(0, 1)$ are coded as $z = 3x$ and decoded as $x' = z/3$, without noise. How many nats is the divergence from
    //    the data to what draws $z \sim \mathcal N(0, 1)$ become, $\mathrm{KL}(p_{\mathrm{data}} \| p_{\mathrm{decoded}})$?

    // %%
    let three = Gaussian::new(Array1::zeros(3), array![[3.0, 1.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 1.0]])?;
    check("1", None, LinearAutoencoder::principal(&three, 1)?.squared_error(&three));
    let noised = Mixture::equal(vec![normal(-1.0, 1.0), normal(1.0, 1.0)])?;
    check("2", None, 0.5 + noised.score(&array![0.5])[0]);
    check("3", None, normal(0.0, 1.0).kl_divergence(&normal(0.0, 1.0 / 9.0)));
    Ok(())
}
