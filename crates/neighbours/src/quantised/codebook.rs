//! The codes, the nearest one, and two ways to move them.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

/// `K` codes `e_k`, the rows of `[K, k]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Codebook {
    codes: Array2<f64>,
}

impl Codebook {
    /// A codebook with these rows.
    ///
    /// # Panics
    /// If there is no code.
    pub fn new(codes: Array2<f64>) -> Self {
        assert!(!codes.is_empty(), "a codebook needs a code");
        Self { codes }
    }

    /// The codes, `[K, k]`.
    pub fn codes(&self) -> &Array2<f64> {
        &self.codes
    }

    /// The codes, to be changed.
    pub fn codes_mut(&mut self) -> &mut Array2<f64> {
        &mut self.codes
    }

    /// Number of codes, `K`.
    pub fn len(&self) -> usize {
        self.codes.nrows()
    }

    /// Never: a codebook has a code.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// `argmin_k |z - e_k|²`, the first of several that are equally near; `z` is `[k]`.
    ///
    /// # Panics
    /// If `z` has another width than the codes.
    pub fn nearest(&self, z: &ArrayRef1<f64>) -> usize {
        assert_eq!(z.len(), self.codes.ncols(), "a point of another width than the codes");
        let distance =
            |k: usize| -> f64 { self.codes.row(k).iter().zip(z).map(|(e, z)| (z - e) * (z - e)).sum() };
        let start = (0, distance(0));
        (1..self.len()).fold(start, |best, k| if distance(k) < best.1 { (k, distance(k)) } else { best }).0
    }

    /// The nearest code of each row of `z` (`[n, k]`).
    ///
    /// # Panics
    /// If `z` has another width than the codes.
    pub fn assign(&self, z: &ArrayRef2<f64>) -> Vec<usize> {
        z.rows().into_iter().map(|row| self.nearest(&row)).collect()
    }

    /// The codes with these indices, `[n, k]`.
    ///
    /// # Panics
    /// If an index is not below `K`.
    pub fn select(&self, indices: &[usize]) -> Array2<f64> {
        self.codes.select(Axis(0), indices)
    }

    /// The codebook term `1/n Σ |sg[z_i] - e_(k_i)|²` of rows `z` (`[n, k]`) that keep their `indices`, in squared units of
    /// the latent; the encoder's outputs are constants (`sg`).
    ///
    /// # Panics
    /// If there are not as many indices as rows.
    pub fn distortion(&self, z: &ArrayRef2<f64>, indices: &[usize]) -> f64 {
        let shift = &z.view() - &self.select(indices);
        shift.mapv(|v| v * v).sum() / z.nrows() as f64
    }

    /// `∂distortion/∂e_k = 2/n Σ_(k_i = k) (e_k - z_i)`, `[K, k]`; a code that nobody uses has none.
    ///
    /// # Panics
    /// If there are not as many indices as rows.
    pub fn distortion_gradient(&self, z: &ArrayRef2<f64>, indices: &[usize]) -> Array2<f64> {
        let (counts, sums) = self.tally(z, indices);
        let residual = &self.codes * &counts.insert_axis(Axis(1)) - sums;
        residual * (2.0 / z.nrows() as f64)
    }

    /// How many rows each code has (`[K]`), and their sum (`[K, k]`).
    fn tally(&self, z: &ArrayRef2<f64>, indices: &[usize]) -> (Array1<f64>, Array2<f64>) {
        assert_eq!(z.nrows(), indices.len(), "a code for every row");
        let (mut counts, mut sums) = (Array1::zeros(self.len()), Array2::zeros(self.codes.raw_dim()));
        for (row, &k) in z.rows().into_iter().zip(indices) {
            counts[k] += 1.0;
            let mut sum = sums.row_mut(k);
            sum += &row;
        }
        (counts, sums)
    }
}

/// How the codes follow the encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CodebookRule {
    /// Steps of this size down the gradient of the codebook term.
    Loss {
        /// The size of a step, in units of `1/n Σ |sg[z] - e|²`.
        learning_rate: f64,
    },
    /// `N_k ← γ N_k + (1 - γ) n_k`, `m_k ← γ m_k + (1 - γ) Σ z_i`, `e_k = m_k/N_k`: the mean of what was assigned of late
    /// (van den Oord et al. 2017, appendix). With `γ = 0` a step of K-means.
    MovingAverages {
        /// `γ`, from 0 up to but not 1.
        decay: f64,
    },
}

/// The state of a [`CodebookRule`] between steps: `N_k` and `m_k`.
#[derive(Clone, Debug, PartialEq)]
pub struct CodebookState {
    rule: CodebookRule,
    counts: Array1<f64>,
    sums: Array2<f64>,
}

/// A code whose `N_k` has decayed below this is left where it is: nothing of what it stood for remains.
const FORGOTTEN: f64 = 1e-12;

