//! What a job does with the nodes of a wave, wave after wave, and how it is proved.

use super::super::needs::Proof;
use super::{Change, GRACE_S, Member, Site};
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect, Step};
use crate::remote::RemoteCommand;
use crate::vrrp;

/// Longer than a director waits before it takes a silent peer's addresses.
const VRRP_DWELL_S: &str = "5";

/// What a wave takes beside the time for saying that it works.
const WAVE_S: u32 = 45;

const FEW_MS: u64 = 500;

/// Nodes that change together.
pub(super) struct Wave<'a, C> {
    /// From 1.
    pub(super) number: usize,
    pub(super) of: usize,
    pub(super) members: &'a [Member<C>],
    pub(super) within_s: u32,
}

/// The steps of all waves. Nothing is kept before everything works.
pub(super) fn all<C: Change>(waves: &[Wave<C>]) -> Vec<Step> {
    let mut steps: Vec<Step> = waves.iter().flat_map(Wave::steps).collect();
    let members = || waves.iter().flat_map(|wave| wave.members);
    let names = names(members());
    steps.push(Step {
        id: "keep".to_owned(),
        title: Phrase::new(
            format!("Take the timer on {names} away"),
            format!("取消 {names} 上的定时器"),
        ),
        actions: members().map(|member| member.run(member.change.keep())).collect(),
        undo: Vec::new(),
        estimate_ms: FEW_MS,
        cancellable: false,
    });
    steps
}

impl<C: Change> Wave<'_, C> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.try_out(), self.arm(), self.load(), self.sign_in()];
        let checks = self.fleet_checks();
        if !checks.is_empty() {
            steps.push(Step {
                id: self.id("fleet"),
                title: Phrase::new(
                    "See that what worked before works now",
                    "确认之前正常的仍然正常",
                ),
                actions: checks,
                undo: Vec::new(),
                estimate_ms: 5_000,
                cancellable: true,
            });
        }
        steps.push(self.confirm());
        steps
    }

    fn try_out(&self) -> Step {
        let names = names(self.members);
        let try_out = |m: &Member<C>| m.run(m.change.try_out());
        Step {
            id: self.id("try"),
            title: Phrase::new(
                format!("Load the draft in a network namespace of its own on {names}"),
                format!("在 {names} 的独立网络命名空间中试装草稿"),
            ),
            actions: self.members.iter().map(try_out).collect(),
            undo: Vec::new(),
            estimate_ms: FEW_MS,
            cancellable: true,
        }
    }

    fn arm(&self) -> Step {
        let (names, on_node_s, noun) = (names(self.members), self.on_node_s(), C::noun());
        let arm = |m: &Member<C>| m.run(m.change.arm(on_node_s));
        Step {
            id: self.id("arm"),
            title: Phrase::new(
                format!(
                    "Set a timer on {names} that restores the old {noun} in {on_node_s} s",
                    noun = noun.en
                ),
                format!("在 {names} 上设置 {on_node_s} 秒后恢复旧{}的定时器", noun.zh),
            ),
            actions: self.members.iter().map(arm).collect(),
            undo: self.undo(),
            estimate_ms: FEW_MS,
            cancellable: true,
        }
    }

    fn load(&self) -> Step {
        let names = names(self.members);
        let load = |m: &Member<C>| m.run(m.change.load());
        Step {
            id: self.id("load"),
            title: Phrase::new(
                format!("Load the draft on {names}"),
                format!("在 {names} 上装入草稿"),
            ),
            actions: self.members.iter().map(load).collect(),
            undo: self.undo(),
            estimate_ms: FEW_MS,
            cancellable: false,
        }
    }

    fn sign_in(&self) -> Step {
        let names = names(self.members);
        let sign_in = |m: &Member<C>| Action::RunAnew {
            node: m.site.node,
            command: m.change.state().timeout_ms(10_000),
            expect: Expect::Line { line: "state armed".to_owned() },
        };
        Step {
            id: self.id("sign_in"),
            title: Phrase::new(
                format!("Sign in on {names} by a new connection"),
                format!("用新连接登录 {names}"),
            ),
            actions: self.members.iter().map(sign_in).collect(),
            undo: Vec::new(),
            estimate_ms: FEW_MS,
            cancellable: true,
        }
    }

    fn confirm(&self) -> Step {
        let within_ms = u64::from(self.within_s) * 1000;
        let next = self.number + 1;
        let title = if next > self.of {
            {
                let noun = C::noun();
                Phrase::new(
                    format!("Wait for somebody to keep the {}", noun.en),
                    format!("等待有人保留新{}", noun.zh),
                )
            }
        } else {
            Phrase::new(
                format!("Wait for somebody to let wave {next} of {} follow", self.of),
                format!("等待有人放行第 {next} 批（共 {} 批）", self.of),
            )
        };
        Step {
            id: self.id("confirm"),
            title,
            actions: vec![Action::Confirm { within_ms }],
            undo: Vec::new(),
            estimate_ms: within_ms,
            cancellable: true,
        }
    }

    fn undo(&self) -> Vec<Action> {
        self.members.iter().map(|member| member.run(member.change.undo())).collect()
    }

    /// A node's timer must not fire while the waves after it go on, nor while a keep is on its way.
    fn on_node_s(&self) -> u32 {
        let later = u32::try_from(self.of - self.number).unwrap_or(u32::MAX);
        let each_s = self.within_s.saturating_add(WAVE_S);
        self.within_s.saturating_add(GRACE_S).saturating_add(later.saturating_mul(each_s))
    }

    fn id(&self, act: &str) -> String {
        if self.of == 1 { act.to_owned() } else { format!("{act}_{}", self.number) }
    }

    /// What held before the change must hold after it.
    fn fleet_checks(&self) -> Vec<Action> {
        let mut actions: Vec<Action> = Vec::new();
        let mut once = |action| {
            if !actions.contains(&action) {
                actions.push(action);
            }
        };
        if let Some(member) = self.members.iter().find(|m| !m.site.standing.is_empty()) {
            once(member.run(RemoteCommand::new("sleep").words(&[VRRP_DWELL_S])));
        }
        for member in self.members {
            standing_checks(&member.site).for_each(&mut once);
            connection_checks(&member.site).for_each(&mut once);
        }
        actions
    }
}

