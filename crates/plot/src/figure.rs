//! Figures: parts in a grid on a page of given size, drawn and saved together.

use std::path::{Path, PathBuf};

use crate::axes::Frame;
use crate::canvas::{Canvas, Layer};
use crate::diagram::Diagram;
use crate::diagram_layout;
use crate::diagram_page;
use crate::direct;
use crate::draw;
use crate::error::PlotError;
use crate::export::{self, Document, Format};
use crate::label::Label;
use crate::layout::{POINTS_PER_MM, Placed, arrange, figure_title};
use crate::palette::Theme;
use crate::panel::Panel;
use crate::picture_table;
use crate::pictures::Pictures;
use crate::{colorbar, table, theme};

/// A page of panels, filled row by row.
///
/// ```
/// use plot::{Figure, Panel, Style, theme};
///
/// let mut figure = Figure::new(160.0, 60.0).columns(2).share_y();
/// let curve = (0..=50).map(|i| f64::from(i) / 50.0).map(|t| (t, t * t));
/// figure.panel(Panel::new("a").x_label("$t$").y_label("$t^2$").line(curve, Style::new(theme::BLUE)));
/// figure.panel(Panel::new("b").x_label("$t$").points([[0.2, 0.4], [0.7, 0.1]], Style::series(1)));
/// assert!(figure.svg()?.starts_with("<svg"));
/// # Ok::<(), plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Figure {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: Option<Label>,
    pub(crate) columns: usize,
    pub(crate) widths: Vec<f64>,
    /// Proportions of the rows' heights; equal where none is given.
    pub(crate) heights: Vec<f64>,
    /// Columns of the grid in which axes are shared: as many as were asked for, also where fewer have room.
    pub(crate) grid: usize,
    pub(crate) share_x: bool,
    pub(crate) share_y: bool,
    pub(crate) contents: Vec<Content>,
    theme: Theme,
    dpi: f64,
}

/// What can stand in a figure.
#[derive(Debug, Clone)]
pub enum Content {
    /// Axes with marks.
    Panel(Panel),
    /// Small pictures.
    Pictures(Pictures),
    /// Nodes and arrows.
    Diagram(Diagram),
}

impl Content {
    pub(crate) fn panel(&self) -> Option<&Panel> {
        match self {
            Content::Panel(panel) => Some(panel),
            Content::Pictures(_) | Content::Diagram(_) => None,
        }
    }

    /// What the table and errors call it; empty if it has neither name nor title.
    pub(crate) fn called(&self) -> &str {
        match self {
            Content::Panel(panel) => panel.called(),
            Content::Pictures(pictures) => pictures.title.markup(),
            Content::Diagram(diagram) => diagram.title.markup(),
        }
    }

    pub(crate) fn title(&self) -> &Label {
        match self {
            Content::Panel(panel) => &panel.title,
            Content::Pictures(pictures) => &pictures.title,
            Content::Diagram(diagram) => &diagram.title,
        }
    }

    fn check(&self) -> Result<(), PlotError> {
        match self {
            Content::Panel(panel) => panel.check(),
            Content::Pictures(pictures) => pictures.check(),
            Content::Diagram(diagram) => diagram.check(),
        }
    }
}

impl From<Panel> for Content {
    fn from(panel: Panel) -> Self {
        Content::Panel(panel)
    }
}

impl From<Pictures> for Content {
    fn from(pictures: Pictures) -> Self {
        Content::Pictures(pictures)
    }
}

impl From<Diagram> for Content {
    fn from(diagram: Diagram) -> Self {
        Content::Diagram(diagram)
    }
}

