use super::*;
use crate::lvs::explain::tests::{NOW, address, fact};
use crate::nodes::LinkState;
use crate::plan::{Action, Verdict};
use crate::vrrp::deploy::ConfReading;

fn daemon(role: SyncRole, sync_id: u32) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: "eth0".to_owned(),
        sync_id,
        group: Some("224.0.0.81".to_owned()),
        port: Some(8848),
        ttl: Some(1),
        max_bytes: Some(1472),
    }
}

fn director(node: i64, own: &str, daemons: Vec<SyncDaemon>) -> Director {
    Director {
        node: NodeId(node),
        name: format!("dir-{node}"),
        link: Link { state: LinkState::Up, since: NOW, reason: None },
        heard_at: Some(NOW),
        addresses: Some(fact(vec![address("eth0", own, 24)])),
        settings: Ok(fact(Settings { daemons, ..Settings::default() })),
        configured: Ok(None),
        heard: Ok(fact(Vec::new())),
        active_connections: 3,
    }
}

fn input() -> SyncInput {
    SyncInput {
        directors: vec![
            director(1, "192.168.1.100", Vec::new()),
            director(2, "192.168.1.101", Vec::new()),
        ],
        deploy: None,
        asks: Some(Asks {
            client: NodeId(9),
            name: "client".to_owned(),
            service: "192.168.1.200:80".parse().unwrap(),
            holder: NodeId(1),
        }),
        running: Vec::new(),
    }
}

fn wanted() -> WantedSync {
    WantedSync {
        interface: "eth0".parse().unwrap(),
        sync_id: 7,
        group: None,
        port: None,
        ttl: None,
        max_bytes: None,
    }
}

fn wish(daemon: Option<WantedSync>) -> Wish {
    let directors = vec![NodeId(1), NodeId(2)];
    Wish { directors, roles: SyncRoles::Both, daemon, in_conf: false }
}

/// What is no pass, with its verdict.
fn found(input: &SyncInput, wish: &Wish) -> Vec<String> {
    let draft = sync(input, wish, NOW).unwrap();
    let not_clear = draft.interlocks.iter().filter(|row| row.verdict != Verdict::Pass);
    not_clear.map(|row| format!("{} {:?}: {}", row.id, row.verdict, row.detail.en)).collect()
}

fn commands_of(draft: &Draft) -> Vec<String> {
    let actions = draft.steps.iter().flat_map(|step| &step.actions);
    let run = |action: &Action| match action {
        Action::Run { node, command, .. } => Some(format!("{node} {}", command.readable())),
        Action::Await { check, .. } => Some(format!("{} {}", check.node, check.command.readable())),
        _ => None,
    };
    actions.filter_map(run).filter(|line| !line.ends_with("lvs-sync")).collect()
}

#[test]
fn a_pair_is_started_and_its_connections_are_seen_to_arrive() {
    let draft = sync(&input(), &wish(Some(wanted())), NOW).unwrap();
    assert_eq!(found(&input(), &wish(Some(wanted()))), [""; 0]);
    let start = "--mcast-interface eth0 --syncid 7";
    assert_eq!(
        commands_of(&draft),
        [
            format!("1 ipvsadm --start-daemon master {start}"),
            format!("1 ipvsadm --start-daemon backup {start}"),
            format!("2 ipvsadm --start-daemon master {start}"),
            format!("2 ipvsadm --start-daemon backup {start}"),
            "9 lvs-ask 192.168.1.200 80 12 5".to_owned(),
            "2 lvs-sync-arrived 192.168.1.200 80".to_owned(),
        ]
    );
    let undo: Vec<usize> = draft.steps.iter().map(|step| step.undo.len()).collect();
    assert_eq!(undo, [0, 2, 2, 0]);
}

#[test]
fn what_runs_otherwise_is_stopped_first_and_put_back_as_it_was() {
    let mut input = input();
    let running = vec![daemon(SyncRole::Master, 9), daemon(SyncRole::Backup, 7)];
    input.directors[0].settings = Ok(fact(Settings { daemons: running, ..Settings::default() }));
    let alone = Wish { directors: vec![NodeId(1)], ..wish(Some(wanted())) };
    let draft = sync(&input, &alone, NOW).unwrap();
    assert_eq!(
        commands_of(&draft),
        [
            "1 ipvsadm --stop-daemon master",
            "1 ipvsadm --start-daemon master --mcast-interface eth0 --syncid 7",
        ]
    );
    let Some(Action::Run { command, .. }) = draft.steps[1].undo.first() else { panic!() };
    assert_eq!(command.readable(), "lvs-sync-put-back master eth0 9 224.0.0.81 8848 1 1472");
    // The other one would hear nothing by this id.
    let found = found(&input, &alone);
    assert!(found.iter().any(|row| row.starts_with("exchanges Warn: None does yet")), "{found:?}");
    assert!(found.iter().any(|row| row.starts_with("arrival_seen Warn")), "{found:?}");
}

