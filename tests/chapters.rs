//! The chapters as files: each is a program and a notebook, short, with exercises, and in its place on the road.

use std::fs;
use std::path::PathBuf;

/// A chapter can be read in one sitting.
const MOST_LINES: usize = 210;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks-rs"))
}

/// Name and text of each chapter, in the order of the numbers that they give themselves.
fn chapters() -> Vec<(String, String)> {
    let files = fs::read_dir(folder()).expect("the chapters").map(|file| file.expect("a file").path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut chapters: Vec<(usize, String, String)> = sources
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("UTF-8");
            let number =
                text.strip_prefix("//! Chapter ").and_then(|rest| rest.split_once(':')?.0.parse().ok());
            (number.unwrap_or_else(|| panic!("{name} says no number")), name, text)
        })
        .collect();
    chapters.sort();
    assert!(
        chapters.iter().map(|chapter| chapter.0).eq(1..=10),
        "ten chapters, each with a number of its own"
    );
    chapters.into_iter().map(|(_, name, text)| (name, text)).collect()
}

/// Both the notebook and the program need each of these, once and in this order.
#[test]
fn a_chapter_has_a_title_claims_a_main_and_exercises() {
    for (number, (name, text)) in (1..).zip(chapters()) {
        assert!(text.lines().count() <= MOST_LINES, "{name} has {} lines", text.lines().count());
        let parts = [
            "//! Chapter ",
            "\n\n// %% [markdown]\n// # ",
            "\n// Claims of this chapter: ",
            "\n// %%\nuse std::error::Error;\n",
            "\n// %%\nfn main() -> Result<(), Box<dyn Error>> {\n    // %% [markdown]\n",
            "\n    // ## Exercises\n",
            "\n    Ok(())\n}\n",
        ];
        let places: Vec<usize> = parts
            .iter()
            .map(|part| text.find(part).unwrap_or_else(|| panic!("{name} lacks {part:?}")))
            .collect();
        assert!(places.is_sorted() && text.ends_with(parts[6]), "{name}: {places:?}");
        assert!(text.contains(&format!("\n// # {number}. ")), "{name}: the title has another number");
        let exercises = exercises(&text);
        assert!(exercises >= 3, "{name}: {exercises} exercises");
    }
}

/// Answers that a chapter leaves open at its end.
fn exercises(chapter: &str) -> usize {
    let (_, end) = chapter.split_once("\n    // ## Exercises\n").expect("exercises");
    let code = end.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.filter(|line| line.contains("None,")).count()
}

/// Lecturers find each exercise worked out: a section for each chapter, in the order of the road, numbered as there.
#[test]
fn every_exercise_has_a_worked_solution() {
    let text = fs::read_to_string(folder().join("SOLUTIONS.md")).expect("the solutions");
    let sections: Vec<&str> = text.split("\n## ").skip(1).collect();
    let chapters = chapters();
    assert_eq!(sections.len(), chapters.len(), "a section for each chapter");
    for ((name, chapter), section) in chapters.iter().zip(sections) {
        let (heading, solutions) = section.split_once('\n').expect("more than a heading");
        assert_eq!(heading, format!("{name}.rs"));
        let numbers = solutions.lines().filter_map(|line| line.split_once(". ")?.0.parse::<usize>().ok());
        assert!(numbers.eq(1..=exercises(chapter)), "{name}: not one solution for each exercise");
    }
}

/// What a cell leaves behind for later ones must have a type that can be named.
#[test]
fn no_cell_leaves_a_closure_behind() {
    for (name, text) in chapters() {
        let (_, cells) = text.split_once("\nfn main()").expect("a main");
        let closure =
            |line: &&str| line.starts_with("    let ") && (line.contains("= |") || line.contains("= move |"));
        assert_eq!(cells.lines().find(closure), None, "{name}");
    }
}

/// A notebook has one cell after the other: code stands in cells, text in cells of its own.
#[test]
fn cells_of_text_hold_nothing_but_comments() {
    for (name, text) in chapters() {
        for cell in text.split("// %%").skip(1) {
            let Some(words) = cell.strip_prefix(" [markdown]\n") else {
                assert!(cell.starts_with('\n'), "{name}: a cell that begins {:?}", cell.lines().next());
                continue;
            };
            let code = words.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//"));
            assert_eq!(code, None, "{name}");
        }
    }
}
