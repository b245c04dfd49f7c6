use std::collections::BTreeMap;

use super::*;
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::lvs::edit::Director;
use crate::lvs::explain::tests::{NOW, address, fact, scene};
use crate::lvs::{Counted, ServerTraffic, ServiceTraffic, parse, view};
use crate::nodes::{LinkState, NodeRecord, Observed, fixtures::record};
use crate::plan::{Action, Interlock, Verdict};

const SERVICE: &str = "tcp/192.168.1.200:80";

/// Two directors with the service, directly, by a method of `/proc/net/ip_vs`; dir-a has the address.
fn on_directors_by(method: &str) -> EditInput {
    let table = format!(
        "hz 100\nTCP  C0A801C8:0050 wrr\n  -> C0A80166:0050 {method} 2 0 0\n  -> C0A80167:0050 {method} 1 0 0\n"
    );
    let mut nodes: BTreeMap<NodeId, (NodeRecord, Observed)> = BTreeMap::new();
    for (id, name) in [(1, "dir-a"), (2, "dir-b")] {
        let mut observed = Observed::nothing(NOW);
        observed.link.state = LinkState::Up;
        observed.heard_at = Some(NOW);
        observed.lvs = Some(Fact::new(parse(&table).unwrap(), NOW, "/proc/net/ip_vs"));
        nodes.insert(NodeId(id), (record(id, name), observed));
    }
    let shown = format!("wrr;192.168.1.102:80 {method} 2 0/0;192.168.1.103:80 {method} 1 0/0\n");
    let service = view(&nodes, NOW).services.pop();
    let director = |(id, (record, observed)): (NodeId, (NodeRecord, Observed))| Director {
        node: id,
        name: record.name.to_string(),
        link: observed.link,
        heard_at: observed.heard_at,
        table: observed.lvs,
        traffic: Some(fact(vec![traffic()])),
        is_configured: Some(false),
        has_address: id == NodeId(1),
        carries_address: true,
        shown: Ok(fact(shown.clone())),
        forwards: Ok(fact(true)),
        sets_mark: Ok(fact(false)),
    };
    let directors = nodes.into_iter().map(director).collect();
    EditInput { service, directors, others: vec![], deploy: None, running: vec![] }
}

fn traffic() -> ServiceTraffic {
    let server = |address: &str| ServerTraffic {
        address: address.parse().unwrap(),
        port: 80,
        upper_threshold: 0,
        lower_threshold: 0,
        persistent_connections: 0,
        counted: Counted::default(),
        rates: None,
        connections_in_minute: None,
    };
    ServiceTraffic {
        target: ServiceId(SERVICE.into()).target().unwrap(),
        one_packet: false,
        scheduler_flags: Vec::new(),
        netmask: "255.255.255.255".to_owned(),
        persistence_engine: None,
        counted: Counted::default(),
        rates: None,
        servers: vec![server("192.168.1.102"), server("192.168.1.103")],
    }
}

/// By NAT, through another address of the same VRRP instance; nothing else is prepared.
fn by_nat() -> MoveInput {
    let mut input = MoveInput {
        edit: on_directors_by("Masq"),
        path: scene(),
        facts: BTreeMap::new(),
        moving: ["192.168.1.200", "192.168.1.210"].map(|a| a.parse().unwrap()).into(),
        uses: Vec::new(),
    };
    for server in &mut input.path.servers {
        server.server.forwarding = Forwarding::Nat;
        let own = server.server.address;
        server.seen.as_mut().unwrap().addresses =
            Ok(fact(vec![address("eth0", &own.to_string(), 24)]));
        let told = format!("systemd\nrules\nunit nat {own} 80 192.168.1.210\nnamed /etc/hosts\n");
        input.facts.insert(own, Ok(fact(ServerFacts::parse(&told))));
    }
    input
}

/// By DR, as the nodes' own configuration has it.
fn by_dr() -> MoveInput {
    let mut input = by_nat();
    (input.edit, input.path) = (on_directors_by("Route"), scene());
    for read in input.facts.values_mut() {
        let told = "systemd\nrules\nnamed /etc/network/interfaces\n";
        *read = Ok(fact(ServerFacts::parse(told)));
    }
    input
}

