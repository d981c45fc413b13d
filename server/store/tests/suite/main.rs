//! One suite of tests, run on SQLite and (where `OTAHUB_TEST_POSTGRES_URL` names a server on
//! which databases may be made) on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails and skips so"
)]

mod actions;
mod device;
mod events;
mod faults;
mod filters;
mod group_commit;
mod harness;
mod leases;
mod push;
mod rollouts;
mod sets;
mod software;
mod target_filters;
mod targets;
mod tenants;
mod types_and_tags;
mod webhooks;
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
