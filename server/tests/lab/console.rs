//! A console as its users have it: its program, its REST API.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signalbox_domain::fleet::FleetView;
use signalbox_domain::ids::NodeId;
use signalbox_domain::jobs::{JobState, JobView, StepState};
use signalbox_domain::nodes::{LinkState, NodeView};
use signalbox_domain::plan::Plan;
use signalbox_lab::Lab;
use tempfile::TempDir;

pub(crate) struct Console {
    data: TempDir,
    port: u16,
    process: Child,
    token: String,
    pub(crate) nodes: BTreeMap<String, NodeId>,
}

impl Console {
    /// Starts a console that manages these nodes of the lab.
    pub(crate) fn over(lab: &Lab, names: &[&str]) -> Console {
        Console::in_directory(tempfile::tempdir().unwrap(), lab, names)
    }

    /// The same with its data in this directory.
    pub(crate) fn in_directory(data: TempDir, lab: &Lab, names: &[&str]) -> Console {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = serve(&data, port);
        let mut console =
            Console { data, port, process, token: String::new(), nodes: BTreeMap::new() };
        console.await_health();
        console.token = console.make_token();
        for node in lab.nodes() {
            if names.contains(&node.name.as_str()) {
                console.add(&entry(lab, &node.name)).unwrap();
            }
        }
        console
    }

    /// Adds a node as it was entered.
    pub(crate) fn add(&mut self, entry: &Value) -> Result<NodeId, String> {
        let added = self.post("/nodes", entry)?;
        let id = NodeId(added["record"]["id"].as_i64().unwrap());
        self.nodes.insert(entry["name"].as_str().unwrap().to_owned(), id);
        Ok(id)
    }

    pub(crate) fn node(&self, name: &str) -> NodeView {
        let node = self.get(&format!("/nodes/{}", self.nodes[name])).unwrap();
        serde_json::from_value(node).unwrap()
    }

