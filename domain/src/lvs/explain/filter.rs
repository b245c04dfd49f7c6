//! What a node's rules do to the packets of a request.

use super::scene::own_addresses;
use super::{Found, Read};
use crate::firewall::adverts::{Passage, passage};
use crate::firewall::{Packet, Reading};
use crate::nodes::InterfaceAddress;
use crate::phrase::Phrase;

/// The first packet that does not pass decides.
pub(super) fn pass_all(
    filter: &Read<Reading>,
    addresses: &Read<Vec<InterfaceAddress>>,
    packets: &[(Phrase, Packet)],
) -> Found {
    let reading = match filter {
        Ok(reading) => reading,
        Err(why) => return Found::unread(why),
    };
    let own = match addresses {
        Ok(own) => own_addresses(&own.value),
        Err(why) => return Found::unread(why),
    };
    let mut doubt = None;
    for (what, packet) in packets {
        match passage(&reading.value, &own, packet) {
            Passage::Passes => {}
            Passage::Drops { tool, by, packets } => {
                let counted = packets.map_or(String::new(), |n| format!(", {n} so far"));
                let words = Phrase::new(
                    format!("{tool}: {by} ends {}{counted}", what.en),
                    format!("{tool}：{by} 阻断{}{counted}", what.zh),
                );
                return Found::broken(reading, words.en, words.zh).mend(
                    Phrase::new(
                        "Let it through: change the rules on the firewall page",
                        "放行：在防火墙页面修改规则",
                    ),
                    None,
                );
            }
            Passage::Unsure { by } => {
                doubt.get_or_insert_with(|| {
                    Found::doubt(
                        reading,
                        format!("It hangs on {by}: {}", what.en),
                        format!("取决于 {by}：{}", what.zh),
                    )
                });
            }
        }
    }
    doubt.unwrap_or_else(|| Found::pass(reading, "no rule ends it", "没有规则阻断"))
}
