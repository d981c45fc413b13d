//! What the tables of [`crate::nouns`] are made of.

use crate::view::Column;

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The message, e.g. `SoftwareModule`.
    pub(crate) message: &'static str,
    /// For people: `module`.
    pub(crate) word: &'static str,
    /// The first part of its names, e.g. `softwareModules`.
    pub(crate) collection: &'static str,
    /// What the last part of its names is.
    pub(crate) id: Id,
    /// The rpc that lists it.
    pub(crate) list: &'static str,
    /// The fields by which people know it, none if only by number.
    pub(crate) natural: &'static [&'static str],
    pub(crate) columns: &'static [Column],
}

/// What the last part of a resource's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Id {
    /// A number of the hub's.
    Number,
    /// A text, percent-encoded.
    Text,
}

/// A noun of the command line and what can be done with it.
#[derive(Debug)]
pub(crate) struct Noun {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) verbs: &'static [Verb],
}

/// Something that can be done: an rpc, and what its request is made of.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) rpc: &'static str,
    pub(crate) args: &'static [Arg],
    /// Fields that have always the same value, as JSON.
    pub(crate) preset: &'static [(&'static str, &'static str)],
    pub(crate) answer: Answer,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// It is shown with all its fields.
    Fields,
    /// Only this field of it is shown.
    Part(&'static str),
    /// This field of it is shown together with the others; and a remark is made.
    Flat(&'static str, &'static str),
    /// It is a list, of which `--limit` are shown.
    List(&'static [Column]),
    /// It is a list that is shown whole.
    All(&'static [Column]),
    /// It is empty; this is what was done: `deleted`.
    Done(&'static str),
}

/// A part of a request.
#[derive(Debug)]
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    /// Where it goes in the request: `target.display_name`.
    pub(crate) path: &'static str,
    pub(crate) form: Form,
    pub(crate) place: Place,
    pub(crate) help: &'static str,
}

/// Where it stands on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By itself, required.
    First,
    /// By itself, once or more.
    Many,
    /// `--name VALUE`.
    Option,
    /// `--name VALUE`, required.
    Required,
    /// `--name VALUE`, any number of times.
    Repeated,
    /// `--name VALUE`, once or more.
    RepeatedRequired,
    /// `--name VALUE`, only beside the option of this path.
    With(&'static str),
}

/// What it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Text,
    Int,
    Bool,
    /// True if it is there.
    Flag,
    /// RFC 3339.
    Time,
    /// A word of the field's enumeration.
    Word,
    /// The file with a password in its first line; what it is without the option.
    Password(Option<&'static str>),
    /// `KEY=VALUE`.
    Pair,
    /// `KEY=VALUE`, or `KEY+=VALUE` for what devices see.
    VisiblePair,
    /// A resource, by its number or by what people know it by.
    Ref(&'static Kind),
    /// The same in an object with its name.
    Holder(&'static Kind),
}

impl Place {
    /// Whether it stands by itself, without the name of an option.
    pub(crate) fn is_alone(self) -> bool {
        matches!(self, Self::First | Self::Many)
    }
}

impl Kind {
    /// What it is called on the command line, for help.
    pub(crate) fn keys(&self) -> String {
        match (self.id, self.natural) {
            (Id::Text, _) => String::new(),
            (Id::Number, []) => ": its number".to_owned(),
            (Id::Number, ["displayName", "version"]) => ": its number or NAME:VERSION".to_owned(),
            (Id::Number, ["key"]) => ": its number or key".to_owned(),
            (Id::Number, _) => ": its number or name".to_owned(),
        }
    }
}

impl Verb {
    pub(crate) const fn new(
        name: &'static str,
        about: &'static str,
        rpc: &'static str,
        args: &'static [Arg],
    ) -> Self {
        Self { name, about, rpc, args, preset: &[], answer: Answer::Fields }
    }

    pub(crate) const fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    pub(crate) const fn with(self, preset: &'static [(&'static str, &'static str)]) -> Self {
        Self { preset, ..self }
    }
}

/// `NAME` by itself.
pub(crate) const fn first(
    name: &'static str,
    path: &'static str,
    form: Form,
    help: &'static str,
) -> Arg {
    Arg { name, path, form, place: Place::First, help }
}

/// `NAME…` by themselves.
pub(crate) const fn many(
    name: &'static str,
    path: &'static str,
    form: Form,
    help: &'static str,
) -> Arg {
    Arg { name, path, form, place: Place::Many, help }
}

/// `--name VALUE`.
pub(crate) const fn option(
    name: &'static str,
    path: &'static str,
    form: Form,
    help: &'static str,
) -> Arg {
    Arg { name, path, form, place: Place::Option, help }
}

/// `--name VALUE`, which must be there.
pub(crate) const fn required(
    name: &'static str,
    path: &'static str,
    form: Form,
    help: &'static str,
) -> Arg {
    Arg { name, path, form, place: Place::Required, help }
}

/// `--name VALUE`, any number of times.
pub(crate) const fn repeated(
    name: &'static str,
    path: &'static str,
    form: Form,
    help: &'static str,
) -> Arg {
    Arg { name, path, form, place: Place::Repeated, help }
}
