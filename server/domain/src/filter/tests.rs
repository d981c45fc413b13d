//! The grammar, what filters mean, and what may not happen whatever is given.

mod hostile;
mod meaning;
mod strategy;

use super::*;
use crate::Error;
use proptest::prelude::*;

fn printed(text: &str) -> String {
    parse(text).map_or_else(|error| error.to_string(), |expr| expr.to_string())
}

#[test]
fn what_is_written_is_read() {
    for (text, read) in [
        ("a=1", r#"a = "1""#),
        (r#" a.b-c . d != "x" "#, "filter: cannot be read from character 8 on"),
        (r#"a.b-c.d != "x""#, r#"a.b-c.d != "x""#),
        (r#"a."b c".d >= '"'"#, r#"a."b c".d >= "\"""#),
        (r#"a = "x*y\*z""#, r#"a = "x*y\*z""#),
        (r#"a = "x**y""#, r#"a = "x*y""#),
        ("a = *", r#"a = "*""#),
        ("a = null", "a = null"),
        ("a = nullable", r#"a = "nullable""#),
        (r#"a = "null""#, r#"a = "null""#),
        ("a = now()", "a = now()"),
        ("a < overdue()", "a < overdue()"),
        ("a = now", r#"a = "now""#),
        ("a:*", "a != null"),
        ("a:b*", r#"a = "b*""#),
        ("a = (1 OR 2 OR now())", r#"a = ("1" OR "2" OR now())"#),
        ("a = (1)", r#"a = ("1")"#),
        ("NOT a=1", r#"NOT a = "1""#),
        ("-a=1", r#"NOT a = "1""#),
        ("NOT (NOT a=1)", r#"NOT (NOT a = "1")"#),
        ("a=2024-01-01T00%3A", r#"a = "2024-01-01T00%3A""#),
    ] {
        assert_eq!(printed(text), read, "{text}");
    }
}

#[test]
fn or_binds_tighter_than_and() {
    assert_eq!(
        printed("a=1 AND b=2 OR c=3 AND d=4"),
        r#"(a = "1" AND (b = "2" OR c = "3") AND d = "4")"#
    );
    assert_eq!(printed("(a=1 AND b=2) OR c=3"), r#"((a = "1" AND b = "2") OR c = "3")"#);
    assert_eq!(printed("((a=1))"), r#"a = "1""#);
}

#[test]
fn what_is_no_filter_is_refused() {
    for text in [
        "",
        " ",
        "a",
        "a=",
        "=1",
        "a==1",
        "(a=1",
        "a=1)",
        "()",
        "a=1 b=2",
        "a=1 and b=2",
        "a=1 AND",
        "AND",
        "a=AND",
        "a.=1",
        ".a=1",
        "a='x",
        "a=\"x\\q\"",
        "a=()",
        "a=(1 OR)",
        "a=(1 AND 2)",
        "NOT",
        "NOT NOT a=1",
        "a=foo()",
        "a\\=1",
        "\"a*\"=1",
        "a=1\0",
        "a = \"\0\"",
    ] {
        let refused = parse(text);
        assert!(
            matches!(refused, Err(Error::Invalid { field: "filter", .. })),
            "{text:?}: {refused:?}"
        );
    }
}

#[test]
fn every_name_of_a_field_leads_to_it_and_to_no_other() {
    fn check<F: Searchable>() {
        let mut names: Vec<&str> = Vec::new();
        for entry in F::FIELDS {
            assert!(!entry.names.is_empty());
            names.extend(entry.names);
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{names:?}");
    }
    check::<TargetField>();
    check::<SetField>();
    check::<SetTypeField>();
    check::<ModuleField>();
    check::<ModuleTypeField>();
    check::<ActionField>();
    check::<RolloutField>();
    check::<RolloutGroupField>();
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(expr in strategy::expr()) {
        prop_assert_eq!(parse(&expr.to_string()), Ok(expr));
    }
}
