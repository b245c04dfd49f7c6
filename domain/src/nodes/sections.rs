//! Frames of the probe become facts.

use std::time::Duration;

use super::vitals::Reading;
use super::{Disk, LinkState, Observed, Platform, parse};
use crate::fact::Fact;
use crate::probe::{Frame, FrameKind};
use crate::time::Timestamp;
use crate::values::RemotePath;
use crate::{lvs, vrrp};

/// A node's clock is said anew when it moved by more than this against ours; the line's own delay
/// moves it a little with every beat.
const CLOCK_STEP_MS: i64 = 100;

/// What must be kept between the frames of one connection beside [`Observed`].
#[derive(Debug, Default)]
pub struct Sections {
    reading: Option<Reading>,
    disks: Vec<Disk>,
    lvs_readings: lvs::Readings,
    /// Adverts of this connection are in [`Observed::adverts`].
    heard_adverts: bool,
    clock_ahead_ms: i64,
    /// The same when the probe began, which is when it related the monotonic clock to the other.
    clock_was_ahead_ms: i64,
    /// When this connection's first frame came.
    began: Option<Timestamp>,
    engine_socket: Option<RemotePath>,
}

/// A probe that has not been heard for this long is silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);

/// What a frame changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only how fresh the facts are.
    Age,
    Content,
}

impl Sections {
    /// The database server's socket on the node.
    pub fn engine_socket(&self) -> Option<&RemotePath> {
        self.engine_socket.as_ref()
    }

    /// Takes one frame into `observed`. `now` is the console's time when it came.
    pub fn apply(&mut self, observed: &mut Observed, frame: &Frame, now: Timestamp) -> Change {
        let was_up = observed.link.state == LinkState::Up;
        observed.heard_at = Some(now);
        if self.began.is_none() && frame.node_time != Timestamp::default() {
            self.clock_was_ahead_ms = frame.node_time.0.saturating_sub(now.0);
        }
        let began = *self.began.get_or_insert(now);
        match frame.kind {
            FrameKind::Sign => {
                let clock_moved = self.compare_clocks(observed, frame.node_time, now);
                for name in frame.content.split(' ') {
                    prove(observed, name, now);
                }
                if clock_moved || !was_up { Change::Content } else { Change::Age }
            }
            FrameKind::Unreadable => {
                forget(observed, &frame.name);
                observed.unreadable.insert(frame.name.clone(), frame.content.clone());
                Change::Content
            }
            FrameKind::Content => {
                match self.read(observed, frame, now) {
                    Ok(()) => observed.unreadable.remove(&frame.name),
                    Err(why) => observed.unreadable.insert(frame.name.clone(), why),
                };
                // It is the last of the first round: what has not come by now is there no more.
                if frame.name == "platform" {
                    forget_before(observed, began);
                }
                Change::Content
            }
        }
    }

