//! The tables of the chapter `moon_latents`, and in words what was found, whichever way it falls.

use comfy_table::{CellAlignment, Table, TableComponent, presets::NOTHING};
use montecarlo::Estimate;
use ndarray::{Array2, Axis};
use toy::TwoMoons;

use crate::studies::experiment::Trained;
use crate::studies::moons::Walked;
use crate::studies::walk::{Judge, Likeness, Picture};

/// A table with a left-aligned first column and right-aligned numbers.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The bound and its terms after training, and how far the aggregate posterior is from the prior.
pub fn terms(models: &[Trained]) -> Table {
    // Adding 0 turns -0 into 0.
    let rounded = |v: f64, digits: i32| (v * 10f64.powi(digits)).round() / 10f64.powi(digits) + 0.0;
    let shown = |e: &Estimate| {
        let digits = if e.mean.abs() < 1e3 { 2 } else { 0 };
        let e = Estimate { mean: rounded(e.mean, digits), ..*e };
        format!("{e:.*}", digits as usize)
    };
    table(
        ["objective", "reconstruction", "prior matching", "ELBO", "KL(q(z) ‖ p(z))"],
        models.iter().map(|model| {
            [
                model.objective.to_owned(),
                shown(&model.bound.reconstruction),
                shown(&model.bound.prior_matching),
                shown(&model.bound.elbo),
                shown(&model.aggregate_kl),
            ]
        }),
    )
}

/// Below this distance, in standard deviations of the encoder, two codes are the same: who sees a draw and guesses
/// which of the two pictures it is the code of is right with probability `Φ(0.05) = 0.52`.
const SAME_CODE: f64 = 0.1;

/// Where the decoded pictures sit between the true moons; distances are root-mean-square grey (0 to 1).
///
/// For the picture half-way: how far from the nearest moon and from the nearest blend, and what it is. Then how close
/// to the true three-quarter moon the way leads, how close the model returns one that it is shown, and how many
/// decoded draws from the prior are moons.
pub fn pictures(walks: &[Walked]) -> Table {
    let name = |p: &Picture| match p.likeness {
        Likeness::Moon => format!("a moon, {:.2} lit", p.moon.phase),
        Likeness::Blend => format!("a blend, {:.2} full", p.blend.weight),
        Likeness::Neither => "neither".to_owned(),
    };
    table(
        [
            "objective",
            "to a moon",
            "to a blend",
            "half-way is",
            "¾ on the way",
            "¾ shown",
            "moons from prior",
        ],
        walks.iter().map(|walk| {
            let (middle, closest) = (walk.middle(), walk.closest());
            [
                walk.objective.to_owned(),
                format!("{:.3}", middle.moon.distance),
                format!("{:.3}", middle.blend.distance),
                name(middle),
                format!("{:.3} ({})", closest.to_three_quarter, closest.likeness),
                format!("{:.3} ({})", walk.shown.to_three_quarter, walk.shown.likeness),
                format!(
                    "{:.0} ± {:.0} %",
                    100.0 * walk.moons_from_prior.mean,
                    100.0 * walk.moons_from_prior.std_err
                ),
            ]
        }),
    )
}

/// One sentence for each model on what it makes half-way, and one on whether any made a three-quarter moon.
pub fn findings(judge: &Judge, walks: &[Walked]) -> Vec<String> {
    let mut said: Vec<String> = walks.iter().map(finding).collect();
    let made: Vec<&str> = walks
        .iter()
        .filter(|walk| walk.closest().to_three_quarter <= judge.close())
        .map(|walk| walk.objective)
        .collect();
    said.push(if made.is_empty() {
        format!(
            "No objective makes a three-quarter moon anywhere on the way: none comes within {:.3} of it.",
            judge.close()
        )
    } else {
        format!("A three-quarter moon (within {:.3}) is made by: {}.", judge.close(), made.join(", "))
    });
    said
}

fn finding(walk: &Walked) -> String {
    let ends = if walk.code_distance < SAME_CODE {
        format!(
            "half and full moon have the same code ({:.3} standard deviations apart); ",
            walk.code_distance
        )
    } else {
        String::new()
    };
    let middle = walk.middle();
    let what = match middle.likeness {
        Likeness::Moon => format!("a moon, {:.0} % lit", 100.0 * middle.moon.phase),
        Likeness::Blend => format!(
            "a pixel blend ({:.0} % full moon), not a moon: {:.3} from the nearest blend, {:.3} from the nearest moon",
            100.0 * middle.blend.weight,
            middle.blend.distance,
            middle.moon.distance
        ),
        Likeness::Neither => format!(
            "neither moon nor blend: {:.3} from the nearest moon and {:.3} from the nearest blend",
            middle.moon.distance, middle.blend.distance
        ),
    };
    let moons = walk.pictures.iter().filter(|p| p.likeness == Likeness::Moon);
    format!(
        "{}: {ends}half-way lies {what}; {} of {} pictures on the way are moons.",
        walk.objective,
        moons.count(),
        walk.pictures.len()
    )
}

