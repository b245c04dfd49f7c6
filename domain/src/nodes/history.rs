//! The last minutes of a node, for curves and for what its line went through.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Disk, Link, Observed, Vitals};
use crate::fact::Fact;
use crate::time::Timestamp;

/// How far back readings are kept.
pub const VITALS_KEPT: Duration = Duration::from_secs(300);
/// A node on which nothing moves reads the same again and again.
const READ_AGAIN: Duration = Duration::from_secs(4);
/// How many states of the line are kept.
const LINKS_KEPT: usize = 30;

/// `GET /api/v1/nodes/{id}/history`: what was seen since the console started, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeHistory {
    /// At the probe's rhythm, for five minutes. Where the node was not heard there is none.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<VitalsPoint>))]
    pub vitals: VecDeque<VitalsPoint>,
    /// The last thirty states of the SSH line.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Link>))]
    pub links: VecDeque<Link>,
}

/// One reading of a node's vitals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VitalsPoint {
    pub at: Timestamp,
    pub cpu_percent: Option<f32>,
    pub load1: f32,
    pub memory_used_bytes: u64,
    /// Of the fullest file system, 0–100.
    pub disk_used_percent: Option<f32>,
    pub rx_bytes_per_s: Option<u64>,
    pub tx_bytes_per_s: Option<u64>,
}

impl VitalsPoint {
    pub fn of(fact: &Fact<Vitals>) -> VitalsPoint {
        let vitals = &fact.value;
        VitalsPoint {
            at: fact.observed_at,
            cpu_percent: vitals.cpu_percent,
            load1: vitals.load1,
            memory_used_bytes: vitals.memory_used_bytes(),
            disk_used_percent: vitals.fullest_disk().map(Disk::used_percent),
            rx_bytes_per_s: vitals.rx_bytes_per_s,
            tx_bytes_per_s: vitals.tx_bytes_per_s,
        }
    }
}

impl VitalsPoint {
    /// Whether it was read after `last`. The probe's heartbeat proves the same reading again, which
    /// is none of its own.
    pub fn is_news_after(&self, last: &VitalsPoint) -> bool {
        let same = VitalsPoint { at: last.at, ..self.clone() } == *last;
        self.at > last.at && (!same || last.at.age(self.at) >= READ_AGAIN)
    }
}

impl Vitals {
    pub fn memory_used_bytes(&self) -> u64 {
        self.memory_total_bytes.saturating_sub(self.memory_available_bytes)
    }

    pub fn fullest_disk(&self) -> Option<&Disk> {
        self.disks.iter().max_by(|a, b| a.used_percent().total_cmp(&b.used_percent()))
    }
}

impl Disk {
    /// 0–100.
    pub fn used_percent(&self) -> f32 {
        let used = self.total_bytes.saturating_sub(self.free_bytes);
        (used as f64 * 100.0 / self.total_bytes.max(1) as f64) as f32
    }
}

impl NodeHistory {
    /// Takes what is new of a node as it was seen.
    pub fn note(&mut self, observed: &Observed) {
        self.link(&observed.link);
        if let Some(vitals) = &observed.vitals {
            self.read(vitals);
        }
    }

    /// Takes a reading that is newer than the last one.
    fn read(&mut self, vitals: &Fact<Vitals>) {
        let point = VitalsPoint::of(vitals);
        if self.vitals.back().is_some_and(|last| !point.is_news_after(last)) {
            return;
        }
        let now = point.at;
        self.vitals.push_back(point);
        while self.vitals.front().is_some_and(|oldest| oldest.at.age(now) > VITALS_KEPT) {
            self.vitals.pop_front();
        }
    }

    /// Takes a state of the line. One that only gave another reason counts anew.
    fn link(&mut self, link: &Link) {
        let same = |last: &Link| last.state == link.state && last.reason == link.reason;
        if self.links.back().is_some_and(same) {
            return;
        }
        self.links.push_back(link.clone());
        while self.links.len() > LINKS_KEPT {
            self.links.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::LinkState;

    fn reading(at_s: i64) -> Fact<Vitals> {
        let disk = |free_bytes| Disk { mount: "/".into(), total_bytes: 200, free_bytes };
        let vitals = Vitals {
            uptime_s: 1,
            load1: 0.5,
            cpu_percent: Some(7.5),
            memory_total_bytes: 100,
            memory_available_bytes: 60,
            disks: vec![disk(150), disk(50)],
            rx_bytes_per_s: None,
            tx_bytes_per_s: Some(9),
        };
        Fact::new(vitals, Timestamp(at_s * 1_000), "/proc")
    }

    #[test]
    fn five_minutes_of_readings_are_kept() {
        let mut history = NodeHistory::default();
        for second in 0..=400 {
            history.read(&reading(second / 2 * 2));
        }
        assert_eq!(history.vitals.len(), 76, "the same was read every 2 s");
        let mut moving = NodeHistory::default();
        for second in (0..=400).step_by(2) {
            let mut vitals = reading(second);
            vitals.value.load1 = second as f32;
            moving.read(&vitals);
        }
        assert_eq!((moving.vitals.len(), moving.vitals[0].at), (151, Timestamp(100_000)));
        let last = history.vitals.back().unwrap();
        assert_eq!((last.memory_used_bytes, last.disk_used_percent), (40, Some(75.0)));
    }

    #[test]
    fn each_state_of_the_line_is_kept_once() {
        let mut history = NodeHistory::default();
        let link = |state, reason: &str| Link {
            state,
            since: Timestamp(0),
            reason: Some(reason.to_owned()),
        };
        for _ in 0..3 {
            history.link(&link(LinkState::Down, "refused"));
        }
        history.link(&link(LinkState::Down, "timed out"));
        assert_eq!(history.links.len(), 2);
        for attempt in 0..50 {
            history.link(&link(LinkState::Down, &attempt.to_string()));
        }
        assert_eq!(history.links.len(), LINKS_KEPT);
    }
}
