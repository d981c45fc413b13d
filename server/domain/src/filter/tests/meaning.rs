//! What filters mean, by the examples of the query language's definition.

use super::super::*;
use super::strategy;
use crate::{Error, Timestamp};
use proptest::prelude::*;

const MOMENTS: Moments =
    Moments { now: Timestamp::from_millis(5_000), overdue: Timestamp::from_millis(3_000) };

/// A target: `None` of a field is that it is not there.
#[derive(Debug, Default)]
struct Thing {
    name: Option<&'static str>,
    polled: Option<i64>,
    attributes: Vec<(&'static str, &'static str)>,
    consent: bool,
}

impl Row<TargetField> for Thing {
    fn values(&self, field: TargetField, key: Option<&str>) -> Vec<Datum> {
        let text = |text: &&str| Datum::Text((*text).to_owned());
        if field == TargetField::Name {
            return self.name.iter().map(text).collect();
        }
        if field == TargetField::LastPollAt {
            return self.polled.into_iter().map(Datum::Number).collect();
        }
        if field == TargetField::AutoConfirmed {
            return vec![Datum::Flag(self.consent)];
        }
        if field == TargetField::UpdateStatus {
            return vec![Datum::Word("IN_SYNC")];
        }
        if field == TargetField::Attribute {
            let of_key = |(k, _): &&(&str, &str)| Some(k.to_ascii_lowercase().as_str()) == key;
            return self.attributes.iter().filter(of_key).map(|(_, v)| text(v)).collect();
        }
        Vec::new()
    }
}

fn filter(text: &str) -> Filter<TargetField> {
    parse(text).and_then(|expr| expr.resolve(MOMENTS)).unwrap()
}

fn refusal(text: &str) -> Error {
    parse(text).and_then(|expr| expr.resolve::<TargetField>(MOMENTS)).unwrap_err()
}

