//! All files of the document: the text, what was found, the figures, the fonts. Nothing is read from a disk or a network.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::drawn::Drawn;
use crate::text;

/// The manifest of the project, of which the handout needs the version.
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// What the typesetter sees.
pub(crate) struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    files: HashMap<FileId, Bytes>,
}

impl Desk {
    /// The handout, with what was found of its claims and drawn for it.
    pub(crate) fn new(findings: &Value, drawings: Vec<Drawn>) -> Self {
        let mut files: Vec<(String, Bytes)> = Vec::new();
        let mut told = Map::new();
        for Drawn { name, title, caption, pdf } in drawings {
            told.insert(name.to_owned(), json!({ "title": title, "caption": caption }));
            files.push((format!("{name}.pdf"), Bytes::new(pdf)));
        }
        let found = json!({ "version": version(), "claims": findings, "figures": told });
        files.push(("found.json".to_owned(), Bytes::from_string(found.to_string())));
        let text = text::FILES.iter().map(|&(name, text)| (name.to_owned(), Bytes::from_string(text)));
        Self::of(text::MAIN, files.into_iter().chain(text))
    }

    /// A desk with these files, of which typesetting begins at `main`.
    pub(crate) fn of(main: &str, files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let fonts: Vec<Font> = typst_assets::fonts().flat_map(|font| Font::iter(Bytes::new(font))).collect();
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: id(main),
            files: files.into_iter().map(|(name, bytes)| (id(&name), bytes)).collect(),
        }
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let text = self.file(id)?;
        Ok(Source::new(id, text.as_str().map_err(|_| FileError::InvalidUtf8)?.to_owned()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let name = id.get().vpath().get_without_slash();
        self.files.get(&id).cloned().ok_or_else(|| FileError::NotFound(name.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// There is no today: the same input gives the same handout on any day.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The typesetter's name of a file.
fn id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("names have neither dots alone nor backslashes");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// The version of the project: the first that its manifest names.
fn version() -> &'static str {
    let line = MANIFEST.lines().find_map(|line| line.strip_prefix("version = \""));
    line.and_then(|rest| rest.split('"').next()).expect("the manifest has a version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_project() {
        let numbers: Vec<u32> = version().split('.').map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers.len(), 3);
    }

    #[test]
    fn what_is_not_on_the_desk_is_not_found() {
        let desk = Desk::of("a.typ", [("a.typ".to_owned(), Bytes::from_string("a"))]);
        assert_eq!(desk.source(desk.main()).unwrap().text(), "a");
        assert!(matches!(desk.file(id("b.typ")), Err(FileError::NotFound(_))));
    }
}
