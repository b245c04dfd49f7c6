//! Printing rules as `iptables-save` does.

use std::fmt::Write as _;

use super::model::{Counters, Ruleset, Table};

/// The text for `iptables-restore`: byte for byte what was read, where that came from
/// `iptables-save`. Rules of a chain that a file had scattered stand together.
pub fn render(ruleset: &Ruleset) -> String {
    let mut text = String::with_capacity(ruleset.rules().count() * 96 + 512);
    for table in &ruleset.tables {
        lines(&mut text, &table.preamble);
        render_table(&mut text, table);
    }
    lines(&mut text, &ruleset.trailer);
    text
}

fn render_table(text: &mut String, table: &Table) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "*{}", table.name);
    for chain in &table.chains {
        let policy = chain.policy.map_or("-", super::Policy::as_str);
        let _ = match chain.counters {
            Some(Counters { packets, bytes }) => {
                writeln!(text, ":{} {policy} [{packets}:{bytes}]", chain.name)
            }
            None => writeln!(text, ":{} {policy}", chain.name),
        };
    }
    for chain in &table.chains {
        for rule in &chain.rules {
            if let Some(Counters { packets, bytes }) = rule.counters {
                let _ = write!(text, "[{packets}:{bytes}] ");
            }
            let _ = match rule.text.is_empty() {
                true => writeln!(text, "-A {}", chain.name),
                false => writeln!(text, "-A {} {}", chain.name, rule.text),
            };
        }
    }
    text.push_str("COMMIT\n");
}

fn lines(text: &mut String, lines: &[String]) {
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
}
