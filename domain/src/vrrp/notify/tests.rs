use super::*;
use crate::vrrp::conf::{Configuration, Files};

const PATH: &str = "/etc/keepalived/keepalived.conf";
const TEXT: &str = "# Ours.\nglobal_defs {\n    router_id old\n    smtp_connect_timeout 5\n}\n\nvrrp_instance VI_WEB {\n    interface eth0\n    virtual_router_id 51\n    priority 100 # more\n}\n";

fn effective(text: &str) -> Effective {
    let files = Files::from([(PATH.to_owned(), text.to_owned())]);
    Configuration::read(&files, PATH, "lb").effective()
}

fn form() -> NotifyForm {
    NotifyForm {
        to: "ops@example.org, night@example.org".into(),
        from: "keepalived@lb.example.org".into(),
        server: "192.0.2.25 587".into(),
        transitions: true,
        journal: true,
    }
}

#[test]
fn what_the_form_says_is_what_keepalived_reads_and_it_goes_again() {
    let put = Notification::of(&form()).unwrap();
    let new = put.put_into(TEXT, "lb-1").unwrap();
    let then = effective(&new);
    assert_eq!(then.global.router_id.as_deref(), Some("lb-1"));
    assert_eq!(then.global.notification_email, ["ops@example.org", "night@example.org"]);
    assert_eq!(NotifyForm::found(&then), form());
    assert_eq!(put.put_into(&new, "lb-1").unwrap(), new, "put in twice");
    assert!(new.contains("priority 100 # more"), "{new}");
    assert!(new.contains("notify \"/bin/sh /etc/keepalived/signalbox/notify.sh\" root"), "{new}");

    let less = NotifyForm { to: "ops@example.org".into(), transitions: false, ..form() };
    let changed = Notification::of(&less).unwrap().put_into(&new, "lb-1").unwrap();
    assert_eq!(NotifyForm::found(&effective(&changed)), less);

    let nothing = Notification::of(&NotifyForm::default()).unwrap();
    assert_eq!(nothing.put_into(&changed, "old").unwrap(), TEXT);
}

#[test]
fn a_file_without_globals_gets_them_and_another_hook_is_left_alone() {
    let bare = "vrrp_instance VI_WEB {\n    interface eth0\n    virtual_router_id 51\n}\n";
    let put = Notification::of(&form()).unwrap();
    let new = put.put_into(bare, "lb-1").unwrap();
    assert_eq!(NotifyForm::found(&effective(&new)), form());
    let hooked = bare.replace("    interface", "    notify /usr/local/bin/tell\n    interface");
    assert!(matches!(put.put_into(&hooked, "lb-1"), Err(WriteError::OtherHook { .. })));
}

#[test]
fn what_is_no_address_is_told_where_it_stands() {
    let wrong = |change: &dyn Fn(&mut NotifyForm)| {
        let mut typed = form();
        change(&mut typed);
        let wrong = Notification::of(&typed).err().unwrap_or_default();
        wrong.into_iter().map(|wrong| wrong.entry).collect::<Vec<_>>()
    };
    assert_eq!(wrong(&|form| form.to = "ops".into()), [Entry::To]);
    assert_eq!(wrong(&|form| form.to = String::new()), [Entry::To]);
    assert_eq!(wrong(&|form| form.from = "a@b c@d".into()), [Entry::From]);
    assert_eq!(wrong(&|form| form.server = "mail 99999".into()), [Entry::Server]);
    assert_eq!(wrong(&|form| form.server = "$MAIL".into()), [Entry::Server]);
    let nobody = NotifyForm { transitions: true, ..NotifyForm::default() };
    assert!(Notification::of(&nobody).is_err());
    assert!(check_router_id("dir a").is_err() && check_router_id("dir-a").is_ok());
}