    /// Looks at a node until it is as asked.
    pub(crate) fn await_node(
        &self,
        name: &str,
        what: &str,
        holds: impl Fn(&NodeView) -> bool,
    ) -> NodeView {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let node = self.node(name);
            if holds(&node) {
                return node;
            }
            assert!(Instant::now() < deadline, "{name} does not come to this: {what}: {node:#?}");
            sleep(Duration::from_millis(200));
        }
    }

    /// The line is up and the probe has told of the machine.
    pub(crate) fn await_observed(&self, name: &str) -> NodeView {
        self.await_node(name, "observed", |node| {
            node.observed.link.state == LinkState::Up && node.observed.platform.is_some()
        })
    }

    pub(crate) fn fleet(&self) -> FleetView {
        serde_json::from_value(self.get("/fleet").unwrap()).unwrap()
    }

    pub(crate) fn hand_over(&self, to: &str) -> Value {
        json!({ "operation": "vrrp.hand_over", "instance": "VI_WEB", "to": self.nodes[to] })
    }

    pub(crate) fn plan(&self, to: &str) -> Result<Plan, String> {
        self.plan_of(&self.hand_over(to))
    }

    pub(crate) fn plan_of(&self, operation: &Value) -> Result<Plan, String> {
        let plan = self.post("/plans", &json!({ "operation": operation }))?;
        Ok(serde_json::from_value(plan).unwrap())
    }

    pub(crate) fn plan_that_may_run(&self, to: &str) -> Plan {
        self.plan_of_that_may_run(&self.hand_over(to))
    }

    /// Plans until the plan may run and, where something warns, stays as it is: facts on slow nodes
    /// come a moment later.
    pub(crate) fn plan_of_that_may_run(&self, operation: &Value) -> Plan {
        use signalbox_domain::plan::Verdict;
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut before = String::new();
        loop {
            let planned = self.plan_of(operation);
            let shown = format!("{:#?}", planned.as_ref().map(|plan| &plan.draft.interlocks));
            match planned {
                Ok(plan) if plan.draft.verdict() > Verdict::Block => {
                    if plan.draft.verdict() == Verdict::Pass || plan.hash == before {
                        return plan;
                    }
                    before = plan.hash;
                }
                _ => before.clear(),
            }
            assert!(Instant::now() < deadline, "no plan may run: {shown}");
            sleep(Duration::from_millis(500));
        }
    }

    /// Approves and starts it. Where a fact changed in between, such as a clock that drifts over the
    /// bound of a caution, the plan is made and looked at once more, as a person would.
    pub(crate) fn run(&self, plan: &Plan) -> i64 {
        let approve =
            |plan: &Plan| self.post("/jobs", &json!({ "plan": plan.id, "hash": plan.hash }));
        let job = match approve(plan) {
            Err(refused) if refused.contains("plan_changed") => {
                let operation = serde_json::to_value(&plan.draft.operation).unwrap();
                approve(&self.plan_of_that_may_run(&operation))
            }
            answer => answer,
        };
        let job = job.unwrap();
        job["id"].as_i64().unwrap_or_else(|| panic!("{job}"))
    }

    pub(crate) fn job(&self, id: i64) -> JobView {
        serde_json::from_value(self.get(&format!("/jobs/{id}")).unwrap()).unwrap()
    }

    pub(crate) fn finish(&self, id: i64) -> JobView {
        let deadline = Instant::now() + Duration::from_secs(240);
        loop {
            let job = self.job(id);
            if job.summary.state.is_final() {
                return job;
            }
            assert!(Instant::now() < deadline, "the job does not end: {job:#?}");
            sleep(Duration::from_millis(200));
        }
    }

    pub(crate) fn finish_well(&self, id: i64) -> JobView {
        let job = self.finish(id);
        assert_eq!(job.summary.state, JobState::Done, "{}", self.log(id));
        job
    }

    /// Until the step waits for somebody to say that what was done shall stay.
    pub(crate) fn await_confirm(&self, job: i64, step: &str) {
        assert!(self.await_step(job, step), "{}", self.log(job));
        while self.job(job).confirm_until.is_none() {
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the step begins; false when the job was over before it was seen.
    pub(crate) fn await_step(&self, id: i64, step: &str) -> bool {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let job = self.job(id);
            let view = job.steps.iter().find(|view| view.id == step).unwrap();
            if view.state == StepState::Running {
                return true;
            }
            if job.summary.state.is_final() {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("step {step} never began: {}", self.log(id));
    }

    pub(crate) fn log(&self, id: i64) -> String {
        let log = self.get(&format!("/jobs/{id}/log?after=0")).unwrap();
        serde_json::to_string_pretty(&log).unwrap()
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// As `kill -9`: no chance to put anything in order.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = serve(&self.data, self.port);
        self.await_health();
    }

    fn await_health(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while ureq::get(self.url("/health")).call().is_err() {
            assert!(Instant::now() < deadline, "the console does not answer");
            sleep(Duration::from_millis(100));
        }
    }

    fn make_token(&self) -> String {
        let made = Command::new(env!("CARGO_BIN_EXE_signalbox"))
            .args(["token", "create", "--name", "lab", "--role", "admin", "--data"])
            .arg(self.data.path())
            .output()
            .unwrap();
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/api/v1{path}", self.port)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, String> {
        let request = ureq::get(self.url(path)).header("Authorization", self.bearer());
        answer(request.config().http_status_as_error(false).build().call())
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, String> {
        let request = ureq::delete(self.url(path)).header("Authorization", self.bearer());
        answer(request.config().http_status_as_error(false).build().call())
    }

    /// What is not JSON.
    pub(crate) fn text(&self, path: &str) -> String {
        let request = ureq::get(self.url(path)).header("Authorization", self.bearer());
        request.call().unwrap().body_mut().read_to_string().unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = ureq::post(self.url(path)).header("Authorization", self.bearer());
        answer(request.config().http_status_as_error(false).build().send_json(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = ureq::put(self.url(path)).header("Authorization", self.bearer());
        answer(request.config().http_status_as_error(false).build().send_json(body))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a person would enter for a node of the lab.
pub(crate) fn entry(lab: &Lab, name: &str) -> Value {
    let node = lab.node(name).unwrap();
    json!({
        "name": node.name,
        "host": node.management.to_string(),
        "user": "root",
        "credential": { "private_key": std::fs::read_to_string(lab.private_key()).unwrap() },
        "host_key": node.host_key_fingerprint,
        "tags": [node.role.to_string().replace(' ', "-")],
    })
}

fn serve(data: &TempDir, port: u16) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(data.path().with_extension("log"))
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_signalbox"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
        .arg(data.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The answer's document; the problem's text where it was refused.
fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
    let mut answer = sent.map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    if answer.status().is_success() {
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
    } else {
        Err(format!("{}: {text}", answer.status()))
    }
}
