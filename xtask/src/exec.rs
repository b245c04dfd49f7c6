//! Running other programs, so that a failure says which one it was and what to do.

use std::{
    env,
    ffi::OsString,
    io,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{failure::Failure, places::Places};

/// Announces a step on its own line, on standard error: a command's output may be for a program.
pub(crate) fn step(title: &str) {
    eprintln!("\x1b[1m▸ {title}\x1b[0m");
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
    command.stderr(Stdio::inherit());
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

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The processes, with all that they started, that an interrupt has to reach.
static INTERRUPT_REACHES: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn interrupt_reaches() -> MutexGuard<'static, Vec<u32>> {
    INTERRUPT_REACHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C and a request to end are noted instead of ending this command at once, so
/// that it can take down what it started.
pub(crate) fn catch_interrupts() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for pid in interrupt_reaches().iter() {
            // If it fails, the process has ended by itself, as it should.
            let _ = Command::new("kill").arg(pid.to_string()).status();
        }
    })?;
    Ok(())
}

pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// While this lives, an interrupt ends the child, which the terminal's own does not reach when it
/// is in a process group of its own.
pub(crate) struct InterruptGuard {
    pid: u32,
}

impl InterruptGuard {
    pub(crate) fn of(child: &Child) -> Self {
        let pid = child.id();
        interrupt_reaches().push(pid);
        Self { pid }
    }
}

impl Drop for InterruptGuard {
    fn drop(&mut self) {
        interrupt_reaches().retain(|pid| *pid != self.pid);
    }
}
