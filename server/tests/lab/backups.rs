//! Backups of the lab's real MariaDB servers: taken, cut, brought back and compared.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use signalbox_domain::backups::{Backup, BackupsView};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::Plan;
use signalbox_lab::Lab;

use crate::console::Console;
use crate::directors::Directors;

const DATABASES: [&str; 3] = ["db-1", "db-2", "db-3"];
/// Has MariaDB installed and runs none: the empty server to restore into.
const SPARE: &str = "web-3";

fn lab() -> Option<(Directors, Console)> {
    let directors = Directors::of_the_lab()?;
    let console = Console::over(&directors.lab, &DATABASES);
    Some((directors, console))
}

/// Plans until the whole tree has been seen and its leaf is chosen.
fn plan(console: &Console) -> Plan {
    let operation = json!({
        "operation": "backups.take",
        "engine": console.nodes["db-1"],
        "kind": "hot_logical_full",
    });
    for _ in 0..60 {
        let plan = console.plan_of_that_may_run(&operation);
        if plan.draft.locks.contains(&format!("node/{}/dump", console.nodes["db-3"])) {
            return plan;
        }
        sleep(Duration::from_millis(500));
    }
    panic!("the tree db-1, db-2, db-3 was not seen");
}

fn catalogue(console: &Console) -> Vec<Backup> {
    let view: BackupsView = serde_json::from_value(console.get("/backups").unwrap()).unwrap();
    view.catalogue
}

