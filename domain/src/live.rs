//! The messages of `/api/v1/live`.
//!
//! A client subscribes to topics. For each it gets one snapshot (a JSON document), then changes
//! (RFC 7396 merge patches) numbered without gaps. After a lost connection it subscribes with the
//! last number it has and gets the missing changes, or a fresh snapshot when they are gone. A slow
//! client skips to the latest value. Job logs are not documents: they page by sequence number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Permission;
use crate::ids::{JobId, NodeId};
use crate::jobs::LogLine;
use crate::time::Timestamp;

/// What one can subscribe to; written `fleet`, `node/7`, `firewall/7`, `jobs`, `job/12`, `backups`, `vrrp`, `lvs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// [`crate::fleet::FleetView`]
    Fleet,
    /// [`crate::nodes::NodeView`]
    Node(NodeId),
    /// [`crate::firewall::FirewallView`]
    Firewall(NodeId),
    /// [`crate::vrrp::VrrpView`]
    Vrrp,
    /// [`crate::lvs::LvsView`]
    Lvs,
    /// [`crate::backups::BackupsView`]
    Backups,
    /// The newest jobs, `{ "<id>": JobSummary }`.
    Jobs,
    /// [`crate::jobs::JobView`]; its log follows in [`ServerMessage::Log`].
    Job(JobId),
}

impl Topic {
    pub fn permission(self) -> Permission {
        match self {
            Topic::Fleet => Permission::FleetRead,
            Topic::Node(_) => Permission::NodesRead,
            Topic::Firewall(_) => Permission::FirewallRead,
            Topic::Vrrp => Permission::VrrpRead,
            Topic::Lvs => Permission::LvsRead,
            Topic::Backups => Permission::BackupsRead,
            Topic::Jobs | Topic::Job(_) => Permission::JobsRead,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Fleet => f.write_str("fleet"),
            Topic::Node(id) => write!(f, "node/{id}"),
            Topic::Firewall(id) => write!(f, "firewall/{id}"),
            Topic::Vrrp => f.write_str("vrrp"),
            Topic::Lvs => f.write_str("lvs"),
            Topic::Backups => f.write_str("backups"),
            Topic::Jobs => f.write_str("jobs"),
            Topic::Job(id) => write!(f, "job/{id}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected fleet, node/<id>, firewall/<id>, vrrp, lvs, backups, jobs or job/<id>; found {found:?}"
)]
pub struct UnknownTopic {
    pub found: String,
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Topic, UnknownTopic> {
        let unknown = || UnknownTopic { found: text.chars().take(80).collect() };
        match text.split_once('/') {
            None => match text {
                "fleet" => Ok(Topic::Fleet),
                "vrrp" => Ok(Topic::Vrrp),
                "lvs" => Ok(Topic::Lvs),
                "backups" => Ok(Topic::Backups),
                "jobs" => Ok(Topic::Jobs),
                _ => Err(unknown()),
            },
            Some(("node", id)) => id.parse().map(Topic::Node).map_err(|_| unknown()),
            Some(("firewall", id)) => id.parse().map(Topic::Firewall).map_err(|_| unknown()),
            Some(("job", id)) => id.parse().map(Topic::Job).map_err(|_| unknown()),
            Some(_) => Err(unknown()),
        }
    }
}

impl Serialize for Topic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Topic, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// From the browser or a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    Subscribe {
        topic: Topic,
        /// The number of the last change the client has; absent: send a snapshot.
        #[serde(default)]
        since: Option<u64>,
        /// For `job/<id>`: send the log after this line.
        #[serde(default)]
        log_after: Option<u64>,
    },
    Unsubscribe {
        topic: Topic,
    },
}

/// From the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    Snapshot {
        topic: Topic,
        seq: u64,
        value: Value,
    },
    /// `patch` turns the document of `seq - 1` into that of `seq`.
    Change {
        topic: Topic,
        seq: u64,
        patch: Value,
    },
    Log {
        topic: Topic,
        lines: Vec<LogLine>,
    },
    /// Once a second, so that a client can tell a quiet fleet from a dead line.
    Tick {
        now: Timestamp,
    },
    /// The topic cannot be had; `code` as in the REST API's errors.
    Refused {
        topic: String,
        code: String,
        message: String,
    },
}

/// Applies an RFC 7396 merge patch.
pub fn apply_patch(document: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *document = patch.clone();
        return;
    };
    if !document.is_object() {
        *document = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = document else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            apply_patch(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// The merge patch that turns `old` into `new`, or `None` when they are equal. A field that is
/// null in `new` counts as absent, as RFC 7396 has no way to set a null.
pub fn patch_between(old: &Value, new: &Value) -> Option<Value> {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let mut patch = serde_json::Map::new();
            for (key, value) in after {
                let change = match before.get(key) {
                    Some(previous) => patch_between(previous, value),
                    None if value.is_null() => None,
                    None => Some(value.clone()),
                };
                if let Some(change) = change {
                    patch.insert(key.clone(), change);
                }
            }
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                patch.insert(key.clone(), Value::Null);
            }
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        (old, new) if old == new => None,
        (_, new) => Some(new.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Any JSON document; objects carry no nulls, as a merge patch cannot say one.
    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_patch_turns_the_old_document_into_the_new(old in document(), new in document()) {
            let mut patched = old.clone();
            if let Some(patch) = patch_between(&old, &new) {
                apply_patch(&mut patched, &patch);
            }
            prop_assert_eq!(patched, new);
        }

        #[test]
        fn a_patch_survives_the_wire(old in document(), new in document()) {
            let Some(patch) = patch_between(&old, &new) else { return Ok(()) };
            let sent: Value = serde_json::from_str(&patch.to_string()).unwrap();
            let mut patched = old;
            apply_patch(&mut patched, &sent);
            prop_assert_eq!(patched, new);
        }
    }

    #[test]
    fn a_field_that_becomes_null_is_removed() {
        let (old, new) = (json!({"a": 1, "b": 2}), json!({"a": null, "b": 2}));
        let patch = patch_between(&old, &new).unwrap();
        assert_eq!(patch, json!({"a": null}));
        let mut patched = old;
        apply_patch(&mut patched, &patch);
        assert_eq!(patched, json!({"b": 2}));
    }

    #[test]
    fn topics_are_read_as_they_are_written() {
        for topic in ["fleet", "node/7", "firewall/7", "vrrp", "backups", "jobs", "job/12"] {
            assert_eq!(topic.parse::<Topic>().unwrap().to_string(), topic);
        }
        for text in ["", "node", "node/", "node/x", "nodes/1", "job/1/2", "Fleet"] {
            assert!(text.parse::<Topic>().is_err(), "{text:?}");
        }
    }
}
