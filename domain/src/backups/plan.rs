//! `backups.take`: a hot logical full dump, read from a replica where there is one.

use super::dump::dump_command;
use super::interlock;
use super::inventory::Inventory;
use super::model::{BackupKind, CaptureSpec};
use crate::engines::EngineState;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Draft, PredictedPart, Prediction, Step};
use crate::time::Timestamp;

/// A server of the replication tree, as observed.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub node: NodeId,
    pub name: String,
    pub state: Fact<EngineState>,
    /// It follows no managed server.
    pub primary: bool,
    /// Other servers of the tree follow it.
    pub has_replicas: bool,
    pub stale: bool,
}

/// Everything that the plan rests on.
#[derive(Debug, Clone)]
pub struct TakeInput {
    pub operation_engine: NodeId,
    pub requested_source: Option<NodeId>,
    /// The tree, by its primary's name.
    pub engine: String,
    pub candidates: Vec<Candidate>,
    /// Of the chosen source; see [`TakeInput::source`].
    pub inventory: Fact<Inventory>,
    /// Free on the console's backup disk.
    pub free_bytes: Fact<u64>,
    /// How long the last backup of this tree took and its raw size, for the estimate.
    pub last_run: Option<LastRun>,
}

#[derive(Debug, Clone, Copy)]
pub struct LastRun {
    pub took_ms: u64,
    pub raw_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error(
        "no database server was observed in the tree of node {0}; a backup needs one that the console can see"
    )]
    NoEngine(NodeId),
    #[error(
        "node {0} is not a database server of this tree; choose one of it or leave the source out"
    )]
    NotOfThisTree(NodeId),
}

/// Measured for mariadb-dump with zstd (reference: 804 MB of SQL in 9.3 s).
const DUMP_BYTES_PER_MS: u64 = 80_000;

impl TakeInput {
    /// The server to read from: the one asked for; else a healthy replica, the least needed by
    /// others first (a leaf, then one that does not acknowledge commits, then the least behind);
    /// else the primary.
    pub fn source(
        candidates: &[Candidate],
        engine: NodeId,
        requested: Option<NodeId>,
    ) -> Result<&Candidate, PlanError> {
        if let Some(node) = requested {
            let found = candidates.iter().find(|c| c.node == node);
            return found.ok_or(PlanError::NotOfThisTree(node));
        }
        let rank = |c: &&Candidate| {
            let lag = interlock::lag_s(&c.state.value);
            (
                c.stale,
                c.primary,
                lag.is_none(),
                c.has_replicas,
                c.state.value.semi_sync_replica,
                lag,
                c.node,
            )
        };
        candidates.iter().min_by_key(rank).ok_or(PlanError::NoEngine(engine))
    }
}

pub fn take(input: &TakeInput, now: Timestamp) -> Result<Draft, PlanError> {
    let source =
        TakeInput::source(&input.candidates, input.operation_engine, input.requested_source)?;
    let state = &source.state.value;
    let (engine, name) = (&input.engine, &source.name);
    Ok(Draft {
        operation: Operation::BackupsTake {
            engine: input.operation_engine,
            kind: BackupKind::HotLogicalFull,
            source: input.requested_source,
        },
        title: Phrase::new(format!("Hot full backup of {engine}"), format!("{engine} 全量热备")),
        run_label: Phrase::new("Back up now", "立即备份"),
        locks: vec![format!("backups/{engine}"), format!("node/{}/dump", source.node)],
        interlocks: interlock::take(input, source, now),
        steps: vec![Step {
            id: "dump".to_owned(),
            title: Phrase::new(
                format!("Dump every schema of {name}, compress, read back"),
                format!("导出 {name} 的全部库，压缩并回读校验"),
            ),
            actions: vec![Action::Capture {
                node: source.node,
                command: dump_command(state.flavour, &state.version),
                capture: capture(input, source),
            }],
            undo: vec![Action::DiscardCapture],
            estimate_ms: estimate_ms(input),
            cancellable: true,
        }],
        verification: Vec::new(),
        rolled_back: Vec::new(),
        prediction: Some(prediction(input)),
        way_back: Phrase::new(
            "Nothing on the servers changes; a backup that is not whole is discarded.",
            "服务器上没有任何改动；不完整的备份会被丢弃。",
        ),
    })
}

fn capture(input: &TakeInput, source: &Candidate) -> CaptureSpec {
    let state = &source.state.value;
    CaptureSpec {
        kind: BackupKind::HotLogicalFull,
        engine: input.engine.clone(),
        source_name: source.name.clone(),
        flavour: state.flavour,
        version: state.version.clone(),
        last_line_prefix: "-- Dump completed".to_owned(),
        needs_bytes: interlock::needed_bytes(&input.inventory.value),
        not_transactional: input.inventory.value.not_transactional.clone(),
    }
}

fn estimate_ms(input: &TakeInput) -> u64 {
    let data = input.inventory.value.data_bytes;
    match input.last_run {
        Some(last) if last.raw_bytes > 0 => {
            let scaled =
                u128::from(last.took_ms) * u128::from(data.max(1)) / u128::from(last.raw_bytes);
            // A small database is all start-up: never promise less than half of last time.
            u64::try_from(scaled).unwrap_or(u64::MAX).max(last.took_ms / 2)
        }
        _ => 1_000 + data / DUMP_BYTES_PER_MS,
    }
}

fn prediction(input: &TakeInput) -> Prediction {
    let estimate = estimate_ms(input);
    let basis = match input.last_run {
        Some(_) => Phrase::new("From the last backup of this tree", "依据该拓扑的上一次备份"),
        None => Phrase::new(
            "From the size of the data; no backup was measured yet",
            "依据数据量估算，尚无实测备份",
        ),
    };
    Prediction {
        label: Phrase::new(
            "Clients notice nothing; the backup takes about",
            "客户端无感知；备份约需",
        ),
        low_ms: estimate / 2,
        high_ms: estimate.saturating_mul(2),
        basis,
        parts: vec![PredictedPart {
            label: Phrase::new("dump", "导出"),
            low_ms: estimate / 2,
            high_ms: estimate.saturating_mul(2),
        }],
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
