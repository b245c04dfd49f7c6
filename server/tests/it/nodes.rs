//! Nodes through the API, against a server that shows what was sent to it.

use std::sync::atomic::Ordering;

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{Method, StatusCode};
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use serde_json::{Value, json};
use signalbox_domain::access::Role;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::RemoteCommand;
use signalbox_server::ssh::{Remote, SshError};

use crate::console::{Answer as Reply, Console, Who, request};
use crate::sshd::{Answer, Behaviour, Sshd, new_key};

const OTHER_KEY: &str = "SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA";

struct Fixture {
    console: Console,
    admin: Who,
    sshd: Sshd,
    host_key: String,
}

impl Fixture {
    async fn new() -> Fixture {
        Fixture::with(Behaviour::answering(|_| Answer::prints("ok"))).await
    }

    async fn with(behaviour: Behaviour) -> Fixture {
        let console = Console::start().await;
        let admin = console.script(Role::Admin).await;
        let host_key = fingerprint(&behaviour.host_keys[0]);
        let sshd = Sshd::start(behaviour).await;
        Fixture { console, admin, sshd, host_key }
    }

    /// What a person would enter for the server.
    fn entry(&self, name: &str) -> Value {
        json!({
            "name": name,
            "host": self.sshd.address.ip().to_string(),
            "port": self.sshd.address.port(),
            "user": "root",
            "elevation": "none",
            "credential": { "password": "right" },
            "host_key": self.host_key,
            "tags": ["db"],
        })
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.console.post(&self.admin, path, body).await
    }

    async fn add(&self, entry: Value) -> i64 {
        let added = self.post("/api/v1/nodes", entry).await;
        assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
        added.body["record"]["id"].as_i64().unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.console.get(&self.admin, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    async fn patch(&self, id: i64, version: Option<i64>, edit: Value) -> Reply {
        let path = format!("/api/v1/nodes/{id}");
        let mut request = request(Method::PATCH, &self.admin, &path, Some(edit));
        if let Some(version) = version {
            request.headers_mut().insert(IF_MATCH, format!("\"{version}\"").parse().unwrap());
        }
        self.console.send(request).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.console.call(Method::DELETE, &self.admin, path, None).await
    }

    async fn answers(&self, id: i64) -> Result<String, SshError> {
        let command = RemoteCommand::new("hostname");
        Ok(self.console.app.lines.run(NodeId(id), &command).await?.stdout)
    }
}

fn fingerprint(key: &PrivateKey) -> String {
    key.public_key().fingerprint(HashAlg::Sha256).to_string()
}

fn with(mut entry: Value, field: &str, value: Value) -> Value {
    entry[field] = value;
    entry
}

#[tokio::test]
async fn a_node_is_scanned_confirmed_added_and_answers() {
    let fixture = Fixture::new().await;
    let entry = fixture.entry("db-1");
    let address = json!({ "host": entry["host"], "port": entry["port"] });
    let shown = fixture.post("/api/v1/nodes/scan", address).await.body;
    assert_eq!(shown["fingerprint"], json!(fixture.host_key));
    assert_eq!(shown["groups"].as_array().unwrap().len(), 11);
    assert_eq!(fixture.sshd.seen.sign_ins.load(Ordering::Relaxed), 0, "a scan signed in");

    let id = fixture.add(entry).await;
    assert_eq!(fixture.answers(id).await.unwrap(), "ok");
    let node = fixture.get(&format!("/api/v1/nodes/{id}")).await;
    assert_eq!(node["record"]["name"], "db-1");
    assert_eq!(node["record"]["tags"], json!(["db"]));
    let page = fixture.get("/api/v1/nodes").await;
    assert_eq!((page["nodes"].as_array().unwrap().len(), &page["next_after"]), (1, &Value::Null));

    let audit = fixture.get("/api/v1/audit?action=nodes.add").await;
    let rows = audit["entries"].as_array().unwrap();
    let phases: Vec<&str> = rows.iter().map(|row| row["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["done", "intent"]);
}

#[tokio::test]
async fn what_does_not_work_is_refused_by_name_and_leaves_nothing() {
    let no_sudo = |line: &str| {
        if line.contains("sudo") {
            let stderr = "sudo: a password is required\n".to_owned();
            Answer::Exit { stdout: String::new(), stderr, status: 1 }
        } else {
            Answer::prints("ok")
        }
    };
    let fixture = Fixture::with(Behaviour::answering(no_sudo)).await;
    let entry = || fixture.entry("db-1");
    let cases = [
        (with(entry(), "host_key", json!(OTHER_KEY)), 502, "node_host_key_changed"),
        (with(entry(), "credential", json!({ "password": "wrong" })), 502, "node_access_denied"),
        (with(entry(), "credential", json!({ "private_key": "nonsense" })), 422, "node_bad_key"),
        (with(entry(), "credential", json!({ "credential": 77 })), 404, "not_found"),
        (with(entry(), "elevation", json!("sudo")), 502, "node_sudo_refused"),
        (with(entry(), "port", json!(1)), 502, "node_unreachable"),
        (with(entry(), "host_key", json!("SHA256:short")), 422, "invalid"),
        (with(entry(), "jump", json!(77)), 404, "node_unknown"),
    ];
    for (entry, status, code) in cases {
        let refused = fixture.post("/api/v1/nodes", entry).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (status, code), "{refused:?}");
    }
    for name in ["-rf", "two\nlines", "", "a/b"] {
        let refused = fixture.post("/api/v1/nodes", fixture.entry(name)).await;
        assert!(refused.status.is_client_error(), "{name:?}: {refused:?}");
    }
    assert_eq!(fixture.get("/api/v1/nodes").await["nodes"], json!([]));
    assert_eq!(fixture.get("/api/v1/nodes/credentials").await, json!([]));
    let refused = fixture.post("/api/v1/nodes", with(entry(), "host_key", json!(OTHER_KEY))).await;
    assert_eq!(refused.body["found"], json!(fixture.host_key));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let fixture = Fixture::new().await;
    fixture.add(fixture.entry("db-1")).await;
    let refused = fixture.post("/api/v1/nodes", fixture.entry("db-1")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "name_taken"));
    let credentials = fixture.get("/api/v1/nodes/credentials").await;
    assert_eq!(credentials.as_array().unwrap().len(), 1, "the refused one's credential stayed");
}

#[tokio::test]
async fn secrets_are_in_no_answer_and_not_readable_in_the_database() {
    let mut behaviour = Behaviour::answering(|_| Answer::prints("ok"));
    behaviour.password = "open sesame 4711".to_owned();
    let fixture = Fixture::with(behaviour).await;
    let credential = json!({ "password": "open sesame 4711" });
    let added =
        fixture.post("/api/v1/nodes", with(fixture.entry("db-1"), "credential", credential));
    let mut texts = vec![added.await.body.to_string()];
    for path in ["/api/v1/nodes", "/api/v1/nodes/1", "/api/v1/nodes/credentials", "/api/v1/audit"] {
        texts.push(fixture.get(path).await.to_string());
    }
    assert!(texts.iter().all(|text| !text.contains("sesame")), "{texts:?}");
    let data = fixture.console.app.data.path();
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"sesame"), "{}", file.display());
    }
    assert_eq!(fixture.answers(1).await.unwrap(), "ok", "and yet it signs in");
}

