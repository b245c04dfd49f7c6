use proptest::prelude::*;

use super::*;
use crate::lvs::Forwarding;
use crate::vrrp::conf::{Configuration, Files, lint, lint_pair, probed};

fn seat(name: &str, own: &str, priority: &str) -> SeatForm {
    SeatForm {
        router_id: name.to_owned(),
        interface: "eth0".to_owned(),
        own_address: Some(own.parse().unwrap()),
        priority: priority.to_owned(),
    }
}

fn form() -> InstanceForm {
    InstanceForm {
        name: "VI_SHOP".to_owned(),
        vrid: "61".to_owned(),
        password: "s3cret".to_owned(),
        addresses: "192.168.1.210/24, 192.168.1.211/24".to_owned(),
        seats: vec![seat("lb-1", "192.168.1.10", "150"), seat("lb-2", "192.168.1.11", "100")],
        mail: MailForm {
            to: "ops@example.org".to_owned(),
            from: "lb@example.org".to_owned(),
            server: "127.0.0.1".to_owned(),
        },
        services: vec![ServiceForm {
            check: CheckKind::Http,
            check_argument: "/healthz".to_owned(),
            real_servers: "192.168.1.102:80 2\n192.168.1.103".to_owned(),
            ..ServiceForm::default()
        }],
        ..InstanceForm::default()
    }
}

fn made(form: &InstanceForm, seat: usize, before: &str) -> (String, Configuration) {
    let created = Created::of(form).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let text = created.append(seat, before, !before.is_empty()).unwrap();
    let main = "/etc/keepalived/keepalived.conf";
    let files = Files::from([(main.to_owned(), text.clone())]);
    let configuration = Configuration::read(&files, main, "lb");
    (text, configuration)
}

fn wrong_entries(form: &InstanceForm) -> Vec<Entry> {
    Created::of(form).err().unwrap_or_default().into_iter().map(|wrong| wrong.entry).collect()
}

#[test]
fn two_directors_get_files_that_say_what_was_typed_and_agree() {
    let files = [0, 1].map(|seat| made(&form(), seat, ""));
    insta::assert_snapshot!(files[0].0);
    let effective = files.each_ref().map(|(_, configuration)| configuration.effective());
    for ((_, configuration), effective) in files.iter().zip(&effective) {
        assert_eq!(lint(configuration, effective, "2.2.7".parse().ok()), []);
    }
    let pair = lint_pair((&files[0].1, &effective[0]), (&files[1].1, &effective[1]));
    assert_eq!(pair, []);
    let [first, second] = effective.map(|effective| probed(effective).instances[0].clone());
    assert_eq!((first.vrid, first.priority, first.advert_ms), (61, 150, 1_000));
    assert_eq!((second.priority, second.starts_as_master), (100, false));
    assert_eq!(first.virtual_addresses.len(), 2);
    assert_eq!(crate::vrrp::election::own_track_file(&first).unwrap().weight, 1);
}

#[test]
fn a_file_that_is_there_stays_and_keeps_its_own_settings() {
    let before = "global_defs {\n    router_id mine # not yours\n}\nvrrp_instance A {\n}";
    let (text, _) = made(&form(), 0, before);
    assert!(text.starts_with(before), "{text}");
    assert_eq!(text.matches("global_defs").count(), 1);
}

