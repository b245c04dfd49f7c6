//! `firewall.apply`: replaces the rules of one iptables.

use super::super::model::Ruleset;
use super::super::tool::Tool;
use super::super::{canonical, digest, interlock, scripts};
use super::steps::{self, Wave};
use super::{Change, Member, PlanError, Site, within};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::remote::RemoteCommand;
use crate::time::Timestamp;
use crate::values::Sha256Hex;

/// What the planner is told.
#[derive(Debug, Clone)]
pub struct ApplyInput {
    pub site: Site,
    pub tool: Tool,
    /// As the person wrote it.
    pub rules: String,
    /// Of the rules that the draft was made from; `None`: whatever is there is replaced.
    pub base: Option<Sha256Hex>,
    /// What the rules became in a network namespace of their own, or why they were refused there.
    pub tried: Result<Fact<String>, String>,
}

/// The rules before and after.
pub(in super::super) struct RulesChange {
    pub(in super::super) tool: Tool,
    /// As the person wrote it.
    pub(super) rules: String,
    pub(in super::super) base: Option<Sha256Hex>,
    /// Why the node refuses the draft.
    pub(in super::super) refused: Option<String>,
    pub(in super::super) live: Ruleset,
    pub(in super::super) live_digest: Sha256Hex,
    pub(in super::super) wanted: Ruleset,
    /// As the kernel will print it.
    wanted_text: String,
}

pub fn apply(input: ApplyInput, within_s: u32, now: Timestamp) -> Result<Draft, PlanError> {
    within(within_s)?;
    let members = [Member::of_rules(input)?];
    let [Member { site, change }] = &members;
    let locks = vec![change.lock(site.node)];
    let (name, tool) = (&site.name, change.tool);
    let waves = [Wave { number: 1, of: 1, members: &members, within_s }];
    let [member] = &members;
    Ok(Draft {
        operation: Operation::FirewallApply {
            node: site.node,
            tool,
            rules: change.rules.clone(),
            base: change.base.clone(),
            within_s,
        },
        title: Phrase::new(
            format!("Apply a draft of {tool} on {name}"),
            format!("在 {name} 上应用 {tool} 草稿"),
        ),
        run_label: Phrase::new(format!("Apply on {name}"), format!("在 {name} 上应用")),
        interlocks: interlock::of_rules(site, change, &locks, now),
        steps: steps::all(&waves),
        verification: member.verification().into(),
        rolled_back: vec![member.rolled_back()],
        prediction: None,
        way_back: Phrase::new(
            format!(
                "Until they are kept the new rules go by themselves: {name} restores the old ones. Once kept, apply the rules from before, which the node's history has"
            ),
            format!(
                "保留之前，{name} 会自行恢复旧规则。保留之后，可从该节点的历史中再次应用旧规则"
            ),
        ),
        locks,
    })
}

impl Member<RulesChange> {
    pub(super) fn of_rules(input: ApplyInput) -> Result<Member<RulesChange>, PlanError> {
        let ApplyInput { site, tool, rules, base, tried } = input;
        let unreadable =
            |why: &str| PlanError::Unreadable { node: site.name.clone(), why: why.to_owned() };
        let live = site.reading.value.rulesets.get(&tool);
        let live = live.ok_or_else(|| unreadable("nothing was read"))?;
        if let Some(why) = &live.unreadable {
            return Err(unreadable(why));
        }
        let written = tool.parse(&rules)?;
        // Where the node refused the draft an interlock blocks; the draft is shown as it was written.
        let wanted_text = match &tried {
            Ok(became) => canonical(&tool.parse(&became.value)?),
            Err(_) => canonical(&written),
        };
        if wanted_text == live.text {
            return Err(PlanError::Nothing { node: site.name.clone() });
        }
        let change = RulesChange {
            tool,
            rules,
            base,
            refused: tried.err(),
            live: tool.parse(&live.text)?,
            live_digest: live.digest.parse()?,
            wanted: tool.parse(&wanted_text)?,
            wanted_text,
        };
        Ok(Member { site, change })
    }
}

impl Change for RulesChange {
    fn noun() -> Phrase {
        Phrase::new("rules", "规则")
    }

    fn try_out(&self) -> RemoteCommand {
        scripts::try_out(self.tool, &self.wanted_text)
    }

    fn arm(&self, within_s: u32) -> RemoteCommand {
        scripts::arm(self.tool, within_s, &self.live_digest)
    }

    fn load(&self) -> RemoteCommand {
        scripts::load(self.tool, &self.wanted_text)
    }

    fn state(&self) -> RemoteCommand {
        scripts::state(self.tool)
    }

    fn keep(&self) -> RemoteCommand {
        scripts::keep(self.tool)
    }

    fn undo(&self) -> RemoteCommand {
        scripts::undo(self.tool, &self.live_digest)
    }

    fn before(&self) -> String {
        format!("rules {}", self.live_digest)
    }

    fn after(&self) -> String {
        format!("rules {}", digest(&self.wanted_text))
    }

    fn lock(&self, node: NodeId) -> String {
        format!("node/{node}/firewall/{}", self.tool)
    }
}
