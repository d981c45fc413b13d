//! `otahub serve`.

use crate::node::Node;
use crate::settings::Settings;
use std::io::Write;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the hub until it is told to end.
pub(crate) async fn serve(settings: Settings) -> anyhow::Result<()> {
    crate::logging::start(settings.log_format, "info");
    // nothing to do if another provider is there already
    let _ = rustls::crypto::ring::default_provider().install_default();
    let node = Node::start(&settings).await?;
    tracing::info!(http = %node.http, grpc = %node.grpc, https = ?node.https, "serving");
    announce()?;
    told_to_end().await?;
    tracing::info!("ending");
    node.stop().await;
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn told_to_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Says that requests are taken, for whoever waits for it.
fn announce() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready")?;
    out.flush()
}
