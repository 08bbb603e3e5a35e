//! Problem files as a user writes them: good ones and bad ones.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use approx::assert_relative_eq;
// The claims multiply matrices: this program, too, chooses the BLAS.
use linalg as _;
use serde_json::Value;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../problems").join(name)
}

fn elbow(command: &str, file: &Path, more: &[&str]) -> Output {
    let mut run = Command::new(env!("CARGO_BIN_EXE_elbow"));
    run.arg(command).arg(file).args(more).env_remove("CLICOLOR_FORCE");
    run.output().expect("the program starts")
}

fn json(command: &str, name: &str, more: &[&str]) -> Value {
    let output = elbow(command, &example(name), &[more, &["--json", "--samples", "2000"]].concat());
    assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document, and nothing else")
}

/// What `terms`, `variance` and `variance --gradient` say of a bad file with this text, without its name.
fn reasons(text: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder for a file");
    let file = folder.path().join("problem.toml");
    std::fs::write(&file, text).expect("a file");
    let asked = [("terms", &[][..]), ("variance", &[]), ("variance", &["--gradient"])];
    asked.map(|(command, more)| reason(command, &file, more)).into()
}

/// What a command says of a bad file, without its name.
fn reason(command: &str, file: &Path, more: &[&str]) -> String {
    let output = elbow(command, file, &[more, &["--json"]].concat());
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{}: {said}", file.display());
    assert!(output.stdout.is_empty());
    assert_eq!(said.lines().count(), 1, "{said}");
    let name = format!("{}: ", file.display());
    said.split_once(&name).expect("the name of the file").1.trim_end().to_owned()
}

/// What every command says of a bad file with this text.
fn refused(text: &str) -> String {
    let mut reasons = reasons(text.as_bytes());
    assert!(reasons.iter().all(|reason| *reason == reasons[0]), "{reasons:?}");
    reasons.swap_remove(0)
}

const VDM: &str = "x = [0.8]\n[vdm]\nalphas = [0.9, 0.7, 0.5]\nreverse = { scale = [0.6, 0.6, 0.6], variance = [0.3, 0.3, 0.3] }\n";

#[test]
fn every_example_is_answered() {
    let folder = std::fs::read_dir(example("")).expect("the folder of examples");
    let names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let terms = json("terms", &name, &[]);
        assert!(terms["elbo"].is_number(), "{name}");
        let rows = json("variance", &name, &[]);
        assert!(!rows.as_array().expect("a list").is_empty(), "{name}");
    }
}

#[test]
fn the_terms_of_the_smallest_counterexample() {
    let found = json("terms", "vdm.toml", &[]);
    assert_relative_eq!(
        found["elbo"].as_f64().expect("valid numbers"),
        -1.6006629618501274,
        max_relative = 1e-12
    );
    assert_eq!(
        (found["model"].as_str(), found["steps"].as_u64(), found["units"].as_str()),
        (Some("vdm"), Some(3), Some("nats"))
    );
    let terms = |form: &str, list: &str| -> Vec<f64> {
        found["forms"][form][list]
            .as_array()
            .expect("valid numbers")
            .iter()
            .map(|v| v.as_f64().expect("valid numbers"))
            .collect()
    };
    for (found, expected) in terms("consistency", "consistency").iter().zip([0.508728, 0.227157]) {
        assert_relative_eq!(*found, expected, epsilon = 5e-7);
    }
    for (found, expected) in terms("consistency_as_printed", "consistency").iter().zip([0.676060, 0.651421]) {
        assert_relative_eq!(*found, expected, epsilon = 5e-7);
    }
    assert_eq!(terms("denoising", "denoising_matching").len(), 2);
    let gap = found["log_evidence"].as_f64().expect("valid numbers")
        - found["elbo"].as_f64().expect("valid numbers");
    assert_relative_eq!(found["gap"].as_f64().expect("valid numbers"), gap, max_relative = 1e-12);
    let names: Vec<&str> = found["monte_carlo"]
        .as_array()
        .expect("valid numbers")
        .iter()
        .map(|row| row["term"].as_str().expect("valid numbers"))
        .collect();
    assert!(names.contains(&"denoising_matching[3]") && names.contains(&"consistency[1]"), "{names:?}");
}

