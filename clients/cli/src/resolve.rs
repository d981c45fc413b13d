//! Resources by what people know them by.

use crate::error::CliError;
use crate::session::Session;
use crate::table::{Id, Kind};
use crate::view::plain;
use otahub_client::names;
use serde_json::{Value, json};

/// Whether a text can say which resource is meant, as far as it can be told without the hub.
pub(crate) fn check(kind: &Kind, text: &str) -> Result<(), String> {
    let can = match kind.id {
        Id::Text => !text.is_empty(),
        Id::Number => by_number(kind, text).is_some() || !kind.natural.is_empty(),
    };
    if can { Ok(()) } else { Err(format!("«{text}» is not the number of a {}", kind.word)) }
}

/// The name of a resource, from its number or what people know it by.
pub(crate) async fn name(kind: &Kind, text: &str, session: &Session) -> Result<String, CliError> {
    check(kind, text).map_err(CliError::Usage)?;
    if kind.id == Id::Text {
        return Ok(names::encoded(kind.collection, text));
    }
    if let Some(name) = by_number(kind, text) {
        return Ok(name);
    }
    let found = find(kind, &natural(kind, text)?, session).await?;
    let found = found.as_ref().and_then(|found| found["name"].as_str());
    found.map(str::to_owned).ok_or_else(|| CliError::Missing(kind.word, text.to_owned()))
}

/// `softwareModules/7` from `7` or itself.
fn by_number(kind: &Kind, text: &str) -> Option<String> {
    if names::number(kind.collection, text).is_some() {
        return Some(text.to_owned());
    }
    text.parse().ok().map(|number| names::numbered(kind.collection, number))
}

/// The values of the fields that people know a resource by: of `NAME:VERSION` both.
pub(crate) fn natural(kind: &Kind, text: &str) -> Result<Vec<String>, CliError> {
    if kind.natural.len() < 2 {
        return Ok(vec![text.to_owned()]);
    }
    let (name, version) = text.rsplit_once(':').ok_or_else(|| {
        CliError::Usage(format!("«{text}» is neither a {}'s number nor NAME:VERSION", kind.word))
    })?;
    Ok(vec![name.to_owned(), version.to_owned()])
}

/// The resource whose fields that people know it by are these; nothing if there is none.
pub(crate) async fn find(
    kind: &Kind,
    values: &[String],
    session: &Session,
) -> Result<Option<Value>, CliError> {
    let fields = kind.natural.iter().zip(values);
    let conditions: Vec<_> =
        fields.map(|(field, value)| format!("{} = {}", snake(field), quoted(value))).collect();
    let request = json!({ "filter": conditions.join(" AND ") });
    let (mut found, _) = session.list(kind.list, &request, 0).await?;
    // a filter has no regard to the case of letters
    found.retain(|item| {
        kind.natural.iter().zip(values).all(|(field, value)| plain(&item[field]) == *value)
    });
    if found.len() > 1 {
        let numbers: Vec<_> = found.iter().map(|item| plain(&item["name"])).collect();
        let (word, values) = (kind.word, values.join(":"));
        let numbers = numbers.join(", ");
        return Err(CliError::Local(format!("several are the {word} {values}: {numbers}")));
    }
    Ok(found.pop())
}

/// `display_name` from `displayName`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// A text as a filter has it: what has a meaning there is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '*') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nouns::{ACTION, MODULE, TARGET};

    #[test]
    fn a_number_or_a_name_with_one_is_a_name() {
        assert_eq!(by_number(&MODULE, "7").as_deref(), Some("softwareModules/7"));
        assert_eq!(by_number(&MODULE, "softwareModules/7").as_deref(), Some("softwareModules/7"));
        assert_eq!(by_number(&MODULE, "os:1"), None);
        assert!(check(&ACTION, "seven").is_err() && check(&ACTION, "7").is_ok());
        assert!(check(&TARGET, "seven").is_ok());
    }

    #[test]
    fn the_version_follows_the_last_colon() {
        assert_eq!(natural(&MODULE, "a:b:1.0").unwrap(), ["a:b", "1.0"]);
        assert!(natural(&MODULE, "linux").is_err());
    }

    #[test]
    fn a_filter_takes_a_text_as_it_is() {
        assert_eq!(quoted("a*\"b\\"), r#""a\*\"b\\""#);
        assert_eq!(snake("displayName"), "display_name");
    }
}