fn to(forwarding: Forwarding) -> Wish {
    Wish { service: ServiceId(SERVICE.into()), forwarding, keep_old: false }
}

fn row(input: &MoveInput, wish: &Wish, id: &str) -> Interlock {
    let draft = move_mode(input, wish, NOW).unwrap();
    draft.interlocks.into_iter().find(|interlock| interlock.id == id).unwrap()
}

fn blocked(input: &MoveInput, forwarding: Forwarding) -> String {
    let draft = move_mode(input, &to(forwarding), NOW).unwrap();
    let blocks = draft.interlocks.into_iter().filter(|i| i.verdict == Verdict::Block);
    blocks.map(|i| format!("{}: {}", i.id, i.detail.en)).collect::<Vec<_>>().join("\n")
}

fn readable(draft: &Draft) -> String {
    let words = |action: &Action| match action {
        Action::Run { node, command, .. } => format!("node {node}: {}", command.readable()),
        Action::Await { check, .. } => {
            format!("node {}: await {}", check.node, check.command.readable())
        }
        other => format!("{other:?}"),
    };
    let mut text = format!("{} [{}]\n", draft.title.en, draft.locks.join(" "));
    for step in &draft.steps {
        text += &format!("{}\n", step.id);
        step.actions.iter().for_each(|action| text += &format!("  {}\n", words(action)));
        step.undo.iter().for_each(|action| text += &format!("  undo {}\n", words(action)));
    }
    draft.verification.iter().for_each(|check| text += &format!("then {}\n", check.title.en));
    draft.rolled_back.iter().for_each(|check| text += &format!("else {}\n", check.title.en));
    text
}

#[test]
fn real_servers_are_ready_before_and_cleaned_after() {
    let draft = move_mode(&by_nat(), &to(Forwarding::Dr), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass, "{:#?}", draft.interlocks);
    insta::assert_snapshot!(readable(&draft));
}

#[test]
fn what_somebody_else_set_is_used_and_stays() {
    let to_nat = move_mode(&by_dr(), &to(Forwarding::Nat), NOW).unwrap();
    assert!(!readable(&to_nat).contains("clean_"), "{}", readable(&to_nat));
    let cleaned = row(&by_dr(), &to(Forwarding::Nat), "cleaned").detail.en;
    assert!(
        cleaned.contains("192.168.1.200 on lo of web-1: /etc/network/interfaces has it"),
        "{cleaned}"
    );
    let again = move_mode(&by_dr(), &to(Forwarding::Dr), NOW).unwrap_err();
    assert!(again.to_string().contains("prepared for it already"), "{again}");
}

#[test]
fn what_another_service_or_a_connection_needs_stays() {
    let mut input = by_nat();
    let used = Use {
        service: ServiceId("tcp/192.168.1.201:80".into()),
        address: "192.168.1.201".parse().ok(),
        server: "192.168.1.102:80".parse().unwrap(),
        forwarding: Forwarding::Nat,
    };
    input.uses.push(used);
    let draft = move_mode(&input, &to(Forwarding::Dr), NOW).unwrap();
    let cleaned: Vec<&str> =
        draft.steps.iter().map(|s| s.id.as_str()).filter(|id| id.starts_with("clean")).collect();
    assert_eq!(cleaned, ["clean_2"]);
    let kept = Wish { keep_old: true, ..to(Forwarding::Dr) };
    assert!(!readable(&move_mode(&by_nat(), &kept, NOW).unwrap()).contains("clean_"));

    let mut busy = by_nat();
    busy.edit.service.as_mut().unwrap().on[0].active_connections = 3;
    assert_eq!(row(&busy, &to(Forwarding::Dr), "old_connections").verdict, Verdict::Warn);
    assert_eq!(row(&busy, &kept, "old_connections").verdict, Verdict::Pass);
}

