//! Rulesets that the kernel takes, made at random.

use std::fmt::Write as _;

use signalbox_domain::firewall::TableName;

use super::random::Random;
use super::sets;

/// One that traces every packet of its own accord: TRACE is its first rule of all.
pub(crate) fn ruleset(random: &mut Random) -> String {
    let mut text = String::new();
    // Rules of the other tables alone show where nothing tracks connections.
    let tracking = random.chance(85);
    for table in TableName::ALL {
        if table == TableName::Security && random.chance(70) {
            continue;
        }
        Writer { random, table, tracking }.write(&mut text);
    }
    text
}

/// All that the rulesets leave at ACCEPT, while connections are tracked.
pub(crate) const OPEN: &str = "\
*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n\
*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n\
*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n\
*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n\
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n\
*security\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n";

struct Writer<'a> {
    random: &'a mut Random,
    table: TableName,
    tracking: bool,
}

/// People's own chains, each with those that may be jumped to behind it, so none leads back.
const OWN: [&str; 4] = ["one", "two-2", "three_3", "four"];
const OWN_BEFORE: [&str; 2] = ["before-1", "before-2"];
const OWN_BEHIND: [&str; 2] = ["behind-1", "behind-2"];

impl Writer<'_> {
    fn write(&mut self, text: &mut String) {
        let built_in = self.table.built_in_chains();
        writeln!(text, "*{}", self.table).unwrap();
        for chain in built_in {
            writeln!(text, ":{chain} {}", self.policy()).unwrap();
        }
        for chain in self.own() {
            writeln!(text, ":{chain} -").unwrap();
        }
        for chain in built_in {
            if self.table == TableName::Raw {
                writeln!(text, "-A {chain} -j TRACE").unwrap();
            }
            for _ in 0..self.random.below(5) {
                let rule = self.rule(chain, self.callees(chain));
                writeln!(text, "-A {chain} {rule}").unwrap();
            }
        }
        for chain in self.own() {
            for _ in 0..self.random.below(5) {
                let rule = self.rule(chain, self.callees(chain));
                writeln!(text, "-A {chain} {rule}").unwrap();
            }
        }
        text.push_str("COMMIT\n");
    }

    fn policy(&mut self) -> &'static str {
        let drops = match self.table {
            TableName::Filter => self.random.chance(35),
            TableName::Nat => false,
            _ => self.random.chance(4),
        };
        if drops { "DROP" } else { "ACCEPT" }
    }

    fn own(&self) -> Vec<&'static str> {
        match self.table {
            TableName::Nat => [OWN_BEFORE, OWN_BEHIND].concat(),
            _ => OWN.to_vec(),
        }
    }

    /// What the chain may jump to. In the table nat a chain's targets say where it is called from.
    fn callees(&self, chain: &str) -> &'static [&'static str] {
        let behind = |chains: &'static [&'static str]| {
            let place = chains.iter().position(|name| *name == chain);
            &chains[place.map_or(0, |place| place + 1)..]
        };
        match (self.table, chain) {
            (TableName::Nat, "INPUT") => &[],
            (TableName::Nat, "PREROUTING" | "OUTPUT" | "before-1" | "before-2") => {
                behind(&OWN_BEFORE)
            }
            (TableName::Nat, _) => behind(&OWN_BEHIND),
            _ => behind(&OWN),
        }
    }

    fn rule(&mut self, chain: &str, callees: &[&str]) -> String {
        let protocol = match self.random.below(10) {
            0..3 => "tcp",
            3..5 => "udp",
            5 => "icmp",
            _ => "",
        };
        let mut words = Vec::new();
        // Behind a negated protocol its own options may not stand.
        let protocol = if !protocol.is_empty() && self.random.chance(10) {
            words.push(format!("! -p {protocol}"));
            ""
        } else {
            protocol
        };
        if !protocol.is_empty() {
            words.push(format!("-p {protocol}"));
            if self.random.chance(60) {
                words.push(self.of_protocol(protocol));
            }
        }
        for _ in 0..self.random.pick(&[0, 0, 1, 1, 1, 2]) {
            let condition = self.condition(chain);
            let option =
                |words: &str| words.split(' ').find(|word| *word != "!").map(str::to_owned);
            // An option stands once in a rule.
            let again = |condition: &String| words.iter().any(|w| option(w) == option(condition));
            words.extend(condition.filter(|condition| !again(condition)));
        }
        let target = self.target(chain, protocol, callees);
        if !target.is_empty() {
            let jump = if callees.contains(&target.as_str()) && self.random.chance(35) {
                "-g"
            } else {
                "-j"
            };
            words.push(format!("{jump} {target}"));
        }
        words.join(" ")
    }

    fn not(&mut self) -> &'static str {
        if self.random.chance(20) { "! " } else { "" }
    }

    fn port(&mut self) -> u16 {
        self.random.pick(&PORTS)
    }

    fn ports(&mut self) -> String {
        let port = self.port();
        match self.random.below(5) {
            0 => format!("{port}:{}", port + 60),
            1 => format!(":{port}"),
            2 => format!("{port}:"),
            _ => port.to_string(),
        }
    }

    fn of_protocol(&mut self, protocol: &str) -> String {
        let not = self.not();
        let random = self.random.below(10);
        match (protocol, random) {
            ("icmp", _) => {
                let kind = self.random.pick(&["8", "0", "3/3", "3", "echo-request", "any"]);
                let not = if kind == "any" { "" } else { not };
                format!("-m icmp {not}--icmp-type {kind}")
            }
            ("tcp", 0) => format!("{not}--syn"),
            ("tcp", 1) => {
                let set = self.random.pick(&["SYN", "NONE", "SYN,FIN", "ACK", "RST"]);
                format!("-m tcp {not}--tcp-flags FIN,SYN,RST,ACK {set}")
            }
            (_, 2..4) => {
                let option = self.random.pick(&["--dports", "--sports", "--ports"]);
                format!(
                    "-m multiport {not}{option} {},{}:{},{}",
                    self.port(),
                    self.port(),
                    40_000,
                    3306
                )
                .replace("3306:40000", "3307:40000")
            }
            (_, 4) => format!("-m {protocol} {}", self.negatable("--sport", &SOURCE_PORTS)),
            _ => format!("-m {protocol} {not}--dport {}", self.ports()),
        }
    }

    /// The tools lose the opposite of what matches everything, each in a way of its own.
    fn negatable(&mut self, option: &str, values: &[&str]) -> String {
        let value = self.random.pick(values);
        let not = if ALL.contains(&value) { "" } else { self.not() };
        format!("{not}{option} {value}")
    }

    fn condition(&mut self, chain: &str) -> Option<String> {
        let not = self.not();
        Some(match self.random.below(28) {
            0..4 => self.negatable("-s", &NETWORKS),
            4..8 => self.negatable("-d", &NETWORKS),
            8..10 if !matches!(chain, "OUTPUT" | "POSTROUTING") => {
                self.negatable("-i", &INTERFACES)
            }
            10..12 if !matches!(chain, "PREROUTING" | "INPUT") => self.negatable("-o", &INTERFACES),
            12..16 if self.tracking => {
                let states = self.random.pick(&STATES);
                match self.random.chance(30) && states != "UNTRACKED" && states != "DNAT,SNAT" {
                    true => format!("-m state {not}--state {states}"),
                    false => format!("-m conntrack {not}--ctstate {states}"),
                }
            }
            16 => {
                let mark = self.random.pick(&["0", "0x1", "0x1/0x1", "0x10/0xf0", "5", "0x0/0x4"]);
                format!("-m mark {not}--mark {mark}")
            }
            17 => format!("-m iprange {not}--src-range {}", self.random.pick(&RANGES)),
            18 => format!("-m iprange {not}--dst-range {}", self.random.pick(&RANGES)),
            19 => {
                let option = self.random.pick(&["--dst-type", "--src-type"]);
                format!("-m addrtype {not}{option} LOCAL")
            }
            20 => "-m comment --comment \"it's \\\"so\\\"\"".to_owned(),
            22..28 => sets::condition(self.random),
            21 if self.random.chance(40) => self.random.pick(&NOT_KNOWN).to_owned(),
            _ => return None,
        })
    }

    fn target(&mut self, chain: &str, protocol: &str, callees: &[&str]) -> String {
        let has_ports = matches!(protocol, "tcp" | "udp");
        if !callees.is_empty() && self.random.chance(35) {
            return self.random.pick(callees).to_owned();
        }
        match self.random.below(16) {
            0..3 => "ACCEPT".to_owned(),
            3..5 => "RETURN".to_owned(),
            5 => self
                .random
                .pick(&["LOG --log-prefix \"a b \"", "NFLOG --nflog-group 7", sets::ADDS])
                .to_owned(),
            6 | 7 => self.random.pick(&MARKS).to_owned(),
            8 => String::new(),
            9..12 => match self.table {
                TableName::Filter => self.ends(protocol),
                TableName::Raw if self.tracking => {
                    self.random.pick(&["CT --notrack", "NOTRACK", "DROP"]).to_owned()
                }
                TableName::Nat if self.tracking => self.translation(chain, has_ports),
                TableName::Nat => "ACCEPT".to_owned(),
                _ => self.random.pick(&["DROP", "ACCEPT", "RETURN"]).to_owned(),
            },
            _ if self.table == TableName::Nat && self.tracking => {
                self.translation(chain, has_ports)
            }
            _ if self.table == TableName::Filter => self.ends(protocol),
            _ => "ACCEPT".to_owned(),
        }
    }

    fn ends(&mut self, protocol: &str) -> String {
        match self.random.below(8) {
            0 if protocol == "tcp" => "REJECT --reject-with tcp-reset".to_owned(),
            0 | 1 => "REJECT --reject-with icmp-host-prohibited".to_owned(),
            2 => "REJECT".to_owned(),
            3 | 4 => "ACCEPT".to_owned(),
            _ => "DROP".to_owned(),
        }
    }

    fn translation(&mut self, chain: &str, has_ports: bool) -> String {
        let before = matches!(chain, "PREROUTING" | "OUTPUT" | "before-1" | "before-2");
        match (before, has_ports, self.random.below(5)) {
            (true, true, 0) => "DNAT --to-destination 10.2.0.11:80".to_owned(),
            (true, true, 1) => "DNAT --to-destination :3306".to_owned(),
            (true, true, 2) => "REDIRECT --to-ports 8080".to_owned(),
            (true, true, 3) => "DNAT --to-destination 10.2.0.10-10.2.0.12:80-90".to_owned(),
            (true, _, 0 | 1) => "REDIRECT".to_owned(),
            (true, _, 2) => "DNAT --to-destination 10.1.0.12".to_owned(),
            (true, _, 3) => "DNAT --to-destination 192.0.2.1".to_owned(),
            (true, ..) => "DNAT --to-destination 10.2.0.12".to_owned(),
            (false, true, 0) => "SNAT --to-source 10.2.0.1:5000-60000".to_owned(),
            (false, _, 1 | 2) if chain != "INPUT" => "MASQUERADE".to_owned(),
            (false, ..) => "SNAT --to-source 192.0.2.1".to_owned(),
        }
    }
}

