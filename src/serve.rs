//! `greenroom serve`: start, wait for a signal, stop.

use std::future::pending;

use anyhow::bail;
use greenroom_web::Tls;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::config::Config;

/// Serves until SIGTERM or SIGINT, or until the engine can't go on.
///
/// # Errors
/// Where it can't start, or the engine has failed.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let app = App::start(&config).await?;
    // A server without TLS leaves this signal as it is.
    let hangup = app.tls().map(|_| signal(SignalKind::hangup())).transpose()?;
    announce(&app);
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
        _ = interrupt.recv() => tracing::info!("SIGINT: draining"),
        reason = app.failed() => bail!("the engine has stopped: {reason}"),
        () = renew(app.tls(), hangup) => bail!("the system sends no more signals"),
    }
    app.stop().await;
    Ok(())
}

/// Reads the certificate again at each SIGHUP, for the connections from then on.
async fn renew(tls: Option<&Tls>, hangup: Option<Signal>) {
    let (Some(tls), Some(mut hangup)) = (tls, hangup) else { return pending().await };
    while hangup.recv().await.is_some() {
        match tls.read_again() {
            Ok(()) => tracing::info!("SIGHUP: the certificate is read again"),
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::error!(error = format!("{error:#}"), "SIGHUP: the certificate until now is kept");
            }
        }
    }
}

/// The one line on standard output, which scripts wait for.
#[allow(clippy::print_stdout, reason = "scripts wait for this line")]
fn announce(app: &App) {
    let scheme = if app.tls().is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{}", app.address());
}
