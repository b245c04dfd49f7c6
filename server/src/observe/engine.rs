//! A MariaDB or MySQL server, asked once a second through its own socket on the node.

use std::collections::BTreeMap;
use std::sync::Weak;
use std::time::Duration;

use signalbox_domain::engines::Flavour;
use signalbox_domain::engines::parse::{self, Answers, MissingColumn, Row};
use signalbox_domain::nodes::NodeRecord;
use signalbox_domain::values::RemotePath;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{Column as _, ConnectOptions as _, Row as _};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::fleet::Fleet;
use crate::ssh::{Forward, SshError};

const EVERY: Duration = Duration::from_secs(1);
/// For one round of questions. A server that is slower is in trouble, and says so by being absent.
const ROUND_LIMIT: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
enum EngineError {
    #[error(transparent)]
    Line(#[from] SshError),
    #[error("the server does not answer: {0}")]
    Sql(#[from] sqlx::Error),
    #[error(transparent)]
    Answer(#[from] MissingColumn),
    #[error("no answer within {ROUND_LIMIT:?}")]
    TimedOut,
}

/// Runs until the fleet is gone or the node's watch ends.
pub(super) async fn poll(
    fleet: Weak<Fleet>,
    record: NodeRecord,
    mut socket: watch::Receiver<Option<RemotePath>>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let found = socket.borrow_and_update().clone();
        let Some(path) = found else {
            if socket.changed().await.is_err() {
                return;
            }
            continue;
        };
        let began = Instant::now();
        let error = tokio::select! {
            error = follow(&fleet, &record, &path) => error,
            // The server ended or moved its socket.
            changed = socket.changed() => {
                if changed.is_err() {
                    return;
                }
                continue;
            }
        };
        let Some(fleet) = fleet.upgrade() else { return };
        fleet.unreadable(record.id, "engine", Some(error.to_string()));
        drop(fleet);
        pause = if began.elapsed() > LONGEST_PAUSE { FIRST_PAUSE } else { pause };
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Keeps one connection and asks on it, until that fails.
async fn follow(fleet: &Weak<Fleet>, record: &NodeRecord, path: &RemotePath) -> EngineError {
    let mut session = match Session::open(fleet, record, path).await {
        Ok(session) => session,
        Err(error) => return error,
    };
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let state = match timeout(ROUND_LIMIT, session.ask()).await {
            Ok(Ok(answers)) => {
                let questions_per_s = session.questions_per_s(&answers);
                parse::state(&answers, questions_per_s).map_err(EngineError::from)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(EngineError::TimedOut),
        };
        match (state, fleet.upgrade()) {
            (Ok(state), Some(fleet)) => fleet.engine(record.id, state),
            (Err(error), _) => return error,
            (_, None) => std::future::pending().await,
        }
    }
}

struct Session {
    connection: MySqlConnection,
    questions: Questions,
    /// `Questions` of the round before, and when.
    before: Option<(u64, Instant)>,
    _forward: Forward,
}

/// The statements that this server understands.
struct Questions {
    variables: &'static str,
    replication: &'static str,
    binlog: &'static str,
}

const STATUS: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', \
     'Rpl_semi_sync_master_status', 'Rpl_semi_sync_slave_status', 'Rpl_semi_sync_master_clients', \
     'Rpl_semi_sync_source_status', 'Rpl_semi_sync_replica_status', 'Rpl_semi_sync_source_clients')";

impl Questions {
    fn of(version: &str) -> Questions {
        let numbers = parse::version_numbers(version);
        let mariadb = parse::flavour(version) == Flavour::MariaDb;
        Questions {
            variables: if mariadb {
                "SELECT @@version AS `version`, @@global.server_id AS `server_id`, \
                 @@global.read_only AS `read_only`, @@global.gtid_binlog_pos AS `gtid_position`"
            } else {
                "SELECT @@version AS `version`, @@global.server_id AS `server_id`, \
                 @@global.read_only AS `read_only`, @@global.gtid_executed AS `gtid_position`"
            },
            replication: match numbers.as_slice() {
                _ if mariadb => "SHOW ALL SLAVES STATUS",
                numbers if numbers < [8, 0, 22].as_slice() => "SHOW SLAVE STATUS",
                _ => "SHOW REPLICA STATUS",
            },
            binlog: match numbers.as_slice() {
                numbers if mariadb || numbers < [8, 2].as_slice() => "SHOW MASTER STATUS",
                _ => "SHOW BINARY LOG STATUS",
            },
        }
    }
}

impl Session {
    /// As the account that the console signs in with: the server's `unix_socket` authentication
    /// takes the word of the kernel for it.
    async fn open(
        fleet: &Weak<Fleet>,
        record: &NodeRecord,
        path: &RemotePath,
    ) -> Result<Session, EngineError> {
        let Some(lines) = fleet.upgrade().map(|fleet| fleet.lines().clone()) else {
            return std::future::pending().await;
        };
        let forward = lines.forward_unix(record.id, path).await?;
        let options = MySqlConnectOptions::new()
            .socket(forward.local_socket())
            .username(record.user.as_str())
            .disable_statement_logging();
        let connected = timeout(ROUND_LIMIT, options.connect()).await;
        let mut connection = connected.map_err(|_| EngineError::TimedOut)??;
        let version = rows(&mut connection, "SELECT @@version AS `version`").await?;
        let version = version.first().and_then(|row| row.get("version").cloned().flatten());
        let questions = Questions::of(&version.unwrap_or_default());
        Ok(Session { connection, questions, before: None, _forward: forward })
    }

    async fn ask(&mut self) -> Result<Answers, sqlx::Error> {
        let Session { connection, questions, .. } = self;
        let variables = rows(connection, questions.variables).await?;
        let replication = rows(connection, questions.replication).await?;
        let binlog = rows(connection, questions.binlog).await?;
        let status = rows(connection, STATUS).await?;
        Ok(Answers {
            variables: variables.into_iter().next().unwrap_or_default(),
            replication,
            binlog: binlog.into_iter().next(),
            status: status.into_iter().filter_map(named).collect::<BTreeMap<_, _>>(),
        })
    }

    fn questions_per_s(&mut self, answers: &Answers) -> Option<u64> {
        let now = Instant::now();
        let questions: u64 = answers.status.get("Questions")?.parse().ok()?;
        let (before, then) = self.before.replace((questions, now))?;
        let elapsed_ms = u64::try_from((now - then).as_millis()).ok()?;
        questions.checked_sub(before)?.saturating_mul(1_000).checked_div(elapsed_ms)
    }
}

fn named(mut row: Row) -> Option<(String, String)> {
    Some((row.remove("Variable_name")??, row.remove("Value")??))
}

/// The rows of a fixed statement, every value as text: it goes by the text protocol.
async fn rows(
    connection: &mut MySqlConnection,
    statement: &'static str,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::raw_sql(statement).fetch_all(connection).await?;
    rows.iter().map(row).collect()
}

fn row(row: &MySqlRow) -> Result<Row, sqlx::Error> {
    row.columns()
        .iter()
        .map(|column| {
            let value: Option<String> = row.try_get_unchecked(column.ordinal())?;
            Ok((column.name().to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_is_asked_in_its_own_words() {
        for (version, replication, binlog) in [
            ("10.11.18-MariaDB-0+deb12u1-log", "SHOW ALL SLAVES STATUS", "SHOW MASTER STATUS"),
            ("12.3.1-MariaDB", "SHOW ALL SLAVES STATUS", "SHOW MASTER STATUS"),
            ("5.7.44", "SHOW SLAVE STATUS", "SHOW MASTER STATUS"),
            ("8.0.36", "SHOW REPLICA STATUS", "SHOW MASTER STATUS"),
            ("8.4.3", "SHOW REPLICA STATUS", "SHOW BINARY LOG STATUS"),
            ("26.7.0", "SHOW REPLICA STATUS", "SHOW BINARY LOG STATUS"),
        ] {
            let questions = Questions::of(version);
            assert_eq!(
                (questions.replication, questions.binlog),
                (replication, binlog),
                "{version}"
            );
        }
    }
}
