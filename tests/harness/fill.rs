//! A large fleet, written into the database of a hub that does not run.

use crate::Hub;
use std::process::Command;

/// What every database understands; `{series}` gives the numbers from 1.
const TARGETS: &str = "INSERT INTO targets (tenant_id, controller_id, name, security_token, \
    group_name, update_status, request_attributes, created_at, created_by, modified_at, \
    modified_by, version) \
    SELECT t.id, 'dev-' || n, 'device ' || ((n * 7919) % {count}), 'token-' || n, \
    'site' || (n % 50), CASE n % 10 WHEN 0 THEN 'error' WHEN 1 THEN 'pending' ELSE 'in_sync' END, \
    {no}, 1700000000000 + n, 'bench', 1700000000000 + n, 'bench', 0 \
    FROM {series}, tenants t WHERE t.name = 'DEFAULT'";

const ATTRIBUTES: &str = "INSERT INTO target_attributes (target_id, key, value) \
    SELECT id, 'revision', CAST(id % 20 AS text) FROM targets WHERE created_by = 'bench' \
    UNION ALL SELECT id, 'serial', 'S' || id FROM targets WHERE created_by = 'bench'";

const TAGS: &str = "INSERT INTO target_tag_targets (tag_id, target_id) \
    SELECT {tag}, id FROM targets WHERE created_by = 'bench' AND id % 10 = 0";

/// Writes `count` targets, `dev-1` and so on; with a tag, which one in ten has, they have two
/// attributes each.
pub fn fill(hub: &Hub, count: usize, tag: Option<i64>) {
    let url = hub.database_url();
    let file = url.strip_prefix("sqlite://");
    let (series, no) = match file {
        Some(_) => (
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s \
                WHERE n < {count}) SELECT n FROM s) AS s"
            ),
            "0",
        ),
        None => (format!("generate_series(1::bigint, {count}) AS s(n)"), "false"),
    };
    let wanted = if tag.is_some() { 3 } else { 1 };
    let tag = tag.unwrap_or_default();
    let mut statements: Vec<String> = [TARGETS, ATTRIBUTES, TAGS]
        .iter()
        .take(wanted)
        .map(|sql| {
            sql.replace("{series}", &series)
                .replace("{no}", no)
                .replace("{count}", &count.to_string())
                .replace("{tag}", &tag.to_string())
        })
        .collect();
    statements.push(if file.is_some() { "ANALYZE" } else { "VACUUM ANALYZE" }.to_owned());
    let mut command = match file {
        Some(file) => {
            let program = "import sqlite3, sys\n\
                db = sqlite3.connect(sys.argv[1])\n\
                for s in sys.argv[2:]: db.execute(s); db.commit()";
            let mut python = Command::new("python3");
            python.args(["-c", program, file]).args(&statements);
            python
        }
        None => {
            let mut psql = Command::new("psql");
            psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
            statements.iter().for_each(|statement| {
                psql.args(["-c", statement]);
            });
            psql
        }
    };
    let status = command.status().expect("the database's client runs");
    assert!(status.success(), "the fleet cannot be written: {status}");
}
