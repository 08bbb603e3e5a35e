//! The terms of the bound in its three forms for an exactly solvable reverse model, one by one and added up.

use ndarray::array;
use plot::{Align, Color, Figure, Panel, Style, theme};
use prob::Bound;

use super::setting::{X_0, setting};
use super::{Drawing, FigureError, LectureFigure, Studio};

pub(super) const FIGURE: LectureFigure = LectureFigure {
    name: "bound_terms",
    title: "the terms of the bound in three forms, added up to the bound",
    claims: &["D5", "D6e", "D7a", "D7b", "D14a", "R1", "R2"],
    draw,
};

/// One way to write the bound.
struct Form {
    name: &'static str,
    bound: Bound,
    color: Color,
    line: fn(Style) -> Style,
}

fn forms() -> [Form; 3] {
    let (model, x_0) = (setting(), array![X_0]);
    [
        Form { name: "denoising", bound: model.denoising(&x_0), color: theme::BLUE, line: |style| style },
        Form {
            name: "consistency",
            bound: model.consistency(&x_0),
            color: theme::GREEN,
            line: Style::dashed,
        },
        Form {
            name: "consistency, as printed",
            bound: model.consistency_as_printed(&x_0),
            color: theme::VERMILLION,
            line: Style::dotted,
        },
    ]
}

/// What is taken from the reconstruction: a term for each reverse step but the first, and the prior's.
fn losses(bound: &Bound) -> Vec<f64> {
    bound.matching.iter().copied().chain([bound.prior_matching]).collect()
}

/// The reconstruction, and what is left of it after each term.
fn cumulated(bound: &Bound) -> Vec<f64> {
    let mut left = vec![bound.reconstruction];
    for loss in losses(bound) {
        left.push(left[left.len() - 1] - loss);
    }
    left
}

fn numbered(values: Vec<f64>, from: usize) -> Vec<(f64, f64)> {
    values.into_iter().enumerate().map(|(i, value)| ((i + from) as f64, value)).collect()
}

fn draw(_: &Studio) -> Result<Drawing, FigureError> {
    let (model, forms) = (setting(), forms());
    let last = model.steps() as f64;
    let names = |from: usize| {
        let steps = (from..model.steps()).map(|k| match k {
            0 => (0.0, "recon.".to_owned()),
            k => (k as f64, k.to_string()),
        });
        steps.chain([(last, "prior".to_owned())]).collect::<Vec<_>>()
    };
    let mut terms = Panel::new("each term")
        .x_label("matching of $p(x_k|x_{k+1})$, $k$")
        .y_label("nats")
        .x_ticks(names(1))
        .x_range(0.6, last + 0.4)
        .y_range(0.0, 0.72);
    let mut sums = Panel::new("reconstruction less the terms so far")
        .x_label("terms taken off")
        .y_label("nats")
        .x_ticks(names(0))
        .x_range(-0.4, last + 0.4)
        .y_range(-3.15, 0.2)
        .horizontal(model.log_evidence(&array![X_0]), Style::guide().name("log p(x_0)"));
    for Form { name, bound, color, line } in &forms {
        let style = || line(Style::new(*color));
        let (of_terms, of_sums) = (numbered(losses(bound), 1), numbered(cumulated(bound), 0));
        terms = terms
            .line(of_terms.clone(), style().name(*name))
            .points(of_terms, Style::new(*color).size(3.6).name(*name));
        sums = sums
            .line(of_sums.clone(), style().name(*name))
            .points(of_sums, Style::new(*color).size(3.6).name(*name));
    }
    let elbo = forms.each_ref().map(|form| form.bound.elbo());
    terms = terms
        .text((3.0, 0.63), "consistency, as printed", Style::new(theme::VERMILLION).align(Align::Left))
        .text((1.55, 0.44), "denoising", Style::new(theme::BLUE).align(Align::Left))
        .text((2.0, 0.13), "consistency", Style::new(theme::GREEN));
    sums = sums
        .text(
            (last + 0.3, elbo[0] - 0.17),
            format!("${:.4}$", elbo[0]),
            Style::new(theme::BLUE).align(Align::Right),
        )
        .text(
            (last - 0.3, elbo[2] - 0.08),
            format!("${:.4}$", elbo[2]),
            Style::new(theme::VERMILLION).align(Align::Right),
        )
        .text(
            (-0.2, model.log_evidence(&array![X_0]) + 0.12),
            r"$\log p(x_0)$",
            Style::new(theme::TEXT).align(Align::Left),
        );
    let mut figure = Figure::new(160.0, 66.0).columns(2);
    figure.panel(terms).panel(sums);
    let matching = forms.each_ref().map(|form| form.bound.matching.iter().sum::<f64>());
    let caption = format!(
        "The terms of the bound at $x_0 = {X_0}$ for {} steps and a linear reverse model, all exact. Left: the matching term of each reverse \
         step, and the prior term. Right: what is left of the reconstruction when they are taken off one by one. The denoising terms sum to \
         {:.4} nats and the true consistency terms to {:.4}, yet with their own prior terms both end at the bound, {:.4}. The consistency \
         terms as printed in Luo (45) end at {:.4}.",
        model.steps(),
        matching[0],
        matching[1],
        elbo[0],
        elbo[2],
    );
    Ok(Drawing::new(figure, caption))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// What is drawn ends at the bound of the whole path, which knows no terms, in two forms of three.
    #[test]
    fn all_sums_but_the_printed_one_end_at_the_bound() {
        let path = setting().path(&array![X_0]);
        let ends = forms().map(|form| *cumulated(&form.bound).last().expect("a term"));
        assert_relative_eq!(ends[0], path, max_relative = 1e-12);
        assert_relative_eq!(ends[1], path, max_relative = 1e-12);
        assert!(ends[2] < path - 1.0, "{ends:?}");
    }
}
