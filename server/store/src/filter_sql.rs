//! Filters as conditions of SQL, with the meaning that [`Filter::matches`] has in memory.
//!
//! Every value is bound, none is written into the statement. Conditions are true or false, never
//! unknown, wherever something stands before them that turns them round. Texts are compared by
//! `LOWER`, which knows A to Z and no other letters: on SQLite always, on PostgreSQL because the
//! columns have the collation "C".
//!
//! What an index serves: equality and beginnings (`a*`) of texts that have an index on `LOWER` of
//! them, as a range; equality of attributes; whatever goes through a number. What none can serve:
//! wildcards before the first letter, `!=`, and fields without an index (descriptions, values of
//! metadata); these cost a look at each row of the tenant.

use otahub_domain::TenantId;
use otahub_domain::filter::{Bound, Check, Condition as Comparison, Filter, Order, Pattern};
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait as _, Func, LikeExpr, Query, SelectStatement, SimpleExpr,
};

use crate::filter_place::{Column, Hop, Place, Stored};

/// The condition that a filter is.
pub(crate) fn condition<F: Stored>(tenant: TenantId, filter: &Filter<F>) -> Condition {
    Sql { tenant }.any_depth(filter, true)
}

/// What a value is looked at for.
enum Look<'f> {
    /// That there is one.
    Any,
    /// That there is one that is not empty.
    Filled,
    /// That it passes a check.
    Passes(&'f Check),
}

struct Sql {
    tenant: TenantId,
}

impl Sql {
    /// That a filter is as `wanted`.
    fn any_depth<F: Stored>(&self, filter: &Filter<F>, wanted: bool) -> Condition {
        let (parts, all) = match filter {
            Filter::All(parts) => (parts, wanted),
            Filter::Any(parts) => (parts, !wanted),
            Filter::Not(inner) => return self.any_depth(inner, !wanted),
            Filter::Where(comparison) => return self.comparison(comparison, wanted),
        };
        let start = if all { Condition::all() } else { Condition::any() };
        parts.iter().fold(start, |condition, part| condition.add(self.any_depth(part, wanted)))
    }

    fn comparison<F: Stored>(&self, comparison: &Comparison<F>, wanted: bool) -> Condition {
        let place = comparison.field.place();
        let key = comparison.key.as_deref();
        let (look, contrary) = match &comparison.check {
            Check::Absent => (Look::Any, true),
            Check::Empty => (Look::Filled, true),
            check => (Look::Passes(check), false),
        };
        if comparison.negated && key.is_some() && !contrary {
            // the key is there, and its value is another one
            let there = self.value(&place, key, &Look::Any, wanted);
            let other = self.value(&place, key, &look, !wanted);
            let both = if wanted { Condition::all() } else { Condition::any() };
            return both.add(there).add(other);
        }
        let turned = comparison.negated != contrary;
        self.value(&place, key, &look, wanted != turned)
    }

    /// That there is, or is not, a value at a place that is looked for.
    fn value(&self, place: &Place, key: Option<&str>, look: &Look<'_>, wanted: bool) -> Condition {
        let mut found = seen(place, look, wanted || !place.hops.is_empty());
        if let (Some(column), Some(key)) = (place.key, key) {
            found = found.add(lower(column).eq(key));
        }
        let Some((first, further)) = place.hops.split_first() else {
            return found;
        };
        for hop in further.iter().rev() {
            found = self.through(hop, found);
        }
        if wanted {
            return self.through(first, found);
        }
        let own = Expr::col(first.to).eq(Expr::col(first.from));
        let mut rows = self.rows(first, found);
        rows.expr(Expr::val(1)).and_where(own);
        Condition::all().add(Expr::not_exists(rows))
    }

    /// That the row behind a hop is as `found` says.
    fn through(&self, hop: &Hop, found: Condition) -> Condition {
        let mut rows = self.rows(hop, found);
        rows.column(hop.to);
        Condition::all().add(Expr::col(hop.from).in_subquery(rows))
    }

    fn rows(&self, hop: &Hop, found: Condition) -> SelectStatement {
        let (table, _) = hop.to;
        let mut rows = Query::select();
        rows.from(table);
        if hop.has_tenant {
            rows.and_where(Expr::col((table, "tenant_id")).eq(self.tenant.0));
        }
        rows.cond_where(found);
        rows
    }
}

