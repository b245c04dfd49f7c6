//! The fixed texts of a proof: the director counts, the client asks.

use std::net::SocketAddr;

use super::MOST_REQUESTS;
use crate::remote::{RemoteCommand, Script};

const COUNT: Script = Script {
    name: "lvs-count",
    text: concat!(
        "exec perl -e '",
        include_str!("../scripts/count.pl"),
        include_str!("../../probe/netlink.pl"),
        include_str!("../../probe/lvs_counters.pl"),
        include_str!("../scripts/count_tell.pl"),
        "' \"$@\"\n",
    ),
};
const ASK: Script = Script { name: "lvs-ask", text: include_str!("../scripts/ask.sh") };

/// A proof ends after this, however many connections are left.
pub(super) const ASK_FOR_S: u32 = 120;

/// Prints what [`super::Count::parse`] reads.
pub fn count(address: SocketAddr) -> RemoteCommand {
    RemoteCommand::script(&COUNT).value(&address.ip()).timeout_ms(15_000)
}

/// Prints what [`super::Asked::parse`] reads. No connection is begun after `limit_s`.
pub fn ask(address: SocketAddr, requests: u32, limit_s: u32) -> RemoteCommand {
    RemoteCommand::script(&ASK)
        .value(&address.ip())
        .value(&address.port())
        .value(&requests.min(MOST_REQUESTS))
        .value(&limit_s)
        .timeout_ms(u64::from(limit_s) * 1000 + 20_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perl_texts_hold_no_quote_that_would_end_them() {
        for script in [COUNT, ASK] {
            assert_eq!(script.text.matches('\'').count(), 2, "{}", script.name);
        }
    }
}
