//! The known word that may have been meant.

/// The known word that is most like the one asked for, in small letters or capitals; none if more than half of the letters of
/// the longer one would have to be others.
pub(crate) fn nearest<'a>(known: impl IntoIterator<Item = &'a str>, asked: &str) -> Option<&'a str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_uppercase(), &asked.to_uppercase());
    let like = |known: &&str| 2 * distance(known) <= known.chars().count().max(asked.chars().count());
    known.into_iter().filter(like).min_by_key(|known| distance(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_near_if_half_of_its_letters_are_right() {
        let known = ["alphas", "schedule", "reverse"];
        for (asked, expected) in [
            ("alpas", Some("alphas")),
            ("SCHEDLUE", Some("schedule")),
            ("revxxx", None),
            ("reverxyz", Some("reverse")),
            ("ᾱ", None),
            ("", None),
        ] {
            assert_eq!(nearest(known, asked), expected, "{asked}");
        }
        assert_eq!(nearest([], "alphas"), None);
    }
}