/// That the value of a column is, or is not, what is looked for. No value is not.
fn seen(place: &Place, look: &Look<'_>, wanted: bool) -> Condition {
    let column = || Expr::col(place.column);
    if place.is_presence {
        let is = match look {
            Look::Passes(Check::Flag(flag)) if *flag => column().is_not_null(),
            Look::Passes(Check::Flag(_)) => column().is_null(),
            _ => Expr::val(true),
        };
        return Condition::all().add(if wanted { is } else { is.not() });
    }
    let is = match look {
        Look::Any => column().is_not_null().into(),
        Look::Filled => column().ne("").into(),
        Look::Passes(check) => passes(place.column, check),
    };
    if wanted {
        return Condition::all().add(is);
    }
    Condition::any().add(column().is_null()).add(is.not())
}

fn passes(column: Column, check: &Check) -> Condition {
    let own = || Expr::col(column);
    match check {
        Check::Absent => own().is_null().into(),
        Check::Empty => own().eq("").into(),
        Check::Texts(patterns) => texts(column, patterns),
        Check::Numbers(numbers) => match numbers.as_slice() {
            [number] => own().eq(*number).into(),
            several => own().is_in(several.iter().copied()).into(),
        },
        Check::Words(words) => own().is_in(words.iter().map(|word| stored_word(word))).into(),
        Check::Flag(flag) => own().eq(*flag).into(),
        Check::Ordered(order, Bound::Number(bound)) => ordered(own(), *order, *bound).into(),
        Check::Ordered(order, Bound::Text(bound)) => {
            ordered(lower(column), *order, bound.as_str()).into()
        }
    }
}

/// A word of a filter as it stands in the database.
pub(crate) fn stored_word(word: &str) -> String {
    match word {
        "FAILED" => "error".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

fn ordered(value: SimpleExpr, order: Order, bound: impl Into<SimpleExpr>) -> SimpleExpr {
    match order {
        Order::Less => value.lt(bound),
        Order::LessOrEqual => value.lte(bound),
        Order::Greater => value.gt(bound),
        Order::GreaterOrEqual => value.gte(bound),
    }
}

fn lower(column: Column) -> SimpleExpr {
    Func::lower(Expr::col(column)).into()
}

/// That a text matches any of the patterns.
fn texts(column: Column, patterns: &[Pattern]) -> Condition {
    let literals: Vec<&str> = patterns.iter().filter_map(Pattern::as_literal).collect();
    let others = patterns.iter().filter(|pattern| pattern.as_literal().is_none());
    let any = match literals.as_slice() {
        [] => Condition::any(),
        [one] => Condition::any().add(lower(column).eq(*one)),
        several => Condition::any().add(lower(column).is_in(several.iter().copied())),
    };
    others.fold(any, |any, pattern| any.add(like(column, pattern)))
}

/// That a text matches a pattern with wildcards: a range, as far as its beginning is known, in
/// which an index can look; and what the range does not say.
fn like(column: Column, pattern: &Pattern) -> Condition {
    if pattern.is_anything() {
        return Expr::col(column).is_not_null().into();
    }
    let mut all = Condition::all();
    let prefix = pattern.prefix();
    if !prefix.is_empty() {
        all = all.add(lower(column).gte(prefix));
        if let Some(end) = crate::target_list::behind(prefix) {
            all = all.add(lower(column).lt(end));
        }
    }
    if pattern.is_prefix() {
        return all;
    }
    all.add(lower(column).like(LikeExpr::new(like_text(pattern)).escape(ESCAPE)))
}

/// What stands before a sign that means itself in a `LIKE`.
const ESCAPE: char = '!';

fn like_text(pattern: &Pattern) -> String {
    let mut text = String::new();
    for (at, piece) in pattern.pieces().iter().enumerate() {
        if at > 0 {
            text.push('%');
        }
        for sign in piece.chars() {
            if matches!(sign, '%' | '_' | ESCAPE) {
                text.push(ESCAPE);
            }
            text.push(sign);
        }
    }
    text
}
