//! Attributes of targets.

use otahub_domain::target::{Attributes, Target};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};

use crate::entity::target_attribute::{ActiveModel, Column, Entity};
use crate::{Error, Session};

impl Session<'_> {
    /// What a target says of itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn attributes(&self, target: &Target) -> Result<Attributes, Error> {
        let rows = self.all(Entity::find().filter(Column::TargetId.eq(target.id.0))).await?;
        Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
    }

    /// Makes `attributes` all that a target says of itself, and writes only what differs.
    /// Returns how many attributes were written or removed.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the target is gone.
    pub async fn replace_attributes(
        &self,
        target: &Target,
        attributes: &Attributes,
    ) -> Result<usize, Error> {
        let old = self.attributes(target).await?;
        let gone: Vec<&String> = old.keys().filter(|key| !attributes.contains_key(*key)).collect();
        let new: Vec<ActiveModel> = attributes
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(*value))
            .map(|(key, value)| ActiveModel {
                target_id: Set(target.id.0),
                key: Set(key.clone()),
                value: Set(value.clone()),
            })
            .collect();
        let count = gone.len() + new.len();
        if !gone.is_empty() {
            let delete = Entity::delete_many()
                .filter(Column::TargetId.eq(target.id.0))
                .filter(Column::Key.is_in(gone));
            self.delete(delete).await?;
        }
        if !new.is_empty() {
            let mut known = OnConflict::columns([Column::TargetId, Column::Key]);
            known.update_column(Column::Value);
            let insert = Entity::insert_many(new).on_conflict(known);
            insert.exec_without_returning(self.conn()).await.map_err(Error::of)?;
        }
        Ok(count)
    }
}
