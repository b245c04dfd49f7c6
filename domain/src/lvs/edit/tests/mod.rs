mod conf;
mod undo;

use std::collections::BTreeMap;

use super::*;
use crate::ids::JobId;
use crate::lvs::{Counted, Forwarding, ServerTraffic, parse, view};
use crate::nodes::{LinkState, NodeRecord, Observed, fixtures::record};
use crate::plan::{Action, Verdict};

const NOW: Timestamp = Timestamp(1_795_366_800_000);
const SERVICE: &str = "tcp/192.168.1.200:8082";
const NEW: &str = "tcp/192.168.1.200:8083";
/// Persistent for 60 s, by networks of 256 addresses; the first server has active connections.
const TABLE: &str = "hz 100\nTCP  C0A801C8:1F92 wrr persistent 6000 FFFFFF00\n  \
    -> C0A80166:0050 Masq 2 5 5\n  -> C0A80167:0050 Masq 0 0 6\n";

/// With thresholds for the first server.
fn traffic() -> ServiceTraffic {
    let server = |address: &str, limits: (u32, u32)| ServerTraffic {
        address: address.parse().unwrap(),
        port: 80,
        upper_threshold: limits.0,
        lower_threshold: limits.1,
        persistent_connections: 0,
        counted: Counted::default(),
        rates: None,
        connections_in_minute: None,
    };
    ServiceTraffic {
        target: ServiceId(SERVICE.into()).target().unwrap(),
        one_packet: false,
        scheduler_flags: Vec::new(),
        netmask: "255.255.255.0".to_owned(),
        persistence_engine: Some("sip".to_owned()),
        counted: Counted::default(),
        rates: None,
        servers: vec![server("192.168.1.102", (500, 100)), server("192.168.1.103", (0, 0))],
    }
}

/// Two directors with these tables; the first has the address.
fn input(tables: [&str; 2]) -> EditInput {
    let mut nodes: BTreeMap<NodeId, (NodeRecord, Observed)> = BTreeMap::new();
    for (id, (name, table)) in (1..).zip(["dir-a", "dir-b"].into_iter().zip(tables)) {
        let mut observed = Observed::nothing(NOW);
        observed.link.state = LinkState::Up;
        observed.heard_at = Some(NOW);
        observed.lvs = Some(Fact::new(parse(table).unwrap(), NOW, "/proc/net/ip_vs"));
        nodes.insert(NodeId(id), (record(id, name), observed));
    }
    let mut services = view(&nodes, NOW).services;
    services.retain(|service| service.id.0 == SERVICE);
    let director = |(id, (record, observed)): (NodeId, (NodeRecord, Observed))| Director {
        node: id,
        name: record.name.to_string(),
        link: observed.link,
        heard_at: observed.heard_at,
        table: observed.lvs,
        traffic: Some(Fact::new(vec![traffic()], NOW, "netlink")),
        is_configured: Some(false),
        has_address: id == NodeId(1),
        carries_address: true,
        shown: Ok(Fact::new("absent\n".to_owned(), NOW, "lvs-service")),
        forwards: Ok(Fact::new(true, NOW, "sysctl")),
        sets_mark: Ok(Fact::new(true, NOW, "iptables-save")),
    };
    let mut directors: Vec<Director> = nodes.into_iter().map(director).collect();
    for director in &mut directors {
        let target = ServiceId(SERVICE.into()).target().unwrap();
        if let Some(service) = director.service(&target) {
            let state = ServiceState::of(service, Some(&traffic())).unwrap().unwrap();
            director.shown = Ok(Fact::new(state.line() + "\n", NOW, "lvs-service"));
        }
    }
    EditInput { service: services.pop(), directors, others: vec![], deploy: None, running: vec![] }
}

fn both() -> EditInput {
    input([TABLE; 2])
}

/// As a script would send it.
fn wish(service: &str, change: &str) -> Wish {
    Wish { service: ServiceId(service.into()), change: serde_json::from_str(change).unwrap() }
}

fn add_service() -> Wish {
    wish(
        NEW,
        r#"{"do": "add_service", "directors": [1, 2],
            "options": {"scheduler": "sh", "flags": ["fallback", "port"], "persistence": {"timeout_s": 300}},
            "servers": [
                {"server": "192.168.1.102:80", "forwarding": "NAT", "weight": 2, "upper_threshold": 50},
                {"server": "192.168.1.103:8083", "forwarding": "DR", "weight": 1}]}"#,
    )
}

