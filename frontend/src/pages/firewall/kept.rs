//! The draft of a node's rules, kept in the browser until it is applied or discarded.

use serde::{Deserialize, Serialize};
use signalbox_domain::firewall::Tool;
use signalbox_domain::ids::NodeId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Digest of the rules that it was made from.
    pub(super) base: String,
    /// Those rules.
    pub(super) from: String,
    pub(super) text: String,
}

fn key(node: NodeId, tool: Tool) -> String {
    format!("firewall/{node}/{tool}")
}

pub(super) fn read(node: NodeId, tool: Tool) -> Option<Kept> {
    let text = get(&key(node, tool))?;
    crate::api::read(&serde_json::from_str(&text).ok()?).ok()
}

pub(super) fn write(node: NodeId, tool: Tool, kept: Option<&Kept>) {
    let text = kept.and_then(|kept| serde_json::to_string(kept).ok());
    set(&key(node, tool), text.as_deref());
}

/// Edits of the node's sets.
pub(super) fn read_edits(node: NodeId) -> Option<String> {
    get(&format!("firewall/{node}/sets"))
}

pub(super) fn write_edits(node: NodeId, edits: &str) {
    set(&format!("firewall/{node}/sets"), (!edits.is_empty()).then_some(edits));
}

#[cfg(feature = "hydrate")]
fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().local_storage().ok()?
}

#[cfg(feature = "hydrate")]
fn get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// A browser that keeps nothing still drafts: until the page is left.
#[cfg(feature = "hydrate")]
fn set(key: &str, text: Option<&str>) {
    let Some(storage) = storage() else { return };
    let _ = match text {
        Some(text) => storage.set_item(key, text),
        None => storage.remove_item(key),
    };
}

#[cfg(not(feature = "hydrate"))]
fn get(_key: &str) -> Option<String> {
    None
}

#[cfg(not(feature = "hydrate"))]
fn set(_key: &str, _text: Option<&str>) {}
