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
        for name in ["curve.csv", "curve.svg", "curve.pdf", "curve.png"] {
            assert!(folder.path().join(format!("{model}_bimodal_{name}")).is_file(), "{model}: {name}");
        }
        let again = json(&[model, "--load", &parameters.to_string_lossy()], folder.path());
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
    for levels in [["nan", "-5"], ["51", "-5"], ["5", "-700"]] {
        let asked = ["vdm", "--log-snr", levels[0], levels[1]];
        assert!(refused(&asked, out, 2).contains("must be a number from -500 to 50"));
    }
    // A folder that cannot be one is refused before training.
    assert!(refused(&["vae"], &file, 2).contains("no.safetensors"));
}

/// Steps of 1e300 leave nothing finite, those of 10 nothing that is near: the parameters of the batch before are kept, beside
/// those of a training that went well.
#[test]
fn a_training_that_diverges_says_where_and_keeps_what_was_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let well = folder.path().join("vae_bimodal.safetensors");
    json(&[&["vae"][..], &SHORT].concat(), folder.path());
    let before = std::fs::read(&well).expect("parameters");
    for (rate, steps) in [("1e300", "40"), ("10", "40"), ("1e300", "1")] {
        let arguments = ["vae", "--data", "bimodal", "--learning-rate", rate, "--steps", steps];
        let said = refused(&arguments, folder.path(), 1);
        assert!(said.contains("diverged at step "), "{said}");
        assert!(said.contains("the last good parameters are in"), "{said}");
        let kept = folder.path().join("vae_bimodal_diverged.safetensors");
        assert!(said.contains(&*kept.to_string_lossy()), "{said}");
        json(&["vae", "--load", &kept.to_string_lossy()], folder.path());
    }
    assert_eq!(std::fs::read(&well).expect("parameters"), before, "those that were trained well");
    let said = refused(&["vae", "--decoder-variance", "1e-320"], folder.path(), 1);
    assert!(said.contains("diverged at step 0: ") && said.contains("the untrained parameters"), "{said}");
    let far = ["vdm", "--data", "bimodal", "--learn-end-points", "--learning-rate", "1000", "--steps", "1"];
    let said = refused(&far, folder.path(), 1);
    assert!(said.contains("fall of log-SNR is "), "{said}");
}

/// What was saved says what it is: no option need be repeated, and none may contradict it.
#[test]
fn a_file_says_what_its_model_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments =
        ["vdm", "--data", "bimodal", "--steps", "5", "--hidden", "8", "--predict", "noise", "--times", "20"];
    let once = json(&arguments, folder.path());
    let file = folder.path().join("vdm_bimodal.safetensors");
    let load = file.to_string_lossy();
    let elsewhere = folder.path().join("no folder is made for what is only read");
    let again = json(&["vdm", "--load", &load], &elsewhere);
    assert_eq!((&once["measured"], &once["settings"]), (&again["measured"], &again["settings"]));
    assert!(!elsewhere.exists());
    assert_eq!(again["settings"]["hidden"], "8");
    let refusals = [
        (&["vae"][..], "was saved with model vdm, and vae is asked for"),
        (&["vdm", "--predict", "score"], "was saved with predict noise, and score is asked for"),
        (&["vdm", "--data", "ring8"], "was saved with data bimodal, and ring8 is asked for"),
        (&["vdm", "--steps", "3"], "--steps is for training"),
    ];
    for (arguments, reason) in refusals {
        let said = refused(&[arguments, &["--load", &load]].concat(), folder.path(), 2);
        assert!(said.contains(reason), "{said}");
    }
}

/// Numbers that no network computes with, and noise levels that rise, are refused by name.
#[test]
fn a_file_with_impossible_numbers_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    json(&["vdm", "--data", "bimodal", "--steps", "1", "--times", "20"], folder.path());
    let file = folder.path().join("vdm_bimodal.safetensors");
    let good = std::fs::read(&file).expect("parameters");
    let fall = (-10.0f64).to_le_bytes();
    let place = good.windows(8).rposition(|bytes| bytes == fall).expect("the weight of the log-SNR line");
    // Where the last bias of the denoiser stands: the header says it after its own length.
    let (length, rest) = good.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
    let header: Value = serde_json::from_slice(&rest[..length]).expect("the header");
    let bias = header["denoiser.2.bias"]["data_offsets"][0].as_u64().expect("where it begins");
    let bias = 8 + length + bias as usize;
    for (place, value, reason) in [
        (place, f64::NAN, "tensor log_snr.0.weight: number 0 is NaN"),
        (place, 1.0, "fall of log-SNR is -1"),
        (place, -700.0, "log_snr_end is -695: no model has that"),
        (bias, 1e200, "cannot be measured: reconstruction leaves the range of f64"),
    ] {
        let mut bad = good.clone();
        bad[place..place + 8].copy_from_slice(&value.to_le_bytes());
        std::fs::write(&file, &bad).expect("a file");
        let said = refused(&["vdm", "--load", &file.to_string_lossy()], folder.path(), 2);
        assert!(said.contains(reason), "{said}");
    }
}

/// A place that cannot be written is refused before anything is trained: no parameters are there.
#[test]
fn a_place_that_cannot_be_written_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("vae_bimodal_curve.png")).expect("a folder");
    let said = refused(&[&["vae"][..], &SHORT].concat(), folder.path(), 2);
    assert!(said.contains("vae_bimodal_curve.png: is a folder"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

/// What would not fit in memory is refused with its figure and the limit, before anything is made.
#[test]
fn a_training_that_fits_in_no_memory_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let hidden = ["4096"; 16].join(",");
    for (arguments, named) in [
        (&["vae", "--batch", "1000000", "--hidden", "4096,4096"][..], "--hidden 4096,4096 --batch 1000000 "),
        (&["vdm", "--batch", "1000000", "--hidden", "512"], "--batch 1000000 "),
        (&["vae", "--hidden", &hidden], "--hidden 4096,4096,"),
        (&["mhvae", "--latents", "16", "--hidden", "4096,4096"], "--hidden 4096,4096 "),
        (&["vdm", "--steps", "100000000"], "--steps 100000000 "),
    ] {
        let said = refused(arguments, folder.path(), 2);
        assert!(said.contains(named) && said.contains(" GB of memory, more than the 4 GB"), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

/// A disk that is full when the training is done: the input was good.
#[cfg(target_os = "linux")]
#[test]
fn parameters_that_cannot_be_written_are_no_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" train vae --data bimodal --steps 2 --out \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_elbow")]).arg(folder.path());
    let output = shell.output().expect("a shell");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("vae_bimodal.safetensors: ") && said.lines().count() == 1, "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
