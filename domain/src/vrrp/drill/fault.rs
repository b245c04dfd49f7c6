//! What is done to a node, and what mends it.

use std::net::IpAddr;
use std::time::Duration;

use crate::drills::{Fault, VrrpCase, firewall_locks};
use crate::ids::NodeId;
use crate::phrase::Phrase;
use crate::plan::{Action, Expect, Step};
use crate::vrrp::plan::{Pair, PlanError, SLACK, take_over_time};
use crate::vrrp::timers;

/// A fault with the node that it is made on.
pub(super) struct Made<'a> {
    pub(super) node: NodeId,
    name: &'a str,
    fault: Fault<'a>,
    guard: Duration,
}

impl<'a> Made<'a> {
    pub(super) fn of(case: VrrpCase, pair: &Pair<'a>) -> Result<Made<'a>, PlanError> {
        let on_holder = |fault| (pair.from.node, pair.from.name.as_str(), fault);
        let (node, name, fault) = match case {
            VrrpCase::HandOver | VrrpCase::DaemonStopped | VrrpCase::FailBack => {
                on_holder(Fault::Stopped)
            }
            VrrpCase::DaemonKilled => on_holder(Fault::Killed),
            VrrpCase::DaemonFrozen => on_holder(Fault::Frozen),
            VrrpCase::PowerCut => on_holder(Fault::Power),
            VrrpCase::LinkCut => {
                on_holder(Fault::Link { interface: &pair.from.conf.value.interface })
            }
            VrrpCase::AdvertsFiltered => {
                let from = pair.from.own_address.filter(IpAddr::is_ipv4);
                let director = || pair.from.name.clone();
                let from =
                    from.ok_or_else(|| PlanError::NoAdvertAddress { director: director() })?;
                (pair.to.node, pair.to.name.as_str(), Fault::Filtered { from })
            }
        };
        // Of a cut link the node's own timer is what mends it; of all else it is the last resort.
        let guard = match fault {
            Fault::Link { .. } => master_down(pair) + SLACK,
            _ => take_over_time(pair.to) * 2 + Duration::from_secs(120),
        };
        Ok(Made { node, name, fault, guard })
    }

    fn guard_s(&self) -> u64 {
        self.guard.as_secs() + 1
    }

    /// What no other job may change meanwhile.
    pub(super) fn locks(&self) -> Vec<String> {
        match self.fault {
            Fault::Filtered { .. } => firewall_locks(self.node),
            _ => Vec::new(),
        }
    }

    /// The step that makes it. Before it is mended `back` must hold; `settled` shows that it is.
    pub(super) fn step(&self, back: Option<Action>, settled: Vec<Action>) -> Step {
        let command = self.fault.make(self.guard_s());
        let make = Action::Run { node: self.node, command, expect: Expect::Success };
        Step {
            id: "make_fault".to_owned(),
            title: self.title(),
            actions: vec![make],
            undo: back.into_iter().chain([self.mend()]).chain(settled).collect(),
            estimate_ms: 1_000,
            cancellable: true,
        }
    }

    pub(super) fn mend(&self) -> Action {
        let command = self.fault.mend();
        Action::Run { node: self.node, command, expect: Expect::Success }
    }

    fn title(&self) -> Phrase {
        let (name, guard_s) = (self.name, self.guard_s());
        match self.fault {
            Fault::Stopped => Phrase::new(
                format!(
                    "Stop keepalived on {name}; a timer there starts it after {guard_s} s at the latest"
                ),
                format!("停止 {name} 上的 keepalived；其上的定时器最迟 {guard_s} 秒后启动它"),
            ),
            Fault::Killed => Phrase::new(
                format!(
                    "Kill keepalived on {name}; a timer there starts it after {guard_s} s at the latest"
                ),
                format!("杀死 {name} 上的 keepalived；其上的定时器最迟 {guard_s} 秒后启动它"),
            ),
            Fault::Frozen => Phrase::new(
                format!(
                    "Freeze keepalived on {name}; a timer there thaws it after {guard_s} s at the latest"
                ),
                format!("冻结 {name} 上的 keepalived；其上的定时器最迟 {guard_s} 秒后解冻"),
            ),
            Fault::Filtered { from } => Phrase::new(
                format!(
                    "Drop adverts from {from} on {name}; a timer there lets them in after {guard_s} s at the latest"
                ),
                format!("在 {name} 上丢弃来自 {from} 的通告；其上的定时器最迟 {guard_s} 秒后放行"),
            ),
            Fault::Link { interface } => Phrase::new(
                format!(
                    "Take {interface} of {name} down; a timer there brings it up after {guard_s} s"
                ),
                format!("关闭 {name} 的 {interface}；其上的定时器在 {guard_s} 秒后恢复"),
            ),
            Fault::Power | Fault::Refused { .. } => Phrase::new(
                format!(
                    "Reboot {name} at once, without stopping anything, as when its power is cut"
                ),
                format!("立即重启 {name}，不停止任何服务，如同断电"),
            ),
        }
    }

    /// What must have answered before it can be mended; a node that is down answers nothing.
    pub(super) fn is_away(&self) -> bool {
        matches!(self.fault, Fault::Link { .. } | Fault::Power)
    }
}

/// How long the standby waits for adverts.
pub(super) fn master_down(pair: &Pair<'_>) -> Duration {
    let conf = &pair.to.conf.value;
    timers::master_down(conf, priority(pair))
}

/// The standby's.
pub(super) fn priority(pair: &Pair<'_>) -> u8 {
    let conf = &pair.to.conf.value;
    pair.to.said.as_ref().map_or(conf.priority, |said| said.value.effective_priority)
}
