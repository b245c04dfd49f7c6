//! Bringing a lab up.

use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::time::Instant;

use crate::error::{LabError, file};
use crate::furnish::Furnishing;
use crate::host;
use crate::image::{self, Layers, Wanted};
use crate::keys::Keys;
use crate::lab::{Lab, clear, lock_file, wires_are_there};
use crate::site::Site;
use crate::state::{LabNode, Link, MANAGEMENT, NodeKind, State, VirtualAddress};
use crate::topology::{Engine, NodeSpec, Role, Topology};

#[derive(Debug, Clone)]
pub struct UpOptions {
    /// One of [`Topology::names`].
    pub topology: String,
    /// What else to bring up: `mysql`.
    pub with: Vec<String>,
}

impl Default for UpOptions {
    fn default() -> Self {
        Self { topology: "ha".to_owned(), with: Vec::new() }
    }
}

impl Lab {
    /// Brings the topology up and returns when every node does its work. A lab of the same topology
    /// that is up already stays, and its nodes that are off are switched on; anything else that a
    /// lab has left is cleared away.
    pub fn up(options: &UpOptions, progress: &mut dyn FnMut(&str)) -> Result<Self, LabError> {
        let site = Site::from_environment()?;
        let mut topology = Topology::named(&options.topology)?;
        for extra in &options.with {
            topology = topology.with(extra)?;
        }
        host::check()?;
        let lock = lock_file(site)?;
        lock.try_lock().map_err(|_| LabError::Busy)?;

        if let Ok(Some(state)) = State::load(site)
            && state.complete
            && state.topology == topology.name
            && options.with.iter().all(|extra| state.with.contains(extra))
            && wires_are_there(site)
        {
            drop(lock);
            let lab = Self { site, state };
            lab.boot_those_off(progress)?;
            return Self::attach();
        }
        clear(site, progress)?;
        let started = Instant::now();
        let mut lab = Self { site, state: plan(site, &topology, options, &Keys::open(site)?)? };
        for missing in &lab.state.missing {
            progress(&format!("without {missing}"));
        }
        lab.start(&topology, progress)?;
        lab.wait_for_nodes(progress)?;
        lab.start_replication(&topology, progress)?;
        lab.wait_for_services(progress)?;
        lab.state.complete = true;
        lab.state.save(site)?;
        progress(&format!(
            "{} nodes up in {:.0} s",
            lab.state.nodes.len(),
            started.elapsed().as_secs_f32()
        ));
        Ok(lab)
    }

    fn boot_those_off(&self, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        for node in self.state.nodes.iter().filter(|node| !self.machine(node).running()) {
            progress(&format!("switching {} on", node.name));
            self.boot(&node.name)?;
        }
        Ok(())
    }

    fn start(
        &mut self,
        topology: &Topology,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), LabError> {
        let has =
            |role, kind| self.state.nodes.iter().any(|node| node.role == role && node.kind == kind);
        let primary = topology
            .nodes
            .iter()
            .find(|node| is_database(node, Engine::MariaDb) && node.replica_of.is_none());
        let wanted = Wanted {
            seed_server_id: primary.map(|node| node.management),
            kernel_modules: has(Role::Director, NodeKind::Kernel),
            mysql: topology.nodes.iter().any(|node| is_database(node, Engine::MySql)),
        };
        let layers = image::layers(&wanted, progress)?;
        let keys = Keys::open(self.site)?;

        self.state.save(self.site)?;
        self.write_known_hosts(&keys)?;
        progress("laying wires");
        self.site.lay_wires(topology)?;
        progress(&format!("switching on {} nodes", self.state.nodes.len()));
        for index in 0..self.state.nodes.len() {
            let Some(node) = self.state.nodes.get(index) else { break };
            let Some(spec) = topology.node(&node.name) else { continue };
            let machine = self.machine(node);
            machine.mount(&layers_of(&layers, spec, node))?;
            Furnishing { topology, spec, node, root: &machine.root() }.write_all(&keys)?;
            self.site.plug(node)?;
            let process = machine.launch()?;
            if let Some(node) = self.state.nodes.get_mut(index) {
                node.process = Some(process);
            }
            self.state.save(self.site)?;
        }
        Ok(())
    }

