//! What the scripts print on the nodes. A node may be hostile: whatever it prints is data, and
//! little of it is kept.

use super::super::model::{Policy, Ruleset, TableName};
use super::super::packet::Direction;
use super::super::target::Target;
use super::model::{StepVerdict, TracedStep};

/// Events of one packet; a real one has a few dozen.
const MAX_EVENTS: usize = 400;
/// A chain's name has at most 28 bytes, a table's of nft 128.
const MAX_WORD: usize = 160;

/// The way of the packet as the kernel told it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    pub steps: Vec<TracedStep>,
    /// The interfaces that it came by and left by, where it was told.
    pub came_by: Option<String>,
    pub goes_by: Option<String>,
    /// The kernel had more to tell than was heard.
    pub is_cut: bool,
}

impl Heard {
    /// Reads what `collect` printed while the rule of the trace stood before these rules.
    pub fn parse(text: &str, rules: &Ruleset, direction: Direction) -> Heard {
        let mut heard = Heard::default();
        for line in text.lines() {
            if heard.steps.len() >= MAX_EVENTS {
                heard.is_cut = true;
                break;
            }
            let mut parts = line.splitn(3, ' ');
            let (Some(came), Some(goes), Some(event)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if event == "lost" {
                heard.is_cut = true;
            }
            let told = match event.strip_prefix("nft ") {
                Some(event) => nft(event),
                None => logged_before(event, rules, direction),
            };
            let step = told.and_then(|step| shifted(step, direction));
            let Some(step) = step.filter(is_short) else { continue };
            keep_first(&mut heard.came_by, came);
            keep_first(&mut heard.goes_by, goes);
            heard.steps.push(with_verdict(step, rules));
        }
        heard
    }
}

fn keep_first(kept: &mut Option<String>, name: &str) {
    if kept.is_none() && name != "-" && name.len() <= 15 {
        *kept = Some(name.to_owned());
    }
}

fn is_short(step: &TracedStep) -> bool {
    let chain = match &step.verdict {
        Some(StepVerdict::Jump { chain } | StepVerdict::Goto { chain }) => chain.len(),
        Some(StepVerdict::Other { word }) => word.len(),
        _ => 0,
    };
    step.table.len() <= MAX_WORD && step.chain.len() <= MAX_WORD && chain <= MAX_WORD
}

/// Where the rule of the trace stands.
fn first_chain(direction: Direction) -> &'static str {
    match direction {
        Direction::Out => "OUTPUT",
        Direction::In | Direction::Forward => "PREROUTING",
    }
}

/// The step without the rule of the trace, which stood first in its chain; `None`: that rule.
fn shifted(step: TracedStep, direction: Direction) -> Option<TracedStep> {
    let moved = step.table == TableName::Raw.as_str() && step.chain == first_chain(direction);
    match step.rule {
        Some(1) if moved => None,
        Some(rule) if moved => Some(TracedStep { rule: Some(rule - 1), ..step }),
        _ => Some(step),
    }
}

/// As [`logged`], where the rule of the trace stands before the rules.
fn logged_before(text: &str, rules: &Ruleset, direction: Direction) -> Option<TracedStep> {
    let (table, chain, number) = log_parts(text)?;
    let moved = table == TableName::Raw.as_str() && chain == first_chain(direction);
    step_of(table, chain, number, rules, usize::from(moved))
}

/// `TRACE: filter:INPUT:rule:2`, `…:return:3`, `…:policy:4`, as the kernel logs it of the legacy
/// backend (`xt_TRACE`). It calls a rule that asks nothing `return` or `policy`, too: the number
/// tells. `None`: the end of a chain, or no event.
pub fn logged(text: &str, rules: &Ruleset) -> Option<TracedStep> {
    let (table, chain, number) = log_parts(text)?;
    step_of(table, chain, number, rules, 0).map(|step| with_verdict(step, rules))
}

fn log_parts(text: &str) -> Option<(&str, &str, usize)> {
    let mut parts = text.trim().strip_prefix("TRACE: ")?.rsplitn(3, ':');
    let number = parts.next()?.parse().ok().filter(|number| *number > 0)?;
    let kind = parts.next()?;
    let (table, chain) = parts.next()?.split_once(':')?;
    matches!(kind, "rule" | "return" | "policy").then_some((table, chain, number))
}

/// `before`: rules that the kernel has before these.
fn step_of(
    table: &str,
    chain: &str,
    number: usize,
    rules: &Ruleset,
    before: usize,
) -> Option<TracedStep> {
    let name: TableName = table.parse().ok()?;
    let known = rules.table(name).and_then(|table| table.chain(chain));
    let count = known.map_or(0, |known| known.rules.len()) + before;
    let rule = (1..=count).contains(&number).then_some(number);
    // A table that does nothing is not among the rules.
    let is_built_in = name.built_in_chains().contains(&chain);
    (rule.is_some() || is_built_in).then(|| TracedStep {
        table: table.to_owned(),
        chain: chain.to_owned(),
        rule,
        verdict: None,
    })
}

