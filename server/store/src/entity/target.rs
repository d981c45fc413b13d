//! Targets.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "targets")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub controller_id: String,
    pub name: String,
    pub description: Option<String>,
    pub address: Option<String>,
    pub security_token: String,
    pub group_name: Option<String>,
    pub target_type_id: Option<i64>,
    pub update_status: String,
    pub assigned_set_id: Option<i64>,
    pub installed_set_id: Option<i64>,
    pub installed_at: Option<i64>,
    pub request_attributes: bool,
    pub last_poll_at: Option<i64>,
    pub auto_confirm_at: Option<i64>,
    pub auto_confirm_by: Option<String>,
    pub auto_confirm_initiator: Option<String>,
    pub auto_confirm_remark: Option<String>,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
