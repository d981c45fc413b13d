//! Filters that want to cost more than they may.

use super::super::*;
use proptest::prelude::*;

#[test]
fn brackets_comparisons_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}a=1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEPTH_MAX)).is_ok());
    assert!(parse(&nested(DEPTH_MAX + 1)).is_err());
    assert!(parse(&nested(LENGTH_MAX / 3)).is_err());
    assert!(parse(&"(".repeat(LENGTH_MAX)).is_err());
    assert!(parse(&"NOT ".repeat(LENGTH_MAX / 4)).is_err());
    assert!(parse(&"-".repeat(LENGTH_MAX)).is_err());

    let terms = |count: usize| vec!["a=1"; count].join(" OR ");
    assert!(parse(&terms(TERMS_MAX)).is_ok());
    assert!(parse(&terms(TERMS_MAX + 1)).is_err());

    let among = |count: usize, what: &str| format!("a = ({})", vec![what; count].join(" OR "));
    assert!(parse(&among(TERMS_MAX * 4, "b")).is_ok());
    assert!(parse(&among(TERMS_MAX, "b*")).is_err());

    let long = |length: usize| format!("a = \"{}\"", "x".repeat(length));
    assert!(parse(&long(LENGTH_MAX - 6)).is_ok());
    assert!(parse(&long(LENGTH_MAX - 5)).is_err());
}

#[test]
fn many_wildcards_are_decided_at_once() {
    let pattern = Pattern::of(vec!["a".to_owned(); 8_000]);
    assert!(!pattern.matches(&format!("{}b", "a".repeat(100_000))));
    assert!(pattern.matches(&"a".repeat(8_000)));
    let stars = format!("a = \"{}\"", "*".repeat(30_000));
    let Ok(Expr::Term(term)) = parse(&stars) else { panic!("{stars:.20} is a comparison") };
    assert_eq!(term.value, Value::One(Item::Text(Pattern::of(vec![String::new(); 2]))));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~äß\\n\\t]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_soup_of_words_makes_the_reader_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "AND", "OR", "NOT", "a", ".", "=", "!=", "\"", "\"x\"", "null", "()",
                "now()", "*", "\\", ":", " ", "  ", "'", "1",
            ]),
            0..40,
        ),
    ) {
        let text = words.concat();
        if let Ok(expr) = parse(&text) {
            prop_assert_eq!(parse(&expr.to_string()), Ok(expr));
        }
    }
}
