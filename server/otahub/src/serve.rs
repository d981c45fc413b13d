//! `otahub serve`.

use crate::node::Node;
use crate::settings::Settings;
use std::io::Write;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the hub until it is told to end.
pub(crate) async fn serve(settings: Settings) -> anyhow::Result<()> {
    crate::logging::start(settings.log_format, "info");
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // nothing to do if another provider is there already
    let _ = rustls::crypto::ring::default_provider().install_default();
    let node = Node::start(&settings).await?;
    tracing::info!(http = %node.http, grpc = %node.grpc, https = ?node.https, "serving");
    announce()?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending");
    node.stop().await;
    Ok(())
}

/// Says that requests are taken, for whoever waits for it.
fn announce() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready")?;
    out.flush()
}
