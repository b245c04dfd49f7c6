//! The plan of a proof: it changes nothing, and asks a director and a client.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::{
    Against, FEWEST_REQUESTS, MOST_REQUESTS, MeantServer, SharingSpec, interlock, scripts,
};
use crate::fact::Fact;
use crate::ids::NodeId;
use crate::lvs::{ServiceId, ServiceTraffic, Table, Target, VirtualService};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Step};
use crate::time::Timestamp;
use crate::vrrp::facts::{ClientFacts, RunningJob};

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    #[error("no director has the service {0}")]
    NoSuchService(ServiceId),
    #[error("{0} is by firewall mark: it has no address that a client could ask")]
    ByMark(ServiceId),
    #[error("expected {FEWEST_REQUESTS} to {MOST_REQUESTS} requests; found {0}")]
    Requests(u32),
}

/// What the planner is told.
#[derive(Debug, Clone)]
pub struct ProveInput {
    pub service: ServiceId,
    pub requests: u32,
    pub against: Against,
    /// Those that have the service in their table.
    pub directors: Vec<Director>,
    /// The fleet's names of real servers.
    pub names: BTreeMap<IpAddr, String>,
    pub client: Option<ClientFacts>,
    pub running: Vec<RunningJob>,
}

/// A director as the probe sees it.
#[derive(Debug, Clone)]
pub struct Director {
    pub node: NodeId,
    pub name: String,
    /// It has the service's address where it answers for it; when that was seen.
    pub holds: Fact<bool>,
    pub table: Fact<Table>,
    pub traffic: Option<Fact<Vec<ServiceTraffic>>>,
    /// Of keepalived.conf.
    pub configured: Option<Fact<Table>>,
}

/// The service on the director whose share is proved.
pub(super) struct Subject<'a> {
    pub(super) director: &'a Director,
    pub(super) target: Target,
    pub(super) address: SocketAddr,
    pub(super) service: &'a VirtualService,
    pub(super) traffic: Option<&'a ServiceTraffic>,
    /// As keepalived.conf has it.
    pub(super) configured: Option<&'a VirtualService>,
    pub(super) spec: SharingSpec,
}

pub fn prove(input: &ProveInput, now: Timestamp) -> Result<Draft, ProveError> {
    if !(FEWEST_REQUESTS..=MOST_REQUESTS).contains(&input.requests) {
        return Err(ProveError::Requests(input.requests));
    }
    let subject = Subject::of(input)?;
    let (id, name) = (&input.service, &subject.director.name);
    let count = scripts::count(subject.address);
    let locks = vec![format!("lvs/{id}"), format!("node/{}/keepalived", subject.director.node)];
    let unchanged = Check {
        title: Phrase::new(format!("{name} counts connections"), format!("{name} 统计连接数")),
        node: subject.director.node,
        command: count.clone(),
        expect: Expect::Line { line: "held yes".to_owned() },
    };
    // Where there is none an interlock blocks.
    let from = input.client.as_ref().map_or("–", |client| &client.name);
    let requests = input.requests;
    let step = Step {
        id: "ask".to_owned(),
        title: Phrase::new(
            format!(
                "Make {requests} connections from {from}, one after the other, and count them on {name}"
            ),
            format!("从 {from} 逐个建立 {requests} 个连接，并在 {name} 上计数"),
        ),
        actions: vec![Action::ProveSharing {
            node: subject.director.node,
            count,
            ask: scripts::ask(subject.address, requests, scripts::ASK_FOR_S),
            sharing: subject.spec.clone(),
        }],
        undo: Vec::new(),
        estimate_ms: 6_000 + u64::from(requests) * 2,
        cancellable: false,
    };
    Ok(Draft {
        operation: Operation::LvsProveSharing {
            service: id.clone(),
            requests,
            against: input.against,
        },
        title: Phrase::new(
            format!("Prove how {id} is shared, with {requests} connections"),
            format!("用 {requests} 个连接验证 {id} 的分配"),
        ),
        run_label: Phrase::new(
            format!("Make {requests} connections"),
            format!("建立 {requests} 个连接"),
        ),
        interlocks: interlock::all(input, &subject, &locks, now),
        locks,
        steps: vec![step],
        verification: vec![unchanged.clone()],
        rolled_back: vec![unchanged],
        prediction: None,
        way_back: Phrase::new(
            "Nothing is changed: the connections end by themselves",
            "不作任何更改：连接会自行结束",
        ),
    })
}

impl<'a> Subject<'a> {
    fn of(input: &'a ProveInput) -> Result<Subject<'a>, ProveError> {
        let missing = || ProveError::NoSuchService(input.service.clone());
        let target = input.service.target().ok_or_else(missing)?;
        let Target::Address { address, .. } = target else {
            return Err(ProveError::ByMark(input.service.clone()));
        };
        let holder = input.directors.iter().find(|director| director.holds.value);
        let director = holder.or(input.directors.first()).ok_or_else(missing)?;
        let in_table =
            |table: &'a Table| table.services.iter().find(|service| service.target == target);
        let service = in_table(&director.table.value).ok_or_else(missing)?;
        let traffic = director.traffic.iter().flat_map(|fact| &fact.value);
        let traffic = traffic.into_iter().find(|traffic| traffic.target == target);
        let configured = director.configured.as_ref().and_then(|fact| in_table(&fact.value));
        let spec = SharingSpec {
            service: input.service.clone(),
            director: director.node,
            client: input.client.as_ref().map_or(director.node, |client| client.node),
            requests: input.requests,
            against: input.against,
            servers: meant(input, service, configured),
        };
        Ok(Subject { director, target, address, service, traffic, configured, spec })
    }
}

/// The servers of the table. keepalived takes a server that fails its check out of the table or, where
/// it is told so, to weight 0: either gets nothing by intention.
fn meant(
    input: &ProveInput,
    service: &VirtualService,
    configured: Option<&VirtualService>,
) -> Vec<MeantServer> {
    let of = |server: &crate::lvs::RealServer| {
        let in_conf =
            configured.filter(|_| input.against == Against::Configuration).and_then(|c| {
                c.real_servers.iter().find(|r| (r.address, r.port) == (server.address, server.port))
            });
        let weight = in_conf.map_or(server.weight, |conf| match server.weight {
            0 => 0,
            _ => conf.weight,
        });
        let name = input.names.get(&server.address).cloned();
        MeantServer {
            address: server.address,
            port: server.port,
            name: name.unwrap_or_else(|| server.address.to_string()),
            weight,
        }
    };
    service.real_servers.iter().map(of).collect()
}