#[tokio::test]
async fn an_edit_needs_the_version_that_was_read() {
    let fixture = Fixture::new().await;
    let id = fixture.add(fixture.entry("db-1")).await;
    let rename = json!({ "name": "db-one", "tags": [] });
    assert_eq!(fixture.patch(id, None, rename.clone()).await.code(), "version_needed");
    let edited = fixture.patch(id, Some(1), rename.clone()).await;
    assert_eq!((edited.status, &edited.headers[ETAG]), (StatusCode::OK, &"\"2\"".parse().unwrap()));
    assert_eq!(edited.body["record"]["name"], "db-one");
    let stale = fixture.patch(id, Some(1), rename).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "stale_version"));
}

#[tokio::test]
async fn a_changed_credential_is_tried_before_the_old_one_goes() {
    let fixture = Fixture::new().await;
    let id = fixture.add(fixture.entry("db-1")).await;
    let wrong = fixture.patch(id, Some(1), json!({ "credential": { "password": "wrong" } })).await;
    assert_eq!(wrong.code(), "node_access_denied");
    assert_eq!(fixture.answers(id).await.unwrap(), "ok");

    let shared = json!({ "name": "all databases", "password": "right" });
    let shared = fixture.post("/api/v1/nodes/credentials", shared).await;
    assert_eq!(shared.status, StatusCode::CREATED, "{shared:?}");
    let shared_id = shared.body["id"].clone();
    let edit = json!({ "credential": { "credential": shared_id } });
    assert_eq!(fixture.patch(id, Some(1), edit).await.status, StatusCode::OK);
    let stored = fixture.get("/api/v1/nodes/credentials").await;
    assert_eq!(stored[0]["name"], "all databases");
    assert_eq!((stored.as_array().unwrap().len(), &stored[0]["nodes"]), (1, &json!(1)));

    let path = format!("/api/v1/nodes/credentials/{shared_id}");
    assert_eq!(fixture.delete(&path).await.code(), "credential_in_use");
    assert_eq!(fixture.delete(&format!("/api/v1/nodes/{id}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.delete(&path).await.code(), "not_found");
}

#[tokio::test]
async fn a_changed_host_key_refuses_the_node_until_an_admin_pins_exactly_it() {
    let behaviour = Behaviour::answering(|_| Answer::prints("ok"));
    let mut fixture = Fixture::with(behaviour.clone()).await;
    let id = fixture.add(fixture.entry("db-1")).await;
    fixture.answers(id).await.unwrap();

    let reinstalled = Behaviour { host_keys: vec![new_key(Algorithm::Ed25519)], ..behaviour };
    let new = fingerprint(&reinstalled.host_keys[0]);
    let address = fixture.sshd.address;
    drop(std::mem::replace(&mut fixture.sshd, Sshd::start(reinstalled.clone()).await));
    fixture.sshd = Sshd::start_at(address, reinstalled).await;
    let refused = loop {
        match fixture.answers(id).await {
            Err(SshError::Cut(_) | SshError::Unreachable { .. }) => {
                fixture.console.app.lines.retry(NodeId(id));
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            other => break other,
        }
    };
    assert!(matches!(refused, Err(SshError::HostKeyChanged { .. })), "{refused:?}");
    assert_eq!(fixture.sshd.seen.sign_ins.load(Ordering::Relaxed), 0, "a credential was sent");

    let pin = format!("/api/v1/nodes/{id}/pin");
    for guess in [OTHER_KEY, fixture.host_key.as_str()] {
        let refused = fixture.post(&pin, json!({ "host_key": guess })).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "other_key_shown"));
        assert_eq!(refused.body["host_key"]["fingerprint"], json!(new));
    }
    let shown = fixture.post(&format!("/api/v1/nodes/{id}/scan"), json!({})).await;
    assert_eq!(shown.body["fingerprint"], json!(new));
    let operator = fixture.console.script(Role::Operator).await;
    let body = json!({ "host_key": new });
    let forbidden = fixture.console.post(&operator, &pin, body.clone()).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let pinned = fixture.post(&pin, body).await;
    assert_eq!(pinned.status, StatusCode::OK, "{pinned:?}");
    assert_eq!(fixture.answers(id).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_jump_host_stays_while_nodes_are_behind_it_and_is_not_behind_itself() {
    let fixture = Fixture::new().await;
    let jump = fixture.add(fixture.entry("jump")).await;
    let behind = fixture.add(with(fixture.entry("behind"), "jump", json!(jump))).await;
    assert_eq!(fixture.answers(behind).await.unwrap(), "ok");
    assert_eq!(fixture.delete(&format!("/api/v1/nodes/{jump}")).await.code(), "node_is_jump_host");
    let circle = fixture.patch(jump, Some(1), json!({ "jump": behind })).await;
    assert_eq!(circle.code(), "node_too_many_jumps");
    let direct = fixture.patch(behind, Some(1), json!({ "jump": null })).await;
    assert_eq!(direct.body["record"]["jump"], Value::Null, "{direct:?}");
    let removed = fixture.delete(&format!("/api/v1/nodes/{jump}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn pasted_lines_show_their_host_keys_side_by_side() {
    let fixture = Fixture::new().await;
    let address = fixture.sshd.address;
    let lines = format!("db-1 root@{address} tags=db\nbroken\ndown root@127.0.0.1:1\n");
    let rows = fixture.post("/api/v1/nodes/import/scan", json!({ "lines": lines })).await.body;
    assert_eq!(rows[0]["host_key"]["fingerprint"], json!(fixture.host_key));
    assert_eq!(rows[0]["entry"]["tags"], json!(["db"]));
    assert_eq!((&rows[1]["line"], &rows[1]["entry"]), (&json!(2), &Value::Null));
    assert!(rows[1]["problem"]["en"].as_str().unwrap().contains("found only \"broken\""));
    assert!(rows[2]["problem"]["en"].as_str().unwrap().contains("does not answer"));
    assert_eq!(fixture.sshd.seen.sign_ins.load(Ordering::Relaxed), 0);
}

/// Odd names are allowed; what must hold is that no command line has them.
#[tokio::test]
async fn hostile_names_and_tags_are_kept_as_text_and_sent_nowhere() {
    let fixture = Fixture::new().await;
    let hostile = "$(reboot)'\"`;|&<>*";
    let entry = with(fixture.entry(hostile), "tags", json!(["$(tag)'\"", "';drop"]));
    let id = fixture.add(entry).await;
    fixture.answers(id).await.unwrap();
    let node = fixture.get(&format!("/api/v1/nodes/{id}")).await;
    assert_eq!(node["record"]["name"], json!(hostile));
    for line in fixture.sshd.lines() {
        assert!(!line.contains("reboot") && !line.contains("$(tag)") && !line.contains("';drop"));
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let fixture = Fixture::new().await;
    for name in ["a", "b", "c"] {
        fixture.add(fixture.entry(name)).await;
    }
    let first = fixture.get("/api/v1/nodes?limit=2").await;
    assert_eq!(first["nodes"].as_array().unwrap().len(), 2);
    let next = format!("/api/v1/nodes?limit=2&after={}", first["next_after"]);
    let last = fixture.get(&next).await;
    assert_eq!(
        (&last["nodes"][0]["record"]["name"], &last["next_after"]),
        (&json!("c"), &Value::Null)
    );
}