    fn read(
        &mut self,
        observed: &mut Observed,
        frame: &Frame,
        now: Timestamp,
    ) -> Result<(), String> {
        let text = frame.content.as_str();
        match frame.name.as_str() {
            "addresses" => {
                let addresses = parse::addresses(text).map_err(|e| e.to_string())?;
                observed.addresses = Some(Fact::new(addresses, now, "rtnetlink"));
            }
            "listeners" => {
                let listeners = parse::listeners(text).map_err(|e| e.to_string())?;
                observed.listeners = Some(Fact::new(listeners, now, "/proc/net/tcp"));
            }
            "services" => {
                let services = parse::services(text, self.clock_was_ahead_ms);
                let services = services.map_err(|e| e.to_string())?;
                observed.services = Some(Fact::new(services, now, "systemctl show"));
            }
            "platform" => {
                let platform =
                    parse::platform(text, self.clock_ahead_ms).map_err(|e| e.to_string())?;
                observed.platform = Some(Fact::new(platform, now, "os-release, --version"));
            }
            "disks" => {
                self.disks = parse::disks(text).map_err(|e| e.to_string())?;
                if let Some(vitals) = &mut observed.vitals {
                    vitals.value.disks.clone_from(&self.disks);
                }
            }
            "vitals" => {
                let reading = Reading::parse(text).map_err(|e| e.to_string())?;
                let vitals = reading.vitals(self.reading.as_ref(), self.disks.clone());
                observed.vitals = Some(Fact::new(vitals, now, "/proc"));
                self.reading = Some(reading);
            }
            "engine_socket" => self.engine_socket = text.parse().ok(),
            "lvs" => {
                let table = lvs::parse(text).map_err(|e| e.to_string())?;
                observed.lvs = Some(Fact::new(table, now, "/proc/net/ip_vs"));
            }
            "lvs_counters" => {
                let traffic = self.lvs_readings.take(text).map_err(|e| e.to_string())?;
                observed.lvs_traffic = Some(Fact::new(traffic, now, "IPVS, generic netlink"));
            }
            "adverts" => {
                let arrivals = vrrp::adverts::parse(text).map_err(|e| e.to_string())?;
                // What an earlier connection heard ends in a time that nobody listened.
                let earlier = observed.adverts.take().filter(|_| self.heard_adverts);
                let mut heard = earlier.map_or(vrrp::AdvertsHeard::nothing(now), |fact| fact.value);
                heard.take(&arrivals, frame.node_time.0.saturating_sub(now.0), now);
                observed.adverts = Some(Fact::new(heard, now, "raw socket, protocol 112"));
                self.heard_adverts = true;
            }
            "vrrp_daemon" => {
                let daemon = vrrp::daemon::parse(text).map_err(|e| e.to_string())?;
                observed.vrrp_daemon = Some(Fact::new(daemon, now, "/proc/PID/stat"));
            }
            "vrrp_conf" => {
                let conf = vrrp::conf::parse(text);
                let source = "keepalived.conf";
                observed.vrrp_conf = Some(Fact::new(conf.instances, now, source));
                observed.lvs_conf = Some(Fact::new(conf.table, now, source));
                if !conf.problems.is_empty() {
                    return Err(conf.problems.join("; "));
                }
            }
            "vrrp_out" => {
                let files = text.lines().map(str::to_owned).collect();
                observed.vrrp_out = Some(Fact::new(files, now, "the generated track files"));
            }
            "vrrp_state" => {
                let states = vrrp::parse_json::parse(text).map_err(|e| e.to_string())?;
                observed.vrrp_state = Some(Fact::new(states, now, "keepalived's JSON dump"));
            }
            // A newer probe's section: nothing of ours.
            _ => {}
        }
        Ok(())
    }

    /// Whether the difference of the clocks is worth saying anew.
    fn compare_clocks(&mut self, observed: &mut Observed, node: Timestamp, now: Timestamp) -> bool {
        if node == Timestamp::default() {
            return false;
        }
        let ahead_ms = node.0.saturating_sub(now.0);
        if ahead_ms.saturating_sub(self.clock_ahead_ms).saturating_abs() <= CLOCK_STEP_MS {
            return false;
        }
        self.clock_ahead_ms = ahead_ms;
        if let Some(Fact { value: Platform { clock_ahead_ms, .. }, .. }) = &mut observed.platform {
            *clock_ahead_ms = ahead_ms;
        }
        true
    }
}

/// The section was read again and had not changed.
fn prove(observed: &mut Observed, section: &str, now: Timestamp) {
    let observed_at = match section {
        "addresses" => observed.addresses.as_mut().map(|fact| &mut fact.observed_at),
        "listeners" => observed.listeners.as_mut().map(|fact| &mut fact.observed_at),
        "services" => observed.services.as_mut().map(|fact| &mut fact.observed_at),
        "vitals" => observed.vitals.as_mut().map(|fact| &mut fact.observed_at),
        "lvs" => observed.lvs.as_mut().map(|fact| &mut fact.observed_at),
        "lvs_counters" => observed.lvs_traffic.as_mut().map(|fact| &mut fact.observed_at),
        "vrrp_state" => observed.vrrp_state.as_mut().map(|fact| &mut fact.observed_at),
        "adverts" => observed.adverts.as_mut().map(|fact| &mut fact.observed_at),
        "vrrp_daemon" => observed.vrrp_daemon.as_mut().map(|fact| &mut fact.observed_at),
        "vrrp_out" => observed.vrrp_out.as_mut().map(|fact| &mut fact.observed_at),
        "vrrp_conf" => {
            if let Some(fact) = &mut observed.lvs_conf {
                fact.observed_at = now;
            }
            observed.vrrp_conf.as_mut().map(|fact| &mut fact.observed_at)
        }
        _ => None,
    };
    if let Some(observed_at) = observed_at {
        *observed_at = now;
    }
}

