//! Which part of a list is wanted, and in which order.

use sea_orm::sea_query::{NullOrdering, Order, SimpleExpr};
use sea_orm::{EntityTrait, IntoSimpleExpr, Iterable, PrimaryKeyToColumn, QueryOrder, Select};

use crate::{Error, Session};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<O> {
    /// How many to pass over.
    pub skip: u64,
    /// The most to return.
    pub limit: u64,
    /// By what to sort, the weightiest first; `true` sorts downwards. Ties go by number.
    pub order: Vec<(O, bool)>,
}

impl<O> Page<O> {
    /// The first `limit` in the order of their numbers.
    #[must_use]
    pub const fn first(limit: u64) -> Self {
        Self { skip: 0, limit, order: Vec::new() }
    }

    /// The same page with each sort field made into something else.
    pub(crate) fn by<P>(&self, field: impl Fn(O) -> P) -> Page<P>
    where
        O: Copy,
    {
        let order = self.order.iter().map(|(by, down)| (field(*by), *down)).collect();
        Page { skip: self.skip, limit: self.limit, order }
    }
}

impl<O> Default for Page<O> {
    fn default() -> Self {
        Self::first(i64::MAX.unsigned_abs())
    }
}

/// A part of a list and how long the whole is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The part that was asked for.
    pub items: Vec<T>,
    /// How many there are without `skip` and `limit`.
    pub total: u64,
}

impl<T> Listed<T> {
    /// The same list with each item made into something else.
    pub(crate) fn try_map<U, E>(self, each: impl FnMut(T) -> Result<U, E>) -> Result<Listed<U>, E> {
        let items = self.items.into_iter().map(each).collect::<Result<_, E>>()?;
        Ok(Listed { items, total: self.total })
    }
}

/// Whether a list shows what is soft-deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeletedMode {
    /// Only what is not deleted.
    #[default]
    Exclude,
    /// Both.
    Include,
    /// Only what is soft-deleted.
    Only,
}

impl DeletedMode {
    /// The value that the `deleted` column must have, if it matters.
    pub(crate) const fn wanted(self) -> Option<bool> {
        match self {
            Self::Exclude => Some(false),
            Self::Include => None,
            Self::Only => Some(true),
        }
    }
}

/// By what the types of modules and of sets can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum TypeOrder {
    Id,
    Key,
    Name,
    Description,
    MaxAssignments,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

/// The columns by which a list is sorted.
pub(crate) trait Sortable {
    /// The expression to sort by.
    fn column(&self) -> SimpleExpr;

    /// Whether some rows have no value there.
    fn is_nullable(&self) -> bool {
        false
    }
}

/// Adds the order and the window of a page to a query.
pub(crate) fn window<E: EntityTrait, O: Sortable>(select: Select<E>, page: &Page<O>) -> Select<E> {
    let mut select = select;
    for (by, down) in &page.order {
        let (order, nulls) = if *down {
            (Order::Desc, NullOrdering::Last)
        } else {
            (Order::Asc, NullOrdering::First)
        };
        select = if by.is_nullable() {
            // no value is less than any: as SQLite has it, and PostgreSQL would not
            select.order_by_with_nulls(by.column(), order, nulls)
        } else {
            select.order_by(by.column(), order)
        };
    }
    for key in E::PrimaryKey::iter() {
        select = select.order_by(key.into_column().into_simple_expr(), Order::Asc);
    }
    use sea_orm::QuerySelect as _;
    let limit = page.limit.min(i64::MAX.unsigned_abs());
    select.offset(page.skip.min(i64::MAX.unsigned_abs())).limit(limit)
}

impl Session<'_> {
    /// One page of a query and its total.
    pub(crate) async fn page<E: EntityTrait, O: Sortable>(
        &self,
        select: Select<E>,
        page: &Page<O>,
    ) -> Result<Listed<E::Model>, Error>
    where
        E::Model: Send + Sync,
    {
        if page.limit == 0 {
            return Ok(Listed { items: Vec::new(), total: self.count(select).await? });
        }
        let items = self.all(window(select.clone(), page)).await?;
        let seen = page.skip + u64::try_from(items.len()).unwrap_or(u64::MAX);
        // whatever comes after the items were read is not of this page, and not of its total
        let is_known = !items.is_empty() || page.skip == 0;
        let is_end = is_known && seen < page.skip.saturating_add(page.limit);
        let total = if is_end { seen } else { self.count(select).await? };
        Ok(Listed { items, total })
    }
}
