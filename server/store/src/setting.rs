//! What tenants have set.

use otahub_domain::tenant::{Key, Setting, Value, ValueType};
use otahub_domain::{TenantId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set};

use crate::codec::{audit, audit_of, set_audit};
use crate::entity::setting::{ActiveModel, Column, Entity, Model};
use crate::{Error, Session};

impl Session<'_> {
    /// What a tenant has set of its own, by key. A key of a later version is passed over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn settings(&self, tenant: TenantId) -> Result<Vec<Setting>, Error> {
        let select = Entity::find().filter(Column::TenantId.eq(tenant.0));
        let rows = self.all(select.order_by_asc(Column::Key)).await?;
        rows.into_iter().filter_map(|row| setting(row).transpose()).collect()
    }

    /// Sets a key of a tenant.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the tenant is gone.
    pub async fn put_setting(
        &self,
        tenant: TenantId,
        (key, value): (Key, &Value),
        by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut row = ActiveModel {
            tenant_id: Set(tenant.0),
            key: Set(key.as_str().to_owned()),
            value: Set(text(value)),
            ..ActiveModel::default()
        };
        set_audit!(row, audit(by, now));
        let mut known = OnConflict::columns([Column::TenantId, Column::Key]);
        known.update_columns([Column::Value, Column::ModifiedAt, Column::ModifiedBy]);
        let insert = Entity::insert(row).on_conflict(known);
        insert.exec_without_returning(self.conn()).await.map_err(Error::of)?;
        Ok(())
    }

    /// Takes a key of a tenant back; whether it was set.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_setting(&self, tenant: TenantId, key: Key) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Key.eq(key.as_str()));
        Ok(self.delete(delete).await? > 0)
    }
}

fn setting(row: Model) -> Result<Option<Setting>, Error> {
    let Ok(key) = Key::parse(&row.key) else {
        return Ok(None);
    };
    let value = value(key, row.value.clone())?;
    Ok(Some(Setting { key, value, audit: Some(audit_of!(row)) }))
}

fn text(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

fn value(key: Key, text: String) -> Result<Value, Error> {
    let parsed = match key.value_type() {
        ValueType::Bool => text.parse().ok().map(Value::Bool),
        ValueType::Int | ValueType::Long => text.parse().ok().map(Value::Int),
        ValueType::String => Some(Value::Text(text)),
    };
    parsed.ok_or_else(|| Error::corrupt("value of a setting", key.as_str()))
}
