//! What was changed when, and when each client heard of it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

/// Seconds that a measurement may last in all.
const TICKS: usize = 900;
/// Latencies are counted by the millisecond; the last count is for all beyond.
const LATENCIES: usize = 10_000;

/// The two ways by which a node's change reaches a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To every client, in the picture of the fleet.
    Overview,
    /// To the one client that follows the node.
    Page,
}

/// One second is one tick; in each tick each node changes once.
pub(crate) struct Ledger {
    began: Instant,
    nodes: usize,
    clients: usize,
    /// By node and tick, in microseconds since `began`.
    changed_at: Vec<AtomicI64>,
    overview: Tally,
    page: Tally,
    /// How often a client was told something older than what it knew.
    went_back: AtomicU64,
    /// The ticks that are counted, and the nodes.
    first: AtomicU32,
    end: AtomicU32,
    watched: AtomicU32,
    on: AtomicBool,
}

struct Tally {
    latencies: Vec<AtomicU64>,
}

pub(crate) struct Watched {
    pub(crate) begin_in: Duration,
}

impl Ledger {
    pub(crate) fn new(nodes: usize, clients: usize) -> Ledger {
        Ledger {
            began: Instant::now(),
            nodes,
            clients,
            changed_at: (0..nodes * TICKS).map(|_| AtomicI64::new(0)).collect(),
            overview: Tally::new(),
            page: Tally::new(),
            went_back: AtomicU64::new(0),
            first: AtomicU32::new(0),
            end: AtomicU32::new(0),
            watched: AtomicU32::new(0),
            on: AtomicBool::new(false),
        }
    }

    /// Counts from the next whole second on, for so long.
    pub(crate) fn watch(&self, nodes: usize, seconds: u32) -> Watched {
        self.on.store(false, Ordering::SeqCst);
        self.overview.clear();
        self.page.clear();
        self.went_back.store(0, Ordering::SeqCst);
        let first = self.tick() + 1;
        self.first.store(first, Ordering::SeqCst);
        self.end.store(first + seconds, Ordering::SeqCst);
        self.watched.store(u32::try_from(nodes).unwrap_or(u32::MAX), Ordering::SeqCst);
        self.on.store(true, Ordering::SeqCst);
        Watched { begin_in: Duration::from_secs(u64::from(first)) - self.began.elapsed() }
    }

    fn tick(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_secs()).unwrap_or(u32::MAX)
    }

    /// The tick in which a node that begins now changes for the first time.
    pub(crate) fn first_change(&self) -> u32 {
        self.tick() + 1
    }

    /// When the node changes in this tick: the nodes take turns within the second.
    pub(crate) fn change_at(&self, node: usize, tick: u32) -> Instant {
        let share = node as f64 / self.nodes.max(1) as f64;
        self.began + Duration::from_secs_f64(f64::from(tick) + share)
    }

    pub(crate) fn changed(&self, node: usize, tick: u32) {
        if let Some(at) = self.place(node, tick) {
            at.store(self.now_us(), Ordering::SeqCst);
        }
    }

    pub(crate) fn heard(&self, way: Way, node: usize, tick: u32) {
        let counted = self.first.load(Ordering::SeqCst)..self.end.load(Ordering::SeqCst);
        let watched = self.watched.load(Ordering::SeqCst) as usize;
        if !self.on.load(Ordering::SeqCst) || !counted.contains(&tick) || node >= watched {
            return;
        }
        let Some(changed_at) = self.place(node, tick) else { return };
        let late_us = self.now_us() - changed_at.load(Ordering::SeqCst);
        let tally = match way {
            Way::Overview => &self.overview,
            Way::Page => &self.page,
        };
        tally.count(late_us);
    }

    pub(crate) fn went_back(&self) {
        self.went_back.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn figures(&self) -> Value {
        let ticks = u64::from(self.end.load(Ordering::SeqCst) - self.first.load(Ordering::SeqCst));
        let changes = ticks * u64::from(self.watched.load(Ordering::SeqCst));
        json!({
            "overview": self.overview.figures(changes * self.clients as u64),
            "page": self.page.figures(changes),
            "went_back": self.went_back.load(Ordering::SeqCst),
        })
    }

    fn place(&self, node: usize, tick: u32) -> Option<&AtomicI64> {
        self.changed_at.get(node * TICKS + tick as usize).filter(|_| (tick as usize) < TICKS)
    }

    fn now_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Tally {
    fn new() -> Tally {
        Tally { latencies: (0..LATENCIES).map(|_| AtomicU64::new(0)).collect() }
    }

    fn clear(&self) {
        for count in &self.latencies {
            count.store(0, Ordering::SeqCst);
        }
    }

    fn count(&self, late_us: i64) {
        let late_ms = usize::try_from(late_us / 1_000).unwrap_or(0).min(LATENCIES - 1);
        if let Some(count) = self.latencies.get(late_ms) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn figures(&self, expected: u64) -> Value {
        let counts: Vec<u64> =
            self.latencies.iter().map(|count| count.load(Ordering::SeqCst)).collect();
        let delivered: u64 = counts.iter().sum();
        // Rounded up to the next millisecond.
        let at = |share: f64| {
            let wanted = (delivered as f64 * share).ceil() as u64;
            let mut seen = 0;
            let place = counts.iter().position(|count| {
                seen += count;
                seen >= wanted && seen > 0
            });
            place.map(|ms| ms + 1)
        };
        json!({
            "expected": expected,
            "delivered": delivered,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
        })
    }
}
