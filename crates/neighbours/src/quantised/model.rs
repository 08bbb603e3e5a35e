//! Encoder, codebook and decoder: the loss term by term, and its gradient by hand.

use ndarray::{Array2, ArrayRef2, Zip};
use ndarray_rand::rand::Rng;
use nn::{Gradient, Mlp, Tape};
use prob::diagonal::log_normal;

use super::Codebook;

/// `x → z_e(x) → e_k → N(μ(e_k), s² I)` with `e_k` the nearest code (van den Oord et al. 2017).
#[derive(Clone, Debug)]
pub struct VqVae {
    /// `z_e`, from data to latent.
    pub encoder: Mlp,
    /// The codes.
    pub codebook: Codebook,
    /// `μ`, from latent to data.
    pub decoder: Mlp,
    /// `s²` of the decoder.
    pub variance: f64,
    /// `β`, the weight of the commitment term.
    pub commitment: f64,
}

/// The terms of the loss, averaged over a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VqTerms {
    /// `E log N(x; μ(z_q), s² I)`, in nats.
    pub reconstruction: f64,
    /// `E |z_e - z_q|²`, in squared units of the latent: the value of both the codebook term `|sg[z_e] - z_q|²` and the
    /// commitment term `|z_e - sg[z_q]|²`, which differ in what they move.
    pub distortion: f64,
}

impl VqTerms {
    /// Both terms by name.
    pub(super) fn terms(&self) -> [(&'static str, f64); 2] {
        [("reconstruction", self.reconstruction), ("commitment", self.distortion)]
    }
}

/// What one step of training writes.
#[derive(Clone, Debug)]
pub struct Workspace {
    encoder: Pass,
    decoder: Pass,
    indices: Vec<usize>,
    /// The codes that were taken, `[n, k]`.
    z_q: Array2<f64>,
}

/// One network's share of a [`Workspace`].
#[derive(Clone, Debug)]
struct Pass {
    tape: Tape,
    /// `∂loss/∂output`, `[n, outputs]`.
    grad_output: Array2<f64>,
    gradient: Gradient,
}

impl Pass {
    fn new(net: &Mlp, rows: usize) -> Self {
        let grad_output = Array2::zeros((rows, net.output_dim()));
        Self { tape: net.tape(rows), grad_output, gradient: net.gradient() }
    }
}

impl Workspace {
    /// What moves the encoder, after [`VqVae::loss_gradient`]: the straight-through estimate plus the gradient of the
    /// commitment term.
    pub fn encoder_gradient(&self) -> &Gradient {
        &self.encoder.gradient
    }

    /// `∂loss/∂parameters` of the decoder, after [`VqVae::loss_gradient`].
    pub fn decoder_gradient(&self) -> &Gradient {
        &self.decoder.gradient
    }

    /// `z_e` of the last pass, `[n, k]`.
    pub fn encoded(&self) -> &Array2<f64> {
        self.encoder.tape.output()
    }

    /// The code that each row took.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl VqVae {
    /// Networks with the same `hidden` widths, the decoder's in reverse; random initial weights, and as codes what the
    /// encoder makes of the rows of `start` (`[K, d]`): data, so that no code is far from all of them.
    ///
    /// # Panics
    /// If a width is 0, there are no rows, or the variance is not a positive number.
    pub fn new<R: Rng + ?Sized>(
        start: &ArrayRef2<f64>,
        hidden: &[usize],
        latent_dim: usize,
        variance: f64,
        commitment: f64,
        rng: &mut R,
    ) -> Self {
        assert!(variance > 0.0 && variance.is_finite(), "a variance must be positive, not {variance}");
        let reversed: Vec<usize> = hidden.iter().rev().copied().collect();
        let encoder = Mlp::new(&[&[start.ncols()], hidden, &[latent_dim]].concat(), rng);
        let decoder = Mlp::new(&[&[latent_dim], &reversed[..], &[start.ncols()]].concat(), rng);
        let codebook = Codebook::new(encoder.forward(start));
        Self { encoder, codebook, decoder, variance, commitment }
    }

    /// The code of each row of `x` (`[n, d]`).
    pub fn encode(&self, x: &ArrayRef2<f64>) -> Vec<usize> {
        self.codebook.assign(&self.encoder.forward(x))
    }

