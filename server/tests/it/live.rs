//! The websocket, as browsers and scripts use it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use axum::http::{HeaderName, StatusCode};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::live::{ServerMessage, Topic, apply_patch};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::console::{ADDRESS, Console, Who};

/// One end of the socket, with the document of the topic it follows.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) document: Value,
    pub(crate) seq: u64,
}

impl Socket {
    pub(crate) async fn open(address: SocketAddr, who: &Who) -> Result<Socket, StatusCode> {
        match who {
            Who::Nobody => Socket::open_with(address, &[]).await,
            Who::Browser(cookie) => {
                Socket::open_with(address, &[(COOKIE, cookie), (ORIGIN, ADDRESS)]).await
            }
            Who::Script(token) => {
                Socket::open_with(address, &[(AUTHORIZATION, &format!("Bearer {token}"))]).await
            }
        }
    }

    async fn open_with(
        address: SocketAddr,
        headers: &[(HeaderName, &str)],
    ) -> Result<Socket, StatusCode> {
        let mut request = format!("ws://{address}/api/v1/live").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Socket { stream, document: Value::Null, seq: 0 }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn follow(&mut self, topic: &str) {
        self.say(json!({"type": "subscribe", "topic": topic})).await;
        while !matches!(self.hear().await, Some(ServerMessage::Snapshot { .. })) {}
    }

    /// The next message that is not a tick; `None` when the console closed the socket.
    pub(crate) async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            let text = match self.stream.next().await? {
                Ok(Message::Text(text)) => text,
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => continue,
            };
            let message: ServerMessage = serde_json::from_str(&text).unwrap();
            match &message {
                ServerMessage::Tick { .. } => continue,
                ServerMessage::Snapshot { seq, value, .. } => {
                    (self.seq, self.document) = (*seq, value.clone());
                }
                ServerMessage::Change { seq, patch, .. } => {
                    assert_eq!(*seq, self.seq + 1, "a gap in the numbers");
                    self.seq = *seq;
                    apply_patch(&mut self.document, patch);
                }
                ServerMessage::Log { .. } | ServerMessage::Refused { .. } => {}
            }
            return Some(message);
        }
    }

    /// Listens until the document is as asked.
    pub(crate) async fn until(&mut self, limit: Duration, holds: impl Fn(&Value) -> bool) {
        let reached = tokio::time::timeout(limit, async {
            while !holds(&self.document) {
                assert!(self.hear().await.is_some(), "the socket was closed");
            }
        });
        assert!(reached.await.is_ok(), "not within {limit:?}; the document: {}", self.document);
    }
}

#[tokio::test]
async fn only_who_is_signed_in_and_on_our_own_pages_may_listen() {
    let console = Console::start().await;
    let address = console.listen().await;
    let nobody = Socket::open(address, &Who::Nobody).await;
    assert_eq!(nobody.err(), Some(StatusCode::UNAUTHORIZED));

    let browser = console.person("vera", Role::Viewer).await;
    assert!(Socket::open(address, &browser).await.is_ok());
    let Who::Browser(cookie) = browser else { unreachable!() };
    let elsewhere = [(COOKIE, cookie.as_str()), (ORIGIN, "https://elsewhere.example")];
    let refused = Socket::open_with(address, &elsewhere).await;
    assert_eq!(refused.err(), Some(StatusCode::FORBIDDEN));
}

#[tokio::test]
async fn a_subscriber_gets_a_snapshot_and_then_changes_and_resumes_by_number() {
    let console = Console::start().await;
    let address = console.listen().await;
    let script = console.script(Role::Viewer).await;
    let mut socket = Socket::open(address, &script).await.unwrap();
    console.app.hub.publish(Topic::Jobs, &json!({"1": "running"}));
    socket.follow("jobs").await;
    assert_eq!(socket.document, json!({"1": "running"}));
    console.app.hub.publish(Topic::Jobs, &json!({"1": "done"}));
    socket.until(Duration::from_secs(5), |jobs| jobs["1"] == "done").await;

    let seq = socket.seq;
    drop(socket);
    for state in ["a", "b", "c"] {
        tokio::time::sleep(Duration::from_millis(60)).await;
        console.app.hub.publish(Topic::Jobs, &json!({"1": state}));
    }
    let mut socket = Socket::open(address, &script).await.unwrap();
    (socket.seq, socket.document) = (seq, json!({"1": "done"}));
    socket.say(json!({"type": "subscribe", "topic": "jobs", "since": seq})).await;
    for state in ["a", "b", "c"] {
        assert!(matches!(socket.hear().await, Some(ServerMessage::Change { .. })));
        assert_eq!(socket.document, json!({"1": state}));
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_and_the_socket_stays() {
    let console = Console::start().await;
    let address = console.listen().await;
    let script = console.script(Role::Viewer).await;
    let mut socket = Socket::open(address, &script).await.unwrap();
    for (message, expected) in [
        (json!({"type": "subscribe", "topic": "node/99"}), "not_found"),
        (json!({"type": "subscribe", "topic": "job/99"}), "not_found"),
        (json!({"type": "subscribe", "topic": "secrets"}), "invalid"),
        (json!({"type": "shutdown"}), "invalid"),
        (json!([]), "invalid"),
    ] {
        socket.say(message.clone()).await;
        match socket.hear().await {
            Some(ServerMessage::Refused { code, .. }) => assert_eq!(code, expected, "{message}"),
            other => panic!("{message}: {other:?}"),
        }
    }
    socket.follow("fleet").await;
    assert_eq!(socket.document["lines"], json!({}));
}

#[tokio::test]
async fn a_token_narrowed_to_the_fleet_hears_nothing_else() {
    use signalbox_domain::access::Permission;
    use signalbox_server::app::access::{TokenRequest, issue_script_token};
    let console = Console::start().await;
    let address = console.listen().await;
    let request = TokenRequest {
        name: "strip".to_owned(),
        role: Role::Viewer,
        permissions: Some([Permission::FleetRead].into()),
        expires_days: 1,
    };
    let name = "strip".parse().unwrap();
    let token = issue_script_token(&console.app.store, &name, &request).await.unwrap();
    let who = Who::Script(token.secret.reveal().clone());
    let mut socket = Socket::open(address, &who).await.unwrap();
    socket.follow("fleet").await;
    socket.say(json!({"type": "subscribe", "topic": "vrrp"})).await;
    loop {
        match socket.hear().await {
            Some(ServerMessage::Refused { code, .. }) => return assert_eq!(code, "forbidden"),
            Some(ServerMessage::Change { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn signing_out_ends_the_socket() {
    let console = Console::start().await;
    let address = console.listen().await;
    let browser = console.person("vera", Role::Viewer).await;
    let mut socket = Socket::open(address, &browser).await.unwrap();
    let out = console.call(axum::http::Method::DELETE, &browser, "/api/v1/session", None).await;
    assert!(out.status.is_success(), "{out:?}");
    let closed = tokio::time::timeout(Duration::from_secs(15), socket.hear()).await;
    assert_eq!(closed.expect("the socket stayed open"), None);
}
