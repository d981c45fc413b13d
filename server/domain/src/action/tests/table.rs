//! The whole table of transitions, as a golden file: a changed rule is a changed line.
//!
//! `UPDATE_GOLDEN=1` writes the file anew.

use std::fmt::Write;
use std::path::Path;

use super::super::{Action, ActionType, State, TargetChange, apply};
use super::{NOW, action, all_events};
use crate::tenant::Quotas;

fn rows() -> Vec<(String, Action)> {
    let mut rows = Vec::new();
    for state in State::ALL {
        let mut one = action(state);
        if state == State::Downloaded {
            one.action_type = ActionType::DownloadOnly;
        } else {
            one.action_type = ActionType::Soft;
        }
        rows.push((format!("{state:?}"), one));
    }
    for state in [State::Running, State::Retrieved, State::Canceling] {
        let mut one = action(state);
        one.action_type = ActionType::DownloadOnly;
        one.retrieved_last = true;
        rows.push((format!("{state:?}, download-only, fetched"), one));
    }
    rows
}

fn cell(before: &Action, event: &super::Event) -> String {
    let to = match apply(before, event, NOW, &Quotas::default()) {
        Ok(to) => to,
        Err(error) => {
            let name = format!("{error:?}");
            return format!("refused: {}", name.split([' ', '{', '(']).next().unwrap());
        }
    };
    if !to.changes() {
        assert_eq!(&to.action, before);
        return "nothing".to_owned();
    }
    let mut line = format!("{:?}", to.action.state);
    if to.action.action_type != before.action_type {
        write!(line, ", {:?}", to.action.action_type).unwrap();
    }
    for entry in &to.entries {
        write!(line, " | {} ×{}", entry.status.as_str(), entry.messages.len()).unwrap();
    }
    if to.target != TargetChange::None {
        let name = format!("{:?}", to.target);
        write!(line, " | target {}", name.split([' ', '{']).next().unwrap()).unwrap();
    }
    let effects: Vec<String> = to.effects.iter().map(|effect| format!("{effect:?}")).collect();
    write!(line, " | {}", effects.join(" ")).unwrap();
    line
}

#[test]
fn the_table_is_as_written() {
    let mut table = String::from(
        "state × event → next state | history entry ×messages | target | effects (written by \
         UPDATE_GOLDEN=1)\n",
    );
    for (name, before) in rows() {
        table.push('\n');
        for (event_name, event) in all_events() {
            writeln!(table, "{name} × {event_name} → {}", cell(&before, &event)).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/action/table.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    for (old, new) in written.lines().zip(table.lines()) {
        assert_eq!(old, new);
    }
    assert_eq!(written, table);
}
