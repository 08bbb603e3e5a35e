//! The moons: latent spaces of three objectives, the way from half to full moon, the decoded latent grid.

use montecarlo::Streams;
use ndarray::{Array2, array};
use plot::{Figure, Pictures, Raster};
use toy::MoonPhase;

use super::{Drawing, FigureError, LectureFigure, Studio};
use crate::chapters::moons as pictures;
use crate::studies::experiment::{Experiment, Trained};
use crate::studies::moon_sets;
use crate::studies::moons::{experiment, walks};
use crate::studies::walk::{Judge, Likeness};

pub(super) const LATENT_SPACES: LectureFigure = LectureFigure {
    name: "latent_spaces",
    title: "latent spaces for reconstruction alone, prior matching alone, and both",
    claims: &["B6a", "B11a", "B12a", "B13a", "B13b"],
    draw: latent_spaces,
};

pub(super) const MOON_PHASES: LectureFigure = LectureFigure {
    name: "moon_phases",
    title: "decoded pictures on the way from the half moon to the full moon",
    claims: &["B11a", "B13a", "B13b", "B13c"],
    draw: moon_phases,
};

pub(super) const LATENT_GRID: LectureFigure = LectureFigure {
    name: "latent_grid",
    title: "the latent space of moons, decoded on a grid",
    claims: &["B13c", "N3b"],
    draw: latent_grid,
};

const EXAMPLES: usize = 600;
/// Quantiles of the prior at which the grid is decoded.
const GRID: usize = 11;

/// Moons of all phases but a gap, and the three models that were shown them.
#[derive(Debug)]
pub(super) struct Moons {
    phases: Vec<f64>,
    experiment: Experiment,
    models: Vec<Trained>,
}

impl Moons {
    /// Trains the models: those of the chapter `moon_latents`, if the seed is its seed.
    pub(super) fn train(studio: &Studio) -> Result<Self, nn::TrainingError> {
        let streams = Streams::new(studio.seed());
        let phases = moon_sets::all_but_a_gap(EXAMPLES, streams);
        let data = MoonPhase::default().images(&phases).expect("phases between 0 and 1");
        let experiment = experiment("all phases but a gap", data, streams);
        let models = experiment.run(&|_, _| ())?;
        Ok(Self { phases, experiment, models })
    }
}

fn latent_spaces(studio: &Studio) -> Result<Drawing, FigureError> {
    let Moons { phases, experiment, models } = studio.moons()?;
    let figure = pictures::latent_spaces(models, &experiment.data, phases, "lit fraction");
    let kl =
        |k: usize| format!("{:.2} \\pm {:.2}", models[k].aggregate_kl.mean, models[k].aggregate_kl.std_err);
    let caption = format!(
        "{EXAMPLES} pictures of moons of all phases but a gap, in the latent spaces of three models of one shape: encoder means \
         coloured by the lit fraction, one-sigma ellipses of some posteriors, the aggregate posterior behind them, one and two \
         standard deviations of the prior dashed. Reconstruction alone pushes the codes apart; prior matching alone makes every \
         posterior the prior; both together keep the codes near the prior. $\\mathrm{{KL}}(q(z) \\,\\|\\, p(z))$ is \
         ${}$, ${}$ and ${}$ nats (one standard error).",
        kl(0),
        kl(1),
        kl(2)
    );
    Ok(Drawing::new(figure, caption))
}

fn moon_phases(studio: &Studio) -> Result<Drawing, FigureError> {
    let Moons { experiment, models, .. } = studio.moons()?;
    let moon = MoonPhase::default();
    let judge = Judge::new(moon.clone());
    let walks = walks(&judge, models, experiment);
    let figure = pictures::strips(&judge, &walks, moon.size()).expect("shares of the way between 0 and 1");
    let moons = |objective: usize| {
        let pictures = &walks[objective].pictures;
        format!("{} of {}", pictures.iter().filter(|p| p.likeness == Likeness::Moon).count(), pictures.len())
    };
    let caption = format!(
        "Pictures decoded on the straight line between the codes of the half and of the full moon, by the models of the figure \
         before; above them true moons and pixel blends. The phases from {:.2} to {:.2} were never shown. Of the pictures on the way, \
         {} are moons for reconstruction alone, {} for prior matching alone and {} for the ELBO, which means nearer to a true moon \
         than {:.3} (root-mean-square grey): half of what is between the three-quarter moon and the nearest blend. Half-way the ELBO is {:.3} from the nearest moon and \
         {:.3} from the nearest blend.",
        moon_sets::GAP.0,
        moon_sets::GAP.1,
        moons(0),
        moons(1),
        moons(2),
        judge.close(),
        walks[2].middle().moon.distance,
        walks[2].middle().blend.distance,
    );
    Ok(Drawing::new(figure, caption))
}

fn latent_grid(studio: &Studio) -> Result<Drawing, FigureError> {
    let Moons { experiment, models, .. } = studio.moons()?;
    let size = MoonPhase::default().size();
    let mut figure = Figure::new(160.0, 86.0).columns(2);
    for (k, title) in [(0, "reconstruction only"), (2, "the ELBO")] {
        let mut table = Pictures::new(title);
        for i in 0..GRID {
            let row = (0..GRID).map(|j| {
                let z = array![[quantile(j), quantile(GRID - 1 - i)]];
                raster(&models[k].vae.decoder.mean(&z), size)
            });
            table = table.row(format!("${:.1}$", quantile(GRID - 1 - i)), row);
        }
        figure.panel(table.column_notes((0..GRID).map(|j| format!("${:.1}$", quantile(j)))));
    }
    let within = |k: usize| {
        let codes = models[k].vae.encoder.mean(&experiment.data);
        let inside =
            codes.rows().into_iter().filter(|z| z.iter().all(|z| z.abs() <= quantile(GRID - 1))).count();
        format!("{:.0} %", 100.0 * inside as f64 / codes.nrows() as f64)
    };
    let caption = format!(
        "Decoded pictures at {GRID} by {GRID} points of the latent space, $z_1$ to the right and $z_2$ upwards, at even quantiles of the \
         prior in both coordinates, so that all are equally probable under $p(z)$. Of the codes of the examples {} lie within this square \
         for reconstruction alone, and {} for the ELBO. Along the curve of the codes, in the figure of latent spaces, what is \
         decoded are moons, and beside it blends of moons.",
        within(0),
        within(2),
    );
    Ok(Drawing::new(figure, caption))
}

fn raster(pixels: &Array2<f64>, size: usize) -> Raster {
    Raster::new(size, size, pixels.iter().map(|p| p.clamp(0.0, 1.0)))
}

/// The `i`-th of [`GRID`] even quantiles of `N(0, 1)`.
fn quantile(i: usize) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().inverse_cdf((i as f64 + 0.5) / GRID as f64)
}
