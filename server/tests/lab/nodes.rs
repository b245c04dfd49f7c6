//! Nodes as they are found in the field: frozen, with a wrong clock, without perl, behind another,
//! with sudo, with RSA keys.

use std::process::Command;

use serde_json::{Value, json};
use signalbox_domain::nodes::{LinkState, NodeView};
use signalbox_lab::NodeKind;

use crate::console::{Console, entry};
use crate::directors::Directors;

fn lab(names: &[&str]) -> Option<(Directors, Console)> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, names);
    Some((directors, console))
}

fn faults(console: &Console) -> Vec<(String, String)> {
    let faults = console.fleet().faults.into_iter();
    faults
        .filter(|fault| fault.cleared_at.is_none())
        .map(|fault| (fault.id, fault.title.en))
        .collect()
}

fn now_ms() -> i64 {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

#[test]
fn a_node_that_never_answers_is_told_and_what_was_seen_of_it_is_called_old() {
    let Some((directors, console)) = lab(&["web-3"]) else { return };
    let before = console.await_observed("web-3");
    directors.lab.freeze("web-3").unwrap();
    console.await_node("web-3", "silent", |node| node.observed.link.state == LinkState::Silent);
    let told = |(id, _): &(String, String)| *id == format!("node/{}/link", console.nodes["web-3"]);
    directors.until("the fault is told", || faults(&console).iter().any(told));
    // Ten seconds later nothing that was seen of it counts any more, though it is still shown.
    let stale = console.await_node("web-3", "stale", |node| {
        node.observed.is_stale(signalbox_domain::time::Timestamp(now_ms()))
    });
    assert_eq!(stale.observed.addresses.unwrap().value, before.observed.addresses.unwrap().value);

    directors.lab.thaw("web-3").unwrap();
    console.await_node("web-3", "up again", |node| node.observed.link.state == LinkState::Up);
    directors.until("the fault is over", || !faults(&console).iter().any(told));
}

#[test]
fn a_clock_that_is_hours_off_is_told_and_every_age_is_right() {
    let Some((directors, console)) = lab(&["dir-b"]) else { return };
    if directors.lab.node("dir-b").unwrap().kind != NodeKind::Kernel {
        eprintln!("skipped: dir-b shares this machine's clock");
        return;
    }
    let since = |node: &NodeView| {
        let services = &node.observed.services.as_ref().unwrap().value;
        services.iter().find(|service| service.name == "ssh").unwrap().since.unwrap().0
    };
    let whole =
        |node: &NodeView| node.observed.services.is_some() && node.observed.vitals.is_some();
    console.await_observed("dir-b");
    let before = console.await_node("dir-b", "its services", whole);
    let _put_back = directors.afterwards("dir-b", "date -s @$(($(date +%s) - 18000)) > /dev/null");
    directors.sh("dir-b", "date -s @$(($(date +%s) + 18000)) > /dev/null");
    let ahead = |node: &NodeView| {
        let platform = node.observed.platform.as_ref();
        platform.is_some_and(|fact| (fact.value.clock_ahead_ms - 18_000_000).abs() < 60_000)
    };
    console.await_node("dir-b", "five hours ahead", ahead);
    directors.until("the fault is told", || {
        faults(&console).iter().any(|(_, title)| title.starts_with("dir-b's clock is 1"))
    });
    // Over a new line, as after any cut: the probe begins under the wrong clock.
    directors.sh("dir-b", "pkill -x signalbox-probe");
    console.await_node("dir-b", "the probe ended", |node| {
        node.observed.unreadable.contains_key("probe")
    });
    let after = console.await_node("dir-b", "observed anew", |node| {
        !node.observed.unreadable.contains_key("probe") && whole(node) && ahead(node)
    });
    let vitals_age_ms = now_ms() - after.observed.vitals.as_ref().unwrap().observed_at.0;
    assert!((-1_000..20_000).contains(&vitals_age_ms), "{vitals_age_ms} ms");
    let moved_ms = (since(&after) - since(&before)).abs();
    assert!(moved_ms < 60_000, "ssh began another time: by {moved_ms} ms");
}

#[test]
fn a_node_without_perl_says_what_to_install_and_is_observed_once_it_is_there() {
    let Some((directors, mut console)) = lab(&[]) else { return };
    let away = directors
        .afterwards("web-3", "[ ! -e /usr/bin/perl.away ] || mv /usr/bin/perl.away /usr/bin/perl");
    directors.sh("web-3", "mv /usr/bin/perl /usr/bin/perl.away");
    console.add(&entry(&directors.lab, "web-3")).unwrap();
    let node = console
        .await_node("web-3", "it says why", |node| node.observed.unreadable.contains_key("probe"));
    assert!(node.observed.unreadable["probe"].contains("apt-get install perl-base"), "{node:?}");
    directors.until("the fault is told", || {
        faults(&console).iter().any(|(_, title)| title == "web-3 cannot be observed")
    });
    drop(away);
    let node = console.await_observed("web-3");
    assert!(!node.observed.unreadable.contains_key("probe"), "{node:?}");
}

#[test]
fn a_node_that_only_its_jump_host_reaches_is_observed_through_it() {
    let Some((directors, mut console)) = lab(&["router"]) else { return };
    let mut web = entry(&directors.lab, "web-1");
    // Its address on the service network, to which this machine has no way.
    web["host"] = json!("192.168.1.102");
    let direct = console.add(&web).unwrap_err();
    assert!(direct.contains("node_unreachable"), "{direct}");
    web["jump"] = json!(console.nodes["router"]);
    console.add(&web).unwrap();
    let seen = console.await_observed("web-1");
    assert_eq!(seen.observed.platform.unwrap().value.hostname, "web-1");
    let kept = console.delete(&format!("/nodes/{}", console.nodes["router"])).unwrap_err();
    assert!(kept.contains("node_is_jump_host"), "{kept}");
}

#[test]
fn the_sudoers_file_that_the_console_gives_is_enough_and_without_it_the_node_refuses() {
    const FILE: &str = "/etc/sudoers.d/signalbox";
    let Some((directors, mut console)) = lab(&[]) else { return };
    let sudoers = console.text("/nodes/sudoers?user=ops");
    let _put_back = directors.afterwards(
        "web-3",
        format!("rm -f {FILE}; [ ! -e /root/ops ] || mv /root/ops /etc/sudoers.d/ops"),
    );
    directors.sh("web-3", "mv /etc/sudoers.d/ops /root/ops");
    let mut web = entry(&directors.lab, "web-3");
    (web["user"], web["elevation"]) = (json!("ops"), json!("sudo"));
    let refused = console.add(&web).unwrap_err();
    assert!(refused.contains("node_sudo_refused"), "{refused}");

    let install = format!(
        "cat > /root/signalbox <<'END'\n{sudoers}END\n\
         visudo -cf /root/signalbox && install -m 0440 /root/signalbox {FILE}; rm /root/signalbox"
    );
    directors.sh("web-3", &install);
    console.add(&web).unwrap();
    let seen = console.await_observed("web-3");
    // What only root may read has been read.
    assert!(seen.observed.unreadable.is_empty(), "{:?}", seen.observed.unreadable);
    directors.until("the probe runs as root", || {
        directors.sh("web-3", "ps -o user= -C signalbox-probe || true").trim() == "root"
    });
    let other =
        directors.lab.ssh("web-3", &["su", "ops", "-c", "sudo -n env PATH=/tmp LC_ALL=C true"]);
    assert!(!other.unwrap().status.success(), "another environment is allowed");
}

/// OpenSSH's format and PEM; a server that takes both hashes and one that takes SHA-256 alone.
#[test]
fn rsa_keys_sign_in() {
    const CONF: &str = "/etc/ssh/sshd_config.d/rsa.conf";
    let Some((directors, mut console)) = lab(&[]) else { return };
    let keys = tempfile::tempdir().unwrap();
    let mut authorize = "cp -p /root/.ssh/authorized_keys /root/authorized_keys.saved\n".to_owned();
    let mut private_keys: Vec<Value> = Vec::new();
    for format in ["RFC4716", "PEM"] {
        let path = keys.path().join(format);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-m", format, "-f"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        private_keys.push(json!(std::fs::read_to_string(&path).unwrap()));
        let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
        authorize += &format!("echo '{}' >> /root/.ssh/authorized_keys\n", public.trim());
    }
    let _put_back = directors.afterwards(
        "web-3",
        format!(
            "rm -f {CONF}; mv /root/authorized_keys.saved /root/.ssh/authorized_keys; \
             systemctl reload ssh"
        ),
    );
    directors.sh("web-3", &authorize);
    for takes in ["+rsa-sha2-512", "-rsa-sha2-512"] {
        let conf = format!("echo 'PubkeyAcceptedAlgorithms {takes}' > {CONF}");
        directors.sh("web-3", &format!("{conf}; systemctl reload ssh; sleep 1"));
        for (number, key) in private_keys.iter().enumerate() {
            let mut web = entry(&directors.lab, "web-3");
            web["name"] = json!(format!("web-3 {takes} {number}"));
            web["credential"] = json!({ "private_key": key });
            let mut added = console.add(&web);
            // sshd is not there for a moment while it reads its configuration anew.
            directors.until("sshd listens again", || {
                let away = added.as_ref().is_err_and(|why| why.contains("node_unreachable"));
                if away {
                    added = console.add(&web);
                }
                !away
            });
            assert!(added.is_ok(), "{takes}, key {number}: {added:?}");
        }
    }
}
