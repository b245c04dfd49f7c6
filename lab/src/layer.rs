//! Building one layer: under another name, renamed when it is complete, so that a build that was
//! cut never looks like a good one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::command::{self, CommandError};

#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(
        "no cache directory: set SIGNALBOX_CACHE, XDG_CACHE_HOME or HOME to a directory with 2 GB \
         free"
    )]
    NoCache,
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "debootstrap could not build the nodes' image ({status}); it said last: {last_line}\n\
         Its log is {log}. It needs the Debian mirror (http://deb.debian.org/debian) and about \
         1 GB; try again when both are there"
    )]
    Debootstrap { status: String, last_line: String, log: PathBuf },
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// `$SIGNALBOX_CACHE`, `$XDG_CACHE_HOME/signalbox` or `~/.cache/signalbox`.
pub(crate) fn cache_directory() -> Result<PathBuf, LayerError> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("SIGNALBOX_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("signalbox")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/signalbox")))
        .ok_or(LayerError::NoCache)
}

/// A Debian system of `suite` with `packages` besides the essential ones.
pub(crate) fn bootstrap(
    cache: &Path,
    suite: &str,
    packages: &[&str],
    progress: &mut dyn FnMut(&str),
) -> Result<(PathBuf, String), LayerError> {
    let key = key(&[suite, &packages.join(",")]);
    let image = cache.join(format!("{suite}-{key}"));
    if !image.is_dir() {
        progress(&format!("building the image {} (once; about 80 s)", image.display()));
        run_debootstrap(&image, suite, packages, progress)?;
    }
    Ok((image, key))
}

fn run_debootstrap(
    image: &Path,
    suite: &str,
    packages: &[&str],
    progress: &mut dyn FnMut(&str),
) -> Result<(), LayerError> {
    let building = image.with_extension("building");
    let log_path = image.with_extension("log");
    remove(&building)?;
    let mut log = fs::File::create(&log_path).map_err(file("create", &log_path))?;
    let mut child = Command::new("debootstrap")
        .arg("--variant=minbase")
        .arg(format!("--include={}", packages.join(",")))
        .arg(suite)
        .arg(&building)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.try_clone().map_err(file("open", &log_path))?)
        .spawn()
        .map_err(|source| CommandError::Start { program: "debootstrap".to_owned(), source })?;

    let (mut stages, mut last_line) = (BTreeSet::new(), String::new());
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|output| BufReader::new(output).lines())
        .map_while(Result::ok)
    {
        let _ = writeln!(log, "{line}");
        let doing = line.trim_start_matches("I: ").split(' ').next().unwrap_or_default();
        if doing.ends_with("ing") && stages.insert(doing.to_owned()) {
            progress(&format!("  debootstrap: {}", doing.to_lowercase()));
        }
        last_line = line;
    }
    let status = child.wait().map_err(file("wait for debootstrap in", &building))?;
    if !status.success() {
        return Err(LayerError::Debootstrap {
            status: status.to_string(),
            last_line,
            log: log_path,
        });
    }
    fs::rename(&building, image).map_err(file("rename", &building))
}

/// A layer that holds what `fill` changes in a system made of `lower`.
pub(crate) fn layer(
    cache: &Path,
    name: &str,
    key: &str,
    lower: &[&Path],
    fill: impl FnOnce(&Path) -> Result<(), LayerError>,
) -> Result<PathBuf, LayerError> {
    let complete = cache.join(format!("{name}-{key}"));
    if complete.is_dir() {
        return Ok(complete);
    }
    let building = complete.with_extension("building");
    let (upper, work, root) =
        (building.join("upper"), building.join("work"), building.join("root"));
    if root.is_dir() && is_mount_point(&root) {
        command::run("umount", &[&root.to_string_lossy()])?;
    }
    remove(&building)?;
    for directory in [&upper, &work, &root] {
        fs::create_dir_all(directory).map_err(file("create", directory))?;
    }
    mount_overlay(lower, &upper, &work, &root)?;
    let filled = fill(&root);
    command::run("umount", &[&root.to_string_lossy()])?;
    filled?;
    fs::rename(&upper, &complete).map_err(file("rename", &upper))?;
    remove(&building)?;
    Ok(complete)
}

pub(crate) fn mount_overlay(
    lower: &[&Path],
    upper: &Path,
    work: &Path,
    root: &Path,
) -> Result<(), CommandError> {
    let lower: Vec<String> =
        lower.iter().map(|layer| layer.to_string_lossy().into_owned()).collect();
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.join(":"),
        upper.display(),
        work.display()
    );
    command::run(
        "mount",
        &["-t", "overlay", "signalbox-lab", "-o", &options, &root.to_string_lossy()],
    )
    .map(drop)
}

pub(crate) fn is_mount_point(path: &Path) -> bool {
    command::succeeds("mountpoint", &["-q", &path.to_string_lossy()])
}

/// Runs a shell script in the system under `root`; whatever it started ends with it.
pub(crate) fn run_inside(root: &Path, script: &str) -> Result<(), LayerError> {
    let root = root.to_string_lossy();
    command::run_with_input(
        "unshare",
        &["--pid", "--fork", "--kill-child", "chroot", &root, "sh", "-s"],
        script,
    )?;
    Ok(())
}

pub(crate) fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), LayerError> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(file("create", directory))?;
    }
    fs::write(path, text).map_err(file("write", path))
}

pub(crate) fn remove(directory: &Path) -> Result<(), LayerError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn file<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> LayerError + 'a {
    move |source| LayerError::File { action, path: path.to_owned(), source }
}
