use std::collections::BTreeMap;

use super::plan::{Director, ProveError, ProveInput, prove};
use super::rule::Rule;
use super::*;
use crate::fact::Fact;
use crate::lvs::{Table, VirtualService, parse};
use crate::plan::Verdict;
use crate::vrrp::facts::ClientFacts;

const NOW: Timestamp = Timestamp(1_000_000);

fn table(scheduler: &str, weights: [u32; 3], inactive: [u64; 3]) -> String {
    let server = |at: usize| {
        let (weight, inactive) = (weights[at], inactive[at]);
        format!("  -> C0A8016{}:0050 Route {weight} 0 {inactive}\n", 6 + at)
    };
    format!("TCP  C0A801C8:0050 {scheduler}\n{}{}{}", server(0), server(1), server(2))
}

fn service(scheduler: &str, weights: [u32; 3], inactive: [u64; 3]) -> VirtualService {
    parse(&table(scheduler, weights, inactive)).unwrap().services.remove(0)
}

/// Flags 0x10 is the second one.
fn count(scheduler: &str, flags: u32, weights: [u32; 3], counted: [u64; 3]) -> Count {
    let all: u64 = counted.iter().sum();
    let servers: String = (0..3)
        .map(|at| format!("server 192.168.1.10{} 80 0 0 0 {} 0 0 0 0\n", 2 + at, counted[at]))
        .collect();
    Count::parse(&format!(
        "held yes\nat 5\nservice 6 192.168.1.200 80 {flags} 255.255.255.255 - {all} 0 0 0 0\n\
         {servers}== table\n{}",
        table(scheduler, weights, [0; 3])
    ))
    .unwrap()
}

fn spec(weights: [u32; 3]) -> SharingSpec {
    let server = |(at, weight): (u8, u32)| MeantServer {
        address: IpAddr::from([192, 168, 1, 102 + at]),
        port: 80,
        name: format!("web-{}", at + 1),
        weight,
    };
    SharingSpec {
        service: ServiceId("tcp/192.168.1.200:80".to_owned()),
        director: NodeId(1),
        client: NodeId(9),
        requests: 300,
        against: Against::Configuration,
        servers: (0..3).zip(weights).map(server).collect(),
    }
}

fn asked(connections: u32) -> Asked {
    Asked { connections, answered: connections, ..Asked::default() }
}

fn judged(scheduler: &str, flags: u32, weights: [u32; 3], counted: [u64; 3]) -> Sharing {
    let (before, after) =
        (count(scheduler, flags, weights, [0; 3]), count(scheduler, flags, weights, counted));
    spec(weights).judge(&before, asked(300), &after, NOW)
}

fn words(sharing: &Sharing) -> String {
    sharing.why.iter().map(|phrase| phrase.en.as_str()).collect::<Vec<_>>().join("; ")
}

#[test]
fn turns_have_a_bound_and_chance_has_a_test() {
    let good = judged("wrr", 0, [2, 1, 1], [150, 75, 75]);
    assert_eq!(good.verdict, SharingVerdict::AsExpected, "{good:#?}");
    assert_eq!(good.servers[0].bound, Some(1.0));
    let off = judged("wrr", 0, [2, 1, 1], [153, 73, 74]);
    assert_eq!(off.verdict, SharingVerdict::NotAsExpected);
    assert!(words(&off).contains("153 connections, 150.0 ± 1.0"), "{}", words(&off));
    // The same counts are well within chance.
    let by_chance = judged("mh", 0x10, [2, 1, 1], [153, 73, 74]);
    assert_eq!(by_chance.verdict, SharingVerdict::AsExpected);
    assert!(by_chance.test.unwrap().p > 0.5);
    let skewed = judged("mh", 0x10, [2, 1, 1], [110, 95, 95]);
    assert_eq!(skewed.verdict, SharingVerdict::NotAsExpected, "{skewed:#?}");
}

#[test]
fn weights_that_were_changed_behind_are_found_out() {
    let kernel = [1, 1, 1];
    let (before, after) = (count("wrr", 0, kernel, [0; 3]), count("wrr", 0, kernel, [100; 3]));
    let sharing = spec([2, 1, 1]).judge(&before, asked(300), &after, NOW);
    assert_eq!(sharing.verdict, SharingVerdict::NotAsExpected);
    assert!(sharing.test.unwrap().p < 1e-6, "{sharing:#?}");
}

