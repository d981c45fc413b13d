//! Reads RSQL. Whatever it is given, it is done in time proportional to its length.

use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, eof, preceded, repeat, separated, terminated};
use winnow::error::{ContextError, ErrMode};
use winnow::stream::Stateful;
use winnow::token::{any, one_of, take_while};
use winnow::{ModalResult, Parser};

/// The most bytes of a query.
const LENGTH_MAX: usize = 8 * 1024;
/// The most brackets inside each other.
const DEPTH_MAX: usize = 32;
/// The most comparisons.
const TERMS_MAX: usize = 128;

/// A query, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// All of these; at least two.
    And(Vec<Node>),
    /// Any of these; at least two.
    Or(Vec<Node>),
    /// A comparison.
    Compare(Comparison),
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    /// The field, in the case in which it was written.
    pub(super) selector: String,
    /// How it is compared.
    pub(super) operator: Operator,
    /// With what: one, or several if the operator takes several.
    pub(super) arguments: Vec<Argument>,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// The text without quotes and their escapes.
    pub(super) text: String,
    /// It stood in quotes.
    pub(super) quoted: bool,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `=lt=`, `<`
    Less,
    /// `=le=`, `<=`
    LessOrEqual,
    /// `=gt=`, `>`
    Greater,
    /// `=ge=`, `>=`
    GreaterOrEqual,
    /// `=in=`
    In,
    /// `=out=`
    Out,
    /// `=is=`, `=eq=`
    Is,
    /// `=not=`, `=ne=`
    IsNot,
}

/// Each operator as it may be written; one that begins another stands behind it.
pub(super) const OPERATORS: [(&str, Operator); 16] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("=lt=", Operator::Less),
    ("=le=", Operator::LessOrEqual),
    ("=gt=", Operator::Greater),
    ("=ge=", Operator::GreaterOrEqual),
    ("=in=", Operator::In),
    ("=out=", Operator::Out),
    ("=is=", Operator::Is),
    ("=eq=", Operator::Is),
    ("=not=", Operator::IsNot),
    ("=ne=", Operator::IsNot),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// What is left of what a query may use.
#[derive(Debug, Clone, Copy)]
struct Budget {
    depth: usize,
    terms: usize,
}

type Input<'i> = Stateful<&'i str, Budget>;

/// Reads a query; `None` if it is none, or a larger one than is allowed.
pub(super) fn parse(query: &str) -> Option<Node> {
    if query.len() > LENGTH_MAX {
        return None;
    }
    let input = Stateful { input: query, state: Budget { depth: DEPTH_MAX, terms: TERMS_MAX } };
    let mut whole = terminated(delimited(multispace0, either, multispace0), eof);
    whole.parse(input).ok()
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

fn either(input: &mut Input<'_>) -> ModalResult<Node> {
    let word = (multispace1, Caseless("or"), multispace1).void();
    let sign = (multispace0, ',', multispace0).void();
    let parts: Vec<Node> = separated(1.., both, alt((word, sign))).parse_next(input)?;
    Ok(joined(parts, Node::Or))
}

fn both(input: &mut Input<'_>) -> ModalResult<Node> {
    let word = (multispace1, Caseless("and"), multispace1).void();
    let sign = (multispace0, ';', multispace0).void();
    let parts: Vec<Node> = separated(1.., single, alt((word, sign))).parse_next(input)?;
    Ok(joined(parts, Node::And))
}

fn joined(mut parts: Vec<Node>, by: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            by(parts)
        }
    }
}

fn single(input: &mut Input<'_>) -> ModalResult<Node> {
    alt((group, comparison)).parse_next(input)
}

fn group(input: &mut Input<'_>) -> ModalResult<Node> {
    ('(', multispace0).parse_next(input)?;
    spend(&mut input.state.depth)?;
    let inner = either(input)?;
    (multispace0, ')').parse_next(input)?;
    input.state.depth += 1;
    Ok(inner)
}

fn comparison(input: &mut Input<'_>) -> ModalResult<Node> {
    let selector = word.map(str::to_owned).parse_next(input)?;
    spend(&mut input.state.terms)?;
    let operator = delimited(multispace0, operator, multispace0).parse_next(input)?;
    let arguments = alt((several, argument.map(|one| vec![one]))).parse_next(input)?;
    if arguments.len() > 1 && !matches!(operator, Operator::In | Operator::Out) {
        return Err(ErrMode::Cut(ContextError::new()));
    }
    Ok(Node::Compare(Comparison { selector, operator, arguments }))
}

fn operator(input: &mut Input<'_>) -> ModalResult<Operator> {
    for (text, operator) in OPERATORS {
        let found: ModalResult<&str> = Caseless(text).parse_next(input);
        if found.is_ok() {
            return Ok(operator);
        }
    }
    Err(ErrMode::Backtrack(ContextError::new()))
}

fn several(input: &mut Input<'_>) -> ModalResult<Vec<Argument>> {
    let comma = (multispace0, ',', multispace0);
    let all = separated(1.., argument, comma);
    delimited(('(', multispace0), all, (multispace0, ')')).parse_next(input)
}

fn argument(input: &mut Input<'_>) -> ModalResult<Argument> {
    let quoted = alt((quoted('\''), quoted('"'))).map(|text| Argument { text, quoted: true });
    let bare = word.map(|text: &str| Argument { text: text.to_owned(), quoted: false });
    alt((quoted, bare)).parse_next(input)
}

fn quoted<'i>(quote: char) -> impl Parser<Input<'i>, String, ErrMode<ContextError>> {
    let escaped = preceded('\\', any);
    let plain = any.verify(move |c: &char| *c != quote && *c != '\\');
    let text = repeat(0.., alt((escaped, plain))).fold(String::new, |mut text, c| {
        text.push(c);
        text
    });
    delimited(one_of(quote), text, one_of(quote))
}

fn word<'i>(input: &mut Input<'i>) -> ModalResult<&'i str> {
    take_while(1.., is_unreserved).parse_next(input)
}

/// Whether a character needs no quotes.
pub(super) const fn is_unreserved(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '"' | '\'' | '(' | ')' | ';' | ',' | '=' | '!' | '~' | '<' | '>')
}
