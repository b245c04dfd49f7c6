use super::super::{Configuration, Files};
use super::*;

fn read(text: &str, host: &str) -> (Configuration, Effective) {
    let files = Files::from([("k.conf".to_owned(), text.to_owned())]);
    let configuration = Configuration::read(&files, "k.conf", host);
    let effective = configuration.effective();
    (configuration, effective)
}

fn codes(text: &str) -> Vec<&'static str> {
    let (configuration, effective) = read(text, "dir-a");
    lint(&configuration, &effective, None)
        .into_iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

const GLOBAL: &str = "global_defs {\n reload_check_config\n enable_script_security\n}\n";

fn instance(lines: &str) -> String {
    format!(
        "{GLOBAL}vrrp_instance VI {{\n interface eth0\n virtual_router_id 51\n \
         virtual_ipaddress {{ 10.0.0.9 }}\n{lines}\n}}\n"
    )
}

fn service(lines: &str) -> String {
    format!(
        "{GLOBAL}virtual_server 10.0.0.9 80 {{\n lvs_sched rr\n lvs_method DR\n protocol TCP\n{lines}\n}}\n"
    )
}

#[test]
fn a_directors_own_file_has_nothing_to_tell() {
    let text = include_str!("../fixtures/keepalived.conf").split_once('\n').unwrap().1;
    // Its passwords are digests, which are longer than passwords.
    assert_eq!(codes(text), ["long_password", "long_password"]);
    assert_eq!(codes(&instance("priority 90\nstate BACKUP")), [""; 0]);
}

#[test]
fn each_instance_finding_has_its_line() {
    for (lines, expected) in [
        ("priorty 5", &["unknown_keyword"][..]),
        ("foo {\n bar\n}", &["unknown_block"]),
        ("priority 10\npriority 20", &["repeated"]),
        ("priority 300", &["out_of_range"]),
        ("priority x", &["not_a_number"]),
        ("priority", &["missing_argument"]),
        ("track_file", &["missing_block"]),
        ("state Master", &["not_one_of"]),
        ("virtual_router_id 0", &["out_of_range", "repeated"]),
        ("advert_int 0.5", &["sub_second_advert"]),
        ("advert_int 0.001", &["out_of_range", "sub_second_advert"]),
        ("version 3\nadvert_int 41", &["long_advert"]),
        ("version 3\nadvert_int 0.5", &[]),
        ("state MASTER", &["master_without_priority"]),
        ("state MASTER\npriority 9\nnopreempt", &["nopreempt_as_master"]),
        ("state MASTER\npriority 9\npreempt_delay 5", &["preempt_delay_as_master"]),
        ("authentication {\nauth_type PASS\n}", &["no_password"]),
        ("authentication {\nauth_type PASS\nauth_pass ab!cd\n}", &["cut_word"]),
        ("authentication {\nauth_type PASS\nauth_pass \"ab!cd\"\n}", &[]),
        ("authentication {\nauth_type PASS\nauth_pass 123456789\n}", &["long_password"]),
        ("authentication {\nauth_type AH\nauth_pass 12345678\n}", &["authentication_header"]),
        ("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}", &["password_ignored"]),
        ("strict_mode on", &["strict"]),
        ("track_script {\n s\n}", &["undefined_track"]),
        ("unicast_peer {\n fd00::1\n}", &["mixed_families"]),
        ("priority ${_RANDOM 1 9}", &["unknowable"]),
    ] {
        assert_eq!(codes(&instance(lines)), expected, "{lines}");
    }
}

#[test]
fn each_service_finding_has_its_line() {
    for (lines, expected) in [
        ("real_server 10.0.0.1 80 {\n weight 1\n}", &[][..]),
        ("real_server 10.0.0.1 81 {\n}", &["port_differs"]),
        ("real_server 10.0.0.1 81 {\n lvs_method NAT\n}", &[]),
        ("real_server 10.0.0.1 80 {\n weight -1\n}", &["out_of_range"]),
        ("real_server 10.0.0.1 80 {\n}\nreal_server 10.0.0.1 80 {\n}", &["duplicate_server"]),
        ("real_server web 80 {\n}", &["unread"]),
        ("", &["no_real_servers"]),
        ("lvs_sched foo\nreal_server 10.0.0.1 80 {\n}", &["not_one_of", "repeated"]),
        ("real_server 10.0.0.1 80 {\n TCP_CHEK {\n }\n}", &["unknown_block"]),
    ] {
        assert_eq!(codes(&service(lines)), expected, "{lines}");
    }
    let bare =
        format!("{GLOBAL}virtual_server 10.0.0.9 80 {{\nreal_server 10.0.0.1 80 {{\n}}\n}}\n");
    assert_eq!(codes(&bare), ["no_protocol", "no_scheduler", "no_method"]);
    assert_eq!(
        codes(&bare.repeat(2)).iter().filter(|code| **code == "duplicate_service").count(),
        1
    );
}

#[test]
fn each_finding_of_the_file_has_its_line() {
    let two = |second: &str| instance("") + &instance("").replace(GLOBAL, "").replace("VI", second);
    for (text, expected) in [
        (two("VJ"), &["duplicate_vrid"][..]),
        (two("VI"), &["unread"]),
        ("include d/*.conf\n".to_owned(), &["missing_include"]),
        ("include \"x\"\n".to_owned(), &["missing_include", "quoted_include"]),
        (instance("").replace("reload_check_config", "router_id x"), &["no_reload_check"]),
        (
            instance("").replace(" enable_script_security", "")
                + "vrrp_script s {\n script /x\n}\n",
            &["no_script_security"],
        ),
        (instance("").replace(" virtual_router_id 51\n", ""), &["missing_vrid"]),
        (instance("").replace(" interface eth0\n", ""), &["missing_interface"]),
        (instance("").replace("10.0.0.9", ""), &["no_address"]),
        (instance("") + "vrrp_sync_group G {\n group {\n VX\n }\n}\n", &["undefined_instance"]),
    ] {
        assert_eq!(codes(&text), expected, "{text}");
    }
}

