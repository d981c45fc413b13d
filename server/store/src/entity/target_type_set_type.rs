//! Which set types the targets of a type take.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "target_type_set_types")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub target_type_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_type_id: i64,
    pub position: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
