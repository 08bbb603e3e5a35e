//! A conditional `p(y|x)` whose mean, and log-variance if it is learned, a network writes out.

use ndarray::{Array1, Array2, ArrayRef2, ArrayView2, Axis, Zip};
use ndarray_rand::rand::Rng;
use prob::Conditional;
use prob::diagonal::RootPrecision;

use crate::{Mlp, Pass};

/// Where the variance of a [`GaussianMlp`] comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variance {
    /// The same number for every input and coordinate.
    Fixed(f64),
    /// The network writes a log-variance beside every mean.
    Learned,
}

/// A term of a loss in the law `N(μ, σ²)` of a draw `z = μ + σ ε`, beside what the draw itself costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnTerm {
    /// `KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² - 1 - log σ²)`.
    PriorMatching,
    /// `log N(z; μ, σ²) = -½ (ε² + log σ² + log 2π)`, which depends on the scale alone.
    LogProb,
}

impl OwnTerm {
    /// Its derivative by `μ`.
    fn by_mean(self, mean: f64) -> f64 {
        match self {
            Self::PriorMatching => mean,
            Self::LogProb => 0.0,
        }
    }

    /// Twice its derivative by `log σ²`.
    fn twice_by_log_var(self, log_var: f64) -> f64 {
        match self {
            Self::PriorMatching => log_var.exp_m1(),
            Self::LogProb => -1.0,
        }
    }
}

/// `p(y|x) = N(μ(x), diag σ²(x))`: a network with tanh hidden layers whose outputs are `μ`, or `μ` and `log σ²`.
#[derive(Clone, Debug)]
pub struct GaussianMlp {
    net: Mlp,
    /// `log σ²` of each coordinate (`[output_dim]`) where it is not learned.
    fixed_log_var: Option<Array1<f64>>,
    output_dim: usize,
}

impl GaussianMlp {
    /// A network from `input_dim` through the `hidden` widths to the parameters of a law on `output_dim`
    /// coordinates, with random initial weights.
    ///
    /// # Panics
    /// If a fixed variance is not a positive number.
    pub fn new<R: Rng + ?Sized>(
        input_dim: usize,
        hidden: &[usize],
        output_dim: usize,
        variance: Variance,
        rng: &mut R,
    ) -> Self {
        let (outputs, fixed_log_var) = match variance {
            Variance::Learned => (2 * output_dim, None),
            Variance::Fixed(v) => {
                assert!(v > 0.0 && v.is_finite(), "a variance must be positive, not {v}");
                (output_dim, Some(Array1::from_elem(output_dim, v.ln())))
            }
        };
        let widths: Vec<usize> = [&[input_dim], hidden, &[outputs]].concat();
        Self { net: Mlp::new(&widths, rng), fixed_log_var, output_dim }
    }

    /// The network.
    pub fn net(&self) -> &Mlp {
        &self.net
    }

    /// The network, to be trained.
    pub fn net_mut(&mut self) -> &mut Mlp {
        &mut self.net
    }

    /// Whether the network writes log-variances.
    pub fn learns_variance(&self) -> bool {
        self.fixed_log_var.is_none()
    }

    /// `μ(x)` for each row of `x` (`[n, input_dim]`), `[n, output_dim]`.
    pub fn mean(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        self.heads(self.net.forward(x).view()).0.to_owned()
    }

    /// `μ(x)` and `log σ²(x)` for each row of `x` (`[n, input_dim]`), each `[n, output_dim]`.
    pub fn mean_and_log_var(&self, x: &ArrayRef2<f64>) -> (Array2<f64>, Array2<f64>) {
        let output = self.net.forward(x);
        let (mean, log_var) = self.heads(output.view());
        (mean.to_owned(), log_var.to_owned())
    }

