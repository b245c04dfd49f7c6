//! The demo's console: its program and, once it runs, its REST API.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use signalbox_lab::LabNode;

use super::{
    process::Process,
    record::{Node, Record},
};
use crate::{
    build::Built,
    exec::{line, output},
    failure::Failure,
};

/// How long the console may take to make its database and keys and to answer.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How long one request may take: adding a node opens a connection to it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Console {
    program: PathBuf,
    site: PathBuf,
    data: PathBuf,
    log: PathBuf,
    url: String,
}

impl Console {
    pub(crate) fn of(built: &Built, record: &Record) -> Self {
        Self {
            program: built.console.clone(),
            site: built.site.clone(),
            data: record.data.clone(),
            log: record.log(),
            url: record.url.clone(),
        }
    }

    /// Starts the console so that it outlives this command and the terminal's Ctrl-C.
    pub(crate) fn serve(&self, listen: &str) -> Result<Process, Failure> {
        let log = File::create(&self.log).map_err(Failure::file("create", &self.log))?;
        let errors = log.try_clone().map_err(Failure::file("share", &self.log))?;
        let mut serve = Command::new(&self.program);
        serve
            .args(["serve", "--listen", listen, "--data"])
            .arg(&self.data)
            .arg("--site")
            .arg(&self.site)
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
            if ureq::get(format!("{}/api/v1/health", self.url)).call().is_ok() {
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
        let mut create = Command::new(&self.program);
        create
            .args(["token", "create", "--name", name, "--role", "admin", "--expires-days", "7"])
            .arg("--data")
            .arg(&self.data);
        Ok(output(&mut create, "read its message above")?.trim().to_owned())
    }

    /// A link that signs a person in, once.
    pub(crate) fn sign_in_link(&self, account: &str) -> Result<String, Failure> {
        let mut make = Command::new(&self.program);
        make.args(["sign-in-link", "--account", account, "--url", &self.url])
            .arg("--data")
            .arg(&self.data);
        Ok(output(&mut make, "read its message above")?.trim().to_owned())
    }

    /// Adds a node as a user's script would. That the host key is right, the lab vouches for.
    pub(crate) fn add_node(
        &self,
        token: &str,
        node: &LabNode,
        private_key: &Path,
    ) -> Result<Node, Failure> {
        let key = fs::read_to_string(private_key).map_err(Failure::file("read", private_key))?;
        let body = json!({
            "name": node.name,
            "host": node.management.to_string(),
            "user": "root",
            "credential": { "kind": "key", "private_key": key },
            "host_key": node.host_key_fingerprint,
            "tags": [node.role.to_string()],
        });
        self.post(token, "/api/v1/nodes", &body)?;
        Ok(node.into())
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        let failed = |source| Failure::Http { request: format!("POST {path}"), source };
        let mut answer = ureq::post(format!("{}{path}", self.url))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_TIMEOUT))
            .build()
            .header("Authorization", format!("Bearer {token}"))
            .send_json(body)
            .map_err(failed)?;
        let text = answer.body_mut().read_to_string().map_err(failed)?;
        if answer.status().is_success() {
            return serde_json::from_str(&text)
                .map_err(|source| Failure::Json { path: path.into(), source });
        }
        Err(Failure::Missing {
            what: format!("POST {path} was answered {}: {text}", answer.status()),
            advice: format!("the console's log is {}", self.log.display()),
        })
    }

    fn gave_up(&self, what: &str) -> Failure {
        Failure::Missing {
            what: what.to_owned(),
            advice: format!("its last words are in {}", self.log.display()),
        }
    }
}
