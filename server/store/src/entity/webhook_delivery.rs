//! What could not be delivered to a webhook.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub webhook_id: i64,
    pub dead: bool,
    pub first_seq: i64,
    pub last_seq: i64,
    pub events: i32,
    pub body: String,
    pub attempts: i32,
    pub since: i64,
    pub attempted_at: i64,
    pub due_at: Option<i64>,
    pub status: i32,
    pub error: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
