//! The page: plotters draws on it, layer over layer, and it comes out as one SVG document.
//!
//! plotters places everything on whole pixels, so its canvas is a hundred times finer than a
//! point and is scaled down by the document around it. What its SVG backend cannot say (clipping,
//! dashes, translucency, halos) a layer says for all it holds, through attributes that inherit.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use plotters::coord::Shift;
use plotters::prelude::{
    DrawingArea, FontStyle, IntoDrawingArea, IntoFont, PathElement, Polygon, RGBColor, Rectangle, SVGBackend,
    ShapeStyle, Text, TextStyle,
};
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::color::{Color, ColorMap};
use crate::error::PlotError;
use crate::export::Document;
use crate::font::{FAMILY, Face};
use crate::geometry::{Point, Rect};
use crate::label::Layout;
use crate::palette::{Dashes, Marker, Theme};

/// Plotters pixels per point.
const FINENESS: f64 = 100.0;

/// What a layer says of everything in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layer {
    /// Nothing shows outside.
    pub(crate) clip: Option<Rect>,
    /// 0 (opaque) to 1 (not there).
    pub(crate) transparency: f64,
    /// How lines are broken.
    pub(crate) dash: Option<Dashes>,
    /// A band of paper around text, pt, that keeps it apart from what is beneath.
    pub(crate) halo: Option<f64>,
    /// Colours come from a map, which has seen the theme already.
    pub(crate) mapped: bool,
}

impl Layer {
    pub(crate) fn clipped(clip: Rect) -> Layer {
        Layer { clip: Some(clip), ..Layer::default() }
    }

