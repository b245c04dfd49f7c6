//! What `lvs-path` prints: the kernel's settings of ARP, forwarding and source checks, and routes.

use std::collections::BTreeMap;
use std::net::IpAddr;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathSettings {
    /// By their path below `/proc/sys/net/ipv4`, e.g. `conf/all/arp_ignore`.
    values: BTreeMap<String, u32>,
    routes: Vec<Route>,
}

/// A way that the kernel would send packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub to: IpAddr,
    /// `None`: straight.
    pub via: Option<IpAddr>,
    pub interface: String,
    /// The address that packets of the node's own would come from.
    pub from: Option<IpAddr>,
    /// As `ip route get` prints it.
    pub printed: String,
}

impl PathSettings {
    pub fn parse(text: &str) -> PathSettings {
        let mut settings = PathSettings::default();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("route ") {
                settings.routes.extend(route(rest));
            } else if let Some((name, value)) = line.rsplit_once(':')
                && let Ok(value) = value.trim().parse()
            {
                settings.values.insert(name.to_owned(), value);
            }
        }
        settings
    }

    /// The greater of `all`'s and the interface's: what the kernel goes by.
    pub fn effective(&self, interface: &str, name: &str) -> Option<u32> {
        let of = |interface: &str| self.values.get(&format!("conf/{interface}/{name}"));
        Some((*of("all")?).max(*of(interface)?))
    }

    pub fn forwards(&self) -> Option<bool> {
        self.values.get("ip_forward").map(|value| *value == 1)
    }

    /// `Some(None)`: the node has no way there.
    pub fn route(&self, to: IpAddr) -> Option<&Route> {
        self.routes.iter().find(|route| route.to == to)
    }
}

/// `10.0.0.12 10.0.0.12 from 192.168.1.200 via 192.168.1.1 dev eth0 uid 0 \    cache`
fn route(text: &str) -> Option<Route> {
    let (to, printed) = text.split_once(' ')?;
    let words: Vec<&str> = printed.split_whitespace().collect();
    let after = |word: &str| {
        let at = words.iter().position(|other| *other == word)?;
        words.get(at + 1).copied()
    };
    Some(Route {
        to: to.parse().ok()?,
        via: after("via").and_then(|via| via.parse().ok()),
        interface: after("dev")?.to_owned(),
        from: after("src").and_then(|from| from.parse().ok()),
        printed: words.into_iter().filter(|word| *word != "\\").collect::<Vec<_>>().join(" "),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRINTED: &str = "ip_forward:0\nconf/all/arp_ignore:0\nconf/eth0/arp_ignore:1\n\
        conf/eth0/rp_filter:2\n\
        route 10.0.0.12 10.0.0.12 from 192.168.1.200 via 192.168.1.1 dev eth0 uid 0 \\    cache \n\
        route 192.168.1.9 192.168.1.9 dev eth0 src 192.168.1.102 uid 0 \\    cache \n\
        route 192.0.2.1 RTNETLINK answers: Network is unreachable\n";

    #[test]
    fn the_kernel_goes_by_the_greater_setting() {
        let settings = PathSettings::parse(PRINTED);
        assert_eq!(settings.effective("eth0", "arp_ignore"), Some(1));
        assert_eq!(settings.effective("eth1", "arp_ignore"), None);
        assert_eq!(settings.forwards(), Some(false));
        let route = settings.route("10.0.0.12".parse().unwrap()).unwrap();
        assert_eq!((route.via, route.interface.as_str()), ("192.168.1.1".parse().ok(), "eth0"));
        let near = settings.route("192.168.1.9".parse().unwrap()).unwrap();
        assert_eq!((near.via, near.from), (None, "192.168.1.102".parse().ok()));
        assert_eq!(settings.route("192.0.2.1".parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(route |via |dev |conf/all/x:|[0-9.: ]{0,9}|\n){0,30}") {
            let _ = PathSettings::parse(&text);
        }
    }
}
