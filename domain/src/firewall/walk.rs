//! One way through the rules: every doubt decided by a choice.

use std::collections::HashMap;
use std::net::IpAddr;

use super::evaluate::{self, End, Host, Interface, Truth, View};
use super::model::{Policy, Table, TableName};
use super::packet::{ConnectionState, Direction, Packet, Transport};
use super::target::Target;
use super::trace::{AskedSet, Deed, Index, Outcome, Step, Trace};
use crate::phrase::Phrase;

mod translate;

/// More than the kernel allows; only a file that no kernel took has them.
const JUMPS: usize = 4096;

/// One way through the rules.
pub(super) struct Walk<'a> {
    index: &'a Index<'a>,
    host: &'a Host,
    packet: Packet,
    /// What is known of the packet's ends where a translation had a choice.
    source: Option<End>,
    destination: Option<End>,
    hook: &'static str,
    tracked: bool,
    /// Sets that a rule on the way changes, or may change.
    changed_sets: Vec<String>,
    /// Whether the doubts matched, in the order in which they were met.
    pub(super) choices: Vec<bool>,
    met: usize,
    jumps: usize,
    steps: Vec<Step>,
    assumptions: Vec<Phrase>,
}

/// Multicast, or the broadcast that no router passes on: no address of the node's, and yet its.
fn is_to_many(destination: IpAddr) -> bool {
    destination.is_multicast() || destination == IpAddr::from([255; 4])
}

