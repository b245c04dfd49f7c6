//! The track diagram: a service as a railway line from its clients to the machine that answers.
//!
//! [`geometry`] holds the signs of the grammar, [`line`] lays one line out from left to right,
//! [`upright`] from top to bottom for phones, and [`draw`] turns the shapes into SVG. All but the
//! last are pure.

mod draw;
mod follow;
mod geometry;
mod line;
#[cfg(test)]
pub mod sample;
mod upright;

pub use draw::Drawing;
pub use follow::follow_link;
pub use geometry::{Anchor, Flow, Scene, Station, Way};
pub use line::{
    Columns, Placed, Reading, carries, engine_role, forwarding_name, lay_out, protocol,
    service_name, traffic,
};
pub use upright::lay_out_upright;
