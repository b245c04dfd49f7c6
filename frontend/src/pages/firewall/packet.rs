//! The packet that somebody asks about, as it is typed.

use std::net::IpAddr;

use leptos::prelude::*;
use signalbox_domain::firewall::{
    ConnectionState, Direction, Family, FirewallView, Host, Packet, Protocol, Transport,
};

/// A port that no service has, for the side that begins.
const OTHER_PORT: u16 = 40_000;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

#[derive(Clone, Copy)]
pub(super) struct Question {
    pub(super) from: RwSignal<String>,
    pub(super) to: RwSignal<String>,
    pub(super) protocol: RwSignal<String>,
    pub(super) port: RwSignal<String>,
    /// Empty: not said.
    pub(super) interface: RwSignal<String>,
    pub(super) state: RwSignal<String>,
    pub(super) direction: RwSignal<String>,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    From,
    To,
    Protocol,
    Port,
}

/// The values of the fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Typed {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) protocol: String,
    pub(super) port: String,
    pub(super) interface: String,
    pub(super) state: String,
    pub(super) direction: String,
}

impl Question {
    /// Begins with the packet that must never be shut out: the console's own connection.
    pub(super) fn new(view: Option<&FirewallView>) -> Question {
        let typed = first(view);
        Question {
            from: RwSignal::new(typed.from),
            to: RwSignal::new(typed.to),
            protocol: RwSignal::new(typed.protocol),
            port: RwSignal::new(typed.port),
            interface: RwSignal::new(typed.interface),
            state: RwSignal::new(typed.state),
            direction: RwSignal::new(typed.direction),
        }
    }

    pub(super) fn typed(self) -> Typed {
        Typed {
            from: self.from.get(),
            to: self.to.get(),
            protocol: self.protocol.get(),
            port: self.port.get(),
            interface: self.interface.get(),
            state: self.state.get(),
            direction: self.direction.get(),
        }
    }

    pub(super) fn addresses(self) -> String {
        format!("{} → {}", self.from.get(), self.to.get())
    }

    /// The same two machines, the other way.
    pub(super) fn swap(self) {
        let (from, to) = (self.from.get_untracked(), self.to.get_untracked());
        self.from.set(to);
        self.to.set(from);
        let turned = match self.direction.get_untracked().as_str() {
            "in" => "out",
            "out" => "in",
            _ => "forward",
        };
        self.direction.set(turned.to_owned());
    }
}

fn first(view: Option<&FirewallView>) -> Typed {
    let mut typed = Typed {
        protocol: "tcp".to_owned(),
        port: "22".to_owned(),
        state: "NEW".to_owned(),
        direction: "in".to_owned(),
        ..Typed::default()
    };
    let Some(view) = view else { return typed };
    let own = view.addresses.iter().find(|own| !own.address.is_loopback());
    if let Some(line) = view.line {
        typed.from = line.from.to_string();
        typed.to = line.to.to_string();
        typed.port = line.port.to_string();
        let own = view.addresses.iter().find(|own| own.address == line.to);
        typed.interface = own.map(|own| own.interface.clone()).unwrap_or_default();
    } else if let Some(own) = own {
        typed.to = own.address.to_string();
        typed.interface = own.interface.clone();
    }
    typed
}

impl Typed {
    pub(super) fn packet(&self, family: Family) -> Result<Packet, Wrong> {
        let address = |text: &str, wrong| match (text.trim().parse::<IpAddr>(), family) {
            (Ok(address), Family::V4) if address.is_ipv4() => Ok(address),
            (Ok(address), Family::V6) if address.is_ipv6() => Ok(address),
            _ => Err(wrong),
        };
        let source = address(&self.from, Wrong::From)?;
        let destination = address(&self.to, Wrong::To)?;
        let protocol = Protocol::parse(self.protocol.trim()).ok_or(Wrong::Protocol)?;
        let state = self.state();
        let direction = match self.direction.as_str() {
            "out" => Direction::Out,
            "forward" => Direction::Forward,
            _ => Direction::In,
        };
        let interface = Some(self.interface.clone()).filter(|name| !name.is_empty());
        let leaves = direction == Direction::Out;
        Ok(Packet {
            direction,
            in_interface: interface.clone().filter(|_| !leaves),
            out_interface: interface.filter(|_| leaves),
            source,
            destination,
            protocol,
            transport: self.transport(protocol, state)?,
            state,
            mark: 0,
        })
    }

    fn state(&self) -> ConnectionState {
        match self.state.as_str() {
            "ESTABLISHED" => ConnectionState::Established,
            "RELATED" => ConnectionState::Related,
            "INVALID" => ConnectionState::Invalid,
            "UNTRACKED" => ConnectionState::Untracked,
            _ => ConnectionState::New,
        }
    }

    fn transport(&self, protocol: Protocol, state: ConnectionState) -> Result<Transport, Wrong> {
        let port = || self.port.trim().parse::<u16>().map_err(|_| Wrong::Port);
        Ok(match protocol {
            Protocol::TCP => Transport::Tcp {
                source: OTHER_PORT,
                destination: port()?,
                flags: if state == ConnectionState::New { SYN } else { ACK },
            },
            Protocol::UDP => Transport::Udp { source: OTHER_PORT, destination: port()? },
            Protocol::ICMP => Transport::Icmp { kind: 8, code: 0 },
            Protocol::ICMPV6 => Transport::Icmp { kind: 128, code: 0 },
            _ => Transport::Other,
        })
    }

    pub(super) fn has_port(&self) -> bool {
        matches!(Protocol::parse(self.protocol.trim()), Some(Protocol::TCP | Protocol::UDP))
    }
}

/// The node as the simulation needs it.
pub(super) fn host(view: &FirewallView) -> Host {
    Host {
        addresses: Some(view.addresses.iter().map(|own| own.address).collect()),
        sets: view.sets.sets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed {
            from: "192.0.2.9".to_owned(),
            to: " 192.0.2.1".to_owned(),
            protocol: "tcp".to_owned(),
            port: "22".to_owned(),
            interface: "eth0".to_owned(),
            state: "NEW".to_owned(),
            direction: "in".to_owned(),
        }
    }

    #[test]
    fn a_new_connection_begins_with_a_syn() {
        let packet = typed().packet(Family::V4).unwrap();
        assert_eq!(
            packet.transport,
            Transport::Tcp { source: OTHER_PORT, destination: 22, flags: SYN }
        );
        assert_eq!(packet.in_interface.as_deref(), Some("eth0"));
        let leaving = Typed { direction: "out".to_owned(), ..typed() };
        assert_eq!(leaving.packet(Family::V4).unwrap().in_interface, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |typed: Typed| typed.packet(Family::V4).unwrap_err();
        assert_eq!(wrong(Typed { from: "::1".to_owned(), ..typed() }), Wrong::From);
        assert_eq!(wrong(Typed { to: "web".to_owned(), ..typed() }), Wrong::To);
        assert_eq!(wrong(Typed { protocol: "tpc".to_owned(), ..typed() }), Wrong::Protocol);
        assert_eq!(wrong(Typed { port: "70000".to_owned(), ..typed() }), Wrong::Port);
        let vrrp = Typed { protocol: "vrrp".to_owned(), port: String::new(), ..typed() };
        assert_eq!(vrrp.packet(Family::V4).unwrap().transport, Transport::Other);
    }
}
