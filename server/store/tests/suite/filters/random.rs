//! Random texts, numbers and filters: the same ones in every run.

use otahub_domain::filter::{Entry, Item, Kind, Op, Pattern, Searchable, Term, Value};

use crate::world::NOW;

/// What texts are made of.
const PIECES: [&str; 14] = ["", "a", "A", "b", "B", "ab", "1", "2", "ä", "Ä", "%", "_", "!", "\\'"];

/// A source of what looks random.
pub(crate) struct Random(u64);

impl Random {
    /// The same source each time.
    pub(crate) const fn new() -> Self {
        Self(0x0a7a_41b5)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// One of these.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A text; sometimes an empty one.
    pub(crate) fn text(&mut self) -> String {
        (0..self.below(3)).map(|_| self.one(&PIECES)).collect()
    }

    /// A text, or none.
    pub(crate) fn maybe(&mut self) -> Option<String> {
        (self.below(3) > 0).then(|| self.text())
    }

    /// A key of a map.
    pub(crate) fn key(&mut self) -> &'static str {
        self.one(&["k", "K", "k.x", "z"])
    }

    /// A filter over the fields of an entity.
    pub(crate) fn filter<F: Searchable>(&mut self) -> String {
        self.part::<F>(3)
    }

    fn part<F: Searchable>(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(3) == 0 {
            return self.term::<F>();
        }
        match self.below(4) {
            0 => format!("NOT ({})", self.part::<F>(depth - 1)),
            1 => format!("({} AND {})", self.part::<F>(depth - 1), self.part::<F>(depth - 1)),
            _ => format!("({} OR {})", self.part::<F>(depth - 1), self.part::<F>(depth - 1)),
        }
    }

    fn term<F: Searchable>(&mut self) -> String {
        let entry = &F::FIELDS[self.below(F::FIELDS.len())];
        let op = match entry.kind {
            Kind::Flag | Kind::Word(_) => self.one(&[Op::Eq, Op::Ne]),
            _ => self.one(&[Op::Eq, Op::Eq, Op::Ne, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge]),
        };
        let is_equality = matches!(op, Op::Eq | Op::Ne);
        let value = match self.below(6) {
            0 if is_equality => Value::Null,
            1 | 2 if is_equality => {
                let items = (0..=self.below(3)).map(|_| self.item(entry, true));
                Value::AnyOf(items.collect())
            }
            _ => Value::One(self.item(entry, is_equality)),
        };
        term(entry, self.key(), op, value)
    }

    fn item<F>(&mut self, entry: &Entry<F>, is_equality: bool) -> Item {
        let text = match entry.kind {
            Kind::Text | Kind::Map if is_equality => {
                let pieces = (0..=self.below(3)).map(|_| self.text());
                return Item::Text(Pattern::of(pieces.collect::<Vec<_>>()));
            }
            Kind::Text | Kind::Map => self.text(),
            Kind::Number if is_equality && self.below(8) == 0 => {
                return Item::Text(Pattern::of([String::new(), String::new()]));
            }
            Kind::Number => self.below(5).to_string(),
            Kind::Time => (NOW.millis() + i64::try_from(self.below(4)).unwrap()).to_string(),
            Kind::Flag => self.one(&["true", "FALSE"]).to_owned(),
            Kind::Word(words) => self.one(words).to_owned(),
        };
        Item::Text(Pattern::literal(text))
    }
}

fn term<F>(entry: &Entry<F>, key: &str, op: Op, value: Value) -> String {
    let mut path: Vec<String> = entry.names[0].split('.').map(str::to_owned).collect();
    if entry.kind == Kind::Map {
        path.push(key.to_owned());
    }
    Term { path, op, value }.to_string()
}

/// Each field compared in each way that it can be.
pub(crate) fn each_way<F: Searchable>() -> Vec<String> {
    let text = |text: &str| Item::Text(Pattern::literal(text));
    let wild = |pieces: &[&str]| Item::Text(Pattern::of(pieces.iter().map(|p| (*p).to_owned())));
    let mut all = Vec::new();
    for entry in F::FIELDS {
        let (items, is_ordered): (Vec<Item>, bool) = match entry.kind {
            Kind::Text | Kind::Map => {
                let items =
                    [text("a"), text(""), wild(&["", ""]), wild(&["a", ""]), wild(&["a", "b"])];
                (items.to_vec(), true)
            }
            Kind::Number | Kind::Time => (vec![text("1"), wild(&["", ""])], true),
            Kind::Flag => (vec![text("true"), text("false")], false),
            Kind::Word(words) => (words.iter().map(|word| text(word)).collect(), false),
        };
        for op in Op::ALL {
            if matches!(op, Op::Eq | Op::Ne) {
                all.push(term(entry, "k", op, Value::Null));
                all.push(term(entry, "k", op, Value::AnyOf(items.clone())));
                all.extend(items.iter().map(|i| term(entry, "k", op, Value::One(i.clone()))));
            } else if is_ordered {
                all.push(term(entry, "k", op, Value::One(items[0].clone())));
            }
        }
    }
    let negations: Vec<String> = all.iter().map(|text| format!("NOT {text}")).collect();
    all.extend(negations);
    all
}
