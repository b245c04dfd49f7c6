//! The lines to nodes, against a server that misbehaves as told.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey, ssh_key::LineEnding};
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::LinkState;
use signalbox_domain::remote::{Elevation, RemoteCommand, Script};
use signalbox_domain::values::{NodeName, Tag};
use signalbox_server::secret::Secret;
use signalbox_server::ssh::{
    Asked, Credential, Lines, Remote, SshError, StreamEvent, Target, TargetDirectory,
};
use tokio::time::timeout;

use crate::sshd::{Answer, Behaviour, Sshd, new_key};

const NODE: NodeId = NodeId(1);

/// Nodes by number, as a test wrote them down.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<HashMap<NodeId, Target>>>);

impl Directory {
    pub(crate) fn set(&self, node: NodeId, target: Target) {
        self.0.lock().unwrap().insert(node, target);
    }
}

impl TargetDirectory for Directory {
    fn target(&self, node: NodeId) -> Asked<'_, Target> {
        let found = self.0.lock().unwrap().get(&node).cloned();
        Box::pin(async move { found.ok_or(SshError::NoSuchNode(node)) })
    }
}

struct Fixture {
    sshd: Sshd,
    directory: Directory,
    lines: Lines,
}

impl Fixture {
    async fn new(behaviour: Behaviour) -> Fixture {
        let pinned = fingerprint(&behaviour.host_keys[0]);
        let sshd = Sshd::start(behaviour).await;
        let directory = Directory::default();
        directory.set(NODE, target(&sshd, pinned));
        let lines = Lines::new(Arc::new(directory.clone()));
        Fixture { sshd, directory, lines }
    }

    fn edit(&self, edit: impl FnOnce(&mut Target)) {
        edit(self.directory.0.lock().unwrap().get_mut(&NODE).unwrap());
        self.lines.forget(NODE);
    }
}

fn target(sshd: &Sshd, host_key: String) -> Target {
    Target {
        host: sshd.address.ip().to_string().parse().unwrap(),
        port: sshd.address.port(),
        user: "root".parse().unwrap(),
        elevation: Elevation::None,
        credential: password("right"),
        host_key,
        host_key_algorithm: None,
        jump: None,
    }
}

fn password(text: &str) -> Credential {
    Credential::Password(Secret::new(text.to_owned()))
}

fn fingerprint(key: &PrivateKey) -> String {
    key.public_key().fingerprint(HashAlg::Sha256).to_string()
}

fn hostname() -> RemoteCommand {
    RemoteCommand::new("hostname")
}

#[tokio::test]
async fn a_command_gives_its_output_and_exit_status() {
    let behaviour = Behaviour::answering(|_| Answer::Exit {
        stdout: "dir-a\n".into(),
        stderr: "warning\n".into(),
        status: 3,
    });
    let fixture = Fixture::new(behaviour).await;
    let output = fixture.lines.run(NODE, &hostname()).await.unwrap();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("dir-a\n", "warning\n"));
    assert_eq!((output.exit_status, output.truncated), (3, false));
}

#[tokio::test]
async fn standard_input_arrives_whole_and_is_closed() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::Echo)).await;
    let text = "a line of the file\n".repeat(30_000);
    let cat = RemoteCommand::new("cat").stdin(text.clone());
    assert_eq!(fixture.lines.run(NODE, &cat).await.unwrap().stdout, text);
}

#[tokio::test]
async fn a_changed_host_key_gets_nothing_until_it_is_pinned() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::prints("ok"))).await;
    let true_key = fixture.directory.target(NODE).await.unwrap().host_key;
    let other = fingerprint(&new_key(Algorithm::Ed25519));
    fixture.edit(|target| target.host_key = other.clone());

    match fixture.lines.run(NODE, &hostname()).await {
        Err(SshError::HostKeyChanged { pinned, found, .. }) => {
            assert_eq!((pinned, &found), (other, &true_key));
        }
        unexpected => panic!("{unexpected:?}"),
    }
    assert_eq!(fixture.lines.link(NODE).borrow().state, LinkState::HostKeyChanged);
    assert_eq!(fixture.sshd.seen.sign_ins.load(Ordering::Relaxed), 0, "a credential was sent");
    assert_eq!(fixture.sshd.lines(), Vec::<String>::new(), "a command was sent");

    fixture.edit(|target| target.host_key = true_key);
    assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "ok");
}

