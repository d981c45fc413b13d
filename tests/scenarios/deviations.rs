//! The table of differences that are meant, `DEVIATIONS.md`.

use serde_json::Value;
use std::path::Path;

/// A line of the table.
struct Deviation {
    case: String,
    number: usize,
    name: String,
}

/// The whole table.
pub(crate) struct Deviations(Vec<Deviation>);

/// A step that differed: its number, counted from 1, and how.
pub(crate) type Wrong = (usize, Vec<String>);

impl Deviations {
    /// Reads the table in `folder`.
    pub(crate) fn read(folder: &Path) -> Self {
        let path = folder.join("DEVIATIONS.md");
        Self::parse(&std::fs::read_to_string(path).expect("the table of deviations"))
    }

    fn parse(text: &str) -> Self {
        let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
        let deviation = |row| row_of(row).unwrap_or_else(|| panic!("not a deviation: {row}"));
        Self(rows.map(deviation).collect())
    }

    /// What is wrong about a case: differences that are not listed, listed ones that are gone.
    pub(crate) fn judge(&self, case: &str, recorded: &Value, wrong: &[Wrong]) -> Vec<String> {
        let listed = |number: usize| self.0.iter().any(|d| d.case == case && d.number == number);
        let mut problems = Vec::new();
        for (number, found) in wrong.iter().filter(|(number, _)| !listed(*number)) {
            let name = &recorded["steps"][number - 1]["name"];
            problems.push(format!("step {number}, {name}\n    {}", found.join("\n    ")));
        }
        let own = self.0.iter().filter(|d| d.case == case);
        for gone in own.filter(|d| !wrong.iter().any(|(number, _)| *number == d.number)) {
            problems.push(format!("step {} agrees: take it off DEVIATIONS.md", gone.number));
        }
        problems
    }

    /// The lines whose case or step is not there.
    pub(crate) fn lost(&self, load: impl Fn(&str) -> Option<Value>) -> Vec<String> {
        let is_there = |d: &Deviation| {
            let step = |case: Value| case["steps"].get(d.number - 1).cloned();
            load(&d.case).and_then(step).is_some_and(|step| step["name"] == d.name.as_str())
        };
        let lost = self.0.iter().filter(|d| !is_there(d));
        lost.map(|d| format!("{} step {} {}", d.case, d.number, d.name)).collect()
    }
}

fn row_of(row: &str) -> Option<Deviation> {
    let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [case, step, reason] = cells.as_slice() else {
        return None;
    };
    let (number, name) = step.split_once(' ')?;
    let number = number.parse().ok().filter(|n| *n > 0 && !reason.is_empty())?;
    Some(Deviation { case: (*case).to_owned(), number, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &str = "| case | step | reason |\n| --- | --- | --- |\n| c | 2 two | why |\n";

    fn judged(wrong: &[Wrong]) -> usize {
        let case = json!({"steps": [{"name": "one"}, {"name": "two"}]});
        Deviations::parse(TABLE).judge("c", &case, wrong).len()
    }

    #[test]
    fn a_listed_difference_passes_and_an_unlisted_or_healed_one_does_not() {
        assert_eq!(judged(&[(2, vec!["x".into()])]), 0);
        assert_eq!(judged(&[]), 1);
        assert_eq!(judged(&[(1, vec!["x".into()]), (2, vec!["x".into()])]), 1);
    }

    #[test]
    fn a_line_about_another_step_is_lost() {
        let table = Deviations::parse(TABLE);
        let same = json!({"steps": [{"name": "one"}, {"name": "two"}]});
        assert!(table.lost(|_| Some(same.clone())).is_empty());
        assert_eq!(table.lost(|_| Some(json!({"steps": [{"name": "two"}]}))).len(), 1);
        assert_eq!(table.lost(|_| None).len(), 1);
    }
}
