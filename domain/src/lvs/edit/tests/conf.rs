//! Edits of keepalived.conf: the lines that are meant, and no others.

use super::wish;
use crate::lvs::ServiceId;
use crate::lvs::edit::{OwnedError, rewritten};
use crate::vrrp::deploy::ConfReading;

const MAIN: &str = "/etc/keepalived/keepalived.conf";
const WEB: &str = "tcp/192.168.1.200:80";
const CONF: &str = "# by hand\nvirtual_server 192.168.1.200 80 {\n    lb_algo mh # spread\n    \
    lb_kind DR\n    mh-port\n    protocol TCP\n    \
    real_server 192.168.1.102 80 {\n        weight 2\n        uthreshold 500\n        \
    TCP_CHECK {\n            connect_timeout 2\n        }\n    }\n    \
    real_server 192.168.1.103 80 {\n    }\n}\n\
    virtual_server 192.168.1.201 3306 {\n    protocol TCP\n    real_server 192.168.1.111 3306 {\n    }\n}\n";

fn edited(text: &str, change: &str) -> Result<Option<String>, OwnedError> {
    let printed = format!(
        "daemon running\nboot enabled\nversion Keepalived v2.2.7 (01/16,2022)\nhost dir-a\nmain {MAIN}\nfile {} {MAIN}\n{text}\n",
        text.len()
    );
    let reading = ConfReading::parse(&printed, &|secret| format!("{:02x}", secret.len())).unwrap();
    let target = ServiceId(WEB.into()).target().unwrap();
    let file = rewritten(&reading, &target, &wish(WEB, change).change)?;
    Ok(file.map(|file| file.text))
}

/// What `change` makes of the file is `old` replaced by `new`, once.
fn becomes(change: &str, replaced: &[(&str, &str)]) {
    let expected = replaced.iter().fold(CONF.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old:?}");
        text.replace(old, new)
    });
    assert_eq!(edited(CONF, change).unwrap().unwrap(), expected, "{change}");
}

#[test]
fn a_services_options_are_the_lines_that_say_them() {
    becomes(
        r#"{"do": "edit_service", "options": {"scheduler": "wrr", "persistence": {"timeout_s": 60}}}"#,
        &[
            ("lb_algo mh", "lb_algo wrr"),
            ("    mh-port\n", ""),
            ("103 80 {\n    }\n}\n", "103 80 {\n    }\n    persistence_timeout 60\n}\n"),
        ],
    );
    becomes(
        r#"{"do": "edit_service", "options": {"scheduler": "mh", "flags": ["fallback", "port"]}}"#,
        &[("103 80 {\n    }\n}\n", "103 80 {\n    }\n    mh-fallback\n}\n")],
    );
    let same = r#"{"do": "edit_service", "options": {"scheduler": "mh", "flags": ["port"]}}"#;
    assert_eq!(edited(CONF, same), Ok(None));
}

#[test]
fn real_servers_come_change_and_go() {
    becomes(
        r#"{"do": "add_server", "server": {"server": "192.168.1.104:80", "forwarding": "TUN", "weight": 3, "upper_threshold": 9}}"#,
        &[(
            "103 80 {\n    }\n}\n",
            "103 80 {\n    }\n    real_server 192.168.1.104 80 {\n        weight 3\n        lvs_method TUN\n        uthreshold 9\n        TCP_CHECK {\n            connect_timeout 2\n        }\n    }\n}\n",
        )],
    );
    becomes(
        r#"{"do": "edit_server", "server": "192.168.1.102:80", "weight": 5, "forwarding": "TUN", "upper_threshold": 600, "lower_threshold": 50}"#,
        &[
            ("weight 2", "weight 5"),
            ("uthreshold 500", "uthreshold 600"),
            (
                "        }\n    }\n    real_server 192.168.1.103",
                "        }\n        lvs_method TUN\n        lthreshold 50\n    }\n    real_server 192.168.1.103",
            ),
        ],
    );
    becomes(
        r#"{"do": "delete_server", "server": "192.168.1.103:80"}"#,
        &[("    real_server 192.168.1.103 80 {\n    }\n", "")],
    );
}

#[test]
fn a_deleted_service_leaves_the_others() {
    let text = edited(CONF, r#"{"do": "delete_service"}"#).unwrap().unwrap();
    let rest = CONF.find("virtual_server 192.168.1.201").unwrap();
    assert_eq!(text, format!("# by hand\n{}", &CONF[rest..]));
}

#[test]
fn what_means_more_or_cannot_be_had_is_refused() {
    let refused = |text: &str, change: &str| edited(text, change).unwrap_err().to_string();
    let delete = r#"{"do": "delete_server", "server": "192.168.1.109:80"}"#;
    assert!(refused(CONF, delete).contains("192.168.1.109:80; found 0"));
    let add = r#"{"do": "add_server", "server": {"server": "192.168.1.103:80", "forwarding": "DR", "weight": 1}}"#;
    assert!(refused(CONF, add).contains("already"));
    let lower = r#"{"do": "edit_server", "server": "192.168.1.102:80", "lower_threshold": 501}"#;
    assert!(refused(CONF, lower).contains("found 500 and 501"));
    let twice = format!("{CONF}{CONF}");
    assert!(refused(&twice, r#"{"do": "delete_service"}"#).contains("found 2"));
    let block = "$RS=real_server 192.168.1.102 80 {\\\n        weight 2\\\n    }\n";
    let shared = format!(
        "{block}virtual_server 192.168.1.200 80 {{\n    protocol TCP\n    $RS\n}}\n\
         virtual_server 192.168.1.201 80 {{\n    protocol TCP\n    $RS\n}}\n"
    );
    let change =
        edited(&shared, r#"{"do": "edit_server", "server": "192.168.1.102:80", "weight": 3}"#);
    assert!(change.is_err(), "{change:?}");
}
