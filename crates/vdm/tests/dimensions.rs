//! Every operation on two things of different dimension is refused. `ndarray` alone would stretch what has dimension 1.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use montecarlo::{MonteCarlo, Streams};
use ndarray::{Array1, Array2, ArrayRef2};
use prob::{Gaussian, Mixture};
use vdm::Parameterisation::{Clean, Noise};
use vdm::{
    BayesVdm, DenoiserNet, ExactDenoiser, Reverse, ReverseVariance, Sampler, Schedule, Solver, Vdm,
    estimate_bound, estimate_shortfall,
};

/// Something of each kind in `d` dimensions.
struct Kit {
    vector: Array1<f64>,
    rows: Array2<f64>,
    schedule: Schedule,
    linear: Vdm,
    bayes: BayesVdm,
    denoiser: ExactDenoiser,
    network: DenoiserNet,
}

fn kit(d: usize) -> Kit {
    let schedule = Schedule::from_alphas(&[0.9, 0.7, 0.5]).expect("falling");
    let reverse = Reverse::unbiased(d, vec![0.6; 3], vec![0.3; 3]).expect("positive variances");
    let data = Mixture::from(Gaussian::standard(d));
    Kit {
        vector: Array1::ones(d),
        rows: Array2::ones((2, d)),
        linear: Vdm::new(schedule.clone(), reverse).expect("as many steps"),
        denoiser: ExactDenoiser::new(&data, &schedule).expect("unit variance"),
        bayes: BayesVdm::new(data, schedule.clone()).expect("unit variance"),
        network: DenoiserNet::new(d, &[2], Clean, &mut Streams::new(1).rng(0)),
        schedule,
    }
}

impl Kit {
    /// A denoiser that answers in this dimension whatever it is asked.
    fn answer(&self) -> impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync {
        |x_t, _| Array2::ones((x_t.nrows(), self.vector.len()))
    }

    /// The same at the first step alone.
    fn last_answer(&self) -> impl Fn(&ArrayRef2<f64>, usize) -> Array2<f64> + Sync {
        |x_t, t| if t == 1 { self.answer()(x_t, t) } else { x_t.to_owned() }
    }
}

fn plan() -> MonteCarlo {
    MonteCarlo::new(4, Streams::new(2))
}

const ANCESTRAL: ReverseVariance = ReverseVariance::Posterior;

type Operation = fn(&Kit, &Kit);

/// Expressions in two kits, each with its own text as name.
macro_rules! operations {
    (|$a:ident, $b:ident| $($operation:expr;)*) => {
        [$((stringify!($operation), |$a: &Kit, $b: &Kit| { let _ = black_box($operation); })),*]
    };
}

/// Every public operation that takes two of them.
const OPERATIONS: [(&str, Operation); 38] = operations! { |a, b|
    a.linear.log_evidence(&b.vector);
    a.linear.reconstruction(&b.vector);
    a.linear.path(&b.vector);
    a.linear.three_variable(&b.vector);
    a.linear.denoising_log_ratio(&b.vector);
    a.linear.denoising(&b.vector);
    a.linear.consistency(&b.vector);
    a.linear.consistency_as_printed(&b.vector);
    a.linear.reverse().mean(2, &b.vector);
    a.schedule.posterior_mean(2, &a.vector, &b.vector);
    a.schedule.posterior(2, &a.vector, &b.vector);
    a.schedule.matching(2, &a.vector, &b.vector, &a.vector, 0.3);
    a.schedule.matching(2, &b.vector, &a.vector, &a.vector, 0.3);
    a.schedule.matching(2, &a.vector, &a.vector, &b.vector, 0.3);
    a.schedule.noised(2, &a.rows, b.rows.clone());
    a.schedule.convert(2, &a.vector, Clean, &b.vector, Noise);
    a.schedule.convert(2, &a.vector, Noise, &b.vector, Clean);
    a.schedule.convert(2, &a.vector, Clean, &b.vector, Clean);
    a.denoiser.denoise(&b.rows, 2);
    a.denoiser.squared_error(&b.rows, 2);
    a.denoiser.score(&b.rows, 2);
    a.denoiser.log_prob(&b.rows, 2);
    a.network.denoise(&b.rows, &a.schedule, 2);
    a.bayes.bound(&b.vector);
    a.bayes.estimate_bound_of(b.answer(), &plan(), &|_| ());
    estimate_bound(&a.schedule, b.answer(), |_, n| Array2::ones((n, a.vector.len())), &plan(), &|_| ());
    estimate_shortfall(
        &a.schedule, a.answer(), b.answer(), |_, n| Array2::ones((n, a.vector.len())), &plan(), &|_| ()
    );
    Sampler::ancestral(ANCESTRAL).step(&a.schedule, 2, &a.rows, &b.rows, &a.rows);
    Sampler::ancestral(ANCESTRAL).step(&a.schedule, 2, &b.rows, &a.rows, &a.rows);
    Sampler::ancestral(ANCESTRAL).step(&a.schedule, 2, &a.rows, &a.rows, &b.rows);
    Sampler::ancestral(ANCESTRAL).run(&a.schedule, a.rows.clone(), a.answer(), |_| b.rows.clone());
    Sampler::ancestral(ANCESTRAL).run(&a.schedule, a.rows.clone(), b.answer(), |_| a.rows.clone());
    Sampler::ancestral(ANCESTRAL).run(&a.schedule, a.rows.clone(), b.last_answer(), |_| a.rows.clone());
    Solver::Heun.run(&a.schedule, a.rows.clone(), b.answer());
    Solver::Heun.run(&a.schedule, a.rows.clone(), b.last_answer());
    Solver::DpmSolver.run(&a.schedule, a.rows.clone(), b.answer());
    Solver::DpmSolver.run(&a.schedule, a.rows.clone(), b.last_answer());
    a.denoiser.log_prob_and_denoise(&b.rows, 2);
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

/// One row does not serve for two.
#[test]
fn numbers_of_rows_do_not_stretch() {
    let schedule = kit(2).schedule;
    let (one, two) = (Array2::<f64>::ones((1, 2)), Array2::<f64>::ones((2, 2)));
    for (a, b) in [(&one, &two), (&two, &one)] {
        let refused =
            |operation: &dyn Fn() -> Array2<f64>| catch_unwind(AssertUnwindSafe(operation)).is_err();
        let sampler = Sampler::ancestral(ANCESTRAL);
        assert!(refused(&|| schedule.noised(2, a, b.clone())));
        assert!(refused(&|| sampler.step(&schedule, 2, a, b, a)));
        assert!(refused(&|| sampler.step(&schedule, 2, a, a, b)));
        for solver in Solver::ALL {
            assert!(refused(&|| solver.run(&schedule, a.clone(), |_, _| b.clone())));
        }
    }
}
