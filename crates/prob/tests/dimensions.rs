//! Every operation on two things of different dimension is refused. `ndarray` alone would stretch what has dimension 1.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array1, Array2};
use prob::discriminator::{optimal_discriminator, optimal_log_odds};
use prob::{
    Conditional, DiagonalGaussian, Gaussian, LinearGaussian, Mixture, Quadratic, chi_squared,
    frechet_distance,
};

/// Something of each kind in `d` dimensions.
struct Kit {
    vector: Array1<f64>,
    rows: Array2<f64>,
    law: Gaussian,
    diagonal: DiagonalGaussian,
    mixture: Mixture,
    conditional: LinearGaussian,
    quadratic: Quadratic,
}

fn kit(d: usize) -> Kit {
    let law = Gaussian::standard(d);
    Kit {
        vector: Array1::ones(d),
        rows: Array2::ones((2, d)),
        diagonal: DiagonalGaussian::new(Array1::zeros(d), Array1::zeros(d)).expect("zeros"),
        mixture: Mixture::from(law.clone()),
        law,
        conditional: LinearGaussian::isotropic(d, 0.5, 1.0).expect("a positive variance"),
        quadratic: Quadratic::constant(d, 1.0),
    }
}

type Operation = fn(&Kit, &Kit);

/// Expressions in two kits, each with its own text as name.
macro_rules! operations {
    (|$a:ident, $b:ident| $($operation:expr;)*) => {
        [$((stringify!($operation), |$a: &Kit, $b: &Kit| { let _ = black_box($operation); })),*]
    };
}

/// Every public operation that takes two of them. `fix`, `embed`, `marginal` and `condition` name coordinates instead.
const OPERATIONS: [(&str, Operation); 37] = operations! { |a, b|
    a.law.log_prob(&b.vector);
    a.law.mahalanobis(&b.vector);
    a.law.score(&b.vector);
    a.law.sample_given_noise(&b.rows);
    a.law.cross_entropy(&b.law);
    a.law.kl_divergence(&b.law);
    a.diagonal.log_prob(&b.vector);
    a.diagonal.sample_given_noise(&b.rows);
    a.diagonal.kl_divergence(&b.diagonal);
    a.mixture.log_prob(&b.vector);
    a.mixture.responsibilities(&b.vector);
    a.mixture.score(&b.vector);
    a.mixture.push(&b.conditional);
    a.mixture.posterior(&b.conditional, &b.vector);
    a.mixture.posterior(&a.conditional, &b.vector);
    a.conditional.given(&b.vector);
    a.conditional.push(&b.law);
    a.conditional.joint(&b.law);
    a.conditional.bayes(&b.law);
    a.conditional.then(&b.conditional);
    a.conditional.mean_rows(&b.rows);
    a.conditional.sample_given_noise(&b.rows, &a.rows);
    a.conditional.sample_given_noise(&a.rows, &b.rows);
    a.conditional.log_prob(&b.rows, &a.rows);
    a.conditional.log_prob(&a.rows, &b.rows);
    Quadratic::squared_norm(&Array2::eye(a.vector.len()), &b.vector, 1.0, 0.0);
    Quadratic::kl_divergence(&a.conditional, &b.conditional);
    a.quadratic.at(&b.vector);
    a.quadratic.expectation(&b.law);
    a.quadratic.variance(&b.law);
    a.quadratic.expectation_over(&b.mixture);
    a.quadratic.clone() + b.quadratic.clone();
    a.quadratic.clone() - b.quadratic.clone();
    frechet_distance(&a.law, &b.law);
    chi_squared(&a.law, &b.law);
    optimal_log_odds(&a.mixture, &b.mixture, &a.vector);
    optimal_discriminator(&a.mixture, &b.mixture, &a.vector);
};

#[test]
fn different_dimensions_are_refused_and_equal_ones_are_not() {
    for (m, n) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)] {
        let (a, b) = (kit(m), kit(n));
        for (name, operation) in OPERATIONS {
            let refused = catch_unwind(AssertUnwindSafe(|| operation(&a, &b))).is_err();
            assert_eq!(refused, m != n, "{name} with dimensions {m} and {n}");
        }
    }
}

/// One row of noise, or one input, does not serve for two.
#[test]
fn numbers_of_rows_do_not_stretch() {
    let law = kit(2).conditional;
    let (one, two) = (Array2::ones((1, 2)), Array2::ones((2, 2)));
    for (a, b) in [(&one, &two), (&two, &one)] {
        assert!(catch_unwind(AssertUnwindSafe(|| law.sample_given_noise(a, b))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| law.log_prob(a, b))).is_err());
    }
}

/// Conditionals with like outputs, on inputs of 1 and of 3 coordinates.
#[test]
fn inputs_do_not_stretch() {
    let on = |n| LinearGaussian::from(&kit(2).law).on_wider_input(n, 0);
    for (m, n) in [(1, 3), (3, 1)] {
        assert!(catch_unwind(|| Quadratic::kl_divergence(&on(m), &on(n))).is_err());
    }
}
