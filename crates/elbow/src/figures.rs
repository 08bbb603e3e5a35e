//! `elbow figures`: the lecture set, drawn into files.

mod files;
mod length;

use std::io::Write;
use std::process::ExitCode;

use figures::lecture::{Drawing, LectureFigure, PARTS, Studio, all, gallery};
use serde::Serialize;

use crate::arguments::FiguresArguments;
use crate::interrupt::Interrupt;
use crate::nearest::nearest;
use crate::progress;
use crate::refusal::Refusal;
use crate::terminal::TITLE;
use files::Files;

pub(crate) use length::millimetres;

/// Answers `elbow figures`.
pub(crate) fn figures(asked: &FiguresArguments, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    let chosen = chosen(&asked.names)?;
    if asked.list {
        return list(&chosen, asked.json, out);
    }
    let files = Files::new(asked)?;
    let interrupt = Interrupt::watch();
    let studio = Studio::new(asked.seed.seed);
    let bar = progress::bar(chosen.len());
    let mut drawn = Vec::new();
    for figure in chosen {
        interrupt.check(|| format!("{} of the figures are written, all of them whole", drawn.len()))?;
        bar.set_message(figure.name);
        let drawing =
            (figure.draw)(&studio).map_err(|error| Refusal::Undrawn(figure.name, error.to_string()))?;
        let paths = files.write(figure, &drawing)?;
        drawn.push(Drawn { figure, drawing, files: paths });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let page = match drawn.len() == all().count() {
        true => files.write_gallery(&gallery::page(|name| of_name(&drawn, name)))?,
        false => None,
    };
    report(&drawn, page, asked, out)
}

/// A figure that was written.
struct Drawn {
    figure: &'static LectureFigure,
    drawing: Drawing,
    files: Vec<String>,
}

fn of_name<'a>(drawn: &'a [Drawn], name: &str) -> Option<&'a Drawing> {
    drawn.iter().find(|drawn| drawn.figure.name == name).map(|drawn| &drawn.drawing)
}

/// The figures of these names in the order of the set; of none, all.
fn chosen(names: &[String]) -> Result<Vec<&'static LectureFigure>, Refusal> {
    if let Some(name) = names.iter().find(|name| all().all(|figure| figure.name != name.as_str())) {
        let nearest = nearest(all().map(|figure| figure.name), name).map(str::to_owned);
        return Err(Refusal::UnknownFigure { name: format!("{name:?}"), nearest });
    }
    let wanted = |figure: &&LectureFigure| names.is_empty() || names.iter().any(|name| name == figure.name);
    Ok(all().filter(wanted).collect())
}

/// What a figure is, for a script. The field names are public interface.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    title: &'a str,
    claims: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latex: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    files: &'a [String],
}

impl<'a> From<&'a LectureFigure> for Entry<'a> {
    fn from(figure: &'a LectureFigure) -> Self {
        let LectureFigure { name, title, claims, .. } = *figure;
        Self { name, title, claims, caption: None, latex: None, files: &[] }
    }
}

/// Every name with what it shows, part by part.
fn list(chosen: &[&'static LectureFigure], json: bool, out: &mut impl Write) -> Result<ExitCode, Refusal> {
    if json {
        let entries: Vec<Entry> = chosen.iter().map(|&figure| figure.into()).collect();
        serde_json::to_writer_pretty(&mut *out, &entries).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_chosen = |figure: &LectureFigure| chosen.iter().any(|chosen| chosen.name == figure.name);
    for part in PARTS.iter().filter(|part| part.figures.iter().any(is_chosen)) {
        writeln!(out, "{TITLE}{}{TITLE:#}", part.title)?;
        for figure in part.figures.iter().filter(|figure| is_chosen(figure)) {
            writeln!(out, "  {:<30} {}", figure.name, figure.title)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report(
    drawn: &[Drawn],
    page: Option<String>,
    asked: &FiguresArguments,
    out: &mut impl Write,
) -> Result<ExitCode, Refusal> {
    if asked.json {
        let entry = |drawn: &'_ Drawn| -> serde_json::Value {
            let entry = Entry {
                caption: Some(gallery::markdown(drawn.figure, &drawn.drawing)),
                latex: Some(drawn.drawing.caption.latex()),
                files: &drawn.files,
                ..drawn.figure.into()
            };
            serde_json::json!(entry)
        };
        let entries: Vec<serde_json::Value> = drawn.iter().map(entry).collect();
        serde_json::to_writer_pretty(&mut *out, &entries).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = asked.out.display();
    let figures = if drawn.len() == 1 { "figure" } else { "figures" };
    let formats = asked.formats().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    writeln!(
        out,
        "{} {figures} in {folder}, each as {formats}, with its data (csv) and its caption (md, tex).",
        drawn.len()
    )?;
    if let Some(page) = page {
        writeln!(out, "All of them on one page: {page}")?;
    }
    Ok(ExitCode::SUCCESS)
}
