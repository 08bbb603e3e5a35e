//! Figures of a chapter: a file beside the others, or a picture below its cell.

use std::env;
use std::path::Path;

use plot::{Figure, Format, PlotError};

/// Where the figures of the chapters are.
const FOLDER: &str = "figures/chapters";

/// Shows a figure. Run by cargo it is saved as `figures/chapters/NAME`, as SVG, PDF, PNG and its data as CSV, and says so; in a
/// notebook it stands below the cell that drew it.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn show(figure: &Figure, name: &str) -> Result<(), PlotError> {
    show_in(figure, FOLDER, name)?;
    if !in_notebook() {
        println!("[figure: {FOLDER}/{name}.svg]");
    }
    Ok(())
}

/// The same in another folder, in silence.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn show_in(figure: &Figure, folder: &str, name: &str) -> Result<(), PlotError> {
    if in_notebook() {
        println!("EVCXR_BEGIN_CONTENT image/svg+xml\n{}\nEVCXR_END_CONTENT", figure.svg()?);
    } else {
        figure.save(Path::new(folder), name, &Format::ALL)?;
    }
    Ok(())
}

/// Whether the evcxr kernel runs this program: it says so to it, and prints what stands between these two marks as what it is.
fn in_notebook() -> bool {
    env::var_os("EVCXR_IS_RUNTIME").is_some()
}
