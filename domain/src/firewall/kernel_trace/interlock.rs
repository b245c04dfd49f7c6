//! The conditions that make a trace possible and harmless.

use super::super::model::Backend;
use super::super::packet::Direction;
use super::parse::TraceFacts;
use super::plan::TraceInput;
use crate::fact::STALE_AFTER;
use crate::phrase::Phrase;
use crate::plan::{Interlock, Verdict};
use crate::time::Timestamp;

pub(super) fn all(input: &TraceInput, now: Timestamp) -> Vec<Interlock> {
    let read_at = Some(input.reading.observed_at);
    let asked_at = input.facts.as_ref().ok().map(|facts| facts.observed_at);
    let interlock = |id: &str, observed_at, (title, verdict, detail)| Interlock {
        id: id.to_owned(),
        title,
        verdict,
        detail,
        observed_at,
    };
    let mut all = vec![
        interlock("sender", Some(now), sender(input)),
        interlock("sender_has_perl", Some(now), sender_has_perl(input)),
        interlock("kernel_traces", asked_at, kernel_traces(input)),
        interlock("node_has_perl", asked_at, node_has_perl(input)),
        interlock("timer", read_at, timer(input)),
        interlock("rules_are_fresh", read_at, rules_are_fresh(input, now)),
        interlock("no_other_job", Some(now), no_other_job(input)),
    ];
    all.sort_by_key(|interlock| interlock.verdict);
    all
}

type Found = (Phrase, Verdict, Phrase);

fn sender(input: &TraceInput) -> Found {
    let (name, source) = (&input.name, input.packet.source);
    let title = Phrase::new(
        format!("The packet is sent by the machine that has {source}"),
        format!("数据包由持有 {source} 的机器发送"),
    );
    let is_own = input.addresses.iter().any(|own| own.address == source);
    let found = match (&input.sender, input.packet.direction) {
        (Some(sender), _) => (Verdict::Pass, Phrase::same(&sender.name)),
        (None, Direction::Out) => (
            Verdict::Block,
            Phrase::new(
                format!(
                    "{name} does not have it now: a packet that leaves {name} comes from one of its own addresses"
                ),
                format!("{name} 目前没有该地址：从 {name} 发出的数据包必须来自其自身地址"),
            ),
        ),
        (None, _) if is_own => (
            Verdict::Block,
            Phrase::new(
                format!("it is {name}'s own: choose the way out, or another sender"),
                format!("这是 {name} 自身的地址：请选择“发出”方向或其他发送方"),
            ),
        ),
        (None, _) => (
            Verdict::Block,
            Phrase::new(
                "no other node that answers now has it, and nothing is sent under a false address. Choose the address of a managed node, or add the machine that has it under Nodes",
                "没有其他在线节点持有该地址，且不会伪造源地址发送。请选择受管节点的地址，或在“节点”中添加持有该地址的机器",
            ),
        ),
    };
    (title, found.0, found.1)
}

fn sender_has_perl(input: &TraceInput) -> Found {
    let title = Phrase::new("The sender can send it", "发送方能够发送");
    match input.sender.as_ref().map(|sender| &sender.can_send) {
        None => (title, Verdict::Block, Phrase::new("there is no sender", "没有发送方")),
        Some(Ok(())) => (title, Verdict::Pass, Phrase::same("perl")),
        Some(Err(why)) => (
            title,
            Verdict::Block,
            Phrase::new(
                format!("it was asked for perl and said: {why}. Install perl-base there"),
                format!("检查 perl 时返回：{why}。请在该节点安装 perl-base"),
            ),
        ),
    }
}

/// What the node said, or why it could not be asked.
fn facts(input: &TraceInput) -> Result<&TraceFacts, (Verdict, Phrase)> {
    input.facts.as_ref().map(|facts| &facts.value).map_err(|why| {
        (
            Verdict::Block,
            Phrase::new(
                format!("the node could not be asked: {why}"),
                format!("无法询问节点：{why}"),
            ),
        )
    })
}

