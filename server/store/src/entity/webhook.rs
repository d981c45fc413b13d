//! Where events are sent.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub url: String,
    pub description: String,
    pub kinds: String,
    pub sees: String,
    pub controller_id: Option<String>,
    pub rollout_id: Option<i64>,
    pub batch_size: i32,
    pub disabled: bool,
    pub secret: String,
    pub seq: i64,
    pub failing_since: Option<i64>,
    pub succeeded_at: Option<i64>,
    pub disabled_reason: Option<String>,
    pub lost_at: Option<i64>,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
