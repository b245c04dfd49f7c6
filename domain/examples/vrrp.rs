//! `cargo xtask bench vrrp`: how long a keepalived.conf of 2,000 services with 20 real servers each
//! takes to read, to judge and to compare, as JSON.

#![allow(clippy::print_stdout, reason = "the figures are its output")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use signalbox_domain::vrrp::conf::{
    Configuration, Document, Files, differences, lint, lint_pair, parse,
};

const SERVICES: usize = 2_000;
const REAL_SERVERS: usize = 20;
const ROUNDS: usize = 11;
const PATH: &str = "/etc/keepalived/keepalived.conf";

fn main() {
    let mut shapes = serde_json::Map::new();
    for (name, text) in [("written_out", written_out()), ("repeated", repeated())] {
        shapes.insert(name.to_owned(), measure(&text));
    }
    println!(
        "{}",
        json!({ "services": SERVICES, "real_servers": SERVICES * REAL_SERVERS, "rounds": ROUNDS, "shapes": shapes })
    );
}

fn measure(text: &str) -> Value {
    let files = Files::from([(PATH.to_owned(), text.to_owned())]);
    let read = || Configuration::read(&files, PATH, "dir-a");
    let configuration = read();
    let effective = configuration.effective();
    let real: usize =
        effective.virtual_servers.iter().map(|server| server.real_servers.len()).sum();
    let probed = format!("id dir-a\n{text}");
    let place = configuration.statements.last().map(|statement| statement.place);
    json!({
        "bytes": text.len(),
        "lines": text.lines().count(),
        "services": effective.virtual_servers.len(),
        "real_servers": real,
        "parse": times(|| read().effective()),
        "probed": times(|| parse(&probed)),
        "edit": times(|| {
            let mut document = Document::parse(text);
            let set = place.map(|at| document.set_argument(at.line, at.column, 1, "10.9.9.9"));
            (document, set)
        }),
        "lint": times(|| lint(&configuration, &effective, None)),
        "lint_pair": times(|| lint_pair((&configuration, &effective), (&configuration, &effective))),
        "differences": times(|| differences(&effective, &effective)),
        "findings": lint(&configuration, &effective, None).len(),
    })
}

fn times<T>(run: impl Fn() -> T) -> Value {
    let mut took_ms: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    took_ms.sort_by(f64::total_cmp);
    json!({ "best_ms": took_ms.first(), "median_ms": took_ms.get(ROUNDS / 2) })
}

const GLOBAL: &str = "global_defs {\n    router_id lb\n    reload_check_config\n}\n\n";

/// As a generator writes it: one block for each real server.
fn written_out() -> String {
    let mut text = String::from(GLOBAL);
    for service in 0..SERVICES {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "# customer {service}\nvirtual_server 10.{}.{}.1 443 {{\n    delay_loop 5\n    \
             lb_algo wrr\n    lb_kind DR\n    protocol TCP",
            service / 250,
            service % 250
        );
        for server in 0..REAL_SERVERS {
            let _ = writeln!(
                text,
                "    real_server 172.16.{server}.{} 443 {{\n        weight {}\n        TCP_CHECK {{\n            \
                 connect_timeout 2\n            retry 1\n            delay_before_retry 1\n        }}\n    }}",
                service % 250,
                1 + server % 3
            );
        }
        text.push_str("}\n\n");
    }
    text
}

/// The same by definitions and repetitions.
fn repeated() -> String {
    format!(
        "{GLOBAL}$RS= \\\n real_server 172.16.${{R}}.${{N}} 443 {{ \\\n  weight 1 \\\n  TCP_CHECK {{ \\\n   connect_timeout 2 \\\n  }} \\\n }}\n\n\
         $VS= \\\n virtual_server 10.${{M}}.${{N}}.1 443 {{ \\\n  lb_algo wrr \\\n  lb_kind DR \\\n  protocol TCP \\\n  ~SEQ(R, 0, {}) $RS \\\n }}\n\n\
         ~SEQ(M, 0, {}) ~SEQ(N, 0, 249) $VS\n",
        REAL_SERVERS - 1,
        SERVICES / 250 - 1
    )
}
