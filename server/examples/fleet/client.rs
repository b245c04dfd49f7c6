//! Clients that follow the Overview and, among them, every node's page.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::console::Console;
use crate::ledger::{Ledger, Way};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The nodes' places by the numbers that the console gave them.
type Places = Arc<Mutex<HashMap<i64, usize>>>;

pub(crate) struct Clients {
    places: Places,
    subscriptions: Vec<mpsc::Sender<String>>,
}

impl Clients {
    pub(crate) async fn open(
        console: &Console,
        count: usize,
        ledger: &Arc<Ledger>,
    ) -> Result<Clients, Box<dyn Error + Send + Sync>> {
        let places = Places::default();
        let mut subscriptions = Vec::new();
        for _ in 0..count {
            let mut request = console.live_address().into_client_request()?;
            request.headers_mut().insert("authorization", console.bearer().parse()?);
            let (socket, _) = connect_async(request).await?;
            let (sender, wanted) = mpsc::channel(8);
            let client = Client {
                socket,
                wanted,
                places: Arc::clone(&places),
                ledger: Arc::clone(ledger),
                overview: HashMap::new(),
            };
            tokio::spawn(client.run());
            sender.send("fleet".to_owned()).await?;
            subscriptions.push(sender);
        }
        Ok(Clients { places, subscriptions })
    }

    /// Lets one of the clients follow the page of a node.
    pub(crate) async fn follow(
        &mut self,
        place: usize,
        node: i64,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(node, place);
        let client = self.subscriptions.get(place % self.subscriptions.len().max(1));
        client.ok_or("there are no clients")?.send(format!("node/{node}")).await?;
        Ok(())
    }
}

struct Client {
    socket: Socket,
    wanted: mpsc::Receiver<String>,
    places: Places,
    ledger: Arc<Ledger>,
    /// The last change that was heard of each node.
    overview: HashMap<i64, u32>,
}

/// What is looked at of a message.
#[derive(Deserialize)]
struct Heard {
    #[serde(default)]
    topic: String,
    #[serde(default, alias = "value")]
    patch: Option<Patch>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Patch {
    nodes: HashMap<i64, Summary>,
    observed: Observed,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    os: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Observed {
    vitals: Option<Vitals>,
}

#[derive(Deserialize)]
struct Vitals {
    value: Option<Value>,
}

#[derive(Deserialize)]
struct Value {
    uptime_s: Option<u32>,
}

impl Client {
    /// Ends with the process, or when the console closes the socket: then what is missing tells.
    async fn run(mut self) {
        loop {
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
                topic = self.wanted.recv() => {
                    let Some(topic) = topic else { return };
                    let subscribe = json!({ "type": "subscribe", "topic": topic }).to_string();
                    if self.socket.send(Message::text(subscribe)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let Ok(Heard { topic, patch: Some(patch) }) = serde_json::from_str(text) else { return };
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        for (node, summary) in patch.nodes {
            let tick = summary.os.and_then(|os| os.rsplit_once('#')?.1.parse().ok());
            let (Some(tick), Some(place)) = (tick, places.get(&node)) else { continue };
            match self.overview.insert(node, tick) {
                Some(before) if tick < before => self.ledger.went_back(),
                Some(before) if tick == before => {}
                _ => self.ledger.heard(Way::Overview, *place, tick),
            }
        }
        let node = topic.strip_prefix("node/").and_then(|node| node.parse::<i64>().ok());
        let tick = patch.observed.vitals.and_then(|vitals| vitals.value?.uptime_s);
        if let (Some(place), Some(tick)) = (node.and_then(|node| places.get(&node)), tick) {
            self.ledger.heard(Way::Page, *place, tick);
        }
    }
}
