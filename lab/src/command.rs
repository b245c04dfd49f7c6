//! Running the system's programs.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(
        "{program} could not be started; is the Debian package that brings it installed? \
         (`cargo xtask setup`)"
    )]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("`{line}` failed ({status}): {stderr}")]
    Failed { line: String, status: String, stderr: String },
}

/// Runs `program` and returns what it printed; an exit status other than 0 is an error.
pub(crate) fn run(program: &str, args: &[&str]) -> Result<String, CommandError> {
    check(program, args, &output(program, args, None)?)
}

/// As [`run`], with `input` on its standard input.
pub(crate) fn run_with_input(
    program: &str,
    args: &[&str],
    input: &str,
) -> Result<String, CommandError> {
    check(program, args, &output(program, args, Some(input))?)
}

/// Whether the program could be run and ended with status 0.
pub(crate) fn succeeds(program: &str, args: &[&str]) -> bool {
    output(program, args, None).is_ok_and(|output| output.status.success())
}

/// Runs `program` to its end, whatever its exit status.
pub(crate) fn output(
    program: &str,
    args: &[&str],
    input: Option<&str>,
) -> Result<Output, CommandError> {
    let start = |source| CommandError::Start { program: program.to_owned(), source };
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = Command::new(program)
        .args(args)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A program that stops reading early tells why by its exit status.
        let _ = pipe.write_all(input.as_bytes());
    }
    child.wait_with_output().map_err(start)
}

pub(crate) fn check(program: &str, args: &[&str], output: &Output) -> Result<String, CommandError> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let mut stderr = text(&output.stderr);
    if stderr.is_empty() {
        stderr = text(&output.stdout);
    }
    Err(CommandError::Failed {
        line: format!("{program} {}", args.join(" ")),
        status: output.status.to_string(),
        stderr: tail(&stderr).to_owned(),
    })
}

/// The end of a long message, where programs say what went wrong.
fn tail(text: &str) -> &str {
    const LONGEST: usize = 2000;
    let mut start = text.len().saturating_sub(LONGEST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or(text)
}
