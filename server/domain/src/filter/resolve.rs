//! Checks a filter against the fields of an entity.

use super::field::find;
use super::{Entry, Expr, Function, Item, Kind, Op, Pattern, Searchable, Term, Value};
use crate::{Error, Result, Timestamp};

/// A filter whose fields are known and whose values fit them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter<F> {
    /// All of these.
    All(Vec<Filter<F>>),
    /// Any of these.
    Any(Vec<Filter<F>>),
    /// Not this.
    Not(Box<Filter<F>>),
    /// A comparison.
    Where(Condition<F>),
}

/// A comparison of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition<F> {
    /// Which field.
    pub field: F,
    /// Of a map: which key, A to Z in lower case.
    pub key: Option<String>,
    /// `!=`: that the check fails; of a map, that the key is there and the check fails.
    pub negated: bool,
    /// What its values are to be.
    pub check: Check,
}

/// What the values of a field are to be: true if one of them is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// There is none.
    Absent,
    /// There is none but empty ones.
    Empty,
    /// One matches any of these, A to Z in lower case.
    Texts(Vec<Pattern>),
    /// One is any of these.
    Numbers(Vec<i64>),
    /// One is any of these words of the field.
    Words(Vec<&'static str>),
    /// One is this.
    Flag(bool),
    /// One is on this side of a bound.
    Ordered(Order, Bound),
}

/// On which side of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the comparison of the same name")]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What values are ordered against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A text, A to Z in lower case; texts are ordered by their bytes.
    Text(String),
    /// A number, or milliseconds.
    Number(i64),
}

/// The instants that functions give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// `now()`.
    pub now: Timestamp,
    /// `overdue()`.
    pub overdue: Timestamp,
}

impl Moments {
    fn text(self, item: &Item) -> Pattern {
        match item {
            Item::Text(text) => text.clone(),
            Item::Call(Function::Now) => Pattern::literal(self.now.millis().to_string()),
            Item::Call(Function::Overdue) => Pattern::literal(self.overdue.millis().to_string()),
        }
    }
}

impl Expr {
    /// Checks the filter against the fields of an entity.
    ///
    /// # Errors
    /// - [`Error::FilterField`] for a field that there is not, or a word that it does not know;
    /// - [`Error::Invalid`] for `filter` if a value does not fit its field.
    pub fn resolve<F: Searchable>(&self, moments: Moments) -> Result<Filter<F>> {
        let all = |parts: &[Self]| {
            let parts = parts.iter().map(|part| part.resolve(moments));
            parts.collect::<Result<Vec<Filter<F>>>>()
        };
        Ok(match self {
            Self::And(parts) => Filter::All(all(parts)?),
            Self::Or(parts) => Filter::Any(all(parts)?),
            Self::Not(inner) => Filter::Not(Box::new(inner.resolve(moments)?)),
            Self::Term(term) => comparison(term, moments)?,
        })
    }
}

fn comparison<F: Searchable>(term: &Term, moments: Moments) -> Result<Filter<F>> {
    let (entry, key) = find::<F>(&term.path)?;
    let order = match term.op {
        Op::Eq | Op::Ne => None,
        Op::Lt => Some(Order::Less),
        Op::Le => Some(Order::LessOrEqual),
        Op::Gt => Some(Order::Greater),
        Op::Ge => Some(Order::GreaterOrEqual),
    };
    let (checks, negated) = match (order, &term.value) {
        (Some(order), Value::One(item)) => {
            (vec![ordered(entry, order, &moments.text(item))?], false)
        }
        (Some(_), Value::Null | Value::AnyOf(_)) => return Err(misfit(entry, "one bound")),
        (None, Value::Null) => (vec![Check::Absent], term.op == Op::Ne),
        (None, Value::One(item)) => (equal(entry, &[moments.text(item)])?, term.op == Op::Ne),
        (None, Value::AnyOf(items)) => {
            let texts: Vec<Pattern> = items.iter().map(|item| moments.text(item)).collect();
            (equal(entry, &texts)?, term.op == Op::Ne)
        }
    };
    Ok(conditions(entry.field, key, checks, negated))
}

