//! `drills.run` of a real server: it refuses connections until every director has taken it out.

use std::net::SocketAddr;
use std::time::Duration;

use super::{ChangeInput, PlanError, Scene, Wish, interlock, steps};
use crate::drills::{Drill, Fault, LOCK, TAKEN_OUT, firewall_locks};
use crate::ids::NodeId;
use crate::lvs::{Target, describe};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Draft, Expect, Interlock, Prediction, Step};
use crate::time::Timestamp;
use crate::vrrp::client::Question;
use crate::vrrp::conf::{
    Checker, CheckerKind, Effective, RealServer as ConfServer, Target as ConfTarget, VirtualServer,
};
use crate::vrrp::facts::ClientFacts;
use crate::vrrp::interlock::{Finding, interlock as row};
use crate::vrrp::measuring;

/// What a drill of a real server is planned from.
#[derive(Debug, Clone)]
pub struct ServerDrill {
    pub change: ChangeInput,
    pub server: SocketAddr,
    /// The node that has the server's address.
    pub machine: Option<Machine>,
    /// After how long each director's check notices a server that refuses connections at most;
    /// `Err`: why it is not known.
    pub noticed: Vec<(NodeId, Result<Duration, String>)>,
    pub client: Option<(ClientFacts, Question)>,
}

#[derive(Debug, Clone)]
pub struct Machine {
    pub node: NodeId,
    pub name: String,
    /// The console reaches it.
    pub answers: bool,
}

/// Between keepalived's decision and what it told the kernel.
const ACTS_WITHIN: Duration = Duration::from_millis(200);
const LOOK_EVERY_MS: u64 = 100;
const SLACK: Duration = Duration::from_secs(30);

pub fn server_drill(input: &ServerDrill, now: Timestamp) -> Result<Draft, PlanError> {
    let service = input.change.service.id.clone();
    let wish = Wish {
        service: service.clone(),
        server: input.server,
        weight: 0,
        may_empty: false,
        drain: None,
    };
    let scene = Scene::of(&input.change, &wish)?;
    let machine = input.machine.as_ref().ok_or(PlanError::ForeignServer(input.server))?;
    let drilled = Drilled { input, scene: &scene, machine };
    let mut locks = vec![format!("lvs/{service}"), format!("node/{}/real-server", machine.node)];
    locks.extend(input.change.directors.iter().map(|own| format!("node/{}/keepalived", own.node)));
    locks.extend(firewall_locks(machine.node));
    locks.push(LOCK.to_owned());
    let (name, server) = (&machine.name, input.server);
    let back = steps::weighs(&scene, |seat| seat.server.weight);
    Ok(Draft {
        operation: Operation::DrillsRun { drill: Drill::RealServer { service, server } },
        title: Phrase::new(
            format!("Drill of {}: {name} dies", describe(scene.target)),
            format!("{} 的演练：{name} 失效", describe(scene.target)),
        ),
        run_label: Phrase::new("Run the drill", "运行演练"),
        interlocks: drilled.interlocks(&locks, now),
        steps: drilled.steps(),
        verification: back.iter().cloned().chain(drilled.answered()).collect(),
        rolled_back: back,
        prediction: Some(drilled.prediction()),
        way_back: Phrase::new("The drill mends its fault by itself", "演练会自行消除故障"),
        locks,
    })
}

/// How long a check takes at most to notice that a server refuses connections: the next check, and
/// its retries. `None` where no check connects to it.
pub fn noticed_within(conf: &Effective, target: &Target, server: SocketAddr) -> Option<Duration> {
    let services = conf.virtual_servers.iter().filter(|service| is_of(service, target));
    let servers =
        services.flat_map(|service| service.real_servers.iter().map(move |s| (service, s)));
    let own = servers.filter(|(_, own)| (own.address, own.port) == (server.ip(), server.port()));
    let own = own.filter(|(_, own)| own.port != 0);
    own.filter_map(|(service, own)| soonest(service, own)).max()
}

fn is_of(service: &VirtualServer, target: &Target) -> bool {
    match (&service.target, target) {
        (ConfTarget::Address { address: own, port, .. }, Target::Address { address, .. }) => {
            (*own, *port) == (address.ip(), address.port())
        }
        (
            ConfTarget::FirewallMark { mark: own, ipv6: six },
            Target::FirewallMark { mark, ipv6 },
        ) => (own, six) == (mark, ipv6),
        _ => false,
    }
}

