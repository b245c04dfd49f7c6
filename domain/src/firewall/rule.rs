//! Reading one rule: its general options, its modules' options, its target.

use super::address::{AddressRange, Network};
use super::model::Family;
use super::packet::{ACK, ConnectionState, FIN, RST, SYN};
use super::parse::Wanted;
use super::ports::PortRange;
use super::set::NAME_BYTES;
use super::target::{CONTINUE, NatRange, Target, dashed_ports};
use super::test::{Condition, Protocol, SetMatch, Test};
use super::token::Token;
use super::words::{IcmpType, flags, icmp_v4, icmp_v6, mark, state};

/// What the words of a rule come to.
pub(super) struct Read {
    pub(super) conditions: Vec<Condition>,
    pub(super) target: Target,
}

/// Reads all behind the chain's name.
pub(super) fn read(words: &[Token<'_>], family: Family) -> Result<Read, Wanted> {
    let mut reader = Reader {
        words,
        at: 0,
        family,
        modules: Vec::new(),
        conditions: Vec::with_capacity(words.len() / 2),
        target: None,
    };
    while reader.at < words.len() {
        reader.option()?;
    }
    let target = match reader.target {
        None => Target::None,
        Some(Aim { goto: true, name, .. }) => Target::Goto(name),
        Some(aim) => aim.finish(),
    };
    Ok(Read { conditions: reader.conditions, target })
}

struct Reader<'a> {
    words: &'a [Token<'a>],
    at: usize,
    family: Family,
    /// Loaded by `-m`, or by `-p` for the protocols that have one.
    modules: Vec<&'a str>,
    conditions: Vec<Condition>,
    target: Option<Aim>,
}

/// A target whose words are still being read.
struct Aim {
    goto: bool,
    name: String,
    words: Vec<String>,
}

impl<'a> Reader<'a> {
    fn option(&mut self) -> Result<(), Wanted> {
        let negated = self.peek() == Some("!");
        if negated {
            self.at += 1;
        }
        let place = self.at;
        let Some(name) = self.next() else {
            return Err(wanted(place, "an option behind !"));
        };
        match name {
            "-m" | "--match" => {
                let module = self.value(name, "the name of a match")?;
                self.modules.push(module);
                if self.asks_by_its_name(module) {
                    let test = Test::Other { module: module.to_owned(), words: Vec::new() };
                    self.conditions.push(Condition { negated: false, test });
                }
            }
            "-j" | "--jump" => self.aim(name, false)?,
            "-g" | "--goto" => self.aim(name, true)?,
            // Counters of the rule itself, as `iptables-save` of long ago wrote them.
            "-c" | "--set-counters" => {
                self.value(name, "a count of packets")?;
                self.value(name, "a count of bytes")?;
            }
            "-4" | "--ipv4" | "-6" | "--ipv6" => {}
            _ => {
                let test = match self.general(name)? {
                    Some(test) => Some(test),
                    None => self.of_module(name, place)?,
                };
                self.conditions.extend(test.map(|test| Condition { negated, test }));
            }
        }
        Ok(())
    }

