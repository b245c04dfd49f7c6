//! The program itself, as the owner of a machine runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const SIGNALBOX: &str = env!("CARGO_BIN_EXE_signalbox");

fn signalbox(data: &Path, arguments: &[&str]) -> Output {
    Command::new(SIGNALBOX).args(arguments).arg("--data").arg(data).output().unwrap()
}

/// What the command printed, alone on its line.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim().to_owned()
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The body and status line of `GET path`.
fn get(address: &str, path: &str, bearer: &str) -> String {
    let mut line = TcpStream::connect(address).unwrap();
    write!(
        line,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_fresh_console_prints_its_set_up_link_takes_a_token_and_ends_on_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut serve = Command::new(SIGNALBOX);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).stdout(Stdio::piped());
    let mut served = Served(serve.spawn().unwrap());
    let mut lines = BufReader::new(served.0.stdout.take().unwrap()).lines();
    let link = lines.find(|line| line.as_ref().unwrap().contains("#link=")).unwrap().unwrap();
    let address = link.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(link.starts_with(&format!("http://{address}/setup#link=")), "{link}");

    // Beside the running console, as `cargo xtask demo` does it.
    let token =
        printed(&signalbox(&data, &["token", "create", "--name", "demo", "--role", "admin"]));
    let accounts = get(address, "/api/v1/access/accounts", &token);
    assert!(accounts.starts_with("HTTP/1.1 200 OK\r\n"), "{accounts}");
    assert!(accounts.contains(r#""name":"demo","kind":"script","role":"admin""#), "{accounts}");

    let url = format!("http://{address}/");
    let sign_in = ["sign-in-link", "--account", "kim", "--url", &url];
    let link = printed(&signalbox(&data, &sign_in));
    assert!(link.starts_with(&format!("http://{address}/sign-in#link=")), "{link}");

    // Now that kim can sign in, nobody may become the first admin any more.
    let late = signalbox(&data, &["setup-link", "--url", &url]);
    assert!(!late.status.success());
    assert!(String::from_utf8_lossy(&late.stderr).contains("set up is done"), "{late:?}");

    let process = served.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert!(served.0.wait().unwrap().success(), "it ends in good order");
}

#[test]
fn a_console_that_others_reach_does_not_start_without_its_public_url() {
    let directory = tempfile::tempdir().unwrap();
    let refused = signalbox(directory.path(), &["serve", "--listen", "0.0.0.0:0"]);
    assert!(!refused.status.success());
    let reason = String::from_utf8_lossy(&refused.stderr);
    assert!(reason.contains("needs --public-url"), "{reason}");
}

#[test]
fn a_token_of_an_unknown_role_or_of_a_persons_name_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let owner = signalbox(&data, &["token", "create", "--name", "x", "--role", "owner"]);
    assert!(!owner.status.success());
    assert!(String::from_utf8_lossy(&owner.stderr).contains("expected viewer, operator or admin"));

    printed(&signalbox(&data, &["sign-in-link", "--account", "kim"]));
    let person = signalbox(&data, &["token", "create", "--name", "kim", "--role", "viewer"]);
    assert!(!person.status.success());
    assert!(String::from_utf8_lossy(&person.stderr).contains("the name kim is taken"));
}

#[test]
fn rules_in_a_file_are_checked_without_a_console() {
    let run = |rules: &str, words: &[&str]| on_file(&[&["firewall"], words].concat(), rules);
    let rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n";
    assert_eq!(run(rules, &["lint", "-"]), (Some(0), String::new(), String::new()));
    assert_eq!(run(rules, &["render", "-"]).1, rules);
    let to =
        ["trace", "-", "--src", "192.0.2.9", "--dst", "192.0.2.1", "--proto", "tcp", "--dport"];
    let (status, text, _) = run(rules, &[&to[..], &["22"]].concat());
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("INPUT rule 1: ACCEPT") && text.ends_with("accepted\n"), "{text}");
    let (status, json, _) = run(rules, &[&to[..], &["23", "--json"]].concat());
    let traced: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((status, traced["outcome"]["is"].as_str()), (Some(1), Some("dropped")));

    let sets = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&sets, "create a hash:net\nadd a 192.0.2.0/24\n").unwrap();
    let by_set = rules.replace("--dport 22", "--dport 22 -m set --match-set a src");
    let with_sets = [&to[..], &["22", "--sets", sets.path().to_str().unwrap()]].concat();
    let (status, text, _) = run(&by_set, &with_sets);
    assert!(status == Some(0) && text.contains("ACCEPT  set a: 192.0.2.0/24\n"), "{text}");
    let (status, text, _) = run(&by_set, &[&to[..], &["22"]].concat());
    assert!(status == Some(1) && text.contains("ACCEPT  in doubt  set a: in doubt\n"), "{text}");

    let twice = rules.replace("COMMIT", "-A INPUT -p tcp -m tcp --dport 22 -j DROP\nCOMMIT");
    let (status, text, _) = run(&twice, &["lint", "-"]);
    assert!(
        status == Some(1) && text.starts_with("warning line 4, filter INPUT rule 2:"),
        "{text}"
    );
    let (status, _, error) = run("*filter\n", &["lint", "-"]);
    assert!(status == Some(2) && error.contains("expected COMMIT"), "{error}");
}

