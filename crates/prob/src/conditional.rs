//! What every conditional law `p(y | x)` offers: encoders and decoders, linear or learned.

use ndarray::{Array1, Array2, ArrayRef2};

/// A Gaussian conditional `y | x`, evaluated row by row: row `i` of every array belongs to example `i`.
///
/// Noise is an argument, so that a draw is a pure function and a test needs no luck. These methods are all that
/// Monte Carlo needs of a model.
pub trait Conditional {
    /// Number of coordinates of `x`.
    fn input_dim(&self) -> usize;

    /// Number of coordinates of `y`.
    fn output_dim(&self) -> usize;

    /// `y = mean(x) + scale(x) ε` for inputs `x` (`[n, input_dim]`) and standard normal noise `eps`
    /// (`[n, output_dim]`); `[n, output_dim]`.
    ///
    /// # Panics
    /// If a number of rows or columns does not fit.
    fn sample_given_noise(&self, x: &ArrayRef2<f64>, eps: &ArrayRef2<f64>) -> Array2<f64>;

    /// `log p(yᵢ | xᵢ)` in nats for each row, `[n]`.
    ///
    /// # Panics
    /// If a number of rows or columns does not fit.
    fn log_prob(&self, y: &ArrayRef2<f64>, x: &ArrayRef2<f64>) -> Array1<f64>;
}