#[tokio::test]
async fn a_key_of_another_algorithm_is_a_changed_key_too() {
    let rsa_replaced_by = new_key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 });
    let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
    behaviour.host_keys = vec![rsa_replaced_by];
    let fixture = Fixture::new(behaviour).await;
    fixture.edit(|target| {
        target.host_key = fingerprint(&new_key(Algorithm::Ed25519));
        target.host_key_algorithm = Some("ssh-ed25519".into());
    });
    let refused = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(refused, Err(SshError::HostKeyChanged { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_node_that_gets_a_second_host_key_still_shows_the_pinned_one() {
    let pinned = new_key(Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 });
    let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
    behaviour.host_keys = vec![pinned, new_key(Algorithm::Ed25519)];
    let fixture = Fixture::new(behaviour).await;
    fixture.edit(|target| target.host_key_algorithm = Some("ecdsa-sha2-nistp256".into()));
    assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "ok");
}

#[tokio::test]
async fn a_scan_shows_the_host_key_and_sends_nothing_else() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::prints("ok"))).await;
    let target = fixture.directory.target(NODE).await.unwrap();
    let key = fixture.lines.scan(&target.host, target.port, None).await.unwrap();
    assert_eq!((key.algorithm.as_str(), &key.fingerprint), ("ssh-ed25519", &target.host_key));
    assert_eq!(format!("SHA256:{}", key.groups.concat()), key.fingerprint);
    assert!(key.randomart.starts_with("+"), "{}", key.randomart);
    assert_eq!(fixture.sshd.seen.sign_ins.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such_and_not_tried_again_at_once() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::prints("ok"))).await;
    fixture.edit(|target| target.credential = password("wrong"));
    for _ in 0..3 {
        let refused = fixture.lines.run(NODE, &hostname()).await;
        assert!(matches!(refused, Err(SshError::AccessDenied { .. })), "{refused:?}");
    }
    assert_eq!(fixture.sshd.seen.connections.load(Ordering::Relaxed), 1);
    let status = fixture.lines.link(NODE).borrow().clone();
    assert_eq!(status.state, LinkState::AccessDenied);
    assert!(!format!("{status:?}").contains("wrong"), "a password was printed");
}

#[tokio::test]
async fn signs_in_with_keys_with_and_without_passphrase() {
    for algorithm in [Algorithm::Ed25519, Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }] {
        let key = new_key(algorithm);
        let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
        behaviour.authorized = Some(key.public_key().clone());
        let fixture = Fixture::new(behaviour).await;

        let plain = key.to_openssh(LineEnding::LF).unwrap().to_string();
        let encrypted = key.encrypt(&mut russh::keys::key::safe_rng(), "open sesame").unwrap();
        let encrypted = encrypted.to_openssh(LineEnding::LF).unwrap().to_string();
        for (text, passphrase) in [(plain, None), (encrypted.clone(), Some("open sesame"))] {
            fixture.edit(|target| target.credential = private_key(&text, passphrase));
            fixture.lines.run(NODE, &hostname()).await.unwrap();
        }
        fixture.edit(|target| target.credential = private_key(&encrypted, Some("guess")));
        let refused = fixture.lines.run(NODE, &hostname()).await;
        assert!(matches!(refused, Err(SshError::BadKey(_))), "{refused:?}");
    }
}

/// In OpenSSH's format and in PEM. The key's own name, `ssh-rsa`, is also that of SHA-1 signatures,
/// which are not made.
#[tokio::test]
async fn signs_in_with_rsa_keys_by_sha2() {
    let keys = tempfile::tempdir().unwrap();
    for format in ["RFC4716", "PEM"] {
        let path = keys.path().join(format);
        let mut make = tokio::process::Command::new("ssh-keygen");
        make.args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-m", format, "-f"]).arg(&path);
        assert!(make.status().await.unwrap().success());
        let text = std::fs::read_to_string(&path).unwrap();
        let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
        let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
        behaviour.authorized = Some(PublicKey::from_openssh(&public).unwrap());
        let fixture = Fixture::new(behaviour).await;
        fixture.edit(|target| target.credential = private_key(&text, None));
        assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "ok", "{format}");
    }
}

fn private_key(text: &str, passphrase: Option<&str>) -> Credential {
    Credential::PrivateKey {
        key: Secret::new(text.to_owned()),
        passphrase: passphrase.map(|text| Secret::new(text.to_owned())),
    }
}

#[tokio::test]
async fn sudo_that_asks_for_a_password_makes_the_line_unusable() {
    let behaviour = Behaviour::answering(|line| {
        assert!(line.starts_with("LC_ALL=C sudo -n -- "), "{line}");
        let stderr = "sudo: a password is required\n".to_owned();
        Answer::Exit { stdout: String::new(), stderr, status: 1 }
    });
    let fixture = Fixture::new(behaviour).await;
    fixture.edit(|target| target.elevation = Elevation::Sudo);
    let refused = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(refused, Err(SshError::SudoRefused { .. })), "{refused:?}");
    assert_eq!(fixture.lines.link(NODE).borrow().state, LinkState::AccessDenied);
}

