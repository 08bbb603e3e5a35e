//! Which estimator of the bound has the lower variance, and what better sampling saves.

use super::{Drawing, FigureError, LectureFigure, Studio};
use crate::chapters::estimators as pictures;
use crate::studies::estimators::{FORMS, STEPS, denoising_is_better, ladder, study, turning_point};

pub(super) const CONSISTENCY_AGAINST_DENOISING: LectureFigure = LectureFigure {
    name: "consistency_against_denoising",
    title: "bias and variance of the consistency and the denoising form",
    claims: &["D6d", "D14c", "D14d", "D14e", "D14h", "R3"],
    draw: consistency_against_denoising,
};

pub(super) const LADDER: LectureFigure = LectureFigure {
    name: "estimator_ladder",
    title: "what better sampling of the denoising form saves",
    claims: &["D14d", "E2d"],
    draw: estimator_ladder,
};

/// Steps of the chain whose ladder is shown.
const LADDER_STEPS: usize = 50;

fn consistency_against_denoising(studio: &Studio) -> Result<Drawing, FigureError> {
    let points = study(studio.seed(), |_| ())?;
    let [path, independent, one_step] = denoising_is_better(&points);
    let turn = turning_point(&points, 0)
        .map_or("at none of them".to_owned(), |steps| format!("from $T = {steps}$ on"));
    let off = points.iter().filter(|point| point.form == FORMS[0]).map(|point| point.bias);
    let (least, most) =
        off.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), bias| (low.min(bias), high.max(bias)));
    let caption = format!(
        "Exact variances (lines) and Monte Carlo estimates (points, two standard errors) of three forms of the bound under three \
         ways of sampling. The denoising form has the lower variance at {path} of {n} numbers of steps on one shared path, {turn}, at \
         {independent} with own draws for each term, and at {one_step} with one term at a random step. The consistency form as printed \
         has the highest variance, and a bias: between {least:.3} and {most:.3} nats.",
        n = STEPS.len()
    );
    Ok(Drawing::new(pictures::consistency_vs_denoising(&points), caption))
}

fn estimator_ladder(studio: &Studio) -> Result<Drawing, FigureError> {
    let rungs = ladder(LADDER_STEPS, studio.seed())?;
    let best = rungs.iter().min_by(|a, b| a.work.total_cmp(&b.work)).expect("there are rungs");
    let caption = format!(
        "Variance times evaluations of a matching term for the denoising form at $T = {LADDER_STEPS}$, relative to plain one-step \
         sampling: the work for a given precision. Blue is exact, vermillion by Monte Carlo, with two standard errors. The best rung, {}, \
         needs {} of the work.",
        best.scheme.name().replace('_', " "),
        match best.std_err {
            Some(std_err) => format!("${:.3} \\pm {std_err:.3}$", best.work),
            None => format!("{:.3}", best.work),
        }
    );
    Ok(Drawing::new(pictures::ladder(&rungs), caption))
}
