//! One node as this machine runs it: its disk, its process, its control group.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{self, CommandError};
use crate::control_group::ControlGroups;
use crate::error::{LabError, file};
use crate::layer;
use crate::process::{self, StartedProcess};
use crate::site::Site;
use crate::state::{LabNode, NodeKind};
use crate::topology::Role;

/// Memory of a node with its own kernel; about a quarter of it is in use.
const KERNEL_MEMORY: &str = "256M";

/// A node's place on this machine.
pub(crate) struct Machine<'a> {
    pub(crate) site: Site,
    pub(crate) node: &'a LabNode,
}

impl Machine<'_> {
    fn disk(&self) -> PathBuf {
        self.site.disk_directory().join(&self.node.name)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.disk().join("root")
    }

    /// The file to which the node's boot messages go.
    pub(crate) fn console_log(&self) -> PathBuf {
        self.site.run_directory().join(format!("{}.log", self.node.name))
    }

    /// A disk of its own, of a fixed size, on top of the shared layers.
    pub(crate) fn mount(&self, layers: &[&Path]) -> Result<(), LabError> {
        let disk = self.disk();
        fs::create_dir_all(&disk).map_err(file("create", &disk))?;
        let options = format!("mode=0755,size={}", self.disk_size());
        command::run(
            "mount",
            &["-t", "tmpfs", "-o", &options, "signalbox-lab", &disk.to_string_lossy()],
        )?;
        let (upper, work, root) = (disk.join("upper"), disk.join("work"), self.root());
        for directory in [&upper, &work, &root] {
            fs::create_dir(directory).map_err(file("create", directory))?;
        }
        Ok(layer::mount_overlay(layers, &upper, &work, &root)?)
    }

    fn disk_size(&self) -> &'static str {
        if self.node.role == Role::Database { "2G" } else { "512M" }
    }

    /// Leaves the node no free block. Shrinking its disk to what is in use costs neither time nor
    /// memory.
    pub(crate) fn fill_disk(&self) -> Result<(), CommandError> {
        let disk = self.disk();
        let printed =
            command::run("df", &["--block-size=4096", "--output=used", &disk.to_string_lossy()])?;
        let used_pages: u64 =
            printed.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(1);
        self.resize(&format!("{}", used_pages.max(1) * 4096))
    }

    pub(crate) fn free_disk(&self) -> Result<(), CommandError> {
        self.resize(self.disk_size())
    }

    fn resize(&self, size: &str) -> Result<(), CommandError> {
        let options = format!("remount,size={size}");
        command::run("mount", &["-o", &options, &self.disk().to_string_lossy()]).map(drop)
    }

    /// Switches the node on; its wires are plugged and its disk mounted.
    pub(crate) fn launch(&self) -> Result<StartedProcess, LabError> {
        let log_path = self.console_log();
        let log = fs::File::create(&log_path).map_err(file("create", &log_path))?;
        let error_log = log.try_clone().map_err(file("open", &log_path))?;
        let groups =
            ControlGroups::mounted().join(&self.site.control_group()).create(&self.node.name);

        // The process enters its control groups itself, before it becomes the node.
        let enter = "while [ \"$1\" != -- ]; do echo $$ > \"$1\"; shift; done; shift; exec \"$@\"";
        let child = Command::new("sh")
            .args(["-c", enter, "launch"])
            .args(groups.process_files())
            .arg("--")
            .args(self.command_line())
            // A container sets the sysctls of its own network (systemd's ENVIRONMENT.md); otherwise
            // nspawn allows that only with a network namespace that it made itself.
            .env("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network")
            // systemd from 258 on boots with control groups version 2 alone.
            .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(error_log)
            // So that Ctrl-C on `lab up` does not reach the nodes.
            .process_group(0)
            .spawn()
            .map_err(|source| CommandError::Start { program: "sh".to_owned(), source })?;
        StartedProcess::remember(child.id())
            .ok_or_else(|| LabError::NodeOff { node: self.node.name.clone() })
    }

    fn command_line(&self) -> Vec<String> {
        let name = &self.node.name;
        match self.node.kind {
            NodeKind::Container => vec![
                "systemd-nspawn".to_owned(),
                "--quiet".to_owned(),
                "--keep-unit".to_owned(),
                "--register=no".to_owned(),
                self.mark(),
                "--boot".to_owned(),
                format!("--network-namespace-path=/run/netns/{}", self.site.node_namespace(name)),
                "--capability=all".to_owned(),
                format!("--machine={name}"),
                "--link-journal=no".to_owned(),
            ],
            NodeKind::Kernel => {
                let mut line = vec![
                    "nsenter".to_owned(),
                    self.site.wire_namespace_option(),
                    "linux.uml".to_owned(),
                    format!("mem={KERNEL_MEMORY}"),
                    "con=null".to_owned(),
                    "con0=null,fd:1".to_owned(),
                    "root=/dev/root".to_owned(),
                    "rootfstype=hostfs".to_owned(),
                    self.mark(),
                    "rw".to_owned(),
                    "quiet".to_owned(),
                    format!("uml_dir={}", self.site.run_directory().join("uml").display()),
                    format!("umid={name}"),
                ];
                line.extend(self.node.links.iter().enumerate().map(|(index, link)| {
                    format!(
                        "vec{index}:transport=tap,ifname={},depth=128,gro=1,mac={}",
                        link.port, link.mac
                    )
                }));
                line
            }
        }
    }

    /// The argument by which this node's process is told from every other one.
    fn mark(&self) -> String {
        match self.node.kind {
            NodeKind::Container => container_mark(&self.root()),
            NodeKind::Kernel => kernel_mark(&self.root()),
        }
    }

    fn processes(&self) -> Vec<StartedProcess> {
        processes(&self.root(), self.node.process.as_ref())
    }

    pub(crate) fn running(&self) -> bool {
        self.node.process.as_ref().is_some_and(StartedProcess::alive)
    }

    pub(crate) fn frozen(&self) -> bool {
        self.node.process.as_ref().is_some_and(StartedProcess::stopped)
    }

    /// Takes its power away: nothing in it gets to say goodbye.
    pub(crate) fn cut_power(&self) -> Result<(), LabError> {
        cut_power(&self.root(), self.node.process.as_ref())
    }

    /// Stops it in the middle of whatever it does.
    pub(crate) fn freeze(&self) -> Result<(), CommandError> {
        // A process forked while the others were being stopped needs a second round.
        for _ in 0..2 {
            process::signal("STOP", &self.schedulable())?;
        }
        Ok(())
    }

    pub(crate) fn thaw(&self) -> Result<(), CommandError> {
        process::signal("CONT", &self.schedulable())
    }

    /// The processes to stop. Those that User Mode Linux traces follow their tracer, and would
    /// report the signal to it.
    fn schedulable(&self) -> Vec<StartedProcess> {
        self.processes().into_iter().filter(|process| !process.traced()).collect()
    }

    /// Gives the node the processor for 1 ms in each `period_ms`; 0 gives it all of it again.
    pub(crate) fn starve(&self, period_ms: u32) -> Result<(), LabError> {
        ControlGroups::mounted()
            .join(&self.site.control_group())
            .join(&self.node.name)
            .limit_processor(period_ms)
    }
}

