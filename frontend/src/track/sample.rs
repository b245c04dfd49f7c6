//! A small fleet for tests: a web line with a failed leg, and a database line.

use signalbox_domain::backups::Freshness;
use signalbox_domain::engines::ThreadState;
use signalbox_domain::fleet::{
    Director, EngineStation, FleetView, Leg, Line, NodeRole, NodeSummary, Points,
};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::jobs::{JobState, JobSummary};
use signalbox_domain::lvs::{Forwarding, Protocol};
use signalbox_domain::nodes::LinkState;
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{Holder, InstanceName, VrrpState};

fn instance() -> InstanceName {
    InstanceName("VI_WEB".into())
}

pub fn fleet() -> FleetView {
    let roles = [
        (1, "dir-a", NodeRole::Director),
        (2, "dir-b", NodeRole::Director),
        (3, "web-1", NodeRole::RealServer),
        (6, "db-1", NodeRole::Database),
    ];
    FleetView {
        nodes: roles
            .into_iter()
            .map(|(id, name, role)| (NodeId(id), node(id, name, role)))
            .collect(),
        lines: vec![web(), database()],
        freshness: vec![Freshness {
            engine: "db-1".into(),
            node: NodeId(6),
            newest_at: None,
            target_age_s: 86_400,
            signal: Aspect::Caution,
            note: None,
        }],
        ..FleetView::default()
    }
}

pub fn hand_over_job(to: NodeId) -> JobSummary {
    JobSummary {
        id: JobId(7),
        title: Phrase::same("VI_WEB"),
        operation: Operation::VrrpHandOver { instance: instance(), to },
        state: JobState::Running,
        started_by: "admin".into(),
        created_at: Timestamp(0),
        finished_at: None,
        steps_done: 0,
        steps_total: 3,
        status: Phrase::same(""),
    }
}

fn node(id: i64, name: &str, role: NodeRole) -> NodeSummary {
    NodeSummary {
        id: NodeId(id),
        name: name.into(),
        host: "198.18.0.1".into(),
        role,
        tags: Vec::new(),
        signal: Aspect::Clear,
        link: LinkState::Up,
        since: Timestamp(0),
        reason: None,
        os: None,
    }
}

fn web() -> Line {
    let director = |node, name: &str, priority, state| Director {
        node: NodeId(node),
        name: name.into(),
        priority,
        state: Some(state),
        signal: Aspect::Clear,
    };
    let leg = |node, name: &str, signal, reason: Option<&str>| Leg {
        node: Some(NodeId(node)),
        name: name.into(),
        address: "192.168.1.102".parse().unwrap(),
        port: 80,
        weight: 1,
        active_connections: 10,
        signal,
        reason: reason.map(Phrase::same),
    };
    Line {
        id: "tcp/192.168.1.200:80".into(),
        vip: "192.168.1.200".parse().unwrap(),
        port: 80,
        protocol: Protocol::Tcp,
        signal: Aspect::Caution,
        points: Some(Points {
            instance: instance(),
            holder: Holder::One { node: NodeId(1) },
            moving: None,
            directors: vec![
                director(1, "dir-a", 100, VrrpState::Master),
                director(2, "dir-b", 90, VrrpState::Backup),
            ],
        }),
        scheduler: "wrr".into(),
        forwarding: Some(Forwarding::Dr),
        active_connections: 20,
        connections_per_s: Some(1648),
        legs: vec![
            leg(3, "web-1", Aspect::Clear, None),
            leg(4, "web-2", Aspect::Clear, None),
            leg(5, "web-3", Aspect::Danger, Some("502 × 3")),
        ],
        engines: Vec::new(),
    }
}

fn database() -> Line {
    let engine = |node: i64, name: &str, follows: Option<i64>, lag_s| EngineStation {
        node: NodeId(node),
        name: name.into(),
        primary: follows.is_none(),
        version: "10.11.9-MariaDB".into(),
        read_only: follows.is_some(),
        follows: follows.map(NodeId),
        semi_sync: node < 8,
        lag_s,
        io: follows.map(|_| ThreadState::Running),
        sql: follows.map(|_| ThreadState::Running),
        signal: Aspect::Clear,
        reason: None,
    };
    let web = web();
    let leg = Leg { node: Some(NodeId(6)), name: "db-1".into(), port: 3306, ..web.legs[0].clone() };
    Line {
        id: "tcp/192.168.1.201:3306".into(),
        port: 3306,
        signal: Aspect::Clear,
        points: None,
        legs: vec![leg],
        engines: vec![
            engine(6, "db-1", None, None),
            engine(7, "db-2", Some(6), Some(0)),
            engine(8, "db-3", Some(7), Some(148)),
        ],
        ..web
    }
}
