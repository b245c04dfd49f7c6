//! What a node's own files say: written once onto its fresh disk, before it boots for the first
//! time.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use crate::error::{LabError, file};
use crate::keys::Keys;
use crate::state::{LabNode, MANAGEMENT, NodeKind};
use crate::topology::{Engine, NodeSpec, Role, Topology};
use crate::{database, keepalived, mysql};

/// User id of `ops` in the image: the first that `useradd` gives.
const OPS_UID: u32 = 1000;

pub(crate) struct Furnishing<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) spec: &'a NodeSpec,
    pub(crate) node: &'a LabNode,
    pub(crate) root: &'a Path,
}

impl Furnishing<'_> {
    pub(crate) fn write_all(&self, keys: &Keys) -> Result<(), LabError> {
        self.write("etc/hostname", &format!("{}\n", self.node.name))?;
        self.write("etc/hosts", &self.hosts())?;
        self.write("etc/machine-id", &machine_id()?)?;
        self.write("etc/network/node.batch", &self.network())?;
        self.write("etc/sysctl.d/90-node.conf", &self.sysctls())?;
        self.sign_in(keys)?;
        match self.node.role {
            Role::Director => self.director(),
            Role::RealServer => self.web_server(),
            Role::Database => self.database(),
            Role::Router | Role::Client => Ok(()),
        }
    }

    fn sign_in(&self, keys: &Keys) -> Result<(), LabError> {
        let (private, public) = keys.host_key(&self.node.name)?;
        self.write("etc/ssh/ssh_host_ed25519_key", &private)?;
        self.set_mode("etc/ssh/ssh_host_ed25519_key", 0o600)?;
        self.write("etc/ssh/ssh_host_ed25519_key.pub", &public)?;
        for (home, owner) in [("root", 0), ("home/ops", OPS_UID)] {
            let (directory, authorized) =
                (format!("{home}/.ssh"), format!("{home}/.ssh/authorized_keys"));
            self.write(&authorized, keys.authorized())?;
            self.set_mode(&directory, 0o700)?;
            for path in [directory, authorized] {
                let path = self.root.join(path);
                chown(&path, Some(owner), Some(owner))
                    .map_err(file("change the owner of", &path))?;
            }
        }
        Ok(())
    }

    fn director(&self) -> Result<(), LabError> {
        let mut modules = String::from("ip_vs\n");
        for server in &self.topology.virtual_servers {
            let _ = writeln!(modules, "ip_vs_{}", server.scheduler);
        }
        if self.node.kind == NodeKind::Kernel {
            self.write("etc/modules-load.d/ipvs.conf", &modules)?;
            // hostfs forgets a directory that nobody uses, and inotify's watch on it with it.
            // keepalived must be told when a priority is written, so it stays in that directory.
            let unit = format!("[Service]\nWorkingDirectory=/{}\n", keepalived::PRIORITY_DIRECTORY);
            self.write("etc/systemd/system/keepalived.service.d/watched.conf", &unit)?;
            self.create_directory(keepalived::PRIORITY_DIRECTORY)?;
        }
        self.write(
            "etc/keepalived/keepalived.conf",
            &keepalived::configuration(self.topology, self.node),
        )?;
        for vrrp in
            self.topology.vrrp.iter().filter(|vrrp| vrrp.priorities.contains_key(&self.node.name))
        {
            self.write(
                &format!("{}/{}.priority", keepalived::PRIORITY_DIRECTORY, vrrp.instance),
                "0\n",
            )?;
        }
        self.enable("keepalived.service")
    }

    fn web_server(&self) -> Result<(), LabError> {
        let name = &self.node.name;
        let site = format!(
            "server {{\n    listen 80 default_server;\n    root /var/www/html;\n    \
             access_log off;\n    \
             add_header X-Served-By {name};\n    \
             location = /healthz {{ default_type text/plain; return 200 \"ok {name}\\n\"; }}\n}}\n"
        );
        self.write("etc/nginx/sites-available/default", &site)?;
        let page = format!(
            "<!doctype html>\n<title>{name}</title>\n<h1>{name}</h1>\n<p>Served by {name}.</p>\n"
        );
        self.write("var/www/html/index.html", &page)?;
        self.enable("nginx.service")
    }

    fn database(&self) -> Result<(), LabError> {
        if self.spec.engine == Engine::MySql {
            let text = mysql::node_configuration(self.spec);
            return self.write(mysql::NODE_CONFIGURATION_PATH, &text);
        }
        self.write(
            database::CONFIGURATION_PATH,
            &database::configuration(self.topology, self.spec),
        )?;
        self.enable("mariadb.service")
    }

    fn hosts(&self) -> String {
        let mut text = String::from("127.0.0.1 localhost\n");
        for node in &self.topology.nodes {
            if let Some(address) = node.links.values().next() {
                let _ = writeln!(text, "{address} {}", node.name);
            }
        }
        text
    }

    /// Input of `ip -batch`: one fork for all addresses, however many there are.
    fn network(&self) -> String {
        let mut text = String::from("link set dev lo up\n");
        for (index, link) in self.node.links.iter().enumerate() {
            let interface = &link.interface;
            if self.node.kind == NodeKind::Kernel {
                let _ = writeln!(text, "link set dev vec{index} name {interface}");
            }
            let _ = writeln!(text, "link set dev {interface} up");
            let _ = writeln!(
                text,
                "addr add {}/{} broadcast + dev {interface}",
                link.address, link.prefix
            );
        }
        for address in self.topology.direct_routing_addresses(&self.node.name) {
            let _ = writeln!(text, "addr add {address}/32 dev lo");
        }
        if let Some(gateway) = self.spec.gateway {
            let _ = writeln!(text, "route add default via {gateway}");
        }
        text
    }

    fn sysctls(&self) -> String {
        let mut text = String::new();
        let name = &self.node.name;
        let is_director = self.node.role == Role::Director;
        if self.node.role == Role::Router || is_director {
            // A director that lost an address passes on what clients still send to it.
            text.push_str("net.ipv4.ip_forward = 1\n");
        }
        if is_director && self.node.kind == NodeKind::Kernel {
            // With a scheduler that hashes, a connection outlives the move of its address.
            text.push_str("net.ipv4.vs.sloppy_tcp = 1\n");
        }
        if !self.topology.direct_routing_addresses(name).is_empty() {
            // It holds the virtual IP as the director does, and must not answer ARP for it.
            let services = self.node.links.iter().filter(|link| link.segment != MANAGEMENT);
            for interface in
                ["all", "lo"].into_iter().chain(services.map(|link| link.interface.as_str()))
            {
                let _ = writeln!(text, "net.ipv4.conf.{interface}.arp_ignore = 1");
                let _ = writeln!(text, "net.ipv4.conf.{interface}.arp_announce = 2");
            }
        }
        text
    }

    fn enable(&self, unit: &str) -> Result<(), LabError> {
        let link = self.root.join("etc/systemd/system/multi-user.target.wants").join(unit);
        symlink(format!("/lib/systemd/system/{unit}"), &link).map_err(file("create", &link))
    }

    fn create_directory(&self, path: &str) -> Result<(), LabError> {
        let path = self.root.join(path);
        fs::create_dir_all(&path).map_err(file("create", &path))
    }

    fn write(&self, path: &str, text: &str) -> Result<(), LabError> {
        let path = self.root.join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(file("create", directory))?;
        }
        fs::write(&path, text).map_err(file("write", &path))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), LabError> {
        let path = self.root.join(path);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .map_err(file("change the mode of", &path))
    }
}

/// A node that has one does not take its boot for the first, which would run systemd's presets.
fn machine_id() -> Result<String, LabError> {
    let path = Path::new("/proc/sys/kernel/random/uuid");
    let uuid = fs::read_to_string(path).map_err(file("read", path))?;
    Ok(uuid.replace('-', ""))
}
