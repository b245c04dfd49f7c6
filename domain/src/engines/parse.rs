//! Rows that a MariaDB or MySQL server answers, read by the names of their columns: MySQL renames
//! them from version to version, and MariaDB keeps the old names under new statements.

use std::collections::BTreeMap;

use super::{BinlogPosition, EngineState, Flavour, ReplicationSource, ThreadState};

/// One row: column name to value, `None` for NULL.
pub type Row = BTreeMap<String, Option<String>>;

/// What was asked of a server in one round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// `version`, `server_id`, `read_only`, and as `gtid_position` what it has logged.
    pub variables: Row,
    /// `SHOW ALL SLAVES STATUS` (MariaDB) or `SHOW REPLICA STATUS` (MySQL).
    pub replication: Vec<Row>,
    /// `SHOW MASTER STATUS` or `SHOW BINARY LOG STATUS`; none without a binary log.
    pub binlog: Option<Row>,
    /// `SHOW GLOBAL STATUS`: name to value.
    pub status: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer has no {0}")]
pub struct MissingColumn(pub &'static str);

/// MariaDB says so in its version; everything else that speaks the protocol is taken for MySQL.
pub fn flavour(version: &str) -> Flavour {
    if version.to_ascii_lowercase().contains("mariadb") { Flavour::MariaDb } else { Flavour::MySql }
}

/// What leads a version, to be compared: `8.0.36-debug` is 8, 0, 36.
pub fn version_numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// `questions_per_s` comes from the caller, who knows the time between two rounds.
pub fn state(
    answers: &Answers,
    questions_per_s: Option<u64>,
) -> Result<EngineState, MissingColumn> {
    let variable =
        |name: &'static str| text(&answers.variables, &[name]).ok_or(MissingColumn(name));
    let version = variable("version")?.to_owned();
    let on = |names: &[&str]| {
        names.iter().any(|name| answers.status.get(*name).is_some_and(|value| value == "ON"))
    };
    Ok(EngineState {
        flavour: flavour(&version),
        version,
        server_id: variable("server_id")?.parse().map_err(|_| MissingColumn("server_id"))?,
        // MariaDB 12 answers OFF, ON, NO_LOCK or NO_LOCK_NO_ADMIN instead of a number.
        read_only: !matches!(variable("read_only")?, "0" | "OFF"),
        gtid_position: text(&answers.variables, &["gtid_position"]).unwrap_or_default().to_owned(),
        binlog: answers.binlog.as_ref().and_then(binlog),
        sources: answers.replication.iter().map(source).collect::<Result<_, _>>()?,
        semi_sync_source: on(&["Rpl_semi_sync_master_status", "Rpl_semi_sync_source_status"]),
        semi_sync_replica: on(&["Rpl_semi_sync_slave_status", "Rpl_semi_sync_replica_status"]),
        semi_sync_clients: ["Rpl_semi_sync_master_clients", "Rpl_semi_sync_source_clients"]
            .iter()
            .find_map(|name| answers.status.get(*name)?.parse().ok())
            .unwrap_or(0),
        queries_per_s: questions_per_s,
    })
}

fn binlog(row: &Row) -> Option<BinlogPosition> {
    Some(BinlogPosition {
        file: text(row, &["File"])?.to_owned(),
        position: text(row, &["Position"])?.parse().ok()?,
    })
}

fn source(row: &Row) -> Result<ReplicationSource, MissingColumn> {
    let errors = ["Last_IO_Error", "Last_SQL_Error"].map(|name| text(row, &[name]));
    Ok(ReplicationSource {
        name: text(row, &["Connection_name", "Channel_Name"]).unwrap_or_default().to_owned(),
        host: text(row, &["Source_Host", "Master_Host"])
            .ok_or(MissingColumn("Source_Host or Master_Host"))?
            .to_owned(),
        port: text(row, &["Source_Port", "Master_Port"])
            .and_then(|port| port.parse().ok())
            .ok_or(MissingColumn("Source_Port or Master_Port"))?,
        io: thread(text(row, &["Replica_IO_Running", "Slave_IO_Running"])),
        sql: thread(text(row, &["Replica_SQL_Running", "Slave_SQL_Running"])),
        seconds_behind: text(row, &["Seconds_Behind_Source", "Seconds_Behind_Master"])
            .and_then(|seconds| seconds.parse().ok()),
        received_gtid: text(row, &["Gtid_IO_Pos", "Retrieved_Gtid_Set"])
            .unwrap_or_default()
            .to_owned(),
        last_error: errors.into_iter().flatten().find(|e| !e.is_empty()).unwrap_or_default().into(),
    })
}

fn thread(word: Option<&str>) -> ThreadState {
    match word {
        Some("Yes") => ThreadState::Running,
        // "Preparing" is MariaDB's word while it connects the first time.
        Some("Connecting" | "Preparing") => ThreadState::Connecting,
        _ => ThreadState::Stopped,
    }
}

/// The first of these columns that the row has.
fn text<'a>(row: &'a Row, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| row.get(*name)?.as_deref())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `mysql -E` output as rows.
    fn rows(text: &str) -> Vec<Row> {
        text.split("***\n")
            .skip(1)
            .map(|row| {
                row.lines()
                    .filter_map(|line| line.split_once(':'))
                    .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                    .map(|(name, value)| (name, (value != "NULL").then_some(value)))
                    .collect()
            })
            .collect()
    }

    fn answers(replication: Vec<Row>) -> Answers {
        let variables = [
            ("version", "10.11.18-MariaDB-0+deb12u1-log"),
            ("server_id", "112"),
            ("read_only", "1"),
            ("gtid_position", "0-111-27"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        Answers { variables: variables.into(), replication, ..Answers::default() }
    }

    #[test]
    fn a_real_mariadb_replica() {
        let rows = rows(include_str!("fixtures/show-all-slaves-status"));
        let mut answers = answers(rows);
        answers.status.insert("Rpl_semi_sync_slave_status".to_owned(), "ON".to_owned());
        insta::assert_json_snapshot!(state(&answers, Some(12)).unwrap());
    }

    #[test]
    fn a_stopped_thread_has_no_lag() {
        let mut row = rows(include_str!("fixtures/show-all-slaves-status")).remove(0);
        row.insert("Slave_SQL_Running".to_owned(), Some("No".to_owned()));
        row.insert("Seconds_Behind_Master".to_owned(), None);
        row.insert("Last_SQL_Error".to_owned(), Some("Duplicate entry '1'".to_owned()));
        let source = state(&answers(vec![row]), None).unwrap().sources.remove(0);
        assert_eq!((source.sql, source.seconds_behind), (ThreadState::Stopped, None));
        assert_eq!(source.last_error, "Duplicate entry '1'");
    }

    #[test]
    fn the_newer_names_of_columns_and_values_are_read() {
        let row = [
            ("Source_Host", "db-1"),
            ("Source_Port", "3306"),
            ("Replica_IO_Running", "Connecting"),
            ("Replica_SQL_Running", "Yes"),
            ("Channel_Name", "eu"),
            ("Retrieved_Gtid_Set", "a:1-5"),
        ];
        let row = row.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let mut answers = answers(vec![row.into()]);
        answers.variables.insert("read_only".to_owned(), Some("NO_LOCK".to_owned()));
        let state = state(&answers, None).unwrap();
        assert!(state.read_only);
        assert_eq!(state.sources[0].name, "eu");
        assert_eq!(state.sources[0].io, ThreadState::Connecting);
        assert_eq!(flavour("9.7.0"), Flavour::MySql);
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = state(&Answers::default(), None).unwrap_err();
        assert_eq!(error.to_string(), "the server's answer has no version");
    }

    proptest! {
        #[test]
        fn no_row_makes_it_panic(row in prop::collection::btree_map("(Master_Host|Master_Port|Slave_IO_Running|Seconds_Behind_Master)", prop::option::of(".{0,12}"), 0..5)) {
            let _ = state(&answers(vec![row]), None);
        }
    }
}
