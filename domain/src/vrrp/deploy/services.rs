//! What the kernel's IPVS table must have once a node runs by its new files.

use std::net::SocketAddr;

use super::plan::Sides;
use crate::lvs::kernel::{self, server_line, service_line};
use crate::lvs::{RealServer, Table, Target, VirtualService, describe};
use crate::phrase::Phrase;
use crate::plan::{Check, Expect};

/// Each service with its scheduler; and each real server that is in the table now, which shows that
/// it is healthy, with its new weight.
pub(super) fn service_checks(side: &Sides<'_>) -> Vec<Check> {
    let nothing = Table::default();
    let live = side.director.ipvs.as_ref().map_or(&nothing, |fact| &fact.value);
    let (before, after) = (&side.before.table, &side.after.table);
    let mut checks = Vec::new();
    for service in &after.services {
        let old = same(before, &service.target);
        if old.is_none_or(|old| old.scheduler != service.scheduler)
            && !service.real_servers.is_empty()
        {
            let line = service_line(&service.target, &service.scheduler);
            let what = format!("{} {}", describe(&service.target), service.scheduler);
            checks.push(check(side, &what, line));
        }
        let Some((old, live)) = old.zip(same(live, &service.target)) else { continue };
        for server in &service.real_servers {
            let is_healthy = find(old, server)
                .zip(find(live, server))
                .is_some_and(|(conf, live)| conf.weight == live.weight);
            let is_new = find(old, server).is_none_or(|old| old.weight != server.weight);
            if is_healthy && is_new {
                let address = SocketAddr::new(server.address, server.port);
                let weight = server.weight;
                let line = server_line(&service.target, address, weight);
                checks.push(check(
                    side,
                    &format!("{} → {address} weight {weight}", describe(&service.target)),
                    line,
                ));
            }
        }
    }
    for service in before.services.iter().filter(|old| same(after, &old.target).is_none()) {
        let line = service_line(&service.target, &service.scheduler);
        let (name, target) = (&side.director.name, describe(&service.target));
        checks.push(Check {
            title: Phrase::new(
                format!("{name} has no {target} any more"),
                format!("{name} 上已没有 {target}"),
            ),
            node: side.director.node,
            command: kernel::table(),
            expect: Expect::NoLine { line },
        });
    }
    checks
}

fn check(side: &Sides<'_>, what: &str, line: String) -> Check {
    let name = &side.director.name;
    Check {
        title: Phrase::new(
            format!("{name} has {what} in its kernel"),
            format!("{name} 内核中有 {what}"),
        ),
        node: side.director.node,
        command: kernel::table(),
        expect: Expect::Line { line },
    }
}

fn same<'a>(table: &'a Table, target: &Target) -> Option<&'a VirtualService> {
    table.services.iter().find(|service| service.target == *target)
}

fn find<'a>(service: &'a VirtualService, server: &RealServer) -> Option<&'a RealServer> {
    let is_same =
        |other: &&RealServer| (other.address, other.port) == (server.address, server.port);
    service.real_servers.iter().find(is_same)
}
