//! The command line as a user calls it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use claims::{Kind, catalogue};
// The claims multiply matrices: this program, too, chooses the BLAS.
use linalg as _;
use serde_json::Value;

fn elbow(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
    // What a user's terminal is set to is not what is tested.
    command.args(arguments).env_remove("CLICOLOR_FORCE");
    command
}

fn run(arguments: &[&str]) -> Output {
    elbow(arguments).output().expect("the program starts")
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The one line that bad input gets.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed {:?}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    said
}

/// The last claim of a kind: of the false lines, one of a part that has no others, which is quick.
fn last(kind: Kind) -> String {
    let claim = catalogue::all().into_iter().rfind(|claim| claim.kind() == kind);
    claim.expect("the catalogue has such a claim").id().to_owned()
}

fn an_identity() -> String {
    last(Kind::Identity)
}

fn a_false_line() -> String {
    last(Kind::Refuted)
}

fn findings(arguments: &[&str]) -> Vec<Value> {
    let output = run(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document that is a list, and nothing else")
}

#[test]
fn alone_it_says_what_there_is_and_what_to_try() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(0));
    let text = printed(&output);
    assert!(catalogue::parts().iter().all(|part| text.contains(part.title)), "{text}");
    assert!(text.contains("elbow check") && text.contains("elbow explain"), "{text}");
}