/// Reconstructions and samples of the two-moons models, judged by their distance to the nearest arc.
pub fn arcs(models: &[Trained], data: &Array2<f64>, drawn: &[(Array2<f64>, Array2<f64>)]) -> Table {
    let off = |points: &Array2<f64>| {
        let squares = points.map_axis(Axis(1), |p| TwoMoons::nearest(&p).distance.powi(2));
        squares.mean().unwrap_or(f64::NAN).sqrt()
    };
    let rows = models.iter().zip(drawn).map(|(model, (returned, sampled))| {
        [model.objective.to_owned(), format!("{:.3}", off(returned)), format!("{:.3}", off(sampled))]
    });
    let truth = ["the data".to_owned(), format!("{:.3}", off(data)), format!("{:.3}", off(data))];
    table(["objective", "reconstructions", "samples from the prior"], std::iter::once(truth).chain(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;
    use toy::MoonPhase;

    /// A model that would decode `picture` at every share of the way.
    fn walked(judge: &Judge, code_distance: f64, picture: impl Fn(f64) -> Array1<f64>) -> Walked {
        let at = |share: f64| judge.judge(share, picture(share));
        Walked {
            objective: "a model",
            pictures: (0..=10).map(|k| at(f64::from(k) / 10.0)).collect(),
            code_distance,
            shown: at(0.5),
            moons_from_prior: Estimate { mean: 0.0, std_err: 0.0, samples: 1 },
        }
    }

    fn truth(judge: &Judge, share: f64) -> Array1<f64> {
        judge.truth(share).expect("a fraction")
    }

    #[test]
    fn true_moons_are_found_to_be_moons() {
        let judge = Judge::new(MoonPhase::default());
        let found = findings(&judge, &[walked(&judge, 9.0, |share| truth(&judge, share))]);
        assert_eq!(
            found,
            [
                "a model: half-way lies a moon, 75 % lit; 11 of 11 pictures on the way are moons.",
                "A three-quarter moon (within 0.123) is made by: a model.",
            ]
        );
    }

    #[test]
    fn blends_are_found_to_be_blends() {
        let judge = Judge::new(MoonPhase::default());
        let found = findings(&judge, &[walked(&judge, 9.0, |share| judge.blend(share))]);
        // 0.241 is the distance that toy's documentation gives.
        assert_eq!(
            found,
            [
                "a model: half-way lies a pixel blend (50 % full moon), not a moon: 0.000 from the nearest blend, \
                 0.241 from the nearest moon; 2 of 11 pictures on the way are moons.",
                "No objective makes a three-quarter moon anywhere on the way: none comes within 0.123 of it.",
            ]
        );
    }

    /// Only what was measured: that the codes are the same, and what lies on the way between them. To a black picture
    /// the half moon is both the nearest moon and the nearest blend.
    #[test]
    fn black_for_every_code_is_found_to_be_neither() {
        let judge = Judge::new(MoonPhase::default());
        let black = |_| Array1::zeros(576);
        let found = findings(&judge, &[walked(&judge, 0.02, black), walked(&judge, 0.2, black)]);
        let away = toy::rms_distance(&black(0.0), &truth(&judge, 0.0));
        let way = format!(
            "half-way lies neither moon nor blend: {away:.3} from the nearest moon and {away:.3} from the nearest \
             blend; 0 of 11 pictures on the way are moons."
        );
        let same = "half and full moon have the same code (0.020 standard deviations apart); ";
        assert_eq!(found[0], format!("a model: {same}{way}"));
        assert_eq!(found[1], format!("a model: {way}"));
    }

    #[test]
    fn the_middle_and_the_closest_are_what_they_are_called() {
        let judge = Judge::new(MoonPhase::default());
        // True moons that hurry: three quarters lit at a quarter of the way.
        let walk = walked(&judge, 9.0, |share| truth(&judge, (2.0 * share).min(1.0)));
        assert_eq!(walk.middle().share, 0.5);
        assert!((walk.closest().share - 0.25).abs() < 0.06, "{}", walk.closest().share);
    }
}
