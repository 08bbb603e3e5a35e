//! The bound of a chain of networks, where it is known by another route: for one latent, and for linear layers.

use approx::assert_relative_eq;
use mhvae::{Mhvae, NetworkMhvae};
use montecarlo::Streams;
use ndarray::{Array1, Array2, Axis, concatenate, s};
use ndarray_rand::rand::Rng;
use nn::{GaussianMlp, Variance};
use prob::{LinearGaussian, standard_normal};
use proptest::prelude::*;

/// A linear layer from `n` to `m` coordinates whose log-variances do not depend on its input, and the same conditional
/// in closed form.
fn linear(n: usize, m: usize, variance: Option<f64>, rng: &mut impl Rng) -> (GaussianMlp, LinearGaussian) {
    let mut law = GaussianMlp::new(n, &[], m, variance.map_or(Variance::Learned, Variance::Fixed), rng);
    let layer = &mut law.net_mut().layers_mut()[0];
    layer.weight.slice_mut(s![.., m..]).fill(0.0);
    layer.bias.iter_mut().for_each(|b| *b = rng.random_range(-1.0..1.0));
    let variances = variance.map_or(layer.bias.slice(s![m..]).exp(), |v| Array1::from_elem(m, v));
    let (weight, bias) =
        (layer.weight.slice(s![.., ..m]).t().to_owned(), layer.bias.slice(s![..m]).to_owned());
    let exact = LinearGaussian::new(weight, bias, Array2::from_diag(&variances));
    (law, exact.expect("variances that are positive"))
}

/// Points whose average is that over `N(0, I)` for every polynomial of degree 2 (or 3) in all coordinates together:
/// `±√D e_i` in `D` dimensions. One array for each of the `widths`, `[2D, width]`.
fn noise_for_quadratics(widths: &[usize]) -> Vec<Array2<f64>> {
    let d = widths.iter().sum();
    let ahead: Array2<f64> = Array2::eye(d) * (d as f64).sqrt();
    let points = concatenate![Axis(0), ahead, ahead.mapv(|point| -point)];
    let mut end = 0;
    let mut columns = |width: &usize| {
        end += width;
        points.slice(s![.., end - width..end]).to_owned()
    };
    widths.iter().map(&mut columns).collect()
}

proptest! {
    /// Every term against the algebra of joint Gaussians, one to four latents of one to three coordinates. The terms are
    /// polynomials of degree 2 in the noise, so that their averages are exact.
    #[test]
    fn a_linear_chain_is_the_exact_one(
        steps in 1..=4usize,
        widths in prop::collection::vec(1..=3usize, 5),
        variances in prop::collection::vec(prop::option::of(0.2..2.0f64), 8),
        x in prop::collection::vec(-2.0..2.0f64, 3),
        seed: u64,
    ) {
        let (widths, mut rng) = (&widths[..=steps], Streams::new(seed).rng(0));
        let pairs = || widths.windows(2).zip(variances.chunks(2));
        let (up, exact_up) = pairs().map(|(w, v)| linear(w[0], w[1], v[0], &mut rng)).unzip();
        let (down, exact_down) = pairs().map(|(w, v)| linear(w[1], w[0], v[1], &mut rng)).unzip();
        let chain = NetworkMhvae::from_conditionals(up, down).unwrap();
        let exact = Mhvae::new(exact_up, exact_down).unwrap();

        let x = Array1::from(x[..widths[0]].to_vec());
        let eps = noise_for_quadratics(&widths[1..]);
        let rows = x.broadcast((eps[0].nrows(), x.len())).unwrap().to_owned();
        let found = chain.bound_given_noise(&rows, &eps);
        let expected = exact.consistency(&x).unwrap();

        prop_assert_eq!(found.matching.len(), steps - 1);
        let terms = |b: &prob::Bound| [&[b.reconstruction, b.prior_matching][..], &b.matching].concat();
        let scale = terms(&expected).iter().fold(1.0, |max: f64, term| max.max(term.abs()));
        for (found, expected) in terms(&found).into_iter().zip(terms(&expected)) {
            assert_relative_eq!(found, expected, epsilon = 1e-11 * scale);
        }
        assert_relative_eq!(found.elbo(), exact.elbo(&x), epsilon = 1e-11 * scale);
    }
}

/// T = 1 is the VAE: both terms written out from what the two networks say.
#[test]
fn one_latent_is_the_vae_written_out() {
    let mut rng = Streams::new(4).rng(0);
    let chain = NetworkMhvae::new(1, &[1], &[5], Variance::Learned, &mut rng);
    let mut normal = || standard_normal((4, 1), &mut rng);
    let (x, eps) = (normal(), normal());
    let (mut reconstruction, mut prior_matching) = (0.0, 0.0);
    for i in 0..4 {
        let says = |net: usize, input: f64| {
            let output = chain.networks()[net].1.forward(&Array2::from_elem((1, 1), input));
            (output[[0, 0]], output[[0, 1]].exp())
        };
        let (mu, variance) = says(0, x[[i, 0]]);
        let (mean, wide) = says(1, mu + variance.sqrt() * eps[[i, 0]]);
        reconstruction -= 0.5 * ((x[[i, 0]] - mean).powi(2) / wide + (std::f64::consts::TAU * wide).ln());
        prior_matching += 0.5 * (mu * mu + variance - 1.0 - variance.ln());
    }
    let bound = chain.bound_given_noise(&x, &[eps]);
    assert_relative_eq!(bound.reconstruction, reconstruction / 4.0, max_relative = 1e-12);
    assert_relative_eq!(bound.prior_matching, prior_matching / 4.0, max_relative = 1e-12);
    assert!(bound.matching.is_empty());
}
