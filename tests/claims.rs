//! The whole catalogue, as `elbow check` runs it: every claim is as it says, and the run as a whole keeps its promises.

// The products of `ndarray` call BLAS symbols that `linalg` links; a crate that is never named is not linked.
use linalg as _;

use std::collections::HashSet;
use std::sync::LazyLock;

use claims::{Claim, Finding, Kind, Run, Verdict, catalogue};
use rayon::prelude::*;

/// Every claim with what a default run finds, checked once for all tests here.
static CHECKED: LazyLock<Vec<(Claim, Finding)>> = LazyLock::new(|| {
    let check = |claim: Claim| {
        let finding = claim.check(&Run::default());
        (claim, finding)
    };
    catalogue::all().into_par_iter().map(check).collect()
});

/// Panics with every claim of a part that is not as it says.
fn part_is_as_claimed(letter: char) {
    let of_part: Vec<_> = CHECKED.iter().filter(|(claim, _)| claim.id().starts_with(letter)).collect();
    assert!(!of_part.is_empty(), "part {letter} makes no claim");
    let failed: Vec<String> = (of_part.iter())
        .filter(|(_, finding)| !finding.as_claimed())
        .map(|(claim, finding)| format!("{} ({}): {finding}", claim.id(), claim.place()))
        .collect();
    assert!(failed.is_empty(), "{} of {} failed\n{}", failed.len(), of_part.len(), failed.join("\n"));
}

#[test]
fn a_foundations() {
    part_is_as_claimed('A');
}

#[test]
fn b_autoencoders_and_the_vae() {
    part_is_as_claimed('B');
}

#[test]
fn c_the_hierarchical_vae() {
    part_is_as_claimed('C');
}

#[test]
fn d_the_diffusion_model() {
    part_is_as_claimed('D');
}

#[test]
fn e_learned_models_and_samplers() {
    part_is_as_claimed('E');
}

#[test]
fn n_the_neighbours() {
    part_is_as_claimed('N');
}

#[test]
fn r_refuted_lines() {
    part_is_as_claimed('R');
}

#[test]
fn s_refuted_slips() {
    part_is_as_claimed('S');
}

/// If everything is true, a full run says so but for one time in a million.
#[test]
fn a_full_run_raises_fewer_than_one_false_alarm_in_a_million() {
    let chance: f64 = CHECKED.iter().filter_map(|(_, finding)| finding.false_alarm).sum();
    assert!(chance <= 1e-6, "the tests of a run raise a false alarm with a chance of {chance:.1e}");
}

/// An identity is not a matter of taste.
#[test]
fn no_identity_tolerates_more_than_a_millionth() {
    for (claim, finding) in CHECKED.iter().filter(|(claim, _)| claim.kind() == Kind::Identity) {
        assert!(finding.tolerance <= 1e-6, "{} tolerates {:e}", claim.id(), finding.tolerance);
    }
}

/// A refuted line comes with the problem at which it is false.
#[test]
fn every_refuted_line_has_a_counterexample() {
    for (claim, finding) in CHECKED.iter().filter(|(claim, _)| claim.kind() == Kind::Refuted) {
        assert!(finding.counterexample.is_some(), "{} has no counterexample", claim.id());
    }
}

/// The items of each part of the derivation, numbered from 1.
const ITEMS: [(char, usize); 6] = [('A', 10), ('B', 13), ('C', 5), ('D', 14), ('R', 15), ('S', 12)];

/// An item is an id without the letters of its several claims: `D9` of `D9a`.
#[test]
fn every_item_of_the_derivation_has_a_claim() {
    let item = |claim: &Claim| claim.id().trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned();
    let claimed: HashSet<String> = CHECKED.iter().map(|(claim, _)| item(claim)).collect();
    for (part, items) in ITEMS {
        for id in (1..=items).map(|number| format!("{part}{number}")) {
            assert!(claimed.contains(&id), "{id} has no claim");
        }
    }
}

/// So many lines hold and so many are refuted, as README.md says: a claim that got lost would not be missed otherwise.
#[test]
fn the_catalogue_has_as_many_claims_as_the_readme_says() {
    let with = |verdict| CHECKED.iter().filter(|(_, finding)| finding.verdict == verdict).count();
    assert_eq!((with(Verdict::Holds), with(Verdict::Refuted)), (219, 28));
}
