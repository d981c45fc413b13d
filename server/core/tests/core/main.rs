//! The use cases through the front door: every call goes through `HubClient`, in the same process
//! or over a socket, on SQLite and (where `OTAHUB_TEST_POSTGRES_URL` names a server on which
//! databases may be made with psql) on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails and skips so"
)]

mod harness;

mod action_watch;
mod artifact_access;
mod artifact_bytes;
mod artifact_encryption;
mod artifact_reading;
mod artifact_refusals;
mod artifact_relations;
mod audit;
mod auto_assignment;
mod bulk;
mod cancel;
mod consent;
mod credentials;
mod crowd;
mod deadline;
mod device;
mod etags;
mod events;
mod feedback;
mod fleet;
mod gateway;
mod gone;
mod identity;
mod idle;
mod kinds;
mod lifecycle;
mod nodes;
mod once;
mod operator;
mod orders;
mod paging;
mod pairing;
mod permission;
mod permission_table;
mod push;
mod quotas;
mod races;
mod rollout_policies;
mod rollout_watch;
mod rollouts;
mod routes;
mod status;
mod supersede;
mod target_filters;
mod targets;
mod tenants;
mod tokens;
mod users;
mod visible;
mod watchers;
mod webhooks;
mod window;
mod work;
mod world;

/// Makes two tests of each function: one for each database.
macro_rules! on_each_database {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::harness::on_sqlite(super::$test).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::harness::on_postgres(super::$test).await;
                }
            )*
        }
    };
}
pub(crate) use on_each_database;
