//! Carries out the verbs of the tables of [`crate::nouns`].

use crate::call::{list_key, method};
use crate::command::{LIST_DELETED, LIST_FILTER, LIST_LIMIT, LIST_ORDER};
use crate::error::CliError;
use crate::output::Output;
use crate::resolve;
use crate::schema;
use crate::session::Session;
use crate::table::{Answer, Arg, Form, Place, Verb};
use crate::view::{Column, plain};
use clap::ArgMatches;
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Carries a verb out.
pub(crate) async fn carry_out(
    verb: &Verb,
    matches: &ArgMatches,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let input = method(verb.rpc)?.input();
    let mut request = Value::Object(Map::new());
    let mut each: Option<(&Arg, Vec<Value>)> = None;
    let mut subject = Vec::new();
    for arg in verb.args {
        let values = values(arg, matches, session).await?;
        let is_list = schema::field(&input, arg.path).is_some_and(|field| field.is_list());
        let is_subject = match arg.place {
            Place::Many => true,
            Place::First => subject.is_empty(),
            _ => false,
        };
        if is_subject {
            subject = values.iter().map(plain).collect();
        }
        match (arg.place, is_list) {
            (_, true) if !values.is_empty() => put(&mut request, arg.path, values.into()),
            (Place::Many, false) => each = Some((arg, values)),
            (_, false) => {
                values.into_iter().for_each(|value| put(&mut request, arg.path, value));
            }
            (_, true) => {}
        }
    }
    for (path, value) in verb.preset {
        put(&mut request, path, serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
    }
    mask(verb, &input, &mut request)?;
    match verb.answer {
        Answer::List(columns) => list(verb, columns, (request, matches), session, output).await,
        Answer::All(columns) => all(verb, columns, &request, session, output).await,
        _ => {
            let mut answers = Vec::new();
            for request in requests(request, each.as_ref()) {
                answers.push(session.call(verb.rpc, &request).await?);
            }
            answered(verb, answers, (each.map(|(arg, _)| arg), &subject), output)
        }
    }
}

/// A request for each value of the argument that only one of can be told at once.
fn requests(request: Value, each: Option<&(&Arg, Vec<Value>)>) -> Vec<Value> {
    let Some((arg, values)) = each else { return vec![request] };
    let one = |value: &Value| {
        let mut request = request.clone();
        put(&mut request, arg.path, value.clone());
        request
    };
    values.iter().map(one).collect()
}

fn answered(
    verb: &Verb,
    mut answers: Vec<Value>,
    (each, subject): (Option<&Arg>, &[String]),
    output: &mut Output,
) -> Result<(), CliError> {
    match verb.answer {
        Answer::Done(done) => {
            let words = format!("{done} {}", subject.join(", "));
            return output.done(&words, subject, &json!({ done: subject }));
        }
        Answer::Part(part) => {
            let answer = answers.pop().unwrap_or_default();
            return output.show(&answer[part]);
        }
        Answer::Flat(part, remark) => {
            let mut answer = answers.pop().unwrap_or_default();
            let inner = answer.get_mut(part).map(Value::take).unwrap_or_default();
            let mut shown = inner;
            if let (Value::Object(shown), Value::Object(outer)) = (&mut shown, answer) {
                shown.extend(outer.into_iter().filter(|(key, _)| key != part));
            }
            output.show(&shown)?;
            output.remark(remark);
            return Ok(());
        }
        Answer::Fields | Answer::List(_) | Answer::All(_) => {}
    }
    match each {
        Some(arg) => output.show(&json!({ arg.path: answers })),
        None => output.show(&answers.pop().unwrap_or_default()),
    }
}

async fn list(
    verb: &Verb,
    columns: &[Column],
    (mut request, matches): (Value, &ArgMatches),
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    for (id, path) in [(LIST_FILTER, "filter"), (LIST_ORDER, "order_by")] {
        if let Ok(Some(text)) = matches.try_get_one::<String>(id) {
            put(&mut request, path, json!(text));
        }
    }
    if let Ok(Some(true)) = matches.try_get_one::<bool>(LIST_DELETED) {
        put(&mut request, "deleted_mode", json!("include"));
    }
    let limit = matches.get_one::<usize>(LIST_LIMIT).copied().unwrap_or_default();
    let (items, total) = session.list(verb.rpc, &request, limit).await?;
    output.list(columns, &list_key(verb.rpc)?, &items, total)
}

async fn all(
    verb: &Verb,
    columns: &[Column],
    request: &Value,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let (items, _) = session.list(verb.rpc, request, 0).await?;
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    output.list(columns, &list_key(verb.rpc)?, &items, total)
}

/// What was given of an argument.
async fn values(
    arg: &Arg,
    matches: &ArgMatches,
    session: &Session,
) -> Result<Vec<Value>, CliError> {
    if let Form::Flag = arg.form {
        return Ok(if matches.get_flag(arg.path) { vec![json!(true)] } else { Vec::new() });
    }
    if let (Place::With(other), Form::Password(Some(default))) = (arg.place, arg.form) {
        let file = matches.get_one::<String>(arg.path).map_or(default, String::as_str);
        let is_there = matches.contains_id(other);
        return if is_there { Ok(vec![password(file)?]) } else { Ok(Vec::new()) };
    }
    let texts = matches.get_many::<String>(arg.path).into_iter().flatten();
    let mut values = Vec::new();
    for text in texts {
        values.push(match arg.form {
            Form::Text | Form::Time | Form::Word | Form::Flag => json!(text),
            Form::Int | Form::Bool => serde_json::from_str(text).unwrap_or_default(),
            Form::Password(_) => password(text)?,
            Form::Pair => entry(text),
            Form::VisiblePair => visible_entry(text),
            Form::Ref(kind) => json!(resolve::name(kind, text, session).await?),
            Form::Holder(kind) => json!({ "name": resolve::name(kind, text, session).await? }),
        });
    }
    Ok(values)
}

/// An entry of metadata: `KEY=VALUE`.
fn entry(text: &str) -> Value {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    json!({ "key": key, "value": value })
}

/// The same, or `KEY+=VALUE` for one that devices see.
fn visible_entry(text: &str) -> Value {
    let mut entry = entry(text);
    let key = entry["key"].as_str().and_then(|key| key.strip_suffix('+'));
    if let Some(key) = key.map(str::to_owned) {
        entry["key"] = key.into();
        entry["targetVisible"] = true.into();
    }
    entry
}

/// The first line of a file or of standard input. Passwords do not stand on the command line,
/// where others on this machine could see them.
fn password(file: &str) -> Result<Value, CliError> {
    let read = match file {
        "-" => std::io::read_to_string(std::io::stdin()),
        file => std::fs::read_to_string(Path::new(file)),
    };
    let text = read.map_err(|why| CliError::Local(format!("no password in {file}: {why}")))?;
    Ok(text.lines().next().unwrap_or_default().into())
}

/// Puts a value where a path leads: `target.display_name`.
fn put(request: &mut Value, path: &str, value: Value) {
    let mut place = request;
    for key in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key];
    }
    *place = value;
}

