//! Log lines of a command on a node. What a node prints is data: capped, and shown as it is.

use std::time::Duration;

use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::LogKind;

use crate::clock;
use crate::ssh::Output;
use crate::store::LogEntry;

/// Lines of one stream of one command that the log keeps.
const LINES: usize = 200;

/// Characters of one line that the log keeps.
const LINE_CHARS: usize = 2_000;

pub(super) fn entry(node: Option<NodeId>, kind: LogKind, text: impl Into<String>) -> LogEntry {
    LogEntry { at: clock::now(), node, kind, text: text.into() }
}

/// What a command printed and how it ended.
pub(super) fn output_entries(node: NodeId, output: &Output, took: Duration) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    push_lines(&mut entries, node, LogKind::Output, &output.stdout);
    push_lines(&mut entries, node, LogKind::Error, &output.stderr);
    if output.truncated {
        entries.push(entry(Some(node), LogKind::Note, "more output came than is kept"));
    }
    let kind = if output.exit_status == 0 { LogKind::Note } else { LogKind::Error };
    let ended = format!("exit status {} after {} ms", output.exit_status, took.as_millis());
    entries.push(entry(Some(node), kind, ended));
    entries
}

fn push_lines(entries: &mut Vec<LogEntry>, node: NodeId, kind: LogKind, text: &str) {
    entries.extend(text.lines().take(LINES).map(|line| entry(Some(node), kind, printable(line))));
    let left_out = text.lines().skip(LINES).count();
    if left_out > 0 {
        entries.push(entry(Some(node), LogKind::Note, format!("{left_out} more lines")));
    }
}

/// A line without what a terminal or a page would take for anything but text.
pub(super) fn printable(line: &str) -> String {
    let mut kept: String = line
        .chars()
        .take(LINE_CHARS)
        .map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if line.chars().nth(LINE_CHARS).is_some() {
        kept.push('…');
    }
    kept
}

/// The part of an output that says most in a few words: its last line, of stderr if it has one.
pub(super) fn excerpt(output: &Output) -> String {
    let last =
        |text: &str| text.lines().rev().map(str::trim).find(|l| !l.is_empty()).map(printable);
    last(&output.stderr).or_else(|| last(&output.stdout)).unwrap_or_else(|| "no output".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str) -> Output {
        Output {
            exit_status: 0,
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            truncated: false,
        }
    }

    #[test]
    fn a_flood_leaves_few_short_lines() {
        let flood = format!("{}\n", "x".repeat(1_000_000)).repeat(3) + &"y\n".repeat(100_000);
        let entries = output_entries(NodeId(1), &output(&flood, ""), Duration::ZERO);
        assert_eq!(entries.len(), LINES + 2);
        assert!(entries.iter().all(|line| line.text.chars().count() <= LINE_CHARS + 1));
        assert_eq!(entries[LINES].text, "99803 more lines");
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(printable("\u{1b}[2Jgone\u{7}"), "\u{fffd}[2Jgone\u{fffd}");
    }

    #[test]
    fn an_excerpt_prefers_what_went_wrong() {
        assert_eq!(excerpt(&output("fine\n", "warning\nno such unit\n\n")), "no such unit");
        assert_eq!(excerpt(&output("fine\n", "")), "fine");
    }
}
