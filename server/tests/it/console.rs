//! A console to ask.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use signalbox_domain::access::Role;
use signalbox_domain::ids::{AccountId, JobId};
use signalbox_domain::plan::Plan;
use signalbox_server::app::access::{self, TokenRequest};
use signalbox_server::clock;
use signalbox_server::config::Config;
use signalbox_server::http;
use signalbox_server::http::origin::Origins;
use signalbox_server::jobs::queued;
use signalbox_server::state::App;
use signalbox_server::store::{Admission, NewJob};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

pub(crate) const ADDRESS: &str = "http://127.0.0.1:8480";
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Console {
    pub(crate) app: App,
    router: Router,
    _data: TempDir,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Nobody,
    /// The `Cookie` header.
    Browser(String),
    Script(String),
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The problem's code; empty when it is none.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The browser that this answer signed in.
    pub(crate) fn browser(&self) -> Who {
        let cookie = self.headers[SET_COOKIE].to_str().unwrap();
        Who::Browser(cookie.split(';').next().unwrap().to_owned())
    }
}

impl Console {
    /// A job of this plan as it is before anything runs.
    pub(crate) async fn admit(&self, plan: &Plan) -> JobId {
        let new = NewJob {
            plan,
            account: AccountId(1),
            started_by: "ann",
            peer: "192.0.2.7",
            idempotency_key: None,
            request_hash: "",
            at: clock::now(),
            status: queued(),
        };
        match self.app.store.admit_job(new).await.unwrap() {
            Admission::Created(job) => job,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn start() -> Console {
        Console::at(None).await
    }

    /// As behind a proxy that speaks TLS.
    pub(crate) async fn at(public_url: Option<&str>) -> Console {
        Console::with(public_url, None).await
    }

    /// One that serves pages, with the built files of this directory.
    pub(crate) async fn serving(site: &Path) -> Console {
        Console::with(None, Some(site)).await
    }

    async fn with(public_url: Option<&str>, site: Option<&Path>) -> Console {
        let data = tempfile::tempdir().unwrap();
        let config = Config { site: site.map(Path::to_owned), ..config(data.path(), public_url) };
        let origins = Origins::new(config.listen, public_url).unwrap();
        let app = App::start(config, origins).await.unwrap();
        Console { router: http::router(app.clone()), app, _data: data }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Answers on a port of its own until the test ends, for what takes more than one request.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        address
    }

    /// Status, headers and HTML of a page.
    pub(crate) async fn page(&self, who: &Who, path: &str) -> (StatusCode, HeaderMap, String) {
        let asked = request(Method::GET, who, path, None);
        let (head, body) = self.router.clone().oneshot(asked).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(crate) async fn get(&self, who: &Who, path: &str) -> Answer {
        self.send(request(Method::GET, who, path, None)).await
    }

    pub(crate) async fn post(&self, who: &Who, path: &str, body: Value) -> Answer {
        self.send(request(Method::POST, who, path, Some(body))).await
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        who: &Who,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        self.send(request(method, who, path, body)).await
    }

    /// A script with a token of this role, as `signalbox token create` makes it.
    pub(crate) async fn script(&self, role: Role) -> Who {
        let name = format!("script-{role}");
        let request = TokenRequest { name: name.clone(), role, permissions: None, expires_days: 1 };
        let name = name.parse().unwrap();
        let issued = access::issue_script_token(&self.app.store, &name, &request).await.unwrap();
        Who::Script(issued.secret.reveal().clone())
    }

    /// A person with this role and [`PASSWORD`], signed in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Who {
        let browser = self.person_without_password(name, role).await;
        let new = serde_json::json!({ "new": PASSWORD });
        let set = self.call(Method::PUT, &browser, "/api/v1/access/password", Some(new)).await;
        assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
        browser
    }

    pub(crate) async fn person_without_password(&self, name: &str, role: Role) -> Who {
        let secret = self.sign_in_link(name, role).await;
        let body = serde_json::json!({ "link": secret });
        let signed_in = self.post(&Who::Nobody, "/api/v1/session", body).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
        signed_in.browser()
    }

    /// The secret of a link that `signalbox sign-in-link` prints.
    pub(crate) async fn sign_in_link(&self, name: &str, role: Role) -> String {
        let name = name.parse().unwrap();
        let link = access::new_sign_in_link(&self.app.store, ADDRESS, &name, role).await.unwrap();
        secret_of(link.reveal())
    }
}

/// What the page reads from a link and posts.
pub(crate) fn secret_of(link: &str) -> String {
    link.split_once("#link=").unwrap().1.to_owned()
}

pub(crate) fn config(data: &Path, public_url: Option<&str>) -> Config {
    Config {
        listen: "127.0.0.1:8480".parse().unwrap(),
        data: data.join("data"),
        site: None,
        public_url: public_url.map(str::to_owned),
    }
}

/// As the console's own page or a script sends it, from 192.0.2.7.
pub(crate) fn request(method: Method, who: &Who, path: &str, body: Option<Value>) -> Request<Body> {
    let peer = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 7), 50_000));
    let builder = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    let builder = match who {
        Who::Nobody => builder,
        Who::Browser(cookie) => builder.header(COOKIE, cookie).header(ORIGIN, ADDRESS),
        Who::Script(token) => builder.header(AUTHORIZATION, format!("Bearer {token}")),
    };
    match body {
        Some(body) => builder
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap(),
        None => builder.body(Body::empty()).unwrap(),
    }
}