#[test]
fn a_refusal_and_a_stranger_are_told() {
    let (before, after) = (count("rr", 0, [1; 3], [0; 3]), count("rr", 0, [1; 3], [100, 100, 100]));
    let refused = Asked { connections: 300, answered: 200, refused: 100, silent: 0 };
    let sharing = spec([1; 3]).judge(&before, refused, &after, NOW);
    assert_eq!(sharing.verdict, SharingVerdict::NotAsExpected);
    assert_eq!(words(&sharing), "100 of 300 connections were not answered");

    let others = spec([1; 3]).judge(&before, asked(240), &after, NOW);
    assert_eq!((others.verdict, others.others), (SharingVerdict::AsExpected, 60));
    assert!(words(&others).contains("60 connections meanwhile, 25 %"), "{}", words(&others));
}

#[test]
fn what_cannot_be_said_says_why() {
    let before = count("rr", 0, [1; 3], [500; 3]);
    let cases = [
        (count("rr", 0, [1; 3], [3; 3]), "began anew"),
        (count("rr", 0, [2, 1, 1], [600; 3]), "changed meanwhile"),
        (count("rr", 0, [1; 3], [520; 3]), "counted 60 of the client's 300"),
        (Count { holds: false, ..count("rr", 0, [1; 3], [600; 3]) }, "did not hold"),
        (Count { table: Table::default(), ..count("rr", 0, [1; 3], [600; 3]) }, "does not have"),
    ];
    for (after, why) in cases {
        let sharing = spec([1; 3]).judge(&before, asked(300), &after, NOW);
        assert_eq!(sharing.verdict, SharingVerdict::CannotBeSaid, "{why}");
        assert!(words(&sharing).contains(why), "{}", words(&sharing));
    }
    let by_client = judged("mh", 0, [2, 1, 1], [300, 0, 0]);
    assert_eq!(by_client.verdict, SharingVerdict::CannotBeSaid);
}

#[test]
fn each_scheduler_is_expected_to_do_its_own() {
    let expected = |scheduler: &str, flags: &[u8], weights, inactive| {
        Rule::of(scheduler, flags).expected(&service(scheduler, weights, inactive), 300)
    };
    assert_eq!(expected("rr", &[], [9, 1, 0], [0; 3]), Some(vec![150.0, 150.0, 0.0]));
    assert_eq!(expected("wlc", &[], [2, 1, 1], [0; 3]), Some(vec![150.0, 75.0, 75.0]));
    // The one that has fewer fills up first.
    assert_eq!(expected("lc", &[], [9, 1, 1], [0, 60, 60]), Some(vec![140.0, 80.0, 80.0]));
    assert_eq!(expected("fo", &[], [1, 3, 3], [0; 3]), Some(vec![0.0, 300.0, 0.0]));
    // 256 slots in runs of 100: the third gets what is left.
    let slots = expected("sh", &[2], [100, 100, 100], [0; 3]).unwrap();
    assert_eq!(slots[2], 300.0 * 56.0 / 256.0);
    for (scheduler, flags) in [("sh", 1), ("mh", 1), ("sed", 2), ("nq", 2), ("dh", 2), ("new", 2)] {
        assert_eq!(expected(scheduler, &[flags], [2, 1, 1], [0; 3]), None, "{scheduler}");
    }
    assert_eq!(expected("wrr", &[], [0, 0, 0], [0; 3]), None, "nobody gets any");
}

fn input(scheduler: &str, flags: u32) -> ProveInput {
    let read = count(scheduler, flags, [2, 1, 1], [0; 3]);
    let configured = parse(&table(scheduler, [2, 1, 1], [0; 3])).unwrap();
    let fact = |table| Fact::new(table, NOW, "probe");
    ProveInput {
        service: ServiceId("tcp/192.168.1.200:80".to_owned()),
        requests: REQUESTS,
        against: Against::Configuration,
        directors: vec![Director {
            node: NodeId(1),
            name: "dir-a".to_owned(),
            holds: Fact::new(true, NOW, "probe"),
            table: fact(read.table),
            traffic: Some(Fact::new(read.traffic, NOW, "probe")),
            configured: Some(fact(configured)),
        }],
        names: BTreeMap::from([(IpAddr::from([192, 168, 1, 102]), "web-1".to_owned())]),
        client: Some(ClientFacts { node: NodeId(9), name: "client".to_owned(), answered_at: NOW }),
        running: Vec::new(),
    }
}

