//! Figures for lecture notes: data in, print-ready SVG, PDF and PNG out, the same on every machine.
//!
//! A [`Figure`] holds [`Panel`]s (or [`Pictures`], or a [`Diagram`]) in a grid; a panel holds data as marks, each with
//! a [`Style`]. Margins are measured, series are named beside their data, and saving a figure also
//! saves the table of what it shows.
//!
//! What the caller says:
//! - [`figure`](Figure): size, grid, shared axes, saving
//! - [`panel`](Panel): axes and marks; [`pictures`](Pictures): rows of small images
//! - [`diagram`](Diagram): variables as nodes, conditional laws as arrows
//! - [`style`](Style): colour, weight, name of a mark; [`ColorScale`]: values as colours
//! - [`raster`](Raster): matrices of values and the [`Extent`] they cover
//! - [`label`](Label): text with `$x_t$` and `$\bar{\alpha}$`; [`greek`]: its letters by name
//! - [`theme`]: the colours by name; [`Theme`]: the paper, light, dark or for printing in grey
//!
//! How it is drawn, each step in its own file:
//! - `markup` reads labels, `command` knows their vocabulary, `symbol` draws signs the font lacks, `font` measures
//! - `mark` knows the shapes; `scale` the axes and ticks; `contour` level lines
//! - `fit` lays a figure out for another width; `diagram_layout` places nodes, arrows and their labels, `rounded` knows
//!   the borders of nodes, `diagram_page` draws them
//! - `layout` finds places; `axes`, `draw`, `direct`, `guide_label`, `colorbar`, `picture_table` draw into them
//! - `palette` knows what each colour becomes on each paper
//! - `canvas` is the page, drawn on with plotters; `export` and `pdf` turn it into files, `table` the data into CSV

mod axes;
mod canvas;
mod color;
mod colorbar;
mod command;
mod contour;
mod diagram;
mod diagram_curves;
mod diagram_layout;
mod diagram_page;
mod direct;
mod draw;
mod error;
mod export;
mod figure;
mod fit;
mod font;
mod geometry;
mod guide_label;
mod label;
mod layout;
mod mark;
mod markup;
mod palette;
mod panel;
mod pdf;
mod picture_table;
mod pictures;
mod raster;
mod rounded;
mod scale;
mod style;
mod symbol;
mod table;
pub mod theme;

pub use color::{Color, ColorMap};
pub use command::greek;
pub use diagram::{Arrow, Diagram, Node};
pub use error::PlotError;
pub use export::{Format, write_whole};
pub use figure::{Content, Figure};
pub use label::Label;
pub use palette::Theme;
pub use panel::Panel;
pub use pictures::Pictures;
pub use raster::{Extent, Raster};
pub use style::{Align, ColorScale, Style};
