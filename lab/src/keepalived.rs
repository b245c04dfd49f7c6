//! The directors' `keepalived.conf` (keepalived.conf(5), 2.2.7).

use std::fmt::Write as _;

use crate::state::LabNode;
use crate::topology::{Check, Forward, Topology, VirtualServerSpec, VrrpSpec};

/// Where the priority that an operator adds to an instance is written, relative to a node's root.
pub(crate) const PRIORITY_DIRECTORY: &str = "etc/keepalived/signalbox";

pub(crate) fn configuration(topology: &Topology, node: &LabNode) -> String {
    let name = &node.name;
    let mut text = format!(
        "# Topology {}, {name}.\n\
         global_defs {{\n    \
             router_id {name}\n    \
             enable_script_security\n    \
             script_user root\n    \
             reload_check_config\n    \
             notification_email {{\n        root@localhost\n    }}\n    \
             notification_email_from keepalived@{name}\n    \
             smtp_server 127.0.0.1\n    \
             smtp_connect_timeout 5\n    \
             vrrp_garp_master_refresh 60\n\
         }}\n",
        topology.name
    );
    for vrrp in &topology.vrrp {
        if let Some(priority) = vrrp.priorities.get(name) {
            // Writing to a String cannot fail.
            let _ = instance(&mut text, topology, node, vrrp, *priority);
        }
    }
    for server in &topology.virtual_servers {
        let _ = virtual_server(&mut text, topology, server);
    }
    text
}

fn instance(
    text: &mut String,
    topology: &Topology,
    node: &LabNode,
    vrrp: &VrrpSpec,
    priority: u8,
) -> std::fmt::Result {
    let VrrpSpec { instance, router_id, address, segment, .. } = vrrp;
    let highest = vrrp.priorities.values().all(|other| *other <= priority);
    let state = if highest { "MASTER" } else { "BACKUP" };
    let interface = node
        .links
        .iter()
        .find(|link| link.segment == *segment)
        .map_or("eth0", |link| &link.interface);
    let prefix = topology.segments.get(segment).map_or(32, |subnet| subnet.prefix);
    writeln!(text, "\ntrack_file signalbox_{instance} {{")?;
    writeln!(text, "    file /{PRIORITY_DIRECTORY}/{instance}.priority")?;
    writeln!(text, "    weight 1")?;
    writeln!(text, "    init_file 0")?;
    writeln!(text, "}}")?;
    writeln!(text, "\nvrrp_instance {instance} {{")?;
    writeln!(text, "    state {state}")?;
    writeln!(text, "    interface {interface}")?;
    writeln!(text, "    virtual_router_id {router_id}")?;
    writeln!(text, "    priority {priority}")?;
    writeln!(text, "    advert_int 1")?;
    writeln!(
        text,
        "    authentication {{\n        auth_type PASS\n        auth_pass lab-{router_id}\n    }}"
    )?;
    writeln!(text, "    virtual_ipaddress {{\n        {address}/{prefix} dev {interface}\n    }}")?;
    writeln!(text, "    track_file {{\n        signalbox_{instance} weight 1\n    }}")?;
    writeln!(text, "}}")
}

fn virtual_server(
    text: &mut String,
    topology: &Topology,
    server: &VirtualServerSpec,
) -> std::fmt::Result {
    let VirtualServerSpec { address, port, scheduler, .. } = server;
    let forward = match server.forward {
        Forward::Dr => "DR",
        Forward::Nat => "NAT",
    };
    writeln!(text, "\nvirtual_server {address} {port} {{")?;
    writeln!(text, "    delay_loop 2")?;
    writeln!(text, "    lb_algo {scheduler}")?;
    if scheduler == "mh" {
        writeln!(text, "    mh-port")?;
    }
    writeln!(text, "    lb_kind {forward}")?;
    writeln!(text, "    protocol TCP")?;
    for real in &server.real {
        let address =
            topology.node(&real.node).and_then(|node| node.links.values().next().copied());
        let Some(address) = address else { continue };
        writeln!(text, "    real_server {address} {port} {{")?;
        writeln!(text, "        weight {}", real.weight)?;
        match server.check {
            Check::Http => {
                writeln!(text, "        HTTP_GET {{")?;
                writeln!(
                    text,
                    "            url {{\n                path /healthz\n                \
                     status_code 200\n            }}"
                )?;
            }
            Check::Tcp => writeln!(text, "        TCP_CHECK {{")?,
        }
        writeln!(
            text,
            "            connect_timeout 2\n            retry 1\n            delay_before_retry 1"
        )?;
        writeln!(text, "        }}\n    }}")?;
    }
    writeln!(text, "}}")
}
