//! Plans: made from what is seen now, kept, and made again whenever somebody looks.

use signalbox_domain::ids::PlanId;
use signalbox_domain::lvs::change::{Drain, Wish};
use signalbox_domain::lvs::{edit, mode, sync};
use signalbox_domain::operation::Operation;
use signalbox_domain::plan::{Draft, Plan};

use crate::app::access::Actor;
use crate::app::backups::{self, BackupError};
use crate::app::drills::{self, DrillError};
use crate::app::firewall::{self, FirewallError};
use crate::app::firewall_trace;
use crate::app::lvs_change::{self, LvsChangeError};
use crate::app::lvs_edit::{self, LvsEditError};
use crate::app::lvs_mode::{self, LvsMoveError};
use crate::app::lvs_sharing::{self, SharingError};
use crate::app::lvs_sync::{self, LvsSyncError};
use crate::app::vrrp::{self, VrrpError};
use crate::app::vrrp_conf;
use crate::app::vrrp_demote;
use crate::app::vrrp_out;
use crate::clock;
use crate::state::App;
use crate::store::StoreError;

/// Why there is no plan. What only makes the move unsafe is an interlock of a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{0} does not exist")]
    NoSuchPlan(PlanId),
    #[error("the role or the token does not allow {0}")]
    Forbidden(&'static str),
    #[error(transparent)]
    Backups(#[from] BackupError),
    #[error(transparent)]
    Drills(#[from] DrillError),
    #[error(transparent)]
    Firewall(#[from] FirewallError),
    #[error(transparent)]
    Lvs(#[from] LvsChangeError),
    #[error(transparent)]
    LvsEdit(#[from] LvsEditError),
    #[error(transparent)]
    LvsMove(#[from] LvsMoveError),
    #[error(transparent)]
    LvsSync(#[from] LvsSyncError),
    #[error(transparent)]
    Vrrp(#[from] VrrpError),
    #[error(transparent)]
    Sharing(#[from] SharingError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a plan cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Plans an operation from what is seen now.
pub async fn draft(app: &App, operation: &Operation) -> Result<Draft, PlanError> {
    match operation {
        Operation::VrrpHandOver { instance, to } => Ok(vrrp::draft(app, instance, *to).await?),
        Operation::VrrpDeploy { nodes } => Ok(vrrp_conf::draft(app, nodes).await?),
        Operation::VrrpDemote { instance, node } => {
            Ok(vrrp_demote::draft(app, instance, *node).await?)
        }
        Operation::VrrpRestore { instance, node } => {
            Ok(vrrp_demote::draft_restore(app, instance, *node).await?)
        }
        Operation::VrrpTakeOut { node } => Ok(vrrp_out::draft(app, *node).await?),
        Operation::VrrpBringBack { node } => Ok(vrrp_out::draft_back(app, *node).await?),
        Operation::LvsSetWeight { service, server, weight, may_empty } => {
            let (service, server) = (service.clone(), *server);
            let wish =
                Wish { service, server, weight: *weight, may_empty: *may_empty, drain: None };
            Ok(lvs_change::draft(app, &wish).await?)
        }
        Operation::LvsDrain { service, server, was, within_s, at_limit, may_empty } => {
            let drain = Drain { was: *was, within_s: *within_s, at_limit: *at_limit };
            let (service, server, drain) = (service.clone(), *server, Some(drain));
            let wish = Wish { service, server, weight: 0, may_empty: *may_empty, drain };
            Ok(lvs_change::draft(app, &wish).await?)
        }
        Operation::LvsChangeService { service, change } => {
            let wish = edit::Wish { service: service.clone(), change: change.clone() };
            Ok(lvs_edit::draft(app, &wish).await?)
        }
        Operation::LvsMoveMode { service, forwarding, keep_old } => {
            let (service, forwarding, keep_old) = (service.clone(), *forwarding, *keep_old);
            Ok(lvs_mode::draft(app, &mode::Wish { service, forwarding, keep_old }).await?)
        }
        Operation::DrillsRun { drill } => Ok(drills::draft(app, drill).await?),
        Operation::LvsSyncDaemon { directors, roles, daemon, in_conf } => {
            let (directors, daemon) = (directors.clone(), daemon.clone());
            let wish = sync::Wish { directors, roles: *roles, daemon, in_conf: *in_conf };
            Ok(lvs_sync::draft(app, &wish).await?)
        }
        Operation::BackupsTake { engine, kind, source } => {
            Ok(backups::draft(app, *engine, *kind, *source).await?)
        }
        Operation::FirewallApply { node, tool, rules, base, within_s } => {
            let wish = firewall::Wish { node: *node, tool: *tool, rules, base: base.as_ref() };
            Ok(firewall::draft(app, wish, *within_s).await?)
        }
        Operation::FirewallApplyGroup { waves, within_s } => {
            Ok(firewall::draft_group(app, waves, *within_s).await?)
        }
        Operation::FirewallChangeSets { node, edits, within_s } => {
            Ok(firewall::draft_sets(app, *node, edits, *within_s).await?)
        }
        Operation::FirewallTrace { node, tool, packet } => {
            Ok(firewall_trace::draft(app, *node, *tool, packet).await?)
        }
        Operation::LvsProveSharing { service, requests, against } => {
            Ok(lvs_sharing::draft(app, service, *requests, *against).await?)
        }
    }
}

/// Plans an operation and keeps the plan, so that it can be approved.
pub async fn make(app: &App, actor: &Actor, operation: &Operation) -> Result<Plan, PlanError> {
    allow(actor, operation)?;
    let draft = draft(app, operation).await?;
    keep(app, actor, draft).await
}

/// Keeps a plan under a number of its own.
pub(super) async fn keep(app: &App, actor: &Actor, draft: Draft) -> Result<Plan, PlanError> {
    let hash = draft.hash()?;
    Ok(app.store.add_plan(draft, hash, clock::now(), &actor.name).await?)
}

/// The plan as it would be made now. Another hash than before means that the fleet has changed in
/// a way that matters, and that an earlier approval is void.
pub async fn again(app: &App, actor: &Actor, id: PlanId) -> Result<Plan, PlanError> {
    let made = app.store.plan(id).await?.ok_or(PlanError::NoSuchPlan(id))?;
    allow(actor, &made.draft.operation)?;
    let draft = draft(app, &made.draft.operation).await?;
    Ok(Plan { id, made_at: clock::now(), hash: draft.hash()?, draft })
}

/// Planning asks the nodes, so it is for those who may run the operation.
pub(super) fn allow(actor: &Actor, operation: &Operation) -> Result<(), PlanError> {
    if actor.may(operation.permission()) {
        Ok(())
    } else {
        Err(PlanError::Forbidden(operation.name()))
    }
}
