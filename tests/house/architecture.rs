//! Who may depend on whom: `cargo metadata` against two tables, which are data beside this file.

use crate::tree::metadata;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const EDGES: &str = include_str!("edges.txt");
const FENCES: &str = include_str!("fences.txt");

type Names = BTreeSet<String>;

/// A crate of ours: what it depends on, for itself and for its tests.
struct Package {
    name: String,
    normal: Names,
    for_tests: Names,
}

fn packages() -> Vec<Package> {
    let metadata = metadata();
    metadata["packages"].as_array().expect("packages").iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let names = |wanted: fn(&Value) -> bool| -> Names {
        let all = package["dependencies"].as_array().expect("dependencies").iter();
        let ours = all.filter(|d| wanted(&d["kind"]));
        ours.map(|d| d["name"].as_str().expect("a name").to_owned()).collect()
    };
    Package {
        name: package["name"].as_str().expect("a name").to_owned(),
        normal: names(|kind| kind != "dev"),
        for_tests: names(|kind| kind == "dev"),
    }
}

fn words(text: &str) -> Names {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

fn lines(table: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = table.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines.map(|line| line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}")))
}

#[test]
fn arrows_point_to_what_is_more_stable() {
    let table: BTreeMap<&str, (Names, Names)> = lines(EDGES)
        .map(|(name, rest)| {
            let (normal, tests) = rest.split_once('|').unwrap_or((rest, ""));
            (name, (words(normal), words(tests)))
        })
        .collect();
    let mut wrong = Vec::new();
    let packages = packages();
    let ours: Names = packages.iter().map(|p| p.name.clone()).collect();
    for p in &packages {
        let Some((normal, tests)) = table.get(p.name.as_str()) else {
            wrong.push(format!("{} has no line in edges.txt", p.name));
            continue;
        };
        for used in p.normal.intersection(&ours).filter(|d| !normal.contains(*d)) {
            wrong.push(format!("{} must not depend on {used}", p.name));
        }
        let allowed: Names = normal.union(tests).cloned().collect();
        for used in p.for_tests.intersection(&ours).filter(|d| !allowed.contains(*d)) {
            wrong.push(format!("the tests of {} must not depend on {used}", p.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fenced_packages_stay_behind_their_fence() {
    let mut wrong = Vec::new();
    let packages = packages();
    for (name, rest) in lines(FENCES) {
        let listed = words(rest);
        for p in &packages {
            let forbidden: Vec<&String> = match name.strip_prefix('-') {
                Some(ours) if ours == p.name => p.normal.intersection(&listed).collect(),
                Some(_) => Vec::new(),
                None if listed.contains(&p.name) => Vec::new(),
                None => p.normal.iter().filter(|d| *d == name).collect(),
            };
            wrong.extend(forbidden.iter().map(|d| format!("{} must not use {d}", p.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn versions_and_lints_stand_in_the_root_only() {
    let mut wrong = Vec::new();
    for file in crate::tree::files(&["Cargo.toml"]) {
        // a package beside the workspace has versions of its own
        if !file.path.contains('/') || file.path.starts_with("tests/astarte/") {
            continue;
        }
        let versioned = |line: &&str| line.contains("version = \"") && !line.starts_with("rust-");
        wrong.extend(file.text.lines().filter(versioned).map(|l| format!("{}: {l}", file.path)));
        let own_lints = file.path == "tests/Cargo.toml";
        if !own_lints && !file.text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{}: no `[lints] workspace = true`", file.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
