//! Mail and hooks of keepalived, by the form, and the console's own events of transitions.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::vrrp::deploy::ConfView;
use signalbox_domain::vrrp::notify::{HOOK, HOOK_PATH, Notification, NotifyForm};

use crate::console::Console;
use crate::directors::Directors;

const MAIN: &str = "/etc/keepalived/keepalived.conf";
const PAIR: [&str; 2] = ["dir-a", "dir-b"];
/// Takes mail on the port where keepalived is told to send it; ends by itself.
const MAILBOX: &str = r#"nohup timeout 120 perl -e '
use IO::Socket::INET;
my $box = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2525, Listen => 8, ReuseAddr => 1) or die;
open my $out, ">", "/run/mail" or die;
$out->autoflush(1);
while (my $from = $box->accept) {
    print $from "220 lab\r\n";
    my $data = 0;
    while (<$from>) {
        print $out $_;
        if ($data) { if (/^\.\r?$/) { $data = 0; print $from "250 taken\r\n" } next }
        if (/^DATA/i) { $data = 1; print $from "354 go on\r\n" }
        elsif (/^QUIT/i) { print $from "221 bye\r\n"; last }
        else { print $from "250 good\r\n" }
    }
}' > /dev/null 2>&1 & echo $! > /run/mail.pid"#;
const CLEAR: &str = "kill $(cat /run/mail.pid) 2> /dev/null; rm -f /run/mail /run/mail.pid /etc/keepalived/signalbox/notify.sh";

fn conf(console: &Console, node: &str) -> ConfView {
    let view = console.get(&format!("/vrrp/conf/{}", console.nodes[node])).unwrap();
    serde_json::from_value(view).unwrap()
}

fn deploy(console: &Console, form: &NotifyForm) {
    let wanted = Notification::of(form).unwrap();
    let nodes = PAIR.map(|node| {
        let view = conf(console, node);
        let main = &view.files[MAIN];
        let text = wanted.put_into(&main.text, node).unwrap();
        let main = json!({ "path": MAIN, "base": main.digest, "text": text });
        let mut hook = match view.files.get(HOOK_PATH) {
            Some(file) => json!({ "path": HOOK_PATH, "base": file.digest }),
            None => json!({ "path": HOOK_PATH }),
        };
        match wanted.has_hook() {
            true => hook["text"] = HOOK.into(),
            false => hook["remove"] = true.into(),
        }
        json!({ "node": console.nodes[node], "files": [main, hook] })
    });
    let operation: Value = json!({ "operation": "vrrp.deploy", "nodes": nodes });
    console.finish_well(console.run(&console.plan_of_that_may_run(&operation)));
}

/// Waits until all of these are there.
fn await_all(what: &str, wanted: &[&str], read: impl Fn() -> String) {
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        let found = read();
        if wanted.iter().all(|wanted| found.contains(wanted)) {
            return;
        }
        assert!(Instant::now() < deadline, "{what} does not say {wanted:?}: {found}");
        sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_transition_is_told_by_mail_in_the_journal_and_by_the_console() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let _clear = PAIR.map(|director| directors.afterwards(director, CLEAR));
    let console = Console::over(&directors.lab, &PAIR);
    for node in PAIR {
        console.await_observed(node);
        // The same text without a change: it comes back when the test ends.
        directors.edit_conf(node, "", false);
    }
    let form = NotifyForm {
        to: "ops@example.org".into(),
        from: "keepalived@lab.example.org".into(),
        server: "127.0.0.1 2525".into(),
        transitions: true,
        journal: true,
    };
    deploy(&console, &form);
    directors.sh("dir-b", MAILBOX);
    let path = "/etc/keepalived/signalbox/VI_WEB.priority";
    directors.sh("dir-a", &format!("echo -11 > {path}.new && mv {path}.new {path}"));
    directors.until("dir-b has taken over", || directors.holders() == ["dir-b"]);

    let journal = || directors.sh("dir-b", "journalctl -t signalbox-vrrp -o cat --no-pager");
    await_all("the journal", &["VI_WEB is MASTER, priority 90"], journal);
    let mail = ["RCPT TO:<ops@example.org>", "Subject: [dir-b] VRRP Instance VI_WEB"];
    await_all("the mail", &mail, || directors.sh("dir-b", "cat /run/mail"));
    let events = ["VI_WEB on dir-b: BACKUP → MASTER", "VI_WEB on dir-a: MASTER → BACKUP"];
    await_all("the overview", &events, || {
        console.fleet().events.iter().map(|event| format!("{}\n", event.text.en)).collect()
    });

    directors.sh("dir-a", &format!("echo 0 > {path}.new && mv {path}.new {path}"));
    directors.until("dir-a has it again", || directors.holders() == ["dir-a"]);
    deploy(&console, &NotifyForm::default());
    for node in PAIR {
        let left = directors
            .sh(node, &format!("ls {HOOK_PATH} 2> /dev/null; grep -c notify {MAIN} || true"));
        assert_eq!(left.trim(), "0", "{node}");
    }
}
