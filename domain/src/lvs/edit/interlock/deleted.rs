//! What clients notice of a service or a real server that goes.

use super::row;
use crate::lvs::edit::{Director, Scene, ServiceChange};
use crate::lvs::{RealServer, describe};
use crate::phrase::Phrase;
use crate::plan::Interlock;
use crate::time::Timestamp;
use crate::vrrp::interlock::Finding;

pub(super) fn all(scene: &Scene<'_>, now: Timestamp) -> Vec<Interlock> {
    let server = match scene.wish.change {
        ServiceChange::DeleteService {} => None,
        ServiceChange::DeleteServer { server } => Some(server),
        _ => return Vec::new(),
    };
    let goes = |director: &Director| -> Vec<RealServer> {
        let service = director.service(&scene.target);
        let servers = service.into_iter().flat_map(|service| &service.real_servers);
        let goes = |s: &&RealServer| {
            server.is_none_or(|socket| (s.address, s.port) == (socket.ip(), socket.port()))
        };
        servers.filter(goes).cloned().collect()
    };
    let directors = || scene.input.directors.iter().map(|director| (director, goes(director)));
    let active = |servers: &[RealServer]| servers.iter().map(|s| s.active_connections).sum::<u64>();
    let most = directors().map(|(director, gone)| (active(&gone), &director.name)).max();
    let connections = match most {
        Some((active @ 1.., name)) => Finding::warn(
            Phrase::new(
                format!(
                    "{name} has {active} active connections of it, which get no answer any more"
                ),
                format!("{name} 上有 {active} 个活动连接，之后将得不到应答"),
            ),
            Some(now),
        ),
        _ => Finding::pass(Phrase::new("none is active", "没有活动连接"), now),
    };
    let mut all = vec![row(
        "no_connections",
        "No client's connection is cut",
        "不会中断客户端的连接",
        Ok(connections),
    )];
    if let Some(socket) = server {
        let weight = directors().flat_map(|(_, gone)| gone).map(|server| server.weight).max();
        let drained = match weight {
            Some(weight @ 1..) => Finding::warn(
                Phrase::new(
                    format!(
                        "{socket} has weight {weight} and takes new connections: drain it first"
                    ),
                    format!("{socket} 的权重为 {weight}，仍接收新连接：请先排空"),
                ),
                Some(now),
            ),
            _ => Finding::pass(Phrase::new("weight 0", "权重 0"), now),
        };
        all.push(row("drained", "The real server is drained", "该真实服务器已排空", Ok(drained)));
    } else {
        let service = describe(&scene.target);
        let emptied = directors().flat_map(|(_, gone)| gone).any(|server| server.weight > 0);
        let finding = if emptied {
            Finding::warn(
                Phrase::new(
                    format!("{service} takes new connections, which are refused from then on"),
                    format!("{service} 正在接收新连接，此后将被拒绝"),
                ),
                Some(now),
            )
        } else {
            Finding::pass(Phrase::new("no weight above 0", "没有大于 0 的权重"), now)
        };
        all.push(row("not_in_use", "The service is not in use", "该服务未在使用", Ok(finding)));
    }
    all
}
