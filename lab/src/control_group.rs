//! Control groups, versions 1 and 2: each node in one of its own, so that the systemd of one
//! container does not meet that of another, and a node's processor time can be limited.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{LabError, file};

#[derive(Debug, Clone)]
struct Hierarchy {
    path: PathBuf,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Version 1 with the processor controller.
    OneProcessor,
    /// systemd's own, without controllers.
    OneSystemd,
    Two,
}

/// The same group in each hierarchy of this machine that matters here.
pub(crate) struct ControlGroups(Vec<Hierarchy>);

impl ControlGroups {
    /// The roots of the hierarchies; none where the machine mounts none.
    pub(crate) fn mounted() -> Self {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        Self(mounts.lines().filter_map(hierarchy).collect())
    }

    pub(crate) fn join(&self, name: &str) -> Self {
        let below =
            |hierarchy: &Hierarchy| Hierarchy { path: hierarchy.path.join(name), ..*hierarchy };
        Self(self.0.iter().map(below).collect())
    }

    /// The group `name` in this one, made where the machine lets us: a node runs without as well.
    pub(crate) fn create(&self, name: &str) -> Self {
        let mut created = self.join(name);
        for hierarchy in self.0.iter().filter(|hierarchy| hierarchy.version == Version::Two) {
            let _ = fs::create_dir_all(&hierarchy.path);
            // Only needed to slow a node down, which says so if it cannot.
            for parent in hierarchy.path.parent().into_iter().chain([hierarchy.path.as_path()]) {
                let _ = fs::write(parent.join("cgroup.subtree_control"), "+cpu");
            }
        }
        created.0.retain(|hierarchy| fs::create_dir_all(&hierarchy.path).is_ok());
        self.prefer();
        created
    }

    /// Lets those in the group go before the machine's other work. A real node has processors of
    /// its own, and one that waits for a compiler's sends its VRRP adverts too late. They need
    /// little, so that it costs others little.
    fn prefer(&self) {
        for hierarchy in &self.0 {
            // Twenty times the usual; better missed than no lab.
            let _ = match hierarchy.version {
                Version::OneProcessor => fs::write(hierarchy.path.join("cpu.shares"), "20480"),
                Version::Two => fs::write(hierarchy.path.join("cpu.weight"), "2000"),
                Version::OneSystemd => Ok(()),
            };
        }
    }

    /// The files to which a process writes its id to enter.
    pub(crate) fn process_files(&self) -> impl Iterator<Item = PathBuf> {
        self.0.iter().map(|hierarchy| hierarchy.path.join("cgroup.procs"))
    }

    /// Allows 1 ms of processor time in each `period_ms`; 0 lifts the limit.
    pub(crate) fn limit_processor(&self, period_ms: u32) -> Result<(), LabError> {
        const MICROSECONDS: u32 = 1000;
        // The kernel takes periods up to one second.
        let period = period_ms.clamp(2, 1000) * MICROSECONDS;
        for hierarchy in &self.0 {
            let set = |name: &str, value: String| {
                let path = hierarchy.path.join(name);
                fs::write(&path, value).map_err(file("write", &path))
            };
            match hierarchy.version {
                Version::OneProcessor if period_ms == 0 => {
                    set("cpu.cfs_quota_us", "-1".to_owned())?
                }
                Version::OneProcessor => {
                    set("cpu.cfs_period_us", period.to_string())?;
                    set("cpu.cfs_quota_us", MICROSECONDS.to_string())?;
                }
                Version::Two if hierarchy.path.join("cpu.max").exists() => {
                    let quota =
                        if period_ms == 0 { "max".to_owned() } else { MICROSECONDS.to_string() };
                    set("cpu.max", format!("{quota} {period}"))?;
                }
                Version::Two | Version::OneSystemd => {}
            }
        }
        Ok(())
    }

    /// Removes the groups, whose processes have ended.
    pub(crate) fn remove(&self) {
        for hierarchy in &self.0 {
            remove_tree(&hierarchy.path);
        }
    }
}

/// A line of `/proc/self/mounts`.
fn hierarchy(line: &str) -> Option<Hierarchy> {
    let fields: Vec<&str> = line.split(' ').collect();
    let &[_, path, kind, options, ..] = fields.as_slice() else { return None };
    let has = |option: &str| options.split(',').any(|present| present == option);
    let version = match kind {
        "cgroup2" => Version::Two,
        "cgroup" if has("cpu") => Version::OneProcessor,
        "cgroup" if has("name=systemd") => Version::OneSystemd,
        _ => return None,
    };
    Some(Hierarchy { path: PathBuf::from(path), version })
}

/// A group can only be removed after those in it.
fn remove_tree(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path());
        }
    }
    let _ = fs::remove_dir(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mounts_of_both_versions() {
        let v1 = hierarchy("cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0").unwrap();
        assert_eq!(
            (v1.version, v1.path.to_str()),
            (Version::OneProcessor, Some("/sys/fs/cgroup/cpu"))
        );
        assert_eq!(
            hierarchy("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0").unwrap().version,
            Version::Two
        );
        let joint =
            hierarchy("cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0").unwrap();
        assert_eq!(joint.version, Version::OneProcessor);
        assert!(hierarchy("cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0").is_none());
        assert!(hierarchy("/dev/vda / ext4 rw 0 0").is_none());
    }
}
