//! The conditions that make a change of rules safe.

mod needs;
mod rules;
mod sets;

pub(super) use rules::of_rules;
pub(super) use sets::of_sets;

use super::plan::Site;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

fn interlock(
    site: &Site,
    id: impl Into<String>,
    title: Phrase,
    (verdict, detail): (Verdict, Phrase),
) -> Interlock {
    let observed_at = Some(site.reading.observed_at);
    Interlock { id: id.into(), title, verdict, detail, observed_at }
}

/// Needed by every change that comes back by itself.
fn timer(site: &Site) -> Interlock {
    let name = &site.name;
    let title = Phrase::new(
        format!("{name} can bring back by itself what it had"),
        format!("{name} 能够自行恢复原状"),
    );
    let reading = &site.reading.value;
    let found = match (reading.has_timer, reading.has_scratch) {
        (true, true) => (Verdict::Pass, Phrase::same("systemd-run")),
        (false, _) => (
            Verdict::Block,
            Phrase::new(
                "it has no systemd-run, which sets the timer",
                "缺少设置定时器的 systemd-run",
            ),
        ),
        (true, false) => (
            Verdict::Block,
            Phrase::new("it has no unshare (util-linux)", "缺少 unshare（util-linux）"),
        ),
    };
    interlock(site, "timer", title, found)
}

fn no_other_job(site: &Site, locks: &[String], now: Timestamp) -> Interlock {
    let title =
        Phrase::new("No other job changes what decides here", "没有其他任务在更改此处的规则或集合");
    let other = site.running.iter().find(|job| job.locks.iter().any(|lock| locks.contains(lock)));
    let found = match other {
        None => (Verdict::Pass, Phrase::new("none", "无")),
        Some(job) => (
            Verdict::Block,
            Phrase::new(format!("job {} does", job.id), format!("任务 {} 正在更改", job.id)),
        ),
    };
    Interlock { observed_at: Some(now), ..interlock(site, "no_other_job", title, found) }
}

/// Beginnings of the chains that other programs write and rewrite by themselves.
const OTHERS: [&str; 8] =
    ["DOCKER", "KUBE-", "cali-", "CNI-", "FLANNEL", "f2b-", "LIBVIRT_", "ts-"];

/// Chains that another program keeps.
pub fn is_anothers(chain: &str) -> bool {
    // DOCKER-USER is for people.
    chain != "DOCKER-USER" && OTHERS.iter().any(|beginning| chain.starts_with(beginning))
}
