use proptest::prelude::*;

use super::*;
use crate::vrrp::{Auth, InstanceConf};

/// The instance of a configuration that is right but for `lines`.
fn instance_with(lines: &str) -> InstanceConf {
    let text = format!(
        "id dir-a\nvrrp_instance VI {{\n interface eth0\n virtual_router_id 51\n\
         virtual_ipaddress {{ 192.168.1.200 }}\n{lines}\n}}\n"
    );
    let effective = parse(&text);
    assert_eq!(effective.problems, Vec::<String>::new());
    effective.instances.into_iter().next().unwrap()
}

#[test]
fn a_real_directors_file() {
    let effective = parse(include_str!("../fixtures/keepalived.conf"));
    assert_eq!(effective.problems, Vec::<String>::new());
    insta::assert_json_snapshot!("instances", effective.instances);
    insta::assert_json_snapshot!("table", effective.table);
}

#[test]
fn defaults_are_the_man_pages() {
    let instance = instance_with("");
    assert_eq!((instance.priority, instance.advert_ms, instance.version), (100, 1_000, 2));
    assert_eq!((instance.down_timer_adverts, instance.preempt_delay_ms), (3, 0));
    assert_eq!(instance.auth, Auth::None);
    assert_eq!(instance.virtual_addresses[0].prefix_len, 32);
    assert_eq!(instance_with("state MASTER").priority, 255, "MASTER without a priority");
}

#[test]
fn the_last_of_a_repeated_scalar_counts() {
    assert_eq!(instance_with("priority 10\npriority 90").priority, 90);
}

#[test]
fn comments_begin_anywhere_outside_quotes() {
    let instance = instance_with("priority 90 # 91\nadvert_int 0.1! fast\n#nopreempt\nversion 3");
    assert_eq!((instance.priority, instance.advert_ms), (90, 100));
    assert!(!instance.nopreempt);
    let quoted = instance_with("authentication { auth_type PASS\n auth_pass \"ab#cd\" }");
    assert_eq!(quoted.auth, Auth::Pass { digest: "ab#cd".to_owned() });
}

#[test]
fn braces_may_stand_anywhere() {
    let instance = instance_with(
        "authentication\n{\nauth_type PASS\nauth_pass x}\nunicast_peer { 10.0.0.1\n10.0.0.2 }\nnotify_x { y { z }} nopreempt",
    );
    assert_eq!(instance.auth, Auth::Pass { digest: "x".to_owned() });
    assert_eq!(instance.unicast_peers.len(), 2);
    assert!(instance.nopreempt);
}

#[test]
fn conditions_and_definitions_are_carried_out() {
    let instance = instance_with(
        "$PRIO=${BASE}0\n$BASE=12\n@dir-a priority $PRIO\n@dir-b priority 1\n@^dir-a nopreempt",
    );
    assert_eq!(instance.priority, 120);
    assert!(!instance.nopreempt);
    let several = instance_with("$BOTH=priority 77\\\nnopreempt\n$BOTH");
    assert_eq!((several.priority, several.nopreempt), (77, true));
}

#[test]
fn version_three_has_no_password() {
    let instance = instance_with("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}");
    assert_eq!(instance.auth, Auth::None);
}

#[test]
fn what_cannot_be_read_is_said() {
    let effective =
        parse("id a\nvrrp_instance VI {\n interface eth0\n}\nvirtual_server group x {\n}");
    assert!(effective.instances.is_empty());
    insta::assert_json_snapshot!(effective.problems);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text in "(vrrp_instance|virtual_server|real_server|\\{|\\}|\"|\\\\|\n| |@a|\\$A=|\\$A|#|[^\n]{0,6}){0,60}"
    ) {
        let _ = parse(&text);
    }
}
