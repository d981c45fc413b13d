//! Keys and values that operators keep on targets, modules and sets.

use otahub_domain::distribution_set::Set;
use otahub_domain::software::{Metadata, Module};
use otahub_domain::target::Target;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};
use sea_orm::{DeriveIden, FromQueryResult};

use crate::{Error, Session};

/// What metadata is kept on.
#[derive(Debug, Clone, Copy)]
pub enum MetadataOwner<'a> {
    /// A target.
    Target(&'a Target),
    /// A software module.
    Module(&'a Module),
    /// A distribution set.
    Set(&'a Set),
}

impl<'a> From<&'a Target> for MetadataOwner<'a> {
    fn from(target: &'a Target) -> Self {
        Self::Target(target)
    }
}

impl<'a> From<&'a Module> for MetadataOwner<'a> {
    fn from(module: &'a Module) -> Self {
        Self::Module(module)
    }
}

impl<'a> From<&'a Set> for MetadataOwner<'a> {
    fn from(set: &'a Set) -> Self {
        Self::Set(set)
    }
}

impl MetadataOwner<'_> {
    const fn table(&self) -> Table {
        match self {
            Self::Target(_) => Table::TargetMetadata,
            Self::Module(_) => Table::SoftwareModuleMetadata,
            Self::Set(_) => Table::DistributionSetMetadata,
        }
    }

    const fn id(&self) -> i64 {
        match self {
            Self::Target(target) => target.id.0,
            Self::Module(module) => module.id.0,
            Self::Set(set) => set.id.0,
        }
    }
}

#[derive(DeriveIden, Clone, Copy)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the tables")]
enum Table {
    TargetMetadata,
    SoftwareModuleMetadata,
    DistributionSetMetadata,
}

/// The columns, which the three tables have alike.
#[derive(DeriveIden, Clone, Copy)]
enum Column {
    OwnerId,
    Key,
    Value,
    TargetVisible,
}

#[derive(FromQueryResult)]
struct Row {
    key: String,
    value: String,
    target_visible: bool,
}

impl From<Row> for Metadata {
    fn from(row: Row) -> Self {
        Self { key: row.key, value: row.value, target_visible: row.target_visible }
    }
}

impl Session<'_> {
    /// All metadata of an owner by key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn metadata(
        &self,
        owner: impl Into<MetadataOwner<'_>> + Send,
    ) -> Result<Vec<Metadata>, Error> {
        let owner = owner.into();
        let query = Query::select()
            .columns([Column::Key, Column::Value, Column::TargetVisible])
            .from(owner.table())
            .and_where(Expr::col(Column::OwnerId).eq(owner.id()))
            .order_by(Column::Key, Order::Asc)
            .take();
        Ok(self.rows::<Row>(&query).await?.into_iter().map(Metadata::from).collect())
    }

    /// Adds one key to an owner.
    ///
    /// # Errors
    /// [`Error::Unique`] if it has this key already; [`Error::Conflict`] if the owner is gone.
    pub async fn insert_metadata(
        &self,
        owner: impl Into<MetadataOwner<'_>> + Send,
        metadata: &Metadata,
    ) -> Result<(), Error> {
        self.write_metadata(owner.into(), metadata, None).await
    }

    /// Adds one key to an owner, or overwrites it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the owner is gone.
    pub async fn put_metadata(
        &self,
        owner: impl Into<MetadataOwner<'_>> + Send,
        metadata: &Metadata,
    ) -> Result<(), Error> {
        let mut known = OnConflict::columns([Column::OwnerId, Column::Key]);
        known.update_columns([Column::Value, Column::TargetVisible]);
        self.write_metadata(owner.into(), metadata, Some(known)).await
    }

    /// Removes one key from an owner; whether it was there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_metadata(
        &self,
        owner: impl Into<MetadataOwner<'_>> + Send,
        key: &str,
    ) -> Result<bool, Error> {
        let owner = owner.into();
        let delete = Query::delete()
            .from_table(owner.table())
            .and_where(Expr::col(Column::OwnerId).eq(owner.id()))
            .and_where(Expr::col(Column::Key).eq(key))
            .take();
        Ok(self.execute(&delete).await? > 0)
    }

    async fn write_metadata(
        &self,
        owner: MetadataOwner<'_>,
        metadata: &Metadata,
        known: Option<OnConflict>,
    ) -> Result<(), Error> {
        let mut insert = Query::insert();
        insert
            .into_table(owner.table())
            .columns([Column::OwnerId, Column::Key, Column::Value, Column::TargetVisible])
            .values_panic([
                owner.id().into(),
                metadata.key.as_str().into(),
                metadata.value.as_str().into(),
                metadata.target_visible.into(),
            ]);
        if let Some(known) = known {
            insert.on_conflict(known);
        }
        self.execute(&insert).await.map(|_| ())
    }
}
