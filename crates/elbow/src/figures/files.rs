//! Where figures go: each file whole or not at all.

use std::fs;
use std::path::PathBuf;

use figures::lecture::{Drawing, LectureFigure, gallery};
use plot::{Format, Theme, write_whole};

use crate::arguments::FiguresArguments;
use crate::place;
use crate::refusal::Refusal;

/// What is written for each figure, and where.
pub(super) struct Files {
    folder: PathBuf,
    formats: Vec<Format>,
    theme: Theme,
    width: Option<f64>,
}

impl Files {
    /// As asked for, once it is seen that the folder can be written: before any time is spent on drawing.
    pub(super) fn new(asked: &FiguresArguments) -> Result<Self, Refusal> {
        let folder = asked.out.clone();
        place::of_files(&folder)?;
        Ok(Self { folder, formats: asked.formats(), theme: asked.theme, width: asked.width })
    }

    /// Writes the pictures, the data and the captions of one figure, and returns the paths.
    pub(super) fn write(&self, figure: &LectureFigure, drawing: &Drawing) -> Result<Vec<String>, Refusal> {
        let failed = |error: plot::PlotError| Refusal::Undrawn(figure.name, error.to_string());
        let page = drawing.figure.clone().theme(self.theme);
        let page = match self.width {
            Some(width) => {
                let too_narrow =
                    |error| Refusal::BadInput(format!("--width: figure {}: {error}", figure.name));
                page.fit_width(width).map_err(too_narrow)?
            }
            None => page,
        };
        let mut paths = page.save(&self.folder, figure.name, &self.formats).map_err(failed)?;
        let captions =
            [("md", gallery::markdown(figure, drawing) + "\n"), ("tex", gallery::latex(figure, drawing))];
        for (extension, caption) in captions {
            let path = self.folder.join(format!("{}.{extension}", figure.name));
            write_whole(&path, caption.as_bytes()).map_err(failed)?;
            paths.push(path);
        }
        Ok(paths.iter().map(|path| path.display().to_string()).collect())
    }

    /// Writes the page that shows all, if there are PNG for it, and returns its path: `README.md`, unless the folder has one that
    /// is not ours.
    pub(super) fn write_gallery(&self, page: &str) -> Result<Option<String>, Refusal> {
        if !self.formats.contains(&Format::Png) {
            return Ok(None);
        }
        let readme = self.folder.join("README.md");
        let is_ours =
            fs::read_to_string(&readme).map_or(!readme.exists(), |text| text.starts_with(gallery::HEADING));
        let path = if is_ours { readme } else { self.folder.join("GALLERY.md") };
        write_whole(&path, page.as_bytes())?;
        Ok(Some(path.display().to_string()))
    }
}
