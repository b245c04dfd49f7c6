//! Who sends adverts, as the wire has them: what a sniffer on a director tells, whatever keepalived and the
//! packet filter make of it. VRRPv2 as in RFC 3768, VRRPv3 as in RFC 5798, the authentication header as in
//! RFC 4302.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;
use crate::phrase::Phrase;

/// `GET /api/v1/vrrp/wire/{node}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wire {
    pub listened_ms: u64,
    pub senders: Vec<WireSender>,
    /// Packets of VRRP's protocol number that are no adverts.
    pub unreadable: u32,
}

/// All adverts of one VRID that came from one address and one network card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WireSender {
    pub interface: String,
    /// The director that listened sent them itself.
    pub outgoing: bool,
    pub vrid: u8,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: IpAddr,
    pub mac: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to: IpAddr,
    pub version: u8,
    pub authentication: WireAuthentication,
    /// Of the last advert; 0: it gives the addresses up.
    pub priority: u8,
    /// As the last advert says it.
    pub interval_ms: u32,
    /// The median time between two; `None` where fewer than two came.
    pub between_ms: Option<u32>,
    pub adverts: u32,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub addresses: Vec<IpAddr>,
    /// The node of this fleet that has the address.
    pub node: Option<NodeId>,
    pub name: String,
    /// What a director that hears them may refuse them for, and whom they disturb.
    pub faults: Vec<Phrase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WireAuthentication {
    None,
    /// In clear; it is never told.
    Password,
    Header,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the wire: expected time, interface, direction, card and packet; found {found:?}")]
pub struct WireError {
    pub found: String,
}

/// One advert.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Advert {
    from: IpAddr,
    to: IpAddr,
    ttl: u8,
    version: u8,
    vrid: u8,
    priority: u8,
    authentication: WireAuthentication,
    interval_ms: u32,
    addresses: Vec<IpAddr>,
    checksum_is_right: bool,
}

impl Wire {
    /// Reads what `vrrp-wire` prints. `names`: the nodes that have addresses.
    pub fn parse(
        text: &str,
        named: impl Fn(IpAddr) -> Option<(NodeId, String)>,
    ) -> Result<Wire, WireError> {
        let mut wire = Wire::default();
        let mut senders: BTreeMap<(String, u8, IpAddr, String), Heard> = BTreeMap::new();
        for line in text.lines() {
            let wrong = || WireError { found: line.chars().take(80).collect() };
            if let Some(listened) = line.strip_prefix("listened ") {
                wire.listened_ms = listened.parse().map_err(|_| wrong())?;
                continue;
            }
            let Packet { at_ms, interface, outgoing, mac, bytes } =
                Packet::read(line).ok_or_else(wrong)?;
            let Some(advert) = Advert::read(&bytes) else {
                wire.unreadable += 1;
                continue;
            };
            let key = (interface, advert.vrid, advert.from, mac);
            let heard = senders.entry(key).or_insert_with(|| Heard::new(outgoing, &advert));
            heard.take(at_ms, advert);
        }
        wire.senders = senders
            .into_iter()
            .map(|((interface, _, _, mac), heard)| heard.told(interface, mac, &named))
            .collect();
        wire.compare();
        Ok(wire)
    }

    /// Several that send for the same VRID on the same wire disturb each other.
    fn compare(&mut self) {
        let all: Vec<(String, u8, String, u8)> = self
            .senders
            .iter()
            .map(|s| (s.interface.clone(), s.vrid, s.name.clone(), s.priority))
            .collect();
        for (index, sender) in self.senders.iter_mut().enumerate() {
            let others =
                all.iter().enumerate().filter(|(other, (interface, vrid, _, priority))| {
                    *other != index
                        && *interface == sender.interface
                        && *vrid == sender.vrid
                        && *priority > 0
                        && sender.priority > 0
                });
            for (_, (_, _, other, _)) in others {
                sender.faults.push(Phrase::new(
                    format!("{other} sends for this VRID, too"),
                    format!("{other} 也在为此 VRID 发送"),
                ));
            }
        }
    }
}

struct Packet {
    at_ms: u64,
    interface: String,
    outgoing: bool,
    mac: String,
    bytes: Vec<u8>,
}

