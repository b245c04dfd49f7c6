//! The system's own ssh client: a way to a node that shares nothing with the console's.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output};
use std::time::Duration;

use crate::command::{self, CommandError};
use crate::error::LabError;
use crate::lab::Lab;
use crate::state::LabNode;

/// Time for a handshake that takes well under a millisecond, with a node too busy to take part in
/// one.
const CONNECT_PATIENCE: Duration = Duration::from_millis(300);

impl Lab {
    /// Runs a command as root on a node and returns what it printed and its exit status, whatever
    /// that is. Each argument arrives as it is: no shell of the node takes it apart.
    pub fn ssh(&self, node: &str, command: &[&str]) -> Result<Output, LabError> {
        self.ssh_with_input(node, command, None)
    }

    /// As [`Lab::ssh`], for a command that reads its standard input.
    pub fn ssh_with_input(
        &self,
        node: &str,
        command: &[&str],
        input: Option<&str>,
    ) -> Result<Output, LabError> {
        let args = self.ssh_command(node, command)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Ok(command::output("ssh", &args, input)?)
    }

    /// The arguments by which the ssh client runs `command` on a node without asking anybody
    /// anything.
    pub(crate) fn ssh_command(
        &self,
        node: &str,
        command: &[&str],
    ) -> Result<Vec<String>, LabError> {
        let mut args = self.ssh_arguments(self.node(node)?);
        args.extend(["-o".to_owned(), "BatchMode=yes".to_owned(), "--".to_owned()]);
        args.extend(command.iter().map(|argument| quote(argument)));
        Ok(args)
    }

    /// As [`Lab::ssh`], for a command that must succeed: its standard output.
    pub fn ssh_ok(&self, node: &str, command: &[&str]) -> Result<String, LabError> {
        self.checked(node, command, &self.ssh(node, command)?)
    }

    pub(crate) fn checked(
        &self,
        node: &str,
        command: &[&str],
        output: &Output,
    ) -> Result<String, LabError> {
        command::check("ssh", command, output).map_err(|error| match error {
            CommandError::Failed { stderr, .. } => {
                LabError::NodeRefused { node: node.to_owned(), what: command.join(" "), stderr }
            }
            other => other.into(),
        })
    }

    /// A session at this terminal: a command, or a shell where there is none.
    pub fn ssh_interactive(&self, node: &str, command: &[String]) -> Result<i32, LabError> {
        let mut args = self.ssh_arguments(self.node(node)?);
        args.push("--".to_owned());
        args.extend(command.iter().map(|argument| quote(argument)));
        let status = Command::new("ssh")
            .args(args)
            .status()
            .map_err(|source| CommandError::Start { program: "ssh".to_owned(), source })?;
        Ok(status.code().unwrap_or(255))
    }

    fn ssh_arguments(&self, node: &LabNode) -> Vec<String> {
        let known_hosts = self.site.run_directory().join("known_hosts");
        [
            "-F",
            "none",
            "-i",
            &self.private_key().to_string_lossy(),
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            &format!("UserKnownHostsFile={}", known_hosts.display()),
            "-o",
            "ConnectTimeout=10",
            "-o",
            "LogLevel=ERROR",
            &format!("root@{}", node.management),
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

/// Whether an sshd answers there: at once if none listens, else `patience` is for its greeting.
pub(crate) fn answers(node: &LabNode, patience: Duration) -> bool {
    let address = SocketAddr::new(node.management, 22);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, CONNECT_PATIENCE) else {
        return false;
    };
    let mut greeting = [0; 4];
    stream.set_read_timeout(Some(patience)).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && &greeting == b"SSH-"
}

/// One word of a line for a POSIX shell: sshd hands what it gets to the user's shell.
fn quote(argument: &str) -> String {
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_a_shell() {
        for argument in ["", "a b", "it's", "$(id)", "`id`; \"x\"", "-n", "line\nbreak", "\\'"] {
            let line = format!("printf %s {}", quote(argument));
            let output = Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), argument);
        }
    }
}