#[test]
fn a_finding_says_where_and_what_to_do() {
    let (configuration, effective) = read(&instance("  priority 300\n auth_pass hunter2"), "dir-a");
    let found = lint(&configuration, &effective, Some(Version(2, 1, 5)));
    assert!(!format!("{found:?}").contains("hunter2"));
    insta::assert_json_snapshot!(found);
}

#[test]
fn keywords_of_a_newer_keepalived_are_told() {
    let (configuration, effective) = read(&instance("down_timer_adverts 4"), "dir-a");
    let found = |version| {
        let found = lint(&configuration, &effective, Some(version));
        found.into_iter().filter(|finding| finding.code == Code::NewerKeyword).count()
    };
    assert_eq!((found(Version(2, 1, 5)), found(Version(2, 2, 7))), (2, 0));
    let (configuration, effective) = read(&instance("v3_checksum_as_v2"), "dir-a");
    let newer = |version| lint(&configuration, &effective, Some(version)).len();
    assert_eq!((newer(Version(2, 2, 7)), newer(Version(2, 3, 1))), (1, 0));
    assert_eq!("2.2.7".parse(), Ok(Version(2, 2, 7)));
    assert!("2".parse::<Version>().is_err());
}

fn pair(first: &str, second: &str) -> Vec<&'static str> {
    let (a, b) = (read(first, "dir-a"), read(second, "dir-b"));
    lint_pair((&a.0, &a.1), (&b.0, &b.1)).into_iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn each_split_of_a_pair_is_found() {
    let auth = |word: &str| format!("authentication {{\nauth_type PASS\nauth_pass {word}\n}}");
    let low = |lines: &str| instance(&format!("{lines}\npriority 90"));
    let tracking = |weight: i32| {
        let script = format!("vrrp_script s {{\nscript /bin/true\nweight {weight}\n}}\n");
        script + &instance("track_script { s }")
    };
    for (first, second, expected) in [
        (instance(""), low(""), &[][..]),
        (instance(""), instance(""), &["pair_priority"]),
        (instance(&auth("a")), low(&auth("b")), &["pair_authentication"]),
        (instance(&auth("12345678x")), low(&auth("12345678")), &[]),
        (instance(&auth("a")), low(""), &["pair_authentication"]),
        (instance(""), low("advert_int 2"), &["pair_advert"]),
        (instance(""), low("version 3"), &["pair_version"]),
        (instance(""), low("").replace("51", "52"), &["pair_vrid"]),
        (instance(""), low("virtual_ipaddress { 10.0.0.8 }"), &["pair_addresses"]),
        (instance(""), low("unicast_peer { 10.0.0.1 }"), &["pair_unicast"]),
        (
            instance("unicast_peer { 10.0.0.2 }\nunicast_src_ip 10.0.0.1"),
            low("unicast_peer { 10.0.0.3 }\nunicast_src_ip 10.0.0.2"),
            &["pair_peers"],
        ),
        (instance("state BACKUP"), low("state BACKUP\nnopreempt"), &["pair_nopreempt"]),
        (instance("state BACKUP\nnopreempt"), low(""), &[]),
        (tracking(-5), low(""), &["pair_weight"]),
        (tracking(-10), low(""), &["pair_weight"]),
        (tracking(-11), low(""), &[]),
        (tracking(-11), low("state BACKUP\nnopreempt"), &["pair_nopreempt", "pair_weight"]),
        (instance(""), GLOBAL.to_owned(), &["pair_alone"]),
        (
            service("real_server 10.0.0.1 80 {\n}"),
            service("real_server 10.0.0.1 80 {\n weight 2\n}"),
            &["pair_services"],
        ),
        (service("real_server 10.0.0.1 80 {\n}"), GLOBAL.to_owned(), &["pair_services"]),
    ] {
        assert_eq!(pair(&first, &second), expected, "{second}");
    }
}

/// Tried with `keepalived -t` 2.2.7, word by word.
#[test]
fn a_check_takes_what_the_daemon_takes() {
    let check = |line: &str| codes(&service(&format!("real_server 10.0.0.1 80 {{\n {line}\n}}")));
    for line in [
        "retry 3",
        "connect_timeout 2.5",
        "TCP_CHECK {\n connect_port 81\n bindto 10.0.0.3\n}",
        "HTTP_GET {\n url {\n path /\n status_code 200\n regex ^a\n}\n nb_get_retry 2\n}",
        "SMTP_CHECK {\n helo_name x\n host {\n connect_ip 10.0.0.4\n}\n}",
        "DNS_CHECK {\n type A\n name x\n}",
        "MISC_CHECK {\n misc_path /x\n misc_timeout 3\n retry 1\n}",
        "UDP_CHECK {\n payload 00\n require_reply\n}",
        "PING_CHECK {\n retry 1\n}",
        "FILE_CHECK {\n track_file x\n weight 2\n}",
        "BFD_CHECK {\n name b\n alpha\n}",
    ] {
        assert_eq!(check(line), [""; 0], "{line}");
    }
    for line in [
        "connect_ip 10.0.0.1",
        "MISC_CHECK {\n connect_timeout 3\n}",
        "FILE_CHECK {\n retry 3\n}",
        "BFD_CHECK {\n delay_loop 3\n}",
        "HTTP_GET {\n path /\n}",
    ] {
        assert_eq!(check(line), ["unknown_keyword"], "{line}");
    }
}
