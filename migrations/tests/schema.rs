//! The schema from empty is the golden one, on each database; a second run does no harm.
//!
//! `UPDATE_GOLDEN=1` writes the golden files anew.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails and skips so")]

mod database;

use std::path::Path;

use database::Scratch;
use otahub_migrations::{pending, scripts, up};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, Statement};
use sea_orm_migration::{MigrationTrait as _, SchemaManager};

const SQLITE: &str = "\
SELECT sql || ';' AS line FROM sqlite_master
WHERE sql IS NOT NULL AND name NOT LIKE 'seaql%' AND name NOT LIKE 'sqlite%'
ORDER BY tbl_name, type DESC, name";

const POSTGRES: &str = "\
SELECT line FROM (
  SELECT 1 AS part, table_name::text AS name, ordinal_position::int AS place,
    table_name || '.' || column_name || ': ' || data_type
    || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END
    || CASE WHEN is_identity = 'YES' THEN ' identity' ELSE '' END
    || COALESCE(' collate ' || collation_name, '') AS line
  FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL
  SELECT 2, tablename::text, 0, indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL
  SELECT 3, conrelid::regclass::text, 0,
    conrelid::regclass || ': ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
) AS lines WHERE name NOT LIKE 'seaql%' ORDER BY name COLLATE \"C\", part, place, line COLLATE \"C\"";

#[tokio::test]
async fn sqlite_from_empty_is_golden() {
    let scratch = Scratch::sqlite();
    from_empty(&scratch, SQLITE, "sqlite.golden").await;
}

#[tokio::test]
async fn postgres_from_empty_is_golden() {
    let Some(scratch) = Scratch::postgres().await else {
        return;
    };
    from_empty(&scratch, POSTGRES, "postgres.golden").await;
    scratch.drop().await;
}

#[tokio::test]
async fn nodes_that_start_together_wait_for_each_other() {
    let Some(scratch) = Scratch::postgres().await else {
        return;
    };
    let starts = (0..4).map(|_| {
        let url = scratch.url.clone();
        tokio::spawn(async move { up(&url).await })
    });
    let mut applied = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        applied.extend(start.await.unwrap().unwrap());
    }
    assert_eq!(applied.len(), scripts().len(), "each change is made by one node");
    scratch.drop().await;
}

async fn from_empty(scratch: &Scratch, query: &str, golden: &str) {
    let all: Vec<String> = scripts().iter().map(|script| script.name.to_owned()).collect();
    assert_eq!(pending(&scratch.url).await.unwrap(), all);
    assert_eq!(up(&scratch.url).await.unwrap(), all);
    assert!(up(&scratch.url).await.unwrap().is_empty());
    assert!(pending(&scratch.url).await.unwrap().is_empty());

    let database = Database::connect(&scratch.url).await.unwrap();
    let schema = lines(&database, query).await;
    for script in scripts() {
        script.up(&SchemaManager::new(&database)).await.unwrap();
    }
    assert_eq!(lines(&database, query).await, schema, "a second run changes nothing");
    later_versions_are_refused(&database, &scratch.url).await;
    database.close().await.unwrap();
    compare(golden, &schema);
}

async fn later_versions_are_refused(database: &DatabaseConnection, url: &str) {
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
    database.execute_unprepared(later).await.unwrap();
    let error = up(url).await.unwrap_err();
    assert_eq!(error.to_string(), "the database was made by a later version of otahub");
}

async fn lines(database: &DatabaseConnection, query: &str) -> String {
    let statement = Statement::from_string(database.get_database_backend(), query);
    let rows = database.query_all_raw(statement).await.unwrap();
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.try_get::<String>("", "line").unwrap());
        text.push('\n');
    }
    text
}

fn compare(name: &str, schema: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, schema).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(golden, schema, "{name}: run with UPDATE_GOLDEN=1 if the change is meant");
}