#[test]
fn check_prints_a_plain_table_in_a_pipe() {
    let (identity, false_line) = (an_identity(), a_false_line());
    let output = run(&["check", &identity, &false_line, "--cases", "64"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "no bar in a pipe: {}", String::from_utf8_lossy(&output.stderr));
    let text = printed(&output);
    assert!(!text.contains('\x1b'), "{text:?}");
    for (id, verdict) in [(&identity, "holds"), (&false_line, "refuted")] {
        let row = text.lines().find(|line| line.split_whitespace().next() == Some(id));
        assert!(row.is_some_and(|row| row.contains(verdict)), "{id}: {text}");
    }
    assert!(text.contains("true is:") && text.contains("0 failed"), "{text}");
}

#[test]
fn json_has_every_field_of_the_contract() {
    let (identity, false_line) = (an_identity(), a_false_line());
    let found = findings(&["check", &identity, &false_line, "--cases", "64"]);
    for (id, kind, verdict) in [(&identity, "identity", "holds"), (&false_line, "refuted", "refuted")] {
        let row = found.iter().find(|row| row["id"] == **id).expect("asked for");
        assert_eq!((row["kind"].as_str(), row["verdict"].as_str()), (Some(kind), Some(verdict)));
        assert!(row["statement"].is_string() && row["sources"].as_array().is_some_and(|all| !all.is_empty()));
        assert!(row["error"].is_f64() && row["tolerance"].is_f64() && row["seconds"].is_f64(), "{row}");
        assert!(row["cases"].is_u64() && row["false_alarm"].is_null(), "{row}");
        assert_eq!(row["counterexample"].is_string(), kind == "refuted", "{row}");
        assert!(
            row["detectable"].is_null() && row["rate"].is_null() && row["rate_std_err"].is_null(),
            "{row}"
        );
        assert_eq!(row.as_object().map(serde_json::Map::len), Some(14), "{row}");
    }
}

#[test]
fn explain_as_json_is_the_same_object_with_the_reasons() {
    let id = last(Kind::Rate);
    let output = run(&["explain", &id, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut explained: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert!(explained["rate"].is_f64() && explained["rate_std_err"].is_f64(), "{explained}");
    assert!(explained["code"].as_str().is_some_and(|code| code.contains(".rs:")), "{explained}");
    let all = explained.as_object_mut().expect("an object");
    for reason in ["why", "compares", "code"] {
        assert!(all.remove(reason).is_some_and(|text| text.as_str().is_some_and(|text| !text.is_empty())));
    }
    for pointers in ["chapters", "figures"] {
        assert!(all.remove(pointers).is_some_and(|names| names.is_array()), "{pointers}");
    }
    let mut checked = findings(&["check", &id]).into_iter().find(|row| row["id"] == *id).expect("asked for");
    for row in [&mut checked, &mut explained] {
        row["seconds"] = Value::Null;
    }
    assert_eq!(checked, explained);
}

#[test]
fn a_false_line_is_searched_as_long_as_ever_and_the_environment_changes_nothing() {
    let false_line = a_false_line();
    let arguments = ["check", &an_identity(), &false_line, "--cases", "3", "--json"];
    let set = [
        ("PROPTEST_CASES", "1"),
        ("PROPTEST_MAX_SHRINK_ITERS", "0"),
        ("PROPTEST_MAX_LOCAL_REJECTS", "few"),
        ("PROPTEST_VERBOSE", "2"),
    ];
    let outputs = [run(&arguments), elbow(&arguments).envs(set).output().expect("the program starts")];
    let [plain, with_environment] = outputs.map(|output| {
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut rows: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
        rows.iter_mut().for_each(|row| row["seconds"] = Value::Null);
        rows
    });
    assert_eq!(plain, with_environment);
}

#[test]
fn the_same_command_prints_the_same_numbers_and_another_seed_others() {
    let all = catalogue::all();
    let identities =
        all.iter().filter(|claim| claim.kind() == Kind::Identity).map(|claim| claim.id()).take(4);
    let asked: Vec<&str> = ["check"].into_iter().chain(identities).collect();
    let found = |seed: &str| {
        let mut rows = findings(&[&asked[..], &["--cases", "16", "--seed", seed]].concat());
        // `A1` selects `A1a` too, whatever that is.
        rows.retain(|row| row["kind"] == "identity");
        rows.iter_mut().for_each(|row| row["seconds"] = Value::Null);
        rows
    };
    assert_eq!(found("7"), found("7"));
    assert!(found("7").iter().all(|row| row["cases"] == 16));
    assert_ne!(found("7"), found("8"));
}

#[test]
fn a_letter_selects_all_claims_of_a_part() {
    let id = a_false_line();
    let letter = &id[..1];
    let all = catalogue::all();
    let part: Vec<&str> = all.iter().map(|claim| claim.id()).filter(|id| id.starts_with(letter)).collect();
    let found = findings(&["check", letter, "--cases", "64"]);
    let found: Vec<&str> = found.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(found, part);
}

#[test]
fn an_unknown_claim_is_named_with_the_nearest() {
    let known = an_identity();
    let unknown = format!("{known}zz");
    for command in ["check", "explain"] {
        let said = refused(&[command, &unknown]);
        assert!(said.contains(&unknown) && said.contains("nearest"), "{said}");
        assert!(catalogue::all().iter().any(|claim| said.trim_end().ends_with(claim.id())), "{said}");
    }
}

#[test]
fn a_bad_option_is_named_with_its_value_and_the_reason() {
    for cases in ["0", "-1", "many", "2.5", "1000001", "18446744073709551616"] {
        let said = refused(&["check", "--cases", cases]);
        assert!(said.contains("--cases") && said.contains(cases) && said.contains("must be"), "{said}");
    }
    let said = refused(&["check", "--seed", "-7"]);
    assert!(said.contains("--seed") && said.contains("-7") && said.contains("must be"), "{said}");
}

#[test]
fn a_slip_of_the_pen_is_met_with_what_may_have_been_meant() {
    assert!(refused(&["chekc"]).contains("'check'"));
    assert!(refused(&["check", "--jsno"]).contains("'--json'"));
    assert!(refused(&["completions", "bsh"]).contains("bash"));
    assert!(refused(&["explain"]).contains("<ID>"));
}

#[test]
fn a_claim_is_explained_with_the_code_that_checks_it() {
    let id = an_identity();
    let output = run(&["explain", &id, "--cases", "4"]);
    assert_eq!(output.status.code(), Some(0));
    let text = printed(&output);
    let all = catalogue::all();
    let claim = all.iter().find(|claim| claim.id() == id).expect("known");
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    for part in
        [claim.statement(), claim.sources()[0], &first_line(claim.why()), &first_line(claim.compares())]
    {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let place = text.lines().find(|line| line.contains(".rs:")).expect("where the code is").trim();
    let (file, line) = place.split_once(':').expect("path:line");
    let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let code = std::fs::read_to_string(format!("{checkout}/{file}")).expect("a path from the checkout");
    assert!(code.lines().count() >= line.parse().expect("a line number"), "{place}");
    assert!(text.contains("holds: error") && !text.contains('\x1b'), "{text}");
}

#[test]
fn a_false_line_is_explained_with_both_numbers_and_the_true_line() {
    let text = printed(&run(&["explain", &a_false_line()]));
    for part in ["Why it is false", "the line gives", "the truth is", "off by", "true is:"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn a_reader_may_leave() {
    let mut child = elbow(&["check", &a_false_line(), "--cases", "64"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let said = BufReader::new(child.stderr.take().expect("piped")).lines().next();
    assert!(said.is_none(), "{said:?}");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

/// `/dev/full` refuses every byte.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_said_and_is_no_bad_input() {
    for arguments in [&["--help"][..], &["--version"], &[], &["check", &an_identity(), "--cases", "1"]] {
        let full = std::fs::File::create("/dev/full").expect("a Linux device");
        let output = elbow(arguments).stdout(full).output().expect("the program starts");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.starts_with("elbow: standard output cannot be written") && said.lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
fn every_shell_gets_a_completion() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(printed(&output).contains("explain"), "{shell}");
    }
}

/// Of every command that `elbow --help` lists.
#[test]
fn every_help_has_examples_and_exit_codes() {
    let overview = printed(&run(&["--help"]));
    let listed = overview.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> =
        listed.map_while(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 9 && names.contains(&"new-problem"), "{names:?} in {overview}");
    for command in names.iter().map(std::slice::from_ref).chain([&[][..]]) {
        let output = run(&[command, &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let text = printed(&output);
        assert!(text.contains("Examples:") && !text.contains('\x1b'), "{text}");
        let (_, codes) = text.split_once("Exit code: 0 ").unwrap_or_else(|| panic!("no exit codes: {text}"));
        let codes = codes.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            codes.contains(", 1 ") && codes.contains("the output could not be written, 2 bad input"),
            "{text}"
        );
    }
}
