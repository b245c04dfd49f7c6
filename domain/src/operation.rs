//! Every change that Signalbox can make. There is no other way in: buttons, scripts and
//! schedules all submit one of these.

use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::backups::BackupKind;
use crate::ids::NodeId;
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
}

impl Operation {
    /// The name in the API, the audit log and the metrics: slug, dot, verb.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::VrrpHandOver { .. } => "vrrp.hand_over",
            Operation::BackupsTake { .. } => "backups.take",
        }
    }

    pub fn permission(&self) -> Permission {
        match self {
            Operation::VrrpHandOver { .. } => Permission::VrrpHandOver,
            Operation::BackupsTake { .. } => Permission::BackupsTake,
        }
    }
}
