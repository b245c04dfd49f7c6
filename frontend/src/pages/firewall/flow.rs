//! The packet flow as a drawing: where hooks, their tables and the track between them stand.

use signalbox_domain::firewall::{Ruleset, TableName, Trace};

pub(super) const WIDTH: f64 = 908.0;
pub(super) const HEIGHT: f64 = 196.0;

/// A place of the kernel where tables are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) table: TableName,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
}

pub(super) const TILE_HEIGHT: f64 = 27.0;

/// A box on the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The node's own processes, between INPUT and OUTPUT.
pub(super) const HOST: Area = Area { left: 486.0, top: 130.0, width: 100.0, height: 40.0 };

/// A stretch of track, by the hooks at its ends; `None` is the network or the node's processes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    pub(super) from: Option<Hook>,
    pub(super) to: Option<Hook>,
    pub(super) path: &'static str,
}

impl Hook {
    pub(super) const ALL: [Hook; 5] =
        [Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting];

    pub(super) fn name(self) -> &'static str {
        match self {
            Hook::Prerouting => "PREROUTING",
            Hook::Input => "INPUT",
            Hook::Forward => "FORWARD",
            Hook::Output => "OUTPUT",
            Hook::Postrouting => "POSTROUTING",
        }
    }

    /// In the order in which a packet passes them.
    fn every_table(self) -> &'static [TableName] {
        use TableName::{Filter, Mangle, Nat, Raw, Security};
        match self {
            Hook::Prerouting => &[Raw, Mangle, Nat],
            Hook::Input => &[Mangle, Filter, Security, Nat],
            Hook::Forward => &[Mangle, Filter, Security],
            Hook::Output => &[Raw, Mangle, Nat, Filter, Security],
            Hook::Postrouting => &[Mangle, Nat],
        }
    }

    /// The table security is shown only where it is used.
    pub(super) fn tables(self, rules: &Ruleset) -> Vec<TableName> {
        let is_shown =
            |name: &TableName| *name != TableName::Security || rules.table(*name).is_some();
        self.every_table().iter().copied().filter(is_shown).collect()
    }

    pub(super) fn area(self) -> Area {
        let (left, top, width) = match self {
            Hook::Prerouting => (82.0, 33.0, 144.0),
            Hook::Forward => (412.0, 33.0, 144.0),
            Hook::Postrouting => (720.0, 33.0, 144.0),
            Hook::Input => (292.0, 121.0, 156.0),
            Hook::Output => (616.0, 121.0, 156.0),
        };
        Area { left, top, width, height: 58.0 }
    }

    pub(super) fn tiles(self, rules: &Ruleset) -> Vec<Tile> {
        const GAP: f64 = 4.0;
        const INSET: f64 = 6.0;
        let (area, tables) = (self.area(), self.tables(rules));
        let count = tables.len() as f64;
        let width = (area.width - 2.0 * INSET - GAP * (count - 1.0)) / count;
        let tile = |(at, table): (usize, TableName)| Tile {
            table,
            left: area.left + INSET + at as f64 * (width + GAP),
            top: area.top + 25.0,
            width,
        };
        tables.into_iter().enumerate().map(tile).collect()
    }
}

/// All track, in the order in which it is laid.
pub(super) fn stretches() -> Vec<Stretch> {
    use Hook::{Forward, Input, Output, Postrouting, Prerouting};
    let stretch = |from, to, path| Stretch { from, to, path };
    vec![
        stretch(None, Some(Prerouting), "M24 62H82"),
        stretch(Some(Prerouting), Some(Forward), "M226 62H412"),
        stretch(Some(Prerouting), Some(Input), "M226 62H262V138L274 150H292"),
        stretch(Some(Forward), Some(Postrouting), "M556 62H720"),
        stretch(Some(Postrouting), None, "M864 62H900"),
        stretch(Some(Input), None, "M448 150H486"),
        stretch(None, Some(Output), "M586 150H616"),
        stretch(Some(Output), Some(Postrouting), "M772 150H784L796 138V91"),
    ]
}

