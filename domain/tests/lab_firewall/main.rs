//! The trace against the kernel: rules and packets made at random, loaded and sent for real, and
//! the way that the kernel tells of compared with the one that was foretold. Runs as root when
//! `SIGNALBOX_LAB=1` is set, in network namespaces of its own.
//!
//! `FIREWALL_SEED` repeats a run, `FIREWALL_PAIRS` sets how many packets are sent by each backend.

#![allow(clippy::disallowed_methods, reason = "no async runtime waits for this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it did"
)]

mod compare;
mod kernel;
mod netlink;
mod packets;
mod random;
mod rules;
mod scratch;
mod sets;
mod wire;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use signalbox_domain::firewall::kernel_trace::{self, ForetoldStep};
use signalbox_domain::firewall::{Family, Host, Ruleset, TableName, Trace, parse, render, trace};

use self::compare::{Tally, compare};
use self::kernel::{Backend, Kernel};
use self::netlink::Netlink;
use self::packets::{Maker, Probe};
use self::random::Random;
use self::wire::{ROUTER, Site};

const PACKETS_PER_RULESET: usize = 12;
/// Mismatches after which there is no need for more.
const SHOWN: usize = 3;

#[test]
fn packets_go_as_the_trace_foretold_on_nft() {
    foretell(Backend::Nft, 1200);
}

#[test]
fn packets_go_as_the_trace_foretold_on_legacy() {
    foretell(Backend::Legacy, 3600);
}

fn foretell(backend: Backend, pairs: usize) {
    if std::env::var("SIGNALBOX_LAB").as_deref() != Ok("1") {
        eprintln!("skipped: set SIGNALBOX_LAB=1 to send packets through the kernel's own tables");
        return;
    }
    if !Netlink::is_there() {
        eprintln!("SKIPPED: this kernel has no netfilter at all, so nothing was proved");
        return;
    }
    let given = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seed = given("FIREWALL_SEED").unwrap_or_else(any_seed);
    let pairs = given("FIREWALL_PAIRS").map_or(pairs, |pairs| usize::try_from(pairs).unwrap());
    println!("{backend:?}: FIREWALL_SEED={seed}");
    let start = Instant::now();
    let site = Site::build();
    let mut random = Random::of(seed);
    let tally = site.on_router(|| {
        let mut kernel = Kernel::listen(backend);
        let mut maker = Maker::new(&mut random);
        let mut tally = Tally::default();
        while tally.pairs < pairs && tally.mismatches.len() < SHOWN {
            batch(&site, &mut kernel, &mut maker, &mut tally);
        }
        tally
    });
    println!("{backend:?}: {tally} in {:.1} s", start.elapsed().as_secs_f64());
    assert!(tally.mismatches.is_empty(), "{}", tally.mismatches.join("\n"));
    assert!(tally.certain * 10 >= tally.pairs * 8, "too much is unknown to prove anything");
}

fn any_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// One ruleset, and packets through it.
fn batch(site: &Site, kernel: &mut Kernel, maker: &mut Maker<'_>, tally: &mut Tally) {
    let written = rules::ruleset(maker.random());
    let probes: Vec<Probe> = (0..PACKETS_PER_RULESET).map(|_| maker.probe()).collect();
    kernel.load(rules::OPEN);
    kernel.forget_connections();
    let sets = sets::load(&sets::sets(maker.random()));
    for (from, bytes) in probes.iter().flat_map(|probe| &probe.before) {
        site.send(*from, bytes);
    }
    kernel.load(&with_all_tables(&written));
    let saved = kernel.save();
    let ruleset = parse(&saved, Family::V4).unwrap();
    assert_eq!(render(&ruleset), saved);
    kernel.events(&ruleset);
    for probe in &probes {
        site.send(probe.from, &probe.bytes);
    }
    let mut ways = kernel.events(&ruleset);
    let host = Host { addresses: Some(ROUTER.map(Into::into).to_vec()), sets: Some(sets) };
    let header = saved.lines().next().unwrap();
    let as_written = parse(&format!("{header}\n{written}"), Family::V4).unwrap();
    for probe in probes {
        let foretold = trace(&ruleset, &probe.packet, &host);
        assert_eq!(
            steps(&foretold, &ruleset),
            steps(&trace(&as_written, &probe.packet, &host), &as_written),
            "the kernel's print of these rules reads otherwise:\n{written}\n{saved}"
        );
        let way = ways.remove(&probe.id).unwrap_or_default();
        tally.sets += foretold.steps.iter().map(|step| step.sets.len()).sum::<usize>();
        compare(&probe, &foretold, &way, &ruleset, tally);
    }
}

/// A table that a ruleset does not name keeps what it has.
fn with_all_tables(written: &str) -> String {
    let security = "*security\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n";
    let missing = if written.contains("*security") { "" } else { security };
    format!("{written}{missing}")
}

/// The steps as they are where the same rules stand at other lines.
fn steps(trace: &Trace, ruleset: &Ruleset) -> Vec<ForetoldStep> {
    let has_rules = |name| ruleset.rules().any(|(table, _, _)| table.name == name);
    let security = TableName::Security;
    let is_there = |it: &ForetoldStep| it.step.table != security.as_str() || has_rules(security);
    kernel_trace::foretell(trace).into_iter().filter(is_there).collect()
}
