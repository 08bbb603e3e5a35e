//! Principal components against scikit-learn 1.9.1, whose numbers are frozen here.
//!
//! ```python
//! import numpy as np
//! from sklearn.decomposition import PCA
//! x = np.array([[2.5, 2.4, 0.5], [0.5, 0.7, -1.1], [2.2, 2.9, 0.3], [1.9, 2.2, 1.7],
//!               [3.1, 3.0, -0.4], [2.3, 2.7, 0.9], [2.0, 1.6, -0.6], [1.0, 1.1, 1.2]])
//! pca = PCA(n_components=2, svd_solver="full").fit(x)
//! pca.mean_, pca.explained_variance_, pca.components_, pca.noise_variance_, pca.score(x)
//! ((x - pca.inverse_transform(pca.transform(x))) ** 2).sum(axis=1).mean()
//! line = PCA(n_components=1, svd_solver="full").fit(np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 1.0]]))
//! line.explained_variance_, line.components_
//! ```
//!
//! Its variances divide by `n - 1`, those of this crate by `n`; its axes may have the other sign.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use linalg::SymmetricEigen;
use ndarray::{Array2, array};
use neighbours::linear_autoencoder::{Weights, principal_angles, reconstruction_error};
use neighbours::{ProbabilisticPca, SampleMoments};

const EXPLAINED_VARIANCE: [f64; 2] = [1.4422372088814879, 0.8455950538595142];
const COMPONENTS: [[f64; 3]; 2] = [
    [0.6304690759253668, 0.6834673460293202, 0.36794174975592436],
    [-0.3271598343188661, -0.19587993676212961, 0.9244444240637272],
];
const MEAN: [f64; 3] = [1.9375, 2.075, 0.3125];
const NOISE_VARIANCE: f64 = 0.049667737258998014;
const SCORE: f64 = -2.667356162191294;
const RECONSTRUCTION_ERROR: f64 = 0.04345927010162328;

fn samples() -> Array2<f64> {
    array![
        [2.5, 2.4, 0.5],
        [0.5, 0.7, -1.1],
        [2.2, 2.9, 0.3],
        [1.9, 2.2, 1.7],
        [3.1, 3.0, -0.4],
        [2.3, 2.7, 0.9],
        [2.0, 1.6, -0.6],
        [1.0, 1.1, 1.2],
    ]
}

/// Explained variances and axes by the eigenvectors of `S`.
#[test]
fn eigenvectors_are_its_components() {
    let data = SampleMoments::of(&samples()).unwrap();
    let eigen = SymmetricEigen::new(data.covariance());
    for (k, (variance, axis)) in EXPLAINED_VARIANCE.iter().zip(COMPONENTS).enumerate() {
        assert_abs_diff_eq!(data.mean()[k], MEAN[k], epsilon = 1e-14);
        assert_relative_eq!(eigen.values()[k] * 8.0 / 7.0, *variance, max_relative = 1e-13);
        let along = eigen.vectors().column(k).dot(&array![axis[0], axis[1], axis[2]]);
        assert_relative_eq!(along.abs(), 1.0, max_relative = 1e-13);
    }
}

/// The linear autoencoder by descent: the error that is left, and the plane.
#[test]
fn descent_ends_at_its_reconstruction() {
    let data = SampleMoments::of(&samples()).unwrap();
    let mut weights = Weights {
        encoder: array![[0.3, 0.1, -0.2], [0.0, 0.2, 0.4]],
        decoder: array![[0.1, 0.3], [0.2, -0.1], [0.3, 0.2]],
    };
    weights.descend(&data, 6000, 0.2, |_, _, _| ()).unwrap();
    let found = reconstruction_error(&weights.model(&data).unwrap(), &samples()).mean;
    assert_relative_eq!(found, RECONSTRUCTION_ERROR, max_relative = 1e-10);
    let axes = Array2::from_shape_fn((3, 2), |(i, k)| COMPONENTS[k][i]);
    assert_abs_diff_eq!(principal_angles(&weights.decoder, &axes).unwrap()[0], 0.0, epsilon = 1e-7);
}

/// Probabilistic PCA: the variance of the noise, and the average log-likelihood of its model, which `n - 1` makes wider.
#[test]
fn probabilistic_pca_has_its_noise_and_score() {
    let data = SampleMoments::of(&samples()).unwrap();
    let best = ProbabilisticPca::maximum_likelihood(&data, 2).unwrap();
    assert_relative_eq!(best.variance() * 8.0 / 7.0, NOISE_VARIANCE, max_relative = 1e-12);
    let wider = ProbabilisticPca::new(
        best.weight() * (8.0f64 / 7.0).sqrt(),
        data.mean().clone(),
        best.variance() * 8.0 / 7.0,
    );
    let score = wider.unwrap().average_log_likelihood(&data).unwrap();
    assert_relative_eq!(score, SCORE, max_relative = 1e-12);
}

/// Two samples in space, fewer than coordinates: one component of variance 3 along (2, -1, 1)/√6.
#[test]
fn fewer_samples_than_coordinates_have_components() {
    let data = SampleMoments::of(&array![[1.0, 2.0, 0.0], [3.0, 1.0, 1.0]]).unwrap();
    let eigen = SymmetricEigen::new(data.covariance());
    assert_relative_eq!(eigen.values()[0] * 2.0, 3.0, max_relative = 1e-14);
    let axis = array![0.816496580927726, -0.408248290463863, 0.408248290463863];
    assert_relative_eq!(eigen.vectors().column(0).dot(&axis).abs(), 1.0, max_relative = 1e-14);
}