    fn write_known_hosts(&self, keys: &Keys) -> Result<(), LabError> {
        let mut text = String::new();
        for node in &self.state.nodes {
            let (_, public) = keys.host_key(&node.name)?;
            let _ = writeln!(text, "{} {}", node.management, public.trim_end());
        }
        let path = self.site.run_directory().join("known_hosts");
        fs::write(&path, text).map_err(file("write", &path))
    }
}

fn layers_of<'a>(layers: &'a Layers, spec: &NodeSpec, node: &LabNode) -> Vec<&'a std::path::Path> {
    match (node.role, node.kind) {
        (Role::Database, _) if spec.engine == Engine::MySql => layers.mysql(),
        (Role::Database, _) => layers.mariadb(),
        (_, NodeKind::Kernel) => layers.kernel(),
        (_, NodeKind::Container) => layers.container(),
    }
}

fn is_database(node: &NodeSpec, engine: Engine) -> bool {
    node.role == Role::Database && node.engine == engine
}

/// The state of a lab that is about to be.
fn plan(
    site: Site,
    topology: &Topology,
    options: &UpOptions,
    keys: &Keys,
) -> Result<State, LabError> {
    let director_kind = host::director_kind();
    let mut nodes = Vec::new();
    for spec in &topology.nodes {
        let kind =
            if spec.role == Role::Director { director_kind } else { Some(NodeKind::Container) };
        if let Some(kind) = kind {
            nodes.push(LabNode {
                name: spec.name.clone(),
                kind,
                role: spec.role,
                management: IpAddr::V4(site.management_address(spec.management)),
                host_key_fingerprint: keys.host_key_fingerprint(&spec.name)?,
                links: links(site, topology, spec),
                process: None,
            });
        }
    }
    let missing =
        if director_kind.is_none() { vec![host::NO_DIRECTORS.to_owned()] } else { Vec::new() };
    let virtual_addresses =
        if director_kind.is_none() { Vec::new() } else { virtual_addresses(topology) };
    Ok(State {
        topology: topology.name.clone(),
        with: options.with.clone(),
        complete: false,
        private_key: keys.private_key(),
        virtual_addresses,
        nodes,
        missing,
        cuts: Vec::new(),
    })
}

fn virtual_addresses(topology: &Topology) -> Vec<VirtualAddress> {
    let servers = topology.virtual_servers.iter().map(|server| {
        let vrrp = topology.vrrp.iter().find(|vrrp| vrrp.address == server.address);
        VirtualAddress {
            instance: vrrp.map(|vrrp| vrrp.instance.clone()),
            address: server.address,
            port: Some(server.port),
        }
    });
    servers.collect()
}

fn links(site: Site, topology: &Topology, spec: &NodeSpec) -> Vec<Link> {
    let service = spec.links.iter().enumerate().map(|(index, (segment, address))| Link {
        interface: format!("eth{index}"),
        segment: segment.clone(),
        address: *address,
        prefix: topology.segments.get(segment).map_or(24, |subnet| subnet.prefix),
        mac: site.mac(spec.management, index),
        port: port(&spec.name, segment),
    });
    let management = Link {
        interface: "mgmt0".to_owned(),
        segment: MANAGEMENT.to_owned(),
        address: site.management_address(spec.management),
        prefix: 24,
        mac: site.mac(spec.management, spec.links.len()),
        port: port(&spec.name, MANAGEMENT),
    };
    service.chain([management]).collect()
}

fn port(node: &str, segment: &str) -> String {
    format!("{node}.{}", segment.chars().next().unwrap_or('x'))
}