impl Packet {
    fn read(line: &str) -> Option<Packet> {
        let mut words = line.split(' ');
        let at_ms = words.next()?.parse().ok()?;
        let interface = words.next()?.to_owned();
        let outgoing = match words.next()? {
            "out" => true,
            "in" => false,
            _ => return None,
        };
        let mac = words.next()?.to_owned();
        let hex = words.next()?.as_bytes();
        let pairs = hex.chunks(2).map(|pair| {
            let digits = str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        });
        let bytes = pairs.collect::<Option<Vec<u8>>>()?;
        words.next().is_none().then_some(Packet { at_ms, interface, outgoing, mac, bytes })
    }
}

struct Heard {
    outgoing: bool,
    times_ms: Vec<u64>,
    wrong_checksums: u32,
    wrong_ttl: Option<u8>,
    priorities: Vec<u8>,
    last: Advert,
}

impl Heard {
    fn new(outgoing: bool, first: &Advert) -> Heard {
        Heard {
            outgoing,
            times_ms: Vec::new(),
            wrong_checksums: 0,
            wrong_ttl: None,
            priorities: Vec::new(),
            last: first.clone(),
        }
    }

    fn take(&mut self, at_ms: u64, advert: Advert) {
        self.times_ms.push(at_ms);
        self.wrong_checksums += u32::from(!advert.checksum_is_right);
        if advert.ttl != 255 {
            self.wrong_ttl = Some(advert.ttl);
        }
        if self.priorities.last() != Some(&advert.priority) {
            self.priorities.push(advert.priority);
        }
        self.last = advert;
    }

    fn told(
        self,
        interface: String,
        mac: String,
        named: impl Fn(IpAddr) -> Option<(NodeId, String)>,
    ) -> WireSender {
        let faults = self.faults();
        let later = self.times_ms.iter().skip(1);
        let mut between: Vec<u64> =
            self.times_ms.iter().zip(later).map(|(one, next)| next.saturating_sub(*one)).collect();
        between.sort_unstable();
        let Heard { outgoing, times_ms, last, .. } = self;
        let (node, name) = named(last.from).unzip();
        WireSender {
            interface,
            outgoing,
            vrid: last.vrid,
            name: name.unwrap_or_else(|| last.from.to_string()),
            node,
            from: last.from,
            mac,
            to: last.to,
            version: last.version,
            authentication: last.authentication,
            priority: last.priority,
            interval_ms: last.interval_ms,
            between_ms: between.get(between.len() / 2).and_then(|ms| u32::try_from(*ms).ok()),
            adverts: u32::try_from(times_ms.len()).unwrap_or(u32::MAX),
            addresses: last.addresses,
            faults,
        }
    }

    fn faults(&self) -> Vec<Phrase> {
        let mut faults = Vec::new();
        if let Some(ttl) = self.wrong_ttl {
            faults.push(Phrase::new(
                format!("TTL {ttl} instead of 255: it came through a router, and is refused"),
                format!("TTL 为 {ttl} 而非 255：经过路由器，会被拒绝"),
            ));
        }
        if self.wrong_checksums > 0 {
            let count = self.wrong_checksums;
            faults.push(Phrase::new(
                format!("{count} with a wrong checksum, which are refused"),
                format!("{count} 个校验和错误，会被拒绝"),
            ));
        }
        if self.priorities.len() > 1 {
            let told: Vec<String> = self.priorities.iter().map(u8::to_string).collect();
            let told = told.join(", ");
            faults.push(Phrase::new(
                format!("its priority changed: {told}"),
                format!("优先级变化过：{told}"),
            ));
        }
        faults
    }
}

const VRRP: u8 = 112;
const AUTHENTICATION_HEADER: u8 = 51;

impl Advert {
    fn read(bytes: &[u8]) -> Option<Advert> {
        match bytes.first()? >> 4 {
            4 => Advert::over_v4(bytes),
            6 => Advert::over_v6(bytes),
            _ => None,
        }
    }

