//! `signalbox serve`: listen, answer, and end in good order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{
    access, backups, drills, firewall, firewall_history, fleet, jobs, lvs_standing, vrrp_holders,
    vrrp_split,
};
use crate::config::Config;
use crate::http;
use crate::http::origin::{OriginError, Origins};
use crate::secret::Secret;
use crate::state::{App, StartError};

/// How long requests that are being answered may take after the console was told to end.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Origin(#[from] OriginError),
    #[error("the console cannot start")]
    Start(#[from] StartError),
    #[error("the console stopped serving")]
    Serve(#[source] io::Error),
}

/// Runs the console until it is told to end by SIGTERM or SIGINT.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let address = config.listen;
    let listen = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let local = listener.local_addr().map_err(listen)?;
    let origins = Origins::new(local, config.public_url.as_deref())?;
    let app = App::start(config, origins).await?;
    tracing::info!(address = %local, data = %app.data.path().display(), "listening");
    if app.store.needs_set_up().await.map_err(StartError::Store)? {
        match access::new_set_up_link(&app.store, app.origins.address()).await {
            Ok(link) => print_set_up_link(&link),
            // A full disk must not keep the console from being seen, or its jobs from being found.
            Err(error) => {
                tracing::error!(%error, "no set-up link: `signalbox setup-link` makes one")
            }
        }
    }

    jobs::take_up_unfinished(&app).await.map_err(StartError::Store)?;

    let backups = tokio::spawn(backups::keep_current(app.clone()));
    let firewall = tokio::spawn(firewall::keep_current(app.clone()));
    let history = tokio::spawn(firewall_history::keep_current(app.clone()));
    let fleet = tokio::spawn(fleet::keep_current(app.clone()));
    let holders = tokio::spawn(vrrp_holders::keep_current(app.clone()));
    let standing = tokio::spawn(lvs_standing::keep_current(app.clone()));
    let splits = tokio::spawn(vrrp_split::keep_current(app.clone()));
    let drills = tokio::spawn(drills::keep_current(app.clone()));
    let ending = CancellationToken::new();
    let service = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(ending.clone().cancelled_owned())
        .into_future();
    tokio::pin!(server);
    tokio::select! {
        served = &mut server => served.map_err(ServeError::Serve)?,
        () = told_to_end() => {
            tracing::info!("ending: answering what is open");
            ending.cancel();
            if tokio::time::timeout(GRACE, &mut server).await.is_err() {
                tracing::warn!("some requests were still open and are cut");
            }
        }
    }
    backups.abort();
    firewall.abort();
    history.abort();
    fleet.abort();
    holders.abort();
    standing.abort();
    splits.abort();
    drills.abort();
    app.store.close().await;
    Ok(())
}

/// To the terminal, not to the log: whoever reads it first becomes the admin.
#[allow(clippy::print_stdout)]
fn print_set_up_link(link: &Secret<String>) {
    println!(
        "Nobody can sign in yet. Make the first admin here, within 15 minutes:\n{}",
        link.reveal()
    );
}

async fn told_to_end() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM will end the console at once");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        interrupted = tokio::signal::ctrl_c() => if let Err(error) = interrupted {
            tracing::warn!(%error, "SIGINT cannot be waited for");
            std::future::pending::<()>().await;
        }
    }
}
