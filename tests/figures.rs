//! The lecture figures against the catalogue of claims.

use std::collections::HashSet;

use claims::catalogue;
use figures::lecture::all;

/// Every id that a figure names is that of a claim, and no figure names one twice.
#[test]
fn figures_name_claims_that_exist() {
    let parts = catalogue::parts();
    let known: HashSet<&str> = parts.iter().flat_map(|part| &part.claims).map(claims::Claim::id).collect();
    assert!(known.len() > 200, "the catalogue is here");
    for figure in all() {
        let mut named = HashSet::new();
        for id in figure.claims {
            assert!(known.contains(id), "{} shows {id}, which is no claim", figure.name);
            assert!(named.insert(id), "{} names {id} twice", figure.name);
        }
    }
}

/// At least two dozen, each part with some.
#[test]
fn the_set_is_a_lecture() {
    assert!(all().count() >= 24);
    assert!(figures::lecture::PARTS.iter().all(|part| !part.figures.is_empty()));
}
