//! `elbow train` as a user calls it, with trainings of a few steps.

use std::path::Path;
use std::process::{Command, Output};

// The networks multiply matrices: this program, too, chooses the BLAS.
use linalg as _;
use serde_json::Value;

fn train(arguments: &[&str], out: &Path) -> Output {
    let mut run = Command::new(env!("CARGO_BIN_EXE_elbow"));
    run.arg("train").args(arguments).arg("--out").arg(out).env_remove("CLICOLOR_FORCE");
    run.output().expect("the program starts")
}

fn json(arguments: &[&str], out: &Path) -> Value {
    let output = train(&[arguments, &["--json"]].concat(), out);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document, and nothing else")
}

fn measured(found: &Value, name: &str) -> f64 {
    let rows = found["measured"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} in {found}"));
    assert!(row["std_err"].as_f64().is_some_and(|error| error >= 0.0), "{row}");
    row["mean"].as_f64().expect("a number")
}

const SHORT: [&str; 6] = ["--data", "bimodal", "--steps", "40", "--batch", "32"];

/// Files whole, and the same numbers when they are read again.
#[test]
fn what_was_saved_is_measured_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    for model in ["vae", "mhvae", "vdm"] {
        let once = json(&[&[model][..], &SHORT].concat(), folder.path());
        let parameters = folder.path().join(format!("{model}_bimodal.safetensors"));
        for name in ["curve.csv", "curve.svg", "curve.png"] {
            assert!(folder.path().join(format!("{model}_bimodal_{name}")).is_file(), "{model}: {name}");
        }
        let again =
            json(&[&[model][..], &SHORT, &["--load", &parameters.to_string_lossy()]].concat(), folder.path());
        assert_eq!(once["measured"], again["measured"], "{model}");
        let truth = once["log_likelihood"].as_f64().expect("a number");
        // ½ (log 2πe 0.09) + log 2 for two modes ten standard deviations apart.
        let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * 0.09).ln() + 2f64.ln();
        assert!((truth + entropy).abs() < 1e-4, "{truth}");
        assert!(measured(&once, "ELBO") < truth, "{model}");
    }
}

#[test]
fn the_same_seed_trains_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let of = |seed: &'static str| json(&[&["vae"][..], &SHORT, &["--seed", seed]].concat(), folder.path());
    let once = of("7");
    assert_eq!(once["measured"], of("7")["measured"]);
    assert_ne!(once["measured"], of("8")["measured"]);
}

fn refused(arguments: &[&str], out: &Path, code: i32) -> String {
    let output = train(arguments, out);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty());
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    assert!(refused(&["vae", "--data", "rign8"], out, 2).contains("the nearest is \"ring8\""));
    assert!(refused(&["vae", "--steps", "0"], out, 2).contains("must be a whole number from 1"));
    assert!(
        refused(&["vae", "--decoder-variance", "-1"], out, 2)
            .contains("\"learned\" or a finite number above 0")
    );
    assert!(refused(&["vae", "--latents", "3"], out, 2).contains("--latents is for mhvae"));
    let file = out.join("no.safetensors");
    assert!(refused(&["vae", "--load", &file.to_string_lossy()], out, 2).contains("no.safetensors: "));
    std::fs::write(&file, b"nothing of the kind").expect("a file");
    assert!(refused(&["vae", "--load", &file.to_string_lossy()], out, 2).contains("no.safetensors: "));
    // A folder that cannot be one is refused before training.
    assert!(refused(&["vae"], &file, 2).contains("no.safetensors"));
}

/// Steps of 1e300 leave nothing finite: the parameters of the batch before are kept.
#[test]
fn a_training_that_diverges_says_where_and_keeps_what_was_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = refused(&[&["vae"][..], &SHORT, &["--learning-rate", "1e300"]].concat(), folder.path(), 1);
    assert!(said.contains("diverged at step 1: the "), "{said}");
    let kept = folder.path().join("vae_bimodal.safetensors");
    assert!(said.contains(&*kept.to_string_lossy()), "{said}");
    json(&[&["vae"][..], &SHORT, &["--load", &kept.to_string_lossy()]].concat(), folder.path());
}