#[test]
fn version_3_without_preemption_by_unicast_with_every_check() {
    let mut form = form();
    (form.version, form.preempts, form.unicast) = (3, false, true);
    form.password.clear();
    form.advert_ms = "250".to_owned();
    form.services = CheckKind::ALL
        .into_iter()
        .enumerate()
        .map(|(at, check)| ServiceForm {
            port: (8000 + at).to_string(),
            is_udp: matches!(check, CheckKind::Dns | CheckKind::Udp),
            scheduler: SCHEDULERS[at].to_owned(),
            forwarding: [Forwarding::Nat, Forwarding::Dr, Forwarding::Tun][at % 3],
            persistence_s: if at == 2 { "60".to_owned() } else { String::new() },
            check,
            check_argument: "/usr/bin/true".to_owned(),
            real_servers: "192.168.1.102 0".to_owned(),
        })
        .collect();
    let (text, configuration) = made(&form, 1, "");
    insta::assert_snapshot!(text);
    assert_eq!(configuration.effective().virtual_servers.len(), 18);
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    type Spoil = fn(&mut InstanceForm);
    let cases: [(Spoil, Entry, &str); 17] = [
        (|f| f.name = "VI SHOP".to_owned(), Entry::Name, "such as VI_WEB"),
        (|f| f.vrid = "256".to_owned(), Entry::Vrid, "from 1 to 255; found “256”"),
        (|f| f.advert_ms = "1500".to_owned(), Entry::Advert, "steps of 1000 ms; found 1500"),
        (|f| f.advert_ms = "0".to_owned(), Entry::Advert, "from 1000 to 255000"),
        (|f| f.password = "ninechars".to_owned(), Entry::Password, "at most eight"),
        (|f| f.version = 3, Entry::Password, "VRRP 3 has no passwords"),
        (|f| f.addresses.clear(), Entry::Addresses, "at least one address"),
        (|f| f.addresses = "192.168.1.300".to_owned(), Entry::Addresses, "found “192.168.1.300”"),
        (|f| f.addresses = "192.168.1.10".to_owned(), Entry::Addresses, "lb-1's own address"),
        (|f| f.addresses = "fd00::5/64".to_owned(), Entry::Addresses, "IPv6 needs VRRP 3"),
        (|f| drop(f.seats.pop()), Entry::Seat(0), "Choose two directors"),
        (|f| f.seats[1].priority = "150".to_owned(), Entry::Seat(1), "lb-1 has priority 150"),
        (|f| f.seats[1].interface.clear(), Entry::Seat(1), "Choose the interface"),
        (|f| f.mail.to.clear(), Entry::Mail, "leave all three empty"),
        (|f| f.services[0].real_servers.clear(), Entry::Service(0), "at least one real server"),
        (
            |f| f.services[0].real_servers = "192.168.1.102:8080".to_owned(),
            Entry::Service(0),
            "only NAT changes the port",
        ),
        (|f| f.services[0].check_argument = "a b".to_owned(), Entry::Service(0), "HTTP_GET needs"),
    ];
    for (spoil, entry, says) in cases {
        let mut form = form();
        spoil(&mut form);
        let wrong = Created::of(&form).err().unwrap();
        assert!(wrong.iter().any(|w| w.entry == entry && w.says.en.contains(says)), "{wrong:#?}");
    }
    assert_eq!(wrong_entries(&form()), []);
}

proptest! {
    /// Whatever is typed is refused, or stands in its own place: one instance and its services.
    #[test]
    fn nothing_typed_becomes_another_statement(
        typed in prop::collection::vec("[ -~\\n]{0,12}|[a-z0-9./@:_-]{1,12}", 9),
    ) {
        let mut form = form();
        let service = &mut form.services[0];
        let fields = [
            &mut form.name, &mut form.password, &mut form.mail.to, &mut form.mail.from,
            &mut form.mail.server, &mut service.check_argument,
            &mut service.real_servers, &mut form.seats[0].interface, &mut form.addresses,
        ];
        for (field, typed) in fields.into_iter().zip(&typed) {
            if typed.len() % 2 == 0 {
                field.clone_from(typed);
            }
        }
        let text = Created::of(&form).ok().and_then(|created| created.append(0, "", false).ok());
        if let Some(text) = text {
            let main = "/etc/keepalived/keepalived.conf";
            let files = Files::from([(main.to_owned(), text.clone())]);
            let configuration = Configuration::read(&files, main, "lb");
            prop_assert_eq!(&configuration.problems, &[], "{}", text);
            let effective = configuration.effective();
            prop_assert_eq!(effective.instances.len(), 1);
            prop_assert_eq!(effective.virtual_servers.len(), effective.instances[0].virtual_addresses.len());
        }
    }
}
