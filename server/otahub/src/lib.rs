//! The composition root: settings, storage, listeners, adapters and an orderly end.

mod cli;
mod clock;
mod decrypt;
mod demo;
mod dmf;
mod doors;
mod files;
mod grpc_web;
mod health;
mod http;
mod listener;
mod logging;
mod mqtt;
mod node;
mod quotas;
mod rate_limit;
mod remote;
mod roles;
mod serve;
mod settings;
mod tls;
mod upkeep;
mod upstream;

pub use cli::run;
pub use clock::SystemClock;
pub use node::Node;
pub use roles::Role;
pub use settings::Settings;
pub use upstream::in_process;
