//! Backups brought back into an empty server, and compared with what they were made of.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use signalbox_domain::backups::Backup;
use signalbox_lab::Lab;

use crate::backups::{catalogue, lab, plan, sha256_of};
use crate::console::Console;
use crate::directors::Directors;

/// Has MariaDB installed and runs none.
const SPARE: &str = "web-3";
/// In a lab that was brought up `--with mysql`.
const MYSQL: &str = "my-1";

/// An empty server of its own on a node, beside the one that may run there.
struct Spare<'a> {
    directors: &'a Directors,
    node: &'static str,
    client: &'static str,
}

impl<'a> Spare<'a> {
    fn mariadb(directors: &'a Directors) -> Spare<'a> {
        let spare = Spare { directors, node: SPARE, client: "mariadb --socket=/tmp/spare/s.sock" };
        spare.start("mariadb-install-db --no-defaults", "mariadbd --no-defaults");
        spare
    }

    fn mysql(directors: &'a Directors) -> Spare<'a> {
        let client = "mysql --no-defaults -uroot --socket=/tmp/spare/s.sock";
        let spare = Spare { directors, node: MYSQL, client };
        spare.start(
            "mysqld --no-defaults --initialize-insecure",
            "mysqld --no-defaults --mysqlx=OFF --gtid-mode=ON --enforce-gtid-consistency=ON \
             --plugin-load-add=auth_socket.so",
        );
        spare
    }

    fn start(&self, install: &str, server: &str) {
        self.stop();
        self.directors.sh(
            self.node,
            &format!(
                "mkdir -p /tmp/spare && chown mysql: /tmp/spare && \
                 {install} --user=mysql --datadir=/tmp/spare/data >/dev/null 2>&1 && \
                 (setsid {server} --user=mysql --datadir=/tmp/spare/data \
                  --skip-networking --socket=/tmp/spare/s.sock --pid-file=/tmp/spare/pid \
                  </dev/null >/tmp/spare/log 2>&1 &)"
            ),
        );
        self.directors.until("the spare server answers", || {
            self.directors.lab.ssh_ok(self.node, &["test", "-S", "/tmp/spare/s.sock"]).is_ok()
        });
    }

    fn restore(&self, console: &Console, backup: &Backup) {
        let file = console.data().join("backups").join(&backup.file);
        let script = format!("zstd -dc | {}", self.client);
        feed(&self.directors.lab, self.node, &file, &script);
    }

    fn checksums(&self) -> Vec<String> {
        checksums(self.directors, self.node, self.client)
    }

    fn stop(&self) {
        self.directors.sh(
            self.node,
            "if [ -e /tmp/spare/pid ]; then pid=$(cat /tmp/spare/pid); kill $pid; \
             while [ -e /proc/$pid ]; do sleep 0.1; done; fi; rm -rf /tmp/spare",
        );
    }
}

impl Drop for Spare<'_> {
    fn drop(&mut self) {
        self.stop();
    }
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

/// SQL that reaches the server as it is: no shell sees it.
fn sql(directors: &Directors, node: &str, client: &str, statements: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), statements).unwrap();
    feed(&directors.lab, node, file.path(), "cat > /tmp/statements.sql");
    directors.sh(node, &format!("{client} -NB --default-character-set=utf8mb4 < /tmp/statements.sql; rm /tmp/statements.sql"))
}

/// Every table of people's schemas with its checksum, as the server itself tells it.
fn checksums(directors: &Directors, node: &str, client: &str) -> Vec<String> {
    let quoted = |name: &str| format!("'`', REPLACE({name}, '`', '``'), '`'");
    let list = format!(
        "SELECT HEX(CONCAT('CHECKSUM TABLE ', {}, '.', {}, ';')) \
         FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN \
         ('information_schema', 'performance_schema', 'mysql', 'sys') \
         ORDER BY TABLE_SCHEMA, TABLE_NAME",
        quoted("TABLE_SCHEMA"),
        quoted("TABLE_NAME"),
    );
    let list = sql(directors, node, client, &list);
    let statements: Vec<String> = list.lines().map(unhex).collect();
    sql(directors, node, client, &statements.join("\n")).lines().map(str::to_owned).collect()
}