/// `2 filter INPUT rule 2 jump LOGGED`, `2 filter INPUT policy ACCEPT`; `None`: the end of a chain,
/// or no event.
fn nft(event: &str) -> Option<TracedStep> {
    let mut words = event.split(' ');
    let (family, table, chain) = (words.next()?, words.next()?, words.next()?);
    let table = match family {
        // Those of iptables and ip6tables.
        "2" | "10" => table.to_owned(),
        "1" => format!("inet {table}"),
        "5" => format!("netdev {table}"),
        "7" => format!("bridge {table}"),
        other => format!("family {other} {table}"),
    };
    let rule = match words.next()? {
        "policy" => None,
        "rule" => Some(words.next()?.parse().ok().filter(|place| *place > 0)?),
        _ => return None,
    };
    let verdict = Some(verdict(words.next()?, words.next()));
    Some(TracedStep { table, chain: chain.to_owned(), rule, verdict })
}

fn verdict(word: &str, chain: Option<&str>) -> StepVerdict {
    let chain = || chain.unwrap_or_default().to_owned();
    match word {
        "ACCEPT" => StepVerdict::Accept,
        // REJECT by tcp-reset in FORWARD takes the packet for itself.
        "DROP" | "STOLEN" => StepVerdict::Drop,
        "RETURN" => StepVerdict::Return,
        "CONTINUE" => StepVerdict::Continue,
        "jump" => StepVerdict::Jump { chain: chain() },
        "goto" => StepVerdict::Goto { chain: chain() },
        other => StepVerdict::Other { word: other.to_owned() },
    }
}

/// The legacy backend names the rule alone; the rule tells what it does.
fn with_verdict(step: TracedStep, rules: &Ruleset) -> TracedStep {
    if step.verdict.is_some() {
        return step;
    }
    let chain = step.table.parse().ok().and_then(|name| rules.table(name)?.chain(&step.chain));
    let verdict = match step.rule {
        Some(rule) => chain
            .and_then(|chain| chain.rules.get(rule.checked_sub(1)?))
            .and_then(|rule| of_target(&rule.target)),
        None => match chain.and_then(|chain| chain.policy) {
            Some(Policy::Drop) => Some(StepVerdict::Drop),
            // A table that is not among the rules lets everything pass.
            Some(Policy::Accept) | None => Some(StepVerdict::Accept),
        },
    };
    TracedStep { verdict, ..step }
}

fn of_target(target: &Target) -> Option<StepVerdict> {
    Some(match target {
        Target::Accept
        | Target::Snat(_)
        | Target::Dnat(_)
        | Target::Masquerade
        | Target::Redirect { .. } => StepVerdict::Accept,
        Target::Drop | Target::Reject { .. } => StepVerdict::Drop,
        Target::Return => StepVerdict::Return,
        Target::None | Target::Continue { .. } | Target::Mark { .. } | Target::NoTrack => {
            StepVerdict::Continue
        }
        Target::Jump(chain) => StepVerdict::Jump { chain: chain.clone() },
        Target::Goto(chain) => StepVerdict::Goto { chain: chain.clone() },
        Target::Other { .. } => return None,
    })
}

/// What the traced node has that a trace takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceFacts {
    pub has_perl: bool,
    /// Why its iptables or kernel takes no rule with the target TRACE; `None`: it does.
    pub no_target: Option<String>,
    /// Whom the kernel tells of packets: `nf_log_ipv4`, `NONE`.
    pub logger: String,
    /// The kernel can tell programs of packets (`nfnetlink_log`), or the module that does is there.
    pub has_nflog: bool,
    /// The interfaces by which the node sends to the packet's source and destination.
    pub to_source: Option<String>,
    pub to_destination: Option<String>,
}

impl TraceFacts {
    /// Reads what `ask` printed.
    pub fn parse(text: &str) -> TraceFacts {
        let silent = "it does not tell".to_owned();
        let mut facts = TraceFacts { no_target: Some(silent), ..TraceFacts::default() };
        for line in text.lines() {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            let interface = || Some(value.to_owned()).filter(|name| name.len() <= 15);
            match name {
                "perl" => facts.has_perl = true,
                "target" if value == "yes" => facts.no_target = None,
                "target" => {
                    let why = value.strip_prefix("no ").unwrap_or(value);
                    facts.no_target = Some(why.chars().take(200).collect());
                }
                "logger" => facts.logger = value.chars().take(60).collect(),
                "loggers" => {
                    facts.has_nflog |= value.split(',').any(|name| name == "nfnetlink_log");
                }
                "from" => facts.to_source = interface(),
                "to" => facts.to_destination = interface(),
                _ => {}
            }
        }
        facts
    }
}
