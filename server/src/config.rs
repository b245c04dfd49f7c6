//! What the console was started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Options of `signalbox serve`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address and port to listen on. Port 0 takes a free one.
    #[arg(long, env = "SIGNALBOX_LISTEN", default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,

    /// Directory of the database, the key file and the backups. Made when it is absent.
    #[arg(long, env = "SIGNALBOX_DATA", default_value = "data")]
    pub data: PathBuf,

    /// Directory of the built frontend. Without it only the API is served.
    #[arg(long, env = "SIGNALBOX_SITE")]
    pub site: Option<PathBuf>,

    /// Address that browsers use, e.g. https://signalbox.example.net. Needed behind a reverse
    /// proxy and when the console listens on other than loopback.
    #[arg(long, env = "SIGNALBOX_PUBLIC_URL")]
    pub public_url: Option<String>,
}
