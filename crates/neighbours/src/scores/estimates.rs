//! Both scores from samples, with standard errors by batches.

use montecarlo::{Estimate, Moments};
use ndarray::{Array1, Array2, ArrayRef2, Axis, s};
use prob::{Gaussian, ProbError, frechet_distance, inception_score};

/// `f` of all rows, with the standard error of `batches` equal shares: the deviation of their values, by `√batches`. Rows that
/// are left over count for the value alone.
///
/// The value of `n` rows has a bias of order `1/n` (of all the more in a batch, which moves all batches alike); the
/// standard error does not know of it.
fn by_batches(
    rows: usize,
    batches: usize,
    f: impl Fn(std::ops::Range<usize>) -> Result<f64, ProbError>,
) -> Result<Estimate, ProbError> {
    assert!(batches > 1 && rows >= batches, "{rows} rows in {batches} batches have no spread");
    let size = rows / batches;
    let values = (0..batches).map(|k| f(k * size..(k + 1) * size)).collect::<Result<Vec<_>, _>>()?;
    let std_err = Moments::of(&values).estimate().std_err;
    Ok(Estimate { mean: f(0..rows)?, std_err, samples: rows as u64 })
}

/// The inception score of predictions (`[n, K]`), with a standard error from `batches` batches. The score of `n` rows is high
/// by about `(K - 1)/2n` of itself.
///
/// # Errors
/// As [`prob::inception_score`].
///
/// # Panics
/// If there are fewer than two batches, or fewer rows than batches.
pub fn inception_estimate(predictions: &ArrayRef2<f64>, batches: usize) -> Result<Estimate, ProbError> {
    by_batches(predictions.nrows(), batches, |rows| inception_score(&predictions.slice(s![rows, ..])))
}

/// The Gaussian with the mean and the covariance (over `n - 1`) of the rows of `x` (`[n, d]`).
///
/// # Errors
/// If the covariance has no Cholesky factor: a coordinate that does not change, or one that follows from others.
///
/// # Panics
/// If there are fewer than two rows.
pub fn moments(x: &ArrayRef2<f64>) -> Result<Gaussian, ProbError> {
    assert!(x.nrows() > 1, "a covariance needs two rows");
    let n = x.nrows() as f64;
    let mean: Array1<f64> = x.sum_axis(Axis(0)) / n;
    let centred: Array2<f64> = &x.view() - &mean;
    Gaussian::new(mean, centred.t().dot(&centred) / (n - 1.0))
}

/// The Fréchet distance between the Gaussians with the [`moments`] of the rows of `x` and of `y` (`[n, d]` both), in squared
/// units of a coordinate, with a standard error from `batches` batches (Heusel et al. 2017). Never negative, so that for two
/// samples of one law it is not 0 but of order `1/n`.
///
/// # Errors
/// As [`moments`], of a batch too.
///
/// # Panics
/// If `x` and `y` have not the same shape, or there are not two rows in each of two batches.
pub fn frechet_estimate(
    x: &ArrayRef2<f64>,
    y: &ArrayRef2<f64>,
    batches: usize,
) -> Result<Estimate, ProbError> {
    assert_eq!(x.dim(), y.dim(), "as many samples of both laws");
    by_batches(x.nrows(), batches, |rows| {
        let of = |x: &ArrayRef2<f64>| moments(&x.slice(s![rows.clone(), ..]));
        Ok(frechet_distance(&of(x)?, &of(y)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use montecarlo::{StatisticalTest, Streams};
    use ndarray::array;
    use prob::Mixture;
    use toy::Preset;

    #[test]
    fn batches_by_hand() {
        let predictions = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.5, 0.5]];
        let score = inception_estimate(&predictions, 2).unwrap();
        // Two classes in the first batch, one in the second: 2 and 1, of which the error is ½; the last row is in neither.
        assert_eq!((score.std_err, score.samples), (0.5, 5));
        assert_relative_eq!(score.mean, inception_score(&predictions).unwrap());
    }

    #[test]
    fn moments_by_hand() {
        let law = moments(&array![[0.0, 0.0], [2.0, 1.0], [4.0, 5.0]]).unwrap();
        assert_relative_eq!(law.mean(), &array![2.0, 2.0]);
        assert_relative_eq!(law.covariance(), &array![[4.0, 5.0], [5.0, 7.0]], max_relative = 1e-14);
        assert!(moments(&array![[0.0, 1.0], [2.0, 1.0]]).is_err(), "a coordinate that never changes");
    }

    /// Samples of two known laws: within what chance allows (false alarm 1e-9) of the distance of their moments, and the
    /// standard error neither idle nor too small.
    #[test]
    fn the_distance_of_samples_is_that_of_their_laws() {
        let (p, q) =
            (Preset::Trimodal.mixture(), Mixture::from(Gaussian::isotropic(array![1.0], 0.5).unwrap()));
        let draw = |law: &Mixture, role| law.sample(40_000, &mut Streams::new(1).role(role).rng(0)).0;
        let found = frechet_estimate(&draw(&p, "p"), &draw(&q, "q"), 20).unwrap();
        let exact = frechet_distance(
            &Gaussian::new(p.mean(), p.covariance()).unwrap(),
            &Gaussian::new(q.mean(), q.covariance()).unwrap(),
        );
        assert!(StatisticalTest::default().mean(&found, exact).holds, "{found} for {exact}");
        assert!((0.002..0.05).contains(&found.std_err), "{found}");
    }

    #[test]
    #[should_panic(expected = "have no spread")]
    fn one_batch_has_no_spread() {
        let _ = inception_estimate(&array![[1.0]], 1);
    }
}