    /// What the network wrote, as `μ` and `log σ²` (each `[n, output_dim]`); a fixed variance is repeated.
    ///
    /// # Panics
    /// If `output` has not the width of the network's.
    pub fn heads<'a>(&'a self, output: ArrayView2<'a, f64>) -> (ArrayView2<'a, f64>, ArrayView2<'a, f64>) {
        assert_eq!(output.ncols(), self.net.output_dim(), "an output of another width");
        let (mean, written) = output.split_at(Axis(1), self.output_dim);
        let log_var = match &self.fixed_log_var {
            Some(fixed) => fixed.broadcast(mean.dim()).expect("one row serves for all"),
            None => written,
        };
        (mean, log_var)
    }

    /// `-weight · log N(y; μ, σ²)`, summed over all entries of `y` (`[n, output_dim]`), by what the network wrote, into
    /// `pass.grad_output`. With `u = (μ - y)/σ` it is `weight · u/σ` by `μ`, and `weight · ½ (1 - u²)` by `log σ²` where
    /// that is learned.
    ///
    /// The residual is scaled before it is squared, so that 0 stays 0 for a variance whose reciprocal overflows; and a term
    /// of weight 0 has no gradient, not even where its derivative has overflowed: `0 · ∞` is NaN.
    ///
    /// # Panics
    /// If `y` has not the shape of the means, or the pass is another network's.
    pub fn negative_log_prob_by_heads(&self, y: &ArrayRef2<f64>, weight: f64, pass: &mut Pass) {
        let Pass { tape, grad_output, .. } = pass;
        let (mean, log_var) = self.heads(tape.output().view());
        assert_eq!(y.dim(), mean.dim(), "outputs of another shape");
        if weight == 0.0 {
            grad_output.fill(0.0);
            return;
        }
        let mut precision = RootPrecision::default();
        let (mut by_mean, mut by_log_var) = grad_output.view_mut().split_at(Axis(1), self.output_dim);
        if self.learns_variance() {
            let heads = Zip::from(&mut by_mean).and(&mut by_log_var).and(y).and(&mean).and(&log_var);
            heads.for_each(|by_mean, by_log_var, y, mean, log_var| {
                let root = precision.of(*log_var);
                let u = (mean - y) * root;
                *by_mean = weight * (u * root);
                *by_log_var = weight * 0.5 * (1.0 - u * u);
            });
        } else {
            Zip::from(&mut by_mean).and(y).and(&mean).and(&log_var).for_each(|by_mean, y, mean, log_var| {
                let root = precision.of(*log_var);
                *by_mean = weight * ((mean - y) * root * root);
            });
        }
    }

    /// What depends on the draws `z = μ + σ ε`, whose gradient `by_z` is given with their noise `eps` (both `[n, output_dim]`), and
    /// `weight` times a term of their law, by what the network wrote, into `pass.grad_output`: the reparameterisation. It is
    /// `by_z + weight · ∂own/∂μ` by `μ`, and `½ σ ε by_z + weight · ∂own/∂log σ²` by `log σ²` where that is learned.
    ///
    /// # Panics
    /// If a shape differs, or the pass is another network's.
    pub fn draws_by_heads(
        &self,
        by_z: &ArrayRef2<f64>,
        eps: &ArrayRef2<f64>,
        own: OwnTerm,
        weight: f64,
        pass: &mut Pass,
    ) {
        let Pass { tape, grad_output, .. } = pass;
        let (mean, log_var) = self.heads(tape.output().view());
        let (mut by_mean, mut by_log_var) = grad_output.view_mut().split_at(Axis(1), self.output_dim);
        Zip::from(&mut by_mean)
            .and(by_z)
            .and(&mean)
            .for_each(|by_mean, by_z, mean| *by_mean = by_z + weigh(weight, own.by_mean(*mean)));
        if self.learns_variance() {
            let heads = Zip::from(&mut by_log_var).and(by_z).and(&log_var).and(eps);
            heads.for_each(|by_log_var, by_z, v, eps| {
                *by_log_var = 0.5 * ((0.5 * v).exp() * eps * by_z + weigh(weight, own.twice_by_log_var(*v)));
            });
        }
    }
}

/// `weight · derivative`; a term of weight 0 has no gradient, not even where its derivative has overflowed: `0 · ∞` is NaN.
fn weigh(weight: f64, derivative: f64) -> f64 {
    if weight == 0.0 { 0.0 } else { weight * derivative }
}

impl Conditional for GaussianMlp {
    fn input_dim(&self) -> usize {
        self.net.input_dim()
    }

    fn output_dim(&self) -> usize {
        self.output_dim
    }

