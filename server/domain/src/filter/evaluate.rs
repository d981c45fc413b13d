//! Decides in memory whether something matches a filter.

use super::{Bound, Check, Condition, Filter, Order};

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// A text.
    Text(String),
    /// A number, or milliseconds.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// One of the field's words.
    Word(&'static str),
}

/// Something whose fields can be looked at.
pub trait Row<F> {
    /// The values of a field: none, one or several. Of a map, those whose key is `key` without
    /// regard to the case of A to Z.
    fn values(&self, field: F, key: Option<&str>) -> Vec<Datum>;
}

impl<F: Copy> Filter<F> {
    /// Whether it looks at a field for which `is_meant` is true.
    #[must_use]
    pub fn mentions(&self, is_meant: &impl Fn(F) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.mentions(is_meant)),
            Self::Not(part) => part.mentions(is_meant),
            Self::Where(condition) => is_meant(condition.field),
        }
    }

    /// Whether something matches.
    #[must_use]
    pub fn matches(&self, row: &impl Row<F>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Not(inner) => !inner.matches(row),
            Self::Where(condition) => condition.matches(row),
        }
    }
}

impl<F: Copy> Condition<F> {
    fn matches(&self, row: &impl Row<F>) -> bool {
        let values = row.values(self.field, self.key.as_deref());
        let passed = self.check.passes(&values);
        if !self.negated {
            return passed;
        }
        let may_be_absent = self.key.is_none();
        !passed && (may_be_absent || !values.is_empty())
    }
}

impl Check {
    fn passes(&self, values: &[Datum]) -> bool {
        match self {
            Self::Absent => values.is_empty(),
            Self::Empty => values.iter().all(|v| *v == Datum::Text(String::new())),
            Self::Texts(_)
            | Self::Numbers(_)
            | Self::Words(_)
            | Self::Flag(_)
            | Self::Ordered(..) => values.iter().any(|value| self.takes(value)),
        }
    }

    fn takes(&self, value: &Datum) -> bool {
        match (self, value) {
            (Self::Texts(patterns), Datum::Text(text)) => {
                let text = text.to_ascii_lowercase();
                patterns.iter().any(|pattern| pattern.matches(&text))
            }
            (Self::Texts(patterns), _) => patterns.iter().any(super::Pattern::is_anything),
            (Self::Numbers(numbers), Datum::Number(number)) => numbers.contains(number),
            (Self::Words(words), Datum::Word(word)) => words.contains(word),
            (Self::Flag(wanted), Datum::Flag(flag)) => wanted == flag,
            (Self::Ordered(order, Bound::Number(bound)), Datum::Number(number)) => {
                order.holds(number, bound)
            }
            (Self::Ordered(order, Bound::Text(bound)), Datum::Text(text)) => {
                order.holds(&text.to_ascii_lowercase(), bound)
            }
            _ => false,
        }
    }
}

impl Order {
    fn holds<T: Ord>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
        }
    }
}
