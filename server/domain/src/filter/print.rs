//! A filter as text. Whatever joins several comparisons stands in brackets.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::{Expr, Item, Pattern, Term, Value};

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::And(parts) => joined(out, parts, " AND "),
            Self::Or(parts) => joined(out, parts, " OR "),
            Self::Not(inner) => match inner.as_ref() {
                Self::Not(_) => write!(out, "NOT ({inner})"),
                Self::And(_) | Self::Or(_) | Self::Term(_) => write!(out, "NOT {inner}"),
            },
            Self::Term(term) => term.fmt(out),
        }
    }
}

impl Display for Term {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        for (at, segment) in self.path.iter().enumerate() {
            if at > 0 {
                out.write_char('.')?;
            }
            if super::parse::is_bare_segment(segment) {
                out.write_str(segment)?;
            } else {
                quoted(out, [segment.as_str()])?;
            }
        }
        write!(out, " {} {}", self.op.as_str(), self.value)
    }
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::One(item) => item.fmt(out),
            Self::AnyOf(items) => joined(out, items, " OR "),
        }
    }
}

impl Display for Item {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(pattern) => pattern.fmt(out),
            Self::Call(function) => write!(out, "{}()", function.name()),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        quoted(out, self.pieces().iter().map(String::as_str))
    }
}

fn joined<T: Display>(out: &mut Formatter<'_>, parts: &[T], between: &str) -> Result {
    out.write_char('(')?;
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.write_str(between)?;
        }
        part.fmt(out)?;
    }
    out.write_char(')')
}

fn quoted<'p>(out: &mut Formatter<'_>, pieces: impl IntoIterator<Item = &'p str>) -> Result {
    out.write_char('"')?;
    for (at, piece) in pieces.into_iter().enumerate() {
        if at > 0 {
            out.write_char('*')?;
        }
        for sign in piece.chars() {
            if matches!(sign, '"' | '\\' | '*') {
                out.write_char('\\')?;
            }
            out.write_char(sign)?;
        }
    }
    out.write_char('"')
}