    /// A module without an option of its own asks nevertheless (`-m socket`, `-m rpfilter`), but
    /// for those that only repeat the protocol.
    fn asks_by_its_name(&self, module: &str) -> bool {
        const REPEATS: [&str; 8] =
            ["tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "icmpv6"];
        const NOT_ITS_OWN: [&str; 10] =
            ["-m", "--match", "-j", "--jump", "-g", "--goto", "-p", "-s", "-d", "-i"];
        let mut ahead = self.words.iter().skip(self.at).map(|word| &*word.text);
        let next = ahead.find(|word| *word != "!");
        !REPEATS.contains(&module) && next.is_none_or(|next| NOT_ITS_OWN.contains(&next))
    }

    /// Options that every rule may have.
    fn general(&mut self, name: &'a str) -> Result<Option<Test>, Wanted> {
        Ok(Some(match name {
            "-s" | "--source" | "--src" => Test::Source(self.network(name)?),
            "-d" | "--destination" | "--dst" => Test::Destination(self.network(name)?),
            "-i" | "--in-interface" => {
                Test::InInterface(self.value(name, "an interface")?.to_owned())
            }
            "-o" | "--out-interface" => {
                Test::OutInterface(self.value(name, "an interface")?.to_owned())
            }
            "-p" | "--protocol" | "--proto" => {
                let protocol = self.parsed(name, "a protocol's name or number", Protocol::parse)?;
                // `-p tcp --dport 22` is short for `-p tcp -m tcp --dport 22`.
                self.modules.extend(protocol.name());
                Test::Protocol(protocol)
            }
            "-f" | "--fragment" => {
                Test::Other { module: "fragment".to_owned(), words: vec![name.to_owned()] }
            }
            _ => return Ok(None),
        }))
    }

    /// Options of a loaded module or of the target. What is not known is carried as it is.
    fn of_module(&mut self, name: &'a str, place: usize) -> Result<Option<Test>, Wanted> {
        if !name.starts_with('-') {
            return Err(wanted(place, "an option"));
        }
        if let Some(test) = self.known(name)? {
            return Ok(Some(test));
        }
        if self.is_of_set(name)? {
            return Ok(None);
        }
        let mut words = vec![name.to_owned()];
        while let Some(word) = self.peek() {
            let ends = word.starts_with('-') && !is_number(word) || word == "!";
            if ends {
                break;
            }
            words.push(word.to_owned());
            self.at += 1;
        }
        if let Some(aim) = &mut self.target {
            aim.words.append(&mut words);
            return Ok(None);
        }
        match self.modules.last() {
            Some(module) => Ok(Some(Test::Other { module: (*module).to_owned(), words })),
            None => Err(wanted(
                place,
                "an option that is known without a module, or -m MODULE before it",
            )),
        }
    }

    fn known(&mut self, name: &str) -> Result<Option<Test>, Wanted> {
        let has = |modules: &[&str]| self.modules.iter().any(|m| modules.contains(m));
        let has_ports = has(&["tcp", "udp", "sctp", "dccp", "udplite"]);
        Ok(Some(match name {
            "--comment" if has(&["comment"]) => {
                Test::Comment(self.value(name, "a text")?.to_owned())
            }
            "--sport" | "--source-port" if has_ports => Test::SourcePort(self.port(name)?),
            "--dport" | "--destination-port" if has_ports => {
                Test::DestinationPort(self.port(name)?)
            }
            "--syn" if has(&["tcp"]) => Test::TcpFlags { mask: FIN | SYN | RST | ACK, set: SYN },
            "--tcp-flags" if has(&["tcp"]) => Test::TcpFlags {
                mask: self.parsed(name, "TCP flags", flags)?,
                set: self.parsed(name, "TCP flags", flags)?,
            },
            "--icmp-type" if has(&["icmp"]) => return self.icmp(name, icmp_v4).map(Some),
            "--icmpv6-type" if has(&["icmp6", "icmpv6", "ipv6-icmp"]) => {
                return self.icmp(name, icmp_v6).map(Some);
            }
            "--sports" | "--source-ports" if has(&["multiport"]) => {
                Test::SourcePorts(self.ports(name)?)
            }
            "--dports" | "--destination-ports" if has(&["multiport"]) => {
                Test::DestinationPorts(self.ports(name)?)
            }
            "--ports" if has(&["multiport"]) => Test::EitherPort(self.ports(name)?),
            "--state" if has(&["state"]) => return self.states(name).map(Some),
            "--ctstate" if has(&["conntrack"]) => return self.states(name).map(Some),
            "--mark" if has(&["mark"]) => {
                let (value, mask) = self.parsed(name, "a mark", mark)?;
                Test::Mark { value, mask }
            }
            "--src-range" if has(&["iprange"]) => Test::SourceRange(self.range(name)?),
            "--dst-range" if has(&["iprange"]) => Test::DestinationRange(self.range(name)?),
            "--match-set" if has(&["set"]) => self.set(name)?,
            "--dst-type" if has(&["addrtype"]) && self.peek() == Some("LOCAL") => {
                self.at += 1;
                Test::DestinationIsLocal
            }
            "--src-type" if has(&["addrtype"]) && self.peek() == Some("LOCAL") => {
                self.at += 1;
                Test::SourceIsLocal
            }
            _ => return Ok(None),
        }))
    }

    fn set(&mut self, option: &str) -> Result<Test, Wanted> {
        let name = self.parsed(option, "the name of a set, of at most 31 bytes,", |name| {
            (1..=NAME_BYTES).contains(&name.len()).then(|| name.to_owned())
        })?;
        let expected = "at most six of src and dst, parted by commas,";
        let sides = self.parsed(option, expected, SetMatch::parse_sides)?;
        Ok(Test::Set(SetMatch { name, sides, returns_exceptions: false, asks_counters: false }))
    }

    /// Options that ask more of the set before them.
    fn is_of_set(&mut self, name: &str) -> Result<bool, Wanted> {
        const COUNTERS: [&str; 6] = [
            "--packets-eq",
            "--packets-lt",
            "--packets-gt",
            "--bytes-eq",
            "--bytes-lt",
            "--bytes-gt",
        ];
        let is_counter = COUNTERS.contains(&name);
        let last = self.conditions.last_mut().map(|condition| &mut condition.test);
        match (last, name) {
            (Some(Test::Set(set)), "--return-nomatch") => set.returns_exceptions = true,
            // Whether the set counts the packet is nothing to the packet.
            (Some(Test::Set(_)), "--update-counters" | "--update-subcounters") => {}
            (Some(Test::Set(set)), _) if is_counter => {
                set.asks_counters = true;
                self.value(name, "a count")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn states(&mut self, name: &str) -> Result<Test, Wanted> {
        let text = self.value(name, "states of a connection")?;
        let known: Option<Vec<ConnectionState>> = text.split(',').map(state).collect();
        // SNAT and DNAT are states too, which depend on what was translated before.
        Ok(known.map_or_else(
            || Test::Other {
                module: "conntrack".to_owned(),
                words: vec![name.to_owned(), text.to_owned()],
            },
            Test::State,
        ))
    }

    fn icmp(&mut self, name: &str, by_name: fn(&str) -> Option<IcmpType>) -> Result<Test, Wanted> {
        let text = self.value(name, "an ICMP type")?;
        let numbered = |text: &str| match text.split_once('/') {
            Some((kind, code)) => Some((kind.parse().ok()?, Some(code.parse().ok()?))),
            None => Some((text.parse().ok()?, None)),
        };
        if text == "any" {
            return Ok(Test::Comment(String::new()));
        }
        Ok(match numbered(text).or_else(|| by_name(text)) {
            Some((kind, code)) => Test::Icmp { kind, code },
            None => Test::Other {
                module: "icmp".to_owned(),
                words: vec![name.to_owned(), text.to_owned()],
            },
        })
    }

    fn aim(&mut self, option: &str, goto: bool) -> Result<(), Wanted> {
        let place = self.at;
        let name = self.value(option, "a target or a chain")?.to_owned();
        if self.target.is_some() {
            return Err(wanted(place, "one target only"));
        }
        self.target = Some(Aim { goto, name, words: Vec::new() });
        Ok(())
    }

    fn network(&mut self, name: &str) -> Result<Network, Wanted> {
        let family = self.family;
        self.parsed(name, "an address or network of this family", move |text| {
            Network::parse(text).filter(|network| network.family() == family)
        })
    }

    fn port(&mut self, name: &str) -> Result<PortRange, Wanted> {
        self.parsed(name, "a port or first:last", PortRange::parse)
    }

    fn ports(&mut self, name: &str) -> Result<Vec<PortRange>, Wanted> {
        self.parsed(name, "ports parted by commas", |text| {
            text.split(',').map(PortRange::parse).collect()
        })
    }

    fn range(&mut self, name: &str) -> Result<AddressRange, Wanted> {
        self.parsed(name, "first-last", AddressRange::parse)
    }

    fn parsed<T>(
        &mut self,
        option: &str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Wanted> {
        let place = self.at;
        let text = self.value(option, expected)?;
        parse(text).ok_or_else(|| wanted(place, &format!("{expected} behind {option}")))
    }

    fn value(&mut self, option: &str, expected: &str) -> Result<&'a str, Wanted> {
        let place = self.at;
        self.next().ok_or_else(|| wanted(place, &format!("{expected} behind {option}")))
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|token| token.text.as_ref())
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.words.get(self.at)?;
        self.at += 1;
        Some(token.text.as_ref())
    }
}

fn wanted(place: usize, expected: &str) -> Wanted {
    Wanted { place, expected: expected.to_owned() }
}

impl Aim {
    /// The words of a known target are read; what is wrong with them is no error here, because
    /// another version of the tool may know more: the target is then unknown.
    fn finish(self) -> Target {
        let value = |option: &str| {
            let at = self.words.iter().position(|word| word == option)?;
            self.words.get(at + 1).map(String::as_str)
        };
        let known = match self.name.as_str() {
            "ACCEPT" => Some(Target::Accept),
            "DROP" => Some(Target::Drop),
            "RETURN" => Some(Target::Return),
            "REJECT" => Some(Target::Reject { with: value("--reject-with").map(str::to_owned) }),
            "MASQUERADE" => Some(Target::Masquerade),
            "NOTRACK" => Some(Target::NoTrack),
            "CT" if self.words.iter().any(|word| word == "--notrack") => Some(Target::NoTrack),
            "SNAT" => value("--to-source").and_then(NatRange::parse).map(Target::Snat),
            "DNAT" => value("--to-destination").and_then(NatRange::parse).map(Target::Dnat),
            "REDIRECT" => match value("--to-ports") {
                Some(ports) => {
                    dashed_ports(ports).map(|ports| Target::Redirect { ports: Some(ports) })
                }
                None => Some(Target::Redirect { ports: None }),
            },
            "MARK" => marked(value),
            name if CONTINUE.contains(&name) => {
                return Target::Continue { name: self.name, words: self.words };
            }
            // People's chains have no options; an extension in capitals with none may be either,
            // and is told apart by the table's chains.
            _ if self.words.is_empty() => return Target::Jump(self.name),
            _ => None,
        };
        known.unwrap_or(Target::Other { name: self.name, words: self.words })
    }
}

/// `--set-mark v/m` zeroes the bits of v and m first; `--set-xmark v/m` those of m alone.
fn marked<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Target> {
    let of = |option: &str| value(option).and_then(mark);
    of("--set-xmark")
        .map(|(value, mask)| Target::Mark { value, mask })
        .or_else(|| {
            of("--set-mark").map(|(value, mask)| Target::Mark { value, mask: mask | value })
        })
        .or_else(|| of("--or-mark").map(|(value, _)| Target::Mark { value, mask: value }))
        .or_else(|| of("--and-mark").map(|(value, _)| Target::Mark { value: 0, mask: !value }))
        .or_else(|| of("--xor-mark").map(|(value, _)| Target::Mark { value, mask: 0 }))
}

fn is_number(word: &str) -> bool {
    word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
}
