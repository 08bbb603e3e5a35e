//! PDF from the drawn page: vectors, subsets of the embedded fonts, pictures pixel for pixel.

use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};
use krilla_svg::{SurfaceExt as _, SvgSettings};
use resvg::usvg::Tree;

use crate::error::PlotError;

/// Points in an SVG pixel, of which there are 96 to the inch.
const POINTS_PER_PIXEL: f32 = 72.0 / 96.0;

/// One page as large as the tree. Neither a date nor a name goes in, so that the bytes depend on the tree alone.
pub(crate) fn encode(tree: &Tree) -> Result<Vec<u8>, PlotError> {
    let (width, height) = (tree.size().width() * POINTS_PER_PIXEL, tree.size().height() * POINTS_PER_PIXEL);
    let no_page = || PlotError::Drawing(format!("{width} by {height} pt are no page"));
    let size = Size::from_wh(width, height).ok_or_else(no_page)?;
    let mut document =
        Document::new_with(SerializeSettings { enable_tagging: false, ..SerializeSettings::default() });
    let mut page = document.start_page_with(PageSettings::new(size));
    let mut surface = page.surface();
    let drawn = surface.draw_svg(tree, size, SvgSettings::default());
    surface.finish();
    page.finish();
    drawn.ok_or_else(|| PlotError::Drawing("the page could not be set as PDF".to_owned()))?;
    document.finish().map_err(|error| PlotError::Drawing(format!("PDF: {error:?}")))
}
