//! What translations make of a packet's addresses and ports, as far as that is certain.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Walk;
use crate::firewall::address::AddressRange;
use crate::firewall::evaluate::{End, Truth};
use crate::firewall::packet::Direction;
use crate::firewall::ports::PortRange;
use crate::firewall::target::NatRange;
use crate::firewall::trace::Deed;
use crate::phrase::Phrase;

impl Walk<'_> {
    pub(super) fn dnat(&mut self, range: &NatRange) -> Deed {
        self.destination = self.end(range, self.packet.destination);
        let address = range.addresses.map_or(self.packet.destination, |(first, _)| first);
        self.packet.destination = address;
        if let Some(ports) = range.ports {
            self.packet.set_destination_port(ports.first);
        }
        translated("destination", address, self.packet.destination_port())
    }

    pub(super) fn snat(&mut self, range: &NatRange) -> Deed {
        self.source = self.end(range, self.packet.source);
        let address = range.addresses.map_or(self.packet.source, |(first, _)| first);
        self.packet.source = address;
        if let Some(ports) = range.ports {
            self.packet.set_source_port(ports.first);
        }
        translated("source", address, self.packet.source_port())
    }

    /// To the loopback address, or to the first address of the interface that the packet came in
    /// by (nf_nat_redirect.c), which is one of the node's own.
    pub(super) fn redirect(&mut self, ports: Option<PortRange>) -> Deed {
        let is_v4 = self.packet.destination.is_ipv4();
        let (loopback, any): (IpAddr, (IpAddr, IpAddr)) = match is_v4 {
            true => (
                Ipv4Addr::LOCALHOST.into(),
                (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::BROADCAST.into()),
            ),
            false => {
                let last = Ipv6Addr::from_bits(u128::MAX);
                (Ipv6Addr::LOCALHOST.into(), (Ipv6Addr::UNSPECIFIED.into(), last.into()))
            }
        };
        let own: Vec<IpAddr> = match (self.packet.direction, &self.host.addresses) {
            (Direction::Out, _) => vec![loopback],
            (_, Some(own)) => own.iter().filter(|own| own.is_ipv4() == is_v4).copied().collect(),
            (_, None) => Vec::new(),
        };
        let range = match own.as_slice() {
            [one] => (*one, *one),
            _ => any,
        };
        self.destination =
            self.end(&NatRange { addresses: Some(range), ports }, self.packet.destination);
        if let (Some(end), true) = (&mut self.destination, own.len() > 1) {
            end.addresses = own.iter().map(|&own| AddressRange { first: own, last: own }).collect();
            end.is_own = true;
        }
        self.packet.destination = own.first().copied().unwrap_or(loopback);
        if let Some(ports) = ports {
            self.packet.set_destination_port(ports.first);
        }
        translated("destination", self.packet.destination, self.packet.destination_port())
    }

    /// What an end of the packet can be after a translation; `None` where that is one thing only.
    fn end(&mut self, range: &NatRange, before: IpAddr) -> Option<End> {
        let (first, last) = range.addresses.unwrap_or((before, before));
        let ports = range.ports.filter(|ports| ports.first != ports.last);
        if first == last && ports.is_none() {
            return None;
        }
        self.assume(Phrase::new(
            "Of several addresses or ports of a translation the first is shown; rules that this matters to are in doubt",
            "地址转换有多个候选时显示第一个；受其影响的规则存疑",
        ));
        Some(End { addresses: vec![AddressRange { first, last }], ports, is_own: false })
    }

    /// A packet with another destination is routed anew after the hook. Who asks about a packet to
    /// the node itself names the interface that the translated one leaves by.
    pub(super) fn leave_by_another_way(&mut self) {
        let is_own = self.host.has(self.packet.destination) == Truth::Yes;
        match self.packet.direction {
            Direction::Out if is_own && self.destination.is_none() => {
                self.packet.out_interface = Some("lo".to_owned());
            }
            Direction::Out | Direction::Forward if self.packet.out_interface.take().is_some() => {
                self.assume(Phrase::new(
                    "By which interface the translated packet leaves is not known here",
                    "转换后的数据包从哪个接口发出，此处未知",
                ));
            }
            Direction::In | Direction::Out | Direction::Forward => {}
        }
    }
}

fn translated(what: &str, address: IpAddr, port: Option<u16>) -> Deed {
    let what = match port {
        Some(port) => format!("{what} → {}", SocketAddr::new(address, port)),
        None => format!("{what} → {address}"),
    };
    Deed::Translate { what }
}
