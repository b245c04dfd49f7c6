//! One command on all nodes of the lab at once, by the console's SSH lines and by ansible.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::{Value, json};
use signalbox_lab::Lab;

use crate::{
    exec::{cargo, line, output, run, step},
    failure::Failure,
    places::Places,
};

/// ansible without its collections. Its module `raw` is the one that compares: it sends the command as
/// it is, while the others want Python on the nodes.
const ANSIBLE: &str = "ansible-core==2.18.6";
const ROUNDS: usize = 7;
/// A warm console answers so fast that more rounds cost nothing.
const OUR_ROUNDS: usize = 50;
const AT_LEAST: f64 = 20.0;
const NODES_ADVICE: &str = "are all nodes up? `cargo xtask lab status`";

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    let lab = Lab::attach()?;
    let work = places.target.join("bench-exec");
    fs::create_dir_all(&work).map_err(Failure::file("make", &work))?;

    step("build the program that runs a command through the console's lines");
    let ours = ours(places, &lab)?;
    let ansible = Ansible::install(places, &lab, &work)?;
    step("ask all nodes by ansible");
    let theirs = ansible.rounds()?;
    Ok(json!({
        "bench": "exec",
        "nodes": lab.nodes().len(),
        "signalbox": ours.figures(),
        "ansible": theirs.figures(),
        "ansible_version": ANSIBLE,
        "ratio": theirs.warm_median_ms / ours.warm_median_ms,
        "ratio_when_connecting": theirs.first_ms / ours.first_ms,
        "at_least": AT_LEAST,
    }))
}

/// How long rounds took, each from its start to the last node's answer.
struct Rounds {
    /// The first one connects.
    first_ms: f64,
    warm_median_ms: f64,
    warm: usize,
}

impl Rounds {
    fn of(mut rounds_ms: Vec<f64>) -> Option<Rounds> {
        if rounds_ms.len() < 2 {
            return None;
        }
        let first_ms = rounds_ms.remove(0);
        rounds_ms.sort_by(f64::total_cmp);
        let warm_median_ms = *rounds_ms.get(rounds_ms.len() / 2)?;
        Some(Rounds { first_ms, warm_median_ms, warm: rounds_ms.len() })
    }

    fn figures(&self) -> Value {
        json!({
            "connecting_ms": self.first_ms,
            "warm_median_ms": self.warm_median_ms,
            "warm_rounds": self.warm,
        })
    }
}

fn ours(places: &Places, lab: &Lab) -> Result<Rounds, Failure> {
    let advice = "see what the build says above";
    let example = ["--release", "--package", "signalbox-server", "--example", "exec"];
    run(cargo(places).arg("build").args(example), advice)?;
    let nodes = lab.nodes().iter().map(|node| {
        json!({ "host": node.management.to_string(), "host_key": node.host_key_fingerprint })
    });
    let input = json!({
        "private_key": lab.private_key(),
        "rounds": OUR_ROUNDS,
        "nodes": nodes.collect::<Vec<_>>(),
    });
    let program = places.target.join("release/examples/exec");
    step("ask all nodes through the console's lines");
    let printed = feed(&mut Command::new(&program), &input, NODES_ADVICE)?;
    let answer: Value = serde_json::from_str(&printed)
        .map_err(|source| Failure::Json { path: program.clone(), source })?;
    let rounds: Vec<f64> = answer
        .get("rounds_ms")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    Rounds::of(rounds).ok_or_else(|| Failure::Missing {
        what: "the program printed no rounds".into(),
        advice: NODES_ADVICE.into(),
    })
}

/// Runs a program that reads one JSON document and prints another.
pub(super) fn feed(
    command: &mut Command,
    input: &Value,
    advice: &'static str,
) -> Result<String, Failure> {
    let program = line(command);
    let failed = |source| Failure::Start { program: program.clone(), source, advice };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.to_string().as_bytes()).map_err(failed)?;
    }
    let ended = child.wait_with_output().map_err(failed)?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    Err(Failure::Ended { command: program, status: ended.status, advice })
}

/// ansible in a Python environment of its own, with the lab as its inventory.
struct Ansible {
    program: PathBuf,
    inventory: PathBuf,
    nodes: usize,
    work: PathBuf,
}

impl Ansible {
    fn install(places: &Places, lab: &Lab, work: &Path) -> Result<Ansible, Failure> {
        let environment = places.tools().join("ansible");
        let program = environment.join("bin/ansible");
        if !program.exists() {
            step("install ansible from PyPI");
            let advice = "`apt-get install python3-venv`, then once more";
            output(Command::new("python3").args(["-m", "venv"]).arg(&environment), advice)?;
            let mut pip = Command::new(environment.join("bin/pip"));
            output(pip.args(["install", "--quiet", ANSIBLE]), "see what pip says above")?;
        }
        let inventory = work.join("inventory.ini");
        let key = lab.private_key().display();
        let hosts = lab.nodes().iter().map(|node| {
            format!(
                "{} ansible_host={} ansible_user=root ansible_ssh_private_key_file={key}\n",
                node.name, node.management,
            )
        });
        fs::write(&inventory, hosts.collect::<String>())
            .map_err(Failure::file("write", &inventory))?;
        Ok(Ansible { program, inventory, nodes: lab.nodes().len(), work: work.to_owned() })
    }

    /// With as many forks as nodes, and its connections kept between rounds as it does by default.
    fn rounds(&self) -> Result<Rounds, Failure> {
        // Connections that are still open from the last measurement would make the first round warm.
        let sockets = self.work.join("sockets");
        if sockets.exists() {
            fs::remove_dir_all(&sockets).map_err(Failure::file("clear", &sockets))?;
        }
        let mut rounds_ms = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let mut command = Command::new(&self.program);
            command
                .args(["all", "--inventory"])
                .arg(&self.inventory)
                .args(["--forks", &self.nodes.to_string()])
                .args(["--module-name", "raw", "--args", "uname -r"])
                .env("ANSIBLE_HOST_KEY_CHECKING", "False")
                .env("ANSIBLE_SSH_CONTROL_PATH_DIR", &sockets)
                .env("ANSIBLE_HOME", self.work.join("home"));
            output(&mut command, NODES_ADVICE)?;
            rounds_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        Rounds::of(rounds_ms).ok_or_else(|| Failure::Missing {
            what: "ansible was not measured".into(),
            advice: "this is a mistake of the measurement: ROUNDS is at least 2".into(),
        })
    }
}