fn container_mark(root: &Path) -> String {
    format!("--directory={}", root.display())
}

fn kernel_mark(root: &Path) -> String {
    format!("rootflags={}", root.display())
}

/// The process of the node at `root` and all that runs in it, also if a crash kept it from being
/// remembered.
fn processes(root: &Path, remembered: Option<&StartedProcess>) -> Vec<StartedProcess> {
    let marked = [container_mark(root), kernel_mark(root)];
    let found = marked.iter().flat_map(|mark| process::with_argument(mark));
    let mut processes = Vec::new();
    for started in remembered.cloned().into_iter().chain(found).flat_map(|process| process.tree()) {
        if !processes.contains(&started) {
            processes.push(started);
        }
    }
    processes
}

pub(crate) fn cut_power(root: &Path, remembered: Option<&StartedProcess>) -> Result<(), LabError> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let deadline = Instant::now() + PATIENCE;
    // What runs in a node loses its place in the tree when its parent goes first, so all of it is
    // remembered.
    let mut doomed = processes(root, remembered);
    while !doomed.is_empty() {
        process::signal("KILL", &doomed)?;
        if Instant::now() > deadline {
            let what = format!("the processes of {} did not end", root.display());
            return Err(LabError::NotReady {
                what,
                seconds: PATIENCE.as_secs(),
                log: "`ps axf`".to_owned(),
            });
        }
        std::thread::sleep(Duration::from_millis(20));
        doomed.retain(StartedProcess::alive);
        doomed.extend(processes(root, remembered));
    }
    Ok(())
}

/// Takes away the disk of a node that is off.
pub(crate) fn unmount(disk: &Path) -> Result<(), CommandError> {
    for directory in [disk.join("root"), disk.to_owned()] {
        if layer::is_mount_point(&directory) {
            command::run("umount", &[&directory.to_string_lossy()])?;
        }
    }
    Ok(())
}