/// Whether a packet that passes these hooks goes over a stretch.
pub(super) fn is_passed(stretch: &Stretch, way: &[Hook], comes_through: bool) -> bool {
    match (stretch.from, stretch.to) {
        (None, Some(to)) => way.first() == Some(&to),
        (Some(from), None) => comes_through && way.last() == Some(&from),
        (Some(from), Some(to)) => way.windows(2).any(|pair| pair == [from, to]),
        (None, None) => false,
    }
}

/// The hooks that a traced packet comes to. What was dropped goes no further than its last step.
pub(super) fn way(trace: &Trace, own: impl Fn(std::net::IpAddr) -> bool) -> Vec<Hook> {
    use signalbox_domain::firewall::{Direction, Outcome};
    let met = |hook: Hook| trace.steps.iter().any(|step| step.hook == hook.name());
    let whole: &[Hook] = if trace.packet.direction == Direction::Out {
        &[Hook::Output, Hook::Postrouting]
    } else if met(Hook::Input) || (!met(Hook::Forward) && own(trace.packet.destination)) {
        &[Hook::Prerouting, Hook::Input]
    } else {
        &[Hook::Prerouting, Hook::Forward, Hook::Postrouting]
    };
    let ends = matches!(trace.outcome, Outcome::Dropped | Outcome::Rejected { .. });
    let last = trace.steps.last().filter(|_| ends).map(|step| step.hook.as_str());
    let end = whole.iter().position(|hook| Some(hook.name()) == last);
    whole.iter().copied().take(end.map_or(whole.len(), |at| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use signalbox_domain::firewall::{Direction, Family, Host, Packet, parse, trace};

    use super::*;

    fn rules() -> Ruleset {
        let text = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -p tcp --dport 23 -j DROP\nCOMMIT\n";
        parse(text, Family::V4).unwrap()
    }

    #[test]
    fn tiles_fill_their_hook_and_do_not_overlap() {
        for hook in Hook::ALL {
            let (area, tiles) = (hook.area(), hook.tiles(&rules()));
            assert!(tiles.windows(2).all(|pair| pair[0].left + pair[0].width < pair[1].left));
            let last = tiles.last().unwrap();
            assert!(last.left + last.width <= area.left + area.width);
            assert!(last.top + TILE_HEIGHT <= area.top + area.height);
        }
    }

    fn passed(direction: Direction, to: &str, port: u16) -> Vec<Hook> {
        let own: std::net::IpAddr = "192.0.2.1".parse().unwrap();
        let packet = Packet::syn(
            direction,
            ("198.51.100.1".parse().unwrap(), 4000),
            (to.parse().unwrap(), port),
        );
        let host = Host { addresses: Some(vec![own]), sets: None };
        way(&trace(&rules(), &packet, &host), |address| address == own)
    }

    #[test]
    fn a_packet_takes_the_way_of_its_destination() {
        use Hook::{Forward, Input, Output, Postrouting, Prerouting};
        assert_eq!(passed(Direction::In, "192.0.2.1", 80), [Prerouting, Input]);
        assert_eq!(passed(Direction::In, "203.0.113.9", 80), [Prerouting, Forward, Postrouting]);
        assert_eq!(passed(Direction::Out, "203.0.113.9", 80), [Output, Postrouting]);
    }

    #[test]
    fn each_way_is_one_line_of_track() {
        use Hook::{Forward, Postrouting, Prerouting};
        let way = [Prerouting, Forward, Postrouting];
        let passed = stretches().into_iter().filter(|s| is_passed(s, &way, true)).count();
        assert_eq!(passed, 4);
        let passed = stretches().into_iter().filter(|s| is_passed(s, &[Prerouting], false)).count();
        assert_eq!(passed, 1);
    }
}
