//! What a node's disk is made of: read-only layers in the cache, built once and shared by all nodes
//! and labs. Each layer's name carries a hash of all that went into it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command;
use crate::layer::{self, LayerError, file};
use crate::{database, mysql};

/// A Debian system that nodes are made of.
struct System {
    suite: &'static str,
    /// What `debootstrap` installs besides the essential packages.
    packages: &'static [&'static str],
}

const USUAL: System = System {
    suite: "bookworm",
    packages: &[
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
    ],
};

/// MySQL is in no release of Debian, only in sid.
const WITH_MYSQL: System = System {
    suite: "sid",
    packages: &[
        "systemd",
        "systemd-sysv",
        "dbus",
        "openssh-server",
        "iproute2",
        "iptables",
        "nftables",
        "ca-certificates",
        "procps",
        "kmod",
        "sudo",
        "zstd",
        "iputils-ping",
        "openssl",
        "mysql-server-core",
        "mysql-client-core",
    ],
};

const PREPARE: &str = include_str!("../nodes/prepare.sh");
const UML_MODULES: &str = "/usr/lib/uml/modules";

/// The read-only layers of nodes, upper before lower as overlayfs wants them.
pub(crate) struct Layers {
    base: Vec<PathBuf>,
    seed: Option<PathBuf>,
    kernel_modules: Option<PathBuf>,
    mysql: Vec<PathBuf>,
}

impl Layers {
    pub(crate) fn container(&self) -> Vec<&Path> {
        self.base.iter().map(PathBuf::as_path).collect()
    }

    pub(crate) fn mariadb(&self) -> Vec<&Path> {
        self.seed.iter().chain(&self.base).map(PathBuf::as_path).collect()
    }

    pub(crate) fn mysql(&self) -> Vec<&Path> {
        self.mysql.iter().map(PathBuf::as_path).collect()
    }

    pub(crate) fn kernel(&self) -> Vec<&Path> {
        self.kernel_modules.iter().chain(&self.base).map(PathBuf::as_path).collect()
    }
}

pub(crate) struct Wanted {
    /// Server id of the primary whose data the MariaDB nodes start with.
    pub(crate) seed_server_id: Option<u8>,
    pub(crate) kernel_modules: bool,
    pub(crate) mysql: bool,
}

/// Finds the layers in the cache, building what is not there.
pub(crate) fn layers(
    wanted: &Wanted,
    progress: &mut dyn FnMut(&str),
) -> Result<Layers, LayerError> {
    let cache = layer::cache_directory()?;
    fs::create_dir_all(&cache).map_err(file("create", &cache))?;
    // Two labs that come up at once build each layer once.
    let lock_path = cache.join("lock");
    let lock = fs::File::create(&lock_path).map_err(file("create", &lock_path))?;
    lock.lock().map_err(file("lock", &lock_path))?;

    let (base, base_key) = base(&cache, &USUAL, progress)?;
    let seed = match wanted.seed_server_id {
        Some(id) => Some(mariadb_seed(&cache, id, &base, &base_key, progress)?),
        None => None,
    };
    let kernel_modules = if wanted.kernel_modules { Some(kernel_modules(&cache)?) } else { None };
    let mysql = if wanted.mysql { mysql_layers(&cache, progress)? } else { Vec::new() };
    Ok(Layers { base, seed, kernel_modules, mysql })
}

/// A system with what all nodes share, and the key that goes with it.
fn base(
    cache: &Path,
    system: &System,
    progress: &mut dyn FnMut(&str),
) -> Result<(Vec<PathBuf>, String), LayerError> {
    let (image, image_key) = layer::bootstrap(cache, system.suite, system.packages, progress)?;
    let key = layer::key(&[&image_key, PREPARE]);
    let prepared =
        layer::layer(cache, "prepared", &key, &[&image], |root| layer::run_inside(root, PREPARE))?;
    Ok((vec![prepared, image], key))
}

fn mariadb_seed(
    cache: &Path,
    server_id: u8,
    base: &[PathBuf],
    base_key: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, LayerError> {
    let configuration = database::seed_configuration(server_id);
    let key = layer::key(&[base_key, &configuration, database::SCHEMA, database::SEED]);
    let lower: Vec<&Path> = base.iter().map(PathBuf::as_path).collect();
    progress("preparing the databases' first content");
    layer::layer(cache, "seed", &key, &lower, |root| {
        layer::write(&root.join(database::CONFIGURATION_PATH), &configuration)?;
        layer::write(&root.join("tmp/orders.sql"), database::SCHEMA)?;
        layer::run_inside(root, database::SEED)
    })
}

fn mysql_layers(cache: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<PathBuf>, LayerError> {
    let (mut layers, base_key) = base(cache, &WITH_MYSQL, progress)?;
    let key =
        layer::key(&[&base_key, mysql::CONFIGURATION, mysql::UNIT, mysql::SCHEMA, mysql::SEED]);
    let lower: Vec<&Path> = layers.iter().map(PathBuf::as_path).collect();
    let seed = layer::layer(cache, "mysql", &key, &lower, |root| {
        layer::write(&root.join("etc/mysql/my.cnf"), mysql::CONFIGURATION)?;
        layer::write(&root.join("etc/systemd/system/mysql.service"), mysql::UNIT)?;
        layer::write(&root.join("tmp/orders.sql"), mysql::SCHEMA)?;
        layer::run_inside(root, mysql::SEED)
    })?;
    layers.insert(0, seed);
    Ok(layers)
}

/// The version of the User Mode Linux kernel whose modules are installed here.
pub(crate) fn uml_version() -> Option<String> {
    let entries = fs::read_dir(UML_MODULES).ok()?;
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).max()
}

/// The modules of the User Mode Linux kernel, as a layer. Those for hardware and file systems stay
/// behind.
fn kernel_modules(cache: &Path) -> Result<PathBuf, LayerError> {
    let version = uml_version().unwrap_or_default();
    let complete = cache.join(format!("modules-{version}"));
    if complete.is_dir() {
        return Ok(complete);
    }
    let building = complete.with_extension("building");
    layer::remove(&building)?;
    let modules = building.join("usr/lib/modules");
    fs::create_dir_all(&modules).map_err(file("create", &modules))?;
    let source = format!("{UML_MODULES}/{version}");
    command::run("cp", &["-a", &source, &modules.to_string_lossy()])?;
    fs::rename(&building, &complete).map_err(file("rename", &building))?;
    Ok(complete)
}
