//! The kernel's word beside the simulation's.

use super::super::evaluate::Truth;
use super::super::model::{Policy, Ruleset, TableName};
use super::super::packet::Direction;
use super::super::trace::{Deed, Step, Trace};
use super::model::{
    Comparison, ForetoldStep, StepVerdict, TraceSpec, Traced, TracedRow, TracedStep,
};
use super::parse::Heard;
use crate::phrase::Phrase;
use crate::time::Timestamp;

/// What the kernel would tell, were the simulation right.
pub fn foretell(trace: &Trace) -> Vec<ForetoldStep> {
    trace.steps.iter().map(foretold).collect()
}

fn foretold(step: &Step) -> ForetoldStep {
    let verdict = match &step.deed {
        Deed::Accept | Deed::Translate { .. } | Deed::Policy { policy: Policy::Accept } => {
            Some(StepVerdict::Accept)
        }
        Deed::Drop | Deed::Reject { .. } | Deed::Policy { policy: Policy::Drop } => {
            Some(StepVerdict::Drop)
        }
        Deed::Return => Some(StepVerdict::Return),
        Deed::Continue { .. } | Deed::Mark { .. } | Deed::NoTrack => Some(StepVerdict::Continue),
        Deed::Jump { chain } => Some(StepVerdict::Jump { chain: chain.clone() }),
        Deed::Goto { chain } => Some(StepVerdict::Goto { chain: chain.clone() }),
        Deed::Unknown { .. } => None,
    };
    let (table, chain) = (step.table.to_string(), step.chain.clone());
    ForetoldStep {
        hook: step.hook.clone(),
        in_doubt: step.truth == Truth::Unknown || verdict.is_none(),
        step: TracedStep { table, chain, rule: step.rule, verdict },
    }
}

/// How far the two tell the same, side by side.
pub fn compare(
    foretold: &[ForetoldStep],
    kernel: &[TracedStep],
    rules: &Ruleset,
    direction: Direction,
) -> (Comparison, Vec<TracedRow>) {
    let foretold = foretold.iter().filter(|it| !decides_nothing(&it.step, rules)).cloned();
    let told = of_one_way(kernel, direction);
    let told = told.iter().filter(|step| !decides_nothing(step, rules)).cloned();
    let (mut foretold, mut told) = (foretold.peekable(), told.peekable());
    let mut rows = Vec::new();
    if kernel.is_empty() {
        rows.extend(foretold.map(|it| TracedRow { foretold: Some(it), kernel: None }));
        return (Comparison::Nothing, rows);
    }
    let mut verdict = None;
    loop {
        // Tables of nft beside iptables are not simulated.
        let is_beside = |step: &TracedStep| step.table.parse::<TableName>().is_err();
        if let Some(beside) = told.next_if(is_beside) {
            if beside.verdict == Some(StepVerdict::Drop) {
                verdict.get_or_insert(Comparison::Differs { row: rows.len() });
            }
            rows.push(TracedRow { foretold: None, kernel: Some(beside) });
            continue;
        }
        let in_doubt = foretold.peek().is_some_and(|it| it.in_doubt);
        let next = (foretold.next(), told.next_if(|step| !is_beside(step)));
        match next {
            (None, None) => break,
            (Some(it), kernel) if verdict.is_some() => {
                rows.push(TracedRow { foretold: Some(it), kernel });
            }
            (Some(it), kernel) if in_doubt => {
                verdict = Some(Comparison::AgreesSoFar);
                rows.push(TracedRow { foretold: Some(it), kernel });
            }
            (Some(it), Some(kernel)) if is_same(&it.step, &kernel) => {
                rows.push(TracedRow { foretold: Some(it), kernel: Some(kernel) });
            }
            (None, Some(step)) if verdict.is_none() && leaves_again(&step, direction) => {
                verdict = Some(Comparison::Agrees);
                rows.push(TracedRow { foretold: None, kernel: Some(step) });
            }
            (foretold, kernel) => {
                verdict.get_or_insert(Comparison::Differs { row: rows.len() });
                rows.push(TracedRow { foretold, kernel });
            }
        }
    }
    (verdict.unwrap_or(Comparison::Agrees), rows)
}

/// IPVS takes packets on behind INPUT, and they leave by OUTPUT; the simulation ends at INPUT.
fn leaves_again(step: &TracedStep, direction: Direction) -> bool {
    direction == Direction::In && matches!(step.chain.as_str(), "OUTPUT" | "POSTROUTING")
}

/// A packet to the node itself comes in again, by the loopback device.
fn of_one_way(kernel: &[TracedStep], direction: Direction) -> &[TracedStep] {
    let again = kernel.iter().position(|step| step.chain == "PREROUTING");
    let end = again.filter(|_| direction == Direction::Out).unwrap_or(kernel.len());
    kernel.get(..end).unwrap_or_default()
}

