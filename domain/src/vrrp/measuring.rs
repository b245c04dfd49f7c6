//! The client that keeps asking while a job moves something, and what it is asked for.

use std::time::Duration;

use super::client::Question;
use super::facts::ClientFacts;
use crate::ids::NodeId;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect, Step};
use crate::remote::RemoteCommand;

/// The client is seen answered for this long before anything moves, and for as long after it.
const BASELINE_S: u32 = 2;
const DWELL_S: u32 = 3;

/// The client asks for at most `bound`; the wait is made on the node `on`.
pub(crate) fn begin(client: &ClientFacts, question: Question, bound: Duration, on: NodeId) -> Step {
    Step {
        id: "measure".to_owned(),
        title: Phrase::new(
            format!("Ask through {} from {}, 50 times a second", question.address, client.name),
            format!("从 {} 每秒 50 次访问 {}", client.name, question.address),
        ),
        actions: vec![
            Action::StartClientProbe { probe: question.probe(client.node, bound) },
            sleep(on, BASELINE_S),
        ],
        undo: vec![Action::StopClientProbe],
        estimate_ms: u64::from(BASELINE_S) * 1000,
        cancellable: true,
    }
}

pub(crate) fn end(on: NodeId) -> Step {
    Step {
        id: "keep_measuring".to_owned(),
        title: Phrase::new(
            format!("Keep asking for {DWELL_S} s, then count what was lost"),
            format!("继续访问 {DWELL_S} 秒，然后统计丢失"),
        ),
        actions: vec![sleep(on, DWELL_S), Action::StopClientProbe],
        undo: Vec::new(),
        estimate_ms: u64::from(DWELL_S) * 1000,
        cancellable: true,
    }
}

pub(crate) fn answered(client: &ClientFacts, question: Question) -> Check {
    Check {
        title: Phrase::new(
            format!("{} gets an answer through {}", client.name, question.address),
            format!("{} 通过 {} 得到应答", client.name, question.address),
        ),
        node: client.node,
        command: question.once(),
        expect: Expect::Success,
    }
}

fn sleep(node: NodeId, seconds: u32) -> Action {
    Action::Run {
        node,
        command: RemoteCommand::new("sleep").value(&seconds),
        expect: Expect::Success,
    }
}
