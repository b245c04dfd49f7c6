//! Every change that Signalbox can make. There is no other way in: buttons, scripts and
//! schedules all submit one of these.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::backups::BackupKind;
use crate::drills::Drill;
use crate::firewall::Tool;
use crate::firewall::kernel_trace::SentPacket;
use crate::firewall::plan::{NodeRules, WITHIN_S};
use crate::ids::NodeId;
use crate::lvs::change::AtLimit;
use crate::lvs::edit::ServiceChange;
use crate::lvs::sharing::{Against, REQUESTS};
use crate::lvs::sync::{SyncRoles, WantedSync};
use crate::lvs::{Forwarding, ServiceId};
use crate::values::Sha256Hex;
use crate::vrrp::InstanceName;
use crate::vrrp::deploy::NodeChange;

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
    /// Put new text into keepalived.conf, or a file that it includes, on directors. The old text comes
    /// back on all of them when one does not run well by the new.
    #[serde(rename = "vrrp.deploy")]
    VrrpDeploy { nodes: Vec<NodeChange> },
    /// Make one of several directors that hold an instance's addresses give them up.
    #[serde(rename = "vrrp.demote")]
    VrrpDemote {
        instance: InstanceName,
        /// The director that shall give them up.
        node: NodeId,
    },
    /// Let a director that was demoted take part again, once what split them is mended.
    #[serde(rename = "vrrp.restore")]
    VrrpRestore { instance: InstanceName, node: NodeId },
    /// Take a director out of service: the others take its addresses, and it takes none until it is
    /// brought back, whatever fails.
    #[serde(rename = "vrrp.take_out")]
    VrrpTakeOut { node: NodeId },
    /// Bring a director that is out of service back.
    #[serde(rename = "vrrp.bring_back")]
    VrrpBringBack { node: NodeId },
    /// Give a real server of a virtual service another weight, on every director that has it.
    #[serde(rename = "lvs.set_weight")]
    LvsSetWeight {
        service: ServiceId,
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        server: SocketAddr,
        /// 0 to 65535. With 0 it gets no new connections.
        weight: u32,
        /// No other real server needs to remain that takes new connections.
        #[serde(default)]
        may_empty: bool,
    },
    /// Give a real server weight 0 and wait until its connections are gone.
    #[serde(rename = "lvs.drain")]
    LvsDrain {
        service: ServiceId,
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        server: SocketAddr,
        /// The weight that it has: what putting it back means.
        was: u32,
        /// How long it is waited, 1 to 3600 s.
        within_s: u32,
        #[serde(default)]
        at_limit: AtLimit,
        /// No other real server needs to remain that takes new connections.
        #[serde(default)]
        may_empty: bool,
    },
    /// Add, edit or delete a virtual service or one of its real servers, on every director that has it.
    #[serde(rename = "lvs.change_service")]
    LvsChangeService {
        /// E.g. `tcp/192.168.1.200:80`, `udp/[fd00::1]:53`, `mark/7`, `mark6/7`.
        service: ServiceId,
        change: ServiceChange,
    },
    /// Move all real servers of a service to one forwarding method: prepare each, change every director,
    /// and remove from the real servers what only the old method needed. A service that is in it already
    /// has its real servers prepared.
    #[serde(rename = "lvs.move_mode")]
    LvsMoveMode {
        /// By IPv4 address, e.g. `tcp/192.168.1.200:80`.
        service: ServiceId,
        /// NAT, DR or TUN.
        forwarding: Forwarding,
        /// What the old method needed stays on the real servers, for connections that go on by it.
        #[serde(default)]
        keep_old: bool,
    },
    /// Start or stop the kernel's daemons that tell other directors of connections.
    #[serde(rename = "lvs.sync_daemon")]
    LvsSyncDaemon {
        directors: Vec<NodeId>,
        #[serde(default)]
        roles: SyncRoles,
        /// Absent: they stop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        daemon: Option<WantedSync>,
        /// Write them into keepalived.conf, so that they outlast a boot. Where it names them already,
        /// they change there anyway.
        #[serde(default)]
        in_conf: bool,
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
    /// Edit the sets that rules match by their names, and take the edits back unless they are kept.
    #[serde(rename = "firewall.change_sets")]
    FirewallChangeSets {
        node: NodeId,
        /// `create`, `add`, `del`, `flush` and `destroy`, a line each, as `ipset restore` reads them.
        edits: String,
        /// How long the edits may stand without being kept, 10 to 3600 s.
        #[serde(default = "within_s")]
        within_s: u32,
    },
    /// Send one packet for real, and have a node's kernel tell how it went through the rules of one
    /// iptables. For as long as that takes one rule of the table raw traces it.
    #[serde(rename = "firewall.trace")]
    FirewallTrace { node: NodeId, tool: Tool, packet: SentPacket },
    /// Make connections to a virtual service from a client, and tell whether its real servers got of
    /// them what the scheduler means them to have. Changes nothing.
    #[serde(rename = "lvs.prove_sharing")]
    LvsProveSharing {
        /// A TCP service, e.g. `tcp/192.168.1.200:80`.
        service: ServiceId,
        /// Connections, 20 to 5000.
        #[serde(default = "requests")]
        requests: u32,
        #[serde(default)]
        against: Against,
    },
    /// Make a fault on purpose, measure what becomes of it, mend it, and prove that all is as it was.
    #[serde(rename = "drills.run")]
    DrillsRun { drill: Drill },
}

