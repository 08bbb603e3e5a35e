//! A chain whose conditionals are written out by networks.

use ndarray::Array2;
use ndarray_rand::rand::Rng;
use nn::{GaussianMlp, Mlp, Variance};
use prob::{Conditional, ProbError, standard_normal};

use crate::chain::check_widths;

/// Encoders `q(z₁|x), q(z₂|z₁), …`, decoders `p(x|z₁), p(z₁|z₂), …`, each a Gaussian whose mean and log-variance a
/// network writes out, and the prior `p(z_T) = N(0, I)`.
///
/// ```
/// use mhvae::NetworkMhvae;
/// use ndarray::Array2;
/// use nn::Variance;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// // Two observed coordinates, under them z₁ with two and z₂ with one; hidden layers of 16.
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let chain = NetworkMhvae::new(2, &[2, 1], &[16], Variance::Learned, &mut rng);
/// let bound = chain.bound_given_noise(&Array2::ones((5, 2)), &[Array2::zeros((5, 2)), Array2::zeros((5, 1))]);
/// assert_eq!(bound.matching.len(), 1);
/// assert_eq!(chain.generate(7, &mut rng).dim(), (7, 2));
/// ```
#[derive(Clone, Debug)]
pub struct NetworkMhvae {
    encoders: Vec<GaussianMlp>,
    decoders: Vec<GaussianMlp>,
}

impl NetworkMhvae {
    /// A chain over `data_dim` coordinates with latents of the widths `latent_dims`, from `z₁` up. Every network has the
    /// same `hidden` widths, those of the decoders in reverse, and random initial weights. All variances are learned, but
    /// for that of `p(x|z₁)` if `data_variance` is fixed.
    ///
    /// # Panics
    /// If there is no latent, a width is 0, or a fixed variance is not a positive number.
    pub fn new<R: Rng + ?Sized>(
        data_dim: usize,
        latent_dims: &[usize],
        hidden: &[usize],
        data_variance: Variance,
        rng: &mut R,
    ) -> Self {
        assert!(!latent_dims.is_empty(), "a chain needs a latent");
        let widths = [&[data_dim], latent_dims].concat();
        let reversed: Vec<usize> = hidden.iter().rev().copied().collect();
        let encoders = widths
            .windows(2)
            .map(|pair| GaussianMlp::new(pair[0], hidden, pair[1], Variance::Learned, rng))
            .collect();
        let variances = std::iter::once(data_variance).chain(std::iter::repeat(Variance::Learned));
        let decoders = widths
            .windows(2)
            .zip(variances)
            .map(|(pair, variance)| GaussianMlp::new(pair[1], &reversed, pair[0], variance, rng))
            .collect();
        Self { encoders, decoders }
    }

    /// The chain with these conditionals, both lists from `x` upwards.
    ///
    /// # Errors
    /// If the lists have different lengths or none, or a width does not fit its neighbour's.
    pub fn from_conditionals(
        encoders: Vec<GaussianMlp>,
        decoders: Vec<GaussianMlp>,
    ) -> Result<Self, ProbError> {
        check_widths(&encoders, &decoders)?;
        Ok(Self { encoders, decoders })
    }

    /// Number of latents, `T`.
    pub fn steps(&self) -> usize {
        self.encoders.len()
    }

    /// `q(z₁|x), q(z₂|z₁), …`
    pub fn encoders(&self) -> &[GaussianMlp] {
        &self.encoders
    }

    /// `p(x|z₁), p(z₁|z₂), …`
    pub fn decoders(&self) -> &[GaussianMlp] {
        &self.decoders
    }

    /// The network of `q(z_t|z_{t-1})` as `encoder{t}` and that of `p(z_{t-1}|z_t)` as `decoder{t}`, `t` from 1; encoders
    /// first. The names under which [`nn::archive`] keeps them.
    pub fn networks(&self) -> Vec<(String, &Mlp)> {
        let encoders = numbered("encoder").zip(self.encoders.iter().map(GaussianMlp::net));
        let decoders = numbered("decoder").zip(self.decoders.iter().map(GaussianMlp::net));
        encoders.chain(decoders).collect()
    }

    /// The same, to be changed. Their shapes must stay.
    pub fn networks_mut(&mut self) -> Vec<(String, &mut Mlp)> {
        let encoders = numbered("encoder").zip(self.encoders.iter_mut().map(GaussianMlp::net_mut));
        let decoders = numbered("decoder").zip(self.decoders.iter_mut().map(GaussianMlp::net_mut));
        encoders.chain(decoders).collect()
    }