/// A refused connection is an answer, so no time limit passes first. A check that goes to another
/// address or port does not see it.
fn soonest(service: &VirtualServer, server: &ConfServer) -> Option<Duration> {
    let connects = |kind| {
        matches!(
            kind,
            CheckerKind::TcpCheck
                | CheckerKind::HttpGet
                | CheckerKind::SslGet
                | CheckerKind::SmtpCheck
        )
    };
    let elsewhere = |checker: &&Checker| {
        let mut others = checker.others.iter();
        others.any(|own| ["connect_ip", "connect_port"].contains(&own.keyword.as_str()))
    };
    let checkers = server.checkers.iter().filter(|checker| connects(checker.kind));
    let each = checkers.filter(|checker| !elsewhere(checker)).map(|checker| {
        interval_ms(service, checker) + u64::from(checker.retry) * checker.delay_before_retry_ms
    });
    each.min().map(Duration::from_millis)
}

/// Its own `delay_loop`, in seconds, else the service's.
fn interval_ms(service: &VirtualServer, checker: &Checker) -> u64 {
    let own = checker.others.iter().find(|own| own.keyword == "delay_loop");
    let own = own.and_then(|own| own.arguments.first()?.parse::<f64>().ok());
    let own = own.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map(millis);
    own.unwrap_or(service.delay_loop_ms)
}

struct Drilled<'a> {
    input: &'a ServerDrill,
    scene: &'a Scene<'a>,
    machine: &'a Machine,
}