impl Figure {
    /// An empty figure, its width and height in millimetres. Type is sized for a width of 160 mm.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            title: None,
            columns: 1,
            widths: Vec::new(),
            heights: Vec::new(),
            grid: 1,
            share_x: false,
            share_y: false,
            contents: Vec::new(),
            theme: Theme::Light,
            dpi: 300.0,
        }
    }

    /// A title over all panels.
    pub fn title(self, title: impl Into<Label>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// Number of panels in a row.
    ///
    /// # Panics
    /// If it is zero.
    pub fn columns(self, columns: usize) -> Self {
        assert!(columns > 0, "a figure needs a column");
        Self { columns, grid: columns, ..self }
    }

    /// Proportions of the columns' widths.
    ///
    /// # Panics
    /// If one is not positive.
    pub fn widths(self, widths: &[f64]) -> Self {
        assert!(widths.iter().all(|&w| w > 0.0 && w.is_finite()), "widths {widths:?} must be positive");
        Self { widths: widths.to_vec(), ..self }
    }

    /// Gives the panels of each column the same x axis, named only under the lowest.
    pub fn share_x(self) -> Self {
        Self { share_x: true, ..self }
    }

    /// Gives the panels of each row the same y axis, named only at the first.
    pub fn share_y(self) -> Self {
        Self { share_y: true, ..self }
    }

    /// Resolution of PNG files in dots per inch; 300 unless told, which is 1890 pixels for 160 mm.
    ///
    /// # Panics
    /// If it is not between 10 and 2400.
    pub fn dpi(self, dpi: f64) -> Self {
        assert!((10.0..=2400.0).contains(&dpi), "{dpi} dots per inch are not a sensible resolution");
        Self { dpi, ..self }
    }

    /// The paper it is made for; white unless told. Colours are still asked for by the names in [`theme`].
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// Adds a panel, a table of pictures or a diagram in the next free place.
    pub fn panel(&mut self, content: impl Into<Content>) -> &mut Self {
        self.contents.push(content.into());
        self
    }

    /// The figure as an SVG document, its text turned into outlines so that it looks the same everywhere.
    ///
    /// # Errors
    /// If data cannot be drawn (not finite, not positive on a logarithmic axis, missing), or if
    /// labels leave no room for them.
    pub fn svg(&self) -> Result<String, PlotError> {
        Ok(self.document()?.svg())
    }

    /// The figure as a PNG file on the paper of its theme.
    ///
    /// # Errors
    /// As [`Figure::svg`].
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        self.document()?.png(self.dpi)
    }

    /// The figure as a PDF file: one page of its size, text as text in subsets of the embedded fonts.
    ///
    /// # Errors
    /// As [`Figure::svg`].
    pub fn pdf(&self) -> Result<Vec<u8>, PlotError> {
        self.document()?.pdf()
    }

    /// All that is drawn as one table in CSV: a row per observation, naming panel, mark and series.
    ///
    /// # Errors
    /// If data cannot be drawn.
    pub fn csv(&self) -> Result<Vec<u8>, PlotError> {
        self.check()?;
        table::csv(&self.contents)
    }

    /// Writes `name.csv` and one file per format into `dir`, which is made if need be.
    ///
    /// A file appears whole or not at all. Returns the paths, the table's first.
    ///
    /// # Errors
    /// As [`Figure::svg`], or [`PlotError::Write`] with the path and the reason.
    pub fn save(
        &self,
        dir: impl AsRef<Path>,
        name: &str,
        formats: &[Format],
    ) -> Result<Vec<PathBuf>, PlotError> {
        let document = self.document()?;
        let mut files = vec![("csv", self.csv()?)];
        for &format in formats {
            files.push((format.extension(), document.encode(format, self.dpi)?));
        }
        let write = |(extension, bytes): (&str, Vec<u8>)| {
            let path = dir.as_ref().join(format!("{name}.{extension}"));
            export::write_whole(&path, &bytes).map(|()| path)
        };
        files.into_iter().map(write).collect()
    }

    pub(crate) fn check(&self) -> Result<(), PlotError> {
        if self.contents.is_empty() {
            return Err(PlotError::Empty { panel: String::new(), series: "the figure".to_owned() });
        }
        self.contents.iter().try_for_each(Content::check)
    }

    fn document(&self) -> Result<Document, PlotError> {
        self.check()?;
        let placed = arrange(self)?;
        let mut canvas = Canvas::new(self.width * POINTS_PER_MM, self.height * POINTS_PER_MM, self.theme);
        self.draw_title(&mut canvas)?;
        for part in &placed {
            match (part.content, &part.frame) {
                (Content::Panel(panel), Some(frame)) => draw_panel(&mut canvas, panel, frame)?,
                (Content::Pictures(pictures), _) => picture_table::draw(&mut canvas, pictures, part.rect)?,
                (Content::Diagram(diagram), _) => {
                    let too_small = || PlotError::TooSmall { width: self.width, height: self.height };
                    let sketch = diagram_layout::arrange(diagram, part.rect).ok_or_else(too_small)?;
                    diagram_page::draw(&mut canvas, diagram, &sketch)?;
                }
                _ => {}
            }
            draw_part_title(&mut canvas, part)?;
        }
        Document::parse(&canvas.into_svg(), self.theme.paper())
    }

    fn draw_title(&self, canvas: &mut Canvas) -> Result<(), PlotError> {
        let title = figure_title(self);
        canvas.layer(Layer::default(), |pen| {
            let mut lines = title.lines.iter().enumerate();
            lines.try_for_each(|(i, line)| {
                pen.text(line, (theme::BORDER, title.baseline(theme::BORDER, i)), theme::TEXT)
            })
        })
    }
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, frame: &Frame) -> Result<(), PlotError> {
    frame.draw_grid(canvas, panel)?;
    draw::draw(canvas, frame, &panel.marks)?;
    frame.draw_axes(canvas, panel)?;
    direct::draw(canvas, frame, panel)?;
    colorbar::draw(canvas, panel, frame.rect, direct::right_margin(frame, panel))?;
    let top = frame.rect.top - direct::key_height(panel, frame.rect.width());
    direct::draw_key(canvas, panel, frame.rect.width(), (frame.rect.left, top))
}

