//! A scripted fleet for the runner's error paths: nodes as small state machines that can refuse,
//! fall silent, lose the line before or after a command took effect, and freeze.
//!
//! Director 1 holds an address unless it is lowered; then director 2 holds it. Director 2 can also
//! carry a mark. Client 3 asks through the address. Database 4 dumps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{Program, RemoteCommand};
use signalbox_server::ssh::{Asked, Output, Remote, SshError, Stream, StreamEvent};
use tokio::sync::{Notify, mpsc};

pub(super) const OLD_HOLDER: NodeId = NodeId(1);
pub(super) const NEW_HOLDER: NodeId = NodeId(2);
pub(super) const CLIENT: NodeId = NodeId(3);
pub(super) const DATABASE: NodeId = NodeId(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The node answers with this exit status and does nothing.
    Refuse(u32),
    /// The line is cut; the command did not run.
    CutBefore,
    /// The line is cut; the command ran.
    CutAfter,
    /// Nothing comes back for ever; the command did not run.
    FreezeBefore,
    /// Nothing comes back for ever; the command ran.
    FreezeAfter,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) lowered: bool,
    pub(super) marked: bool,
}

#[derive(Default)]
struct Inner {
    state: State,
    /// Director 2 does not take over although director 1 is lowered.
    stuck: bool,
    silent: Vec<NodeId>,
    /// By program.
    faults: BTreeMap<String, Fault>,
    /// By the number of the call, from 1.
    fault_at: Option<(usize, Fault)>,
    calls: Vec<String>,
    dump: Vec<StreamEvent>,
}

#[derive(Default)]
pub(super) struct Town {
    inner: Mutex<Inner>,
    frozen: Notify,
}

impl Town {
    pub(super) fn new() -> Arc<Town> {
        Arc::default()
    }

    pub(super) fn state(&self) -> State {
        self.inner.lock().unwrap().state.clone()
    }

    /// Every call so far: program and node.
    pub(super) fn calls(&self) -> Vec<String> {
        self.inner.lock().unwrap().calls.clone()
    }

    /// The calls that changed something or tried to.
    pub(super) fn changes(&self) -> Vec<String> {
        let asks = ["holder@", "marked@", "probe@"];
        self.calls()
            .into_iter()
            .filter(|call| !asks.iter().any(|ask| call.starts_with(ask)))
            .collect()
    }

    pub(super) fn fault(&self, program: &str, fault: Fault) {
        self.inner.lock().unwrap().faults.insert(program.to_owned(), fault);
    }

    pub(super) fn fault_at(&self, call: usize, fault: Fault) {
        self.inner.lock().unwrap().fault_at = Some((call, fault));
    }

    pub(super) fn heal(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.faults.clear();
        inner.fault_at = None;
        inner.silent.clear();
    }

    pub(super) fn silence(&self, node: NodeId) {
        self.inner.lock().unwrap().silent.push(node);
    }

    pub(super) fn stuck(&self) {
        self.inner.lock().unwrap().stuck = true;
    }

    pub(super) fn dump(&self, events: Vec<StreamEvent>) {
        self.inner.lock().unwrap().dump = events;
    }

    /// Waits until a call froze.
    pub(super) async fn frozen(&self) {
        self.frozen.notified().await;
    }

    async fn meet(&self, node: NodeId, command: &RemoteCommand) -> Result<Output, SshError> {
        let Program::Tool(program) = &command.program else { panic!("a script: {command:?}") };
        let (fault, silent) = {
            let mut inner = self.inner.lock().unwrap();
            inner.calls.push(format!("{program}@{node}"));
            let call = inner.calls.len();
            let at_this_call = inner.fault_at.filter(|(at, _)| *at == call).map(|(_, fault)| fault);
            (at_this_call.or(inner.faults.get(program).copied()), inner.silent.contains(&node))
        };
        if silent {
            return Err(SshError::TimedOut(Duration::from_millis(1)));
        }
        match fault {
            Some(Fault::Refuse(status)) => Ok(answer(status, "", "refused by the script")),
            Some(Fault::CutBefore) => Err(SshError::Cut("scripted".to_owned())),
            Some(Fault::FreezeBefore) => self.freeze().await,
            Some(Fault::CutAfter) => {
                self.carry_out(program, node);
                Err(SshError::Cut("scripted".to_owned()))
            }
            Some(Fault::FreezeAfter) => {
                self.carry_out(program, node);
                self.freeze().await
            }
            None => Ok(self.carry_out(program, node)),
        }
    }

    async fn freeze(&self) -> ! {
        self.frozen.notify_one();
        std::future::pending().await
    }

    fn carry_out(&self, program: &str, node: NodeId) -> Output {
        let mut inner = self.inner.lock().unwrap();
        let moved = inner.state.lowered && !inner.stuck;
        match (program, node) {
            ("lower", OLD_HOLDER) => inner.state.lowered = true,
            ("raise", OLD_HOLDER) => inner.state.lowered = false,
            ("mark", NEW_HOLDER) => inner.state.marked = true,
            ("unmark", NEW_HOLDER) => inner.state.marked = false,
            ("holder", node) => {
                let holds = (node == NEW_HOLDER) == moved;
                return answer(0, if holds { "holds\n" } else { "stands by\n" }, "");
            }
            ("marked", NEW_HOLDER) => {
                return answer(0, if inner.state.marked { "yes\n" } else { "no\n" }, "");
            }
            ("probe" | "dump", _) => {}
            other => panic!("not scripted: {other:?}"),
        }
        answer(0, "", "")
    }
}

fn answer(exit_status: u32, stdout: &str, stderr: &str) -> Output {
    Output { exit_status, stdout: stdout.to_owned(), stderr: stderr.to_owned(), truncated: false }
}

impl Remote for Town {
    fn run<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Output> {
        Box::pin(self.meet(node, command))
    }

    fn stream<'a>(&'a self, node: NodeId, command: &'a RemoteCommand) -> Asked<'a, Stream> {
        Box::pin(async move {
            self.meet(node, command).await?;
            let dump = std::mem::take(&mut self.inner.lock().unwrap().dump);
            let (events, receiver) = mpsc::channel(8);
            let (stdin, _) = mpsc::channel(1);
            tokio::spawn(async move {
                if node == CLIENT { ask(events).await } else { replay(dump, events).await }
            });
            Ok(Stream { events: receiver, stdin })
        })
    }
}

/// A client that loses its third question.
async fn ask(events: mpsc::Sender<StreamEvent>) {
    for asked in 0_u64.. {
        let latency = if asked == 2 { "-".to_owned() } else { format!("{}", 400 + asked) };
        let line = Bytes::from(format!("{} {latency}\n", asked * 5));
        if events.send(StreamEvent::Stdout(line)).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Plays the events; a script without an exit is a cut line.
async fn replay(script: Vec<StreamEvent>, events: mpsc::Sender<StreamEvent>) {
    for event in script {
        if events.send(event).await.is_err() {
            return;
        }
    }
}