    fn attributes(&self, paper: Color) -> String {
        let mut attributes = String::from(r#"stroke-linejoin="round""#);
        // Writing to a string cannot fail.
        let _ = match self.dash {
            Some(lengths) => {
                let [a, b, c, d] = lengths.map(units);
                write!(attributes, r#" stroke-dasharray="{a},{b},{c},{d}""#)
            }
            None => write!(attributes, r#" stroke-linecap="round""#),
        };
        if self.transparency > 0.0 {
            let opacity = 1.0 - self.transparency;
            let _ = write!(attributes, r#" fill-opacity="{opacity:.3}" stroke-opacity="{opacity:.3}""#);
        }
        if let Some(width) = self.halo {
            let _ = write!(attributes, r#" stroke="{}" stroke-width="{}""#, hex(paper), units(2.0 * width));
        }
        attributes
    }
}

/// A page of a given size, pt, and on the paper of a theme, which turns every colour into its own.
pub(crate) struct Canvas {
    pub(crate) theme: Theme,
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    pub(crate) fn new(width: f64, height: f64, theme: Theme) -> Self {
        Self { theme, width, height, body: String::new() }
    }

    /// Draws a layer over what is there.
    pub(crate) fn layer(
        &mut self,
        layer: Layer,
        draw: impl FnOnce(&Pen) -> Result<(), PlotError>,
    ) -> Result<(), PlotError> {
        let group = self.group(layer, draw)?;
        self.add(layer.clip, &group);
        Ok(())
    }

    fn group(
        &self,
        layer: Layer,
        draw: impl FnOnce(&Pen) -> Result<(), PlotError>,
    ) -> Result<String, PlotError> {
        let mut document = String::new();
        {
            let size = (units(self.width) as u32, units(self.height) as u32);
            let area = SVGBackend::with_string(&mut document, size).into_drawing_area();
            let pen = Pen { area, theme: if layer.mapped { Theme::Light } else { self.theme } };
            draw(&pen)?;
            pen.area.present().map_err(refused)?;
        }
        Ok(format!("<g {}>\n{}</g>\n", layer.attributes(self.theme.paper()), inside(&document)))
    }

    fn add(&mut self, clip: Option<Rect>, group: &str) {
        self.open(clip);
        self.body += group;
        self.close();
    }

    /// Text with a band of paper around it. The band is of outlines, so that a PDF holds the text once.
    pub(crate) fn haloed(
        &mut self,
        clip: Option<Rect>,
        draw: impl Fn(&Pen) -> Result<(), PlotError>,
    ) -> Result<(), PlotError> {
        let halo = self.group(Layer { halo: Some(1.1), ..Layer::default() }, &draw)?;
        let (width, height) = (units(self.width), units(self.height));
        let page = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{halo}</svg>"#
        );
        let outlined = Document::parse(&page, self.theme.paper())?.svg();
        self.add(clip, inside(&outlined));
        self.layer(Layer { clip, ..Layer::default() }, &draw)
    }

    /// The colours a map goes through on this paper, from 0 to 1.
    pub(crate) fn colors(&self, map: ColorMap) -> impl Fn(f64) -> Color + use<> {
        let theme = self.theme;
        move |t| theme.map(&map, t)
    }

    /// Stretches a PNG picture over `at`, showing what lies within `clip`, its pixels `crisp` or blended.
    pub(crate) fn picture(&mut self, at: Rect, clip: Rect, png: &[u8], crisp: bool) {
        self.open(Some(clip));
        let rendering = if crisp { "optimizeSpeed" } else { "optimizeQuality" };
        self.body += &format!(
            r#"<image {} preserveAspectRatio="none" image-rendering="{rendering}" href="data:image/png;base64,{}"/>"#,
            frame(at),
            BASE64.encode(png)
        );
        self.close();
    }

    fn open(&mut self, clip: Option<Rect>) {
        let rect = clip.unwrap_or(Rect { left: 0.0, top: 0.0, right: self.width, bottom: self.height });
        let overflow = if clip.is_some() { "hidden" } else { "visible" };
        let Rect { left, top, .. } = rect;
        self.body += &format!(
            "<svg {} viewBox=\"{} {} {} {}\" overflow=\"{overflow}\">\n",
            frame(rect),
            units(left),
            units(top),
            units(rect.width()),
            units(rect.height())
        );
    }

    fn close(&mut self) {
        self.body += "</svg>\n";
    }

    /// The whole page as an SVG document with live text, as wide as it is on paper.
    pub(crate) fn into_svg(self) -> String {
        let Self { theme, width, height, body } = self;
        let paper = hex(theme.paper());
        let view = format!("0 0 {} {}", units(width), units(height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" viewBox=\"{view}\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n{body}</svg>\n"
        )
    }
}

/// What stands between the outermost tags of a document.
fn inside(document: &str) -> &str {
    let tag = document.find("<svg").unwrap_or(0);
    let start = document[tag..].find('>').map_or(0, |length| tag + length + 1);
    let end = document.rfind("</svg>").unwrap_or(document.len());
    &document[start..end.max(start)]
}

fn frame(rect: Rect) -> String {
    format!(
        r#"x="{}" y="{}" width="{}" height="{}""#,
        units(rect.left),
        units(rect.top),
        units(rect.width()),
        units(rect.height())
    )
}

/// Points to plotters pixels. Far outside the page the exact place does not matter, only that it
/// stays an integer with room to spare.
fn units(points: f64) -> i32 {
    (points * FINENESS).round().clamp(-1e7, 1e7) as i32
}

fn place((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

fn refused(error: impl std::fmt::Display) -> PlotError {
    PlotError::Drawing(error.to_string())
}

/// Draws in one layer, in points and in the colours that the theme has for those it is given.
pub(crate) struct Pen<'a> {
    theme: Theme,
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Pen<'_> {
    /// An open line of the given weight, pt.
    pub(crate) fn line(&self, points: &[Point], color: Color, weight: f64) -> Result<(), PlotError> {
        self.inked(points, self.theme.color(color), weight)
    }

    /// A line in a colour that is the theme's already.
    fn inked(&self, points: &[Point], color: Color, weight: f64) -> Result<(), PlotError> {
        let mut path: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
        path.dedup();
        self.area.draw(&PathElement::new(path, stroke(color, weight))).map_err(refused)
    }

    /// A filled polygon.
    pub(crate) fn polygon(&self, points: &[Point], color: Color) -> Result<(), PlotError> {
        let outline: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
        self.area.draw(&Polygon::new(outline, fill(self.theme.color(color)))).map_err(refused)
    }

    /// A filled rectangle.
    pub(crate) fn rectangle(&self, rect: Rect, color: Color) -> Result<(), PlotError> {
        let corners = [place((rect.left, rect.top)), place((rect.right, rect.bottom))];
        self.area.draw(&Rectangle::new(corners, fill(self.theme.color(color)))).map_err(refused)
    }

    /// A filled disc of the given diameter, pt: a line of hardly any length with round ends, which
    /// is half the size of a circle in the outlined document.
    pub(crate) fn disc(&self, centre: Point, diameter: f64, color: Color) -> Result<(), PlotError> {
        let (x, y) = place(centre);
        let style = stroke(self.theme.color(color), diameter);
        self.area.draw(&PathElement::new([(x, y), (x + 1, y)], style)).map_err(refused)
    }

    /// A marker of the given size, pt, in the shape the theme has for the colour.
    pub(crate) fn marker(&self, at: Point, size: f64, color: Color) -> Result<(), PlotError> {
        let shape = self.theme.marker(color);
        let corner = |&(x, y): &Point| (at.0 + 0.5 * size * x, at.1 + 0.5 * size * y);
        match shape.corners() {
            Corners::Round => self.disc(at, size, color),
            Corners::Filled(corners) => self.polygon(&corners.iter().map(corner).collect::<Vec<_>>(), color),
            Corners::Strokes(strokes) => strokes
                .iter()
                .try_for_each(|ends| self.line(&ends.each_ref().map(corner), color, 0.28 * size)),
        }
    }

    /// A label whose baseline starts at `origin`, in a colour that reads on the paper.
    pub(crate) fn text(&self, label: &Layout, origin: Point, color: Color) -> Result<(), PlotError> {
        self.set(label, color, FontTransform::None, |(x, y)| (origin.0 + x, origin.1 + y))
    }

    /// A label that reads upwards, its baseline starting at `origin`.
    pub(crate) fn text_upwards(&self, label: &Layout, origin: Point, color: Color) -> Result<(), PlotError> {
        self.set(label, color, FontTransform::Rotate270, |(x, y)| (origin.0 + y, origin.1 - x))
    }

    fn set(
        &self,
        label: &Layout,
        color: Color,
        turn: FontTransform,
        to_page: impl Fn(Point) -> Point,
    ) -> Result<(), PlotError> {
        let color = self.theme.ink(color);
        let ink = plotters_color(color);
        for run in &label.runs {
            let slope = match run.face {
                Face::Roman => FontStyle::Normal,
                Face::Italic => FontStyle::Italic,
                Face::Bold => FontStyle::Bold,
            };
            // plotters takes 1.24 times the size it writes, and has `VPos::Bottom` raise the
            // baseline by half an ex, which resvg takes for a quarter of the size.
            let font = (FAMILY, run.size * FINENESS * 1.24).into_font().style(slope).transform(turn.clone());
            let style = TextStyle::from(font).color(&ink).pos(Pos::new(HPos::Left, VPos::Bottom));
            let at = place(to_page((run.x, run.y + 0.25 * run.size)));
            self.area.draw(&Text::new(run.text.as_str(), at, style)).map_err(refused)?;
        }
        for part in &label.strokes {
            let points: Vec<Point> = part.points.iter().copied().map(&to_page).collect();
            self.inked(&points, color, part.weight)?;
        }
        Ok(())
    }
}

/// What a marker is drawn from, in units of half its size.
enum Corners {
    Round,
    Filled(&'static [Point]),
    Strokes([[Point; 2]; 2]),
}

impl Marker {
    fn corners(self) -> Corners {
        match self {
            Marker::Disc => Corners::Round,
            Marker::Square => Corners::Filled(&[(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)]),
            Marker::Triangle => Corners::Filled(&[(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)]),
            Marker::Wedge => Corners::Filled(&[(0.0, 1.15), (1.05, -0.75), (-1.05, -0.75)]),
            Marker::Diamond => Corners::Filled(&[(0.0, -1.25), (1.1, 0.0), (0.0, 1.25), (-1.1, 0.0)]),
            Marker::Plus => Corners::Strokes([[(-1.0, 0.0), (1.0, 0.0)], [(0.0, -1.0), (0.0, 1.0)]]),
            Marker::Cross => Corners::Strokes([[(-0.8, -0.8), (0.8, 0.8)], [(-0.8, 0.8), (0.8, -0.8)]]),
        }
    }
}

fn hex(color: Color) -> String {
    let [r, g, b] = color.rgb;
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn plotters_color(color: Color) -> RGBColor {
    let [r, g, b] = color.rgb;
    RGBColor(r, g, b)
}

fn stroke(color: Color, weight: f64) -> ShapeStyle {
    ShapeStyle::from(&plotters_color(color)).stroke_width(units(weight).max(1) as u32)
}

fn fill(color: Color) -> ShapeStyle {
    ShapeStyle::from(&plotters_color(color)).filled()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    /// What a label covers on the page when its baseline starts at (20, 50): left, top, right, bottom.
    fn drawn(markup: &str, upwards: bool) -> [f64; 4] {
        let label = Label::from(markup).layout(10.0, Face::Roman);
        let mut canvas = Canvas::new(200.0, 200.0, Theme::Light);
        let draw = |pen: &Pen| match upwards {
            true => pen.text_upwards(&label, (50.0, 180.0), Color::hex(0)),
            false => pen.text(&label, (20.0, 50.0), Color::hex(0)),
        };
        canvas.layer(Layer::default(), draw).expect("draws");
        let page = r##"<rect width="100%" height="100%" fill="#FFFFFF"/>"##;
        let svg = canvas.into_svg().replace(page, "");
        let bounds = Document::parse(&svg, Color::hex(0xFFFFFF)).expect("parses").ink();
        bounds.map(|pixels| pixels * 72.0 / 96.0)
    }

    #[test]
    fn text_lands_where_it_was_measured() {
        for markup in
            ["reconstruction", "AVATAR To fi", "$x_{t-1}^2$", r"$\bar{\alpha}_t$ against $\sigma_t^2$ (nats)"]
        {
            let label = Label::from(markup).layout(10.0, Face::Roman);
            let [left, top, right, bottom] = drawn(markup, false);
            assert!((top - (50.0 - label.ascent)).abs() < 0.06, "{markup}: top {top}");
            assert!((bottom - (50.0 + label.descent)).abs() < 0.06, "{markup}: bottom {bottom}");
            assert!(left >= 20.0 && right <= 20.0 + label.width + 0.3, "{markup}: {left} to {right}");
            assert!(right > 20.0 + label.width - 1.2, "{markup}: ends at {right}, not near {}", label.width);
        }
    }

    #[test]
    fn text_with_a_halo_is_written_once() {
        let label = Label::from("$x_t$ here").layout(10.0, Face::Roman);
        let mut canvas = Canvas::new(200.0, 200.0, Theme::Dark);
        canvas.haloed(None, |pen| pen.text(&label, (20.0, 50.0), Color::hex(0))).expect("draws");
        let svg = canvas.into_svg();
        assert_eq!(svg.matches("<text").count(), label.runs.len());
        assert!(svg.contains("stroke=\"#1e1e1e\""), "the halo is not of paper");
    }

    #[test]
    fn text_that_reads_upwards_is_text_turned_left() {
        let [left, top, right, bottom] = drawn("$x_t^2$ against y", false);
        let turned = drawn("$x_t^2$ against y", true);
        let expected =
            [50.0 + top - 50.0, 180.0 - (right - 20.0), 50.0 + bottom - 50.0, 180.0 - (left - 20.0)];
        assert!(turned.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.06), "{turned:?} {expected:?}");
    }
}