fn draw_part_title(canvas: &mut Canvas, part: &Placed) -> Result<(), PlotError> {
    let title = part.title();
    let top = part.rect.top - part.over_data() - theme::GAP - title.height();
    canvas.layer(Layer::default(), |pen| {
        let mut lines = title.lines.iter().enumerate();
        lines.try_for_each(|(i, line)| pen.text(line, (part.rect.left, title.baseline(top, i)), theme::TEXT))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{ColorScale, Style};

    /// Everything that stands around data, with long words and large numbers.
    fn crowded() -> Figure {
        let mut figure =
            Figure::new(210.0, 120.0).columns(2).title("A title that is far too long ".repeat(4));
        let line = [(0.0, -1e6), (1.0, 2e6)];
        for name in ["the first of two panels, with a title longer than it is wide", "$b$"] {
            figure.panel(
                Panel::new(name)
                    .x_label("a name of the x axis that needs more than one line to be set in full")
                    .y_label(r"$\sum_t \bar{\alpha}_t$, and a great deal more than has room")
                    .colored_points(
                        line.map(|(x, y)| (x, y, y)),
                        ColorScale::new(theme::VIRIDIS).bar("value"),
                        Style::series(0),
                    )
                    .line(line, Style::series(1).label("a long name at the end"))
                    .points(line, Style::series(2).label("a name in the key")),
            );
        }
        figure
    }

    #[test]
    fn nothing_is_drawn_beyond_the_page() {
        let figure = crowded();
        let ink = figure.document().expect("draws").ink();
        let (width, height) = (figure.width * 96.0 / 25.4, figure.height * 96.0 / 25.4);
        // The paper itself is ink: anything beyond it would make the box larger.
        let page = [0.0, 0.0, width, height];
        assert!(ink.iter().zip(page).all(|(a, b)| (a - b).abs() < 0.1), "{ink:?} on {page:?}");
    }

    #[test]
    fn data_rectangles_of_a_grid_are_equal_and_apart() {
        let figure = crowded();
        let placed = arrange(&figure).expect("has room");
        let (a, b) = (placed[0].rect, placed[1].rect);
        assert!((a.width() - b.width()).abs() < 1e-9 && (a.top - b.top).abs() < 1e-9);
        assert!(a.right + theme::GUTTER < b.left);
    }

    #[test]
    fn equal_aspect_makes_circles_round() {
        let mut figure = Figure::new(120.0, 50.0);
        figure.panel(Panel::new("").equal_aspect().points([[0.0, 0.0], [1.0, 3.0]], Style::series(0)));
        let placed = arrange(&figure).expect("has room");
        let frame = placed[0].frame.as_ref().expect("a panel has axes");
        let ((x0, y0), (x1, y1)) = (frame.at((0.0, 0.0)), frame.at((1.0, 1.0)));
        assert!(((x1 - x0) - (y0 - y1)).abs() < 1e-9);
    }
}
