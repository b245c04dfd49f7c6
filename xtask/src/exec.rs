//! Running other programs, so that a failure says which one it was and what to do.

use std::{env, ffi::OsString, io, path::Path, process::Command};

use crate::{failure::Failure, places::Places};

/// Announces a step on its own line.
pub(crate) fn step(title: &str) {
    println!("\x1b[1m▸ {title}\x1b[0m");
}

/// The cargo that started us, on this checkout and on the target directory of the machine.
pub(crate) fn cargo(places: &Places) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(&places.checkout).env("CARGO_TARGET_DIR", &places.target);
    command
}

/// Runs a program to its end with its output on the terminal. `advice` is shown if it fails.
pub(crate) fn run(command: &mut Command, advice: &'static str) -> Result<(), Failure> {
    let status = command.status().map_err(start_failure(command, advice))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Ended { command: line(command), status, advice })
    }
}

/// Runs a program and returns what it printed.
pub(crate) fn output(command: &mut Command, advice: &'static str) -> Result<String, Failure> {
    command.stderr(std::process::Stdio::inherit());
    let output = command.output().map_err(start_failure(command, advice))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::Ended { command: line(command), status: output.status, advice })
    }
}

/// Whether a program of this name is on the PATH.
pub(crate) fn is_installed(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| is_executable(&dir.join(program))))
}

/// Whether this process may install packages and make network namespaces.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of /proc/self is the effective user of this process: proc(5).
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn start_failure(command: &Command, advice: &'static str) -> impl FnOnce(io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Failure::Start { program, source, advice }
}

/// The command as a person would type it, for messages only.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