fn unhex(text: &str) -> String {
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    String::from_utf8(pairs.map(Result::unwrap).collect()).unwrap()
}

/// Backs the tree up, restores the backup into an empty server, and gives both servers' checksums.
fn there_and_back(directors: &Directors, console: &Console) -> (Vec<String>, Vec<String>) {
    let job = console.run(&plan(console));
    let done = console.finish_well(job);
    let [backup] = catalogue(console).try_into().unwrap();
    assert_eq!(done.backup, Some(backup.id));
    assert_eq!((backup.source_name.as_str(), backup.engine.as_str()), ("db-3", "db-1"));
    assert!(backup.gtid.is_some() && backup.binlog.is_some(), "{backup:?}");
    assert_eq!(sha256_of(console, &backup), backup.sha256);

    let spare = Spare::mariadb(directors);
    spare.restore(console, &backup);
    let restored = spare.checksums();
    let source = checksums(directors, "db-3", "mariadb");
    eprintln!("{} tables, {} bytes: {restored:?}", source.len(), backup.size_bytes);
    (restored, source)
}

#[test]
fn a_backup_restores_into_an_empty_server_with_equal_checksums() {
    let Some((directors, console)) = lab() else { return };
    let (restored, source) = there_and_back(&directors, &console);
    assert!(source.len() >= 5, "{source:?}");
    assert_eq!(restored, source);
}

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

    let spare = Spare::mysql(&directors);
    spare.restore(&console, &backup);
    let source = checksums(&directors, MYSQL, "mysql");
    eprintln!("{} tables, {} bytes: {source:?}", source.len(), backup.size_bytes);
    assert!(source.len() >= 2, "{source:?}");
    assert_eq!(spare.checksums(), source);
}

/// Schemas whose names would be code to a shell, an option to a program, or a second line to a
/// reader of lines.
const HOSTILE: [&str; 3] = [
    "a`b$(touch /tmp/proof)'\"; --",
    "-x --result-file=\\tmp\\proof",
    "two\nlines; touch \\tmp\\proof",
];

#[test]
fn schemas_with_hostile_names_are_backed_up_and_restore_and_run_nowhere_as_code() {
    let Some((directors, console)) = lab() else { return };
    let identifiers = HOSTILE.map(|name| format!("`{}`", name.replace('`', "``")));
    let make = identifiers.clone().map(|name| {
        format!(
            "CREATE OR REPLACE DATABASE {name};\n\
             CREATE TABLE {name}.{name} (id INT PRIMARY KEY, word TEXT);\n\
             INSERT INTO {name}.{name} VALUES (1, 'it\\'s `there`');\n"
        )
    });
    let drop = identifiers.clone().map(|name| format!("DROP DATABASE IF EXISTS {name};\n"));
    let _dropped = directors.afterwards("db-1", format!("mariadb <<'END'\n{}END", drop.concat()));
    sql(&directors, "db-1", "mariadb", &make.concat());
    let arrived = identifiers.map(|name| format!("SELECT word FROM {name}.{name};\n")).concat();
    directors.until("the schemas are on db-3", || {
        let script = format!("mariadb -NB <<'END' 2>/dev/null | wc -l\n{arrived}END");
        directors.sh("db-3", &script).trim() == HOSTILE.len().to_string()
    });

    let (restored, source) = there_and_back(&directors, &console);
    assert_eq!(restored, source);
    for name in ["touch /tmp/proof", "--result-file", "lines; touch"] {
        assert!(source.iter().any(|line| line.contains(name)), "{name}: {source:?}");
    }
    for node in ["db-1", "db-2", "db-3", SPARE] {
        let proof = directors.lab.ssh(node, &["test", "-e", "/tmp/proof"]).unwrap();
        assert!(!proof.status.success(), "a name ran on {node}");
    }
    assert!(!Path::new("/tmp/proof").exists(), "a name ran on the console's machine");
}