impl Drilled<'_> {
    /// By the slowest of the directors' checks.
    fn noticed(&self) -> Duration {
        let known = self.input.noticed.iter().filter_map(|(_, noticed)| noticed.as_ref().ok());
        known.max().copied().unwrap_or_default()
    }

    fn fault(&self) -> Fault<'static> {
        Fault::Refused { port: self.input.server.port() }
    }

    fn interlocks(&self, locks: &[String], now: Timestamp) -> Vec<Interlock> {
        let mut all = interlock::all(self.scene, locks, now);
        let name = &self.machine.name;
        all.push(row(
            "server_answers",
            Phrase::new(format!("The console reaches {name}"), format!("控制台可以连接 {name}")),
            Ok(if self.machine.answers {
                Finding::pass(Phrase::new("SSH up", "SSH 已连接"), now)
            } else {
                Finding::block(Phrase::new("It does not answer", "未应答"), now)
            }),
        ));
        all.push(row(
            "checked",
            Phrase::new(
                "Every director checks the server by connecting to it",
                "每台调度器都通过连接检查该服务器",
            ),
            Ok(self.checked(now)),
        ));
        all.push(row(
            "in_service",
            Phrase::new("It is in service on every director", "它在每台调度器上均在服务中"),
            Ok(self.in_service(now)),
        ));
        all.push(row(
            "client_measures",
            Phrase::new("A client measures what is lost", "有客户端测量丢失"),
            Ok(match &self.input.client {
                Some((client, _)) => Finding::pass(Phrase::same(&client.name), client.answered_at),
                None => Finding::warn(
                    Phrase::new(
                        "No node that is neither director nor real server gets an answer from the service",
                        "没有既非调度器也非真实服务器、且能得到该服务应答的节点",
                    ),
                    None,
                ),
            }),
        ));
        all.sort_by_key(|interlock| interlock.verdict);
        all
    }

    fn checked(&self, now: Timestamp) -> Finding {
        let unknown = self.input.noticed.iter().find_map(|(_, noticed)| noticed.as_ref().err());
        match unknown {
            Some(why) => Finding::block(Phrase::same(why), now),
            None => {
                let ms = self.noticed().as_millis();
                let words = (format!("noticed within {ms} ms"), format!("{ms} 毫秒内发现"));
                Finding::pass(Phrase::new(words.0, words.1), now)
            }
        }
    }

    fn in_service(&self, now: Timestamp) -> Finding {
        let idle = self.scene.seats.iter().find(|seat| seat.server.weight == 0);
        let away = self.scene.input.directors.len() > self.scene.seats.len();
        match idle {
            Some(seat) => {
                let name = &seat.director.name;
                Finding::block(
                    Phrase::new(
                        format!("It has weight 0 on {name}: put it back first"),
                        format!("它在 {name} 上的权重为 0：须先恢复"),
                    ),
                    now,
                )
            }
            None if away => Finding::block(
                Phrase::new("A director does not have it in its table", "有调度器的表中没有它"),
                now,
            ),
            None => Finding::pass(Phrase::new("yes", "是"), now),
        }
    }

    fn steps(&self) -> Vec<Step> {
        let on = self.machine.node;
        let client = self.input.client.as_ref();
        let begin = client.map(|(client, question)| {
            let bound = self.noticed() * 4 + SLACK * 4;
            measuring::begin(client, *question, bound, on)
        });
        let end = begin.is_some().then(|| measuring::end(on));
        [begin, Some(self.make()), Some(self.taken_out()), end, Some(self.mend())]
            .into_iter()
            .flatten()
            .collect()
    }

    fn make(&self) -> Step {
        let guard_s = (self.noticed() * 3 + SLACK * 3).as_secs();
        let (name, port) = (&self.machine.name, self.input.server.port());
        Step {
            id: "make_fault".to_owned(),
            title: Phrase::new(
                format!(
                    "Refuse connections to port {port} on {name}; a timer there admits them after {guard_s} s at the latest"
                ),
                format!(
                    "在 {name} 上拒绝到端口 {port} 的连接；其上的定时器最迟 {guard_s} 秒后放行"
                ),
            ),
            actions: vec![self.run(self.fault().make(guard_s))],
            undo: std::iter::once(self.run(self.fault().mend())).chain(self.back()).collect(),
            estimate_ms: 500,
            cancellable: true,
        }
    }

    fn run(&self, command: crate::remote::RemoteCommand) -> Action {
        Action::Run { node: self.machine.node, command, expect: Expect::Success }
    }

    fn taken_out(&self) -> Step {
        let timeout_ms = millis(self.noticed() * 2 + SLACK);
        let out = |check| Action::Await { check, every_ms: LOOK_EVERY_MS, timeout_ms };
        Step {
            id: TAKEN_OUT.to_owned(),
            title: Phrase::new(
                "Wait until no director sends it new connections",
                "等待所有调度器不再向它分配新连接",
            ),
            actions: steps::drained(self.scene).into_iter().map(out).collect(),
            undo: Vec::new(),
            estimate_ms: millis(self.noticed()),
            cancellable: true,
        }
    }

    /// keepalived puts it back when its check passes again.
    fn back(&self) -> Vec<Action> {
        let timeout_ms = millis(self.noticed() * 3 + SLACK);
        let checks = steps::weighs(self.scene, |seat| seat.server.weight).into_iter();
        checks.map(|check| Action::Await { check, every_ms: LOOK_EVERY_MS, timeout_ms }).collect()
    }

    fn mend(&self) -> Step {
        let name = &self.machine.name;
        Step {
            id: "mend_fault".to_owned(),
            title: Phrase::new(
                format!("Admit connections to {name} again, and see it back in service everywhere"),
                format!("重新放行到 {name} 的连接，并确认它在各处恢复服务"),
            ),
            actions: std::iter::once(self.run(self.fault().mend())).chain(self.back()).collect(),
            undo: Vec::new(),
            estimate_ms: millis(self.noticed()),
            cancellable: false,
        }
    }

    fn answered(&self) -> Option<Check> {
        let (client, question) = self.input.client.as_ref()?;
        Some(measuring::answered(client, *question))
    }

    fn prediction(&self) -> Prediction {
        let most = self.noticed();
        let (name, ms) = (&self.machine.name, most.as_millis());
        Prediction {
            label: Phrase::new(
                "Directors send it new connections for at most",
                "调度器仍向它分配新连接的最长时间",
            ),
            low_ms: 0,
            high_ms: millis(most + ACTS_WITHIN),
            basis: Phrase::new(
                format!(
                    "The check notices within its interval and its retries: {ms} ms. Until then {name} refuses its share of new connections"
                ),
                format!(
                    "检查在其间隔和重试之内发现：{ms} 毫秒。在此之前 {name} 拒绝其份额的新连接"
                ),
            ),
            parts: Vec::new(),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
