//! Why a virtual service does not work: its path is walked from the address to the real servers and
//! back, and the first thing that breaks is named, with what was seen and what mends it.

mod director;
mod filter;
mod offer;
mod request;
mod scene;
pub mod scripts;
pub(super) mod server;
mod settings;

#[cfg(test)]
pub(super) mod tests;

pub use scene::{
    ClientScene, DirectorScene, Read, Scene, ServerScene, ServerSeen, VrrpScene, WitnessScene,
};
use serde::{Deserialize, Serialize};
pub use settings::{PathSettings, Route};

use super::ServiceId;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;

/// The walk of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    pub service: ServiceId,
    pub at: Timestamp,
    /// In the order of the path.
    pub steps: Vec<WalkStep>,
    /// The place of the first that is broken.
    pub first_break: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalkStep {
    /// Stable name, e.g. `holder`, `listener`.
    pub id: String,
    /// The node that it is about, where it is about one.
    pub node: Option<NodeId>,
    /// What must hold.
    pub title: Phrase,
    pub verdict: WalkVerdict,
    /// What was seen, or why nothing was.
    pub fact: Phrase,
    /// Where it was read.
    pub source: String,
    pub observed_at: Option<Timestamp>,
    /// What mends it.
    pub mend: Option<Mend>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WalkVerdict {
    Pass,
    Broken,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mend {
    pub words: Phrase,
    /// The operation that does it, by a plan of its own. `None`: Signalbox has none for it.
    pub operation: Option<Operation>,
    /// A command that would do it on the step's node. Nothing is run.
    pub command: Option<String>,
}

/// Walks the path of what was read.
pub fn explain(scene: &Scene) -> Explanation {
    let mut steps = director::steps(scene);
    steps.extend(scene.servers.iter().flat_map(|server| server::steps(scene, server)));
    steps.push(director::some_server_takes_connections(scene));
    steps.extend(request::steps(scene));
    let broken = steps.iter().position(|step| step.verdict == WalkVerdict::Broken);
    Explanation {
        service: scene.service.clone(),
        at: scene.at,
        first_break: broken.and_then(|at| u32::try_from(at).ok()),
        steps,
    }
}

impl Explanation {
    pub fn first_break(&self) -> Option<&WalkStep> {
        self.steps.get(usize::try_from(self.first_break?).ok()?)
    }
}

impl WalkVerdict {
    pub fn signal(self) -> Signal {
        match self {
            WalkVerdict::Pass => Signal::Clear,
            WalkVerdict::Broken => Signal::Danger,
            WalkVerdict::Unknown => Signal::Unknown,
        }
    }
}

/// What a look at one step gave.
pub(super) struct Found {
    pub(super) verdict: WalkVerdict,
    pub(super) fact: Phrase,
    source: String,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) mend: Option<Mend>,
}

impl Found {
    fn pass<T>(fact: &Fact<T>, en: impl Into<String>, zh: impl Into<String>) -> Found {
        Found::seen(WalkVerdict::Pass, fact, Phrase::new(en, zh))
    }

    fn broken<T>(fact: &Fact<T>, en: impl Into<String>, zh: impl Into<String>) -> Found {
        Found::seen(WalkVerdict::Broken, fact, Phrase::new(en, zh))
    }

    fn doubt<T>(fact: &Fact<T>, en: impl Into<String>, zh: impl Into<String>) -> Found {
        Found::seen(WalkVerdict::Unknown, fact, Phrase::new(en, zh))
    }

    fn seen<T>(verdict: WalkVerdict, of: &Fact<T>, fact: Phrase) -> Found {
        let (source, observed_at) = (of.source.clone(), Some(of.observed_at));
        Found { verdict, fact, source, observed_at, mend: None }
    }

    fn unknown(en: impl Into<String>, zh: impl Into<String>) -> Found {
        Found {
            verdict: WalkVerdict::Unknown,
            fact: Phrase::new(en, zh),
            source: String::new(),
            observed_at: None,
            mend: None,
        }
    }

    /// What could not be read, with why.
    fn unread(why: &str) -> Found {
        Found::unknown(format!("not read: {why}"), format!("未能读取：{why}"))
    }

    fn mend(mut self, words: Phrase, command: impl Into<Option<String>>) -> Found {
        self.mend = Some(Mend { words, operation: None, command: command.into() });
        self
    }

    /// The operation that does what mends it.
    fn by(mut self, operation: Option<Operation>) -> Found {
        if let Some(mend) = &mut self.mend {
            mend.operation = operation;
        }
        self
    }

    fn step(self, id: &str, node: Option<NodeId>, title: Phrase) -> WalkStep {
        let Found { verdict, fact, source, observed_at, mend } = self;
        WalkStep { id: id.to_owned(), node, title, verdict, fact, source, observed_at, mend }
    }
}
