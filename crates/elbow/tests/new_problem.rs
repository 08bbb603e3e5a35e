//! `elbow new-problem`: files that can be used as they are, and nothing overwritten.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

// This program, too, chooses the BLAS.
use linalg as _;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    command.current_dir(folder).args(arguments).output().expect("the program starts")
}

#[test]
fn what_it_writes_has_terms() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["vae", "mhvae", "vdm"] {
        let written = run(folder.path(), &["new-problem", model]);
        assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
        let file = format!("{model}.toml");
        assert!(String::from_utf8_lossy(&written.stdout).contains(&format!("elbow terms {file}")));
        let terms = run(folder.path(), &["terms", &file, "--samples", "100"]);
        assert_eq!(terms.status.code(), Some(0), "{}", String::from_utf8_lossy(&terms.stderr));
        assert!(String::from_utf8_lossy(&terms.stdout).contains("ELBO"));
    }
}

/// Bad input, in one line, and whatever is there stays as it is.
#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vdm.toml"), "mine").unwrap();
    for (arguments, reason) in [
        (&["new-problem", "vdm"][..], "vdm.toml: is there already"),
        (&["new-problem", "vdm", "--out", "."], "is a folder"),
        (&["new-problem", "vdm", "--out", "vdm.toml/mine.toml"], "cannot write vdm.toml"),
        (&["new-problem", "gan"], "gan"),
        (&["new-problem"], "MODEL"),
    ] {
        let refused = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(reason) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("vdm.toml")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
