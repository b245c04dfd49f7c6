//! A node as tests enter it.

use super::NodeRecord;
use crate::ids::{CredentialId, NodeId};
use crate::remote::Elevation;
use crate::time::Timestamp;

pub(crate) fn record(id: i64, name: &str) -> NodeRecord {
    NodeRecord {
        id: NodeId(id),
        name: name.parse().unwrap(),
        host: format!("198.18.0.{id}").parse().unwrap(),
        port: 22,
        user: "root".parse().unwrap(),
        elevation: Elevation::None,
        credential: CredentialId(1),
        jump: None,
        tags: Vec::new(),
        host_key: "SHA256:x".to_owned(),
        added_at: Timestamp(0),
        version: 1,
    }
}