    /// `μ(e_k)` for every code, `[K, d]`.
    pub fn decoded_codes(&self) -> Array2<f64> {
        self.decoder.forward(self.codebook.codes())
    }

    /// Buffers for batches of exactly `rows` examples.
    pub fn workspace(&self, rows: usize) -> Workspace {
        Workspace {
            encoder: Pass::new(&self.encoder, rows),
            decoder: Pass::new(&self.decoder, rows),
            indices: vec![0; rows],
            z_q: Array2::zeros((rows, self.encoder.output_dim())),
        }
    }

    /// The terms of the loss on the rows of `x` (`[n, d]`).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn terms(&self, x: &ArrayRef2<f64>) -> VqTerms {
        self.forward(x, &mut self.workspace(x.nrows()))
    }

    /// `x → z_e → k → z_q → μ`, leaving every activation in the workspace.
    fn forward(&self, x: &ArrayRef2<f64>, work: &mut Workspace) -> VqTerms {
        let n = x.nrows() as f64;
        let z_e = self.encoder.forward_on(x, &mut work.encoder.tape);
        for ((row, index), mut taken) in
            z_e.rows().into_iter().zip(&mut work.indices).zip(work.z_q.rows_mut())
        {
            *index = self.codebook.nearest(&row);
            taken.assign(&self.codebook.codes().row(*index));
        }
        let distortion = Zip::from(z_e).and(&work.z_q).fold(0.0, |sum, z, e| sum + (z - e) * (z - e)) / n;
        let mean = self.decoder.forward_on(&work.z_q, &mut work.decoder.tape);
        let log_var = self.variance.ln();
        let log_likelihood = Zip::from(x).and(mean).fold(0.0, |sum, x, m| sum + log_normal(x - m, log_var));
        VqTerms { reconstruction: log_likelihood / n, distortion }
    }