#[tokio::test]
async fn a_node_that_is_down_fails_fast_and_comes_up_by_itself() {
    let behaviour = Behaviour::answering(|_| Answer::prints("back"));
    let fixture = Fixture::new(behaviour.clone()).await;
    let address = fixture.sshd.address;
    drop(fixture.sshd);
    let refused = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(refused, Err(SshError::Unreachable { .. })), "{refused:?}");
    let started = Instant::now();
    assert!(fixture.lines.run(NODE, &hostname()).await.is_err());
    assert!(started.elapsed() < Duration::from_millis(200), "slept in back-off");

    let _back = Sshd::start_at(address, behaviour).await;
    let mut link = fixture.lines.link(NODE);
    let up = link.wait_for(|status| status.state == LinkState::Up);
    timeout(Duration::from_secs(10), up).await.unwrap().unwrap();
    assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "back");
}

#[tokio::test]
async fn a_node_that_never_answers_costs_no_more_than_the_time_limit() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::Silence)).await;
    let started = Instant::now();
    let refused = fixture.lines.run(NODE, &hostname().timeout_ms(300)).await;
    assert!(matches!(refused, Err(SshError::TimedOut(_))), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
    eventually(|| fixture.sshd.seen.ended.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn a_port_that_accepts_and_says_nothing_is_given_up_at_the_time_limit() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::Silence)).await;
    fixture.edit(|target| target.port = silent.local_addr().unwrap().port());
    let refused = fixture.lines.run(NODE, &hostname().timeout_ms(300)).await;
    assert!(matches!(refused, Err(SshError::TimedOut(_))), "{refused:?}");
}

#[tokio::test]
async fn a_flood_is_cut_at_the_cap_and_then_ended() {
    let text = "x".repeat(5 << 20);
    let fixture = Fixture::new(Behaviour::answering(move |line| {
        if line.ends_with("hostname") { Answer::prints(&text) } else { Answer::Flood }
    }))
    .await;
    let output = fixture.lines.run(NODE, &hostname()).await.unwrap();
    assert_eq!((output.stdout.len(), output.truncated), (4 << 20, true));

    let refused = fixture.lines.run(NODE, &RemoteCommand::new("yes")).await;
    assert!(matches!(refused, Err(SshError::TooMuchOutput { .. })), "{refused:?}");
    eventually(|| fixture.sshd.seen.ended.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn a_slow_reader_of_bulk_output_holds_back_the_node_and_nobody_else() {
    let fixture = Fixture::new(Behaviour::answering(|line| {
        if line.ends_with("hostname") { Answer::prints("quick") } else { Answer::Flood }
    }))
    .await;
    let mut flood = fixture.lines.bulk(NODE, &RemoteCommand::new("yes")).await.unwrap();
    flood.events.recv().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let output = fixture.lines.run(NODE, &hostname().timeout_ms(2000)).await.unwrap();
    assert_eq!(output.stdout, "quick");
    drop(flood);
    eventually(|| fixture.sshd.seen.ended.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_command_is_told_and_made_again() {
    let fixture = Fixture::new(Behaviour::answering(|line| {
        if line.ends_with("hostname") { Answer::prints("ok") } else { Answer::Silence }
    }))
    .await;
    fixture.lines.run(NODE, &hostname()).await.unwrap();
    let wait = RemoteCommand::new("sleep").words(&["60"]);
    let (cut, ()) = tokio::join!(fixture.lines.run(NODE, &wait), async {
        eventually(|| fixture.sshd.lines().len() == 2).await;
        fixture.sshd.cut();
    });
    assert!(matches!(cut, Err(SshError::Cut(_))), "{cut:?}");

    let mut link = fixture.lines.link(NODE);
    let up = link.wait_for(|status| status.state == LinkState::Up);
    timeout(Duration::from_secs(10), up).await.unwrap().unwrap();
    assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "ok");
}

#[tokio::test]
async fn a_node_that_hangs_up_on_a_command_is_a_cut_not_an_answer() {
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::HangUp)).await;
    let cut = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(cut, Err(SshError::Cut(_))), "{cut:?}");
}