pub(crate) const PORTS: [u16; 6] = [22, 53, 80, 443, 3306, 8080];
const SOURCE_PORTS: [&str; 5] = ["20000:39999", "40000:", ":19999", "22", ":"];
const ALL: [&str; 3] = ["+", "0.0.0.0/0", ":"];
const INTERFACES: [&str; 5] = ["west", "east", "we+", "+", "lo"];
const NETWORKS: [&str; 9] = [
    "10.1.0.0/24",
    "10.2.0.0/24",
    "10.2.0.10/31",
    "10.1.0.10",
    "10.2.0.11",
    "10.0.0.0/255.0.0.253",
    "192.0.2.1",
    "10.0.0.0/14",
    "0.0.0.0/0",
];
const RANGES: [&str; 3] = ["10.1.0.11-10.1.0.12", "10.2.0.0-10.2.0.10", "10.1.0.13-10.2.0.10"];
const STATES: [&str; 9] = [
    "NEW",
    "ESTABLISHED",
    "RELATED,ESTABLISHED",
    "INVALID",
    "UNTRACKED",
    "INVALID,NEW",
    "RELATED",
    "NEW,ESTABLISHED,UNTRACKED",
    "DNAT,SNAT",
];
const MARKS: [&str; 6] = [
    "MARK --set-mark 5",
    "MARK --set-xmark 0x1/0x1",
    "MARK --or-mark 0x10",
    "MARK --and-mark 0xf",
    "MARK --xor-mark 0x15",
    "MARK --set-mark 0x4/0x6",
];
/// Matches that the model does not evaluate.
const NOT_KNOWN: [&str; 4] = [
    "-m limit --limit 1/hour --limit-burst 1",
    "-m statistic --mode random --probability 0.5",
    "-m length --length 0:28",
    "-m ttl --ttl-eq 61",
];
