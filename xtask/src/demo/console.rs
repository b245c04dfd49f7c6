//! The demo's console: its program and, once it runs, its REST API.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use signalbox_lab::LabNode;

use super::{process::Process, record::Record};
use crate::{
    exec::{line, output},
    failure::Failure,
};

/// How long the console may take to make its database and keys and to answer.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How long one request may take: adding a node opens a connection to it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Console<'a> {
    record: &'a Record,
}

impl<'a> Console<'a> {
    pub(crate) fn of(record: &'a Record) -> Self {
        Self { record }
    }

    /// Starts the console so that it outlives this command and the terminal's Ctrl-C.
    pub(crate) fn serve(&self, listen: &str) -> Result<Process, Failure> {
        let path = self.record.log();
        let log = File::create(&path).map_err(Failure::file("create", &path))?;
        let errors = log.try_clone().map_err(Failure::file("share", &path))?;
        let mut serve = Command::new(&self.record.program);
        serve
            .args(["serve", "--listen", listen, "--data"])
            .arg(&self.record.data)
            .arg("--site")
            .arg(&self.record.site)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0);
        let child = serve.spawn().map_err(|source| Failure::Start {
            program: line(&serve),
            source,
            advice: "build it: cargo xtask build",
        })?;
        Process::remember(child.id()).ok_or_else(|| self.gave_up("the console ended at once"))
    }

    pub(crate) fn wait_until_it_answers(&self, process: &Process) -> Result<(), Failure> {
        let start = Instant::now();
        while start.elapsed() < START_PATIENCE {
            if ureq::get(format!("{}/api/v1/health", self.record.url)).call().is_ok() {
                return Ok(());
            }
            if !process.is_alive() {
                return Err(self.gave_up("the console ended before it answered"));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(self.gave_up("the console does not answer"))
    }

    /// Makes an API token with the role admin.
    pub(crate) fn create_token(&self, name: &str) -> Result<String, Failure> {
        let role = ["--role", "admin", "--expires-days", "7"];
        self.ask(
            Command::new(&self.record.program).args(["token", "create", "--name", name]).args(role),
        )
    }

    /// A link that signs a person in, once.
    pub(crate) fn sign_in_link(&self, account: &str) -> Result<String, Failure> {
        let of = ["sign-in-link", "--account", account, "--url", &self.record.url];
        self.ask(Command::new(&self.record.program).args(of))
    }

    /// Runs a command of the console's program that prints one thing.
    fn ask(&self, command: &mut Command) -> Result<String, Failure> {
        let printed = output(
            command.arg("--data").arg(&self.record.data),
            "read the console's message above",
        )?;
        match printed.trim() {
            "" => Err(self.gave_up(&format!("`{}` printed nothing", line(command)))),
            answer => Ok(answer.to_owned()),
        }
    }

    /// Stores the key that the nodes accept, and returns the credential's id.
    pub(crate) fn add_credential(&self, private_key: &Path) -> Result<Value, Failure> {
        let key = fs::read_to_string(private_key).map_err(Failure::file("read", private_key))?;
        let body = json!({ "name": "lab", "private_key": key });
        let stored = self.post("/api/v1/nodes/credentials", &body)?;
        Ok(stored.get("id").cloned().unwrap_or_default())
    }

    /// Adds a node as a user's script would. That the host key is right, the lab vouches for.
    pub(crate) fn add_node(&self, node: &LabNode, credential: &Value) -> Result<(), Failure> {
        let body = json!({
            "name": node.name,
            "host": node.management.to_string(),
            "user": "root",
            "credential": { "credential": credential },
            "host_key": node.host_key_fingerprint,
            "tags": [node.role.to_string().replace(' ', "-")],
        });
        self.post("/api/v1/nodes", &body)?;
        Ok(())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let failed = |source| Failure::Http { request: format!("POST {path}"), source };
        let mut answer = ureq::post(format!("{}{path}", self.record.url))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT))
            .build()
            .header("Authorization", format!("Bearer {}", self.record.token))
            .send_json(body)
            .map_err(failed)?;
        let text = answer.body_mut().read_to_string().map_err(failed)?;
        if answer.status().is_success() {
            return serde_json::from_str(&text)
                .map_err(|source| Failure::Json { path: path.into(), source });
        }
        Err(Failure::Missing {
            what: format!("POST {path} was answered {}: {text}", answer.status()),
            advice: format!("the console's log is {}", self.record.log().display()),
        })
    }

    fn gave_up(&self, what: &str) -> Failure {
        Failure::Missing {
            what: what.to_owned(),
            advice: format!("its last words are in {}", self.record.log().display()),
        }
    }
}
