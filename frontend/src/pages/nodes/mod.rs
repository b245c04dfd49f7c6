//! The managed machines: the list, one of them, and adding more.

mod add;
mod changes;
mod depends;
mod detail;
mod host_key;
mod list;
mod pin;
mod place;
mod reach;
mod remove;
mod services;
mod tags;
mod vitals;
mod wrong;

use signalbox_domain::access::Permission;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::LinkState;
use signalbox_domain::signal::Signal as Aspect;

pub use add::AddNode;
pub use detail::NodeDetail;
pub use list::NodeList;

use crate::boot::session;
use crate::locale::{t, t_with};
use crate::locales::{access, nodes as texts, states};
use crate::ui::aspect_word;

/// The last minutes of a node.
fn history_path(id: NodeId) -> String {
    format!("/api/v1/nodes/{id}/history")
}

/// What a node is in one word: its line's state while that is not up, else its lamp's.
fn state_word(link: LinkState, aspect: Aspect) -> &'static str {
    texts::link(link).map_or_else(|| aspect_word(aspect), t)
}

/// Why the reader may not change nodes.
fn closed_to_reader() -> Option<String> {
    let role = session()?.role;
    (!role.may(Permission::NodesWrite)).then(|| t_with(states::NO_ROLE, &[&t(access::role(role))]))
}
