//! Rollouts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rollouts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tenant_id: i64,
    pub name: String,
    pub description: Option<String>,
    pub set_id: i64,
    pub filter: String,
    pub source: Option<String>,
    pub action_type: String,
    pub forced_at: Option<i64>,
    pub start_at: Option<i64>,
    pub weight: i32,
    pub dynamic: bool,
    pub template_suffix: Option<String>,
    pub template_count: Option<i64>,
    pub confirmation_required: Option<bool>,
    pub success_percent: i32,
    pub success_action: String,
    pub error_percent: i32,
    pub window_schedule: Option<String>,
    pub window_duration: Option<String>,
    pub window_timezone: Option<String>,
    pub per_minute: i32,
    pub in_progress: i32,
    pub random_order: bool,
    pub retry_attempts: Option<i32>,
    pub retry_delay: Option<i64>,
    pub retry_codes: Option<String>,
    pub answer_timeout: Option<i64>,
    pub proof_attribute: Option<String>,
    pub proof_value: Option<String>,
    pub proof_timeout: Option<i64>,
    pub state: String,
    pub deleted: bool,
    pub approval_exempt: bool,
    pub decided_by: Option<String>,
    pub remark: Option<String>,
    pub matching: i64,
    pub gathered_until: Option<i64>,
    pub involve_at: i64,
    pub created_at: i64,
    pub created_by: String,
    pub modified_at: i64,
    pub modified_by: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
