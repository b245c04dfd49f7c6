//! What is wrong now, and what of it was wrong a moment ago.

use std::time::Duration;

use super::lines::Scene;
use super::model::{Event, Fault, Line, NodeSummary};
use crate::lvs::{Table, VirtualService};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::time::Timestamp;
use crate::vrrp::Holder;

/// A cleared fault stays, struck through (ui.md §5).
const KEPT_AFTER_CLEARING: Duration = Duration::from_secs(600);

/// A fault as it is seen now; since when is told by [`carry`].
pub(super) struct Found {
    pub id: String,
    pub signal: Signal,
    pub title: Phrase,
    pub detail: Phrase,
    pub href: String,
}

pub(super) fn now<'a>(
    scene: &Scene,
    nodes: impl Iterator<Item = &'a NodeSummary>,
    lines: &[Line],
) -> Vec<Found> {
    let mut found: Vec<Found> = nodes.filter_map(of_node).collect();
    found.extend(scene.vrrp.instances.iter().filter_map(|instance| {
        let title = instance.fault.clone()?;
        Some(Found {
            id: format!("vrrp/{}", instance.id.0),
            signal: instance.signal,
            title,
            detail: Phrase::same(addresses_of(instance)),
            href: "/vrrp".to_owned(),
        })
    }));
    found.extend(lines.iter().flat_map(of_line));
    found.extend(differing_tables(scene));
    found
}

fn of_node(node: &NodeSummary) -> Option<Found> {
    let reason = node.reason.clone()?;
    let name = &node.name;
    Some(Found {
        id: format!("node/{}", node.id),
        signal: node.signal,
        title: match node.signal {
            Signal::Danger => Phrase::new(format!("{name} is in danger"), format!("{name} 故障")),
            Signal::Unknown => {
                Phrase::new(format!("{name} cannot be seen"), format!("无法观测 {name}"))
            }
            _ => Phrase::new(format!("{name} needs attention"), format!("{name} 需要注意")),
        },
        detail: reason,
        href: format!("/nodes/{}", node.id),
    })
}

fn of_line(line: &Line) -> Vec<Found> {
    let at = format!("{}:{}", line.vip, line.port);
    let legs = line.legs.iter().filter(|leg| leg.signal == Signal::Danger).map(|leg| {
        let name = &leg.name;
        Found {
            id: format!("lvs/{}/{}:{}", line.id, leg.address, leg.port),
            signal: Signal::Danger,
            title: Phrase::new(
                format!("{name} gets no requests for {at}"),
                format!("{name} 不再接收 {at} 的请求"),
            ),
            detail: leg.reason.clone().unwrap_or_else(|| Phrase::same("")),
            href: leg.node.map_or_else(|| "/".to_owned(), |node| format!("/nodes/{node}")),
        }
    });
    // A replica's trouble is its node's, too; it is told once, with the engine's words.
    legs.collect()
}

fn addresses_of(instance: &crate::vrrp::InstanceView) -> String {
    let addresses = instance.virtual_addresses.iter().map(|a| a.address.to_string());
    addresses.collect::<Vec<_>>().join(", ")
}

/// Two directors of one instance whose tables for its addresses are not equal: a hand-over would
/// change how load is shared.
fn differing_tables(scene: &Scene) -> Vec<Found> {
    let mut found = Vec::new();
    for instance in &scene.vrrp.instances {
        let Holder::One { node: holder } = instance.holder else { continue };
        let table_of = |node| {
            let (_, observed) = scene.nodes.get(&node)?;
            (!observed.is_stale(scene.now)).then_some(&observed.lvs.as_ref()?.value)
        };
        let Some(held) = table_of(holder) else { continue };
        for other in instance.members.iter().filter(|member| member.node != holder) {
            let Some(table) = table_of(other.node) else { continue };
            if shape(held) == shape(table) {
                continue;
            }
            let name = &other.node_name;
            found.push(Found {
                id: format!("lvs/differs/{}/{}", instance.id.0, other.node),
                signal: Signal::Caution,
                title: Phrase::new(
                    format!("The IPVS table of {name} differs from the holder's"),
                    format!("{name} 的 IPVS 表与当前持有者不一致"),
                ),
                detail: Phrase::new(
                    format!("A hand-over of {} would change how load is shared.", instance.name),
                    format!("切换 {} 会改变负载分配。", instance.name),
                ),
                href: "/vrrp".to_owned(),
            });
        }
    }
    found
}

/// A table without what changes by itself.
fn shape(table: &Table) -> Vec<VirtualService> {
    let mut services = table.services.clone();
    for service in &mut services {
        for server in &mut service.real_servers {
            server.active_connections = 0;
            server.inactive_connections = 0;
        }
        service.real_servers.sort_by_key(|server| (server.address, server.port));
    }
    services.sort_by(|a, b| a.target.cmp(&b.target));
    services
}

/// Lays what is found now over what was known before: a fault keeps its beginning, one that is
/// gone is kept for ten minutes as cleared, and each coming and going is an event.
pub(super) fn carry(
    before: &[Fault],
    found: Vec<Found>,
    now: Timestamp,
) -> (Vec<Fault>, Vec<Event>) {
    let mut events = Vec::new();
    let mut faults = Vec::new();
    for Found { id, signal, title, detail, href } in found {
        let open = before.iter().find(|fault| fault.id == id && fault.cleared_at.is_none());
        if open.is_none_or(|fault| fault.signal != signal) {
            events.push(event(now, signal, &title, &href));
        }
        let since = open.map_or(now, |fault| fault.since);
        faults.push(Fault { id, signal, title, detail, since, cleared_at: None, href });
    }
    for old in before {
        if faults.iter().any(|fault| fault.id == old.id) {
            continue;
        }
        let cleared_at = old.cleared_at.unwrap_or(now);
        if old.cleared_at.is_none() {
            let title = Phrase::new(
                format!("Cleared: {}", old.title.en),
                format!("已恢复：{}", old.title.zh),
            );
            events.push(event(now, Signal::Clear, &title, &old.href));
        }
        if cleared_at.age(now) < KEPT_AFTER_CLEARING {
            faults.push(Fault { cleared_at: Some(cleared_at), ..old.clone() });
        }
    }
    faults.sort_by(|a, b| {
        (a.cleared_at.is_some(), a.signal, a.since, &a.id).cmp(&(
            b.cleared_at.is_some(),
            b.signal,
            b.since,
            &b.id,
        ))
    });
    (faults, events)
}

fn event(at: Timestamp, signal: Signal, text: &Phrase, href: &str) -> Event {
    Event { at, signal, text: text.clone(), href: Some(href.to_owned()) }
}