#[test]
fn texts_are_compared_as_defined() {
    for (text, names) in [
        // of: Pump, pumpe, "", nothing, p%m_p
        ("name = PUMP", "10000"),
        ("name != pump", "01111"),
        ("name = p*p*", "11001"),
        ("name != p*", "00110"),
        ("name = *", "11101"),
        ("name != *", "00010"),
        ("name = *MP?", "00000"),
        (r#"name = "p%m*""#, "00001"),
        (r#"name = """#, "00110"),
        (r#"name != """#, "11001"),
        ("name = null", "00010"),
        ("name != null", "11101"),
        (r#"name = "null""#, "00000"),
        ("name = (pump OR pumpe)", "11000"),
        ("name != (pump OR pumpe)", "00111"),
        (r#"name = (pump OR "")"#, "10110"),
        (r#"name != (pump OR "")"#, "01001"),
        ("name > pump", "01000"),
        ("name >= PUMP", "11000"),
        ("name < pump", "00101"),
        ("NOT name = pump", "01111"),
        ("NOT name != pump", "10000"),
        ("name = now()", "00000"),
    ] {
        let named = [Some("Pump"), Some("pumpe"), Some(""), None, Some("p%m_p")];
        let found: String = named
            .map(|name| Thing { name, ..Thing::default() })
            .map(|thing| if filter(text).matches(&thing) { '1' } else { '0' })
            .into_iter()
            .collect();
        assert_eq!(found, names, "{text}");
    }
}

#[test]
fn maps_are_compared_as_defined() {
    for (text, things) in [
        // of: rev=2, REV=3, none, "a.b"="", rev=1 and Rev=2
        ("attributes.rev = 2", "10001"),
        ("attributes.REV != 2", "01000"),
        ("attributes.rev = null", "00110"),
        ("attributes.rev != null", "11001"),
        ("attributes.rev > 2", "01000"),
        ("attributes.rev = *", "11001"),
        ("attributes.rev = (2 OR 3)", "11001"),
        ("attributes.rev != (2 OR 4)", "01000"),
        ("attributes.a.b = null", "11101"),
        (r#"attributes."A.B" = """#, "11111"),
        (r#"attributes.a.b != """#, "00000"),
        (r#"attributes.rev != """#, "11001"),
        ("NOT attributes.rev != 2", "10111"),
    ] {
        let attributes: [&[(&str, &str)]; 5] =
            [&[("rev", "2")], &[("REV", "3")], &[], &[("a.b", "")], &[("rev", "1"), ("Rev", "2")]];
        let found: String = attributes
            .map(|some| Thing { attributes: some.to_vec(), ..Thing::default() })
            .map(|thing| if filter(text).matches(&thing) { '1' } else { '0' })
            .into_iter()
            .collect();
        assert_eq!(found, things, "{text}");
    }
}

#[test]
fn times_numbers_words_and_flags_are_compared_as_defined() {
    let thing = Thing { polled: Some(3_000), consent: true, ..Thing::default() };
    for (text, matches) in [
        ("last_poll_time = 3000", true),
        ("last_poll_time = 1970-01-01T00:00:03Z", false),
        (r#"last_poll_time = "1970-01-01T00:00:03Z""#, true),
        (r#"last_poll_time < "1970-01-01T01:00:03.001+01:00""#, true),
        ("last_poll_time <= overdue()", true),
        ("last_poll_time < overdue()", false),
        ("last_poll_time < now()", true),
        ("last_poll_time = *", true),
        ("last_poll_time != *", false),
        ("last_poll_time = null", false),
        ("install_time = null", true),
        ("install_time != 7", true),
        ("install_time = *", false),
        ("update_status = in_sync", true),
        ("update_status != (IN_SYNC OR ERROR)", false),
        ("auto_confirmation_active = true", true),
        ("auto_confirmation_active != TRUE", false),
        ("assigned_set = null", true),
        ("assigned_set.version != 1", true),
    ] {
        match parse(text) {
            Ok(expr) => {
                let filter = expr.resolve::<TargetField>(MOMENTS).unwrap();
                assert_eq!(filter.matches(&thing), matches, "{text}");
            }
            Err(_) => assert!(!matches, "{text}"),
        }
    }
}

#[test]
fn unknown_fields_and_words_are_told_apart_from_values_that_do_not_fit() {
    let named = |error: Error| {
        if let Error::FilterField { path, allowed, .. } = error {
            return (path, allowed.len());
        }
        (error.to_string(), 0)
    };
    for (text, path, allowed) in [
        ("colour = red", "colour", 0),
        ("attributes = red", "attributes", 0),
        ("metadata != null", "metadata", 0),
        ("assigned_set.colour = 1", "assigned_set.colour", 0),
        ("Name = 1", "Name", 0),
        ("update_status = dancing", "update_status", 5),
        ("update_status = *", "update_status", 5),
        ("update_status < ERROR", "filter: update_status wants = or !=", 0),
        (
            "auto_confirmation_active = yes",
            "filter: auto_confirmation_active wants true or false",
            0,
        ),
        ("last_poll_time > yesterday", "filter: last_poll_time wants a time", 0),
        ("assigned_set = 1*", "filter: assigned_set.id wants a whole number", 0),
        ("name < a*", "filter: display_name wants a bound without wildcards", 0),
        ("name < null", "filter: display_name wants one bound", 0),
        ("name < (a OR b)", "filter: display_name wants one bound", 0),
    ] {
        assert_eq!(named(refusal(text)), (path.to_owned(), allowed), "{text}");
    }
}

/// Whether a text matches pieces, tried out at every place.
fn slowly(pieces: &[String], text: &str) -> bool {
    match pieces {
        [] => true,
        [last] => text.ends_with(last.as_str()),
        [first, rest @ ..] => text
            .match_indices(first.as_str())
            .any(|(at, piece)| slowly(rest, &text[at + piece.len()..])),
    }
}

proptest! {
    #[test]
    fn wildcards_match_as_when_every_place_is_tried(
        pieces in prop::collection::vec("[ab]{0,3}", 2..5),
        text in "[ab]{0,10}",
    ) {
        let pattern = Pattern::of(pieces);
        let wanted = text
            .strip_prefix(pattern.prefix())
            .is_some_and(|rest| slowly(&pattern.pieces()[1..], rest));
        prop_assert_eq!(pattern.matches(&text), wanted);
    }

    #[test]
    fn not_is_the_contrary(pattern in strategy::pattern(), name in "[abAB]{0,4}", key in "[ab]") {
        let name: &'static str = Box::leak(name.into_boxed_str());
        let thing = Thing { name: Some(name), attributes: vec![("a", name)], ..Thing::default() };
        for path in ["name".to_owned(), format!("attributes.{key}")] {
            let plain = filter(&format!("{path} = {pattern}")).matches(&thing);
            let not = filter(&format!("NOT {path} = {pattern}")).matches(&thing);
            prop_assert_ne!(plain, not);
        }
    }
}
