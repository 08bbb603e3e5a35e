//! The chapters, and which claims each is about: as they say themselves.

/// A chapter of the road.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chapter {
    /// Of the cargo example and the notebook.
    pub(crate) name: &'static str,
    source: &'static str,
}

macro_rules! chapters {
    ($($name:literal),+ $(,)?) => {
        &[$(Chapter { name: $name, source: include_str!(concat!("../../../notebooks-rs/", $name, ".rs")) }),+]
    };
}

/// In the order of the road.
pub(crate) const CHAPTERS: &[Chapter] = chapters![
    "mixtures",
    "autoencoders",
    "vae_elbo",
    "moon_latents",
    "mhvae",
    "from_mhvae_to_vdm",
    "two_decompositions",
    "parameterisations",
    "training_and_sampling",
    "check_your_own",
];

impl Chapter {
    /// Its heading, with its number: `1. Mixtures: …`.
    pub(crate) fn title(&self) -> &'static str {
        self.after("// # ").unwrap_or(self.name)
    }

    /// The claims that it is about, by id.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &'static str> {
        let line = self.after("// Claims of this chapter: ").unwrap_or("");
        let (ids, _) = line.split_once(". ").unwrap_or((line, ""));
        ids.split(", ").map(|id| id.trim_end_matches('.'))
    }

    /// What follows on the first line that begins so.
    fn after(&self, beginning: &str) -> Option<&'static str> {
        self.source.lines().find_map(|line| line.strip_prefix(beginning))
    }
}

/// The chapters about a claim.
pub(crate) fn about(id: &str) -> impl Iterator<Item = &'static Chapter> {
    CHAPTERS.iter().filter(move |chapter| chapter.claims().any(|known| known == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    use claims::{Claim, catalogue};

    #[test]
    fn chapters_are_numbered_and_name_claims_that_exist() {
        let parts = catalogue::parts();
        let known: HashSet<&str> = parts.iter().flat_map(|part| &part.claims).map(Claim::id).collect();
        for (number, chapter) in (1..).zip(CHAPTERS) {
            assert!(
                chapter.title().starts_with(&format!("{number}. ")),
                "{}: {}",
                chapter.name,
                chapter.title()
            );
            let ids: Vec<&str> = chapter.claims().collect();
            assert!(ids.len() >= 3, "{}: {ids:?}", chapter.name);
            assert!(ids.iter().all(|id| known.contains(id)), "{}: {ids:?}", chapter.name);
        }
    }

    #[test]
    fn a_claim_knows_its_chapters() {
        assert!(about("R1").any(|chapter| chapter.name == "check_your_own"));
        assert_eq!(about("none").count(), 0);
    }
}
