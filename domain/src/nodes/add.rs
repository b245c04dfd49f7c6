use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::NodeId;
use crate::nodes::{CredentialChoice, HostKey, ImportEntry};
use crate::phrase::Phrase;
use crate::remote::Elevation;
use crate::values::{Host, NodeName, Tag, UserName};

pub const SSH_PORT: u16 = 22;

fn ssh_port() -> u16 {
    SSH_PORT
}

fn no_elevation() -> Elevation {
    Elevation::None
}

/// Which machine to ask for its host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    pub host: Host,
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// The node through which the machine is reached.
    #[serde(default)]
    pub jump: Option<NodeId>,
}

/// A machine to manage, with the host key that a person has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewNode {
    pub name: NodeName,
    pub host: Host,
    #[serde(default = "ssh_port")]
    pub port: u16,
    pub user: UserName,
    #[serde(default = "no_elevation")]
    pub elevation: Elevation,
    pub credential: CredentialChoice,
    #[serde(default)]
    pub jump: Option<NodeId>,
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// `SHA256:…`
    pub host_key: String,
    /// Why the host key is trusted although nobody compared it with the machine's own; the audit
    /// log keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_because: Option<String>,
}

/// What to change of a node; an absent field stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NodeEdit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<NodeName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elevation: Option<Elevation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialChoice>,
    /// Null: reached directly.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<NodeId>))]
    pub jump: Option<Option<NodeId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

impl NodeEdit {
    /// Whether the machine may be another one, or we sign in otherwise: then it is tried first.
    pub fn changes_line(&self) -> bool {
        self.host.is_some()
            || self.port.is_some()
            || self.user.is_some()
            || self.elevation.is_some()
            || self.credential.is_some()
            || self.jump.is_some()
    }
}

/// A field that is there with null is not an absent one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<NodeId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The confirmation of a changed host key: exactly the one that the node shows now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PinRequest {
    /// `SHA256:…`
    pub host_key: String,
    /// Why it is trusted although nobody compared it with the machine's own; the audit log keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_because: Option<String>,
}

/// Several machines at once: see [`crate::nodes::parse_import`] for the lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    pub lines: String,
    #[serde(default)]
    pub jump: Option<NodeId>,
}

/// One pasted line and what came of it: a host key to confirm, or a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportRow {
    /// From 1.
    pub line: u32,
    /// `None` when the line cannot be read.
    pub entry: Option<ImportEntry>,
    pub host_key: Option<HostKey>,
    pub problem: Option<Phrase>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_jump_is_not_an_absent_one() {
        let absent: NodeEdit = serde_json::from_str("{}").unwrap();
        assert_eq!((absent.jump, absent.changes_line()), (None, false));
        let null: NodeEdit = serde_json::from_str(r#"{"jump": null}"#).unwrap();
        assert_eq!((null.jump, null.changes_line()), (Some(None), true));
        let some: NodeEdit = serde_json::from_str(r#"{"jump": 3}"#).unwrap();
        assert_eq!(some.jump, Some(Some(NodeId(3))));
    }

    #[test]
    fn a_request_reads_but_never_prints_its_secret() {
        let node: NewNode = serde_json::from_str(
            r#"{"name": "db-1", "host": "10.0.0.1", "user": "root", "elevation": "none",
                "credential": {"password": "hunter2"}, "host_key": "SHA256:x"}"#,
        )
        .unwrap();
        assert_eq!(node.port, 22);
        assert!(!format!("{node:?}").contains("hunter2"));
    }
}
