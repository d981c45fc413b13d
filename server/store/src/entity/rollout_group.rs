//! Groups of rollouts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollout_groups")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub rollout_id: i64,
    pub position: i32,
    pub name: String,
    pub description: Option<String>,
    pub filter: Option<String>,
    pub source: Option<String>,
    pub percent: f32,
    pub size: Option<i64>,
    pub success_percent: i32,
    pub success_action: String,
    pub error_percent: i32,
    pub confirmation_required: Option<bool>,
    pub dynamic: bool,
    pub state: String,
    pub scheduled_until: i64,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