#[test]
fn a_vae_has_the_denoising_form_alone_and_no_matching_terms() {
    let found = json("terms", "vae.toml", &[]);
    let forms = found["forms"].as_object().expect("valid numbers");
    assert_eq!(forms.len(), 1);
    assert_eq!(forms["denoising"]["denoising_matching"], serde_json::json!([]));
}

#[test]
fn the_same_seed_prints_the_same_numbers() {
    let once = json("terms", "mhvae.toml", &["--seed", "7"]);
    assert_eq!(once, json("terms", "mhvae.toml", &["--seed", "7"]));
    assert_ne!(once, json("terms", "mhvae.toml", &["--seed", "8"]));
}

#[test]
fn variances_of_the_first_setting() {
    let rows = json("variance", "six_steps.toml", &[]);
    let of = |form: &str, scheme: &str| {
        let row = rows
            .as_array()
            .expect("valid numbers")
            .iter()
            .find(|row| row["form"] == form && row["scheme"] == scheme);
        row.unwrap_or_else(|| panic!("{form} {scheme}")).clone()
    };
    for (form, scheme, variance) in [("denoising", "one_step", 1.8436), ("consistency", "path", 0.4046)] {
        assert_relative_eq!(
            of(form, scheme)["variance"].as_f64().expect("valid numbers"),
            variance,
            epsilon = 5e-5
        );
    }
    assert_relative_eq!(
        of("consistency_as_printed", "independent")["bias"].as_f64().expect("valid numbers"),
        -2.9009 + 1.3196,
        epsilon = 2e-4
    );
    assert_eq!(of("log_ratio", "path")["normals_per_evaluation"], 6);
}

