//! New connections over the last quarter of an hour, as far as this console has seen them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::view::ServiceId;
use super::{ServiceTraffic, Target};
use crate::fact::Fact;
use crate::time::Timestamp;

/// How long a point of a curve is, ms.
pub const SLOT_MS: i64 = 10_000;
/// How much time a curve shows, ms.
pub const SPAN_MS: i64 = 900_000;

/// What one director counted, a reading each ten seconds.
#[derive(Debug, Clone, Default)]
pub struct TrafficHistory {
    readings: VecDeque<(Timestamp, BTreeMap<Key, u64>)>,
}

/// A service, or one of its real servers.
type Key = (Target, Option<SocketAddr>);

/// `GET /api/v1/lvs/history`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrafficCurves {
    /// New connections per second of each service, of all directors together.
    pub services: BTreeMap<ServiceId, Vec<TrafficPoint>>,
    /// The same of the real servers of the service that was asked for, by `ADDRESS:PORT`.
    pub servers: BTreeMap<String, Vec<TrafficPoint>>,
}

/// In the ten seconds before `at`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrafficPoint {
    pub at: Timestamp,
    pub connections_per_s: f32,
}

impl TrafficHistory {
    /// Takes a reading, unless the last one is too new.
    pub fn note(&mut self, traffic: &Fact<Vec<ServiceTraffic>>) {
        let at = traffic.observed_at;
        let last = self.readings.back().map_or(i64::MIN, |(at, _)| at.0);
        if at.0.saturating_sub(last) < SLOT_MS {
            return;
        }
        let counted = traffic.value.iter().flat_map(|service| {
            let servers = service.servers.iter().map(|server| {
                let address = SocketAddr::new(server.address, server.port);
                ((service.target.clone(), Some(address)), server.counted.connections)
            });
            let own = ((service.target.clone(), None), service.counted.connections);
            std::iter::once(own).chain(servers)
        });
        self.readings.push_back((at, counted.collect()));
        while self.readings.front().is_some_and(|(first, _)| at.0 - first.0 > SPAN_MS) {
            self.readings.pop_front();
        }
    }

    /// The rates of what `wanted` names, by slot.
    fn rates(&self, wanted: impl Fn(&Key) -> bool, sums: &mut BTreeMap<Key, BTreeMap<i64, f64>>) {
        let pairs = self.readings.iter().zip(self.readings.iter().skip(1));
        // After a gap the mean over it would hide when they came.
        let pairs = pairs.filter(|((then, _), (now, _))| now.0 - then.0 <= 3 * SLOT_MS);
        for ((then, before), (now, counted)) in pairs {
            let elapsed_s = (now.0 - then.0) as f64 / 1e3;
            for (key, count) in counted.iter().filter(|(key, _)| wanted(key)) {
                let new = before.get(key).and_then(|earlier| count.checked_sub(*earlier));
                let Some(new) = new else { continue };
                let slots = sums.entry(key.clone()).or_default();
                *slots.entry(now.0 / SLOT_MS).or_default() += new as f64 / elapsed_s;
            }
        }
    }
}

/// The curves of all services, and those of the real servers of one.
pub fn curves<'a>(
    directors: impl IntoIterator<Item = &'a TrafficHistory>,
    chosen: Option<&ServiceId>,
) -> TrafficCurves {
    let mut sums = BTreeMap::new();
    let wanted = |(target, server): &Key| {
        server.is_none() || chosen.is_some_and(|chosen| *chosen == ServiceId::of(target))
    };
    for director in directors {
        director.rates(wanted, &mut sums);
    }
    let mut curves = TrafficCurves::default();
    for ((target, server), slots) in sums {
        let points = slots.into_iter().map(|(slot, rate)| TrafficPoint {
            at: Timestamp(slot * SLOT_MS),
            connections_per_s: rate as f32,
        });
        match server {
            None => curves.services.insert(ServiceId::of(&target), points.collect()),
            Some(server) => curves.servers.insert(server.to_string(), points.collect()),
        };
    }
    curves
}

#[cfg(test)]
mod tests {
    use super::super::Readings;
    use super::*;

    fn seen(at: i64, connections: u64) -> Fact<Vec<ServiceTraffic>> {
        let text = format!(
            "at {at}\nservice 6 10.0.0.9 80 2 - - {connections} 0 0 0 0\n\
             server 10.0.0.1 80 0 0 0 {connections} 0 0 0 0\n"
        );
        Fact::new(Readings::default().take(&text).unwrap(), Timestamp(at), "test")
    }

    #[test]
    fn directors_are_taken_together_and_gaps_stay_gaps() {
        let (mut a, mut b) = (TrafficHistory::default(), TrafficHistory::default());
        for (at, connections) in [(0, 0), (5_000, 7), (10_000, 100), (20_000, 150), (90_000, 900)] {
            a.note(&seen(at, connections));
        }
        b.note(&seen(10_500, 0));
        b.note(&seen(20_500, 50));
        let id: ServiceId = ServiceId("tcp/10.0.0.9:80".into());
        let curves = curves([&a, &b], Some(&id));
        let points: Vec<(i64, f32)> =
            curves.services[&id].iter().map(|p| (p.at.0, p.connections_per_s)).collect();
        assert_eq!(points, [(10_000, 10.0), (20_000, 10.0)]);
        assert_eq!(curves.servers["10.0.0.1:80"].len(), 2);
    }

    #[test]
    fn a_quarter_of_an_hour_is_kept() {
        let mut history = TrafficHistory::default();
        for slot in 0..500 {
            history.note(&seen(slot * SLOT_MS, 0));
        }
        assert_eq!(history.readings.len(), 91);
    }
}