/// How a table let the packet go at a hook.
enum Passed {
    On,
    Ended(Outcome),
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        index: &'a Index<'a>,
        packet: Packet,
        host: &'a Host,
        choices: Vec<bool>,
    ) -> Walk<'a> {
        Walk {
            index,
            host,
            packet,
            source: None,
            destination: None,
            hook: "",
            tracked: false,
            changed_sets: Vec::new(),
            choices,
            met: 0,
            jumps: 0,
            steps: Vec::new(),
            assumptions: Vec::new(),
        }
    }

    pub(super) fn into_trace(self, outcome: Outcome) -> Trace {
        Trace { outcome, steps: self.steps, packet: self.packet, assumptions: self.assumptions }
    }

    pub(super) fn run(&mut self) -> Outcome {
        use TableName::{Filter, Mangle, Nat, Raw, Security};
        let first = if self.packet.direction == Direction::Out { "OUTPUT" } else { "PREROUTING" };
        let tables = match self.packet.direction {
            Direction::Out => &[Raw, Mangle, Nat, Filter, Security][..],
            Direction::In | Direction::Forward => &[Raw, Mangle, Nat],
        };
        let sent_to = self.packet.destination;
        if let Passed::Ended(outcome) = self.hook(first, tables) {
            return outcome;
        }
        if self.packet.destination != sent_to {
            self.leave_by_another_way();
        }
        let rest: &[(&'static str, &[TableName])] = match self.route() {
            Direction::In if self.index.is_nftables => {
                &[("INPUT", &[Mangle, Filter, Nat, Security])]
            }
            Direction::In => &[("INPUT", &[Mangle, Filter, Security, Nat])],
            Direction::Forward => {
                &[("FORWARD", &[Mangle, Filter, Security]), ("POSTROUTING", &[Mangle, Nat])]
            }
            Direction::Out => &[("POSTROUTING", &[Mangle, Nat])],
        };
        for (hook, tables) in rest {
            if let Passed::Ended(outcome) = self.hook(hook, tables) {
                return outcome;
            }
        }
        Outcome::Accepted
    }

    /// Where the packet goes after PREROUTING: the node's addresses tell, else what was asked.
    fn route(&mut self) -> Direction {
        if self.packet.direction == Direction::Out {
            return Direction::Out;
        }
        if is_to_many(self.packet.destination) {
            self.assume(Phrase::new(
                "A group's packet goes to this node where it joined the group, and on where it routes it: it takes the direction that was asked for",
                "组播报文在本机加入该组时交付本机，在路由该组时转发：按所选方向处理",
            ));
            return self.packet.direction;
        }
        match self.host.has(self.packet.destination) {
            Truth::Yes => Direction::In,
            Truth::No => {
                self.assume(Phrase::new(
                    "The destination is none of the node's addresses, and the node forwards",
                    "目的地址不是本机地址，且本机开启了转发",
                ));
                Direction::Forward
            }
            Truth::Unknown => {
                self.assume(Phrase::new(
                    "The node's own addresses were not given: the packet takes the direction that was asked for",
                    "未提供节点自身地址：按所选方向处理",
                ));
                self.packet.direction
            }
        }
    }

    fn hook(&mut self, hook: &'static str, tables: &[TableName]) -> Passed {
        self.hook = hook;
        for &table in tables {
            if table != TableName::Raw {
                self.tracked = true;
            }
            if table == TableName::Nat && !self.consults_nat() {
                continue;
            }
            if let Passed::Ended(outcome) = self.table(table) {
                return Passed::Ended(outcome);
            }
        }
        Passed::On
    }

    /// The rules of the table nat see the first packet of a connection only.
    fn consults_nat(&mut self) -> bool {
        match self.packet.state {
            ConnectionState::New => self.index.tracks_connections,
            // An error of ICMP is translated as the connection that it is about (nf_nat_proto.c);
            // other related packets begin a connection of their own.
            ConnectionState::Related => {
                let is_icmp = matches!(self.packet.transport, Transport::Icmp { .. });
                self.index.tracks_connections && !is_icmp
            }
            ConnectionState::Established => {
                self.assume(Phrase::new(
                    "An established connection keeps the translation of its first packet, which is not known here",
                    "已建立的连接沿用首包的地址转换，此处未知",
                ));
                false
            }
            ConnectionState::Invalid | ConnectionState::Untracked => false,
        }
    }

    fn table(&mut self, name: TableName) -> Passed {
        let Some((table, chains)) = self.index.table(name) else { return Passed::On };
        let Some(&start) = chains.get(self.hook) else { return Passed::On };
        // Chain and next rule; below them the callers.
        let (mut chain, mut next) = (start, 0);
        let mut callers: Vec<(usize, usize)> = Vec::new();
        loop {
            let Some(here) = table.chains.get(chain) else { return Passed::On };
            let Some(rule) = here.rules.get(next) else {
                match callers.pop() {
                    Some(caller) => (chain, next) = caller,
                    None => return self.policy(table, start),
                }
                continue;
            };
            next += 1;
            let truth = evaluate::rule(rule, &self.view());
            if truth == Truth::No {
                continue;
            }
            let sets = evaluate::sets_asked(rule, &self.view());
            let place =
                At { table: name, chain: &here.name, number: next, line: rule.line, truth, sets };
            self.changed_sets.extend(rule.target.changed_sets().map(str::to_owned));
            if !self.follows(truth, &rule.target) {
                self.step(&place, self.deed_in_doubt(&rule.target, chains));
                continue;
            }
            match &rule.target {
                Target::Return => {
                    self.step(&place, Deed::Return);
                    match callers.pop() {
                        Some(caller) => (chain, next) = caller,
                        None => return self.policy(table, start),
                    }
                }
                Target::Jump(to) | Target::Goto(to) if chains.contains_key(to.as_str()) => {
                    self.jumps += 1;
                    if self.jumps > JUMPS || callers.len() > table.chains.len() {
                        self.assume(Phrase::new("The chains jump in a circle", "链之间循环跳转"));
                        return Passed::Ended(Outcome::Unknown { possible: Vec::new() });
                    }
                    self.step(&place, self.deed_in_doubt(&rule.target, chains));
                    if matches!(rule.target, Target::Jump(_)) {
                        callers.push((chain, next));
                    }
                    (chain, next) = (chains.get(to.as_str()).copied().unwrap_or(chain), 0);
                }
                target => {
                    if let Some(passed) = self.apply(target, &place) {
                        return passed;
                    }
                }
            }
        }
    }

    /// Whether this way takes the rule for one that matches.
    fn follows(&mut self, truth: Truth, target: &Target) -> bool {
        if truth == Truth::Yes {
            return true;
        }
        if matches!(target, Target::None | Target::Continue { .. }) {
            return false;
        }
        self.choose()
    }

    fn choose(&mut self) -> bool {
        self.met += 1;
        match self.choices.get(self.met - 1) {
            Some(choice) => *choice,
            None => {
                self.choices.push(false);
                false
            }
        }
    }

    fn policy(&mut self, table: &Table, chain: usize) -> Passed {
        let Some(chain) = table.chains.get(chain) else { return Passed::On };
        let policy = chain.policy.unwrap_or(Policy::Accept);
        self.steps.push(Step {
            hook: self.hook.to_owned(),
            table: table.name,
            chain: chain.name.clone(),
            rule: None,
            line: 0,
            truth: Truth::Yes,
            deed: Deed::Policy { policy },
            sets: Vec::new(),
        });
        match policy {
            Policy::Accept => Passed::On,
            Policy::Drop => Passed::Ended(Outcome::Dropped),
        }
    }

    /// Does what a target that is no chain does; `None`: on to the next rule.
    fn apply(&mut self, target: &Target, at: &At<'_>) -> Option<Passed> {
        let (deed, passed) = match target {
            Target::Accept => (Deed::Accept, Some(Passed::On)),
            Target::Drop => (Deed::Drop, Some(Passed::Ended(Outcome::Dropped))),
            Target::Reject { with } => (
                Deed::Reject { with: with.clone() },
                Some(Passed::Ended(Outcome::Rejected { with: with.clone() })),
            ),
            Target::Mark { value, mask } => {
                self.packet.mark = (self.packet.mark & !mask) ^ value;
                (Deed::Mark { mark: self.packet.mark }, None)
            }
            Target::NoTrack => {
                self.packet.state = ConnectionState::Untracked;
                (Deed::NoTrack, None)
            }
            Target::Dnat(range) => (self.dnat(range), Some(Passed::On)),
            Target::Snat(range) => (self.snat(range), Some(Passed::On)),
            Target::Redirect { ports } => (self.redirect(*ports), Some(Passed::On)),
            Target::Masquerade => (
                Deed::Translate {
                    what: "source → an address of the outgoing interface".to_owned(),
                },
                Some(Passed::On),
            ),
            Target::None => (Deed::Continue { target: None }, None),
            Target::Continue { name, .. } => (Deed::Continue { target: Some(name.clone()) }, None),
            Target::Return | Target::Goto(_) | Target::Jump(_) | Target::Other { .. } => {
                return self.unknown(target, at);
            }
        };
        self.step(at, deed);
        passed
    }

    /// An extension that is not known may end the packet, let it pass, or do nothing to it.
    fn unknown(&mut self, target: &Target, at: &At<'_>) -> Option<Passed> {
        self.step(at, Deed::Unknown { target: name_of(target) });
        if self.choose() {
            return Some(Passed::Ended(Outcome::Dropped));
        }
        self.choose().then_some(Passed::On)
    }

    fn deed_in_doubt(&self, target: &Target, chains: &HashMap<&str, usize>) -> Deed {
        match target {
            Target::None => Deed::Continue { target: None },
            Target::Accept => Deed::Accept,
            Target::Drop => Deed::Drop,
            Target::Return => Deed::Return,
            Target::Reject { with } => Deed::Reject { with: with.clone() },
            Target::Jump(to) if chains.contains_key(to.as_str()) => {
                Deed::Jump { chain: to.clone() }
            }
            Target::Goto(to) if chains.contains_key(to.as_str()) => {
                Deed::Goto { chain: to.clone() }
            }
            Target::Continue { name, .. } => Deed::Continue { target: Some(name.clone()) },
            Target::Mark { value, mask } => Deed::Mark { mark: (self.packet.mark & !mask) ^ value },
            Target::NoTrack => Deed::NoTrack,
            Target::Snat(_) | Target::Dnat(_) | Target::Masquerade | Target::Redirect { .. } => {
                Deed::Translate { what: name_of(target) }
            }
            other => Deed::Unknown { target: name_of(other) },
        }
    }

    fn view(&self) -> View<'_> {
        let arrives = self.packet.direction != Direction::Out;
        let leaves = matches!(self.hook, "FORWARD" | "OUTPUT" | "POSTROUTING");
        View {
            packet: &self.packet,
            source: self.source.as_ref(),
            destination: self.destination.as_ref(),
            host: self.host,
            in_interface: interface(arrives, self.packet.in_interface.as_deref()),
            out_interface: interface(leaves, self.packet.out_interface.as_deref()),
            tracked: self.tracked,
            changed_sets: &self.changed_sets,
        }
    }

    fn step(&mut self, at: &At<'_>, deed: Deed) {
        self.steps.push(Step {
            hook: self.hook.to_owned(),
            table: at.table,
            chain: at.chain.to_owned(),
            rule: Some(at.number),
            line: at.line,
            truth: at.truth,
            deed,
            sets: at.sets.clone(),
        });
    }

    fn assume(&mut self, assumption: Phrase) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }
}

/// A rule's place.
struct At<'a> {
    table: TableName,
    chain: &'a str,
    number: usize,
    line: usize,
    truth: Truth,
    sets: Vec<AskedSet>,
}

fn interface(has_one: bool, name: Option<&str>) -> Interface<'_> {
    match name {
        _ if !has_one => Interface::Absent,
        Some(name) => Interface::Named(name),
        None => Interface::Unknown,
    }
}

fn name_of(target: &Target) -> String {
    match target {
        Target::Jump(name) | Target::Goto(name) | Target::Other { name, .. } => name.clone(),
        Target::Snat(_) => "SNAT".to_owned(),
        Target::Dnat(_) => "DNAT".to_owned(),
        Target::Masquerade => "MASQUERADE".to_owned(),
        Target::Redirect { .. } => "REDIRECT".to_owned(),
        _ => String::new(),
    }
}
