//! How much of a client's address persistence goes by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::values::{Argument, InvalidValue};

/// As ipvsadm takes it (`-M`): `255.255.255.0`, or for IPv6 a prefix length, `64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Netmask {
    V4(Ipv4Addr),
    V6(u8),
}

impl Netmask {
    /// Each client by itself.
    pub fn whole(ipv6: bool) -> Netmask {
        if ipv6 { Netmask::V6(128) } else { Netmask::V4(Ipv4Addr::BROADCAST) }
    }

    pub fn is_whole(self) -> bool {
        self == Netmask::whole(self.is_ipv6())
    }

    pub fn is_ipv6(self) -> bool {
        matches!(self, Netmask::V6(_))
    }
}

impl FromStr for Netmask {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Netmask, InvalidValue> {
        let invalid = || InvalidValue {
            expected: "a netmask such as 255.255.255.0, or for IPv6 a prefix length of 1 to 128",
            found: text.chars().take(40).collect(),
        };
        if let Ok(IpAddr::V4(mask)) = text.parse() {
            let bits = u32::from(mask);
            let is_prefix = bits != 0 && bits.leading_ones() + bits.trailing_zeros() == 32;
            return is_prefix.then_some(Netmask::V4(mask)).ok_or_else(invalid);
        }
        let length = text.parse().ok().filter(|length| (1..=128).contains(length));
        length.map(Netmask::V6).ok_or_else(invalid)
    }
}

impl TryFrom<String> for Netmask {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Netmask, InvalidValue> {
        text.parse()
    }
}

impl From<Netmask> for String {
    fn from(mask: Netmask) -> String {
        mask.to_string()
    }
}

impl fmt::Display for Netmask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Netmask::V4(mask) => mask.fmt(f),
            Netmask::V6(length) => length.fmt(f),
        }
    }
}

impl Argument for Netmask {
    fn as_argument(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_prefix_is_a_mask() {
        for text in ["255.255.255.255", "255.255.240.0", "128.0.0.0", "64", "128"] {
            assert_eq!(text.parse::<Netmask>().unwrap().to_string(), text);
        }
        for text in ["0.0.0.0", "255.0.255.0", "0", "129", "ffff::", "", "-M"] {
            assert!(text.parse::<Netmask>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9.:f]{0,20}") {
            let _ = text.parse::<Netmask>();
        }
    }
}
