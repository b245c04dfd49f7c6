//! Every change that Signalbox can make. There is no other way in: buttons, scripts and
//! schedules all submit one of these.

use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::backups::BackupKind;
use crate::firewall::Tool;
use crate::firewall::plan::{NodeRules, WITHIN_S};
use crate::ids::NodeId;
use crate::values::Sha256Hex;
use crate::vrrp::InstanceName;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "operation", deny_unknown_fields)]
pub enum Operation {
    /// Move a VRRP instance's virtual addresses to the other director.
    #[serde(rename = "vrrp.hand_over")]
    VrrpHandOver {
        instance: InstanceName,
        /// The director that shall hold the addresses.
        to: NodeId,
    },
    /// Take a backup of an engine and enter it in the catalogue.
    #[serde(rename = "backups.take")]
    BackupsTake {
        /// Any node of the replication tree; it names the tree.
        engine: NodeId,
        kind: BackupKind,
        /// The node to read from. Absent: the plan chooses a replica that is fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<NodeId>,
    },
    /// Replace the rules of one iptables on a node, and restore the old ones unless the new are kept.
    #[serde(rename = "firewall.apply")]
    FirewallApply {
        node: NodeId,
        tool: Tool,
        /// The whole of the rules, as iptables-restore reads them.
        rules: String,
        /// The digest of the rules that these were made from. They must still be there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<Sha256Hex>,
        /// How long the new rules may stand without being kept, 10 to 3600 s.
        #[serde(default = "within_s")]
        within_s: u32,
    },
    /// Replace the rules of several nodes, wave after wave. Unless every wave is confirmed within its
    /// time, all of them restore their old rules.
    #[serde(rename = "firewall.apply_group")]
    FirewallApplyGroup {
        /// The nodes of a wave change together.
        waves: Vec<Vec<NodeRules>>,
        /// How long each wave may stand without being confirmed, 10 to 3600 s.
        #[serde(default = "within_s")]
        within_s: u32,
    },
}

fn within_s() -> u32 {
    WITHIN_S
}

impl Operation {
    /// The name in the API, the audit log and the metrics: slug, dot, verb.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::VrrpHandOver { .. } => "vrrp.hand_over",
            Operation::BackupsTake { .. } => "backups.take",
            Operation::FirewallApply { .. } => "firewall.apply",
            Operation::FirewallApplyGroup { .. } => "firewall.apply_group",
        }
    }

    /// For lists of jobs, which many pages keep: without the text of rules, which the job's plan has.
    #[must_use]
    pub fn abridged(&self) -> Operation {
        let mut abridged = self.clone();
        let abridge = |rules: &mut String| {
            *rules = format!("# {} lines, which the job's plan has\n", rules.lines().count());
        };
        match &mut abridged {
            Operation::FirewallApply { rules, .. } => abridge(rules),
            Operation::FirewallApplyGroup { waves, .. } => {
                waves.iter_mut().flatten().for_each(|node| abridge(&mut node.rules));
            }
            Operation::VrrpHandOver { .. } | Operation::BackupsTake { .. } => {}
        }
        abridged
    }

    /// The nodes whose packet filter it changes.
    pub fn filters(&self) -> Vec<NodeId> {
        match self {
            Operation::FirewallApply { node, .. } => vec![*node],
            Operation::FirewallApplyGroup { waves, .. } => {
                waves.iter().flatten().map(|node| node.node).collect()
            }
            Operation::VrrpHandOver { .. } | Operation::BackupsTake { .. } => Vec::new(),
        }
    }

    pub fn permission(&self) -> Permission {
        match self {
            Operation::VrrpHandOver { .. } => Permission::VrrpHandOver,
            Operation::BackupsTake { .. } => Permission::BackupsTake,
            Operation::FirewallApply { .. } | Operation::FirewallApplyGroup { .. } => {
                Permission::FirewallApply
            }
        }
    }
}
