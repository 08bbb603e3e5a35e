//! The inception score: how sure a classifier is of each picture, and how varied its answers are.

use ndarray::{ArrayRef2, Axis};

use crate::ProbError;
use crate::error::check_finite;

/// `exp(1/n Σᵢ KL(P(y|xᵢ) ‖ P(y)))` with `P(y) = 1/n Σᵢ P(y|xᵢ)`, for predictions `P(y|xᵢ)` in the rows of `[n, K]`: the
/// exponential of the mutual information between picture and class, from 1 (every answer the same) to `K` (every
/// answer certain, all classes alike) (Salimans et al. 2016). A number of classes, without a unit.
///
/// ```
/// use ndarray::{Array2, array};
/// use prob::inception_score;
///
/// assert_eq!(inception_score(&Array2::eye(4))?, 4.0);
/// assert_eq!(inception_score(&array![[0.3, 0.7], [0.3, 0.7]])?, 1.0);
/// # Ok::<(), prob::ProbError>(())
/// ```
///
/// # Errors
/// If there are no predictions, an entry is negative or not finite, or a row does not sum to 1 within 1e-9.
pub fn inception_score(predictions: &ArrayRef2<f64>) -> Result<f64, ProbError> {
    check_finite("predictions", predictions)?;
    if predictions.nrows() == 0 {
        return Err(ProbError::Dimension { what: "predictions", expected: 1, found: 0 });
    }
    let (n, sums) = (predictions.nrows() as f64, predictions.sum_axis(Axis(0)));
    let mut information = 0.0;
    for (row, prediction) in predictions.rows().into_iter().enumerate() {
        if let Some((class, &value)) = prediction.iter().enumerate().find(|(_, p)| **p < 0.0) {
            return Err(ProbError::Prediction { row, class, value });
        }
        let sum = prediction.sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(ProbError::PredictionSum { row, sum });
        }
        // 0 log 0 = 0: a class that is ruled out adds nothing. The nth part of the sum of a class could underflow.
        let possible = prediction.iter().zip(&sums).filter(|(p, _)| **p > 0.0);
        information += possible.map(|(p, sum)| p * (n * p / sum).ln()).sum::<f64>();
    }
    Ok((information / n).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn refuses_what_is_no_prediction() {
        let after_a_good_one = |a: f64, b: f64| inception_score(&array![[0.5, 0.5], [a, b]]).unwrap_err();
        assert_eq!(after_a_good_one(0.5, 0.6), ProbError::PredictionSum { row: 1, sum: 1.1 });
        assert_eq!(after_a_good_one(1.5, -0.5), ProbError::Prediction { row: 1, class: 1, value: -0.5 });
        assert!(matches!(
            inception_score(&Array2::zeros((0, 3))),
            Err(ProbError::Dimension { found: 0, .. })
        ));
        assert!(matches!(inception_score(&array![[f64::NAN, 1.0]]), Err(ProbError::NotFinite { .. })));
    }

    /// Two predictions about three classes, one of which is ruled out twice: `½ Σ_i Σ_y p log(p/m)` by hand.
    #[test]
    fn the_score_of_two_predictions_by_hand() {
        let found = inception_score(&array![[0.8, 0.2, 0.0], [0.4, 0.6, 0.0]]).unwrap();
        let term = |p: f64, m: f64| p * (p / m).ln();
        let information = 0.5 * (term(0.8, 0.6) + term(0.2, 0.4) + term(0.4, 0.6) + term(0.6, 0.4));
        approx::assert_relative_eq!(found, information.exp(), max_relative = 1e-14);
    }

    /// The mean of `[5e-324, 0]` is 0 in f64, and not what a chance is divided by.
    #[test]
    fn a_class_with_the_least_chance_there_is() {
        let found = inception_score(&array![[1.0, f64::from_bits(1)], [1.0, 0.0]]).unwrap();
        assert_eq!(found, 1.0);
    }
}
