//! The conditions of a deployment.

mod addresses;
mod files;

use super::plan::{DeployInput, Director, Sides};
use super::reading::Daemon;
use super::sequel::Sequel;
use crate::nodes::LinkState;
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::conf::written_secrets;
use crate::vrrp::interlock::{Finding, interlock, no_other_job};

/// Sentences of one kind that an interlock repeats.
const TOLD: usize = 4;

pub(super) fn all(
    input: &DeployInput,
    sides: &[Sides<'_>],
    sequels: &[Sequel<'_>],
    locks: &[String],
    now: Timestamp,
) -> Vec<Interlock> {
    let row = |id: &str, en: &str, zh: &str, finding: Finding| {
        interlock(id, Phrase::new(en, zh), Ok(finding))
    };
    let mut all = vec![
        row(
            "console_reaches_all",
            "The console reaches the nodes",
            "控制台可以连接各节点",
            reached(input, now),
        ),
        row(
            "keepalived_there",
            "keepalived runs on the nodes",
            "各节点上运行着 keepalived",
            daemons(input, now),
        ),
        row(
            "files_unchanged",
            "The files are those that the text was made from",
            "文件仍是文本所依据的版本",
            files::unchanged(input, now),
        ),
        row(
            "daemon_accepts",
            "Each keepalived accepts the new files",
            "各 keepalived 接受新文件",
            files::accepted(input, now),
        ),
        row(
            "no_errors",
            "The new files have no error that keepalived hides",
            "新文件没有 keepalived 不报告的错误",
            files::linted(sides, now),
        ),
        row(
            "directors_agree",
            "The directors go together",
            "各调度器配置一致",
            files::agreed(input, sides, now),
        ),
        row(
            "reload_checked",
            "keepalived checks a file before it reloads",
            "keepalived 在重新加载前检查文件",
            files::reload_checked(sides, now),
        ),
        row(
            "one_holder",
            "Each address has one holder now",
            "每个地址现在只有一个持有者",
            addresses::held_once(sequels, now),
        ),
        row(
            "addresses_free",
            "No other node has an address that is new",
            "没有其他节点占用新增的地址",
            addresses::free(input, sequels, now),
        ),
        row(
            "stays_in_place",
            "No address moves to another instance",
            "没有地址换到另一个实例",
            addresses::no_move(sequels, now),
        ),
        row(
            "reloads_in_time",
            "The directors reload before one misses the adverts of another",
            "各调度器在错过彼此通告之前完成重新加载",
            addresses::in_time(input, sequels, now),
        ),
        row(
            "holders_stay",
            "The addresses stay where they are",
            "地址保持在原处",
            addresses::holders_stay(sequels, now),
        ),
        row(
            "no_password_written",
            "No password is written in the text",
            "文本中没有明文密码",
            passwords(input, now),
        ),
        row(
            "no_other_job",
            "No other job works on this",
            "没有其他任务占用",
            no_other_job(&input.running, locks, now),
        ),
        row(
            "client_measures",
            "A client measures the outage",
            "有客户端测量中断",
            measured(input, now),
        ),
    ];
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

fn changed(input: &DeployInput) -> impl Iterator<Item = &Director> {
    input.directors.iter().filter(|director| !director.files.is_empty())
}

/// A block with what was found, or a pass.
fn none_of(found: Vec<(String, String)>, pass: Phrase, now: Timestamp) -> Finding {
    match told(found) {
        None => Finding::pass(pass, now),
        Some(phrase) => Finding::block(phrase, now),
    }
}

fn told(found: Vec<(String, String)>) -> Option<Phrase> {
    let more = found.len().saturating_sub(TOLD);
    let (mut en, mut zh): (Vec<String>, Vec<String>) = found.into_iter().take(TOLD).unzip();
    if en.is_empty() {
        return None;
    }
    if more > 0 {
        en.push(format!("and {more} more"));
        zh.push(format!("另有 {more} 项"));
    }
    Some(Phrase::new(en.join(". "), zh.join("。")))
}

fn reached(input: &DeployInput, now: Timestamp) -> Finding {
    let down = input.directors.iter().filter(|d| d.link.state != LinkState::Up);
    let down = down.map(|d| (format!("{} cannot be seen", d.name), format!("无法观测 {}", d.name)));
    none_of(down.collect(), Phrase::new("connected", "已连接"), now)
}

fn daemons(input: &DeployInput, now: Timestamp) -> Finding {
    let missing = changed(input).filter(|d| d.reading.value.daemon == Daemon::Missing);
    let missing: Vec<_> = missing
        .map(|d| {
            (
                format!("{} has no keepalived: apt-get install keepalived", d.name),
                format!("{} 上没有 keepalived：apt-get install keepalived", d.name),
            )
        })
        .collect();
    let stopped: Vec<&str> = changed(input)
        .filter(|d| d.reading.value.daemon == Daemon::Stopped)
        .map(|d| d.name.as_str())
        .collect();
    if missing.is_empty() && !stopped.is_empty() {
        let stopped = stopped.join(", ");
        return Finding::warn(
            Phrase::new(
                format!("It is stopped on {stopped} and will be started, now and at each boot"),
                format!("{stopped} 上已停止，将立即启动并设为开机启动"),
            ),
            Some(now),
        );
    }
    none_of(missing, Phrase::new("running", "运行中"), now)
}

/// The texts of a deployment are kept in its plan, which others may read.
fn passwords(input: &DeployInput, now: Timestamp) -> Finding {
    let files = changed(input).flat_map(|director| &director.files);
    match files.map(|file| written_secrets(&file.text)).sum::<usize>() {
        0 => Finding::pass(Phrase::new("none", "无"), now),
        _ => Finding::warn(
            Phrase::new(
                "A new password stays readable in this plan and its job",
                "新密码会以明文保留在此计划与任务中",
            ),
            Some(now),
        ),
    }
}

fn measured(input: &DeployInput, now: Timestamp) -> Finding {
    match &input.client {
        Some((client, question)) => {
            let (name, address) = (&client.name, question.address);
            Finding::pass(
                Phrase::new(format!("{name} asks {address}"), format!("{name} 访问 {address}")),
                client.answered_at,
            )
        }
        None => Finding::warn(
            Phrase::new(
                "No node gets an answer through an address: what clients lose is not measured",
                "没有节点能通过地址得到应答：不测量客户端中断",
            ),
            Some(now),
        ),
    }
}
