//! Chapter 4: moon latents, what each term of the ELBO is for.

// %% [markdown]
// # 4. Moon latents: what each term of the ELBO is for
//
// An encoder that has seen full moons and half moons should be able to make a three-quarter moon: that is how the story is told.
// Here it is tried. Three models of the same shape are trained from the same initial weights: (a) on the reconstruction term
// (重建项) only, (b) on the prior matching term (先验匹配项) only, (c) on both, the ELBO,
//
// $$\mathrm{ELBO} = \mathrm E_q \log p(x|z) - \mathrm{KL}(q(z|x) \| p(z)),$$
//
// with two data sets: full and half moons with a small jitter, and all phases except a gap about three quarters. Then each walks
// through its latent space from the code of the half moon to that of the full moon, and every picture on the way is judged: is it
// a moon, or a pixel blend of two moons, which is none? Run by cargo the figures are in `figures/moon_latents/`.
//
// Claims of this chapter: B6d, B7, B11a, B12a, B13a, N3b, R11. `elbow explain R11` shows one of them.

// %%
use std::error::Error;

use figures::chapters::{moon_report, moons as pictures};
use figures::studies::experiment::{Experiment, Trained};
use figures::studies::moon_sets;
use figures::studies::moons::{self, Walked};
use figures::studies::walk::Judge;
use montecarlo::Streams;
use ndarray::{Array1, Array2, array};
use nn::TrainingError;
use notebooks::show::show_in;
use notebooks::{check, progress};
use plot::{Figure, PlotError};
use prob::{Bound, Gaussian};
use rayon::prelude::*;
use toy::{MoonPhase, TwoMoons};

const SEED: u64 = 2026;
const EXAMPLES: usize = 600;
const FOLDER: &str = "figures/moon_latents";

/// All experiments at once, a bar over all mini-batches.
fn train(experiments: &[Experiment]) -> Result<Vec<Vec<Trained>>, TrainingError> {
    let bar = progress::bar(experiments.iter().map(|e| e.total_steps() as u64).sum());
    let run = |experiment: &Experiment| {
        experiment.run(&|objective, Bound { reconstruction, prior_matching, .. }| {
            bar.inc(1);
            if bar.position().is_multiple_of(50) {
                let terms =
                    format!("reconstruction {reconstruction:.1}, prior matching {prior_matching:.2} nats");
                bar.set_message(format!("{}, {objective}: {terms}", experiment.name));
            }
        })
    };
    let models = experiments.par_iter().map(run).collect();
    bar.finish_and_clear();
    models
}

/// The means that the decoder gives to encoded data, and to as many draws from the prior.
fn reconstruct_and_sample(model: &Trained, experiment: &Experiment) -> (Array2<f64>, Array2<f64>) {
    let codes = model.vae.encoder.mean(&experiment.data);
    (model.vae.decoder.mean(&codes), moons::from_prior(model, experiment, experiment.data.nrows()))
}

fn headline(experiment: &Experiment) {
    let (name, examples) = (experiment.name.to_uppercase(), experiment.data.nrows());
    println!("\n{name} ({examples} examples; terms in nats, ± one standard error)");
}

/// What became of one set of moons: two tables, what they say, and three figures, the last of them the latent spaces.
fn report(
    judge: &Judge,
    experiment: &Experiment,
    (models, walks): (&[Trained], &[Walked]),
    phases: &[f64],
) -> Result<usize, PlotError> {
    headline(experiment);
    println!("{}\n{}", moon_report::terms(models), moon_report::pictures(walks));
    moon_report::findings(judge, walks).iter().for_each(|found| println!("- {found}"));
    let latents = pictures::latent_spaces(models, &experiment.data, phases, "lit fraction");
    let [distances, training] = [pictures::distances(judge, walks), pictures::training(models)];
    let file = |figure| format!("{}_{figure}", experiment.name.replace(' ', "_"));
    show_all(&[(file("distances"), distances), (file("training"), training), (file("latents"), latents)])
}

