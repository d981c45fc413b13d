//! How the tree is kept: sizes, first lines, leftovers, names.

use crate::functions::functions;
use crate::modules::reachable;
use crate::tree::{File, files, is_ignored, root};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const PARAMETERS_MAX: usize = 5;
const WIDTH_MAX: usize = 100;

/// What stands at the root, beside hidden files.
const TOP: [&str; 8] =
    ["Cargo.toml", "README.md", "adapters", "clients", "migrations", "proto", "server", "tests"];
const TOP_BESIDE: [&str; 3] = ["Cargo.lock", "LICENSE", "rust-toolchain.toml"];

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} found:\n{}", wrong.len(), wrong.join("\n"));
}

fn lines_where(file: &File, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = (1..).zip(file.text.lines());
    let wrong = numbered.filter(|(_, line)| is_wrong(line));
    wrong.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long = files(&[".rs", ".proto", ".sh", "run"]).into_iter().filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", file.path))
    });
    none(&long.collect::<Vec<_>>());
}

#[test]
fn no_function_is_longer_than_70_lines_or_takes_more_than_5_parameters() {
    let mut wrong = Vec::new();
    for file in files(&[".rs"]) {
        let functions = match functions(&file.text) {
            Ok(functions) => functions,
            Err(error) => {
                wrong.push(format!("{}: {error}", file.path));
                continue;
            }
        };
        for f in functions {
            if f.lines > FUNCTION_LINES_MAX || f.parameters > PARAMETERS_MAX {
                wrong.push(format!(
                    "{}:{}: {}: {} lines, {} parameters",
                    file.path, f.line, f.name, f.lines, f.parameters
                ));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent = files(&[".rs"]).into_iter().filter(|f| !f.text.starts_with("//! "));
    none(&silent.map(|f| f.path).collect::<Vec<_>>());
}

#[test]
fn no_line_is_wider_than_100() {
    // A path cannot be broken.
    let wide = |line: &str| line.chars().count() > WIDTH_MAX && !line.starts_with("use ");
    let found = files(&[".rs", ".proto"]).into_iter();
    none(&found.flat_map(|file| lines_where(&file, wide)).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_to_do_without_an_issue() {
    // Put together here, so that this file does not find itself.
    let marks = [["TO", "DO"], ["FIX", "ME"]].map(|halves| halves.concat());
    let unnumbered = |line: &str| {
        let marked = marks.iter().find_map(|mark| line.split_once(mark.as_str()));
        marked.is_some_and(|(_, rest)| !rest.starts_with("(#"))
    };
    let found = files(&[".rs", ".proto", ".sh", ".toml", "run"]).into_iter();
    none(&found.flat_map(|file| lines_where(&file, unnumbered)).collect::<Vec<_>>());
}

#[test]
fn every_rust_file_belongs_to_a_crate() {
    let reachable = reachable();
    let beside = ["tests/astarte/src/main.rs", "tests/astarte/rauc/main.rs"];
    let dead = files(&[".rs"]).into_iter().map(|f| f.path);
    let dead = dead.filter(|path| !beside.contains(&path.as_str()) && !reachable.contains(path));
    none(&dead.collect::<Vec<_>>());
}

#[test]
fn generated_code_is_not_kept() {
    let generated = "@".to_owned() + "generated";
    let kept = files(&[".rs"]).into_iter().filter(|f| {
        let in_contract = f.path.starts_with("proto/otahub/");
        in_contract || f.text.lines().take(5).any(|line| line.contains(&generated))
    });
    none(&kept.map(|f| f.path).collect::<Vec<_>>());
}

#[test]
fn the_top_level_has_eight_names() {
    let mut there: Vec<String> = std::fs::read_dir(root())
        .expect("the root")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !is_ignored(name) && !TOP_BESIDE.contains(&name.as_str()))
        .collect();
    there.sort();
    assert_eq!(there, TOP);
}

#[test]
fn tests_are_sentences() {
    let prefix = "fn test".to_owned() + "_";
    let named = |line: &str| line.trim_start().trim_start_matches("async ").starts_with(&prefix);
    let found = files(&[".rs"]).into_iter();
    none(&found.flat_map(|file| lines_where(&file, named)).collect::<Vec<_>>());
}