fn kernel_traces(input: &TraceInput) -> Found {
    let name = &input.name;
    let title = Phrase::new(
        format!("{name}'s kernel can tell how a packet goes"),
        format!("{name} 的内核能够报告数据包的路径"),
    );
    let legacy = input.tool.backend() == Backend::Legacy;
    let found = match facts(input) {
        Err(found) => found,
        Ok(TraceFacts { no_target: Some(why), .. }) => (
            Verdict::Block,
            Phrase::new(
                format!("{} takes no rule with the target TRACE: {why}", input.tool),
                format!("{} 不接受目标为 TRACE 的规则：{why}", input.tool),
            ),
        ),
        Ok(facts) if legacy && !facts.has_nflog => (
            Verdict::Block,
            Phrase::new(
                "it has no nfnetlink_log, by which the legacy backend tells of packets: expected the module, found neither it nor a file to load it from. Take another kernel, or the simulation alone",
                "内核缺少 nfnetlink_log（legacy 后端借此报告数据包）：既未加载也无可加载的模块文件。请更换内核，或仅使用模拟",
            ),
        ),
        Ok(facts) if legacy && facts.logger == "nfnetlink_log" => (
            Verdict::Warn,
            Phrase::new(
                "another program may read the kernel's log of packets (nfnetlink_log is set already); where it has group 0 the trace fails and changes nothing",
                "可能有其他程序在读取内核数据包日志（已设置 nfnetlink_log）；若其占用组 0，追踪将失败且不改动任何内容",
            ),
        ),
        Ok(_) => (Verdict::Pass, Phrase::same("TRACE")),
    };
    (title, found.0, found.1)
}

fn node_has_perl(input: &TraceInput) -> Found {
    let name = &input.name;
    let title =
        Phrase::new(format!("{name} can listen to its kernel"), format!("{name} 能够监听其内核"));
    let found = match facts(input) {
        Err(found) => found,
        Ok(facts) if facts.has_perl => (Verdict::Pass, Phrase::same("perl")),
        Ok(_) => (
            Verdict::Block,
            Phrase::new("it has no perl: install perl-base", "缺少 perl：请安装 perl-base"),
        ),
    };
    (title, found.0, found.1)
}

fn timer(input: &TraceInput) -> Found {
    let name = &input.name;
    let title = Phrase::new(
        format!("{name} can take the rule out by itself"),
        format!("{name} 能够自行移除规则"),
    );
    if input.reading.value.has_timer {
        (title, Verdict::Pass, Phrase::same("systemd-run"))
    } else {
        let why = Phrase::new(
            "it has no systemd-run, which sets the timer",
            "缺少设置定时器的 systemd-run",
        );
        (title, Verdict::Block, why)
    }
}

fn rules_are_fresh(input: &TraceInput, now: Timestamp) -> Found {
    let title = Phrase::new("The simulation is of the rules of now", "模拟基于当前规则");
    if input.reading.is_stale(now, STALE_AFTER) {
        let why = Phrase::new("the rules were read too long ago", "规则读取时间过久");
        (title, Verdict::Block, why)
    } else {
        (title, Verdict::Pass, Phrase::new("read just now", "刚刚读取"))
    }
}

/// Of any iptables of the node: a draft that is being tried is not to be mixed up with this.
fn no_other_job(input: &TraceInput) -> Found {
    let title = Phrase::new(
        format!("No other job works on {}'s rules", input.name),
        format!("没有其他任务在处理 {} 的规则", input.name),
    );
    let rules = format!("node/{}/firewall/", input.node);
    let other = input.running.iter().find(|job| job.locks.iter().any(|l| l.starts_with(&rules)));
    match other {
        None => (title, Verdict::Pass, Phrase::new("none", "无")),
        Some(job) => (
            title,
            Verdict::Block,
            Phrase::new(
                format!("job {} does: wait until it has ended", job.id),
                format!("任务 {} 正在处理：请等待其结束", job.id),
            ),
        ),
    }
}
