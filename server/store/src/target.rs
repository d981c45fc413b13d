//! Targets, one by one and many at once.

use std::collections::HashMap;

use otahub_domain::target::{AutoConfirmation, Target};
use otahub_domain::{SetId, TargetId, TargetTypeId, TenantId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};

use crate::codec::{self, audit_of, set_audit, set_touch};
use crate::entity::target::{ActiveModel, Column, Entity, Model};
use crate::session::alike;
use crate::{Error, Session};

/// How many keys one statement may name.
pub(crate) const CHUNK: usize = 1000;

impl TryFrom<Model> for Target {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let auto_confirmation = row.auto_confirm_at.map(|at| AutoConfirmation {
            initiator: row.auto_confirm_initiator,
            remark: row.auto_confirm_remark,
            activated_at: Timestamp::from_millis(at),
            activated_by: row.auto_confirm_by.unwrap_or_default(),
        });
        Ok(Self {
            id: TargetId(row.id),
            tenant: TenantId(row.tenant_id),
            controller_id: row.controller_id,
            name: row.name,
            description: row.description,
            address: row.address,
            security_token: row.security_token,
            group: row.group_name,
            target_type: row.target_type_id.map(TargetTypeId),
            update_status: codec::status(&row.update_status)?,
            assigned_set: row.assigned_set_id.map(SetId),
            installed_set: row.installed_set_id.map(SetId),
            installed_at: codec::time(row.installed_at),
            request_attributes: row.request_attributes,
            last_poll_at: codec::time(row.last_poll_at),
            auto_confirmation,
            audit: audit_of!(row),
            version: row.version,
        })
    }
}

/// The columns that an action may touch.
fn settled(target: &Target) -> ActiveModel {
    let mut row = ActiveModel {
        update_status: Set(codec::status_word(target.update_status).to_owned()),
        assigned_set_id: Set(target.assigned_set.map(|id| id.0)),
        installed_set_id: Set(target.installed_set.map(|id| id.0)),
        installed_at: Set(target.installed_at.map(Timestamp::millis)),
        request_attributes: Set(target.request_attributes),
        ..ActiveModel::default()
    };
    set_touch!(row, target.audit);
    row
}

/// The columns that a change may touch.
fn changeable(target: &Target) -> ActiveModel {
    let consent = target.auto_confirmation.as_ref();
    ActiveModel {
        name: Set(target.name.clone()),
        description: Set(target.description.clone()),
        address: Set(target.address.clone()),
        security_token: Set(target.security_token.clone()),
        group_name: Set(target.group.clone()),
        target_type_id: Set(target.target_type.map(|id| id.0)),
        auto_confirm_at: Set(consent.map(|consent| consent.activated_at.millis())),
        auto_confirm_by: Set(consent.map(|consent| consent.activated_by.clone())),
        auto_confirm_initiator: Set(consent.and_then(|consent| consent.initiator.clone())),
        auto_confirm_remark: Set(consent.and_then(|consent| consent.remark.clone())),
        ..settled(target)
    }
}

fn new_row(tenant: TenantId, target: &Target) -> ActiveModel {
    let mut row = ActiveModel {
        tenant_id: Set(tenant.0),
        controller_id: Set(target.controller_id.clone()),
        last_poll_at: Set(target.last_poll_at.map(Timestamp::millis)),
        version: Set(1),
        ..changeable(target)
    };
    set_audit!(row, target.audit);
    row
}

impl Session<'_> {
    /// The target of this controller id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target(
        &self,
        tenant: TenantId,
        controller_id: &str,
    ) -> Result<Option<Target>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::ControllerId.eq(controller_id));
        self.one(select).await?.map(Target::try_from).transpose()
    }

    /// The target of this row number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn target_by_id(
        &self,
        tenant: TenantId,
        target: TargetId,
    ) -> Result<Option<Target>, Error> {
        let select = Entity::find_by_id(target.0).filter(Column::TenantId.eq(tenant.0));
        self.one(select).await?.map(Target::try_from).transpose()
    }

    /// The targets of these controller ids, in the given order; those that are not there are
    /// left out, and what is named twice comes twice.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn targets_by_controller_ids(
        &self,
        tenant: TenantId,
        controller_ids: &[String],
    ) -> Result<Vec<Target>, Error> {
        let mut found = HashMap::with_capacity(controller_ids.len());
        for some in controller_ids.chunks(CHUNK) {
            let select = Entity::find()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::ControllerId.is_in(some));
            for row in self.all(select).await? {
                found.insert(row.controller_id.clone(), Target::try_from(row)?);
            }
        }
        Ok(controller_ids.iter().filter_map(|id| found.get(id).cloned()).collect())
    }

    /// Adds a target to a tenant. Its number, tenant and version are set here.
    ///
    /// # Errors
    /// [`Error::Unique`] if the controller id is taken.
    pub async fn insert_target(&self, tenant: TenantId, target: &Target) -> Result<Target, Error> {
        let id = self.insert(new_row(tenant, target)).await?;
        Ok(Target { id: TargetId(id), tenant, version: 1, ..target.clone() })
    }

    /// Adds many targets at once and returns them in the given order.
    ///
    /// # Errors
    /// [`Error::Unique`] if any controller id is taken.
    pub async fn insert_targets(
        &self,
        tenant: TenantId,
        targets: &[Target],
    ) -> Result<Vec<Target>, Error> {
        self.insert_all(targets.iter().map(|target| new_row(tenant, target)).collect()).await?;
        let ids: Vec<String> = targets.iter().map(|one| one.controller_id.clone()).collect();
        self.targets_by_controller_ids(tenant, &ids).await
    }

    /// Writes a changed target back and returns it with its new version. Controller id, creation
    /// and the last poll stay as they are.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read.
    pub async fn save_target(&self, target: &Target) -> Result<Target, Error> {
        let update = Entity::update_many()
            .set(changeable(target))
            .col_expr(Column::Version, Expr::value(target.version + 1))
            .filter(Column::Id.eq(target.id.0))
            .filter(Column::TenantId.eq(target.tenant.0))
            .filter(Column::Version.eq(target.version));
        self.changed_one(self.update(update).await?)?;
        Ok(Target { version: target.version + 1, ..target.clone() })
    }

    /// Writes back what actions change in targets: their sets and their status. Those that change
    /// alike are written by one statement.
    ///
    /// # Errors
    /// [`Error::Conflict`] if any was changed or removed since it was read.
    pub async fn save_settled(&self, targets: &[Target]) -> Result<(), Error> {
        let rows = targets.iter().map(|one| ((settled(one), one.version), one.id.0));
        for ((row, version), ids) in alike(rows) {
            for some in ids.chunks(CHUNK) {
                let update = Entity::update_many()
                    .set(row.clone())
                    .col_expr(Column::Version, Expr::value(version + 1))
                    .filter(Column::Id.is_in(some.iter().copied()))
                    .filter(Column::Version.eq(version));
                self.changed_all(self.update(update).await?, some.len())?;
            }
        }
        Ok(())
    }

    /// Removes a target with all that it owns; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_target(&self, tenant: TenantId, target: TargetId) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(target.0))
            .filter(Column::TenantId.eq(tenant.0));
        Ok(self.delete(delete).await? > 0)
    }
}
