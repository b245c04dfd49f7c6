//! `/api/v1/live`: the websocket over which a page stays true.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use signalbox_domain::ids::JobId;
use signalbox_domain::live::{ClientMessage, ServerMessage, Topic};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::access::{Actor, still_admitted};
use crate::app::firewall;
use crate::clock;
use crate::live::{Client, Delivery, LOG_PAGE};
use crate::state::App;

/// A subscription is some hundred bytes.
const MESSAGE_LIMIT: usize = 4 * 1024;
const MOST_SUBSCRIPTIONS: usize = 200;
const TICK: Duration = Duration::from_secs(1);
/// How soon a revoked session or a changed role ends the socket.
const ADMISSION_CHECK: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long is gone.
const SEND_LIMIT: Duration = Duration::from_secs(30);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

/// A websocket. Send `{"type":"subscribe","topic":"fleet"}`: a snapshot comes, then numbered
/// changes (JSON merge patches). After a break subscribe with `"since"` and the last number. Topics:
/// `fleet`, `vrrp`, `backups`, `jobs`, `node/<id>`, `job/<id>` (with `"log_after"`: its log, too).
#[utoipa::path(get, path = "/api/v1/live", tag = "live", responses((status = 101, description = "The websocket.")))]
async fn live(State(app): State<App>, actor: Actor, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(MESSAGE_LIMIT).max_frame_size(MESSAGE_LIMIT).on_upgrade(
        move |socket| async move {
            let Some(client) = app.hub.client() else { return };
            let mut connection = Connection { app, actor, socket, client };
            // Whatever ended it, the client comes back and resumes.
            if let Err(Closed(Some((code, reason)))) = connection.serve().await {
                let frame = CloseFrame { code, reason: reason.into() };
                let _ = connection.socket.send(Message::Close(Some(frame))).await;
            }
        },
    )
}

struct Connection {
    app: App,
    actor: Actor,
    socket: WebSocket,
    client: Client,
}

/// The connection is over; with a code and a reason where the client is to be told.
struct Closed(Option<(u16, &'static str)>);

impl Connection {
    async fn serve(&mut self) -> Result<(), Closed> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut check = interval_at(Instant::now() + ADMISSION_CHECK, ADMISSION_CHECK);
        loop {
            tokio::select! {
                received = self.socket.recv() => match received {
                    Some(Ok(Message::Text(text))) => self.hear(&text).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => {
                        return Err(Closed(Some((close_code::UNSUPPORTED, "send text"))));
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Closed(None)),
                },
                news = self.client.next() => self.deliver(news).await?,
                _ = tick.tick() => self.say(&ServerMessage::Tick { now: clock::now() }).await?,
                _ = check.tick() => {
                    if !still_admitted(&self.app, &self.actor).await {
                        return Err(Closed(Some((close_code::POLICY, "signed out"))));
                    }
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Closed> {
        match serde_json::from_str(text) {
            Ok(ClientMessage::Subscribe { topic, since, log_after }) => {
                match self.admit(topic).await {
                    Ok(()) => self.client.subscribe(topic, since, log_after),
                    Err(refusal) => self.refuse(topic.to_string(), refusal).await?,
                }
            }
            Ok(ClientMessage::Unsubscribe { topic }) => self.client.unsubscribe(topic),
            Err(error) => {
                let message = error.to_string();
                self.refuse(String::new(), Refusal { code: "invalid", message }).await?;
            }
        }
        Ok(())
    }

    /// Whether this client may have the topic and there is one; makes sure that it has a document.
    async fn admit(&mut self, topic: Topic) -> Result<(), Refusal> {
        if !self.actor.may(topic.permission()) {
            return Err(Refusal::new("forbidden", "your role does not allow this"));
        }
        if self.client.subscriptions() >= MOST_SUBSCRIPTIONS {
            return Err(Refusal::new("too_many", "unsubscribe from something first"));
        }
        match topic {
            Topic::Node(node) if self.app.fleet.observed(node).is_none() => {
                Err(Refusal::new("not_found", "there is no such node"))
            }
            Topic::Node(node) => {
                self.app.fleet.publish_node(node);
                Ok(())
            }
            Topic::Firewall(node) if self.app.fleet.observed(node).is_none() => {
                Err(Refusal::new("not_found", "there is no such node"))
            }
            Topic::Firewall(node) => {
                let app = self.app.clone();
                tokio::spawn(async move { firewall::publish(&app, node).await });
                Ok(())
            }
            Topic::Job(job) if !self.app.hub.has(topic) => self.publish_job(job).await,
            Topic::Fleet | Topic::Vrrp | Topic::Lvs => {
                self.app.fleet.publish_view(topic);
                Ok(())
            }
            Topic::Backups | Topic::Jobs | Topic::Job(_) => Ok(()),
        }
    }

    /// A job that ended before the console started has no document until somebody asks for it.
    async fn publish_job(&mut self, job: JobId) -> Result<(), Refusal> {
        match self.app.store.job(job).await {
            Ok(Some(record)) => {
                self.app.hub.publish(Topic::Job(job), &record.view);
                Ok(())
            }
            Ok(None) => Err(Refusal::new("not_found", "there is no such job")),
            Err(error) => {
                tracing::error!(%job, %error, "a job cannot be read for its subscriber");
                Err(Refusal::new("internal", "the console failed; its log has the cause"))
            }
        }
    }

    async fn deliver(&mut self, news: Vec<Delivery>) -> Result<(), Closed> {
        for delivery in news {
            match delivery {
                Delivery::Message(text) => self.send(text).await?,
                Delivery::LogPage { job, after } => {
                    let page = u32::try_from(LOG_PAGE).unwrap_or(u32::MAX);
                    let lines =
                        self.app.store.job_log(job, after, page).await.map_err(|error| {
                            tracing::error!(%job, %error, "a job's log cannot be read");
                            Closed(Some((close_code::ERROR, "the log cannot be read")))
                        })?;
                    if let Some(message) = self.client.log_page(job, lines) {
                        self.send(message).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn refuse(&mut self, topic: String, refusal: Refusal) -> Result<(), Closed> {
        let Refusal { code, message } = refusal;
        self.say(&ServerMessage::Refused { topic, code: code.to_owned(), message }).await
    }

    async fn say(&mut self, message: &ServerMessage) -> Result<(), Closed> {
        match serde_json::to_string(message) {
            Ok(text) => self.send(text.into()).await,
            Err(_) => Ok(()),
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), Closed> {
        match timeout(SEND_LIMIT, self.socket.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Closed(None)),
        }
    }
}

/// Why a topic cannot be had; codes as in the REST API's problems.
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: &str) -> Refusal {
        Refusal { code, message: message.to_owned() }
    }
}
