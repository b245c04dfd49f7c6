//! The database servers behind a line, in the order in which changes travel.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::{Picture, Seen};
use super::{EngineStation, Leg};
use crate::engines::{EngineState, ReplicationSource, ThreadState};
use crate::ids::NodeId;

use crate::phrase::Phrase;
use crate::signal::Signal;

/// A replica that is further behind its source than this is a fault.
pub(super) const LAG_LIMIT_S: u64 = 10;

/// The replication trees that the legs' servers belong to: primary first, then each replica after
/// the one it follows.
pub(super) fn stations(picture: &Picture, legs: &[Leg]) -> Vec<EngineStation> {
    let on_line: Vec<NodeId> = legs
        .iter()
        .filter_map(|leg| leg.node)
        .filter(|id| picture.node(*id).is_some_and(|node| node.observed.engine.is_some()))
        .collect();
    if on_line.is_empty() {
        return Vec::new();
    }
    let followers = followers(picture);
    let mut order = Vec::new();
    let mut visited = BTreeSet::new();
    for id in on_line {
        visit(root(picture, id), &followers, &mut visited, &mut order);
    }
    order.into_iter().filter_map(|id| station(picture, picture.node(id)?)).collect()
}

/// The server at the top of the tree; of two that follow each other, the one where the walk closes.
fn root(picture: &Picture, start: NodeId) -> NodeId {
    let mut seen = BTreeSet::from([start]);
    let mut at = start;
    while let Some(above) = picture.node(at).and_then(|node| followed(picture, node)) {
        if !seen.insert(above) {
            break;
        }
        at = above;
    }
    at
}

fn visit(
    id: NodeId,
    followers: &BTreeMap<NodeId, Vec<NodeId>>,
    visited: &mut BTreeSet<NodeId>,
    order: &mut Vec<NodeId>,
) {
    let mut pending = vec![id];
    while let Some(id) = pending.pop() {
        if visited.insert(id) {
            order.push(id);
            pending.extend(followers.get(&id).into_iter().flatten().rev());
        }
    }
}

fn followers(picture: &Picture) -> BTreeMap<NodeId, Vec<NodeId>> {
    let mut followers: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for node in picture.nodes() {
        if let Some(above) = followed(picture, node) {
            followers.entry(above).or_default().push(node.record.id);
        }
    }
    followers
}

fn followed(picture: &Picture, node: Seen) -> Option<NodeId> {
    let engine = &node.observed.engine.as_ref()?.value;
    engine.sources.iter().find_map(|source| picture.source_node(source))
}

fn station(picture: &Picture, node: Seen) -> Option<EngineStation> {
    let engine = &node.observed.engine.as_ref()?.value;
    let source = engine.sources.first();
    let (signal, reason) = match node.observed.is_current(picture.now) {
        true => judge(picture, node, engine),
        false => (Signal::Unknown, Some(unseen(node))),
    };
    Some(EngineStation {
        node: node.record.id,
        name: node.record.name.to_string(),
        primary: engine.sources.is_empty(),
        version: engine.version.clone(),
        read_only: engine.read_only,
        follows: followed(picture, node),
        semi_sync: engine.semi_sync_replica || engine.semi_sync_source,
        lag_s: source.and_then(|source| source.seconds_behind),
        io: source.map(|source| source.io),
        sql: source.map(|source| source.sql),
        signal,
        reason,
    })
}

fn judge(picture: &Picture, node: Seen, engine: &EngineState) -> (Signal, Option<Phrase>) {
    let worst = engine
        .sources
        .iter()
        .filter_map(|source| source_fault(picture, node, source))
        .min_by_key(|(signal, _)| *signal);
    match worst {
        Some((signal, title)) => (signal, Some(title)),
        None => (Signal::Clear, None),
    }
}

/// What is wrong with a replica's way from one source.
pub(super) fn source_fault(
    picture: &Picture,
    node: Seen,
    source: &ReplicationSource,
) -> Option<(Signal, Phrase)> {
    let name = &node.record.name;
    let above = picture
        .source_node(source)
        .and_then(|id| picture.node(id))
        .map_or_else(|| source.host.clone(), |node| node.record.name.to_string());
    match (source.io, source.sql, source.seconds_behind) {
        (_, ThreadState::Stopped, _) => Some((
            Signal::Danger,
            Phrase::new(
                format!("{name} does not apply changes from {above}"),
                format!("{name} 未应用来自 {above} 的变更"),
            ),
        )),
        (ThreadState::Stopped, ..) => Some((
            Signal::Danger,
            Phrase::new(
                format!("{name} does not read changes from {above}"),
                format!("{name} 未读取来自 {above} 的变更"),
            ),
        )),
        (ThreadState::Connecting, ..) => Some((
            Signal::Danger,
            Phrase::new(format!("{name} cannot reach {above}"), format!("{name} 无法连接 {above}")),
        )),
        (_, _, Some(lag_s)) if lag_s > LAG_LIMIT_S => Some((
            Signal::Caution,
            Phrase::new(
                format!("{name} is {lag_s} s behind {above}"),
                format!("{name} 落后 {above} {lag_s} 秒"),
            ),
        )),
        _ => None,
    }
}

fn unseen(node: Seen) -> Phrase {
    let name = &node.record.name;
    Phrase::new(format!("{name} cannot be seen"), format!("{name} 不可见"))
}
