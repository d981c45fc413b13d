//! Software modules.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "software_modules")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub module_type_id: i64,
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    pub vendor: Option<String>,
    pub encrypted: bool,
    pub locked: bool,
    pub deleted: bool,
    pub deleted_marker: i64,
    pub complete: bool,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub row_version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
