//! Every claim of the derivation, and every line that is refuted, part by part.
//!
//! | module | part |
//! |---|---|
//! | [`foundations`] | A: divergences, Gaussians, gradients |
//! | [`autoencoder`] | B: autoencoders and the VAE |
//! | [`hierarchical`] | C: the Markov hierarchical VAE |
//! | [`diffusion`] | D: the variational diffusion model: chain, forms of the bound, parameterisations |
//! | [`limits`] | D: limits, denoisers, information, samplers |
//! | [`learned`] | E: learned models and samplers |
//! | [`neighbours`] | N: the neighbours of the VAE, trained and against their theory |
//! | [`refuted`] | R: lines that stand in the sources and are false |
//! | [`slips`] | S: slips of public teaching and reference code |

pub mod autoencoder;
pub mod diffusion;
pub mod foundations;
pub mod hierarchical;
pub mod learned;
pub mod limits;
pub mod neighbours;
pub mod refuted;
pub mod slips;

use crate::Claim;

/// A part of the derivation.
#[derive(Debug)]
pub struct Part {
    /// Its letter, with which the ids of its claims begin.
    pub letter: char,
    /// Its title.
    pub title: &'static str,
    /// Its claims, in the order of the derivation: that of their ids.
    pub claims: Vec<Claim>,
}

/// The whole catalogue.
pub fn parts() -> Vec<Part> {
    let part = |letter, title, mut claims: Vec<Claim>| {
        claims.sort_by(|a, b| place(a.id()).cmp(&place(b.id())));
        Part { letter, title, claims }
    };
    vec![
        part('A', "Foundations", foundations::claims()),
        part('B', "Autoencoders and the VAE", autoencoder::claims()),
        part('C', "The Markov hierarchical VAE", hierarchical::claims()),
        part(
            'D',
            "The variational diffusion model",
            [diffusion::claims(), limits::claims()].into_iter().flatten().collect(),
        ),
        part('E', "Learned models and samplers", learned::claims()),
        part('N', "The neighbours", neighbours::claims()),
        part('R', "Refuted lines", refuted::claims()),
        part('S', "Refuted slips", slips::claims()),
    ]
}

/// Number and letter of an id, by which it is sorted: `D2c` stands before `D10a`.
fn place(id: &str) -> (Option<u32>, &str) {
    let id = id.trim_start_matches(|c: char| !c.is_ascii_digit());
    let letter = id.trim_start_matches(|c: char| c.is_ascii_digit());
    (id[..id.len() - letter.len()].parse().ok(), letter)
}

/// Every claim, part after part.
pub fn all() -> Vec<Claim> {
    parts().into_iter().flat_map(|part| part.claims).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_the_letter_of_their_part() {
        let mut seen = std::collections::HashSet::new();
        for part in parts() {
            for claim in &part.claims {
                assert!(claim.id().starts_with(part.letter), "{} in part {}", claim.id(), part.letter);
                assert!(seen.insert(claim.id().to_owned()), "{} twice", claim.id());
            }
        }
    }

    #[test]
    fn claims_stand_in_the_order_of_their_ids() {
        let parts = parts();
        let ids: Vec<&str> = parts[3].claims.iter().map(Claim::id).collect();
        let position = |id| ids.iter().position(|&other| other == id).unwrap();
        let some = ["D1a", "D1e", "D2a", "D2c", "D9h", "D10a", "D11a", "D13e", "D14b"].map(position);
        assert!(some.is_sorted(), "{some:?}");
    }

    #[test]
    fn every_claim_says_where_it_stands_why_and_what_is_compared() {
        for claim in all() {
            let said = [claim.statement(), claim.why(), claim.compares()];
            assert!(said.iter().all(|text| !text.is_empty()), "{} leaves something unsaid", claim.id());
            assert!(!claim.sources().is_empty(), "{} has no source", claim.id());
        }
    }
}
