//! Who may do what.

mod model;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use model::*;

/// Each role may do all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything but secrets and accounts.
    Viewer,
    /// Runs operations.
    Operator,
    /// Adds nodes, accounts and tokens, and pins host keys.
    Admin,
}

/// What a route, a live topic or an operation asks for. The name begins with the feature's slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Permission {
    #[serde(rename = "fleet:read")]
    FleetRead,
    #[serde(rename = "nodes:read")]
    NodesRead,
    #[serde(rename = "nodes:write")]
    NodesWrite,
    #[serde(rename = "engines:read")]
    EnginesRead,
    #[serde(rename = "backups:read")]
    BackupsRead,
    #[serde(rename = "backups:take")]
    BackupsTake,
    #[serde(rename = "backups:download")]
    BackupsDownload,
    #[serde(rename = "firewall:read")]
    FirewallRead,
    #[serde(rename = "firewall:apply")]
    FirewallApply,
    #[serde(rename = "lvs:read")]
    LvsRead,
    #[serde(rename = "lvs:prove")]
    LvsProve,
    #[serde(rename = "lvs:change")]
    LvsChange,
    #[serde(rename = "vrrp:read")]
    VrrpRead,
    #[serde(rename = "vrrp:hand_over")]
    VrrpHandOver,
    #[serde(rename = "vrrp:deploy")]
    VrrpDeploy,
    #[serde(rename = "vrrp:policy")]
    VrrpPolicy,
    #[serde(rename = "drills:read")]
    DrillsRead,
    #[serde(rename = "drills:run")]
    DrillsRun,
    #[serde(rename = "jobs:read")]
    JobsRead,
    #[serde(rename = "jobs:control")]
    JobsControl,
    #[serde(rename = "audit:read")]
    AuditRead,
    #[serde(rename = "access:self")]
    AccessSelf,
    #[serde(rename = "access:admin")]
    AccessAdmin,
}

impl Permission {
    pub const ALL: [Permission; 23] = [
        Permission::FleetRead,
        Permission::NodesRead,
        Permission::NodesWrite,
        Permission::EnginesRead,
        Permission::BackupsRead,
        Permission::BackupsTake,
        Permission::BackupsDownload,
        Permission::FirewallRead,
        Permission::FirewallApply,
        Permission::LvsRead,
        Permission::LvsProve,
        Permission::LvsChange,
        Permission::VrrpRead,
        Permission::VrrpHandOver,
        Permission::VrrpDeploy,
        Permission::VrrpPolicy,
        Permission::DrillsRead,
        Permission::DrillsRun,
        Permission::JobsRead,
        Permission::JobsControl,
        Permission::AuditRead,
        Permission::AccessSelf,
        Permission::AccessAdmin,
    ];

    /// The least role that has this permission.
    pub fn least_role(self) -> Role {
        match self {
            Permission::FleetRead
            | Permission::NodesRead
            | Permission::EnginesRead
            | Permission::BackupsRead
            | Permission::FirewallRead
            | Permission::LvsRead
            | Permission::VrrpRead
            | Permission::DrillsRead
            | Permission::JobsRead
            | Permission::AccessSelf => Role::Viewer,
            // Who did what from where is for those who may act themselves.
            Permission::AuditRead
            | Permission::BackupsTake
            | Permission::FirewallApply
            | Permission::LvsProve
            | Permission::LvsChange
            | Permission::VrrpHandOver
            | Permission::VrrpDeploy
            | Permission::DrillsRun
            | Permission::JobsControl => Role::Operator,
            // A backup holds every row of the database.
            Permission::BackupsDownload
            | Permission::NodesWrite
            | Permission::VrrpPolicy
            | Permission::AccessAdmin => Role::Admin,
        }
    }
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected viewer, operator or admin; found {0:?}")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Role, UnknownRole> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(40).collect()))
    }
}
