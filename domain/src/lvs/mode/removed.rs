//! What a real server that leaves a service no longer needs.

use std::net::{IpAddr, SocketAddr};

use super::needs::{needed, serves};
use super::steps::clean;
use super::{Preparation, ServerFacts, Use};
use crate::ids::NodeId;
use crate::lvs::Target;
use crate::lvs::explain::Read;
use crate::phrase::Phrase;
use crate::plan::Draft;
use crate::time::Timestamp;
use crate::vrrp::interlock::{Finding, interlock};

/// A node that is a real server of the service until the draft's change.
#[derive(Debug, Clone)]
pub struct Leaving {
    pub node: NodeId,
    pub name: String,
    pub server: SocketAddr,
    /// All addresses of the node.
    pub own: Vec<IpAddr>,
    pub facts: Read<ServerFacts>,
}

/// Adds to the deletion of real servers that what was prepared for them goes, once they are gone.
/// `uses`: what is used on real servers by then.
pub fn clean_up(
    draft: &mut Draft,
    target: &Target,
    leaving: &[Leaving],
    uses: &[Use],
    now: Timestamp,
) {
    let Target::Address { address, .. } = target else { return };
    let (mut cleaned, mut unread) = (Vec::new(), Vec::new());
    for (number, gone) in (1..).zip(leaving) {
        let facts = match &gone.facts {
            Ok(fact) => &fact.value,
            Err(why) => {
                unread.push(format!("{}: {why}", gone.name));
                continue;
            }
        };
        let goes = |prepared: &&Preparation| {
            serves(prepared, address.ip(), gone.server)
                && needed(uses, &gone.own, prepared).is_none()
        };
        let stale: Vec<Preparation> = facts.prepared.iter().filter(goes).copied().collect();
        let Some(step) = clean(number, gone.node, &gone.name, &stale) else { continue };
        draft.steps.push(step);
        for prepared in stale {
            draft.verification.push(prepared.check(gone.node, &gone.name, false));
            draft.rolled_back.push(prepared.check(gone.node, &gone.name, true));
            cleaned.push(format!("{} ({})", prepared.unit(), gone.name));
        }
        draft.locks.push(format!("node/{}/real-server", gone.node));
    }
    let finding = match (unread.is_empty(), cleaned.is_empty()) {
        (true, true) => return,
        (true, false) => Finding::pass(Phrase::same(cleaned.join(", ")), now),
        (false, _) => {
            let unread = unread.join("; ");
            let said = Phrase::new(
                format!("What was prepared there is not known and stays. {unread}"),
                format!("不知道曾在其上准备了什么，将保留。{unread}"),
            );
            Finding::warn(said, Some(now))
        }
    };
    let title = Phrase::new(
        "What was prepared on the real servers for the service goes",
        "为该服务在真实服务器上准备的内容被移除",
    );
    draft.interlocks.push(interlock("cleaned", title, Ok(finding)));
    draft.interlocks.sort_by_key(|interlock| interlock.verdict);
}
