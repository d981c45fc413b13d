//! Reads a filter. Whatever it is given, it is done in time proportional to its length.

use winnow::ascii::{multispace0, multispace1};
use winnow::combinator::{alt, delimited, eof, opt, preceded, repeat, separated, terminated};
use winnow::error::{ContextError, ErrMode};
use winnow::stream::Stateful;
use winnow::token::{any, one_of, take_while};
use winnow::{ModalResult, Parser};

use super::{Expr, Function, Item, Op, Pattern, Term, Value};
use crate::{Error, Result};

/// The most bytes of a filter. hawkBit's clients send at most 8 KiB; spelled out with brackets and
/// quotes, that can become four times as long.
pub const LENGTH_MAX: usize = 32 * 1024;
/// The most brackets inside each other.
pub const DEPTH_MAX: usize = 32;
/// The most comparisons, each text with a wildcard among several counted as one.
pub const TERMS_MAX: usize = 128;

/// What is left of what a filter may use.
#[derive(Debug, Clone, Copy)]
struct Budget {
    depth: usize,
    terms: usize,
}

type Input<'i> = Stateful<&'i str, Budget>;

/// Reads a filter.
///
/// # Errors
/// [`Error::Invalid`] for `filter` if it is none, or a larger one than is allowed.
pub fn parse(text: &str) -> Result<Expr> {
    if text.len() > LENGTH_MAX {
        let message = format!("has more than {LENGTH_MAX} bytes");
        return Err(Error::invalid("filter", message));
    }
    if text.contains('\0') {
        return Err(Error::invalid("filter", "has a character that no text has"));
    }
    let input = Stateful { input: text, state: Budget { depth: DEPTH_MAX, terms: TERMS_MAX } };
    let whole = terminated(delimited(multispace0, expression, multispace0), eof);
    let mut whole = whole;
    whole.parse(input).map_err(|error| {
        let at = text.get(..error.offset()).map_or(0, |t| t.chars().count()) + 1;
        Error::invalid("filter", format!("cannot be read from character {at} on"))
    })
}

/// Whether a part of a path needs no quotes.
pub(super) fn is_bare_segment(segment: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !segment.is_empty()
        && !segment.starts_with('-')
        && segment.chars().all(is_word)
        && !is_keyword(segment)
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "AND" | "OR" | "NOT")
}

/// Takes one of what is left, or gives up for good.
fn spend(left: &mut usize) -> ModalResult<()> {
    match left.checked_sub(1) {
        Some(fewer) => {
            *left = fewer;
            Ok(())
        }
        None => Err(ErrMode::Cut(ContextError::new())),
    }
}

fn expression(input: &mut Input<'_>) -> ModalResult<Expr> {
    let and = (multispace1, "AND", multispace1);
    let parts: Vec<Expr> = separated(1.., disjunction, and).parse_next(input)?;
    Ok(joined(parts, Expr::And))
}

fn disjunction(input: &mut Input<'_>) -> ModalResult<Expr> {
    let or = (multispace1, "OR", multispace1);
    let parts: Vec<Expr> = separated(1.., negation, or).parse_next(input)?;
    Ok(joined(parts, Expr::Or))
}

fn joined(mut parts: Vec<Expr>, by: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            by(parts)
        }
    }
}

fn negation(input: &mut Input<'_>) -> ModalResult<Expr> {
    let not = alt((("NOT", multispace1).void(), "-".void()));
    let (not, inner) = (opt(not), alt((composite, comparison))).parse_next(input)?;
    Ok(match not {
        Some(()) => Expr::Not(Box::new(inner)),
        None => inner,
    })
}

fn composite(input: &mut Input<'_>) -> ModalResult<Expr> {
    ('(', multispace0).parse_next(input)?;
    spend(&mut input.state.depth)?;
    let inner = expression(input)?;
    (multispace0, ')').parse_next(input)?;
    input.state.depth += 1;
    Ok(inner)
}

