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

#[cfg(feature = "hydrate")]
fn key(node: NodeId, tool: Tool) -> String {
    format!("firewall/{node}/{tool}")
}

#[cfg(feature = "hydrate")]
fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().local_storage().ok()?
}

/// A browser that keeps nothing still drafts: until the page is left.
#[cfg(feature = "hydrate")]
pub(super) fn read(node: NodeId, tool: Tool) -> Option<Kept> {
    let text = storage()?.get_item(&key(node, tool)).ok()??;
    crate::api::read(&serde_json::from_str(&text).ok()?).ok()
}

#[cfg(feature = "hydrate")]
pub(super) fn write(node: NodeId, tool: Tool, kept: Option<&Kept>) {
    let Some(storage) = storage() else { return };
    let key = key(node, tool);
    let text = kept.and_then(|kept| serde_json::to_string(kept).ok());
    let _ = match text {
        Some(text) => storage.set_item(&key, &text),
        None => storage.remove_item(&key),
    };
}

#[cfg(not(feature = "hydrate"))]
pub(super) fn read(_node: NodeId, _tool: Tool) -> Option<Kept> {
    None
}

#[cfg(not(feature = "hydrate"))]
pub(super) fn write(_node: NodeId, _tool: Tool, _kept: Option<&Kept>) {}