fn requests() -> u32 {
    REQUESTS
}

fn within_s() -> u32 {
    WITHIN_S
}

impl Operation {
    /// The name in the API, the audit log and the metrics: slug, dot, verb.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::VrrpHandOver { .. } => "vrrp.hand_over",
            Operation::VrrpDeploy { .. } => "vrrp.deploy",
            Operation::VrrpDemote { .. } => "vrrp.demote",
            Operation::VrrpRestore { .. } => "vrrp.restore",
            Operation::VrrpTakeOut { .. } => "vrrp.take_out",
            Operation::VrrpBringBack { .. } => "vrrp.bring_back",
            Operation::LvsSetWeight { .. } => "lvs.set_weight",
            Operation::LvsDrain { .. } => "lvs.drain",
            Operation::LvsChangeService { .. } => "lvs.change_service",
            Operation::LvsMoveMode { .. } => "lvs.move_mode",
            Operation::LvsSyncDaemon { .. } => "lvs.sync_daemon",
            Operation::BackupsTake { .. } => "backups.take",
            Operation::FirewallApply { .. } => "firewall.apply",
            Operation::FirewallApplyGroup { .. } => "firewall.apply_group",
            Operation::FirewallChangeSets { .. } => "firewall.change_sets",
            Operation::FirewallTrace { .. } => "firewall.trace",
            Operation::LvsProveSharing { .. } => "lvs.prove_sharing",
            Operation::DrillsRun { .. } => "drills.run",
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
            Operation::FirewallApply { rules: text, .. }
            | Operation::FirewallChangeSets { edits: text, .. } => abridge(text),
            Operation::FirewallApplyGroup { waves, .. } => {
                waves.iter_mut().flatten().for_each(|node| abridge(&mut node.rules));
            }
            Operation::VrrpDeploy { nodes } => {
                nodes
                    .iter_mut()
                    .flat_map(|node| &mut node.files)
                    .for_each(|f| abridge(&mut f.text));
            }
            Operation::VrrpHandOver { .. }
            | Operation::VrrpDemote { .. }
            | Operation::VrrpRestore { .. }
            | Operation::VrrpTakeOut { .. }
            | Operation::VrrpBringBack { .. }
            | Operation::LvsSetWeight { .. }
            | Operation::LvsDrain { .. }
            | Operation::LvsChangeService { .. }
            | Operation::LvsMoveMode { .. }
            | Operation::LvsSyncDaemon { .. }
            | Operation::BackupsTake { .. }
            | Operation::FirewallTrace { .. }
            | Operation::LvsProveSharing { .. }
            | Operation::DrillsRun { .. } => {}
        }
        abridged
    }

    /// The nodes whose packet filter it changes. A trace decides nothing and stays for seconds.
    pub fn filters(&self) -> Vec<NodeId> {
        match self {
            Operation::FirewallApply { node, .. } | Operation::FirewallChangeSets { node, .. } => {
                vec![*node]
            }
            Operation::FirewallApplyGroup { waves, .. } => {
                waves.iter().flatten().map(|node| node.node).collect()
            }
            Operation::VrrpHandOver { .. }
            | Operation::VrrpDeploy { .. }
            | Operation::VrrpDemote { .. }
            | Operation::VrrpRestore { .. }
            | Operation::VrrpTakeOut { .. }
            | Operation::VrrpBringBack { .. }
            | Operation::LvsSetWeight { .. }
            | Operation::LvsDrain { .. }
            | Operation::LvsChangeService { .. }
            | Operation::LvsMoveMode { .. }
            | Operation::LvsSyncDaemon { .. }
            | Operation::BackupsTake { .. }
            | Operation::FirewallTrace { .. }
            | Operation::LvsProveSharing { .. }
            | Operation::DrillsRun { .. } => Vec::new(),
        }
    }

    pub fn permission(&self) -> Permission {
        match self {
            Operation::VrrpDeploy { .. } => Permission::VrrpDeploy,
            Operation::VrrpHandOver { .. }
            | Operation::VrrpDemote { .. }
            | Operation::VrrpRestore { .. }
            | Operation::VrrpTakeOut { .. }
            | Operation::VrrpBringBack { .. } => Permission::VrrpHandOver,
            Operation::LvsSetWeight { .. }
            | Operation::LvsDrain { .. }
            | Operation::LvsChangeService { .. }
            | Operation::LvsMoveMode { .. }
            | Operation::LvsSyncDaemon { .. } => Permission::LvsChange,
            Operation::BackupsTake { .. } => Permission::BackupsTake,
            Operation::FirewallApply { .. }
            | Operation::FirewallApplyGroup { .. }
            | Operation::FirewallChangeSets { .. }
            | Operation::FirewallTrace { .. } => Permission::FirewallApply,
            Operation::LvsProveSharing { .. } => Permission::LvsProve,
            Operation::DrillsRun { .. } => Permission::DrillsRun,
        }
    }
}