/// One of the checks; or, negated, none of them.
fn conditions<F>(field: F, key: Option<String>, checks: Vec<Check>, negated: bool) -> Filter<F>
where
    F: Copy,
{
    let condition = |check| Filter::Where(Condition { field, key: key.clone(), negated, check });
    let mut parts: Vec<Filter<F>> = checks.into_iter().map(condition).collect();
    match (parts.len(), negated) {
        (1, _) => parts.remove(0),
        (_, true) => Filter::All(parts),
        (_, false) => Filter::Any(parts),
    }
}

fn equal<F>(entry: &Entry<F>, texts: &[Pattern]) -> Result<Vec<Check>> {
    match entry.kind {
        Kind::Text | Kind::Map => Ok(equal_text(texts)),
        Kind::Number | Kind::Time => equal_number(entry, texts),
        Kind::Flag => texts.iter().map(|text| flag(entry, text)).collect(),
        Kind::Word(words) => {
            let found = texts.iter().map(|text| word(entry, words, text));
            Ok(vec![Check::Words(found.collect::<Result<_>>()?)])
        }
    }
}

fn equal_text(texts: &[Pattern]) -> Vec<Check> {
    let is_empty = |text: &&Pattern| text.as_literal() == Some("");
    let mut checks: Vec<Check> = Vec::new();
    if texts.iter().any(|text| is_empty(&text)) {
        checks.push(Check::Empty);
    }
    let others = texts.iter().filter(|text| !is_empty(text));
    let others: Vec<Pattern> = others.map(Pattern::folded).collect();
    if !others.is_empty() {
        checks.push(Check::Texts(others));
    }
    checks
}

fn equal_number<F>(entry: &Entry<F>, texts: &[Pattern]) -> Result<Vec<Check>> {
    // that there is any number, in the words that texts have for it
    let anything = texts.iter().filter(|text| text.is_anything());
    let mut checks: Vec<Check> = anything.map(|text| Check::Texts(vec![text.clone()])).collect();
    checks.truncate(1);
    let empty = |text: &Pattern| text.as_literal() == Some("");
    if texts.iter().any(empty) {
        checks.push(Check::Absent);
    }
    let numbers = texts.iter().filter(|text| !text.is_anything() && !empty(text));
    let numbers: Vec<i64> = numbers.map(|text| number(entry, text)).collect::<Result<_>>()?;
    if !numbers.is_empty() {
        checks.push(Check::Numbers(numbers));
    }
    Ok(checks)
}

fn ordered<F>(entry: &Entry<F>, order: Order, text: &Pattern) -> Result<Check> {
    let bound = match entry.kind {
        Kind::Text | Kind::Map => {
            let text = text.as_literal();
            let text = text.ok_or_else(|| misfit(entry, "a bound without wildcards"))?;
            Bound::Text(text.to_ascii_lowercase())
        }
        Kind::Number | Kind::Time => Bound::Number(number(entry, text)?),
        Kind::Flag | Kind::Word(_) => return Err(misfit(entry, "= or !=")),
    };
    Ok(Check::Ordered(order, bound))
}

fn number<F>(entry: &Entry<F>, text: &Pattern) -> Result<i64> {
    let text = text.as_literal().unwrap_or("*");
    let found = match text.parse() {
        Ok(number) => Some(number),
        Err(_) if entry.kind == Kind::Time => {
            chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
        }
        Err(_) => None,
    };
    found.ok_or_else(|| match entry.kind {
        Kind::Time => misfit(entry, "a time"),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Word(_) | Kind::Map => {
            misfit(entry, "a whole number")
        }
    })
}

fn flag<F>(entry: &Entry<F>, text: &Pattern) -> Result<Check> {
    match text.as_literal().map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Ok(Check::Flag(true)),
        Some("false") => Ok(Check::Flag(false)),
        _ => Err(misfit(entry, "true or false")),
    }
}

fn word<F>(
    entry: &Entry<F>,
    words: &'static [&'static str],
    text: &Pattern,
) -> Result<&'static str> {
    let given = text.as_literal().unwrap_or("*");
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(given));
    found.copied().ok_or_else(|| Error::FilterField {
        path: name(entry).to_owned(),
        message: format!("{} is one of {}", name(entry), words.join(", ")),
        allowed: words.to_vec(),
    })
}

fn name<F>(entry: &Entry<F>) -> &'static str {
    entry.names.first().copied().unwrap_or_default()
}

fn misfit<F>(entry: &Entry<F>, wanted: &str) -> Error {
    Error::invalid("filter", format!("{} wants {wanted}", name(entry)))
}
