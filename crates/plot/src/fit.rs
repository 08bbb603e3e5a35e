//! A figure laid out anew for another width, its type as large as before: for a column of a document.

use crate::diagram_layout;
use crate::error::PlotError;
use crate::figure::{Content, Figure};
use crate::geometry::Rect;
use crate::layout::{POINTS_PER_MM, arrange};

/// Where data get narrower than this, mm, a column of panels is given up, unless they were as narrow before.
const LEAST: f64 = 35.0;
/// Height that a row is given before its margins are known, mm.
const GUESS: f64 = 60.0;
/// Margins depend a little on the size of the data, so that the height is found in turn with them.
const ROUNDS: usize = 6;

impl Figure {
    /// The figure laid out anew for a width in mm, at the same type size: panels shrink or grow and keep their proportions,
    /// and the height follows. Where data would be narrower than 35 mm, fewer panels stand in a row; axes that
    /// were shared stay the same.
    ///
    /// # Errors
    /// As [`Figure::svg`]; [`PlotError::TooSmall`] if there is no room even in one column.
    pub fn fit_width(self, width: f64) -> Result<Figure, PlotError> {
        self.check()?;
        let before = data(&self)?;
        let proportions: Vec<f64> = before.iter().map(|rect| rect.height() / rect.width()).collect();
        let least = narrowest(&before).min(LEAST * POINTS_PER_MM);
        let columns = self.columns.min(self.contents.len());
        for columns in (2..=columns).rev() {
            match self.clone().set_in(width, columns, &proportions) {
                Ok(figure) if narrowest(&data(&figure)?) >= least - 1e-3 => return Ok(figure),
                Ok(_) | Err(PlotError::TooSmall { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        self.set_in(width, 1, &proportions)
    }

    /// The figure in this many columns, each row as high as the proportions of its panels ask for.
    fn set_in(mut self, width: f64, columns: usize, proportions: &[f64]) -> Result<Figure, PlotError> {
        if columns < self.columns.min(self.contents.len()) {
            self.widths.clear();
        }
        (self.width, self.columns) = (width, columns);
        let rows = self.contents.len().div_ceil(columns);
        self.height = GUESS * rows as f64 + proportions.iter().sum::<f64>() * width;
        for _ in 0..ROUNDS {
            let rects = data(&self)?;
            let heights = rects.iter().zip(proportions).map(|(rect, of)| of * rect.width());
            let heights: Vec<f64> = heights.zip(self.needed(&rects)).map(|(a, b)| a.max(b)).collect();
            let row = |row: &[f64]| row.iter().sum::<f64>() / row.len() as f64;
            let wanted: Vec<f64> = heights.chunks(columns).map(row).collect();
            let there: f64 = rects.iter().step_by(columns).map(Rect::height).sum();
            self.height += (wanted.iter().sum::<f64>() - there) / POINTS_PER_MM;
            self.heights = wanted;
        }
        data(&self).map(|_| self)
    }

    /// Height that each part needs because of the type in it, pt: that of a diagram does not shrink with its width.
    fn needed(&self, rects: &[Rect]) -> Vec<f64> {
        let parts = self.contents.iter().zip(rects);
        let needed = parts.map(|(content, rect)| match content {
            Content::Diagram(diagram) => diagram_layout::height(diagram, rect.width()),
            Content::Panel(_) | Content::Pictures(_) => 0.0,
        });
        needed.collect()
    }
}

/// Where the data of each part lie.
fn data(figure: &Figure) -> Result<Vec<Rect>, PlotError> {
    Ok(arrange(figure)?.iter().map(|part| part.rect).collect())
}

fn narrowest(rects: &[Rect]) -> f64 {
    rects.iter().map(Rect::width).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Panel;
    use crate::style::Style;
    use proptest::prelude::*;

    fn panels(count: usize, columns: usize) -> Figure {
        let mut figure = Figure::new(160.0, 45.0 * count.div_ceil(columns) as f64).columns(columns);
        for i in 0..count {
            let panel = Panel::new("a title").x_label("$x$").y_label("$y$");
            figure.panel(panel.line([(0.0, 0.0), (1.0, 10f64.powi(i as i32))], Style::series(i)));
        }
        figure
    }

    fn proportions(figure: &Figure) -> Vec<f64> {
        data(figure).unwrap().iter().map(|rect| rect.height() / rect.width()).collect()
    }

    #[test]
    fn a_narrow_figure_has_fewer_columns_and_the_same_proportions() {
        let (figure, narrow) = (panels(3, 3), panels(3, 3).fit_width(80.0).unwrap());
        assert_eq!((narrow.width, narrow.columns), (80.0, 1));
        assert!(narrow.height > 100.0, "{}", narrow.height);
        let pairs = proportions(&figure).into_iter().zip(proportions(&narrow));
        assert!(pairs.clone().all(|(a, b)| (a / b - 1.0).abs() < 1e-3), "{:?}", pairs.collect::<Vec<_>>());
    }

    #[test]
    fn columns_are_given_up_one_by_one() {
        let columns = |width| panels(6, 3).fit_width(width).unwrap().columns;
        assert_eq!([170.0, 120.0, 70.0].map(columns), [3, 2, 1]);
    }

    #[test]
    fn panels_that_shared_an_axis_still_do() {
        let shared = |figure: &Figure| {
            arrange(figure)
                .unwrap()
                .iter()
                .filter_map(|part| part.frame.as_ref().map(|f| f.y.scale))
                .collect::<Vec<_>>()
        };
        let figure = panels(6, 3).share_y();
        let narrow = figure.clone().fit_width(120.0).unwrap();
        assert_eq!(narrow.columns, 2);
        assert_eq!(shared(&figure), shared(&narrow));
        let labelled: Vec<bool> = arrange(&narrow)
            .unwrap()
            .iter()
            .filter_map(|part| part.frame.as_ref().map(|f| f.y.labelled))
            .collect();
        // The fourth panel begins a row of the figure as it was asked for, so that its left neighbour's axis is another.
        assert_eq!(labelled, [true, false, true, true, true, false]);
    }

    #[test]
    fn a_diagram_keeps_its_height_where_it_gets_narrow() {
        use crate::diagram::{Arrow, Diagram, Node};
        let pair = Diagram::new("pair").node("a", (0.0, 0.0), Node::latent("a")).node(
            "b",
            (2.0, 0.0),
            Node::latent("b"),
        );
        let pair = pair.arrow("a", "b", Arrow::new().bend(40.0).label("there"));
        let mut figure = Figure::new(160.0, 30.0);
        figure.panel(pair.arrow("b", "a", Arrow::new().bend(40.0).label("back")));
        let narrow = figure.fit_width(50.0).unwrap();
        assert!(narrow.height > 20.0, "{}", narrow.height);
        assert!(narrow.svg().is_ok());
    }

    #[test]
    fn without_room_the_error_is_that_of_a_small_page() {
        assert!(matches!(panels(2, 2).fit_width(12.0), Err(PlotError::TooSmall { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_same_width_changes_nothing(count in 1usize..5, columns in 1usize..4) {
            let figure = panels(count, columns);
            let again = figure.clone().fit_width(160.0).unwrap();
            prop_assert_eq!(again.columns, columns.min(count));
            prop_assert!((again.height - figure.height).abs() < 0.01, "{}", again.height);
        }
    }
}
