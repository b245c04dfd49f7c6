//! What this machine offers to a lab.

use std::path::Path;

use crate::command;
use crate::error::LabError;
use crate::image;
use crate::state::NodeKind;

/// Debian packages that the lab needs on the machine it runs on; those for kernel nodes are in
/// [`KERNEL_PACKAGES`].
pub const REQUIRED_PACKAGES: &[&str] = &[
    "debootstrap",
    "systemd-container",
    "user-mode-linux",
    "uml-utilities",
    "iproute2",
    "nftables",
    "openssh-client",
    "procps",
    "util-linux",
];

/// Needed only where the machine's kernel has no IPVS.
const KERNEL_PACKAGES: &[&str] = &["user-mode-linux", "uml-utilities"];

/// The packages of [`REQUIRED_PACKAGES`] that are not installed.
pub fn missing_packages() -> Vec<&'static str> {
    let installed = |package: &&str| {
        command::output(
            "dpkg-query",
            &["--show", "--showformat=${db:Status-Status}", package],
            None,
        )
        .is_ok_and(|output| output.stdout == b"installed")
    };
    REQUIRED_PACKAGES.iter().filter(|package| !installed(package)).copied().collect()
}

pub(crate) fn check() -> Result<(), LabError> {
    if command::run("id", &["-u"])? != "0" {
        return Err(LabError::NotRoot);
    }
    let missing: Vec<&str> = missing_packages()
        .into_iter()
        .filter(|package| !KERNEL_PACKAGES.contains(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(" ");
    Err(LabError::PackagesMissing { install: missing.clone(), missing })
}

/// How directors can be had here: on this kernel if it has IPVS, else with a kernel of their own,
/// else not at all.
pub(crate) fn director_kind() -> Option<NodeKind> {
    let ipvs = Path::new("/proc/net/ip_vs").exists()
        || command::succeeds("modprobe", &["--quiet", "ip_vs"]);
    let uml = Path::new("/usr/bin/linux.uml").exists() && image::uml_version().is_some();
    choose(ipvs, uml)
}

pub(crate) const NO_DIRECTORS: &str = "directors: this machine's kernel has no IPVS (module \
     ip_vs) and User Mode Linux \
     is not installed; `apt-get install user-mode-linux uml-utilities` brings it";

fn choose(ipvs: bool, uml: bool) -> Option<NodeKind> {
    match (ipvs, uml) {
        (true, _) => Some(NodeKind::Container),
        (false, true) => Some(NodeKind::Kernel),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_the_machines_own_kernel() {
        assert_eq!(choose(true, true), Some(NodeKind::Container));
        assert_eq!(choose(true, false), Some(NodeKind::Container));
        assert_eq!(choose(false, true), Some(NodeKind::Kernel));
        assert_eq!(choose(false, false), None);
    }
}
