//! From a drawn page to files: outlined SVG, PDF, PNG, written whole or not at all.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::str::FromStr;

use resvg::tiny_skia::{self, Pixmap, Transform};
use resvg::usvg::{Indent, Options, Tree, WriteOptions};

use crate::color::Color;
use crate::error::PlotError;
use crate::{font, pdf};

/// A kind of file a figure can be saved as. It is written as its [`extension`](Format::extension).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Scalable Vector Graphics, text as outlines.
    Svg,
    /// Portable Document Format: vectors on one page of the figure's size, text as text in embedded fonts.
    Pdf,
    /// Portable Network Graphics, on the theme's paper.
    Png,
}

impl Format {
    /// Every format there is.
    pub const ALL: [Format; 3] = [Format::Svg, Format::Pdf, Format::Png];

    /// The end of the file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Pdf => "pdf",
            Format::Png => "png",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.extension())
    }
}

/// Reads a format by its extension, in small letters or capitals.
///
/// # Errors
/// [`PlotError::Unknown`], listing the formats there are.
impl FromStr for Format {
    type Err = PlotError;

    fn from_str(name: &str) -> Result<Self, PlotError> {
        let known = Format::ALL.into_iter().find(|format| format.extension().eq_ignore_ascii_case(name));
        known.ok_or_else(|| PlotError::unknown("format", name, Format::ALL))
    }
}

/// A drawn page with its text resolved in the embedded fonts: what every format is made from.
pub(crate) struct Document {
    tree: Tree,
    paper: Color,
}

impl Document {
    pub(crate) fn parse(svg: &str, paper: Color) -> Result<Self, PlotError> {
        let options =
            Options { fontdb: font::database(), font_family: font::FAMILY.to_owned(), ..Options::default() };
        let tree = Tree::from_str(svg, &options).map_err(|error| PlotError::Drawing(error.to_string()))?;
        Ok(Self { tree, paper })
    }

    pub(crate) fn encode(&self, format: Format, dpi: f64) -> Result<Vec<u8>, PlotError> {
        match format {
            Format::Svg => Ok(self.svg().into_bytes()),
            Format::Pdf => self.pdf(),
            Format::Png => self.png(dpi),
        }
    }

    pub(crate) fn svg(&self) -> String {
        // The page's own units are hundredths of a point: no digit after the point is needed.
        let options =
            WriteOptions { coordinates_precision: 0, indent: Indent::None, ..WriteOptions::default() };
        self.tree.to_string(&options)
    }

    pub(crate) fn pdf(&self) -> Result<Vec<u8>, PlotError> {
        pdf::encode(&self.tree)
    }

    /// The box around everything drawn, in SVG pixels: left, top, right, bottom.
    #[cfg(test)]
    pub(crate) fn ink(&self) -> [f64; 4] {
        let ink = self.tree.root().abs_stroke_bounding_box();
        [ink.left(), ink.top(), ink.right(), ink.bottom()].map(f64::from)
    }

    pub(crate) fn png(&self, dpi: f64) -> Result<Vec<u8>, PlotError> {
        // SVG counts 96 of its pixels to the inch.
        let zoom = (dpi / 96.0) as f32;
        let size = self.tree.size();
        let (width, height) = ((size.width() * zoom).round() as u32, (size.height() * zoom).round() as u32);
        let too_large = || PlotError::Drawing(format!("{width} by {height} pixels are no picture"));
        let mut page = Pixmap::new(width, height).ok_or_else(too_large)?;
        let [r, g, b] = self.paper.rgb;
        page.fill(tiny_skia::Color::from_rgba8(r, g, b, 255));
        resvg::render(&self.tree, Transform::from_scale(zoom, zoom), &mut page.as_mut());
        page.encode_png().map_err(|error| PlotError::Drawing(error.to_string()))
    }
}

/// Writes a file beside its place and moves it there, so that no reader ever sees half of it. Makes its folder if need be.
///
/// Only a file is replaced: moved over a device, it would take the device's place.
///
/// # Errors
/// [`PlotError::Write`] with the path and the reason. What was begun is removed; a folder that was made stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PlotError> {
    let failed = |at: &Path| {
        let path: PathBuf = at.to_owned();
        move |source| PlotError::Write { path, source }
    };
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let reason = "something that is not a file is there";
        return Err(failed(path)(io::Error::new(io::ErrorKind::AlreadyExists, reason)));
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed(dir))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", process::id()));
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|source| {
        // The reason to report is why writing failed, not whether the remains could be removed.
        let _ = fs::remove_file(&part);
        failed(path)(source)
    })
}
