//! Where a request that changes something, or opens the websocket, may come from: our own pages.

use std::net::SocketAddr;

use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use signalbox_domain::phrase::Phrase;

use crate::http::error::Problem;

/// The allow-list, e.g. `https://signalbox.example.net`.
#[derive(Debug, Clone)]
pub struct Origins {
    allowed: Vec<String>,
    https: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    #[error("--public-url: expected an address such as https://signalbox.example.net, found {0:?}")]
    BadUrl(String),
    #[error(
        "listening on {0}, which other machines reach, needs --public-url: without it the console cannot tell its own pages from others"
    )]
    PublicUrlNeeded(SocketAddr),
}

impl Origins {
    /// Of the address that browsers use, or, when none is given, of the loopback address that the
    /// console listens on.
    pub fn new(listen: SocketAddr, public_url: Option<&str>) -> Result<Origins, OriginError> {
        match public_url {
            Some(url) => {
                let origin = origin_of(url).ok_or_else(|| OriginError::BadUrl(url.to_owned()))?;
                let https = origin.starts_with("https://");
                Ok(Origins { allowed: vec![origin], https })
            }
            None if listen.ip().is_loopback() => {
                let names = ["127.0.0.1", "localhost", "[::1]"];
                let port = listen.port();
                let allowed = names.map(|name| format!("http://{name}:{port}")).to_vec();
                Ok(Origins { allowed, https: false })
            }
            None => Err(OriginError::PublicUrlNeeded(listen)),
        }
    }

    /// The console's address, for links to its pages.
    pub fn address(&self) -> &str {
        self.allowed.first().map_or("", String::as_str)
    }

    /// Whether browsers reach the console over TLS, so that its cookie is for TLS only.
    pub fn https(&self) -> bool {
        self.https
    }

    /// Refuses a request that changes something or opens a websocket when another site's page sent
    /// it. A script that sends its own bearer token and no `Origin` is no browser.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if method.is_safe() && !headers.contains_key(UPGRADE) {
            return Ok(());
        }
        let allowed = match headers.get(ORIGIN) {
            Some(origin) => {
                self.allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            }
            None => headers.contains_key(AUTHORIZATION) || !headers.contains_key(COOKIE),
        };
        if allowed { Ok(()) } else { Err(refused()) }
    }
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "origin_refused",
        Phrase::new(
            "The request comes from a page of another site. If this address is the console's own, start it with --public-url.",
            "请求来自其他站点的页面。若此地址就是控制台，请用 --public-url 启动。",
        ),
    )
}

/// Scheme, host and port as a browser writes them in `Origin`: lower case, no default port.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    Some(match (scheme, uri.port_u16()) {
        ("https", Some(443)) | ("http", Some(80)) | (_, None) => format!("{scheme}://{host}"),
        (_, Some(port)) => format!("{scheme}://{host}:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_becomes_the_origin_that_a_browser_sends() {
        for (url, origin) in [
            ("https://Box.example.net/", Some("https://box.example.net")),
            ("https://box.example.net:443", Some("https://box.example.net")),
            ("http://10.0.0.4:8480/console", Some("http://10.0.0.4:8480")),
            ("http://[::1]:8480", Some("http://[::1]:8480")),
            ("box.example.net", None),
            ("ftp://box.example.net", None),
            ("/console", None),
        ] {
            assert_eq!(origin_of(url).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn listening_beyond_loopback_needs_a_public_url() {
        assert!(Origins::new("0.0.0.0:8480".parse().unwrap(), None).is_err());
        assert!(Origins::new("127.0.0.1:8480".parse().unwrap(), None).is_ok());
    }
}