    /// Draws of `x` (`[n, d]`) from the model: `z_T = ε_T`, then down the decoders. `noise` is standard normal, for `x`
    /// (`[n, d]`), `z₁`, … `z_T` (`[n, width]`).
    ///
    /// # Panics
    /// If the number of arrays is not `T + 1` or a shape does not fit.
    pub fn generate_given_noise(&self, noise: &[Array2<f64>]) -> Array2<f64> {
        let Some((top, below)) = noise.split_last().filter(|_| noise.len() == self.steps() + 1) else {
            panic!("noise for {} variables of a chain of {}", noise.len(), self.steps() + 1);
        };
        let down = self.decoders.iter().zip(below).rev();
        down.fold(top.clone(), |z, (decoder, eps)| decoder.sample_given_noise(&z, eps))
    }

    /// `n` draws of `x` from the model, `[n, d]`.
    pub fn generate<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Array2<f64> {
        let draw = |width| standard_normal((n, width), rng);
        let noise: Vec<_> = self.widths().map(draw).collect();
        self.generate_given_noise(&noise)
    }

    /// The widths of `x, z₁ … z_T`.
    pub(crate) fn widths(&self) -> impl Iterator<Item = usize> {
        let observed = self.encoders[0].input_dim();
        std::iter::once(observed).chain(self.encoders.iter().map(GaussianMlp::output_dim))
    }
}

/// `name1`, `name2`, …
fn numbered(name: &str) -> impl Iterator<Item = String> {
    (1..).map(move |t| format!("{name}{t}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::Streams;
    use ndarray::array;
    use nn::archive;

    fn chain(seed: u64) -> NetworkMhvae {
        NetworkMhvae::new(2, &[3, 1], &[4, 5], Variance::Fixed(0.09), &mut Streams::new(seed).rng(0))
    }

    #[test]
    fn widths_and_variances_are_those_asked_for() {
        let chain = chain(1);
        let shapes = |laws: &[GaussianMlp]| -> Vec<_> {
            laws.iter().map(|law| (law.input_dim(), law.output_dim(), law.learns_variance())).collect()
        };
        assert_eq!(shapes(chain.encoders()), [(2, 3, true), (3, 1, true)]);
        assert_eq!(shapes(chain.decoders()), [(3, 2, false), (1, 3, true)]);
        let hidden = |law: &GaussianMlp| law.net().layers()[1].input_dim();
        assert_eq!((hidden(&chain.encoders()[0]), hidden(&chain.decoders()[0])), (4, 5));
        assert_eq!(chain.widths().collect::<Vec<_>>(), [2, 3, 1]);
    }

    /// Step by step with the networks' own outputs; the data's variance is 0.3².
    #[test]
    fn draws_go_down_the_chain() {
        let chain = chain(2);
        let noise = [array![[0.3, -1.0]], array![[1.2, 0.1, -0.4]], array![[-0.7]]];
        let output = chain.decoders()[1].net().forward(&noise[2]);
        let z: Array2<f64> = Array2::from_shape_fn((1, 3), |(_, i)| {
            output[[0, i]] + (0.5 * output[[0, 3 + i]]).exp() * noise[1][[0, i]]
        });
        let x = chain.decoders()[0].net().forward(&z) + 0.3 * &noise[0];
        assert_relative_eq!(chain.generate_given_noise(&noise), x, max_relative = 1e-13);
    }

    #[test]
    fn a_chain_comes_back_from_its_archive() {
        let (written, mut read) = (chain(3), chain(4));
        let bytes = archive::to_bytes(&written.networks(), &[]);
        archive::fill(&bytes, &mut read.networks_mut()).unwrap();
        assert_eq!(written.networks(), read.networks());
        let names: Vec<_> = read.networks().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["encoder1", "encoder2", "decoder1", "decoder2"]);
    }

    #[test]
    fn conditionals_that_do_not_fit_are_refused() {
        let law = |n, m| GaussianMlp::new(n, &[], m, Variance::Learned, &mut Streams::new(5).rng(0));
        assert!(NetworkMhvae::from_conditionals(vec![], vec![]).is_err());
        assert!(NetworkMhvae::from_conditionals(vec![law(2, 1)], vec![law(2, 1)]).is_err());
        let open = NetworkMhvae::from_conditionals(vec![law(2, 1), law(2, 1)], vec![law(1, 2), law(1, 2)]);
        assert!(open.is_err());
        assert_eq!(NetworkMhvae::from_conditionals(vec![law(2, 1)], vec![law(1, 2)]).unwrap().steps(), 1);
    }

    #[test]
    #[should_panic(expected = "noise for 2 variables of a chain of 3")]
    fn every_variable_needs_noise() {
        chain(6).generate_given_noise(&[Array2::zeros((1, 3)), Array2::zeros((1, 1))]);
    }
}