/// Says which fields an update changes: those that were given.
fn mask(verb: &Verb, input: &MessageDescriptor, request: &mut Value) -> Result<(), CliError> {
    let is_said = verb.preset.iter().any(|(path, _)| *path == "update_mask");
    if is_said || input.get_field_by_name("update_mask").is_none() {
        return Ok(());
    }
    let mut paths = Vec::new();
    for arg in verb.args {
        let (resource, rest) = arg.path.split_once('.').unwrap_or((arg.path, ""));
        let field = rest.split('.').next().unwrap_or_default();
        let place = format!("/{}", arg.path.replace('.', "/"));
        if field == "name" || request.pointer(&place).is_none() {
            continue;
        }
        let path = schema::field(input, &format!("{resource}.{field}"));
        let path = path.map(|field| field.json_name().to_owned()).unwrap_or_default();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(CliError::Usage("nothing is said that should change".to_owned()));
    }
    put(request, "update_mask", json!(paths.join(",")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_where_its_path_leads() {
        let mut request = json!({});
        put(&mut request, "a.b", json!(1));
        put(&mut request, "a.c", json!([2]));
        assert_eq!(request, json!({ "a": { "b": 1, "c": [2] } }));
    }

    #[test]
    fn an_entry_may_be_for_devices() {
        assert_eq!(entry("a=b=c"), json!({ "key": "a", "value": "b=c" }));
        let visible = json!({ "key": "a", "value": "b", "targetVisible": true });
        assert_eq!(visible_entry("a+=b"), visible);
    }
}
