//! Which targets are in which rollouts, and in which of their groups.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rollout_targets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rollout_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub target_id: i64,
    pub group_id: Option<i64>,
    pub rank: i64,
    pub attempt: i32,
    pub due_at: Option<i64>,
    pub started_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