fn add_server(server: &str, forwarding: &str) -> Wish {
    wish(
        SERVICE,
        &format!(
            r#"{{"do": "add_server", "server": {{"server": "{server}", "forwarding": "{forwarding}", "weight": 1}}}}"#
        ),
    )
}

fn delete_server(server: &str) -> Wish {
    wish(SERVICE, &format!(r#"{{"do": "delete_server", "server": "{server}"}}"#))
}

fn delete_service() -> Wish {
    wish(SERVICE, r#"{"do": "delete_service"}"#)
}

fn verdict_of(input: &EditInput, wish: &Wish, id: &str) -> Verdict {
    let draft = edit(input, wish, NOW).unwrap();
    draft.interlocks.iter().find(|interlock| interlock.id == id).unwrap().verdict
}

fn refused(input: &EditInput, wish: &Wish) -> String {
    edit(input, wish, NOW).unwrap_err().to_string()
}

fn readable(draft: &Draft) -> String {
    let mut text = format!("{} [{}]\n", draft.title.en, draft.locks.join(" "));
    for i in &draft.interlocks {
        text += &format!("  {:?} {}: {} ({})\n", i.verdict, i.id, i.title.en, i.detail.en);
    }
    let words = |action: &Action| match action {
        Action::Run { node, command, expect } => {
            format!("node {node}: {} [{expect:?}]", command.readable())
        }
        other => format!("{other:?}"),
    };
    for step in &draft.steps {
        text += &format!("{}: {}\n", step.id, step.title.en);
        step.actions.iter().for_each(|action| text += &format!("  {}\n", words(action)));
        step.undo.iter().for_each(|action| text += &format!("  undo {}\n", words(action)));
    }
    for (head, checks) in [("verify", &draft.verification), ("before", &draft.rolled_back)] {
        for check in checks {
            text += &format!("{head}: {}\n", check.title.en);
        }
    }
    text + &draft.way_back.en + "\n"
}

#[test]
fn a_service_is_added_on_both_the_standby_first() {
    let mut empty = input(["hz 100\n"; 2]);
    empty.service = None;
    let draft = edit(&empty, &add_service(), NOW).unwrap();
    insta::assert_snapshot!("add_service", readable(&draft));
}

#[test]
fn an_edit_of_options_keeps_what_it_does_not_name() {
    let wish = wish(
        SERVICE,
        r#"{"do": "edit_service", "options": {"scheduler": "mh", "flags": ["port"], "persistence": {"timeout_s": 120, "netmask": "255.255.0.0"}}}"#,
    );
    insta::assert_snapshot!("edit_service", readable(&edit(&both(), &wish, NOW).unwrap()));
}

#[test]
fn what_is_deleted_comes_back_whole() {
    let draft = edit(&both(), &delete_service(), NOW).unwrap();
    insta::assert_snapshot!("delete_service", readable(&draft));
}

#[test]
fn a_real_server_is_added_edited_and_deleted() {
    let edited =
        wish(SERVICE, r#"{"do": "edit_server", "server": "192.168.1.102:80", "weight": 7}"#);
    let all = [add_server("192.168.1.104:8080", "NAT"), edited, delete_server("192.168.1.102:80")];
    let text = all.iter().map(|wish| readable(&edit(&both(), wish, NOW).unwrap()));
    insta::assert_snapshot!("real_servers", text.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_would_differ_or_could_not_be_put_back_is_blocked() {
    let wish = add_server("192.168.1.104:80", "NAT");
    let mut unreached = both();
    unreached.directors[1].link.state = LinkState::Down;
    assert_eq!(verdict_of(&unreached, &wish, "directors_reached"), Verdict::Block);
    let mut silent = both();
    silent.directors[0].heard_at = Some(Timestamp(NOW.0 - 60_000));
    assert_eq!(verdict_of(&silent, &wish, "directors_reached"), Verdict::Block);
    let mut untold = both();
    untold.directors[1].traffic = None;
    assert_eq!(verdict_of(&untold, &wish, "tables_read"), Verdict::Block);
    let mut later = both();
    later.directors[0].shown = Ok(Fact::new("wrr\n".to_owned(), NOW, "lvs-service"));
    assert_eq!(verdict_of(&later, &wish, "tables_read"), Verdict::Block);
    let mut unread = both();
    unread.directors[0].is_configured = None;
    assert_eq!(verdict_of(&unread, &wish, "owner_known"), Verdict::Block);
    let mut busy = both();
    busy.running = vec![RunningJob { id: JobId(7), locks: vec![format!("lvs/{SERVICE}")] }];
    assert_eq!(verdict_of(&busy, &wish, "no_other_job"), Verdict::Block);
    let mut deaf = both();
    deaf.directors[1].forwards = Ok(Fact::new(false, NOW, "sysctl"));
    assert_eq!(verdict_of(&deaf, &wish, "ip_forward"), Verdict::Block);
    let local = TABLE.replace("Masq 2", "Local 2");
    let local = input([&local, &local]);
    assert_eq!(verdict_of(&local, &delete_service(), "can_be_put_back"), Verdict::Block);
}

#[test]
fn tables_that_differ_block_unless_the_edit_mends_them() {
    let differs = input([TABLE, &TABLE.replace("Masq 2", "Masq 9")]);
    let add = add_server("192.168.1.104:80", "NAT");
    assert_eq!(verdict_of(&differs, &add, "tables_equal"), Verdict::Block);
    let delete = delete_server("192.168.1.102:80");
    assert_eq!(verdict_of(&differs, &delete, "tables_equal"), Verdict::Warn);
    let on_one = input([TABLE, "hz 100\n"]);
    assert_eq!(verdict_of(&on_one, &add, "tables_equal"), Verdict::Block);
    let draft = edit(&on_one, &delete_service(), NOW).unwrap();
    assert_eq!(draft.steps.len(), 2, "the director that lacks it is only looked at");
}

#[test]
fn what_clients_would_notice_is_told() {
    let both = both();
    for (wish, warned) in [
        (delete_service(), &["no_connections", "not_in_use"][..]),
        (
            delete_server("192.168.1.102:80"),
            &["one_takes_connections", "no_connections", "drained"],
        ),
        (delete_server("192.168.1.103:80"), &[]),
    ] {
        let draft = edit(&both, &wish, NOW).unwrap();
        let warns = draft.interlocks.iter().filter(|i| i.verdict == Verdict::Warn);
        let ids: Vec<&str> = warns.map(|i| i.id.as_str()).collect();
        assert_eq!(ids, warned, "{wish:?}");
    }
    let draft = edit(&both, &delete_service(), NOW).unwrap();
    let told = draft.interlocks.iter().find(|i| i.id == "no_connections").unwrap();
    assert!(told.detail.en.contains("5 active"), "{told:?}");
}

#[test]
fn a_new_service_without_its_address_everywhere_is_told() {
    let mut away = input(["hz 100\n"; 2]);
    away.directors[1].carries_address = false;
    assert_eq!(verdict_of(&away, &add_service(), "address_held"), Verdict::Warn);
    away.others = vec!["dir-c".into()];
    assert_eq!(verdict_of(&away, &add_service(), "every_director"), Verdict::Warn);
    let mark = Wish { service: ServiceId("mark/7".into()), ..add_service() };
    assert_eq!(verdict_of(&away, &mark, "mark_given"), Verdict::Pass);
    away.directors[0].sets_mark = Ok(Fact::new(false, NOW, "iptables-save"));
    assert_eq!(verdict_of(&away, &mark, "mark_given"), Verdict::Warn);
}

#[test]
fn what_cannot_be_had_is_refused_with_what_was_expected() {
    let both = both();
    assert!(refused(&both, &add_server("192.168.1.104:81", "DR")).contains("expected port 8082"));
    assert!(refused(&both, &add_server("192.168.1.104:0", "NAT")).contains("expected a port"));
    assert!(refused(&both, &add_server("192.168.1.200:80", "NAT")).contains("own address"));
    assert!(refused(&both, &add_server("[fd00::1]:80", "NAT")).contains("family"));
    assert!(refused(&both, &add_server("192.168.1.104:80", "Local")).contains("NAT, DR or TUN"));
    assert!(refused(&both, &add_server("192.168.1.102:80", "NAT")).contains("already"));
    assert!(refused(&both, &delete_server("192.168.1.9:80")).contains("no real server"));
    let same = r#"{"do": "edit_server", "server": "192.168.1.102:80", "weight": 2}"#;
    assert!(refused(&both, &wish(SERVICE, same)).contains("already"));
    let limits = r#"{"do": "edit_server", "server": "192.168.1.102:80", "lower_threshold": 501}"#;
    assert!(refused(&both, &wish(SERVICE, limits)).contains("found 500 and 501"));
    let options = |options: &str| {
        let change = format!(r#"{{"do": "edit_service", "options": {options}}}"#);
        refused(&both, &wish(SERVICE, &change))
    };
    assert!(options(r#"{"scheduler": "wrr", "flags": ["port"]}"#).contains("only with sh and mh"));
    assert!(
        options(r#"{"scheduler": "wrr", "persistence": {"timeout_s": 0}}"#)
            .contains("1 to 2678400")
    );
    let v6 = r#"{"scheduler": "wrr", "persistence": {"timeout_s": 9, "netmask": "64"}}"#;
    assert!(options(v6).contains("such as 255.255.255.0; found 64"));
    for id in ["tcp/0.0.0.0:80", "tcp/224.0.0.1:80", "mark/0", "http/1.2.3.4:80", "tcp/x"] {
        let error = refused(&both, &Wish { service: ServiceId(id.into()), ..delete_service() });
        assert!(error.starts_with("expected a service such as"), "{error}");
    }
    let all_ports = Wish {
        service: ServiceId("tcp/192.168.1.200:0".into()),
        ..wish(SERVICE, r#"{"do": "edit_service", "options": {"scheduler": "rr"}}"#)
    };
    assert!(refused(&both, &all_ports).contains("port 0"));
    let other = Wish { service: ServiceId(SERVICE.into()), ..add_service() };
    assert!(refused(&both, &other).contains("expected port 8082"), "checked before anything");
}

#[test]
fn a_service_that_is_there_or_is_anothers_is_refused() {
    let mut both = both();
    let add = wish(
        SERVICE,
        r#"{"do": "add_service", "directors": [1, 2], "options": {"scheduler": "rr"}, "servers": []}"#,
    );
    assert!(refused(&both, &add).contains("is there already"));
    both.directors[1].is_configured = Some(true);
    assert!(refused(&both, &add).contains("keepalived.conf of dir-b"));
    both.service.as_mut().unwrap().owner = Owner::Keepalived;
    assert!(refused(&both, &delete_service()).contains("already"), "no file needs an edit");
    both.service = None;
    assert!(refused(&both, &delete_service()).contains("found none"));
}

#[test]
fn what_is_not_known_to_the_operation_is_refused() {
    for json in [
        r#"{"do": "edit_service", "options": {"scheduler": "best"}}"#,
        r#"{"do": "edit_service", "options": {"scheduler": "sh", "flags": ["flag-3"]}}"#,
        r#"{"do": "edit_service", "options": {"scheduler": "rr"}, "force": true}"#,
        r#"{"do": "delete_service", "persistence": {"timeout_s": 5}}"#,
        r#"{"do": "edit_service", "options": {"scheduler": "rr", "persistence": {"timeout_s": 5, "netmask": "255.0.255.0"}}}"#,
    ] {
        assert!(serde_json::from_str::<ServiceChange>(json).is_err(), "{json}");
    }
}

#[test]
fn a_real_server_is_read_from_a_line() {
    let read = |line: &str| line.parse::<WantedServer>();
    let whole = read(" 192.168.1.102:80 nat 2 500/100 ").unwrap();
    assert_eq!((whole.forwarding, whole.weight), (Forwarding::Nat, 2));
    assert_eq!((whole.upper_threshold, whole.lower_threshold), (500, 100));
    let short = read("[fd00::2]:80 DR").unwrap();
    assert_eq!((short.weight, short.upper_threshold), (1, 0));
    assert_eq!(read("192.168.1.102:80 TUN 1 50").unwrap().upper_threshold, 50);
    for line in [
        "",
        "192.168.1.102 DR",
        "192.168.1.102:80",
        "192.168.1.102:80 Local",
        "192.168.1.102:80 DR 1 2/3 4",
    ] {
        assert!(read(line).unwrap_err().to_string().ends_with(&format!("found {line}")), "{line}");
    }
}
