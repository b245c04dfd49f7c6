//! One console on one core, hundreds of nodes that change each second, and a hundred clients that
//! hear of it. Nodes and clients are another program (`server/examples/fleet`) on the other cores.

use std::{
    fs::{self, File},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use super::exec::feed;
use crate::{
    build::Built,
    demo::{console::Console, process::Process, record::Record},
    exec::{cargo, line, run, step},
    failure::Failure,
    places::Places,
};

/// From a tenth to all of them, to see how the costs grow.
const STAGES: [usize; 3] = [50, 150, 500];
const CLIENTS: usize = 100;
const SECONDS_PER_STAGE: u32 = 20;

const P99_AT_MOST_MS: f64 = 500.0;
const RESIDENT_AT_MOST_BYTES: f64 = 250e6;

/// The console's core; everything else gets the others.
const CONSOLE_CPU: &str = "0";

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    let advice = "read the compiler's message above";
    step("build the console, and the program that plays nodes and clients");
    let mut build = cargo(places);
    build.args(["build", "--release", "--package", "signalbox-server"]);
    run(build.args(["--bin", "signalbox", "--example", "fleet"]), advice)?;

    let release = places.target.join("release");
    let built = Built { console: release.join("signalbox"), site: places.site() };
    let listen = free_address()?;
    let record = Record::new(&listen, built, places.target.join("bench-fleet"));
    if record.data.exists() {
        fs::remove_dir_all(&record.data).map_err(Failure::file("clear", &record.data))?;
    }
    let console = Serving::start(&record, &listen)?;
    Console::of(&record).wait_until_it_answers(&console.process)?;
    let input = json!({
        "url": record.url,
        "token": Console::of(&record).create_token("bench")?,
        "pid": console.child.id(),
        "stages": STAGES,
        "clients": CLIENTS,
        "seconds": SECONDS_PER_STAGE,
    });
    step("play nodes and clients for some two minutes");
    let mut play = elsewhere();
    play.arg(release.join("examples/fleet"));
    let printed = feed(&mut play, &input, "the console's log is in target/bench-fleet.log")?;
    let answer: Value = serde_json::from_str(&printed)
        .map_err(|source| Failure::Json { path: release.join("examples/fleet"), source })?;
    Ok(figures(&answer))
}

fn figures(answer: &Value) -> Value {
    let stages = answer.get("stages").and_then(Value::as_array).cloned().unwrap_or_default();
    let number = |stage: Option<&Value>, place: &str| {
        stage.and_then(|stage| stage.pointer(place)).and_then(Value::as_f64).unwrap_or(f64::NAN)
    };
    let (first, last) = (stages.first(), stages.last());
    let ways = ["/changes/overview", "/changes/page"];
    let all = |figure: &str| ways.map(|way| number(last, &format!("{way}/{figure}")));
    let p99_ms = all("p99_ms").into_iter().fold(0.0, f64::max);
    let missing = all("expected").iter().sum::<f64>() - all("delivered").iter().sum::<f64>();
    let went_back = number(last, "/changes/went_back");
    let resident = number(last, "/console/most_resident_bytes");
    let growth = |place: &str| number(last, place) / number(first, place);
    json!({
        "bench": "fleet",
        "clients": CLIENTS,
        "console_cores": 1,
        "stages": stages,
        "bars": {
            "went_back": {
                "found": went_back, "at_most": 0, "met": went_back == 0.0,
            },
            "undelivered": { "found": missing, "at_most": 0, "met": missing == 0.0 },
            "p99_ms": { "found": p99_ms, "at_most": P99_AT_MOST_MS, "met": p99_ms <= P99_AT_MOST_MS },
            "resident_bytes": {
                "found": resident,
                "at_most": RESIDENT_AT_MOST_BYTES,
                "met": resident <= RESIDENT_AT_MOST_BYTES,
            },
        },
        "ratios_last_to_first": {
            "nodes": growth("/nodes"),
            "console_cpu": growth("/console/cpu_percent"),
            "console_resident": growth("/console/resident_bytes"),
        },
    })
}

/// A console that ends with the measurement, however that ends.
struct Serving {
    child: Child,
    process: Process,
}

impl Serving {
    fn start(record: &Record, listen: &str) -> Result<Serving, Failure> {
        let log = record.log();
        let file = File::create(&log).map_err(Failure::file("create", &log))?;
        let mut serve = Command::new("taskset");
        serve
            .args(["--cpu-list", CONSOLE_CPU])
            .arg(&record.program)
            .args(["serve", "--listen", listen, "--data"])
            .arg(&record.data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        let child = serve.spawn().map_err(|source| Failure::Start {
            program: line(&serve),
            source,
            advice: "`apt-get install util-linux`, which has taskset",
        })?;
        let process = Process::remember(child.id()).ok_or_else(|| Failure::Missing {
            what: "the console ended at once".into(),
            advice: format!("its last words are in {}", log.display()),
        })?;
        Ok(Serving { child, process })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It fails when the console has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program on all cores but the console's; on a machine of one core, on that.
fn elsewhere() -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut command = Command::new("taskset");
    let others = if cores > 1 { format!("1-{}", cores - 1) } else { CONSOLE_CPU.to_owned() };
    command.args(["--cpu-list", &others]);
    command
}

fn free_address() -> Result<String, Failure> {
    let found = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    found
        .map(|address| address.to_string())
        .map_err(Failure::file("find a free port on", "127.0.0.1"))
}
