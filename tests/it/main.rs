//! Tests of whole hubs: the real binary, real sockets, real clients.

/// Runs the async function of the same name on SQLite and on PostgreSQL, within a time limit.
macro_rules! on_both {
    ($name:ident within $seconds:literal s) => {
        mod $name {
            use otahub_tests::{Database, within};

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                within($seconds, super::$name(Database::Sqlite)).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                if Database::Postgres.is_available() {
                    within($seconds, super::$name(Database::Postgres)).await;
                }
            }
        }
    };
}

mod cpio;
mod crash;
mod dmf;
mod download;
mod encrypted;
mod errors;
mod gateway;
mod grpc;
mod grpc_web;
mod hostile;
mod identity;
mod idle;
mod large;
mod manual;
mod mqtt;
mod oidc;
mod once;
mod proxy;
mod remote;
mod restart;
mod rollout;
mod search;
mod settings;
mod signals;
mod swupdate;
mod tls;
mod users;
mod views;
mod webhooks;