/// Shows figures, and says how many. A notebook has room for one below each cell: the last.
fn show_all(drawn: &[(String, Figure)]) -> Result<usize, PlotError> {
    if let Some(((name, figure), others)) = drawn.split_last() {
        others.par_iter().try_for_each(|(name, figure)| show_in(figure, FOLDER, name))?;
        show_in(figure, FOLDER, name)?;
    }
    Ok(drawn.len())
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## Three data sets, three objectives
    //
    // Pictures of 24 by 24 pixels with a code of two numbers, and the two moons of machine learning, which are points of the plane.
    // All nine models are trained side by side, which takes half a minute.

    // %%
    let streams = Streams::new(SEED);
    let moon = MoonPhase::default();
    let (points, labels) =
        TwoMoons::new(0.08)?.sample_labelled(EXAMPLES, &mut streams.role("two moons").rng(0));
    let phases = [moon_sets::full_and_half(EXAMPLES, streams), moon_sets::all_but_a_gap(EXAMPLES, streams)];
    let experiments = [
        moons::experiment("full and half moons", moon.images(&phases[0])?, streams),
        moons::experiment("all phases but a gap", moon.images(&phases[1])?, streams),
        Experiment {
            hidden: vec![64, 64],
            decoder_variance: 0.02,
            steps: 4000,
            ..moons::experiment("two moons", points, streams)
        },
    ];
    let models = train(&experiments)?;
    let judge = Judge::new(moon.clone());
    let (contrast, close) = (judge.contrast(), judge.close());
    println!(
        "Half-way between the half and the full moon lies the three-quarter moon; the nearest pixel blend of the two\n\
         is {contrast:.3} away from it (root-mean-square grey, 0 to 1). Closer than {close:.3} counts as close."
    );

    // %% [markdown]
    // ## Full and half moons
    //
    // Look at three columns of the first table. Reconstruction only (a) buys a little reconstruction with codes that are far from the
    // prior, so that fewer decoded draws are moons (B13a, N3b). Prior matching only (b) has a divergence of 0, which is not "a perfectly
    // learned encoder" (R11) but one that says nothing of $x$ (B11a). With both terms (c) codes pay for what they say: the average
    // divergence is the information $I(x; z)$ plus $\mathrm{KL}(q(z) \| p(z))$, the last column (B12a).

    // %%
    let walks = moons::walks(&judge, &models[0], &experiments[0]);
    let mut figures_shown = report(&judge, &experiments[0], (&models[0], &walks), &phases[0])?;

    // %% [markdown]
    // The codes above, the way below. Half-way the ELBO makes a pixel blend: no picture says that there are moons between.

    // %%
    let strip = pictures::strips(&judge, &walks, moon.size())?;
    figures_shown += show_all(&[("full_and_half_moons_strip".to_owned(), strip)])?;

    // %% [markdown]
    // ## All phases but a gap
    //
    // With the other phases in sight the ELBO makes a moon half-way, if only just (0.122 from the nearest one, and 0.123 counts as
    // close). It is 86 % lit: not the three-quarter moon, which lies in the gap.

    // %%
    let walks = moons::walks(&judge, &models[1], &experiments[1]);
    figures_shown += report(&judge, &experiments[1], (&models[1], &walks), &phases[1])?;

    // %%
    let strip = pictures::strips(&judge, &walks, moon.size())?;
    figures_shown += show_all(&[("all_phases_but_a_gap_strip".to_owned(), strip)])?;

    // %% [markdown]
    // ## Two moons
    //
    // The same three objectives where everything can be drawn. Decoded draws of the prior leave the arcs, those of (c) least.

    // %%
    let made: Vec<(Array2<f64>, Array2<f64>)> =
        models[2].iter().map(|model| reconstruct_and_sample(model, &experiments[2])).collect();
    headline(&experiments[2]);
    println!("{}", moon_report::terms(&models[2]));
    println!(
        "Root-mean-square distance to the nearest arc:\n{}",
        moon_report::arcs(&models[2], &experiments[2].data, &made)
    );
    figures_shown += show_all(&[
        ("two_moons_training".to_owned(), pictures::training(&models[2])),
        ("two_moons".to_owned(), pictures::point_models(&models[2], &experiments[2].data, &labels, &made)),
    ])?;
    println!("\n{figures_shown} figures, which a program saves, each with its data as CSV, in {FOLDER}.");

    // %% [markdown]
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`), right to a thousandth (to 0.001 if below 1 in
    // size). A picture has 576 pixels, and the decoder is $\mathcal N(\mu(z), \tfrac14 I)$.
    //
    // 1. A code is $q(z|x) = \mathcal N(\mu, \mathrm{diag}\, \sigma^2)$ with $\mu = (1.5, -0.5)$ and $\sigma = (0.1, 0.2)$. How many nats is
    //    $\mathrm{KL}(q(z|x) \| p(z))$ (B7)?
    // 2. What is the largest value that the reconstruction term of a picture can have? Compare it with (a) in the tables.
    // 3. A picture is one of two, equally likely, which differ by 1 in 200 pixels. A code that tells them apart costs at least $\log 2$
    //    nats (B12a). Take it to cost just that and to decode exactly: how far is its ELBO above that of always showing the mean of the two?

    // %%
    let code = Gaussian::new(array![1.5, -0.5], array![[0.01, 0.0], [0.0, 0.04]])?;
    check("1", None, code.kl_divergence(&Gaussian::standard(2)));
    let picture = Gaussian::isotropic(Array1::zeros(moon.size() * moon.size()), 0.25)?;
    check("2", None, picture.log_prob(picture.mean()));
    let differ = Gaussian::isotropic(Array1::zeros(200), 0.25)?;
    let blind = differ.log_prob(&Array1::from_elem(200, 0.5));
    check("3", None, differ.log_prob(differ.mean()) - 2f64.ln() - blind);
    Ok(())
}
