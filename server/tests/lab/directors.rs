//! The lab's directors as the system's own ssh sees them, and faults on them.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use signalbox_lab::Lab;

pub(crate) const VIP: &str = "192.168.1.200";
/// The lab's real servers, as its directors weigh them.
const WEIGHTS: [(&str, u32); 3] =
    [("192.168.1.102", 2), ("192.168.1.103", 1), ("192.168.1.104", 1)];
const CONF: &str = "/etc/keepalived/keepalived.conf";
const SAVED: &str = "/run/keepalived.conf.saved";
const NUMBER: &str = "/etc/keepalived/signalbox/VI_WEB.priority";

static IN_ORDER: AtomicBool = AtomicBool::new(false);

/// The lab, whole, for one test at a time. Put in order when the test begins and when it ends.
pub(crate) struct Directors {
    pub(crate) lab: Lab,
    _turn: File,
}

impl Directors {
    /// `None` where the tests that need the lab were not asked for.
    pub(crate) fn of_the_lab() -> Option<Directors> {
        if std::env::var("SIGNALBOX_LAB").as_deref() != Ok("1") {
            eprintln!("skipped: set SIGNALBOX_LAB=1 to run this against the lab");
            return None;
        }
        let lab = Lab::attach().unwrap();
        let directors = Directors { _turn: lab.take_turn().unwrap(), lab };
        // Later tests find what the one before them left in order.
        if !IN_ORDER.swap(false, Ordering::Relaxed) {
            directors.put_in_order();
        }
        Some(directors)
    }

    /// Every fault undone, keepalived as the lab set it up, dir-a holding the address.
    pub(crate) fn put_in_order(&self) {
        self.lab.mend().unwrap();
        let weigh =
            |(server, weight)| format!("ipvsadm -e -t {VIP}:80 -r {server}:80 -g -w {weight};");
        let weights: String = WEIGHTS.into_iter().map(weigh).collect();
        // A reload makes the directors elect anew, which takes longer than all the rest.
        let script = format!(
            "{weights} iptables-legacy -F; echo 0 > {NUMBER}
            kill -CONT $(cat /run/vrrp.pid) 2> /dev/null
            if [ -e {SAVED} ]; then mv {SAVED} {CONF}; systemctl reload keepalived 2> /dev/null; fi
            systemctl is-active -q keepalived || systemctl start keepalived"
        );
        std::thread::scope(|scope| {
            for director in ["dir-a", "dir-b"] {
                scope.spawn(|| self.sh(director, &script));
            }
        });
        self.until("dir-a alone holds the address", || self.holders() == ["dir-a"]);
    }

    /// Runs a script on a node when what this gives is dropped, however the test ends.
    pub(crate) fn afterwards(
        &self,
        node: &'static str,
        script: impl Into<String>,
    ) -> Afterwards<'_> {
        Afterwards { directors: self, node, script: script.into() }
    }

    pub(crate) fn sh(&self, node: &str, script: &str) -> String {
        self.lab.ssh_ok(node, &["sh", "-c", script]).unwrap()
    }

    /// Edits keepalived.conf; it is put back when the test ends. `reload`: let keepalived see it.
    pub(crate) fn edit_conf(&self, node: &str, sed: &str, reload: bool) {
        self.sh(node, &format!("[ -e {SAVED} ] || cp -p {CONF} {SAVED}; sed -i '{sed}' {CONF}"));
        if reload {
            self.sh(node, "systemctl reload keepalived");
        }
    }

    /// Directors on whose interfaces the address is.
    pub(crate) fn holders(&self) -> Vec<&'static str> {
        ["dir-a", "dir-b"].into_iter().filter(|director| self.holds(director)).collect()
    }

    fn holds(&self, director: &str) -> bool {
        !self.sh(director, &format!("ip -4 -o addr show to {VIP}")).is_empty()
    }

    pub(crate) fn number(&self, director: &str) -> i32 {
        self.sh(director, &format!("cat {NUMBER}")).trim().parse().unwrap()
    }

    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !holds() {
            assert!(Instant::now() < deadline, "it does not come to this: {what}");
            sleep(Duration::from_millis(500));
        }
    }
}

pub(crate) struct Afterwards<'a> {
    directors: &'a Directors,
    node: &'static str,
    script: String,
}

impl Drop for Afterwards<'_> {
    fn drop(&mut self) {
        let done = self.directors.lab.ssh(self.node, &["sh", "-c", &self.script]);
        if !done.as_ref().is_ok_and(|output| output.status.success()) {
            eprintln!("{} was not put back: {done:?}", self.node);
        }
    }
}

impl Drop for Directors {
    fn drop(&mut self) {
        self.put_in_order();
        IN_ORDER.store(true, Ordering::Relaxed);
    }
}
