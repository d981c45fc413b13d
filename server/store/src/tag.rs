//! Tags of targets and of distribution sets: two kinds that are kept alike.

use otahub_domain::filter::{Filter, SetTagField, TargetTagField};
use otahub_domain::tag::{SetTag, TagDraft, TargetTag};
use otahub_domain::{Audit, SetId, SetTagId, TargetId, TargetTagId, TenantId, Timestamp};
use sea_orm::sea_query::{OnConflict, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch};
use crate::entity::{set_tag, set_tag_set, target_tag, target_tag_target};
use crate::page::Sortable;
use crate::target::CHUNK;
use crate::{Error, Listed, Page, Session, filter_sql};

/// Which tags are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagQuery<O, F> {
    /// Those that match.
    pub filter: Option<Filter<F>>,
    /// Those of this target, or set.
    pub owner: Option<O>,
    /// The part of the list.
    pub page: Page<TagOrder>,
}

/// By what tags can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of the same name")]
pub enum TagOrder {
    Id,
    Name,
    Description,
    Colour,
    CreatedAt,
    CreatedBy,
    ModifiedAt,
    ModifiedBy,
}

/// Everything that is done to one kind of tag: the names of the functions, the domain's types,
/// the two tables and the column that names the owner.
macro_rules! kind {
    (
        $tag:ident, $tag_id:ident, $owner_id:ident, $field:ident, $order:ident,
        $entity:ident, $link:ident, $owner_column:ident,
        $list:ident, $one:ident, $insert:ident, $save:ident, $delete:ident,
        $add:ident, $remove:ident
    ) => {
        impl From<$entity::Model> for $tag {
            fn from(row: $entity::Model) -> Self {
                Self {
                    id: $tag_id(row.id),
                    tenant: TenantId(row.tenant_id),
                    name: row.name,
                    description: row.description,
                    colour: row.colour,
                    audit: audit_of!(row),
                }
            }
        }

        struct $order(TagOrder);

        impl Sortable for $order {
            fn column(&self) -> SimpleExpr {
                let column = match self.0 {
                    TagOrder::Id => $entity::Column::Id,
                    TagOrder::Name => $entity::Column::Name,
                    TagOrder::Description => $entity::Column::Description,
                    TagOrder::Colour => $entity::Column::Colour,
                    TagOrder::CreatedAt => $entity::Column::CreatedAt,
                    TagOrder::CreatedBy => $entity::Column::CreatedBy,
                    TagOrder::ModifiedAt => $entity::Column::ModifiedAt,
                    TagOrder::ModifiedBy => $entity::Column::ModifiedBy,
                };
                column.into_simple_expr()
            }

            fn is_nullable(&self) -> bool {
                matches!(self.0, TagOrder::Description | TagOrder::Colour)
            }
        }

        impl Session<'_> {
            /// The tags of this kind that a query asks for.
            ///
            /// # Errors
            /// [`Error::Unavailable`].
            pub async fn $list(
                &self,
                tenant: TenantId,
                query: &TagQuery<$owner_id, $field>,
            ) -> Result<Listed<$tag>, Error> {
                let select = $entity::Entity::find()
                    .filter($entity::Column::TenantId.eq(tenant.0))
                    .apply_if(query.filter.as_ref(), |select, filter| {
                        select.filter(filter_sql::condition(tenant, filter))
                    })
                    .apply_if(query.owner, |select, owner| {
                        let tags = $link::Entity::find()
                            .select_only()
                            .column($link::Column::TagId)
                            .filter($link::Column::$owner_column.eq(owner.0));
                        select.filter($entity::Column::Id.in_subquery(tags.into_query()))
                    });
                self.page(select, &query.page.by($order)).await?.try_map(|row| Ok(row.into()))
            }

            /// The tag of this number.
            ///
            /// # Errors
            /// [`Error::Unavailable`].
            pub async fn $one(
                &self,
                tenant: TenantId,
                tag: $tag_id,
            ) -> Result<Option<$tag>, Error> {
                let select = $entity::Entity::find_by_id(tag.0)
                    .filter($entity::Column::TenantId.eq(tenant.0));
                Ok(self.one(select).await?.map($tag::from))
            }

            /// Adds a tag.
            ///
            /// # Errors
            /// [`Error::Unique`] if its name is taken.
            pub async fn $insert(
                &self,
                tenant: TenantId,
                draft: &TagDraft,
                audit: &Audit,
            ) -> Result<$tag, Error> {
                let mut row = $entity::ActiveModel {
                    tenant_id: Set(tenant.0),
                    name: Set(draft.name.clone()),
                    description: Set(draft.description.clone()),
                    colour: Set(draft.colour.clone()),
                    ..$entity::ActiveModel::default()
                };
                set_audit!(row, audit);
                Ok($tag {
                    id: $tag_id(self.insert(row).await?),
                    tenant,
                    name: draft.name.clone(),
                    description: draft.description.clone(),
                    colour: draft.colour.clone(),
                    audit: audit.clone(),
                })
            }

            /// Writes a tag back that was last changed at `read`.
            ///
            /// # Errors
            /// [`Error::Conflict`] if it was changed since, or is gone; [`Error::Unique`] if its
            /// name is taken.
            pub async fn $save(&self, tag: &$tag, read: Timestamp) -> Result<(), Error> {
                let mut row = $entity::ActiveModel {
                    name: Set(tag.name.clone()),
                    description: Set(tag.description.clone()),
                    colour: Set(tag.colour.clone()),
                    ..$entity::ActiveModel::default()
                };
                set_touch!(row, tag.audit);
                let update = $entity::Entity::update_many()
                    .set(row)
                    .filter($entity::Column::Id.eq(tag.id.0))
                    .filter($entity::Column::TenantId.eq(tag.tenant.0))
                    .filter($entity::Column::ModifiedAt.eq(read.millis()));
                self.changed_one(self.update(update).await?)
            }

            /// Removes a tag; whether there was one. Its owners lose it.
            ///
            /// # Errors
            /// [`Error::Unavailable`].
            pub async fn $delete(&self, tenant: TenantId, tag: $tag_id) -> Result<bool, Error> {
                let delete = $entity::Entity::delete_many()
                    .filter($entity::Column::Id.eq(tag.0))
                    .filter($entity::Column::TenantId.eq(tenant.0));
                Ok(self.delete(delete).await? > 0)
            }

            /// Gives a tag to owners of its tenant; those that have it already keep it.
            ///
            /// # Errors
            /// [`Error::Conflict`] if the tag or an owner is gone.
            pub async fn $add(&self, tag: &$tag, owners: &[$owner_id]) -> Result<(), Error> {
                let columns = [$link::Column::TagId, $link::Column::$owner_column];
                for some in owners.chunks(CHUNK) {
                    let mut insert = Query::insert();
                    insert.into_table($link::Entity).columns(columns);
                    for owner in some {
                        insert.values_panic([tag.id.0.into(), owner.0.into()]);
                    }
                    insert.on_conflict(OnConflict::columns(columns).do_nothing().to_owned());
                    self.execute(&insert).await?;
                }
                Ok(())
            }

            /// Takes a tag from owners.
            ///
            /// # Errors
            /// [`Error::Unavailable`].
            pub async fn $remove(&self, tag: &$tag, owners: &[$owner_id]) -> Result<(), Error> {
                for some in owners.chunks(CHUNK) {
                    let delete = $link::Entity::delete_many()
                        .filter($link::Column::TagId.eq(tag.id.0))
                        .filter($link::Column::$owner_column.is_in(some.iter().map(|id| id.0)));
                    self.delete(delete).await?;
                }
                Ok(())
            }
        }
    };
}

kind!(
    TargetTag,
    TargetTagId,
    TargetId,
    TargetTagField,
    TargetTagOrder,
    target_tag,
    target_tag_target,
    TargetId,
    target_tags,
    target_tag,
    insert_target_tag,
    save_target_tag,
    delete_target_tag,
    tag_targets,
    untag_targets
);

kind!(
    SetTag,
    SetTagId,
    SetId,
    SetTagField,
    SetTagOrder,
    set_tag,
    set_tag_set,
    SetId,
    set_tags,
    set_tag,
    insert_set_tag,
    save_set_tag,
    delete_set_tag,
    tag_sets,
    untag_sets
);

impl Session<'_> {
    /// The names of a set's tags.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tag_names_of_set(
        &self,
        tenant: TenantId,
        set: SetId,
    ) -> Result<Vec<String>, Error> {
        let query = TagQuery { filter: None, owner: Some(set), page: Page::default() };
        let tags = self.set_tags(tenant, &query).await?.items.into_iter();
        Ok(tags.map(|tag| tag.name).collect())
    }
}
