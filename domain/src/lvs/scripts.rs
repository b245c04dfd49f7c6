//! The fixed texts that run on a director while somebody looks at what the probe does not tell.

use super::connections::ConnectionFilter;
use super::{Protocol, Target};
use crate::remote::{RemoteCommand, Script};
use crate::values::Argument;

const SETTINGS: Script = Script {
    name: "lvs-settings",
    text: concat!(
        "exec perl -e '",
        include_str!("../probe/netlink.pl"),
        include_str!("scripts/settings.pl"),
        "' \"$@\"\n",
    ),
};
const CONNECTIONS: Script = Script {
    name: "lvs-connections",
    text: concat!("exec perl -e '", include_str!("scripts/connections.pl"), "' \"$@\"\n"),
};

/// Of so many connections it is counted where they were made.
const ORIGINS_COUNTED: u32 = 100_000;
/// After so long a table is read no further.
const READ_LIMIT_S: u32 = 5;
const ANSWER_LIMIT_MS: u64 = 15_000;

/// Prints what [`super::Settings::parse`] reads.
pub fn settings() -> RemoteCommand {
    RemoteCommand::script(&SETTINGS).value(&ORIGINS_COUNTED).timeout_ms(ANSWER_LIMIT_MS)
}

/// Prints what [`super::Connections::parse`] reads, with at most `rows` connections.
pub fn connections(filter: &ConnectionFilter, rows: u16) -> RemoteCommand {
    let command = RemoteCommand::script(&CONNECTIONS).value(&rows).value(&READ_LIMIT_S);
    let command = match &filter.target {
        None => command.words(&["-", "-", "-"]),
        Some(Target::Address { protocol, address }) => {
            let protocol = match protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
                Protocol::Sctp => "sctp",
            };
            command.words(&[protocol]).value(&address.ip()).value(&address.port())
        }
        Some(Target::FirewallMark { mark, .. }) => command.words(&["ip"]).value(mark).words(&["-"]),
    };
    let command = or_any(command, filter.server.map(|server| server.ip()).as_ref());
    let command = or_any(command, filter.server.map(|server| server.port()).as_ref());
    let command = or_any(command, filter.client.as_ref());
    or_any(command, filter.state.as_ref()).timeout_ms(ANSWER_LIMIT_MS)
}

fn or_any(command: RemoteCommand, value: Option<&impl Argument>) -> RemoteCommand {
    match value {
        Some(value) => command.value(value),
        None => command.words(&["-"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perl_texts_hold_no_quote_that_would_end_them() {
        for script in [SETTINGS, CONNECTIONS] {
            assert_eq!(script.text.matches('\'').count(), 2, "{}", script.name);
        }
    }

    #[test]
    fn what_is_not_asked_about_is_a_dash() {
        let filter = ConnectionFilter {
            target: Some(Target::FirewallMark { mark: 7, ipv6: false }),
            client: "10.0.0.12".parse().ok(),
            ..ConnectionFilter::default()
        };
        let command = connections(&filter, 50);
        assert_eq!(command.readable(), "lvs-connections 50 5 ip 7 - - - 10.0.0.12 -");
    }
}
