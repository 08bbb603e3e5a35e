//! `elbow new-problem`: files that can be used as they are, and nothing overwritten.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

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

/// A link that leads nowhere is there, too.
#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("vdm.toml");
    std::os::unix::fs::symlink("elsewhere.toml", &link).unwrap();
    let refused = run(folder.path(), &["new-problem", "vdm"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("vdm.toml: is there already"), "{said}");
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("elsewhere.toml"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Of several at once one writes; the others find a file there.
#[test]
fn one_of_several_at_once_writes() {
    let folder = tempfile::tempdir().unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
        command.current_dir(folder.path()).args(["new-problem", "vae"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let running: Vec<Child> = (0..12).map(|_| command().spawn().expect("the program starts")).collect();
    let codes = running.into_iter().map(|mut child| child.wait().expect("it ends").code());
    let mut codes: Vec<Option<i32>> = codes.collect();
    codes.sort_unstable();
    assert_eq!(codes[0], Some(0));
    assert!(codes[1..].iter().all(|code| *code == Some(2)), "{codes:?}");
}

/// A disk that is full when the file is written: the input was good, and no half of it stays.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" new-problem vdm";
    let mut shell = Command::new("sh");
    shell.current_dir(folder.path()).args(["-c", limited, env!("CARGO_BIN_EXE_elbow")]);
    let output = shell.output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write vdm.toml: ") && said.lines().count() == 1, "{said}");
    assert!(output.stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
