//! What a node's disk is made of: read-only layers in the cache, built once and shared by all nodes
//! and labs.
//!
//! Each layer's name carries a hash of all that went into it. It is built under another name and
//! renamed when it is complete, so that a build that was cut never looks like a good one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::command::{self, CommandError};
use crate::database;

const SUITE: &str = "bookworm";

/// What `debootstrap` installs besides the essential packages.
const PACKAGES: &[&str] = &[
    "systemd",
    "systemd-sysv",
    "dbus",
    "udev",
    "openssh-server",
    "iproute2",
    "iptables",
    "ipset",
    "ipvsadm",
    "keepalived",
    "nginx-light",
    "mariadb-server",
    "mariadb-client",
    "mariadb-backup",
    "curl",
    "ca-certificates",
    "procps",
    "kmod",
    "sudo",
    "zstd",
    "nftables",
    "conntrack",
    "iputils-ping",
    "arping",
    "tcpdump",
];

const PREPARE: &str = include_str!("../nodes/prepare.sh");
const UML_MODULES: &str = "/usr/lib/uml/modules";

#[derive(Debug, thiserror::Error)]
pub enum ImageError {
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

/// The read-only layers of nodes, upper before lower as overlayfs wants them.
pub(crate) struct Layers {
    base: Vec<PathBuf>,
    seed: Option<PathBuf>,
    kernel_modules: Option<PathBuf>,
}

impl Layers {
    pub(crate) fn container(&self) -> Vec<&Path> {
        self.base.iter().map(PathBuf::as_path).collect()
    }

    pub(crate) fn database(&self) -> Vec<&Path> {
        self.seed.iter().chain(&self.base).map(PathBuf::as_path).collect()
    }

    pub(crate) fn kernel(&self) -> Vec<&Path> {
        self.kernel_modules.iter().chain(&self.base).map(PathBuf::as_path).collect()
    }
}

pub(crate) struct Wanted {
    /// Server id of the primary whose data the database nodes start with.
    pub(crate) seed_server_id: Option<u8>,
    pub(crate) kernel_modules: bool,
}

/// Finds the layers in the cache, building what is not there.
pub(crate) fn layers(
    wanted: &Wanted,
    progress: &mut dyn FnMut(&str),
) -> Result<Layers, ImageError> {
    let cache = cache_directory()?;
    fs::create_dir_all(&cache).map_err(file("create", &cache))?;

    let image_key = key(&[SUITE, &PACKAGES.join(",")]);
    let image = cache.join(format!("{SUITE}-{image_key}"));
    if !image.is_dir() {
        progress(&format!("building the nodes' image in {} (once; about 80 s)", image.display()));
        bootstrap(&image, progress)?;
    }
    let prepared_key = key(&[&image_key, PREPARE]);
    let prepared =
        layer(&cache, "prepared", &prepared_key, &[&image], |root| run_inside(root, PREPARE))?;

    let seed = match wanted.seed_server_id {
        Some(server_id) => {
            let configuration = database::seed_configuration(server_id);
            let seed_key = key(&[&prepared_key, &configuration, database::SCHEMA, database::SEED]);
            progress("preparing the databases' first content");
            Some(layer(&cache, "seed", &seed_key, &[&prepared, &image], |root| {
                write(&root.join(database::CONFIGURATION_PATH), &configuration)?;
                write(&root.join("tmp/orders.sql"), database::SCHEMA)?;
                run_inside(root, database::SEED)
            })?)
        }
        None => None,
    };
    let kernel_modules = if wanted.kernel_modules { Some(kernel_modules(&cache)?) } else { None };
    Ok(Layers { base: vec![prepared, image], seed, kernel_modules })
}

/// `$SIGNALBOX_CACHE`, `$XDG_CACHE_HOME/signalbox` or `~/.cache/signalbox`.
pub(crate) fn cache_directory() -> Result<PathBuf, ImageError> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("SIGNALBOX_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("signalbox")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/signalbox")))
        .ok_or(ImageError::NoCache)
}

/// The version of the User Mode Linux kernel whose modules are installed here.
pub(crate) fn uml_version() -> Option<String> {
    let entries = fs::read_dir(UML_MODULES).ok()?;
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).max()
}

fn bootstrap(image: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), ImageError> {
    let building = image.with_extension("building");
    let log_path = image.with_extension("log");
    remove(&building)?;
    let mut log = fs::File::create(&log_path).map_err(file("create", &log_path))?;
    let mut child = Command::new("debootstrap")
        .arg("--variant=minbase")
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg(SUITE)
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
        return Err(ImageError::Debootstrap {
            status: status.to_string(),
            last_line,
            log: log_path,
        });
    }
    fs::rename(&building, image).map_err(file("rename", &building))
}

/// A layer that holds what `fill` changes in a system made of `lower`.
fn layer(
    cache: &Path,
    name: &str,
    key: &str,
    lower: &[&Path],
    fill: impl FnOnce(&Path) -> Result<(), ImageError>,
) -> Result<PathBuf, ImageError> {
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

/// The modules of the User Mode Linux kernel, as a layer. Those for hardware and file systems stay
/// behind.
fn kernel_modules(cache: &Path) -> Result<PathBuf, ImageError> {
    let version = uml_version().unwrap_or_default();
    let complete = cache.join(format!("modules-{version}"));
    if complete.is_dir() {
        return Ok(complete);
    }
    let building = complete.with_extension("building");
    remove(&building)?;
    let modules = building.join("usr/lib/modules");
    fs::create_dir_all(&modules).map_err(file("create", &modules))?;
    let source = format!("{UML_MODULES}/{version}");
    command::run("cp", &["-a", &source, &modules.to_string_lossy()])?;
    fs::rename(&building, &complete).map_err(file("rename", &building))?;
    Ok(complete)
}

/// Runs a shell script in the system under `root`; whatever it started ends with it.
fn run_inside(root: &Path, script: &str) -> Result<(), ImageError> {
    let root = root.to_string_lossy();
    command::run_with_input(
        "unshare",
        &["--pid", "--fork", "--kill-child", "chroot", &root, "sh", "-s"],
        script,
    )?;
    Ok(())
}

fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn write(path: &Path, text: &str) -> Result<(), ImageError> {
    fs::write(path, text).map_err(file("write", path))
}

fn remove(directory: &Path) -> Result<(), ImageError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

fn file<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> ImageError + 'a {
    move |source| ImageError::File { action, path: path.to_owned(), source }
}
