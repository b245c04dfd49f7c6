use super::*;
use crate::vrrp::conf::{Configuration, Files};

const PATH: &str = "/etc/keepalived/keepalived.conf";

fn text(priority: u8, more: &str) -> String {
    format!(
        "global_defs {{\n    router_id lb\n}}\n\nvrrp_instance VI_WEB {{\n    interface eth0\n    virtual_router_id 51\n    priority {priority}\n    virtual_ipaddress {{\n        192.0.2.10/24\n    }}\n{more}}}\n\n# The other.\nvrrp_instance VI_DB {{\n    interface eth0\n    virtual_router_id 52\n    priority 100\n}}\n"
    )
}

fn effective(text: &str) -> Effective {
    let files = Files::from([(PATH.to_owned(), text.to_owned())]);
    Configuration::read(&files, PATH, "lb").effective()
}

fn protection(texts: [&str; 2], form: &ProtectForm) -> Result<Protection, Vec<Entry>> {
    let [a, b] = texts.map(effective);
    Protection::of(form, &[&a, &b])
        .map_err(|wrong| wrong.into_iter().map(|wrong| wrong.entry).collect())
}

#[test]
fn every_instance_tracks_the_script_and_all_of_it_goes_again() {
    let (a, b) = (text(100, ""), text(90, "    track_script {\n        ping_gw\n    }\n"));
    let protection = protection([&a, &b], &ProtectForm::default()).unwrap();
    for old in [&a, &b] {
        let new = protection.put_into(old).unwrap();
        assert_eq!(protection.put_into(&new).unwrap(), new, "put in twice");
        let then = effective(&new);
        let [script] = then.scripts.as_slice() else { panic!("{:?}", then.scripts) };
        assert_eq!((script.weight, script.interval_ms), (-22, 2_000));
        assert_eq!(
            script.command,
            "/bin/sh /etc/keepalived/signalbox/load.sh /run/signalbox-load cpu 95 80 memory 90 80 disk / 95 90"
        );
        for instance in &then.instances {
            assert!(instance.track_scripts.iter().any(|t| t.name == "signalbox_load"), "{new}");
        }
        // keepalived 2.2.7 ignores a script that is defined behind the instance.
        assert!(new.find("vrrp_script").unwrap() < new.find("vrrp_instance").unwrap());
        let found = ProtectForm::found(&then).unwrap();
        assert_eq!(found, ProtectForm { weight: "22".into(), ..ProtectForm::default() });
        assert_eq!(Protection::taken_out_of(&new).unwrap(), **old);
    }
    assert!(ProtectForm::found(&effective(&a)).is_none());
}

#[test]
fn the_weight_lets_the_other_take_over_and_keeps_the_order_of_two_that_are_sick() {
    let form = |weight: &str| ProtectForm { weight: weight.into(), ..ProtectForm::default() };
    let wrong = |high, low, weight: &str| {
        protection([&text(high, ""), &text(low, "")], &form(weight)).err()
    };
    assert_eq!(wrong(100, 90, "10"), Some(vec![Entry::Weight]), "a tie moves nothing for sure");
    assert_eq!(wrong(100, 90, "11"), None);
    assert_eq!(wrong(100, 90, "89"), None);
    assert_eq!(wrong(100, 90, "90"), Some(vec![Entry::Weight]), "both would lie at 1");
    assert_eq!(wrong(200, 90, ""), Some(vec![Entry::Weight]), "too far apart");
    let nopreempt = text(100, "    nopreempt\n");
    assert_eq!(protection([&nopreempt, &text(90, "")], &form("")).err(), Some(vec![Entry::Weight]));
    let told = protection([&text(100, ""), &text(90, "")], &form("")).unwrap();
    let web = told.outcomes().iter().find(|outcome| outcome.en.starts_with("VI_WEB")).unwrap();
    assert_eq!(
        web.en,
        "VI_WEB: after 6 s over a limit 100 becomes 78, below 90: the other takes it over within 3648 ms. After 30 s below, and 0 ms of preempt_delay, it comes back."
    );
}

#[test]
fn what_is_no_limit_is_told_where_it_stands() {
    let limit = |enter: &str, leave: &str| LimitForm { enter: enter.into(), leave: leave.into() };
    let wrong = |change: &dyn Fn(&mut ProtectForm)| {
        let mut form = ProtectForm::default();
        change(&mut form);
        protection([&text(100, ""), &text(90, "")], &form).err().unwrap_or_default()
    };
    assert_eq!(wrong(&|form| form.cpu = limit("80", "80")), [Entry::Cpu]);
    assert_eq!(wrong(&|form| form.memory = limit("101", "80")), [Entry::Memory]);
    assert_eq!(wrong(&|form| form.disk = limit("", "90")), [Entry::Disk]);
    assert_eq!(wrong(&|form| form.path = "/var; reboot".into()), [Entry::Path]);
    assert_eq!(wrong(&|form| form.rise = "0".into()), [Entry::Rise]);
    assert_eq!(wrong(&|form| form.interval_s = "-1".into()), [Entry::Interval]);
    let nothing = |form: &mut ProtectForm| {
        (form.cpu, form.memory, form.disk) = Default::default();
    };
    assert_eq!(wrong(&nothing), [Entry::Cpu]);
}
