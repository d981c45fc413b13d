//! Which module types a set type has.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "distribution_set_type_modules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_type_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub module_type_id: i64,
    pub mandatory: bool,
    pub position: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
