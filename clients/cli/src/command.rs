//! The command line of the tables of [`crate::nouns`].

use crate::args::{Cli, Plain};
use crate::nouns::NOUNS;
use crate::resolve;
use crate::schema;
use crate::table::{Answer, Arg, Form, Noun, Place, Verb};
use crate::verbs::Extra;
use chrono::{DateTime, SecondsFormat};
use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Command, CommandFactory, Subcommand};

/// What lists are asked for, by the ids of their options.
pub(crate) const LIST_FILTER: &str = "list.filter";
pub(crate) const LIST_ORDER: &str = "list.order_by";
pub(crate) const LIST_LIMIT: &str = "list.limit";
pub(crate) const LIST_DELETED: &str = "list.deleted";

/// The whole command line.
pub(crate) fn whole() -> Command {
    let nouns = NOUNS.iter().enumerate().map(|(n, noun)| of_noun(noun).display_order(n));
    let command = Cli::command();
    let about = command.get_about().cloned().unwrap_or_default();
    let command = Plain::augment_subcommands(command.subcommands(nouns));
    command.about(about).long_about(None).subcommand_required(true).arg_required_else_help(true)
}

fn of_noun(noun: &'static Noun) -> Command {
    let command = Command::new(noun.name);
    let verbs = noun.verbs.iter().enumerate().map(|(n, verb)| of_verb(verb).display_order(n));
    Extra::augment(noun.name, command.subcommands(verbs))
        .about(noun.about)
        .long_about(None)
        .subcommand_required(true)
        .arg_required_else_help(true)
}

fn of_verb(verb: &'static Verb) -> Command {
    let command = Command::new(verb.name).about(verb.about);
    let command = match verb.name {
        "show" => command.visible_alias("get"),
        "update" => command.visible_alias("set"),
        _ => command,
    };
    let command = command.args(verb.args.iter().map(|arg| of_arg(verb, arg)));
    if matches!(verb.answer, Answer::List(_)) { with_list_options(verb, command) } else { command }
}

fn with_list_options(verb: &Verb, command: Command) -> Command {
    let request = schema::rpc(verb.rpc).map(|rpc| rpc.input());
    let takes = |field| request.as_ref().is_some_and(|r| r.get_field_by_name(field).is_some());
    let option = |id: &'static str, name: &'static str| clap::Arg::new(id).long(name);
    let options = [
        takes("filter").then(|| {
            let help = "Only what matches, e.g. display_name = \"gate*\" (AIP-160)";
            option(LIST_FILTER, "filter").value_name("EXPRESSION").help(help)
        }),
        takes("order_by").then(|| {
            let help = "Fields to order by, each optionally followed by « desc»";
            option(LIST_ORDER, "order-by").value_name("FIELDS").help(help)
        }),
        takes("deleted_mode").then(|| {
            let help = "Shows those that are deleted as well";
            option(LIST_DELETED, "deleted").action(ArgAction::SetTrue).help(help)
        }),
        Some(
            option(LIST_LIMIT, "limit")
                .value_name("N")
                .default_value("100")
                .value_parser(clap::value_parser!(usize))
                .help("How many to show; 0 for all"),
        ),
    ];
    command.args(options.into_iter().flatten())
}

fn of_arg(verb: &Verb, arg: &'static Arg) -> clap::Arg {
    let name = arg.name.to_uppercase().replace('-', "_");
    let made = clap::Arg::new(arg.path).help(help(arg)).value_name(match arg.form {
        Form::Bool => "BOOL".to_owned(),
        Form::Int => "N".to_owned(),
        Form::Time => "TIME".to_owned(),
        Form::Password(_) => "FILE".to_owned(),
        Form::Pair | Form::VisiblePair => "KEY=VALUE".to_owned(),
        Form::Text if arg.place == Place::Option => "TEXT".to_owned(),
        Form::Ref(kind) | Form::Holder(kind) if !arg.place.is_alone() => {
            kind.word.to_uppercase().replace(' ', "_")
        }
        _ => name,
    });
    let made = match arg.place {
        Place::First => made.required(true),
        Place::Many => made.required(true).num_args(1..),
        Place::Option => made.long(arg.name),
        Place::Required => made.long(arg.name).required(true),
        Place::Repeated => made.long(arg.name).action(ArgAction::Append),
        Place::RepeatedRequired => made.long(arg.name).action(ArgAction::Append).required(true),
        Place::With(other) => made.long(arg.name).requires(other),
    };
    formed(verb, arg, made)
}

fn help(arg: &Arg) -> String {
    match arg.form {
        Form::Ref(kind) | Form::Holder(kind) => format!("{}{}", arg.help, kind.keys()),
        _ => arg.help.to_owned(),
    }
}

/// With what is known of its value beforehand.
fn formed(verb: &Verb, arg: &'static Arg, made: clap::Arg) -> clap::Arg {
    match arg.form {
        Form::Text => made,
        Form::Flag => made.action(ArgAction::SetTrue).num_args(0),
        Form::Bool => made.value_parser(["true", "false"]),
        Form::Int => made.allow_negative_numbers(true).value_parser(int),
        Form::Time => made.value_parser(time),
        Form::Pair | Form::VisiblePair => made.value_parser(pair),
        Form::Password(default) => match (default, arg.place) {
            (Some(default), Place::Option) => made.default_value(default),
            _ => made,
        },
        Form::Word => {
            let request = schema::rpc(verb.rpc).map(|rpc| rpc.input());
            let field = request.and_then(|request| schema::field(&request, arg.path));
            let words = field.and_then(|field| field.kind().as_enum().map(schema::words));
            made.value_parser(PossibleValuesParser::new(words.unwrap_or_default()))
        }
        Form::Ref(kind) | Form::Holder(kind) => {
            let checked = |text: &str| resolve::check(kind, text).map(|()| text.to_owned());
            made.value_parser(checked)
        }
    }
}

fn int(text: &str) -> Result<String, String> {
    let number = text.parse::<i64>();
    number.map(|number| number.to_string()).map_err(|_| "it is not a whole number".to_owned())
}

/// A time as protobuf writes it.
pub(crate) fn time(text: &str) -> Result<String, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .map_err(|why| format!("it is not a time like 2026-12-24T03:00:00Z: {why}"))
}

fn pair(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        _ => Err("it takes two parts: KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_fit_together() {
        whole().debug_assert();
    }

    #[test]
    fn help_says_what_a_command_is_about() {
        let whole = whole();
        let about = |command: &Command| command.get_about().map(ToString::to_string);
        assert!(about(&whole).unwrap().starts_with("Talks to an otahub hub"));
        for noun in NOUNS {
            let command = whole.find_subcommand(noun.name).unwrap();
            assert_eq!(about(command).as_deref(), Some(noun.about));
        }
    }

    #[test]
    fn no_path_is_called_like_a_global_option() {
        let globals: Vec<_> =
            Cli::command().get_arguments().map(|arg| arg.get_id().clone()).collect();
        for verb in NOUNS.iter().flat_map(|noun| noun.verbs) {
            let path = verb
                .args
                .iter()
                .map(|arg| arg.path)
                .find(|path| globals.iter().any(|id| id == path));
            assert_eq!(path, None, "{}", verb.rpc);
        }
    }
}
