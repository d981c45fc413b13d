//! Writes a query as the hub's filter.

use super::fields::{Field, Means};
use super::parse::{Argument, Comparison, Node, Operator};
use std::fmt::Write as _;

/// Why a query cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is no query.
    Syntax,
    /// It names a field that there is not.
    Field,
    /// It compares a field with a word that the field does not know; what it knows.
    Word(String),
}

/// The hub's filter for a query over these fields.
pub(super) fn print(query: &Node, fields: &[Field]) -> Result<String, Unfit> {
    if misplaced(query, fields) {
        return Err(Unfit::Syntax);
    }
    let mut filter = String::new();
    node(&mut filter, query, fields)?;
    Ok(filter)
}

fn node(out: &mut String, query: &Node, fields: &[Field]) -> Result<(), Unfit> {
    let (parts, between) = match query {
        Node::And(parts) => (parts, " AND "),
        Node::Or(parts) => (parts, " OR "),
        Node::Compare(comparison) => return compare(out, comparison, fields),
    };
    out.push('(');
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        node(out, part, fields)?;
    }
    out.push(')');
    Ok(())
}

/// Whether a field that may occur once, and only where all has to hold, occurs otherwise.
fn misplaced(query: &Node, fields: &[Field]) -> bool {
    let is_once = |part: &Node| {
        matches!(part, Node::Compare(comparison)
            if matches!(find(&comparison.selector, fields), Some((Means::Once(_), _))))
    };
    let anywhere = count(query, &is_once);
    let allowed = match query {
        Node::And(parts) => parts.iter().filter(|part| is_once(part)).count().min(1),
        Node::Or(_) => 0,
        Node::Compare(_) => 1,
    };
    anywhere > allowed
}

fn count(query: &Node, counts: &impl Fn(&Node) -> bool) -> usize {
    match query {
        Node::And(parts) | Node::Or(parts) => parts.iter().map(|part| count(part, counts)).sum(),
        Node::Compare(_) => usize::from(counts(query)),
    }
}

/// The field of this name, and the key if it is a map.
fn find<'s>(selector: &'s str, fields: &[Field]) -> Option<(Means, &'s str)> {
    let named = |name: &str| {
        let mut fields = fields.iter();
        fields.find_map(|(known, means)| name.eq_ignore_ascii_case(known).then_some(*means))
    };
    if let Some(means) = named(selector).filter(|means| !matches!(means, Means::Map(_))) {
        return Some((means, ""));
    }
    let (name, key) = selector.split_once('.')?;
    let map = named(name).filter(|means| matches!(means, Means::Map(_)))?;
    (!key.is_empty()).then_some((map, key))
}

fn compare(out: &mut String, comparison: &Comparison, fields: &[Field]) -> Result<(), Unfit> {
    let (means, key) = find(&comparison.selector, fields).ok_or(Unfit::Field)?;
    let (path, words) = match means {
        Means::Field(path) | Means::Map(path) | Means::Once(path) => (path, None),
        Means::Words(path, words) => (path, Some(words)),
    };
    let mut field = path.to_owned();
    if matches!(means, Means::Map(_)) {
        field.push('.');
        quote(&mut field, [key]);
    }
    let values = match values(comparison, words)? {
        Values::Items(items) => items,
        Values::Nothing => return nothing(out, comparison.operator),
    };
    let _ = write!(out, "{field} {} {values}", operator(comparison.operator));
    Ok(())
}

const fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal | Operator::In | Operator::Is => "=",
        Operator::NotEqual | Operator::Out | Operator::IsNot => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}

/// Everything has an id: nothing is what has none.
fn nothing(out: &mut String, of: Operator) -> Result<(), Unfit> {
    let _ = write!(out, "id {} null", operator(of));
    Ok(())
}

/// What a field is compared with, in the hub's words.
enum Values {
    Items(String),
    /// With words only that no field ever has.
    Nothing,
}

type Words = &'static [(&'static str, Option<&'static str>)];

fn values(comparison: &Comparison, words: Option<Words>) -> Result<Values, Unfit> {
    let mut items = Vec::new();
    for argument in &comparison.arguments {
        match words.filter(|_| !is_null(comparison.operator, argument)) {
            None => items.push(item(comparison.operator, argument)?),
            Some(words) => items.extend(word(words, &argument.text)?),
        }
    }
    if items.is_empty() {
        return Ok(Values::Nothing);
    }
    let is_list = matches!(comparison.operator, Operator::In | Operator::Out);
    Ok(Values::Items(if is_list { format!("({})", items.join(" OR ")) } else { items.concat() }))
}

/// The hub's word for one of hawkBit's, quoted; none if nothing is ever so.
fn word(words: Words, text: &str) -> Result<Option<String>, Unfit> {
    let found = words.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(text));
    match found {
        Some((_, ours)) => Ok(ours.map(|ours| format!("\"{ours}\""))),
        None => {
            let known: Vec<&str> = words.iter().map(|(theirs, _)| *theirs).collect();
            Err(Unfit::Word(known.join(", ")))
        }
    }
}

fn is_null(operator: Operator, argument: &Argument) -> bool {
    let compares_null = match operator {
        Operator::Is | Operator::IsNot => true,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In
        | Operator::Out => false,
    };
    compares_null && !argument.quoted && argument.text.eq_ignore_ascii_case("null")
}

fn item(operator: Operator, argument: &Argument) -> Result<String, Unfit> {
    if is_null(operator, argument) {
        return Ok("null".to_owned());
    }
    let text = argument.text.as_str();
    if text.eq_ignore_ascii_case("${now_ts}") {
        return Ok("now()".to_owned());
    }
    if text.eq_ignore_ascii_case("${overdue_ts}") {
        return Ok("overdue()".to_owned());
    }
    let mut out = String::new();
    match operator {
        Operator::Equal | Operator::NotEqual | Operator::Is | Operator::IsNot => {
            let pieces = pieces(unescape(text));
            quote(&mut out, pieces.iter().map(String::as_str));
        }
        Operator::In | Operator::Out => quote(&mut out, [unescape(text)]),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            if !argument.quoted && text.eq_ignore_ascii_case("null") {
                return Err(Unfit::Syntax);
            }
            quote(&mut out, [unescape(text)]);
        }
    }
    Ok(out)
}

/// `$${NOW_TS}` is the text `${NOW_TS}`.
fn unescape(text: &str) -> &str {
    let is_escape =
        ["$${now_ts}", "$${overdue_ts}"].iter().any(|escape| text.eq_ignore_ascii_case(escape));
    if is_escape { &text[1..] } else { text }
}

/// The pieces between wildcards. `\*` is an asterisk, but only in a text that has a wildcard too.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let plain = match sign {
            '*' => {
                pieces.push(String::new());
                continue;
            }
            '\\' if signs.next_if_eq(&'*').is_some() => '*',
            other => other,
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push(plain);
        }
    }
    if pieces.len() == 1 {
        return vec![text.to_owned()];
    }
    pieces
}

/// Pieces in quotes, with wildcards between them.
fn quote<'p>(out: &mut String, pieces: impl IntoIterator<Item = &'p str>) {
    out.push('"');
    for (at, piece) in pieces.into_iter().enumerate() {
        if at > 0 {
            out.push('*');
        }
        for sign in piece.chars() {
            if matches!(sign, '"' | '\\' | '*') {
                out.push('\\');
            }
            out.push(sign);
        }
    }
    out.push('"');
}
