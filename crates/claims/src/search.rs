//! Random problems tried one after the other, and the first that fails made as simple as possible.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray_rand::rand::RngCore as _;
use proptest::prelude::Rng as _;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner, noop_result_cache};

use crate::Run;

/// Simpler problems that are tried when one has failed; a dozen numbers can be halved to zero with these.
const SIMPLER: usize = 4096;

/// How a test fails.
#[derive(Debug)]
pub(crate) enum Failure<V, E> {
    /// At this problem, the simplest that was found, with what the test says of it.
    At(V, E),
    /// The test panics at this problem, the simplest that was found, and says why.
    Panics(V, String),
    /// The strategy gives no problem, and says why.
    NoProblem(String),
}

/// Puts `cases` problems to the `test`, up to the first that fails. A strategy that has one problem alone is asked for
/// it once.
///
/// This is what proptest's own runner does, but for what that reads from the environment and writes to standard error:
/// the same seed and the same id try the same problems everywhere.
pub(crate) fn search<S: Strategy, E>(
    id: &str,
    run: &Run,
    strategy: &S,
    mut test: impl FnMut(&S::Value) -> Result<(), E>,
) -> Result<(), Failure<S::Value, E>> {
    let mut runner = runner(seeded(id, run));
    for _ in 0..run.cases {
        runner = self::runner(runner.new_rng());
        let next_draw = runner.rng().clone().next_u64();
        let tree = strategy.new_tree(&mut runner).map_err(|why| Failure::NoProblem(why.to_string()))?;
        try_simplified(tree, &mut test)?;
        // Nothing was drawn to make this problem: all others would be the same.
        if runner.rng().clone().next_u64() == next_draw {
            break;
        }
    }
    Ok(())
}

/// Tests a problem and, if it fails, simpler ones. One that fails in another way is no simpler case of the same failure.
fn try_simplified<T: ValueTree, E>(
    mut tree: T,
    test: &mut impl FnMut(&T::Value) -> Result<(), E>,
) -> Result<(), Failure<T::Value, E>> {
    let mut at = |problem| match caught(|| test(&problem)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => Err(Failure::At(problem, why)),
        Err(why) => Err(Failure::Panics(problem, why)),
    };
    let Err(mut simplest) = at(tree.current()) else { return Ok(()) };
    let mut goes_on = tree.simplify();
    for _ in 0..SIMPLER {
        if !goes_on {
            break;
        }
        goes_on = match at(tree.current()) {
            Err(failure) if std::mem::discriminant(&failure) == std::mem::discriminant(&simplest) => {
                simplest = failure;
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    Err(simplest)
}

/// What `work` gives, or what it says when it panics.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|reason| said(&*reason).to_owned())
}

fn said(reason: &(dyn Any + Send)) -> &str {
    let text = reason.downcast_ref::<String>().map(String::as_str);
    text.or(reason.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

/// A problem in one line, its arrays as their entries alone.
pub(crate) fn shown(problem: &impl Debug) -> String {
    let text = format!("{problem:?}").split_whitespace().collect::<Vec<_>>().join(" ");
    // ndarray ends every array with `, shape=[1], strides=[1], layout=CFcf (0xf), const ndim=1`.
    let mut pieces = text.split(", shape=");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| {
        let rest = piece.split_once("ndim=").map_or(piece, |(_, rest)| rest);
        shown + rest.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

/// Randomness that depends on the seed and the id of the claim alone.
fn seeded(id: &str, run: &Run) -> TestRng {
    let mut seed = [0; 32];
    run.streams(id).role("problems").rng(0).fill_bytes(&mut seed);
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

/// What strategies draw from. Every setting is written out, because `Config::default()` reads the environment.
fn runner(rng: TestRng) -> TestRunner {
    let config = Config {
        cases: 1,
        max_local_rejects: 65_536,
        max_global_rejects: 1024,
        max_flat_map_regens: 1_000_000,
        failure_persistence: None,
        source_file: None,
        test_name: None,
        max_shrink_time: 0,
        max_shrink_iters: 0,
        max_default_size_range: 100,
        result_cache: noop_result_cache,
        verbose: 0,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0),
        _non_exhaustive: (),
    };
    TestRunner::new_with_rng(config, rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    const RUN: Run = Run { cases: 64, seed: 1 };

    fn counted(strategy: impl Strategy) -> u32 {
        let mut cases = 0;
        let all_pass = |_: &_| -> Result<(), ()> {
            cases += 1;
            Ok(())
        };
        assert!(search("x", &RUN, &strategy, all_pass).is_ok());
        cases
    }

    #[test]
    fn a_fixed_problem_is_tried_once_and_others_as_often_as_asked() {
        assert_eq!(counted(Just(3)), 1);
        assert_eq!(counted((Just(3), Just(4)).prop_map(|(a, b)| a + b)), 1);
        assert_eq!(counted((Just(3), 0..2)), RUN.cases);
    }

    #[test]
    fn the_first_failure_is_made_simple() {
        let at_least_five = |&n: &u32| if n < 5 { Ok(()) } else { Err(n) };
        assert!(matches!(search("x", &RUN, &(0u32..100), at_least_five), Err(Failure::At(5, 5))));
    }

    #[test]
    fn a_panic_is_simplified_as_a_panic_and_says_why() {
        // Also fails, in another way, at every smaller number.
        let test = |&n: &u32| if n >= 5 { panic!("no {n}") } else { Err::<(), _>(n) };
        match search("x", &RUN, &(0u32..100), test) {
            Err(Failure::Panics(5, why)) => assert_eq!(why, "no 5"),
            other => panic!("{other:?}"),
        }
        let panics = |_: &u32| -> Result<(), ()> { panic!("no") };
        assert!(matches!(search("x", &RUN, &(0u32..9), panics), Err(Failure::Panics(0, _))));
    }

    #[test]
    fn a_strategy_without_problems_says_so() {
        let none = (0u32..9).prop_filter("nothing will do", |_| false);
        let failure = search("x", &RUN, &none, |_| Ok::<_, ()>(()));
        assert!(matches!(failure, Err(Failure::NoProblem(why)) if why.contains("rejects")));
    }

    #[test]
    fn arrays_are_shown_as_their_entries() {
        let problem = (array![0.5, 1.0], 7, array![[1.0], [2.0]]);
        assert_eq!(shown(&problem), "([0.5, 1.0], 7, [[1.0], [2.0]])");
    }
}