    fn sample_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(eps.dim(), (x.nrows(), self.output_dim), "noise of another shape");
        let (mean, log_var) = self.mean_and_log_var(x);
        mean + log_var.mapv(|v| (0.5 * v).exp()) * eps.view()
    }

    fn log_prob(&self, y: &ArrayRef2<f64>, x: &ArrayRef2<f64>) -> Array1<f64> {
        let (mean, log_var) = self.mean_and_log_var(x);
        let (mut log_prob, mut precision) = (Array2::zeros(mean.dim()), RootPrecision::default());
        Zip::from(&mut log_prob)
            .and(y)
            .and(&mean)
            .and(&log_var)
            .for_each(|out, y, mean, log_var| *out = precision.log_normal(y - mean, *log_var));
        log_prob.sum_axis(Axis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use montecarlo::Streams;

    #[test]
    fn a_fixed_variance_is_a_positive_number() {
        let law = |v| GaussianMlp::new(1, &[], 1, Variance::Fixed(v), &mut Streams::new(1).rng(0));
        assert!(!law(0.5).learns_variance());
        for v in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(std::panic::catch_unwind(|| law(v)).is_err(), "a variance of {v}");
        }
    }

    /// What noise 0 and 1 draw are mean and mean plus one standard deviation, as the density says.
    #[test]
    fn draws_and_density_are_of_one_law() {
        let mut rng = Streams::new(1).rng(0);
        let law = GaussianMlp::new(2, &[5], 3, Variance::Learned, &mut rng);
        assert_eq!((law.input_dim(), law.output_dim()), (2, 3));
        let x = Array2::from_shape_vec((2, 2), vec![0.3, -1.2, 0.8, 0.5]).expect("four numbers");
        let (mean, above) = (
            law.sample_given_noise(&x, &Array2::zeros((2, 3))),
            law.sample_given_noise(&x, &Array2::ones((2, 3))),
        );
        let log_sd = (&above - &mean).mapv(f64::ln).sum_axis(Axis(1));
        let (at_mean, at_above) = (law.log_prob(&mean, &x), law.log_prob(&above, &x));
        for i in 0..2 {
            let expected = -log_sd[i] - 1.5 * std::f64::consts::TAU.ln();
            approx::assert_relative_eq!(at_mean[i], expected, max_relative = 1e-12);
            approx::assert_relative_eq!(at_above[i], expected - 1.5, max_relative = 1e-12);
        }
    }

    /// `z = μ + σ ε` with `μ = 0.3` and `σ = 2`, and either term: by hand. At weight 0 nothing of a term is left, though `σ²`
    /// overflows.
    #[test]
    fn a_draw_and_its_own_term_by_hand() {
        let mut law = GaussianMlp::new(1, &[], 1, Variance::Learned, &mut Streams::new(1).rng(0));
        let mut by_heads = |log_var: f64, own, weight| {
            let layer = &mut law.net_mut().layers_mut()[0];
            layer.weight.fill(0.0);
            layer.bias.assign(&ndarray::array![0.3, log_var]);
            let mut pass = Pass::new(&law, 1);
            law.net().forward_on(&Array2::ones((1, 1)), &mut pass.tape);
            let (by_z, eps) = (ndarray::array![[1.5]], ndarray::array![[-0.7]]);
            law.draws_by_heads(&by_z, &eps, own, weight, &mut pass);
            (pass.grad_output[[0, 0]], pass.grad_output[[0, 1]])
        };
        let (by_mean, by_log_var) = by_heads(4f64.ln(), OwnTerm::PriorMatching, 0.4);
        approx::assert_relative_eq!(by_mean, 1.5 + 0.4 * 0.3, max_relative = 1e-14);
        approx::assert_relative_eq!(by_log_var, 0.5 * (2.0 * -0.7 * 1.5 + 0.4 * 3.0), max_relative = 1e-14);
        let (by_mean, by_log_var) = by_heads(4f64.ln(), OwnTerm::LogProb, 0.4);
        approx::assert_relative_eq!(by_mean, 1.5, max_relative = 1e-14);
        approx::assert_relative_eq!(by_log_var, 0.5 * (2.0 * -0.7 * 1.5 - 0.4), max_relative = 1e-14);
        let (by_mean, by_log_var) = by_heads(720.0, OwnTerm::PriorMatching, 0.0);
        assert_eq!((by_mean, by_log_var), (1.5, 0.5 * (360f64.exp() * -0.7 * 1.5)));
    }

    /// Nothing is repeated to make up for rows or columns that are not there.
    #[test]
    fn other_shapes_are_refused() {
        let refuses =
            |f: &mut dyn FnMut()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
        for variance in [Variance::Learned, Variance::Fixed(0.5)] {
            let law = GaussianMlp::new(2, &[5], 3, variance, &mut Streams::new(1).rng(0));
            let (x, mut pass) = (Array2::zeros((4, 2)), Pass::new(&law, 4));
            for shape in [(1, 3), (4, 1), (1, 1), (5, 3), (4, 2)] {
                let other = Array2::zeros(shape);
                assert!(refuses(&mut || drop(law.sample_given_noise(&x, &other))), "noise {shape:?}");
                assert!(refuses(&mut || drop(law.log_prob(&other, &x))), "outputs {shape:?}");
                for weight in [1.0, 0.0] {
                    let mut descent = || law.negative_log_prob_by_heads(&other, weight, &mut pass);
                    assert!(refuses(&mut descent), "outputs {shape:?}, weight {weight}");
                }
            }
            for width in [1, 4, 5, 7] {
                let output = Array2::zeros((4, width));
                assert!(refuses(&mut || _ = law.heads(output.view())), "{width} outputs");
            }
        }
    }
}