    /// What moves both networks down `-reconstruction + |sg[z_e] - z_q|² + β |z_e - sg[z_q]|²`, left in the workspace;
    /// returns the terms.
    ///
    /// The decoder's is a gradient. The encoder's is not: `z_q` is constant in `z_e` but for jumps, so that the gradient of
    /// the reconstruction is 0 almost everywhere; in its place stands that at `z_q`, passed straight through,
    /// `∂/∂z_e := ∂/∂z_q`, plus the gradient `2β (z_e - z_q)/n` of the commitment term. The codes follow the codebook
    /// term alone ([`CodebookRule`](super::CodebookRule)).
    ///
    /// # Panics
    /// If the shapes do not fit, the workspace's number of rows among them.
    pub fn loss_gradient(&self, x: &ArrayRef2<f64>, work: &mut Workspace) -> VqTerms {
        let terms = self.forward(x, work);
        let n = x.nrows() as f64;
        // -log N(x; m, s²) by m: (m - x)/s².
        let Pass { tape, grad_output, gradient } = &mut work.decoder;
        let scale = 1.0 / (self.variance * n);
        Zip::from(&mut *grad_output).and(x).and(tape.output()).for_each(|g, x, m| *g = scale * (m - x));
        let by_z_q = self.decoder.backward(tape, grad_output, gradient);

        let Pass { tape, grad_output, gradient } = &mut work.encoder;
        let commit = 2.0 * self.commitment / n;
        Zip::from(&mut *grad_output)
            .and(by_z_q)
            .and(tape.output())
            .and(&work.z_q)
            .for_each(|g, by_z_q, z_e, z_q| *g = by_z_q + commit * (z_e - z_q));
        self.encoder.backward(tape, grad_output, gradient);
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use ndarray_rand::rand::SeedableRng;
    use nn::gradient_check;
    use prob::standard_normal;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    fn model(seed: u64, hidden: &[usize], commitment: f64) -> (VqVae, Array2<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let x = standard_normal((6, 3), &mut rng);
        let start = standard_normal((4, 3), &mut rng);
        (VqVae::new(&start, hidden, 2, 0.3, commitment, &mut rng), x)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// The decoder's gradient is one.
        #[test]
        fn gradient_of_the_decoder_is_that_of_the_loss(seed: u64, hidden in 0usize..3) {
            let (model, x) = model(seed, &[4, 3][..hidden], 0.25);
            let mut work = model.workspace(6);
            let terms = model.loss_gradient(&x, &mut work);
            prop_assert_eq!(terms, model.terms(&x));
            let mut moved = model.clone();
            let error = gradient_check(
                |parameters| {
                    moved.decoder.set_flat_parameters(parameters);
                    -moved.terms(&x).reconstruction
                },
                &model.decoder.flat_parameters(),
                &work.decoder_gradient().flat(),
            );
            prop_assert!(error < 1e-7, "{error:e}");
        }

        /// What moves the encoder is the gradient of the loss with `z_q` replaced by `z_e + sg[z_q - z_e]`, in which the
        /// latent moves with the encoder and the code does not.
        #[test]
        fn straight_through_is_the_gradient_of_a_latent_that_moves_along(seed: u64, hidden in 0usize..3, beta in 0.0..2.0f64) {
            let (model, x) = model(seed, &[4, 3][..hidden], beta);
            let mut work = model.workspace(6);
            model.loss_gradient(&x, &mut work);
            let (z_q, shift) = (work.z_q.clone(), &work.z_q - work.encoded());
            let mut encoder = model.encoder.clone();
            let error = gradient_check(
                |parameters| {
                    encoder.set_flat_parameters(parameters);
                    let z_e = encoder.forward(&x);
                    let residual = model.decoder.forward(&(&z_e + &shift)) - &x;
                    let squares = |a: &Array2<f64>| a.mapv(|v| v * v).sum();
                    (squares(&residual) / (2.0 * model.variance) + beta * squares(&(&z_e - &z_q))) / 6.0
                },
                &model.encoder.flat_parameters(),
                &work.encoder_gradient().flat(),
            );
            prop_assert!(error < 1e-7, "{error:e}");
        }
    }

    /// Without commitment the loss does not change with the encoder, as long as every row keeps its code; what moves the
    /// encoder is not 0, and is no gradient of it.
    #[test]
    fn straight_through_is_no_gradient() {
        let (model, x) = model(1, &[4], 0.0);
        let mut work = model.workspace(6);
        model.loss_gradient(&x, &mut work);
        let straight = work.encoder_gradient().flat();
        assert!(straight.iter().any(|g| g.abs() > 0.1));
        let mut moved = model.clone();
        let loss = |parameters: &[f64]| {
            moved.encoder.set_flat_parameters(parameters);
            -moved.terms(&x).reconstruction
        };
        let error = gradient_check(loss, &model.encoder.flat_parameters(), &straight);
        assert!(error > 0.05, "{error}");
        let mut moved = model.clone();
        for (k, start) in model.encoder.flat_parameters().into_iter().enumerate() {
            let mut parameters = model.encoder.flat_parameters();
            parameters[k] = start + 1e-6;
            moved.encoder.set_flat_parameters(&parameters);
            assert_eq!(moved.terms(&x).reconstruction, model.terms(&x).reconstruction, "parameter {k}");
        }
    }

    /// `z = 2x`, codes 0 and 3, `μ(e) = e + 1`, `s² = 2`: rows 0.5 and 2 are encoded to 1 and 4, take both codes, and come back
    /// as 1 and 4.
    #[test]
    fn the_terms_by_hand() {
        let mut model =
            VqVae::new(&array![[0.0], [1.0]], &[], 1, 2.0, 0.25, &mut ChaCha8Rng::seed_from_u64(1));
        model.encoder.set_flat_parameters(&[2.0, 0.0]);
        model.decoder.set_flat_parameters(&[1.0, 1.0]);
        *model.codebook.codes_mut() = array![[0.0], [3.0]];
        let terms = model.terms(&array![[0.5], [2.0]]);
        assert_relative_eq!(terms.distortion, 1.0, max_relative = 1e-14);
        let log_likelihood = -0.5 * (2.0 * std::f64::consts::TAU).ln() - 0.5 * (0.25 + 4.0) / 4.0;
        assert_relative_eq!(terms.reconstruction, log_likelihood, max_relative = 1e-14);
        assert_eq!(model.encode(&array![[0.5], [2.0]]), [0, 1]);
    }

    #[test]
    #[should_panic(expected = "a variance must be positive")]
    fn a_variance_of_nothing_is_refused() {
        VqVae::new(&Array2::zeros((1, 1)), &[], 1, 0.0, 0.25, &mut ChaCha8Rng::seed_from_u64(1));
    }
}
