//! Drills: a fault that is made on purpose, what is expected of it, and what was measured.
//!
//! A drill is an operation like any other: its plan has the interlocks that keep it from hurting, its
//! job makes the fault, looks, mends it, and proves that everything is as it was. What a drill leaves
//! behind is its report.

mod fault;
mod report;
mod schedule;

pub(crate) use fault::{Fault, firewall_locks};
pub use report::{Ending, Report};
pub use schedule::{Schedule, ScheduleError};

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::lvs::ServiceId;
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::vrrp::InstanceName;

/// What is drilled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Drill {
    /// Something happens to the director that holds an instance's addresses.
    Vrrp { instance: InstanceName, case: VrrpCase },
    /// A real server refuses connections until every director has taken it out.
    RealServer {
        service: ServiceId,
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        server: SocketAddr,
    },
    /// A client's connections are shared as the scheduler means them to be.
    Sharing { service: ServiceId },
}

/// What happens to the holder of the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VrrpCase {
    /// The addresses are handed over by plan, and back.
    HandOver,
    /// keepalived is stopped in order, and started again.
    DaemonStopped,
    /// keepalived is killed and leaves its addresses behind.
    DaemonKilled,
    /// The node goes down at once, and comes up again by itself.
    PowerCut,
    /// The interface of the adverts is down for a while.
    LinkCut,
    /// keepalived stops answering and keeps the addresses: two directors hold them.
    DaemonFrozen,
    /// The standby does not hear the holder's adverts: two directors hold the addresses.
    AdvertsFiltered,
    /// A holder that was away comes back: it takes the addresses, or leaves them, as configured.
    FailBack,
}

/// One drill at a time: what one measures another would disturb.
pub const LOCK: &str = "drill";

/// The step in which a real server is taken out; how long it took is what is measured.
pub(crate) const TAKEN_OUT: &str = "taken_out";

impl VrrpCase {
    pub const ALL: [VrrpCase; 8] = [
        VrrpCase::HandOver,
        VrrpCase::DaemonStopped,
        VrrpCase::DaemonKilled,
        VrrpCase::PowerCut,
        VrrpCase::LinkCut,
        VrrpCase::DaemonFrozen,
        VrrpCase::AdvertsFiltered,
        VrrpCase::FailBack,
    ];

    /// Both directors hold the addresses meanwhile, which is for the console to find.
    pub fn splits(self) -> bool {
        matches!(self, VrrpCase::DaemonFrozen | VrrpCase::AdvertsFiltered)
    }

    pub fn title(self) -> Phrase {
        match self {
            VrrpCase::HandOver => Phrase::new("Hand-over and back", "切换并切回"),
            VrrpCase::DaemonStopped => Phrase::new("keepalived stopped", "keepalived 停止"),
            VrrpCase::DaemonKilled => Phrase::new("keepalived killed", "keepalived 被杀死"),
            VrrpCase::PowerCut => Phrase::new("Director power cut", "调度器断电"),
            VrrpCase::LinkCut => Phrase::new("Link cut", "链路中断"),
            VrrpCase::DaemonFrozen => {
                Phrase::new("Split brain: keepalived frozen", "脑裂：keepalived 冻结")
            }
            VrrpCase::AdvertsFiltered => {
                Phrase::new("Split brain: adverts filtered one way", "脑裂：通告被单向过滤")
            }
            VrrpCase::FailBack => Phrase::new("Fail-back", "故障恢复后切回"),
        }
    }
}

impl Drill {
    pub fn title(&self) -> Phrase {
        match self {
            Drill::Vrrp { case, .. } => case.title(),
            Drill::RealServer { .. } => Phrase::new("Real server dies", "真实服务器失效"),
            Drill::Sharing { .. } => Phrase::new("Sharing by the scheduler", "按调度算法分配"),
        }
    }

    /// Of what: an instance, or a service with the real server.
    pub fn subject(&self) -> String {
        match self {
            Drill::Vrrp { instance, .. } => instance.0.clone(),
            Drill::RealServer { service, server } => format!("{} {server}", service.0),
            Drill::Sharing { service } => service.0.clone(),
        }
    }
}

/// A drill that can be run here, with what became of it last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrillView {
    pub drill: Drill,
    pub title: Phrase,
    pub subject: String,
    pub last: Option<Report>,
    pub schedule: Option<Schedule>,
}

/// All drills that this fleet's instances and services allow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrillsView {
    pub at: Timestamp,
    pub drills: Vec<DrillView>,
}