/// The open policy of a chain without rules, which is not always told: the legacy backend has tables
/// that nobody wrote rules into, and the other lacks chains that its tool prints.
fn decides_nothing(step: &TracedStep, rules: &Ruleset) -> bool {
    let Ok(table) = step.table.parse::<TableName>() else { return false };
    let chain = rules.table(table).and_then(|table| table.chain(&step.chain));
    step.rule.is_none()
        && step.verdict == Some(StepVerdict::Accept)
        && chain.is_none_or(|chain| chain.rules.is_empty())
}

fn is_same(foretold: &TracedStep, kernel: &TracedStep) -> bool {
    let places = |step: &TracedStep| (step.table.clone(), step.chain.clone(), step.rule);
    let verdicts = match (&foretold.verdict, &kernel.verdict) {
        (Some(foretold), Some(kernel)) => foretold == kernel,
        _ => true,
    };
    places(foretold) == places(kernel) && verdicts
}

impl TraceSpec {
    /// What came of it: the output of `collect`, compared.
    pub fn traced(&self, printed: &str, at: Timestamp) -> Traced {
        // The rules are the console's own canonical text, which parses.
        let none = || Ruleset {
            family: self.tool.family(),
            backend: self.tool.backend(),
            tables: Vec::new(),
            trailer: Vec::new(),
        };
        let rules = self.tool.parse(&self.rules).unwrap_or_else(|_| none());
        let heard = Heard::parse(printed, &rules, self.packet.direction);
        let (comparison, rows) =
            compare(&self.foretold, &heard.steps, &rules, self.packet.direction);
        let why = match comparison {
            Comparison::Agrees | Comparison::AgreesSoFar => {
                let came = self.came_otherwise(&heard);
                came.into_iter().chain(self.went_on(&rows)).collect()
            }
            Comparison::Nothing => self.never_came(),
            Comparison::Differs { row } => self.went_otherwise(&heard, &rows, row),
        };
        Traced { at, comparison, why, rows }
    }

    fn came_otherwise(&self, heard: &Heard) -> Option<Phrase> {
        let (foretold, came_by) = (self.interface.as_ref()?, heard.came_by.as_ref()?);
        (foretold != came_by).then(|| {
            Phrase::new(
                format!("It came by {came_by}, and was foretold for {foretold}"),
                format!("数据包从 {came_by} 到达，而模拟按 {foretold} 进行"),
            )
        })
    }

    fn went_on(&self, rows: &[TracedRow]) -> Option<Phrase> {
        let last = rows.last().filter(|row| row.foretold.is_none())?;
        let is_on = leaves_again(last.kernel.as_ref()?, self.packet.direction);
        is_on.then(|| {
            Phrase::new(
                "IPVS took it on behind INPUT, which the simulation does not follow",
                "IPVS 在 INPUT 之后接管了它，模拟不涉及此后的路径",
            )
        })
    }

    fn never_came(&self) -> Vec<Phrase> {
        if self.packet.direction == Direction::Out {
            return vec![Phrase::new(
                "The packet was sent, and no OUTPUT chain saw it: another hook dropped it before, or another address was put into it",
                "数据包已发出，但没有任何 OUTPUT 链看到它：可能被更早的钩子丢弃，或地址已被改写",
            )];
        }
        vec![
            Phrase::new(
                "The packet never arrived: the network between, or the sender's own rules, dropped it",
                "数据包未到达：被中间网络或发送方自身的规则丢弃",
            ),
            Phrase::new(
                "It went by another way, or arrived with another address or port: a router between translates it",
                "数据包走了另一条路，或到达时地址或端口已被中间路由器转换",
            ),
        ]
    }

    fn went_otherwise(&self, heard: &Heard, rows: &[TracedRow], row: usize) -> Vec<Phrase> {
        let mut why: Vec<Phrase> = self.came_otherwise(heard).into_iter().collect();
        if heard.is_cut {
            why.push(Phrase::new(
                "The kernel had more to tell than was heard",
                "内核给出的事件多于所能接收的数量",
            ));
        }
        let differs = rows.get(row);
        let kernel = differs.and_then(|row| row.kernel.as_ref());
        if kernel.is_some_and(|step| step.table.parse::<TableName>().is_err()) {
            why.push(Phrase::new(
                "A table of nft beside iptables dropped it, which is not simulated",
                "iptables 之外的 nft 表丢弃了它，模拟不涉及该表",
            ));
        }
        let before = row.checked_sub(1).and_then(|before| rows.get(before)?.foretold.as_ref());
        let next = differs.and_then(|row| row.foretold.as_ref());
        if kernel.is_none()
            && let (Some(before), Some(next)) = (before, next)
            && before.hook != next.hook
        {
            let (from, to) = (&before.hook, &next.hook);
            why.push(Phrase::new(
                format!(
                    "It passed {from} and never came to {to}: routing dropped it (no route, reverse path filter, forwarding off), or something else between the two took it"
                ),
                format!(
                    "它通过了 {from} 但未到达 {to}：路由丢弃了它（无路由、反向路径过滤或未开启转发），或被两者之间的其他机制取走"
                ),
            ));
        }
        why
    }
}