fn answered(command: &str, text: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder for a file");
    let file = folder.path().join("problem.toml");
    std::fs::write(&file, text).expect("a file");
    let output = elbow(command, &file, &[more, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{text}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document, and nothing else")
}

/// Few samples have standard errors all the same, and one step has all forms.
#[test]
fn the_smallest_runs_have_numbers_everywhere() {
    let one = "x = [0.8]\n[vdm]\nalphas = [0.9]\nreverse = { scale = [0.6], variance = [0.3] }\n";
    for text in [VDM, one] {
        let rows = answered("variance", text, &["--samples", "2"]);
        let rows = rows.as_array().expect("a list");
        for row in rows {
            let sampled = row["monte_carlo"].as_object().expect("estimates");
            assert!(sampled.values().all(Value::is_number), "{row}");
        }
        let forms: std::collections::HashSet<&str> =
            rows.iter().filter_map(|row| row["form"].as_str()).collect();
        assert_eq!(forms.len(), 6, "{forms:?}");
    }
}

const NARROW: &str = "[data]\nweights = [0.5, 0.5]\nmeans = [[-1.5, 0.0], [1.5, 0.0]]\n\
    covariances = [[[1e-8, 0.0], [0.0, 1e-8]], [[1e-8, 0.0], [0.0, 1e-8]]]\n\
    [vdm]\nalphas = [0.9999, 0.5]\nreverse = \"bayes\"\n";

/// Where quadrature does not converge, the values are null in the shape of the others, and the reason stands beside them.
#[test]
fn what_has_no_exact_value_says_why() {
    let found = answered("terms", &format!("x = [0.003, 0.0]\n{NARROW}"), &["--samples", "100"]);
    let form = &found["forms"]["denoising"];
    assert_eq!(form["denoising_matching"], serde_json::json!([null]));
    assert!(form["no_exact_value"].as_str().expect("a reason").contains("too narrow"), "{form}");
    assert!(found["monte_carlo"][0]["mean"].is_number());
}

/// The bound by quadrature is the mean of every scheme.
#[test]
fn the_best_denoiser_has_a_mean() {
    let bound = json("terms", "bayes.toml", &[])["elbo"].as_f64().expect("a bound");
    for row in json("variance", "bayes.toml", &[]).as_array().expect("a list") {
        assert_eq!((row["mean"].as_f64(), row["bias"].as_f64()), (Some(bound), Some(0.0)), "{row}");
    }
}

#[test]
fn a_gradient_has_an_exact_variance_for_every_estimator() {
    let wide = "[data]\nweights = [1.0]\nmeans = [[0.0, 0.0, 0.0]]\n\
        covariances = [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]\n\
        [vdm]\nalphas = [0.9, 0.7, 0.5]\nreverse = { scale = [0.6, 0.6, 0.6], variance = [0.3, 0.3, 0.3] }\n";
    let rows = answered("variance", wide, &["--gradient"]);
    assert_eq!(rows.as_array().map(Vec::len), Some(8));
    assert!(rows.as_array().expect("a list").iter().all(|row| row["variance"].is_number()), "{rows}");
}

#[test]
fn bad_files_are_refused_by_key_and_reason() {
    let with = |from: &str, to: &str| {
        assert!(VDM.contains(from), "{from}");
        refused(&VDM.replace(from, to))
    };
    assert_eq!(
        with("0.9, 0.7, 0.5]", "0.9, 0.7, 0.5, 1.2]"),
        "vdm.alphas[3] = 1.2: must lie strictly between 0 and 1"
    );
    assert_eq!(with("alphas", "alpas"), "vdm.alpas: unknown key; the nearest known one is \"alphas\"");
    assert_eq!(
        with("alphas", "noise"),
        "vdm.noise: unknown key; known are \"alphas\", \"schedule\", \"reverse\""
    );
    assert_eq!(with("[0.9, 0.7, 0.5]", "[]"), "vdm.alphas: must be a list of numbers, is empty");
    assert_eq!(with("[0.9, 0.7, 0.5]", "0.9"), "vdm.alphas = 0.9: must be a list of numbers");
    assert_eq!(
        with("0.3, 0.3, 0.3]", "0.3, 0, 0.3]"),
        "vdm.reverse.variance[1] = 0: must be positive and finite"
    );
    assert_eq!(
        with("[0.6, 0.6, 0.6]", "[0.6, 0.6]"),
        "vdm.reverse.scale: 2 numbers, but the schedule has 3 steps"
    );
    assert_eq!(with("[0.6, 0.6, 0.6]", "[0.6, 0.6, nan]"), "vdm.reverse.scale[2] = nan: must be finite");
    assert_eq!(with("x = [0.8]", "x = [inf]"), "x[0] = inf: must be finite");
    assert_eq!(with("x = [0.8]\n", ""), "x: missing: give one observation x, or [data] to average over");
    assert_eq!(
        with("alphas = [0.9, 0.7, 0.5]\n", ""),
        "vdm: missing: exactly one of \"alphas\", \"schedule\""
    );
    assert_eq!(
        with(
            "alphas = [0.9, 0.7, 0.5]",
            "schedule = { kind = \"linear\", steps = 3, beta_start = 1e-3, beta_end = 1.2 }"
        ),
        "vdm.schedule.beta_end = 1.2: must lie strictly between 0 and 1"
    );
    assert_eq!(
        with("alphas = [0.9, 0.7, 0.5]", "schedule = { kind = \"cosin\", steps = 3 }"),
        "vdm.schedule.kind = \"cosin\": must be \"linear\" or \"cosine\"; the nearest is \"cosine\""
    );
    // Each command meets another number that overflows.
    assert_eq!(
        reasons(VDM.replace("0.3]", "1e-300]").replace("0.6", "1e200").as_bytes())[0],
        "vdm.reverse.variance[2] = 1e-300: reconstruction leaves the range of f64 (this is the number of the file \
         furthest from 1)"
    );
    assert_eq!(
        with("alphas = [0.9, 0.7, 0.5]", "schedule = { kind = \"cosine\", steps = 3, beta_start = 0.1 }"),
        "vdm.schedule.beta_start: belongs to a linear schedule: a cosine schedule has \"kind\" and \"steps\" alone"
    );
    let huge = with("alphas = [0.9, 0.7, 0.5]", "schedule = { kind = \"cosine\", steps = 1000000000000 }");
    assert!(huge.starts_with("vdm.schedule.steps: 1000000000000 steps") && huge.contains("GB"), "{huge}");
    assert!(refused("x = [0.8]\n").contains("exactly one of \"vae\", \"mhvae\", \"vdm\""));
    assert!(refused(&format!("{VDM}[vae]\n")).contains("only one of"));
    assert!(refused("x = [0.8\n").starts_with("line "));
    let bayes = "x = [0.8]\n[vdm]\nalphas = [0.9]\nreverse = \"bayes\"\n";
    assert_eq!(refused(bayes), "vdm.reverse = \"bayes\": needs [data], of which it is the posterior mean");
}

#[test]
fn bad_laws_are_refused_by_key_and_reason() {
    let vae = "x = [0.8]\n[vae]\nencoder = { weight = [[0.4]], bias = [0.1], covariance = [[0.3]] }\n\
               decoder = { weight = [[0.8]], bias = [0.0], covariance = [[0.2]] }\n";
    let with = |from: &str, to: &str| {
        assert!(vae.contains(from), "{from}");
        refused(&vae.replace(from, to))
    };
    assert!(with("[[0.3]]", "[[-0.3]]").starts_with("vae.encoder.covariance: "));
    assert_eq!(
        with("bias = [0.1]", "bias = [0.1, 0.2]"),
        "vae.encoder.bias: 2 numbers, but the weight has 1 rows"
    );
    assert_eq!(
        with("[[0.4]]", "[[0.4, 0.1]]"),
        "vae.encoder.weight: 2 columns, but its input has 1 coordinates"
    );
    assert_eq!(with("[[0.3]]", "[[0.3], [0.1]]"), "vae.encoder.covariance: 2 by 1, must be 1 by 1");
    let data = "[data]\nweights = [0.5, 0.6]\nmeans = [[0], [1]]\ncovariances = [[[1]], [[1]]]\n\
                [vae]\nencoder = { weight = [[0.4]], bias = [0.1], covariance = [[0.3]] }\n\
                decoder = { weight = [[0.8]], bias = [0.0], covariance = [[0.2]] }\n";
    assert!(refused(data).starts_with("data.weights: sum to 1.1"));
    let preset = data.replace(
        "weights = [0.5, 0.6]\nmeans = [[0], [1]]\ncovariances = [[[1]], [[1]]]\n",
        "preset = \"rign8\"\n",
    );
    assert!(refused(&preset).contains("the nearest is \"ring8\""));
    let far = vae.replace("[[0.4]]", "[[1e200]]").replace("[[0.8]]", "[[1e200]]");
    // Each command meets another number that overflows, but all name where it comes from.
    let far = reasons(far.as_bytes());
    assert!(far.iter().all(|reason| reason.starts_with("vae.encoder.weight[0][0] = 1e200: ")), "{far:?}");
}

/// What no problem can be read from: no file, no text, nothing, or no end.
#[test]
fn what_is_no_problem_file_is_refused() {
    assert!(reason("terms", Path::new("no_such_file.toml"), &[]).contains("No such file"));
    let folder = tempfile::tempdir().expect("a folder");
    assert!(reason("terms", folder.path(), &[]).contains("directory"));
    assert!(refused("").starts_with("missing: exactly one of"));
    assert!(reasons(b"\xff\xfe").iter().all(|reason| reason.starts_with("not UTF-8: ")));
    assert!(refused(&"[".repeat(100_000)).starts_with("line 1: "));
    if cfg!(target_os = "linux") {
        assert!(reason("terms", Path::new("/dev/zero"), &[]).starts_with("longer than 67108864 bytes"));
    }
}

/// A denoiser of a thousand components in each of many steps.
#[test]
fn components_that_fit_in_no_memory_are_refused() {
    let list = |entry: &str| vec![entry; 1000].join(", ");
    let (weights, means, covariances) = (list("0.001"), list("[0.5]"), list("[[1.0]]"));
    let text = format!(
        "[data]\nweights = [{weights}]\nmeans = [{means}]\ncovariances = [{covariances}]\n[vdm]\n\
         schedule = {{ kind = \"linear\", steps = 200000, beta_start = 1e-6, beta_end = 1e-5 }}\nreverse = \"bayes\"\n"
    );
    assert_eq!(
        refused(&text),
        "vdm.schedule.steps: 200000 steps of 1 coordinates and 1000 components would take 48.2 GB of memory, more than \
         the 4 GB that are allowed"
    );
}