fn worst(input: &ProveInput) -> (String, Verdict, String) {
    let interlock = prove(input, NOW).unwrap().interlocks.remove(0);
    (interlock.id, interlock.verdict, interlock.detail.en)
}

#[test]
fn what_a_proof_runs() {
    let draft = prove(&input("wrr", 0), NOW).unwrap();
    let lines: Vec<String> = draft
        .interlocks
        .iter()
        .map(|i| format!("{:?} {}: {}", i.verdict, i.title.en, i.detail.en))
        .collect();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{:#?}",
        draft.title.en,
        lines.join("\n"),
        draft.steps
    ));
}

#[test]
fn one_client_proves_nothing_of_what_goes_by_clients() {
    let spoil = |spoil: fn(&mut ProveInput)| {
        let mut input = input("wrr", 0);
        spoil(&mut input);
        worst(&input)
    };
    let block = |id: &str| (id.to_owned(), Verdict::Block);
    let short = |(id, verdict, _): (String, Verdict, String)| (id, verdict);
    for scheduler in ["sh", "mh", "dh", "sed", "nq", "lblc", "new"] {
        assert_eq!(short(worst(&input(scheduler, 0))), block("scheduler"), "{scheduler}");
    }
    assert_eq!(
        short(spoil(|i| i.directors[0].table.value.services[0].persistent_s = Some(60))),
        block("not_persistent")
    );
    assert_eq!(short(spoil(|i| i.directors[0].holds.value = false)), block("one_holder"));
    assert_eq!(
        short(spoil(|i| {
            let other = Director { node: NodeId(2), ..i.directors[0].clone() };
            i.directors.push(other);
        })),
        block("one_holder")
    );
    assert_eq!(short(spoil(|i| i.client = None)), block("client"));
    assert_eq!(
        short(spoil(|i| {
            let servers = &mut i.directors[0].table.value.services[0].real_servers;
            servers.iter_mut().for_each(|server| server.weight = 0);
        })),
        block("servers")
    );
    let (id, verdict, detail) =
        spoil(|i| i.directors[0].table.value.services[0].real_servers[0].weight = 1);
    assert_eq!((id.as_str(), verdict), ("weights", Verdict::Warn));
    assert!(detail.contains("weight 1 in the table and 2 in keepalived.conf"), "{detail}");
    let mut few = input("mh", 0x10);
    few.requests = FEWEST_REQUESTS;
    few.directors[0].configured = None;
    few.directors[0].table.value.services[0].real_servers[0].weight = 20;
    assert_eq!(short(worst(&few)), block("requests"));
}

#[test]
fn no_plan_for_what_is_not_there() {
    let mut asked = input("wrr", 0);
    asked.requests = 5_001;
    assert_eq!(prove(&asked, NOW).unwrap_err(), ProveError::Requests(5_001));
    for (id, expected) in [
        ("tcp/10.9.9.9:80", "no director has the service tcp/10.9.9.9:80"),
        ("mark/7", "mark/7 is by firewall mark: it has no address that a client could ask"),
    ] {
        let asked = ProveInput { service: ServiceId(id.to_owned()), ..input("wrr", 0) };
        assert_eq!(prove(&asked, NOW).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_text_that_is_none_is_refused() {
    for text in ["", "held yes\n", "held yes\nat 1\n", "held maybe\nat 1\n== table\n"] {
        assert!(Count::parse(text).is_err(), "{text:?}");
    }
    assert!(Asked::parse("asked 3 answered 3 refused 0").is_err());
    let told = Asked::parse("asked 3 answered 1 refused 1 silent 1\n").unwrap();
    assert_eq!(told, Asked { connections: 3, answered: 1, refused: 1, silent: 1 });
}
