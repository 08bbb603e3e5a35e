//! `elbow figures` as a user calls it, with figures that take no time.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

// The figures multiply matrices: this program, too, chooses the BLAS.
use linalg as _;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    command.arg("figures").args(arguments).current_dir(folder).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the files in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A refusal: one line that says all of this, and exit code 2.
fn assert_refused(output: &Output, said: &[&str]) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(said.iter().all(|part| told.contains(part)), "{told}");
}

#[test]
fn writes_pictures_data_and_captions_the_same_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["schedules"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "no bar in a pipe");
    assert!(
        text(&output.stdout).starts_with("1 figure in figures, each as svg, pdf, png"),
        "{}",
        text(&output.stdout)
    );
    let figures = folder.path().join("figures");
    let files = ["csv", "md", "pdf", "png", "svg", "tex"].map(|extension| format!("schedules.{extension}"));
    assert_eq!(names(&figures), files);
    let caption = fs::read_to_string(figures.join("schedules.md")).expect("the caption");
    assert!(caption.contains("Claims D2a, ") && caption.contains(r"$\bar\alpha_t"), "{caption}");
    let latex = fs::read_to_string(figures.join("schedules.tex")).expect("the caption");
    assert!(
        latex.contains(r"\includegraphics{schedules.pdf}") && latex.contains(r"\label{fig:schedules}"),
        "{latex}"
    );

    assert_eq!(run(folder.path(), &["schedules", "--out", "again"]).status.code(), Some(0));
    for file in files {
        let bytes = |folder: &Path| fs::read(folder.join(&file)).expect("the file");
        assert!(bytes(&figures) == bytes(&folder.path().join("again")), "{file}");
    }
}

#[test]
fn a_format_a_width_and_a_theme_are_what_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = ["schedules", "--format", "svg", "--out", "a"];
    assert_eq!(run(folder.path(), &plain).status.code(), Some(0));
    assert_eq!(
        names(&folder.path().join("a")),
        ["schedules.csv", "schedules.md", "schedules.svg", "schedules.tex"]
    );
    let fitted = ["schedules", "--format", "svg", "--width", "8cm", "--theme", "dark", "--out", "b"];
    assert_eq!(run(folder.path(), &fitted).status.code(), Some(0));
    let svg = |folder_name: &str| {
        fs::read_to_string(folder.path().join(folder_name).join("schedules.svg")).expect("the file")
    };
    // 80 mm are 302.4 pixels of SVG.
    assert!(svg("b").contains("width=\"302"), "{}", &svg("b")[..200]);
    assert!(svg("b").to_lowercase().contains("#1e1e1e") && !svg("a").to_lowercase().contains("#1e1e1e"));
}

#[test]
fn names_are_listed_and_told_to_scripts() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = text(&run(folder.path(), &["--list"]).stdout);
    assert!(list.lines().filter(|line| line.starts_with("  ")).count() >= 24, "{list}");
    let told = run(folder.path(), &["chain_vae", "--json", "--format", "png"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("one JSON document");
    assert_eq!(told[0]["name"], "chain_vae");
    assert_eq!(told[0]["claims"][0], "B4b");
    for file in told[0]["files"].as_array().expect("a list") {
        assert!(folder.path().join(file.as_str().expect("a path")).is_file(), "{file}");
    }
    assert_eq!(names(folder.path()), ["figures"], "a list writes nothing");
}

#[test]
fn bad_input_is_told_in_one_line_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_refused(
        &run(folder.path(), &["schedule"]),
        &["no figure \"schedule\"", "the nearest is schedules"],
    );
    assert_refused(&run(folder.path(), &["schedules", "--format", "jpeg"]), &["jpeg", "svg, pdf, png"]);
    assert_refused(&run(folder.path(), &["schedules", "--theme", "sepia"]), &["sepia", "light, dark, print"]);
    assert_refused(&run(folder.path(), &["schedules", "--width", "8"]), &["a number with its unit"]);
    assert_refused(&run(folder.path(), &["chain_mhvae", "--width", "30mm"]), &["--width", "chain_mhvae"]);
    fs::write(folder.path().join("file"), "").expect("a file");
    assert_refused(&run(folder.path(), &["schedules", "--out", "file"]), &["file"]);
    assert!(!folder.path().join("figures").join("schedules.svg").exists());
}
