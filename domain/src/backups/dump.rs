//! The program that dumps a server, and the coordinates that it writes.

use crate::engines::parse::version_numbers;
use crate::engines::{BinlogPosition, Flavour};
use crate::remote::RemoteCommand;

/// A dump of a large server may take long; the job can be cancelled at any time.
const DUMP_TIMEOUT_MS: u64 = 24 * 3600 * 1000;

const FOR_BOTH: [&str; 9] = [
    "--single-transaction",
    "--quick",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    // The optimiser's statistics belong to the server, not to its data.
    "--ignore-table=mysql.innodb_index_stats",
    "--ignore-table=mysql.innodb_table_stats",
];

/// mariadb-dump(1), or mysqldump(1) of the server's own version.
pub(super) fn dump_command(flavour: Flavour, version: &str) -> RemoteCommand {
    let (program, own): (_, &[&'static str]) = match flavour {
        // The replica's own position is left out: in a restored copy it would be wrong.
        Flavour::MariaDb => {
            ("mariadb-dump", &["--master-data=2", "--gtid", "--ignore-table=mysql.gtid_slave_pos"])
        }
        Flavour::MySql if version_numbers(version).as_slice() < [8, 0, 26].as_slice() => {
            ("mysqldump", &["--master-data=2", "--set-gtid-purged=ON", "--no-tablespaces"])
        }
        Flavour::MySql => {
            ("mysqldump", &["--source-data=2", "--set-gtid-purged=ON", "--no-tablespaces"])
        }
    };
    RemoteCommand::new(program)
        .words(&FOR_BOTH)
        .words(own)
        .words(&["--all-databases"])
        .timeout_ms(DUMP_TIMEOUT_MS)
}

/// Where the dumped server's history stood at the dump's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coordinates {
    pub binlog: Option<BinlogPosition>,
    pub gtid: Option<String>,
}

/// Reads the commented coordinates that `--master-data=2 --gtid` writes (mariadb-dump(1)): file
/// and position before the first table, the GTID position, since 10.11.18, after the last one.
/// mysqldump writes both before the first table. `head` and `tail` are the dump's beginning and
/// end; what they do not hold is `None`.
pub fn read_coordinates(head: &str, tail: &str) -> Coordinates {
    Coordinates {
        binlog: comments(head).find_map(binlog_position),
        gtid: comments(tail)
            .chain(comments(head))
            .find_map(gtid_position)
            .or_else(|| gtid_purged(head)),
    }
}

fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("-- "))
}

fn gtid_position(statement: &str) -> Option<String> {
    let value = statement.strip_prefix("SET GLOBAL gtid_slave_pos=")?;
    between(value, "'", "'").map(str::to_owned)
}

/// MySQL's is a statement, one line for each server that the set names.
fn gtid_purged(head: &str) -> Option<String> {
    let (_, statement) = head.split_once("SET @@GLOBAL.GTID_PURGED=")?;
    let set = between(statement, "*/ '", "'")?;
    (!set.is_empty()).then(|| set.replace('\n', ""))
}

fn binlog_position(statement: &str) -> Option<BinlogPosition> {
    let is_change = ["CHANGE MASTER TO ", "CHANGE REPLICATION SOURCE TO "]
        .iter()
        .any(|change| statement.starts_with(change));
    let file = is_change.then(|| between(statement, "_LOG_FILE='", "'"))??;
    let (_, rest) = statement.split_once("_LOG_POS=")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(BinlogPosition { file: file.to_owned(), position: digits.parse().ok()? })
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lines of a dump of the lab's db-3 (mariadb-dump 10.19, server 10.11.18).
    const HEAD: &str = include_str!("fixtures/dump-head.sql");
    const TAIL: &str = include_str!("fixtures/dump-tail.sql");

    #[test]
    fn coordinates_stand_at_both_ends_of_the_dump() {
        let position = BinlogPosition { file: "binlog.000002".to_owned(), position: 673 };
        let expected = Coordinates { binlog: Some(position), gtid: Some("0-111-27".to_owned()) };
        assert_eq!(read_coordinates(HEAD, TAIL), expected);
    }

    #[test]
    fn older_servers_write_the_gtid_at_the_head() {
        let head = "-- CHANGE MASTER TO MASTER_LOG_FILE='mariadb-bin.000003', MASTER_LOG_POS=1842;\n\n\
            -- SET GLOBAL gtid_slave_pos='0-1-57';\n";
        assert_eq!(read_coordinates(head, "").gtid.as_deref(), Some("0-1-57"));
    }

    /// As mysqldump 9.7.4 writes them; the set names two servers.
    #[test]
    fn mysql_writes_both_at_the_head() {
        let head = "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23,\n\
            5b2a0c1e-71ca-11e1-9e33-c80aa9429562:1-3';\n\n\
            -- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000004', SOURCE_LOG_POS=158;\n";
        let read = read_coordinates(head, "");
        assert_eq!(
            read.gtid.as_deref(),
            Some(
                "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23,5b2a0c1e-71ca-11e1-9e33-c80aa9429562:1-3"
            )
        );
        let position = BinlogPosition { file: "binlog.000004".to_owned(), position: 158 };
        assert_eq!(read.binlog, Some(position));
    }

    #[test]
    fn each_server_is_dumped_by_its_own_program() {
        for (version, own) in [
            ("8.0.25", "--master-data=2 --set-gtid-purged=ON"),
            ("9.7.4", "--source-data=2 --set-gtid-purged=ON"),
        ] {
            let command = dump_command(Flavour::MySql, version).readable();
            assert!(command.starts_with("mysqldump ") && command.contains(own), "{command}");
        }
        let command = dump_command(Flavour::MariaDb, "10.11.18-MariaDB").readable();
        assert!(command.starts_with("mariadb-dump ") && command.contains("--gtid"), "{command}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,400}") {
            read_coordinates(&text, &text);
        }
    }
}