/// A machine that came back without IPVS or keepalived says nothing of them.
fn forget_before(observed: &mut Observed, began: Timestamp) {
    observed.lvs.take_if(|fact| fact.observed_at < began);
    observed.lvs_conf.take_if(|fact| fact.observed_at < began);
    observed.lvs_traffic.take_if(|fact| fact.observed_at < began);
    observed.adverts.take_if(|fact| fact.observed_at < began);
    observed.vrrp_daemon.take_if(|fact| fact.observed_at < began);
    observed.vrrp_out.take_if(|fact| fact.observed_at < began);
    observed.vrrp_conf.take_if(|fact| fact.observed_at < began);
}

/// The section can no longer be read: what it said is no longer so.
fn forget(observed: &mut Observed, section: &str) {
    match section {
        "addresses" => observed.addresses = None,
        "listeners" => observed.listeners = None,
        "services" => observed.services = None,
        "vitals" => observed.vitals = None,
        "lvs" => observed.lvs = None,
        "lvs_counters" => observed.lvs_traffic = None,
        "vrrp_state" => observed.vrrp_state = None,
        "adverts" => observed.adverts = None,
        "vrrp_daemon" => observed.vrrp_daemon = None,
        "vrrp_out" => observed.vrrp_out = None,
        "vrrp_conf" => {
            observed.vrrp_conf = None;
            observed.lvs_conf = None;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: FrameKind, name: &str, content: &str) -> Frame {
        let name = name.to_owned();
        Frame { kind, name, node_time: Timestamp(1_000), content: content.to_owned() }
    }

    #[test]
    fn a_section_becomes_a_fact_and_a_beat_proves_it_again() {
        let mut observed = Observed::nothing(Timestamp(0));
        let mut sections = Sections::default();
        let content = frame(FrameKind::Content, "lvs", include_str!("../lvs/fixtures/ip_vs"));
        assert_eq!(sections.apply(&mut observed, &content, Timestamp(1_000)), Change::Content);
        let table = observed.lvs.clone().unwrap();
        assert_eq!((table.value.services.len(), table.observed_at), (6, Timestamp(1_000)));

        let beat = frame(FrameKind::Sign, "beat", "addresses lvs");
        observed.link.state = LinkState::Up;
        assert_eq!(sections.apply(&mut observed, &beat, Timestamp(1_050)), Change::Age);
        assert_eq!(observed.lvs.unwrap().observed_at, Timestamp(1_050));
        assert_eq!(observed.heard_at, Some(Timestamp(1_050)));
    }

    #[test]
    fn what_cannot_be_read_is_not_shown_as_it_was() {
        let mut observed = Observed::nothing(Timestamp(0));
        let mut sections = Sections::default();
        let content = frame(FrameKind::Content, "addresses", "eth0 up 10.0.0.1/24\n");
        sections.apply(&mut observed, &content, Timestamp(1));
        let gone = frame(FrameKind::Unreadable, "addresses", "rtnetlink: Permission denied");
        sections.apply(&mut observed, &gone, Timestamp(2));
        assert_eq!(observed.addresses, None);
        assert_eq!(observed.unreadable["addresses"], "rtnetlink: Permission denied");
    }

    #[test]
    fn garbage_is_named_and_the_last_good_fact_kept_with_its_age() {
        let mut observed = Observed::nothing(Timestamp(0));
        let mut sections = Sections::default();
        sections.apply(
            &mut observed,
            &frame(FrameKind::Content, "addresses", "eth0 up 10.0.0.1/24\n"),
            Timestamp(1),
        );
        sections.apply(&mut observed, &frame(FrameKind::Content, "addresses", "?"), Timestamp(9));
        assert_eq!(observed.addresses.unwrap().observed_at, Timestamp(1));
        assert!(observed.unreadable["addresses"].contains("expected an address"));
    }

    #[test]
    fn what_a_machine_no_longer_has_after_it_came_back_is_forgotten() {
        let mut observed = Observed::nothing(Timestamp(0));
        let table = frame(FrameKind::Content, "lvs", include_str!("../lvs/fixtures/ip_vs"));
        let platform = frame(FrameKind::Content, "platform", include_str!("fixtures/platform"));
        for (at, frames) in [(1, vec![&table, &platform]), (2, vec![&table, &platform])] {
            let mut connection = Sections::default();
            for frame in frames {
                connection.apply(&mut observed, frame, Timestamp(at));
            }
            assert!(observed.lvs.is_some());
        }
        Sections::default().apply(&mut observed, &platform, Timestamp(3));
        assert_eq!(observed.lvs, None);
    }

    #[test]
    fn adverts_of_a_new_connection_know_nothing_of_the_time_before() {
        let mut observed = Observed::nothing(Timestamp(0));
        let heard = |connection: &mut Sections, observed: &mut Observed, ms: i64| {
            let mut adverts = frame(FrameKind::Content, "adverts", "");
            adverts.node_time = Timestamp(ms + 500);
            adverts.content = format!("51 192.168.1.100 100 {}\n", ms + 400);
            connection.apply(observed, &adverts, Timestamp(ms));
        };
        let mut connection = Sections::default();
        heard(&mut connection, &mut observed, 1_000);
        heard(&mut connection, &mut observed, 2_000);
        let fact = observed.adverts.clone().unwrap();
        assert_eq!(fact.value.since, Timestamp(1_000));
        assert_eq!(fact.value.senders[0].heard, [Timestamp(900), Timestamp(1_900)]);
        heard(&mut Sections::default(), &mut observed, 9_000);
        let fact = observed.adverts.unwrap();
        assert_eq!(fact.value.since, Timestamp(9_000));
        assert_eq!(fact.value.senders[0].heard, [Timestamp(8_900)]);
    }

    #[test]
    fn a_service_has_a_rate_from_the_second_reading_on() {
        let mut observed = Observed::nothing(Timestamp(0));
        let mut sections = Sections::default();
        for (at, taken) in [(1_000, 40), (3_000, 60)] {
            let text = format!("at {at}\nservice 6 192.168.1.200 80 2 - - {taken} 0 0 0 0\n");
            let counters = frame(FrameKind::Content, "lvs_counters", &text);
            assert!(observed.lvs_traffic.iter().all(|fact| fact.value[0].rates.is_none()));
            sections.apply(&mut observed, &counters, Timestamp(at));
        }
        let traffic = observed.lvs_traffic.unwrap().value.remove(0);
        assert_eq!(traffic.rates.unwrap().connections_per_s, 10.0);
    }

    #[test]
    fn since_when_a_unit_runs_is_told_by_our_clock() {
        let since = |node_time: i64| {
            let mut observed = Observed::nothing(Timestamp(0));
            let mut content =
                frame(FrameKind::Content, "services", include_str!("fixtures/services"));
            content.node_time = Timestamp(node_time);
            Sections::default().apply(&mut observed, &content, Timestamp(1_795_366_800_000));
            observed.services.unwrap().value[0].since.unwrap().0
        };
        let five_hours_ms = 5 * 3_600_000;
        let ahead = since(1_795_366_800_000 + five_hours_ms);
        assert_eq!(ahead, since(1_795_366_800_000) - five_hours_ms);
    }

    #[test]
    fn a_clock_that_runs_ahead_is_measured() {
        let mut observed = Observed::nothing(Timestamp(0));
        let mut sections = Sections::default();
        let platform = frame(FrameKind::Content, "platform", include_str!("fixtures/platform"));
        sections.apply(&mut observed, &platform, Timestamp(0));
        let mut beat = frame(FrameKind::Sign, "beat", "");
        beat.node_time = Timestamp(62_500);
        sections.apply(&mut observed, &beat, Timestamp(60_000));
        assert_eq!(observed.platform.unwrap().value.clock_ahead_ms, 2_500);
    }
}