fn files(console: &Console) -> Vec<String> {
    let entries = std::fs::read_dir(console.data().join("backups")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Every table of people's schemas with its checksum, as the server itself tells it.
fn checksums(directors: &Directors, node: &str, client: &str) -> Vec<String> {
    let list = format!(
        "{client} -NBe \"SELECT CONCAT('CHECKSUM TABLE \\`', TABLE_SCHEMA, '\\`.\\`', TABLE_NAME, '\\`;') \
         FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN \
         ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1\" | {client} -NB"
    );
    directors.sh(node, &list).lines().map(str::to_owned).collect()
}

/// Feeds a file of this machine to a command on a node, by the system's own ssh.
fn feed(lab: &Lab, node: &str, file: &Path, script: &str) {
    let status = Command::new("ssh")
        .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
        .args(["-o", "LogLevel=ERROR", "-i"])
        .arg(lab.private_key())
        .arg(format!("root@{}", lab.node(node).unwrap().management))
        .arg(script)
        .stdin(Stdio::from(File::open(file).unwrap()))
        .status()
        .unwrap();
    assert!(status.success(), "{script}: {status}");
}

const SPARE_CLIENT: &str = "mariadb --socket=/tmp/spare/s.sock";

fn start_spare(directors: &Directors) {
    let install =
        "mariadb-install-db --no-defaults --user=mysql --datadir=/tmp/spare/data >/dev/null";
    start_server(directors, SPARE, install, "mariadbd --no-defaults");
}

/// An empty server of its own on the node, beside the one that may run there.
fn start_server(directors: &Directors, node: &str, install: &str, server: &str) {
    stop_server(directors, node);
    directors.sh(
        node,
        &format!(
            "mkdir -p /tmp/spare && chown mysql: /tmp/spare && {install} && \
             (setsid {server} --user=mysql --datadir=/tmp/spare/data \
              --skip-networking --socket=/tmp/spare/s.sock --pid-file=/tmp/spare/pid \
              </dev/null >/tmp/spare/log 2>&1 &)"
        ),
    );
    directors.until("the spare server answers", || {
        directors.lab.ssh_ok(node, &["sh", "-c", "test -S /tmp/spare/s.sock"]).is_ok()
    });
}

fn stop_server(directors: &Directors, node: &str) {
    directors.sh(
        node,
        "if [ -e /tmp/spare/pid ]; then pid=$(cat /tmp/spare/pid); kill $pid; \
         while [ -e /proc/$pid ]; do sleep 0.1; done; fi; rm -rf /tmp/spare",
    );
}

#[test]
fn a_backup_restores_into_an_empty_server_with_equal_checksums() {
    let Some((directors, console)) = lab() else { return };
    let job = console.run(&plan(&console));
    let done = console.finish_well(job);

    let [backup] = catalogue(&console).try_into().unwrap();
    assert_eq!(done.backup, Some(backup.id));
    assert_eq!((backup.source_name.as_str(), backup.engine.as_str()), ("db-3", "db-1"));
    assert!(backup.gtid.is_some() && backup.binlog.is_some(), "{backup:?}");
    let file = console.data().join("backups").join(&backup.file);
    let summed = Command::new("sha256sum").arg(&file).output().unwrap();
    assert!(String::from_utf8(summed.stdout).unwrap().starts_with(&backup.sha256));

    start_spare(&directors);
    feed(&directors.lab, SPARE, &file, &format!("zstd -dc | {SPARE_CLIENT}"));
    let restored = checksums(&directors, SPARE, SPARE_CLIENT);
    stop_server(&directors, SPARE);
    let source = checksums(&directors, "db-3", "mariadb");
    eprintln!("{} tables, {} bytes: {restored:?}", source.len(), backup.size_bytes);
    assert!(source.len() >= 5, "{source:?}");
    assert_eq!(restored, source);
}

const MYSQL: &str = "my-1";

/// Runs where the lab was brought up `--with mysql`.
#[test]
fn a_backup_of_mysql_restores_into_an_empty_server_with_equal_checksums() {
    let Some(directors) = Directors::of_the_lab() else { return };
    if directors.lab.node(MYSQL).is_err() {
        eprintln!("skipped: the lab has no MySQL; cargo xtask lab up --with mysql");
        return;
    }
    let console = Console::over(&directors.lab, &[MYSQL]);
    let operation = json!({
        "operation": "backups.take",
        "engine": console.nodes[MYSQL],
        "kind": "hot_logical_full",
    });
    console.finish_well(console.run(&console.plan_of_that_may_run(&operation)));
    let [backup] = catalogue(&console).try_into().unwrap();
    assert!(backup.gtid.is_some() && backup.binlog.is_some(), "{backup:?}");

    let install = "mysqld --no-defaults --user=mysql --datadir=/tmp/spare/data --initialize-insecure \
                   2>/dev/null";
    let server = "mysqld --no-defaults --mysqlx=OFF --gtid-mode=ON --enforce-gtid-consistency=ON \
                   --plugin-load-add=auth_socket.so";
    start_server(&directors, MYSQL, install, server);
    let client = "mysql --no-defaults -uroot --socket=/tmp/spare/s.sock";
    let file = console.data().join("backups").join(&backup.file);
    feed(&directors.lab, MYSQL, &file, &format!("zstd -dc | {client}"));
    let restored = checksums(&directors, MYSQL, client);
    stop_server(&directors, MYSQL);
    let source = checksums(&directors, MYSQL, "mysql");
    eprintln!("{} tables, {} bytes: {restored:?}", source.len(), backup.size_bytes);
    assert!(source.len() >= 2, "{source:?}");
    assert_eq!(restored, source);
}

/// Holds a table so that a dump of db-3 stops in its middle; given up when the sleep ends.
fn hold_a_table(directors: &Directors, seconds: u32) {
    let statement = format!("LOCK TABLES orders.purchase WRITE; SELECT SLEEP({seconds})");
    directors.sh("db-3", &format!("setsid mariadb -e '{statement}' >/dev/null 2>&1 </dev/null &"));
    sleep(Duration::from_millis(500));
}

fn release_the_table(directors: &Directors) {
    directors.sh("db-3", "pkill -f '[S]ELECT SLEEP' || true");
}

fn no_dump_runs(directors: &Directors) -> bool {
    directors.sh("db-3", "pgrep -x mariadb-dump || true").is_empty()
}

#[test]
fn a_console_killed_in_mid_dump_leaves_nothing_that_looks_like_a_backup() {
    let Some((directors, mut console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    directors.until("the dump has begun to arrive", || {
        files(&console).iter().any(|name| name.ends_with(".part"))
    });
    console.kill();
    console.start_again();
    let ended = console.finish(job);
    release_the_table(&directors);
    eprintln!("killed in mid-dump: {:?}, {}", ended.summary.state, ended.summary.status.en);
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed));
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));

    let again = console.run(&plan(&console));
    console.finish_well(again);
    assert_eq!(catalogue(&console).len(), 1);
}

#[test]
fn a_cancelled_backup_ends_on_the_server_too() {
    let Some((directors, console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    let answered = console.post(&format!("/jobs/{job}/cancel"), &Value::Null);
    let ended = console.finish(job);
    release_the_table(&directors);
    assert!(answered.is_ok(), "{answered:?}");
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed), "{ended:?}");
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
    directors.until("the dump has ended on db-3", || no_dump_runs(&directors));
}

#[test]
fn a_dump_that_its_server_cuts_is_no_backup() {
    let Some((directors, console)) = lab() else { return };
    let planned = plan(&console);
    hold_a_table(&directors, 60);
    let job = console.run(&planned);
    console.await_step(job, "dump");
    directors.until("the dump has begun", || !no_dump_runs(&directors));
    directors.sh("db-3", "pkill -9 -x mariadb-dump");
    let ended = console.finish(job);
    release_the_table(&directors);
    assert!(matches!(ended.summary.state, JobState::RolledBack | JobState::Failed), "{ended:?}");
    assert!(ended.steps[0].error.is_some(), "{ended:?}");
    assert_eq!((files(&console), catalogue(&console)), (vec![], vec![]));
}