#[tokio::test]
async fn more_commands_than_sessions_all_succeed_on_one_connection() {
    for max_sessions in [10, 2] {
        let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
        behaviour.max_sessions = max_sessions;
        let fixture = Fixture::new(behaviour).await;
        let command = hostname();
        let runs = (0..20).map(|_| fixture.lines.run(NODE, &command));
        for output in futures::future::join_all(runs).await {
            assert_eq!(output.unwrap().stdout, "ok");
        }
        assert_eq!(fixture.sshd.seen.connections.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn a_stream_is_read_while_it_runs_and_ends_when_dropped() {
    let fixture = Fixture::new(Behaviour::answering(|_| {
        let ticks = futures::stream::unfold(0, |tick| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Bytes::from(format!("{tick}\n")), tick + 1))
        });
        Answer::Play(Box::pin(ticks))
    }))
    .await;
    let mut stream = fixture.lines.stream(NODE, &hostname()).await.unwrap();
    for tick in 0..3 {
        let event = stream.events.recv().await.unwrap();
        assert_eq!(event, StreamEvent::Stdout(Bytes::from(format!("{tick}\n"))));
    }
    drop(stream);
    eventually(|| fixture.sshd.seen.ended.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn jump_hosts_are_chained_and_each_is_pinned() {
    let behind = Behaviour::answering(|_| Answer::prints("behind"));
    let fixture = Fixture::new(behind).await;
    let outer = Behaviour::answering(|_| Answer::prints("jump"));
    let outer_key = fingerprint(&outer.host_keys[0]);
    let jump = Sshd::start(outer).await;
    fixture.directory.set(NodeId(2), target(&jump, outer_key));
    let mut second = target(&jump, fixture.directory.target(NodeId(2)).await.unwrap().host_key);
    second.jump = Some(NodeId(2));
    fixture.directory.set(NodeId(3), second);
    fixture.edit(|target| target.jump = Some(NodeId(3)));

    assert_eq!(fixture.lines.run(NODE, &hostname()).await.unwrap().stdout, "behind");
    assert_eq!(jump.seen.sign_ins.load(Ordering::Relaxed), 2);
    let inner = fixture.directory.target(NODE).await.unwrap();
    let scanned = fixture.lines.scan(&inner.host, inner.port, Some(NodeId(3))).await.unwrap();
    assert_eq!(scanned.fingerprint, inner.host_key);

    let mut changed = fixture.directory.target(NodeId(2)).await.unwrap();
    changed.host_key = fingerprint(&new_key(Algorithm::Ed25519));
    fixture.directory.set(NodeId(2), changed);
    fixture.lines.forget(NODE);
    let refused = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(refused, Err(SshError::HostKeyChanged { .. })), "{refused:?}");

    fixture.edit(|target| target.jump = Some(NODE));
    let circle = fixture.lines.run(NODE, &hostname()).await;
    assert!(matches!(circle, Err(SshError::TooManyJumps { .. })), "{circle:?}");
}

#[tokio::test]
async fn a_forward_carries_bytes_to_a_socket_on_the_node_and_goes_away() {
    use std::os::unix::fs::PermissionsExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let remote = tempfile::tempdir().unwrap();
    let remote_socket = remote.path().join("mysqld.sock");
    let listener = tokio::net::UnixListener::bind(&remote_socket).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (mut reader, mut writer) = stream.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut reader, &mut writer).await });
        }
    });
    let fixture = Fixture::new(Behaviour::answering(|_| Answer::Silence)).await;
    let path = remote_socket.to_str().unwrap().parse().unwrap();
    let forward = fixture.lines.forward_unix(NODE, &path).await.unwrap();
    let socket = forward.local_socket().to_owned();
    let mode = socket.parent().unwrap().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    for cut_before in [false, true] {
        if cut_before {
            fixture.sshd.cut();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mut client = tokio::net::UnixStream::connect(&socket).await.unwrap();
        client.write_all(b"SELECT 1").await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "SELECT 1", "after a cut: {cut_before}");
    }
    drop(forward);
    assert!(!socket.exists());
}

/// What reaches the node is one line; a real shell makes words of it, and hostile values stay words.
#[tokio::test]
async fn hostile_names_and_tags_reach_no_shell_as_code() {
    let fixture = Fixture::new(Behaviour::answering(|line| {
        let output = std::process::Command::new("sh").arg("-c").arg(line).output().unwrap();
        Answer::prints(&String::from_utf8_lossy(&output.stdout))
    }))
    .await;
    let show = Script { name: "show", text: "printf '%s\\n' \"$@\"" };
    let proof = tempfile::tempdir().unwrap().path().join("proof");
    let hostile = [
        format!("$(touch {})", proof.display()).replace('/', "\u{2215}"),
        "`reboot`".to_owned(),
        "'; reboot; '".to_owned(),
        "\"$PATH\"".to_owned(),
        "a\\nb && reboot".to_owned(),
        "*".to_owned(),
    ];
    for text in hostile {
        let name: NodeName = text.parse().unwrap();
        let command = RemoteCommand::script(&show).value(&name);
        let output = fixture.lines.run(NODE, &command).await.unwrap();
        assert_eq!(output.stdout, format!("{text}\n"));
    }
    for text in ["-rf", "--config=/etc/shadow", "two\nlines", "nul\0"] {
        assert!(text.parse::<NodeName>().is_err() && text.parse::<Tag>().is_err(), "{text:?}");
    }
    assert!(!proof.exists());
}

async fn eventually(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), waiting).await.expect("it never came");
}
