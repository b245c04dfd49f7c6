//! Addresses as rules name them: with any mask, or as a range.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::evaluate::Truth;
use super::model::Family;

/// An address and a mask, which need not be a prefix (iptables(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network {
    address: IpAddr,
    /// Of the address's own width.
    mask: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl Network {
    /// Reads `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0` and the same of IPv6. Names
    /// of hosts are not read: what they mean depends on who asks.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address.parse().ok()?, Some(mask)),
            None => (text.parse().ok()?, None),
        };
        let width = width(address);
        let mask = match mask {
            None => ones(width),
            Some(mask) => match mask.parse::<u32>() {
                Ok(length) if length <= width => prefix(length, width),
                Ok(_) => return None,
                Err(_) => {
                    let mask: IpAddr = mask.parse().ok()?;
                    (mask.is_ipv4() == address.is_ipv4()).then(|| bits(mask))?
                }
            },
        };
        Some(Network { address: from_bits(bits(address) & mask, address), mask })
    }

    pub fn family(&self) -> Family {
        if self.address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && bits(address) & self.mask == bits(self.address)
    }

    /// Whether an address of the range, whichever it is, is in the network.
    pub(super) fn holds(&self, range: &AddressRange) -> Truth {
        if range.first == range.last {
            return Truth::of(self.contains(range.first));
        }
        let width = width(self.address);
        if range.first.is_ipv4() != self.address.is_ipv4() {
            return Truth::No;
        }
        // Other masks part the addresses into more than one range.
        if !self.is_prefix() {
            return Truth::Unknown;
        }
        let last = from_bits(bits(self.address) | (ones(width) & !self.mask), self.address);
        AddressRange { first: self.address, last }.holds(range)
    }

    pub(super) fn is_prefix(&self) -> bool {
        self.mask == prefix(self.mask.count_ones(), width(self.address))
    }

    /// Of the longest prefix that all of its addresses have.
    pub(super) fn prefix_length(&self) -> u32 {
        let width = width(self.address);
        (self.mask << (128 - width)).leading_ones()
    }

    /// The network of this prefix that it is in.
    pub(super) fn widened(&self, length: u32) -> Network {
        let mask = prefix(length, width(self.address)) & self.mask;
        Network { address: from_bits(bits(self.address) & mask, self.address), mask }
    }

    /// Every address of the other is one of this.
    pub fn covers(&self, other: &Network) -> bool {
        self.contains(other.address) && self.mask & other.mask == self.mask
    }

    /// No address is in both.
    pub fn is_apart_from(&self, other: &Network) -> bool {
        let both = self.mask & other.mask;
        self.address.is_ipv4() != other.address.is_ipv4()
            || bits(self.address) & both != bits(other.address) & both
    }
}

impl fmt::Display for Network {
    /// As the tools print it: a prefix where the mask is one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = width(self.address);
        let length = self.mask.count_ones();
        if prefix(length, width) == self.mask {
            write!(out, "{}/{length}", self.address)
        } else {
            write!(out, "{}/{}", self.address, from_bits(self.mask, self.address))
        }
    }
}

impl AddressRange {
    /// Reads `first-last`.
    pub fn parse(text: &str) -> Option<AddressRange> {
        let (first, last) = text.split_once('-')?;
        let range = AddressRange { first: first.parse().ok()?, last: last.parse().ok()? };
        (range.first.is_ipv4() == range.last.is_ipv4() && range.first <= range.last)
            .then_some(range)
    }

    /// Whether an address of the other range, whichever it is, is in this one.
    pub(super) fn holds(&self, other: &AddressRange) -> Truth {
        match (self.contains(other.first), self.contains(other.last)) {
            (true, true) => Truth::Yes,
            (false, false) if other.last < self.first || self.last < other.first => Truth::No,
            _ => Truth::Unknown,
        }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn ones(width: u32) -> u128 {
    if width == 128 { u128::MAX } else { (1 << width) - 1 }
}

fn prefix(length: u32, width: u32) -> u128 {
    ones(width) & !ones(width).checked_shr(length).unwrap_or(0)
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn from_bits(bits: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)).into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap()
    }

    #[test]
    fn host_bits_are_masked_and_masks_become_prefixes() {
        for (written, printed) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("10.1.2.3/255.255.0.0", "10.1.0.0/16"),
            ("10.1.2.3/255.0.255.0", "10.0.2.0/255.0.255.0"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(network(written).to_string(), printed);
        }
        for bad in ["192.0.2.0/33", "192.0.2", "example.org", "192.0.2.0/ffff::", ""] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn networks_compare_by_their_addresses() {
        let wide = network("10.0.0.0/8");
        assert!(wide.covers(&network("10.1.0.0/16")) && !network("10.1.0.0/16").covers(&wide));
        assert!(wide.is_apart_from(&network("192.168.0.0/16")));
        assert!(wide.is_apart_from(&network("2001:db8::/32")));
        assert!(!network("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
    }
}
