//! From switched on to at work: sshd answers, the databases replicate, the client gets through.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::database;
use crate::error::LabError;
use crate::lab::Lab;
use crate::ssh;
use crate::state::LabNode;
use crate::topology::{Engine, NodeSpec, Role, Topology};

/// A kernel node on a busy machine may take this long; usually all answer within 15 s.
const BOOT_PATIENCE: Duration = Duration::from_secs(120);

impl Lab {
    pub(crate) fn wait_for_nodes(&self, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        let started = Instant::now();
        let (told, answers) = mpsc::channel();
        thread::scope(|scope| {
            for node in &self.state.nodes {
                let told = told.clone();
                scope.spawn(move || told.send((node, self.wait_for_node(node))));
            }
            drop(told);
            for (node, answer) in answers {
                answer?;
                let seconds = started.elapsed().as_secs_f32();
                progress(&format!("  {} answers after {seconds:.1} s", node.name));
            }
            Ok(())
        })
    }

    pub(crate) fn wait_for_node(&self, node: &LabNode) -> Result<(), LabError> {
        let deadline = Instant::now() + BOOT_PATIENCE;
        // One patient connection: sshd turns callers away when many hang up on it.
        while !ssh::answers(node, Duration::from_secs(20)) {
            let machine = self.machine(node);
            let log = machine.console_log().display().to_string();
            if !machine.running() {
                return Err(LabError::WentOff { node: node.name.clone(), log });
            }
            if Instant::now() > deadline {
                let what = format!("{} did not answer", node.name);
                return Err(LabError::NotReady { what, seconds: BOOT_PATIENCE.as_secs(), log });
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    pub(crate) fn start_replication(
        &self,
        topology: &Topology,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), LabError> {
        const READY: &str = "until mariadb-admin --silent ping > /dev/null; do sleep 0.2; done; \
                             cat /var/lib/mysql-seed.gtid";
        const RUNNING: &str = "until mariadb -e 'SHOW SLAVE STATUS\\G' | \
                               grep -c 'Slave_.*_Running: Yes' | grep -qx 2; do sleep 0.2; done";
        let databases: Vec<&NodeSpec> = topology
            .nodes
            .iter()
            .filter(|node| node.role == Role::Database && node.engine == Engine::MariaDb)
            .collect();
        if databases.is_empty() {
            return Ok(());
        }
        progress("starting replication");
        let wait =
            |node: &str, script: &str| self.ssh_ok(node, &["timeout", "60", "sh", "-c", script]);
        for database in &databases {
            let gtid = wait(&database.name, READY)?;
            let source = database.replica_of.as_ref().and_then(|source| topology.node(source));
            if let Some(source) = source.and_then(|source| source.links.values().next()) {
                let sql = database::become_replica(*source, &gtid);
                let output = self.ssh_with_input(&database.name, &["mariadb"], Some(&sql))?;
                self.checked(&database.name, &["mariadb"], &output)?;
            }
        }
        for replica in databases.iter().filter(|database| database.replica_of.is_some()) {
            wait(&replica.name, RUNNING)?;
        }
        Ok(())
    }

    /// Until every node has finished booting and the client gets through to each virtual server.
    pub(crate) fn wait_for_services(&self, progress: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        const CONNECT: &str = "\
            until perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new( \
                PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 1)' \"$1\" \"$2\"; \
            do sleep 0.2; done";
        progress("waiting for the services");
        thread::scope(|scope| {
            let settling: Vec<_> = self
                .state
                .nodes
                .iter()
                .map(|node| {
                    (
                        node,
                        scope.spawn(|| {
                            self.ssh(&node.name, &["systemctl", "is-system-running", "--wait"])
                        }),
                    )
                })
                .collect();
            for (node, answer) in settling {
                let said = answer
                    .join()
                    .ok()
                    .and_then(Result::ok)
                    .map(|output| output.stdout)
                    .unwrap_or_default();
                let said = String::from_utf8_lossy(&said);
                if said.trim() != "running" {
                    progress(&format!(
                        "  {} is {}; `systemctl --failed` on it says why",
                        node.name,
                        said.trim()
                    ));
                }
            }
        });
        let client = self.state.nodes.iter().find(|node| node.role == Role::Client);
        for vip in self.state.virtual_addresses.iter() {
            let (Some(client), Some(port)) = (client, vip.port) else { continue };
            let (address, port) = (vip.address.to_string(), port.to_string());
            self.ssh_ok(
                &client.name,
                &["timeout", "60", "sh", "-c", CONNECT, "connect", &address, &port],
            )?;
        }
        Ok(())
    }
}
