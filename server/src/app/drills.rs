//! Drills: which there are, what became of them, and those that run by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use signalbox_domain::access::Permission;
use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_domain::drills::{
    Drill, DrillView, DrillsView, LOCK, Report, Schedule, ScheduleError, VrrpCase,
};
use signalbox_domain::ids::{JobId, NodeId};
use signalbox_domain::lvs::change::{Machine, ServerDrill, noticed_within, server_drill};
use signalbox_domain::lvs::sharing::{Against, REQUESTS};
use signalbox_domain::lvs::{Owner, Protocol, ServiceId, ServiceView, Target};
use signalbox_domain::nodes::LinkState;
use signalbox_domain::operation::Operation;
use signalbox_domain::phrase::Phrase;
use signalbox_domain::plan::{Draft, Verdict};
use signalbox_domain::vrrp::InstanceName;
use signalbox_domain::vrrp::drill::{DrillInput, drill};
use signalbox_domain::vrrp::facts::HandOverInput;
use signalbox_domain::vrrp::out::other_director;
use signalbox_domain::vrrp::plan::PlanError as VrrpPlanError;
use tokio::time::{MissedTickBehavior, interval};

use super::access::Actor;
use super::jobs::{self, Submission, SubmitError};
use super::lvs_change::{self, LvsChangeError};
use super::lvs_sharing::{self, SharingError, question};
use super::vrrp::{Nodes, VrrpError, client, hand_over_input, ipvs, seen};
use super::{audit, plans, vrrp_conf};
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

