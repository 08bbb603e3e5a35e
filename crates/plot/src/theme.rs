//! The one look of every figure: colours, type sizes, line weights, as they are on white paper.
//!
//! Series colours are Okabe and Ito's (*Color Universal Design*, 2008), safe for the common
//! kinds of colour blindness; [`SERIES`] orders them so that neighbours also differ in luminance.
//! Maps are Smith and van der Walt's viridis, Nuñez, Anderton and Renslow's cividis, and Brewer's
//! blues drawn out to white.

use crate::color::{Color, ColorMap};

/// Okabe-Ito blue: the first series, and whatever the figure is about.
pub const BLUE: Color = Color::hex(0x0072B2);
/// Okabe-Ito vermillion: what is compared with the first.
pub const VERMILLION: Color = Color::hex(0xD55E00);
/// Okabe-Ito bluish green.
pub const GREEN: Color = Color::hex(0x009E73);
/// Okabe-Ito orange.
pub const ORANGE: Color = Color::hex(0xE69F00);
/// Okabe-Ito sky blue.
pub const SKY: Color = Color::hex(0x56B4E9);
/// Okabe-Ito reddish purple.
pub const PURPLE: Color = Color::hex(0xCC79A7);
/// Okabe-Ito black, softened; a trace off [`TEXT`], so that print can break a series in it and leave arrows in [`TEXT`] whole.
pub const BLACK: Color = Color::hex(0x202020);
/// Guides that are read against, not read: priors, exact values, reference lines.
pub const GUIDE: Color = Color::hex(0x7A7A7A);
/// Paper.
pub const WHITE: Color = Color::hex(0xFFFFFF);
/// Text that belongs to no series.
pub const TEXT: Color = Color::hex(0x222222);

/// Colours for series in order.
pub const SERIES: [Color; 7] = [BLUE, ORANGE, GREEN, SKY, VERMILLION, BLACK, PURPLE];

/// Sequential, perceptually uniform: the default for values of points.
pub const VIRIDIS: ColorMap = ColorMap::new(&[
    Color::hex(0x440154),
    Color::hex(0x482475),
    Color::hex(0x414487),
    Color::hex(0x355F8D),
    Color::hex(0x2A788E),
    Color::hex(0x21918C),
    Color::hex(0x22A884),
    Color::hex(0x44BF70),
    Color::hex(0x7AD151),
    Color::hex(0xBDDF26),
    Color::hex(0xFDE725),
]);

/// Sequential, seen the same by colour-blind readers.
pub const CIVIDIS: ColorMap = ColorMap::new(&[
    Color::hex(0x00224E),
    Color::hex(0x123570),
    Color::hex(0x3B496C),
    Color::hex(0x575D6D),
    Color::hex(0x707173),
    Color::hex(0x8A8678),
    Color::hex(0xA59C74),
    Color::hex(0xC3B369),
    Color::hex(0xE1CC55),
    Color::hex(0xFEE838),
]);

/// White to dark blue: densities, which fade into the paper.
pub const DENSITY: ColorMap = ColorMap::new(&[
    WHITE,
    Color::hex(0xDEEBF7),
    Color::hex(0xC6DBEF),
    Color::hex(0x9ECAE1),
    Color::hex(0x6BAED6),
    Color::hex(0x4292C6),
    Color::hex(0x2171B5),
    Color::hex(0x08519C),
    Color::hex(0x08306B),
]);

/// Blue through white to vermillion: signed quantities.
pub const DIVERGING: ColorMap =
    ColorMap::new(&[BLUE, Color::hex(0x8FC1DE), WHITE, Color::hex(0xEFB58A), VERMILLION]);

/// Black to white: pictures.
pub const GREY: ColorMap = ColorMap::new(&[Color::hex(0x000000), WHITE]);

/// What fills the nodes of a diagram that are observed.
pub(crate) const SHADE: Color = Color::hex(0xD6D6D6);
/// Axis lines and tick marks.
pub(crate) const SPINE: Color = Color::hex(0x555555);
/// Grid lines.
pub(crate) const GRID: Color = Color::hex(0xE4E4E4);

/// Size of the figure's title, pt.
pub(crate) const FIGURE_TITLE: f64 = 10.0;
/// Size of panel titles, pt.
pub(crate) const TITLE: f64 = 9.0;
/// Size of axis labels and direct labels, pt.
pub(crate) const LABEL: f64 = 8.5;
/// Size of tick labels, pt.
pub(crate) const TICK: f64 = 7.5;

/// Weight of a data line, pt.
pub(crate) const LINE: f64 = 1.3;
/// Weight of guides and outlines, pt.
pub(crate) const THIN: f64 = 0.75;
/// Weight of axis lines and ticks, pt.
pub(crate) const SPINE_WEIGHT: f64 = 0.5;
/// Weight of grid lines, pt.
pub(crate) const HAIRLINE: f64 = 0.4;
/// Length of a tick mark, pt.
pub(crate) const TICK_LENGTH: f64 = 2.5;
/// Small gap between things that belong together, pt.
pub(crate) const GAP: f64 = 3.0;
/// Gap between panels, pt.
pub(crate) const GUTTER: f64 = 11.0;
/// Free border around the figure, pt.
pub(crate) const BORDER: f64 = 3.0;
