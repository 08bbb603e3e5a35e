//! Claims by id or by the beginning of one.

use claims::Claim;
use claims::catalogue::Part;

use crate::nearest::nearest;
use crate::refusal::Refusal;

/// Whether an id begins so, in upper or lower case. A number is not cut in two: `D1` begins `D1a`, not `D10`.
fn begins(id: &str, asked: &str) -> bool {
    let Some((start, rest)) = id.split_at_checked(asked.len()) else { return false };
    let cut = start.ends_with(|c: char| c.is_ascii_digit()) && rest.starts_with(|c: char| c.is_ascii_digit());
    !asked.is_empty() && start.eq_ignore_ascii_case(asked) && !cut
}

/// The claims that `asked` selects; of no name, all. Each stands once, in the order of the catalogue.
pub(crate) fn chosen(parts: Vec<Part>, asked: &[String]) -> Result<Vec<Part>, Refusal> {
    if let Some(id) = asked.iter().find(|id| !claims(&parts).any(|claim| begins(claim.id(), id))) {
        return Err(unknown(&parts, id));
    }
    let wanted = |claim: &Claim| asked.is_empty() || asked.iter().any(|id| begins(claim.id(), id));
    let left = |part: Part| Part { claims: part.claims.into_iter().filter(wanted).collect(), ..part };
    Ok(parts.into_iter().map(left).filter(|part| !part.claims.is_empty()).collect())
}

/// The claim of this id, or the only one that begins so.
pub(crate) fn one(parts: Vec<Part>, asked: &str) -> Result<Claim, Refusal> {
    let chosen = chosen(parts, &[asked.to_owned()])?;
    let mut found: Vec<Claim> = chosen.into_iter().flat_map(|part| part.claims).collect();
    let exact = found.iter().position(|claim| claim.id().eq_ignore_ascii_case(asked));
    match exact.or((found.len() == 1).then_some(0)) {
        Some(index) => Ok(found.swap_remove(index)),
        None => Err(Refusal::SeveralClaims {
            id: asked.to_owned(),
            known: found.iter().map(|claim| claim.id().to_owned()).collect(),
        }),
    }
}

/// Every claim of some parts.
pub(crate) fn claims(parts: &[Part]) -> impl Iterator<Item = &Claim> {
    parts.iter().flat_map(|part| &part.claims)
}

fn unknown(parts: &[Part], id: &str) -> Refusal {
    let nearest = nearest(claims(parts).map(Claim::id), id).map(str::to_owned);
    Refusal::UnknownId { id: format!("{id:?}"), nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(letter: char, ids: &[&str]) -> Part {
        let claim = |id: &&str| Claim::new(*id, "0 = 0").rate(1.0, 0.1, |_| Vec::new());
        Part { letter, title: "a part", claims: ids.iter().map(claim).collect() }
    }

    fn catalogue() -> Vec<Part> {
        vec![part('A', &["A1", "A2"]), part('D', &["D1", "D1a", "D1b", "D10", "D12a"])]
    }

    fn ids(asked: &[&str]) -> Vec<String> {
        let asked: Vec<String> = asked.iter().map(|&id| id.to_owned()).collect();
        claims(&chosen(catalogue(), &asked).unwrap()).map(|claim| claim.id().to_owned()).collect()
    }

    #[test]
    fn an_id_selects_all_that_begin_with_it_and_cuts_no_number() {
        assert_eq!(ids(&[]).len(), 7);
        assert_eq!(ids(&["D1"]), ["D1", "D1a", "D1b"]);
        assert_eq!(ids(&["d12"]), ["D12a"]);
        assert_eq!(ids(&["D"]), ["D1", "D1a", "D1b", "D10", "D12a"]);
    }

    #[test]
    fn each_claim_is_chosen_once_in_the_order_of_the_catalogue() {
        assert_eq!(ids(&["D10", "A2", "A", "D10"]), ["A1", "A2", "D10"]);
    }

    #[test]
    fn an_unknown_id_is_named_with_the_nearest() {
        let refusal = |id: &str| chosen(catalogue(), &[id.to_owned()]).unwrap_err().to_string();
        assert_eq!(refusal("D13a"), "no claim \"D13a\"; the nearest is D1a");
        assert_eq!(refusal("a3"), "no claim \"a3\"; the nearest is A1");
        for far in ["ᾱ", "", "evidence", "Z9"] {
            assert_eq!(refusal(far), format!("no claim {far:?}"));
        }
        assert_eq!(chosen(Vec::new(), &["A1".to_owned()]).unwrap_err().to_string(), "no claim \"A1\"");
    }

    #[test]
    fn one_claim_is_named_whole_or_by_a_beginning_that_is_its_own() {
        let id = |asked| one(catalogue(), asked).map(|claim| claim.id().to_owned());
        assert_eq!(id("D1").unwrap(), "D1");
        assert_eq!(id("d12").unwrap(), "D12a");
        assert_eq!(id("A").unwrap_err().to_string(), "A is more than one claim: A1, A2");
    }
}
