//! The lines to real nodes: runs where `SIGNALBOX_LAB=1` says that the lab `ha` is up.

#![allow(clippy::print_stderr)] // says why it was skipped, and what it measured

use std::sync::Arc;
use std::time::{Duration, Instant};

use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::{Elevation, RemoteCommand, Script};
use signalbox_lab::Lab;
use signalbox_server::secret::Secret;
use signalbox_server::ssh::{Credential, Lines, Remote, SshError, StreamEvent, Target};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};

use crate::ssh::Directory;

pub(crate) fn is_up() -> bool {
    let up = std::env::var_os("SIGNALBOX_LAB").is_some_and(|value| value == "1");
    if !up {
        eprintln!("skipped: SIGNALBOX_LAB is not 1");
    }
    up
}

/// The address of a node of the lab by which the console reaches it.
pub(crate) fn address(node: &str) -> String {
    Lab::attach().unwrap().node(node).unwrap().management.to_string()
}

/// What root and `ops` of every node accept.
pub(crate) fn key() -> String {
    std::fs::read_to_string(Lab::attach().unwrap().private_key()).unwrap()
}

fn console_key() -> Credential {
    Credential::PrivateKey { key: Secret::new(key()), passphrase: None }
}

fn plain_password() -> Credential {
    Credential::Password(Secret::new("plain-password".to_owned()))
}

/// A line to one node, as this user, with the host key that it shows.
async fn line_to(node: &str, user: &str, elevation: Elevation, credential: Credential) -> Lines {
    let host = address(node);
    let directory = Directory::default();
    let lines = Lines::new(Arc::new(directory.clone()));
    let shown = lines.scan(&host.parse().unwrap(), 22, None).await.unwrap();
    let target = Target {
        host: host.parse().unwrap(),
        port: 22,
        user: user.parse().unwrap(),
        elevation,
        credential,
        host_key: shown.fingerprint,
        host_key_algorithm: Some(shown.algorithm),
        jump: None,
    };
    directory.set(NodeId(1), target);
    lines
}

async fn whoami(lines: &Lines) -> Result<String, SshError> {
    let output = lines.run(NodeId(1), &RemoteCommand::new("id").words(&["-un"])).await?;
    Ok(output.stdout.trim().to_owned())
}

#[tokio::test]
async fn signs_in_as_root_as_ops_by_sudo_and_by_password() {
    if !is_up() {
        return;
    }
    let root = line_to("dir-a", "root", Elevation::None, console_key()).await;
    assert_eq!(whoami(&root).await.unwrap(), "root");
    let ops = line_to("dir-a", "ops", Elevation::Sudo, console_key()).await;
    assert_eq!(whoami(&ops).await.unwrap(), "root");
    let ops_itself = line_to("dir-a", "ops", Elevation::None, console_key()).await;
    assert_eq!(whoami(&ops_itself).await.unwrap(), "ops");
    let plain = line_to("dir-a", "plain", Elevation::None, plain_password()).await;
    assert_eq!(whoami(&plain).await.unwrap(), "plain");
}

#[tokio::test]
async fn an_account_without_sudo_and_a_wrong_password_are_told_apart() {
    if !is_up() {
        return;
    }
    let plain = line_to("dir-a", "plain", Elevation::Sudo, plain_password()).await;
    let refused = whoami(&plain).await;
    assert!(matches!(refused, Err(SshError::SudoRefused { .. })), "{refused:?}");
    let wrong = Credential::Password(Secret::new("guess".to_owned()));
    let refused = whoami(&line_to("dir-a", "plain", Elevation::None, wrong).await).await;
    assert!(matches!(refused, Err(SshError::AccessDenied { .. })), "{refused:?}");
}

#[tokio::test]
async fn twenty_commands_at_once_share_one_connection() {
    if !is_up() {
        return;
    }
    let lines = line_to("dir-a", "root", Elevation::None, console_key()).await;
    let connection = RemoteCommand::new("printenv").words(&["SSH_CONNECTION"]);
    let runs = (0..20).map(|_| lines.run(NodeId(1), &connection));
    let outputs = futures::future::join_all(runs).await;
    let mut seen: Vec<String> = outputs.into_iter().map(|output| output.unwrap().stdout).collect();
    assert_eq!(seen.len(), 20);
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// One that writes, as a probe does, and one that reads, each for root and under sudo.
#[tokio::test]
async fn a_dropped_stream_ends_its_command_on_the_node() {
    if !is_up() {
        return;
    }
    const BEATS: Script = Script { name: "beats", text: "while :; do echo beat; sleep 0.$1; done" };
    let cases = [("root", Elevation::None, 2_u16), ("ops", Elevation::Sudo, 3)];
    for (user, elevation, number) in cases {
        let lines = line_to("db-1", user, elevation, console_key()).await;
        let beats = RemoteCommand::script(&BEATS).value(&number).timeout_ms(60_000);
        let mut stream = lines.stream(NodeId(1), &beats).await.unwrap();
        assert!(matches!(stream.events.recv().await, Some(StreamEvent::Stdout(_))));
        drop(stream);
        assert!(ends(&lines, &format!("beats {number}")).await, "beats lives on ({user})");

        let reads = RemoteCommand::new("tail").words(&["-c"]).value(&number).timeout_ms(60_000);
        let stream = lines.stream(NodeId(1), &reads).await.unwrap();
        let name = format!("tail -c {number}");
        assert!(is_running(&lines, &name).await);
        drop(stream);
        assert!(ends(&lines, &name).await, "tail lives on ({user})");
    }
}

async fn is_running(lines: &Lines, process: &str) -> bool {
    let processes = RemoteCommand::new("ps").words(&["-eo", "args"]);
    let output = lines.run(NodeId(1), &processes).await.unwrap();
    output.stdout.lines().any(|args| args.trim().ends_with(process))
}

async fn ends(lines: &Lines, process: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if !is_running(lines, process).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

#[tokio::test]
async fn sql_reaches_an_engine_through_its_socket_as_root() {
    if !is_up() {
        return;
    }
    let lines = line_to("db-1", "root", Elevation::None, console_key()).await;
    let socket = "/run/mysqld/mysqld.sock".parse().unwrap();
    let forward = lines.forward_unix(NodeId(1), &socket).await.unwrap();
    let options = MySqlConnectOptions::new().socket(forward.local_socket()).username("root");
    let mut engine: MySqlConnection = options.connect().await.unwrap();
    let user: String =
        sqlx::query_scalar("SELECT CURRENT_USER()").fetch_one(&mut engine).await.unwrap();
    assert_eq!(user, "root@localhost");
    let hostname: String =
        sqlx::query_scalar("SELECT @@hostname").fetch_one(&mut engine).await.unwrap();
    assert_eq!(hostname, "db-1");
    engine.close().await.unwrap();
}

#[tokio::test]
async fn a_warm_command_takes_milliseconds() {
    if !is_up() {
        return;
    }
    let lines = line_to("db-1", "root", Elevation::None, console_key()).await;
    let nothing = RemoteCommand::new("true");
    lines.run(NodeId(1), &nothing).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        lines.run(NodeId(1), &nothing).await.unwrap();
        times.push(started.elapsed());
    }
    times.sort();
    eprintln!("warm exec: p50 {:?}, p95 {:?}", times[50], times[95]);
    assert!(times[50] < Duration::from_millis(50), "p50 {:?}", times[50]);
}