/// Exit status, standard output and standard error of a command on a file.
fn on_file(words: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(SIGNALBOX)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const DIRECTORS: &str = "global_defs {\n  reload_check_config\n}\n@dir-a $PRIORITY=100\r\n\
    @dir-b $PRIORITY=90\n\ninclude conf.d/*.conf";
const WEB: &str = "vrrp_instance VI_WEB {\n    interface eth0\n    virtual_router_id 51\n    \
    priority $PRIORITY\n    authentication {\n        auth_type PASS\n        auth_pass hunter2\n    }\n    \
    virtual_ipaddress {\n        192.0.2.1/24\n    }\n}\n";

#[test]
fn a_keepalived_conf_in_a_file_is_checked_without_a_console() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keepalived.conf");
    let web = folder.path().join("conf.d/web.conf");
    std::fs::create_dir(folder.path().join("conf.d")).unwrap();
    std::fs::write(&file, DIRECTORS).unwrap();
    std::fs::write(&web, WEB).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(on_file(&["vrrp", "lint", path], ""), (Some(0), String::new(), String::new()));
    assert_eq!(on_file(&["vrrp", "render", path], ""), (Some(0), DIRECTORS.into(), String::new()));

    let effective = on_file(&["vrrp", "effective", path, "--host", "dir-b"], "");
    assert_eq!((effective.0, effective.2.as_str()), (Some(0), ""));
    assert!(effective.1.contains("    priority 90\n") && effective.1.contains("auth_pass ***\n"));
    let (_, json, _) = on_file(&["vrrp", "effective", path, "--host", "dir-a", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["instances"][0]["priority"], 100);
    assert_eq!(json["instances"][0]["authentication"]["password"], "***");

    let hosts = ["--host", "dir-a", "--host", "dir-b"];
    let (status, text, _) = on_file(&[&["vrrp", "diff", path], &hosts[..]].concat(), "");
    let priority = "vrrp_instance VI_WEB > priority: 100 against 90  (as it should)\n";
    assert_eq!((status, text.as_str()), (Some(0), priority));
}

#[test]
fn findings_of_a_pair_are_told_with_their_places_and_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let own = "global_defs {\n reload_check_config\n}\n".to_owned() + WEB;
    let one = write("a.conf", own.replace("$PRIORITY", "100"));
    let other = own.replace("$PRIORITY", "90").replace("hunter2", "hunt!er2");
    let other = write("b.conf", other);
    let (status, text, error) = on_file(&["vrrp", "lint", &one, &other], "");
    assert_eq!((status, error.as_str()), (Some(1), ""));
    assert!(text.starts_with(&format!("{other}:4:1: error pair_authentication: ")), "{text}");
    assert!(text.contains(&format!("{other}:10:23: error cut_word: ")), "{text}");
    assert!(!text.contains("hunt"), "{text}");
    let (status, json, _) = on_file(&["vrrp", "lint", &one, &other, "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((status, json[1]["code"].as_str()), (Some(1), Some("cut_word")));

    let (status, text, error) = on_file(&["vrrp", "render", "-"], "a {\r\n# b");
    assert_eq!((status, text.as_str()), (Some(2), "a {\r\n# b"));
    assert!(error.contains("1 places cannot be read"), "{error}");
    let missing = folder.path().join("none");
    let (status, _, error) = on_file(&["vrrp", "lint", missing.to_str().unwrap()], "");
    assert!(status == Some(2) && error.contains("cannot be read"), "{error}");
    let three = ["vrrp", "lint", &one, &other, "--host", "a"];
    let (status, _, error) = on_file(&three, "");
    assert!(status == Some(2) && error.contains("expected one --host for each file"), "{error}");
}

#[test]
fn an_ipvs_table_is_read_in_each_of_its_forms() {
    let table = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  \
        -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  192.0.2.1:80 wrr persistent 300\n  \
        -> 192.0.2.2:80                 Route   2      0          7         \n";
    let (status, text, _) = on_file(&["lvs", "parse"], table);
    assert_eq!(status, Some(0));
    assert!(text.contains("TCP 192.0.2.1:80  wrr persistent 300"), "{text}");
    let rules = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 192.0.2.2:80 -g -w 2\n";
    let (status, json, _) = on_file(&["lvs", "parse", "-", "--json"], rules);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let server = &json["services"][0]["real_servers"][0];
    assert_eq!((status, server["values"]["Weight"].as_u64()), (Some(0), Some(2)));
    let (status, _, error) = on_file(&["lvs", "parse", "-"], "nonsense");
    assert!(status == Some(2) && error.contains("-: line 1: expected what ipvsadm -Ln"), "{error}");
}
