//! `elbow explore` as a user calls it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use claims::catalogue;
// The claims multiply matrices: this program, too, chooses the BLAS.
use linalg as _;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    command.arg("explore").args(arguments).current_dir(folder).output().expect("the program starts")
}

#[test]
fn writes_one_page_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "no bar in a pipe");
    assert_eq!(output.stdout, b"elbow-explore.html: open it in a browser\n");
    let page = fs::read_to_string(folder.path().join("elbow-explore.html")).expect("the page");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    // Another place, made if need be; the same numbers give the same bytes.
    assert_eq!(run(folder.path(), &["--out", "new/page.html"]).status.code(), Some(0));
    let again = fs::read_to_string(folder.path().join("new/page.html")).expect("the page");
    assert!(page == again);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing else is left");
}

#[test]
fn claims_that_the_page_names_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(folder.path(), &["--data", "trimodal"]).status.code(), Some(0));
    let page = fs::read_to_string(folder.path().join("elbow-explore.html")).expect("the page");
    let panels: Vec<&str> = page.lines().filter(|line| line.contains(r#"class="claims""#)).collect();
    let codes = panels.iter().flat_map(|line| line.split("<code>").skip(1));
    let ids: Vec<&str> = codes.map(|code| code.split_once("</code>").expect("it ends").0).collect();
    let known: Vec<String> = catalogue::all().iter().map(|claim| claim.id().to_owned()).collect();
    for id in ids.iter().filter(|id| **id != "elbow explain") {
        assert!(known.iter().any(|known| known == id), "{id}");
    }
    assert!(panels.len() == 4 && ids.len() > 12, "{ids:?}");
}

#[test]
fn bad_input_gets_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "kept").expect("a file");
    fs::create_dir(folder.path().join("taken")).expect("a folder");
    for (arguments, says) in [
        (&["--out", "."][..], ".: is a folder"),
        (&["--out", "taken"], "taken: is a folder"),
        (&["--out", "file/page.html"], "cannot write file"),
        (&["--out", "/dev/null"], "/dev/null: is no file"),
        (&["--out", &"a".repeat(300)], "cannot write aaaa"),
        (&["--data", "ring8"], "ring8: the page draws data on the line"),
        (&["--data", "bimodel"], "the nearest is \"bimodal\""),
        (&["--outt", "x.html"], "--out"),
    ] {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(says) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2);
    assert_eq!(fs::read_to_string(folder.path().join("file")).expect("the file"), "kept");
}

/// A disk that is full once the page is there: the input was good.
#[cfg(target_os = "linux")]
#[test]
fn a_page_that_cannot_be_written_is_no_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" explore";
    let mut shell = Command::new("sh");
    shell.current_dir(folder.path()).args(["-c", limited, env!("CARGO_BIN_EXE_elbow")]);
    let output = shell.output().expect("a shell");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write elbow-explore.html") && said.lines().count() == 1, "{said}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