impl CodebookState {
    /// The state before the first step: every code the mean of one row that was at its place.
    ///
    /// # Panics
    /// If a decay is not in `[0, 1)`.
    pub fn new(rule: CodebookRule, codebook: &Codebook) -> Self {
        if let CodebookRule::MovingAverages { decay } = rule {
            assert!((0.0..1.0).contains(&decay), "a memory of {decay} is none, or never ends");
        }
        Self { rule, counts: Array1::ones(codebook.len()), sums: codebook.codes.clone() }
    }

    /// Puts code `k` at the row `z` (`[k]`), as if it had been the mean of `rows` rows there.
    ///
    /// # Panics
    /// If there is no such code, or the row is not of the codes' width.
    pub fn put(&mut self, codebook: &mut Codebook, k: usize, z: &ArrayRef1<f64>, rows: f64) {
        codebook.codes.row_mut(k).assign(z);
        self.counts[k] = rows;
        self.sums.row_mut(k).assign(z);
        self.sums.row_mut(k).mapv_inplace(|v| v * rows);
    }

    /// One step of the codes towards the rows `z` (`[n, k]`) that were assigned to them.
    ///
    /// # Panics
    /// If there are not as many indices as rows.
    pub fn step(&mut self, codebook: &mut Codebook, z: &ArrayRef2<f64>, indices: &[usize]) {
        match self.rule {
            CodebookRule::Loss { learning_rate } => {
                let gradient = codebook.distortion_gradient(z, indices);
                codebook.codes.scaled_add(-learning_rate, &gradient);
            }
            CodebookRule::MovingAverages { decay } => {
                let (counts, sums) = codebook.tally(z, indices);
                self.counts = decay * &self.counts + (1.0 - decay) * counts;
                self.sums = decay * &self.sums + (1.0 - decay) * sums;
                for (k, mut code) in codebook.codes.rows_mut().into_iter().enumerate() {
                    if self.counts[k] > FORGOTTEN {
                        code.assign(&(&self.sums.row(k) / self.counts[k]));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use nn::gradient_check;
    use proptest::prelude::*;

    fn points(n: usize) -> impl Strategy<Value = Array2<f64>> {
        prop::collection::vec(-2.0..2.0f64, 2 * n)
            .prop_map(move |v| Array2::from_shape_vec((n, 2), v).unwrap())
    }

    proptest! {
        /// The gradient of the codebook term with the assignments kept.
        #[test]
        fn gradient_is_that_of_the_distortion(z in points(7), codes in points(3)) {
            let codebook = Codebook::new(codes);
            let indices = codebook.assign(&z);
            let loss = |flat: &[f64]| {
                Codebook::new(Array2::from_shape_vec((3, 2), flat.to_vec()).unwrap()).distortion(&z, &indices)
            };
            let gradient = codebook.distortion_gradient(&z, &indices);
            let at = codebook.codes().flatten().to_vec();
            let error = gradient_check(loss, &at, &gradient.flatten().to_vec());
            prop_assert!(error < 1e-7, "{error:e}");
        }

        /// No code is nearer than the nearest, whichever is taken.
        #[test]
        fn the_nearest_code_has_the_least_distortion(z in points(5), codes in points(4), other in 0usize..4) {
            let codebook = Codebook::new(codes);
            let nearest = codebook.assign(&z);
            prop_assert!(codebook.distortion(&z, &nearest) <= codebook.distortion(&z, &[other; 5]));
        }
    }

    #[test]
    fn moving_averages_by_hand() {
        let mut codebook = Codebook::new(array![[0.0], [10.0], [50.0]]);
        let mut state = CodebookState::new(CodebookRule::MovingAverages { decay: 0.5 }, &codebook);
        let z = array![[1.0], [3.0], [9.0]];
        let indices = codebook.assign(&z);
        assert_eq!(indices, [0, 0, 1]);
        state.step(&mut codebook, &z, &indices);
        // (½·0 + ½·4)/(½·1 + ½·2), (½·10 + ½·9)/(½ + ½), and a code that nobody uses stays.
        assert_relative_eq!(codebook.codes(), &array![[4.0 / 3.0], [9.5], [50.0]], max_relative = 1e-14);
        let mut forgetful = CodebookState::new(CodebookRule::MovingAverages { decay: 0.0 }, &codebook);
        forgetful.step(&mut codebook, &z, &indices);
        assert_relative_eq!(codebook.codes(), &array![[2.0], [9.0], [50.0]], max_relative = 1e-14);
    }

    #[test]
    fn a_step_down_the_codebook_term_by_hand() {
        let mut codebook = Codebook::new(array![[0.0], [10.0]]);
        let mut state = CodebookState::new(CodebookRule::Loss { learning_rate: 0.25 }, &codebook);
        state.step(&mut codebook, &array![[1.0], [3.0]], &[0, 0]);
        assert_eq!(codebook.codes(), &array![[1.0], [10.0]], "2/2 · ((0 - 1) + (0 - 3)) = -4");
    }

    #[test]
    fn a_memory_that_never_ends_is_refused() {
        let codebook = Codebook::new(array![[0.0]]);
        for decay in [1.0, -0.1, f64::NAN] {
            let state = || CodebookState::new(CodebookRule::MovingAverages { decay }, &codebook);
            assert!(std::panic::catch_unwind(state).is_err(), "{decay}");
        }
    }
}