    fn over_v4(bytes: &[u8]) -> Option<Advert> {
        let header = usize::from(bytes.first()? & 0xf) * 4;
        // What is behind the packet is the card's padding.
        let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        let address = |at: usize| -> Option<Ipv4Addr> {
            let octets: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(octets.into())
        };
        let (from, to) = (address(12)?, address(16)?);
        let (ttl, protocol) = (*bytes.get(8)?, *bytes.get(9)?);
        let payload = bytes.get(header..length)?;
        let (payload, is_authenticated) = match protocol {
            VRRP => (payload, false),
            AUTHENTICATION_HEADER if *payload.first()? == VRRP => {
                let header = (usize::from(*payload.get(1)?) + 2) * 4;
                (payload.get(header..)?, true)
            }
            _ => return None,
        };
        let pseudo = [&from.octets()[..], &to.octets()[..], &[0, VRRP]].concat();
        let mut advert = Advert::of_message(payload, ttl, from.into(), to.into(), &pseudo)?;
        if is_authenticated {
            advert.authentication = WireAuthentication::Header;
        }
        Some(advert)
    }

    fn over_v6(bytes: &[u8]) -> Option<Advert> {
        let length = usize::from(u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?]));
        let address = |at: usize| -> Option<Ipv6Addr> {
            let octets: [u8; 16] = bytes.get(at..at + 16)?.try_into().ok()?;
            Some(octets.into())
        };
        let (from, to) = (address(8)?, address(24)?);
        if *bytes.get(6)? != VRRP {
            return None;
        }
        let payload = bytes.get(40..40 + length)?;
        let pseudo = [&from.octets()[..], &to.octets()[..], &[0, VRRP]].concat();
        Advert::of_message(payload, *bytes.get(7)?, from.into(), to.into(), &pseudo)
    }

    fn of_message(
        message: &[u8],
        ttl: u8,
        from: IpAddr,
        to: IpAddr,
        pseudo: &[u8],
    ) -> Option<Advert> {
        let [kind, vrid, priority, count, fifth, sixth, ..] = *message else { return None };
        let version = kind >> 4;
        if kind & 0xf != 1 || !matches!(version, 2 | 3) {
            return None;
        }
        let width = if from.is_ipv4() { 4 } else { 16 };
        let list = message.get(8..8 + width * usize::from(count))?;
        let addresses = list.chunks(width).filter_map(|octets| match octets.len() {
            4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
            _ => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        });
        let authentication = match (version, fifth) {
            (2, 1) => WireAuthentication::Password,
            (2, 2) => WireAuthentication::Header,
            _ => WireAuthentication::None,
        };
        let interval_ms = match version {
            2 => u32::from(sixth) * 1000,
            _ => u32::from(u16::from_be_bytes([fifth & 0xf, sixth])) * 10,
        };
        let length = u16::try_from(message.len()).ok()?.to_be_bytes();
        let with_pseudo = [pseudo, &length, message].concat();
        // keepalived can be told to leave the pseudo header out of VRRPv3 over IPv4, as VRRPv2 does.
        let checksum_is_right = sums_up(&with_pseudo) || from.is_ipv4() && sums_up(message);
        Some(Advert {
            from,
            to,
            ttl,
            version,
            vrid,
            priority,
            authentication,
            interval_ms,
            addresses: addresses.collect(),
            checksum_is_right,
        })
    }
}