/// Schedules are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// A drill that could not run for so long waits for its next time.
const LATE_AT_MOST: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    #[error("no such drill here: {0}")]
    NoSuchDrill(String),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Vrrp(#[from] VrrpError),
    #[error(transparent)]
    Lvs(#[from] LvsChangeError),
    #[error(transparent)]
    Sharing(#[from] SharingError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans a drill from what is seen now.
pub async fn draft(app: &App, drill: &Drill) -> Result<Draft, DrillError> {
    match drill {
        Drill::Vrrp { instance, case } => Ok(of_instance(app, instance, *case).await?),
        Drill::RealServer { service, server } => {
            let input = of_server(app, service, *server).await?;
            let planned = server_drill(&input, clock::now()).map_err(LvsChangeError::from)?;
            Ok(planned)
        }
        Drill::Sharing { service } => {
            let draft = lvs_sharing::draft(app, service, REQUESTS, Against::default()).await?;
            let mut locks = draft.locks;
            locks.push(LOCK.to_owned());
            Ok(Draft {
                locks,
                operation: Operation::DrillsRun { drill: drill.clone() },
                run_label: Phrase::new("Run the drill", "运行演练"),
                ..draft
            })
        }
    }
}

async fn of_instance(
    app: &App,
    instance: &InstanceName,
    case: VrrpCase,
) -> Result<Draft, VrrpError> {
    let view = seen(app, instance)?;
    let holders = view.holder.known().unwrap_or_default();
    let [holder] = holders.as_slice() else {
        return Err(VrrpPlanError::NoHolder { instance: instance.0.clone() }.into());
    };
    let alone = || VrrpPlanError::OneDirector { instance: instance.0.clone() };
    let to = other_director(&view, *holder).ok_or_else(alone)?;
    let hand_over: HandOverInput = hand_over_input(app, instance, to).await?;
    Ok(drill(&DrillInput { case, hand_over }, clock::now())?)
}

async fn of_server(
    app: &App,
    id: &ServiceId,
    server: std::net::SocketAddr,
) -> Result<ServerDrill, DrillError> {
    let nodes = app.fleet.nodes();
    let service = lvs_change::seen(app, id).map_err(LvsChangeError::from)?;
    let machine = service.servers.iter().find(|own| own.address == server.ip());
    let machine = machine.and_then(|own| nodes.get(&own.node?)).map(|(record, observed)| Machine {
        node: record.id,
        name: record.name.to_string(),
        answers: observed.link.state == LinkState::Up,
    });
    let mut noticed = Vec::new();
    for on in &service.on {
        noticed.push((on.node, notice(app, &nodes, on.node, &service.target, server).await));
    }
    let client = match question(id) {
        Some(question) => {
            let tables: Vec<_> = service.on.iter().filter_map(|on| nodes.get(&on.node)).collect();
            let tables: Vec<_> =
                tables.into_iter().filter_map(|(_, seen)| ipvs(seen)).map(|t| t.value).collect();
            client(app, &nodes, question, &tables).await.map(|client| (client, question))
        }
        None => None,
    };
    let change = lvs_change::input(app, id, None).await?;
    Ok(ServerDrill { change, server, machine, noticed, client })
}

/// By the director's own keepalived.conf.
async fn notice(
    app: &App,
    nodes: &Nodes,
    node: NodeId,
    target: &Target,
    server: std::net::SocketAddr,
) -> Result<Duration, String> {
    let (record, _) = nodes.get(&node).ok_or_else(|| format!("node {node} is gone"))?;
    let reading = vrrp_conf::read(app, record).await.map_err(|error| error.to_string())?;
    let (_, conf) = reading.value.with(&std::collections::BTreeMap::new());
    noticed_within(&conf, target, server).ok_or_else(|| {
        format!("keepalived.conf on {} has no check that connects to {server}", record.name)
    })
}

/// Every drill that the fleet as it is seen now allows, with what became of it last.
pub async fn view(app: &App) -> Result<DrillsView, StoreError> {
    let schedules = app.store.drill_schedules().await?;
    let mut drills = Vec::new();
    // One that cannot be run now can still be taken off its schedule.
    let mut shown = all(app);
    shown.extend(schedules.iter().map(|(drill, _)| drill.clone()));
    let mut seen = BTreeSet::new();
    for drill in shown.into_iter().filter(|drill| seen.insert(drill.clone())) {
        let last = match app.store.last_drill(&drill).await? {
            Some(job) => report(app, job).await?,
            None => None,
        };
        let schedule = schedules.iter().find(|(own, _)| *own == drill).map(|(_, own)| *own);
        drills.push(DrillView {
            title: drill.title(),
            subject: subject(app, &drill),
            drill,
            last,
            schedule,
        });
    }
    Ok(DrillsView { at: clock::now(), drills })
}

/// With the real server's name.
fn subject(app: &App, drill: &Drill) -> String {
    let Drill::RealServer { service, server } = drill else { return drill.subject() };
    let services = app.fleet.lvs().services;
    let servers = services.iter().filter(|own| own.id == *service).flat_map(|own| &own.servers);
    let named =
        servers.into_iter().find(|own| (own.address, own.port) == (server.ip(), server.port()));
    named.map_or_else(|| drill.subject(), |own| format!("{} {}", service.0, own.name))
}

/// Those of each instance with a standby, and of each service that keepalived checks.
fn all(app: &App) -> Vec<Drill> {
    let instances = app.fleet.vrrp().instances;
    let pairs = instances.iter().filter(|view| view.members.len() > 1);
    let of_instances = pairs
        .flat_map(|view| VrrpCase::ALL.map(|case| Drill::Vrrp { instance: view.id.clone(), case }));
    let services = app.fleet.lvs().services;
    let of_services = services.iter().flat_map(|service| {
        let sharing =
            can_be_proved(service).then(|| Drill::Sharing { service: service.id.clone() });
        of_servers(service).into_iter().chain(sharing)
    });
    of_instances.chain(of_services).collect()
}

fn of_servers(service: &ServiceView) -> Vec<Drill> {
    if service.owner != Owner::Keepalived || service.servers.len() < 2 {
        return Vec::new();
    }
    let own = service.servers.iter().filter(|own| own.node.is_some() && own.port != 0);
    own.map(|server| Drill::RealServer {
        service: service.id.clone(),
        server: std::net::SocketAddr::new(server.address, server.port),
    })
    .collect()
}

fn can_be_proved(service: &ServiceView) -> bool {
    matches!(service.target, Target::Address { protocol: Protocol::Tcp, .. })
        && question(&service.id).is_some()
}

/// Reports of drills, newest first: of one drill, or of all.
pub async fn reports(
    app: &App,
    drill: Option<&Drill>,
    before: Option<JobId>,
    limit: u32,
) -> Result<Vec<Report>, StoreError> {
    let mut reports = Vec::new();
    for job in app.store.drill_jobs(drill, before, limit).await? {
        reports.extend(report(app, job).await?);
    }
    Ok(reports)
}

async fn report(app: &App, job: JobId) -> Result<Option<Report>, StoreError> {
    Ok(app.jobs.view(job).await?.as_ref().and_then(Report::of))
}

/// Has a drill run by itself every so many days.
pub async fn schedule(
    app: &App,
    actor: &Actor,
    drill: &Drill,
    every_days: u16,
    at_minute: u16,
) -> Result<Schedule, DrillError> {
    if !all(app).contains(drill) {
        return Err(DrillError::NoSuchDrill(name(drill)));
    }
    let schedule = Schedule::new(every_days, at_minute, clock::now())?;
    let deed =
        audit::deed(actor, "drills.schedule", format!("{}: every {every_days} d", name(drill)));
    audit::attempt(&app.store, &deed, async {
        app.store.set_drill_schedule(drill, &schedule, &actor.name).await
    })
    .await?;
    Ok(schedule)
}

/// A drill runs no more by itself.
pub async fn unschedule(app: &App, actor: &Actor, drill: &Drill) -> Result<(), StoreError> {
    let deed = audit::deed(actor, "drills.unschedule", name(drill));
    audit::attempt(&app.store, &deed, app.store.remove_drill_schedule(drill)).await
}

fn name(drill: &Drill) -> String {
    format!("{}, {}", drill.title().en, drill.subject())
}

/// Runs what is due for as long as the console runs.
pub async fn keep_current(app: App) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = run_due(&app).await {
            tracing::error!(%error, "scheduled drills are not looked at");
        }
    }
}

/// One at a time: what is due together runs one after the other.
async fn run_due(app: &App) -> Result<(), StoreError> {
    let now = clock::now();
    for (drill, schedule) in app.store.drill_schedules().await? {
        if schedule.next_at > now {
            continue;
        }
        let late = schedule.next_at.age(now);
        if late < LATE_AT_MOST && app.store.lock_holder(&[LOCK.to_owned()]).await?.is_some() {
            return Ok(());
        }
        // Before it runs, so that a console that dies in it does not begin it again at its start.
        if !app.store.move_drill_schedule(&drill, &schedule, &schedule.after(now)).await? {
            continue;
        }
        let ran = match late < LATE_AT_MOST {
            true => run(app, &drill).await,
            false => Err(format!("it was due {} s ago, which is too late", late.as_secs())),
        };
        if let Err(why) = ran {
            let deed = Deed::by_console("drills.run", name(&drill));
            audit::record(&app.store, &deed, AuditPhase::Refused, &why).await?;
        }
    }
    Ok(())
}

/// A warning that somebody who runs it by hand would be asked about was theirs to weigh when they
/// made the schedule; what blocks now keeps it from running.
async fn run(app: &App, drill: &Drill) -> Result<(), String> {
    let actor = Actor::console(Permission::DrillsRun);
    let operation = Operation::DrillsRun { drill: drill.clone() };
    let plan = plans::make(app, &actor, &operation).await.map_err(|error| error.to_string())?;
    let against = plan.draft.interlocks.iter().find(|row| row.verdict == Verdict::Block);
    if let Some(row) = against {
        return Err(format!("{}: {}", row.id, row.detail.en));
    }
    let approved = Submission::Approved { plan: plan.id, hash: plan.hash };
    match jobs::submit(app, &actor, &approved, None).await {
        Ok(_) => Ok(()),
        Err(SubmitError::Changed(_)) => Err("the fleet changed while it was planned".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
