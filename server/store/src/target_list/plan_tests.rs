//! Which indices the usual lists of targets use on SQLite, and which searches can use none.

use otahub_domain::filter::{Moments, parse};
use otahub_domain::{TenantId, Timestamp};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, QueryTrait as _};
use sea_orm::{Statement, Value};

use super::{TargetOrder, TargetQuery, select};
use crate::Page;
use crate::page::window;

async fn database() -> (tempfile::TempDir, DatabaseConnection) {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("hub.db").display());
    otahub_migrations::up(&url).await.unwrap();
    (dir, Database::connect(url).await.unwrap())
}

/// How SQLite finds the targets that match, sorted by `order`.
async fn plan(database: &DatabaseConnection, filter: &str, order: &[TargetOrder]) -> String {
    let moments = Moments { now: Timestamp::from_millis(0), overdue: Timestamp::from_millis(0) };
    let filter = (!filter.is_empty()).then(|| parse(filter).unwrap().resolve(moments).unwrap());
    let query = TargetQuery {
        filter,
        page: Page { order: order.iter().map(|by| (*by, false)).collect(), ..Page::first(50) },
        ..TargetQuery::default()
    };
    let list = window(select(TenantId(1), &query), &query.page).build(DbBackend::Sqlite);
    let values: Vec<Value> = list.values.map_or(Vec::new(), |values| values.0);
    let sql = format!("EXPLAIN QUERY PLAN {}", list.sql);
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
    let rows = database.query_all_raw(statement).await.unwrap();
    let details = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
    details.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn usual_searches_look_into_an_index() {
    let (_dir, database) = database().await;
    for (filter, index) in [
        ("controller_id = \"Pump-7\"", "targets_controller_id_lower (tenant_id=? AND <expr>=?)"),
        (
            "controller_id = \"pump*\"",
            "targets_controller_id_lower (tenant_id=? AND <expr>>? AND <expr><?)",
        ),
        ("name = \"pump*\"", "targets_name_lower (tenant_id=? AND <expr>>? AND <expr><?)"),
        ("name = \"pump*7\"", "targets_name_lower (tenant_id=? AND <expr>>? AND <expr><?)"),
        ("name = (a OR b)", "targets_name_lower (tenant_id=? AND <expr>=?)"),
        ("group = eu", "targets_group_lower (tenant_id=? AND <expr>=?)"),
        ("update_status = ERROR", "targets_update_status (tenant_id=? AND update_status=?)"),
        ("create_time > 5", "targets_created_at (tenant_id=? AND created_at>?)"),
        ("attributes.rev = \"2\"", "target_attributes_value (<expr>=? AND <expr>=?)"),
        ("attributes.rev = \"2*\"", "target_attributes_value (<expr>=? AND <expr>>? AND <expr><?)"),
        ("metadata.site = \"x\"", "target_metadata_key (<expr>=?)"),
    ] {
        let plan = plan(&database, filter, &[]).await;
        assert!(plan.contains(index), "{filter}:\n{plan}");
        assert!(!plan.contains("SCAN targets"), "{filter}:\n{plan}");
    }
}

#[tokio::test]
async fn usual_orders_need_no_sorting() {
    let (_dir, database) = database().await;
    for order in [
        TargetOrder::ControllerId,
        TargetOrder::Name,
        TargetOrder::CreatedAt,
        TargetOrder::ModifiedAt,
    ] {
        let plan = plan(&database, "", &[order]).await;
        assert!(!plan.contains("USE TEMP B-TREE"), "{order:?}:\n{plan}");
        assert!(plan.contains("tenant_id=?"), "{order:?}:\n{plan}");
    }
}

#[tokio::test]
async fn some_searches_look_at_each_target_of_the_tenant() {
    let (_dir, database) = database().await;
    for filter in [
        "name = \"*pump\"",
        "name != \"pump\"",
        "description = \"a*\"",
        "last_poll_time < 5",
        "address = \"a\"",
        "attributes.rev = null",
        // without statistics SQLite takes the tenant for the narrower choice
        "assigned_set.version = 1",
        "name = a OR controller_id = a",
    ] {
        let plan = plan(&database, filter, &[]).await;
        let first = plan.lines().next().unwrap_or_default();
        assert!(first.ends_with("(tenant_id=?)"), "{filter}:\n{plan}");
    }
}