/// Whether the Internet checksum within is right (RFC 1071).
fn sums_up(bytes: &[u8]) -> bool {
    let byte = |pair: &[u8], at: usize| pair.get(at).copied().unwrap_or_default();
    let words =
        bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([byte(pair, 0), byte(pair, 1)])));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    (folded & 0xffff) + (folded >> 16) == 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    // As keepalived 2.2.7 sent them.
    const V2: &str =
        "45c0002808f20000ff700f95c0a80164e0000012213364010101b399c0a801c86c61622d35310000";
    const V3: &str = "45c0002400040000ff70d0890a090001e0000012313d78020032564e0a0900c80a0900c9";
    const V6: &str = "6c00acd1002870fffe8000000000000068b3fcfffe00b4ddff020000000000000000000000000012313e820200323642fe800000000000000000000000000200fd090000000000000000000000000200";
    const AH: &str = "45c0004000010000ff33d0ad0a090001e0000012700400000a0900010000000173f9e73ff1990599845c9c20213f8c01020145eb0a0900ca0000000000000000";

    fn nobody(_: IpAddr) -> Option<(NodeId, String)> {
        None
    }

    fn parse(text: &str) -> Wire {
        Wire::parse(text, nobody).unwrap()
    }

    /// One packet with some of its bytes changed.
    fn heard(hex: &str, edit: impl Fn(&mut Vec<u8>)) -> Wire {
        let line = format!("7 eth0 in 02:00:00:00:00:01 {hex}");
        let mut bytes = Packet::read(&line).unwrap().bytes;
        edit(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        parse(&format!("7 eth0 in 02:00:00:00:00:01 {hex}\nlistened 2000\n"))
    }

    #[test]
    fn every_version_is_read_as_keepalived_sends_it() {
        let told = |hex| {
            let wire = heard(hex, |_| {});
            let [sender] = wire.senders.as_slice() else { panic!("{wire:?}") };
            assert_eq!(sender.faults, []);
            let addresses: Vec<_> = sender.addresses.iter().map(IpAddr::to_string).collect();
            let ids = (sender.version, sender.vrid, sender.priority, sender.interval_ms);
            (ids, sender.authentication, addresses.join(" "))
        };
        use WireAuthentication::*;
        assert_eq!(told(V2), ((2, 51, 100, 1000), Password, "192.168.1.200".to_owned()));
        assert_eq!(told(V3), ((3, 61, 120, 500), None, "10.9.0.200 10.9.0.201".to_owned()));
        assert_eq!(told(V6), ((3, 62, 130, 500), None, "fe80::200 fd09::200".to_owned()));
        assert_eq!(told(AH), ((2, 63, 140, 1000), Header, "10.9.0.202".to_owned()));
    }

    #[test]
    fn what_a_director_would_refuse_is_told() {
        let faults = |edit: fn(&mut Vec<u8>)| -> Vec<String> {
            let [sender] = &heard(V3, edit).senders[..] else { panic!() };
            sender.faults.iter().map(|fault| fault.en.clone()).collect()
        };
        let routed = faults(|bytes| bytes[8] = 254);
        assert_eq!(routed, ["TTL 254 instead of 255: it came through a router, and is refused"]);
        let broken = faults(|bytes| bytes[30] ^= 1);
        assert_eq!(broken, ["1 with a wrong checksum, which are refused"]);
    }

    #[test]
    fn a_password_is_not_told() {
        let wire = serde_json::to_string(&heard(V2, |_| {})).unwrap();
        assert!(!wire.contains("lab-51") && !wire.contains("6c61622d"), "{wire}");
    }

    #[test]
    fn two_that_send_for_one_vrid_are_told_with_their_beats() {
        let other = V2.replace("c0a80164", "c0a80165");
        let text = format!(
            "0 eth0 in 02:00:00:00:00:01 {V2}\n400 eth0 out 02:00:00:00:00:02 {other}\n\
             1000 eth0 in 02:00:00:00:00:01 {V2}\n2010 eth0 in 02:00:00:00:00:01 {V2}\nlistened 3000\n"
        );
        let first = "192.168.1.100".parse::<IpAddr>().unwrap();
        let named = |address| (address == first).then(|| (NodeId(1), "dir-a".to_owned()));
        let wire = Wire::parse(&text, named).unwrap();
        let [a, b] = &wire.senders[..] else { panic!("{wire:?}") };
        assert_eq!((a.name.as_str(), a.adverts, a.between_ms), ("dir-a", 3, Some(1010)));
        assert_eq!((b.name.as_str(), b.adverts, b.between_ms), ("192.168.1.101", 1, None));
        assert!(a.faults[0].en.starts_with("192.168.1.101 sends for this VRID"), "{a:?}");
        assert!(b.faults.iter().any(|f| f.en.starts_with("dir-a sends for")), "{b:?}");
        assert!(b.outgoing && !a.outgoing);
    }

    #[test]
    fn whatever_comes_by_the_wire_is_no_panic() {
        for hex in [V2, V3, V6, AH] {
            for length in 0..hex.len() / 2 {
                let cut = &hex[..length * 2];
                let wire = parse(&format!("1 eth0 in - {cut}\n"));
                assert!(wire.unreadable == 1 || wire.senders.len() == 1, "{cut}");
            }
            for (at, value) in (0..hex.len() / 2).flat_map(|at| [(at, 0), (at, 0x7f), (at, 0xff)]) {
                heard(hex, |bytes| bytes[at] = value);
            }
        }
    }

    #[test]
    fn another_text_is_refused() {
        for text in ["x", "1 eth0 aside - 45", "1 eth0 in - 4", "1 eth0 in - zz", "listened x"] {
            assert!(Wire::parse(text, nobody).is_err(), "{text}");
        }
    }
}
