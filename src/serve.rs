//! `greenroom serve`: start, wait for a signal, stop.

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config::Config;

/// Serves until SIGTERM or SIGINT, or until the engine can't go on.
///
/// # Errors
/// Where it can't start, or the engine has failed.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let app = App::start(&config).await?;
    announce(&app);
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
        _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        reason = app.failed() => bail!("the engine has stopped: {reason}"),
    }
    app.stop().await;
    Ok(())
}

/// The one line on standard output, which scripts wait for.
#[allow(clippy::print_stdout, reason = "scripts wait for this line")]
fn announce(app: &App) {
    println!("listening on http://{}", app.address());
}
