//! A rule in the columns of the table.

use signalbox_domain::firewall::{ConnectionState, Rule, Target, Test};

/// What stands in each column; empty means that the rule does not ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) target: String,
    pub(super) protocol: String,
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) matches: String,
}

/// Words of the reader's language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) not: &'static str,
    pub(super) inside: &'static str,
    pub(super) outside: &'static str,
}

pub(super) fn cells(rule: &Rule, words: Words) -> Cells {
    let mut cells = Cells::default();
    let mut matches: Vec<String> = Vec::new();
    for condition in &rule.conditions {
        let not = if condition.negated { format!("{} ", words.not) } else { String::new() };
        match &condition.test {
            Test::Protocol(protocol) => cells.protocol = format!("{not}{protocol}"),
            Test::Source(network) => cells.source = format!("{not}{network}"),
            Test::Destination(network) => cells.destination = format!("{not}{network}"),
            Test::Comment(text) if text.is_empty() => {}
            test => matches.push(format!("{not}{}", test_text(test, words))),
        }
    }
    let (target, rest) = target(rule);
    cells.target = target;
    matches.extend(rest);
    cells.matches = matches.join(", ");
    cells
}

fn test_text(test: &Test, words: Words) -> String {
    match test {
        Test::InInterface(name) => format!("{} {name}", words.inside),
        Test::OutInterface(name) => format!("{} {name}", words.outside),
        Test::SourcePort(port) => format!("sport {port}"),
        Test::DestinationPort(port) => format!("dport {port}"),
        Test::SourcePorts(ports) => format!("sports {}", joined(ports)),
        Test::DestinationPorts(ports) => format!("dports {}", joined(ports)),
        Test::EitherPort(ports) => format!("ports {}", joined(ports)),
        Test::SourceRange(range) => format!("src {}–{}", range.first, range.last),
        Test::DestinationRange(range) => format!("dst {}–{}", range.first, range.last),
        Test::TcpFlags { mask, set } => format!("flags {set:#04x} of {mask:#04x}"),
        Test::Icmp { kind, code: None } => format!("type {kind}"),
        Test::Icmp { kind, code: Some(code) } => format!("type {kind}/{code}"),
        Test::State(states) => {
            let names: Vec<&str> = states.iter().map(|state| state_name(*state)).collect();
            format!("state {}", names.join(","))
        }
        Test::Mark { value, mask: u32::MAX } => format!("mark {value:#x}"),
        Test::Mark { value, mask } => format!("mark {value:#x}/{mask:#x}"),
        Test::DestinationIsLocal => "dst-type LOCAL".to_owned(),
        Test::SourceIsLocal => "src-type LOCAL".to_owned(),
        Test::Set(set) => {
            let more = match (set.returns_exceptions, set.asks_counters) {
                (false, false) => "",
                (true, false) => " nomatch",
                (false, true) => " counters",
                (true, true) => " nomatch counters",
            };
            format!("set {} {}{more}", set.name, joined(&set.sides))
        }
        Test::Comment(text) => format!("“{text}”"),
        Test::Other { module, words } => {
            let words = words.join(" ");
            let words = words.trim_start_matches('-');
            if words.is_empty() {
                module.clone()
            } else if words.starts_with(module.as_str()) {
                words.to_owned()
            } else {
                format!("{module} {words}")
            }
        }
        Test::Protocol(protocol) => protocol.to_string(),
        Test::Source(network) | Test::Destination(network) => network.to_string(),
    }
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

pub(super) fn state_name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::New => "NEW",
        ConnectionState::Established => "ESTABLISHED",
        ConnectionState::Related => "RELATED",
        ConnectionState::Invalid => "INVALID",
        ConnectionState::Untracked => "UNTRACKED",
    }
}

/// The target's name, and its options as they are written.
fn target(rule: &Rule) -> (String, Option<String>) {
    if rule.target == Target::None {
        return (String::new(), None);
    }
    let words: Vec<&str> = rule.text.split_whitespace().collect();
    let aim = words.iter().position(|word| matches!(*word, "-j" | "--jump" | "-g" | "--goto"));
    let Some(aim) = aim else { return (String::new(), None) };
    let name = words.get(aim + 1).copied().unwrap_or_default();
    let rest = words.get(aim + 2..).unwrap_or_default().join(" ");
    let goes = if matches!(rule.target, Target::Goto(_)) { "goto " } else { "" };
    (format!("{goes}{name}"), Some(rest).filter(|rest| !rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use signalbox_domain::firewall::Family;
    use signalbox_domain::firewall::draft::parse_rule;

    use super::*;

    const WORDS: Words = Words { not: "not", inside: "in", outside: "out" };

    fn of(text: &str) -> Cells {
        cells(&parse_rule(text, Family::V4).unwrap(), WORDS)
    }

    #[test]
    fn each_option_has_its_column() {
        let cells = of(
            "-s 192.0.2.0/24 ! -i lo -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
        );
        assert_eq!(cells.target, "ACCEPT");
        assert_eq!(cells.protocol, "tcp");
        assert_eq!(cells.source, "192.0.2.0/24");
        assert_eq!(cells.destination, "");
        assert_eq!(cells.matches, "not in lo, dport 22, state NEW");
    }

    #[test]
    fn nothing_that_a_rule_asks_for_is_left_out() {
        assert_eq!(
            of("-m limit --limit 5/min -j LOG --log-prefix x").matches,
            "limit 5/min, --log-prefix x"
        );
        assert_eq!(of("-m rpfilter -j DROP").matches, "rpfilter");
        assert_eq!(
            of("-m set ! --match-set a src,dst --return-nomatch -j SET --add-set b src").matches,
            "not set a src,dst nomatch, --add-set b src"
        );
        assert_eq!(of("-g chain").target, "goto chain");
        assert_eq!(of("-p icmp").target, "");
    }
}
