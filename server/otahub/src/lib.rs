//! The composition root: settings, storage, listeners, adapters and an orderly end.

mod cli;
mod clock;
mod decrypt;
mod demo;
mod dmf;
mod grpc_web;
mod http;
mod listener;
mod logging;
mod mqtt;
mod node;
mod quotas;
mod rate_limit;
mod serve;
mod settings;
mod tls;
mod upkeep;

pub use cli::run;
pub use clock::SystemClock;
pub use node::{Node, in_process};
pub use settings::Settings;