#[test]
fn a_real_server_that_leaves_is_cleaned_unless_another_service_needs_it() {
    let target = ServiceId(SERVICE.into()).target().unwrap();
    let own: IpAddr = "192.168.1.102".parse().unwrap();
    let prepared =
        "unit dr 192.168.1.200\nunit dr 192.168.1.201\nunit nat 192.168.1.102 81 192.168.1.1\n";
    let leaving = Leaving {
        node: NodeId(11),
        name: "web-1".to_owned(),
        server: SocketAddr::new(own, 80),
        own: vec![own],
        facts: Ok(fact(ServerFacts::parse(prepared))),
    };
    let cleaned = |leaving: &Leaving, uses: &[Use]| {
        let mut draft = move_mode(&by_dr(), &to(Forwarding::Nat), NOW).unwrap();
        draft.steps.clear();
        draft.interlocks.clear();
        clean_up(&mut draft, &target, std::slice::from_ref(leaving), uses, NOW);
        let units = draft.steps.iter().map(|step| step.title.en.clone()).collect::<String>();
        (units, draft.interlocks.pop().map(|interlock| interlock.verdict))
    };
    let expected =
        "Remove from web-1 what it needs no more (signalbox-lvs-dr-192.168.1.200.service)";
    assert_eq!(cleaned(&leaving, &[]), (expected.to_owned(), Some(Verdict::Pass)));
    let used = Use {
        service: ServiceId("tcp/192.168.1.200:443".into()),
        address: "192.168.1.200".parse().ok(),
        server: SocketAddr::new(own, 443),
        forwarding: Forwarding::Dr,
    };
    assert_eq!(cleaned(&leaving, &[used]), (String::new(), None));
    let silent = Leaving { facts: Err("no answer".to_owned()), ..leaving };
    assert_eq!(cleaned(&silent, &[]), (String::new(), Some(Verdict::Warn)));
}

#[test]
fn what_cannot_work_is_refused_with_what_mends_it() {
    let spoiled = |spoil: fn(&mut MoveInput), forwarding| {
        let mut input = by_nat();
        spoil(&mut input);
        blocked(&input, forwarding)
    };
    let unmanaged = spoiled(|input| input.path.servers[1].seen = None, Forwarding::Dr);
    assert!(unmanaged.contains("ip addr add 192.168.1.200/32 dev lo"), "{unmanaged}");
    let no_module = spoiled(|_| {}, Forwarding::Tun);
    assert!(no_module.contains("no module ipip"), "{no_module}");
    let behind = spoiled(
        |input| {
            let gateway = address("eth0", "192.168.1.1", 24);
            input.path.directors[0].addresses.as_mut().unwrap().value.push(gateway);
        },
        Forwarding::Dr,
    );
    assert!(behind.contains("its gateway 192.168.1.1 is dir-a, which drops answers"), "{behind}");
    let silent = spoiled(
        |input| input.path.servers[0].seen.as_mut().unwrap().listeners = Ok(fact(vec![])),
        Forwarding::Dr,
    );
    assert!(silent.contains("works_by_it: web-1: nothing listens on it"), "{silent}");
    let mut nowhere = by_dr();
    nowhere.moving.remove(&"192.168.1.210".parse().unwrap());
    assert!(
        blocked(&nowhere, Forwarding::Nat).contains("carry one more by the same VRRP instance")
    );
    let mut elsewhere = by_nat();
    elsewhere.moving.remove(&"192.168.1.210".parse().unwrap());
    elsewhere.moving.insert("192.168.1.211".parse().unwrap());
    assert!(blocked(&elsewhere, Forwarding::Nat).contains("another gateway, 192.168.1.210"));
    let mut loud = by_dr();
    let seen = loud.path.servers[0].seen.as_mut().unwrap();
    seen.addresses.as_mut().unwrap().value.retain(|own| own.interface.as_str() != "lo");
    seen.addresses.as_mut().unwrap().value.push(address("lo", "192.168.1.200", 24));
    loud.edit = on_directors_by("Masq");
    assert!(blocked(&loud, Forwarding::Dr).contains("takes the whole network for its own"));
}

#[test]
fn only_services_by_an_ipv4_address_are_moved() {
    for service in ["mark/7", "tcp/[2001:db8::1]:80"] {
        let wish = Wish { service: ServiceId(service.into()), ..to(Forwarding::Dr) };
        let error = check(&wish).unwrap_err().to_string();
        assert!(error.contains("IPv4"), "{error}");
    }
    assert!(check(&to(Forwarding::Local)).is_err());
}
