//! Sets of addresses, networks and ports (ipset(8)), which rules match by their names.
//!
//! [`parse`] reads what `ipset save` prints, and [`render`] prints it back, byte for byte.
//! [`canonical`] is the text without what changes by itself. Whether a packet is in a set is told
//! as all else here: yes, no, or *unknown*.

mod canonical;
mod contains;
mod edit;
mod model;
mod parse;
mod render;
mod section;
mod view;

pub use canonical::canonical;
pub(super) use contains::{Membership, membership};
pub use edit::{Act, Edit, EditError, are_made, edits};
pub use model::{Entry, EntryOption, Kind, NAME_BYTES, Part, Port, Set, Sets};
pub use parse::parse;
pub use render::render;
pub use view::{MAX_ENTRIES, SetView, SetsView};
