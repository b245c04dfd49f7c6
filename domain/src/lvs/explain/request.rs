//! What is really asked, last.

use super::{Found, Scene, WalkStep};
use crate::lvs::{Forwarding, Protocol};
use crate::phrase::Phrase;

pub(super) fn steps(scene: &Scene) -> Vec<WalkStep> {
    let address = scene.address;
    let Some(client) = &scene.client else {
        let title = Phrase::new(
            format!("A client is answered by {address}"),
            format!("{address} 应答客户端"),
        );
        let nobody = Found::unknown(
            "no node of the fleet is neither director nor real server",
            "没有既非调度器也非真实服务器的节点",
        );
        return vec![nobody.step("request", None, title)];
    };
    let name = &client.name;
    let found = match &client.asked {
        Err(why) => Found::unread(why),
        Ok(fact) => {
            let asked = fact.value;
            let words = Phrase::new(
                format!(
                    "{} of {} connections answered, {} refused, {} without answer",
                    asked.answered, asked.connections, asked.refused, asked.silent
                ),
                format!(
                    "{} 个连接中 {} 个得到应答，{} 个被拒绝，{} 个无应答",
                    asked.connections, asked.answered, asked.refused, asked.silent
                ),
            );
            if asked.connections > 0 && asked.answered == asked.connections {
                Found::pass(fact, words.en, words.zh)
            } else {
                Found::broken(fact, words.en, words.zh)
            }
        }
    };
    let title =
        Phrase::new(format!("{name} is answered by {address}"), format!("{address} 应答 {name}"));
    vec![found.step("request", Some(client.node), title)]
}

/// How ipvsadm names the service.
fn option(scene: &Scene) -> String {
    let letter = match scene.protocol {
        Protocol::Tcp => "-t",
        Protocol::Udp => "-u",
        Protocol::Sctp => "--sctp-service",
    };
    format!("{letter} {}", scene.address)
}

pub(super) fn add_command(scene: &Scene) -> Option<String> {
    Some(format!("ipvsadm -A {} -s wlc", option(scene)))
}

pub(super) fn weigh_command(scene: &Scene) -> Option<String> {
    let server = scene.servers.first()?;
    let way = match server.server.forwarding {
        Forwarding::Nat => "-m",
        Forwarding::Tun => "-i",
        Forwarding::Dr | Forwarding::Local => "-g",
    };
    Some(format!("ipvsadm -e {} -r {} {way} -w 1", option(scene), server.socket()))
}
