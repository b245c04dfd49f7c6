//! The database servers at a line's end, in the order in which changes flow.

use super::lines::Scene;
use super::model::{EngineStation, Leg};
use crate::engines::{EngineState, Member, ReplicationSource, ThreadState, trees};
use crate::ids::NodeId;
use crate::nodes::{NodeRecord, Observed};
use crate::phrase::Phrase;
use crate::signal::Signal;

/// Behind by more than this, a replica is shown as a caution.
pub(super) const LAG_CAUTION_S: u64 = 60;

/// The whole replication tree of the first leg that is a managed database server.
pub(super) fn along(scene: &Scene, legs: &[Leg]) -> Vec<EngineStation> {
    let on_line = |node: NodeId| legs.iter().any(|leg| leg.node == Some(node));
    let trees = trees(scene.nodes);
    let tree = trees.iter().find(|tree| tree.members.iter().any(|member| on_line(member.node)));
    let members = tree.map(|tree| tree.members.as_slice()).unwrap_or_default();
    members.iter().filter_map(|member| station(scene, member)).collect()
}

fn station(scene: &Scene, member: &Member) -> Option<EngineStation> {
    let (record, observed) = scene.nodes.get(&member.node)?;
    let engine = &observed.engine.as_ref()?.value;
    let source = engine.sources.first();
    let (signal, reason) = if observed.is_stale(scene.now) {
        (Signal::Unknown, None)
    } else {
        judge(record, observed, engine, member)
    };
    Some(EngineStation {
        node: member.node,
        name: record.name.to_string(),
        primary: member.follows.is_none(),
        version: engine.version.clone(),
        read_only: engine.read_only,
        follows: member.follows,
        semi_sync: engine.semi_sync_replica,
        lag_s: source.and_then(|source| source.seconds_behind),
        io: source.map(|source| source.io),
        sql: source.map(|source| source.sql),
        signal,
        reason,
    })
}

fn judge(
    record: &NodeRecord,
    observed: &Observed,
    engine: &EngineState,
    member: &Member,
) -> (Signal, Option<Phrase>) {
    if let Some(why) = observed.unreadable.get("engine") {
        return (Signal::Unknown, Some(Phrase::same(why.clone())));
    }
    if member.follows.is_none() {
        return if engine.read_only {
            (Signal::Caution, Some(Phrase::new("the primary is read-only", "主库为只读")))
        } else {
            (Signal::Clear, None)
        };
    }
    match engine.sources.iter().find_map(|source| trouble(record.name.as_str(), source)) {
        Some((signal, reason)) => (signal, Some(reason)),
        None => (Signal::Clear, None),
    }
}

/// What is wrong with a replica's connection to its source.
pub(super) fn trouble(name: &str, source: &ReplicationSource) -> Option<(Signal, Phrase)> {
    let threads = [("IO", source.io), ("SQL", source.sql)];
    let stopped = threads.into_iter().find(|(_, state)| *state != ThreadState::Running);
    if let Some((thread, state)) = stopped {
        let (en, zh) = match state {
            ThreadState::Connecting => ("is trying to connect", "正在尝试连接"),
            _ => ("is stopped", "已停止"),
        };
        let because = if source.last_error.is_empty() {
            String::new()
        } else {
            format!(": {}", source.last_error.chars().take(200).collect::<String>())
        };
        return Some((
            Signal::Danger,
            Phrase::new(
                format!("{name}'s {thread} thread {en}{because}"),
                format!("{name} 的 {thread} 线程{zh}{because}"),
            ),
        ));
    }
    let lag_s = source.seconds_behind.filter(|lag| *lag > LAG_CAUTION_S)?;
    let host = &source.host;
    Some((
        Signal::Caution,
        Phrase::new(
            format!("{name} is {lag_s} s behind {host}"),
            format!("{name} 落后 {host} {lag_s} 秒"),
        ),
    ))
}