fn comparison(input: &mut Input<'_>) -> ModalResult<Expr> {
    let path: Vec<String> = separated(1.., segment, '.').parse_next(input)?;
    spend(&mut input.state.terms)?;
    let has = delimited(multispace0, opt(':'), multispace0).parse_next(input)?;
    let term = if has.is_some() {
        presence(value.parse_next(input)?, path)
    } else {
        let op = delimited(multispace0, operator, multispace0).parse_next(input)?;
        let value = value.parse_next(input)?;
        Term { path, op, value }
    };
    Ok(Expr::Term(term))
}

/// `field:value` is `field = value`; `field:*` is that there is any.
fn presence(value: Value, path: Vec<String>) -> Term {
    let (op, value) = match value {
        Value::One(Item::Text(text)) if text.is_anything() => (Op::Ne, Value::Null),
        value @ (Value::Null | Value::One(_) | Value::AnyOf(_)) => (Op::Eq, value),
    };
    Term { path, op, value }
}

fn operator(input: &mut Input<'_>) -> ModalResult<Op> {
    for op in Op::ALL {
        if input.starts_with(op.as_str()) {
            op.as_str().parse_next(input)?;
            return Ok(op);
        }
    }
    Err(ErrMode::Backtrack(ContextError::new()))
}

fn segment(input: &mut Input<'_>) -> ModalResult<String> {
    let word = take_while(1.., |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let bare = word.verify(|word: &str| is_bare_segment(word)).map(str::to_owned);
    let quoted = quoted.verify_map(|text| text.as_literal().map(str::to_owned));
    alt((quoted, bare)).parse_next(input)
}

fn value(input: &mut Input<'_>) -> ModalResult<Value> {
    let or = (multispace1, "OR", multispace1);
    let several = separated(1.., one_of_several, or).map(Value::AnyOf);
    let several = delimited(('(', multispace0), several, (multispace0, ')'));
    let null = terminated("null", winnow::combinator::not(one_of(is_bare))).value(Value::Null);
    alt((several, null, item.map(Value::One))).parse_next(input)
}

fn item(input: &mut Input<'_>) -> ModalResult<Item> {
    let text = alt((quoted, bare)).map(Item::Text);
    alt((call.map(Item::Call), text)).parse_next(input)
}

/// One of several: each that is more than a plain text counts as a comparison.
fn one_of_several(input: &mut Input<'_>) -> ModalResult<Item> {
    let found = item(input)?;
    let is_plain = matches!(&found, Item::Text(text) if text.as_literal().is_some());
    if !is_plain {
        spend(&mut input.state.terms)?;
    }
    Ok(found)
}

fn call(input: &mut Input<'_>) -> ModalResult<Function> {
    let name = take_while(1.., |c: char| c.is_ascii_alphabetic());
    let known = { name }.verify_map(|name: &str| {
        let mut all = Function::ALL.into_iter();
        all.find(|function| function.name() == name)
    });
    terminated(known, "()").parse_next(input)
}

const fn is_bare(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '(' | ')' | '"' | '\'' | '=' | '<' | '>' | '!' | ':' | ',' | '\\')
}

fn bare(input: &mut Input<'_>) -> ModalResult<Pattern> {
    take_while(1.., is_bare)
        .verify(|word: &str| !is_keyword(word))
        .map(|word: &str| Pattern::of(word.split('*').map(str::to_owned)))
        .parse_next(input)
}

/// A sign between quotes.
enum Sign {
    Any,
    Plain(char),
}

fn quoted(input: &mut Input<'_>) -> ModalResult<Pattern> {
    let quote = one_of(['"', '\'']).parse_next(input)?;
    let escaped = preceded('\\', one_of(['"', '\'', '\\', '*'])).map(Sign::Plain);
    let plain = any
        .verify(move |c: &char| *c != quote && *c != '\\')
        .map(|c| if c == '*' { Sign::Any } else { Sign::Plain(c) });
    let fold = |mut pieces: Vec<String>, sign| {
        match sign {
            Sign::Any => pieces.push(String::new()),
            Sign::Plain(c) => {
                if let Some(piece) = pieces.last_mut() {
                    piece.push(c);
                }
            }
        }
        pieces
    };
    let pieces = repeat(0.., alt((escaped, plain))).fold(|| vec![String::new()], fold);
    terminated(pieces, quote).map(Pattern::of).parse_next(input)
}