fn standing_checks(site: &Site) -> impl Iterator<Item = Action> {
    site.standing.iter().map(|standing| {
        let (name, instance, line) = (&standing.name, &standing.instance, &standing.line);
        until(Check {
            title: Phrase::new(
                format!("{name} stands where it stood in {instance}: {line}"),
                format!("{name} 在 {instance} 中的状态未变：{line}"),
            ),
            node: standing.node,
            command: standing.command.clone(),
            expect: Expect::Line { line: line.clone() },
        })
    })
}

fn connection_checks(site: &Site) -> impl Iterator<Item = Action> {
    let proofs = site.needs.iter().filter_map(|need| Some((need, need.proof?)));
    let held = proofs.filter(|(_, proof)| held(site, proof));
    held.map(|(need, proof)| {
        let (address, port) = proof.to;
        until(Check {
            title: need.title.clone(),
            node: proof.from,
            command: vrrp::scripts::reach(&[proof.to]),
            expect: Expect::Line { line: format!("{address} {port} reached") },
        })
    })
}

fn held(site: &Site, proof: &Proof) -> bool {
    site.proved.iter().any(|(proved, reached)| proved == proof && *reached)
}

fn until(check: Check) -> Action {
    Action::Await { check, every_ms: 500, timeout_ms: 10_000 }
}

impl<C: Change> Member<C> {
    fn run(&self, command: RemoteCommand) -> Action {
        Action::Run { node: self.site.node, command, expect: Expect::Success }
    }

    /// That the node has what the draft wants, and that it stays.
    pub(super) fn verification(&self) -> [Check; 2] {
        let (name, noun) = (&self.site.name, C::noun());
        let has_the_drafts = Phrase::new(
            format!("{name} has the draft's {}", noun.en),
            format!("{name} 的{}与草稿一致", noun.zh),
        );
        let no_timer = Phrase::new(
            format!("No timer on {name} takes them back"),
            format!("{name} 上没有会撤回{}的定时器", noun.zh),
        );
        [
            self.says(has_the_drafts, self.change.after()),
            self.says(no_timer, "state kept".to_owned()),
        ]
    }

    pub(super) fn rolled_back(&self) -> Check {
        let (name, noun) = (&self.site.name, C::noun());
        let title = Phrase::new(
            format!("{name} has the {} from before", noun.en),
            format!("{name} 的{}与之前一致", noun.zh),
        );
        self.says(title, self.change.before())
    }

    fn says(&self, title: Phrase, line: String) -> Check {
        let command = self.change.state();
        Check { title, node: self.site.node, command, expect: Expect::Line { line } }
    }
}

pub(super) fn names<'a, C: 'a>(members: impl IntoIterator<Item = &'a Member<C>>) -> String {
    let names: Vec<&str> = members.into_iter().map(|member| member.site.name.as_str()).collect();
    names.join(", ")
}
