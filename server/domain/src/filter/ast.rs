//! A filter as it is written, before anything is known of the fields that it names.

use super::Pattern;

/// A filter, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of these; at least two.
    And(Vec<Expr>),
    /// Any of these; at least two.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// A comparison.
    Term(Term),
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The field: `assigned_set.version`, or a map and a key.
    pub path: Vec<String>,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub value: Value,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Op {
    /// Every one, each before any that begins it.
    pub const ALL: [Self; 6] = [Self::Ne, Self::Le, Self::Ge, Self::Eq, Self::Lt, Self::Gt];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: `null`.
    Null,
    /// One thing.
    One(Item),
    /// Any of some: `("a" OR "b")`.
    AnyOf(Vec<Item>),
}

/// One thing that a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A text, also of a number, a word, a time, `true` or `false`.
    Text(Pattern),
    /// What a function gives.
    Call(Function),
}

/// The functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `now()`: the instant of the request.
    Now,
    /// `overdue()`: who was last heard of before this instant is overdue.
    Overdue,
}

impl Function {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Now, Self::Overdue];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Overdue => "overdue",
        }
    }
}