#[test]
fn what_keeps_directors_from_each_other_blocks() {
    let spoiled = |spoil: &dyn Fn(&mut SyncInput)| {
        let mut input = input();
        spoil(&mut input);
        found(&input, &wish(Some(wanted()))).join("; ")
    };
    let heard = |sync_id: u8, from: &str| {
        let heard = vec![Heard { sync_id, from: from.parse().unwrap() }];
        move |input: &mut SyncInput| input.directors[1].heard = Ok(fact(heard.clone()))
    };
    assert!(spoiled(&heard(7, "192.168.1.9")).starts_with("no_stranger Block: dir-2 hears"));
    assert_eq!(spoiled(&heard(7, "192.168.1.100")), "", "a director's own");
    assert!(spoiled(&heard(8, "192.168.1.9")).starts_with("no_stranger Warn: Others use"));
    let elsewhere = |input: &mut SyncInput| {
        input.directors[1].addresses = Some(fact(vec![address("eth0", "10.0.0.3", 24)]));
    };
    assert!(spoiled(&elsewhere).starts_with("same_network Block: dir-1 and dir-2"));
    let without = |input: &mut SyncInput| {
        input.directors[0].addresses = Some(fact(vec![address("eth1", "10.0.0.3", 24)]));
    };
    assert!(
        spoiled(&without).contains("interface_up Block: dir-1 has no address on eth0; it has eth1")
    );
    let unread = |input: &mut SyncInput| input.directors[0].configured = Err("no answer".into());
    assert!(spoiled(&unread).starts_with("owner_known Block"));
}

#[test]
fn stopping_warns_of_what_the_next_hand_over_costs() {
    let mut input = input();
    assert!(matches!(sync(&input, &wish(None), NOW), Err(SyncError::Nothing(_))));
    let running = vec![daemon(SyncRole::Master, 7)];
    input.directors[0].settings = Ok(fact(Settings { daemons: running, ..Settings::default() }));
    let found = found(&input, &wish(None));
    assert!(found.join("; ").starts_with("connections_known Warn: 3 active"), "{found:?}");
    let draft = sync(&input, &wish(None), NOW).unwrap();
    assert_eq!(commands_of(&draft), ["1 ipvsadm --stop-daemon master"]);
}

#[test]
fn what_no_kernel_takes_is_refused() {
    let wrong = |spoil: &dyn Fn(&mut WantedSync)| {
        let mut wanted = wanted();
        spoil(&mut wanted);
        wanted.check().unwrap_err()
    };
    assert_eq!(wrong(&|w| w.sync_id = 0), SyncWishError::SyncId);
    let group: IpAddr = "10.0.0.1".parse().unwrap();
    assert_eq!(wrong(&|w| w.group = Some(group)), SyncWishError::Group(group));
    assert_eq!(wrong(&|w| w.ttl = Some(0)), SyncWishError::Zero);
    assert_eq!(wrong(&|w| w.max_bytes = Some(65_535)), SyncWishError::Bytes(65_535));
    let twice = Wish { directors: vec![NodeId(1); 2], ..wish(None) };
    assert_eq!(twice.check(), Err(SyncWishError::Directors));
}

fn reading(global: &str) -> ConfReading {
    let main = "/etc/keepalived/keepalived.conf";
    let text = format!("{global}vrrp_instance VI {{\n    interface eth0\n}}\n");
    let printed = format!(
        "daemon running\nboot enabled\nversion Keepalived v2.2.7\nhost a\nmain {main}\nfile {} {main}\n{text}\n",
        text.len()
    );
    ConfReading::parse(&printed, &|secret| secret.to_owned()).unwrap()
}

#[test]
fn keepalived_is_told_by_one_line_which_goes_again() {
    let bare = "global_defs {\n    router_id a\n}\n";
    let added = rewritten(&reading(bare), Some(&wanted())).unwrap().unwrap().text;
    let global = added.split("vrrp_instance").next().unwrap();
    assert_eq!(global, "global_defs {\n    router_id a\n    lvs_sync_daemon eth0 id 7\n}\n");
    assert_eq!(rewritten(&reading(global), Some(&wanted())), Ok(None));
    let gone = rewritten(&reading(global), None).unwrap().unwrap().text;
    assert!(gone.starts_with(bare), "{gone}");
    assert_eq!(rewritten(&reading(bare), None), Ok(None));

    let of_instance = "global_defs {\n    lvs_sync_daemon eth1 inst VI id 3\n}\n";
    let known = configured(&reading(of_instance)).unwrap();
    assert_eq!((known.interface.as_str(), known.instance.as_deref()), ("eth1", Some("VI")));
    let group = Some("224.0.0.82".parse().unwrap());
    let edited = WantedSync { group, port: Some(9000), ..wanted() };
    let edited = rewritten(&reading(of_instance), Some(&edited)).unwrap().unwrap().text;
    assert!(edited.contains("lvs_sync_daemon eth0 inst VI id 7 port 9000 group 224.0.0.82\n"));

    let without = rewritten(&reading(""), Some(&wanted())).unwrap().unwrap().text;
    assert!(without.ends_with("global_defs {\n    lvs_sync_daemon eth0 id 7\n}\n"), "{without}");
    let defined = "$IF=eth0\nglobal_defs {\n    lvs_sync_daemon $IF id 3\n}\n";
    let edited = rewritten(&reading(defined), Some(&wanted()));
    assert!(edited.is_ok_and(|file| file.is_some_and(|file| file.text.contains("eth0 id 7"))));
}
