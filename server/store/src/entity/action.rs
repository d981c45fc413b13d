//! Actions.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "actions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub target_id: i64,
    pub set_id: i64,
    pub action_type: String,
    pub forced_at: Option<i64>,
    pub state: String,
    pub active: bool,
    pub weight: i32,
    pub window_schedule: Option<String>,
    pub window_duration: Option<String>,
    pub window_timezone: Option<String>,
    pub last_code: Option<i32>,
    pub retrieved_last: bool,
    pub entries: i32,
    pub external_ref: Option<String>,
    pub rollout_id: Option<i64>,
    pub rollout_group_id: Option<i64>,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
