//! The one operation that is being planned, and how it becomes a job.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signalbox_domain::ids::{JobId, PlanId};
use signalbox_domain::operation::Operation;
use signalbox_domain::plan::{Plan, Verdict};

use crate::api::{self, Problem};
use crate::shell::JobDrawerSwitch;

#[derive(Serialize)]
struct Ask<'a> {
    operation: &'a Operation,
}

#[derive(Serialize)]
struct Approve<'a> {
    plan: PlanId,
    hash: &'a str,
}

/// The part of the answer to a submission that matters here.
#[derive(Deserialize)]
struct Submitted {
    id: JobId,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub operation: Operation,
    /// `None` until the first plan has been made.
    pub plan: Option<Result<Plan, Problem>>,
    /// The plan that was approved no longer held; this is the new one.
    pub changed: bool,
    /// The dialog is open. Else the operation runs at once if every interlock passes.
    pub shown: bool,
    /// The plan has been approved and is on its way to become a job.
    pub starting: bool,
}

#[derive(Clone, Copy)]
pub struct Desk {
    pub(super) asked: RwSignal<Option<Asked>>,
    /// Where the job is shown.
    drawer: JobDrawerSwitch,
}

impl Desk {
    pub fn provide(drawer: JobDrawerSwitch) -> Desk {
        let desk = Desk { asked: RwSignal::new(None), drawer };
        provide_context(desk);
        desk
    }

    pub fn get() -> Desk {
        expect_context()
    }

    /// Shows the plan of an operation; running it is another click.
    pub fn show(self, operation: Operation) {
        self.ask(operation, true);
    }

    /// One click: runs the operation if every interlock passes, else shows its plan.
    pub fn run(self, operation: Operation) {
        self.ask(operation, false);
    }

    /// Whether this operation was asked for by one click and has no answer yet.
    pub fn is_running(self, operation: &Operation) -> bool {
        self.asked.with(|asked| {
            asked.as_ref().is_some_and(|asked| !asked.shown && asked.operation == *operation)
        })
    }

    pub(super) fn close(self) {
        self.asked.set(None);
    }

    fn ask(self, operation: Operation, shown: bool) {
        self.asked.set(Some(Asked {
            operation: operation.clone(),
            plan: None,
            changed: false,
            shown,
            starting: false,
        }));
        self.make_plan(operation, None);
    }

    /// Makes the plan anew from what the nodes show now.
    pub(super) fn make_plan(self, operation: Operation, again: Option<PlanId>) {
        leptos::task::spawn_local(async move {
            let plan = match again {
                Some(id) => api::get::<Plan>(&format!("/api/v1/plans/{id}")).await,
                None => api::post("/api/v1/plans", &Ask { operation: &operation }).await,
            };
            let Some(asked) = self.still_asked(&operation) else { return };
            let clear = plan.as_ref().is_ok_and(|plan| plan.draft.verdict() == Verdict::Pass);
            if asked.starting {
                return;
            }
            let runs = !asked.shown && clear;
            self.update(|asked| {
                asked.shown |= !clear;
                asked.plan = Some(plan);
            });
            if runs {
                self.approve();
            }
        });
    }

    /// Submits the plan that is shown.
    pub(super) fn approve(self) {
        let Some(Asked { operation, plan: Some(Ok(plan)), .. }) = self.asked.get_untracked() else {
            return;
        };
        self.update(|asked| asked.starting = true);
        leptos::task::spawn_local(async move {
            let body = Approve { plan: plan.id, hash: &plan.hash };
            // A repeated click or a lost answer must not become a second job.
            let once = [("Idempotency-Key", format!("plan-{}-{}", plan.id, plan.hash))];
            let submitted = api::send_with::<Submitted>("POST", "/api/v1/jobs", &body, &once).await;
            if self.still_asked(&operation).is_none() {
                return;
            }
            match submitted {
                Ok(Submitted { id }) => {
                    self.close();
                    // What a trace or a proof tells is shown where it was asked for.
                    if !matches!(
                        operation,
                        Operation::FirewallTrace { .. } | Operation::LvsProveSharing { .. }
                    ) {
                        self.drawer.open(id);
                    }
                }
                Err(problem) => self.refused(problem),
            }
        });
    }

    fn refused(self, problem: Problem) {
        self.update(|asked| {
            asked.starting = false;
            asked.shown = true;
            asked.changed = problem.code == "plan_changed";
            asked.plan = Some(api::part::<Plan>(&problem, "plan").ok_or(problem));
        });
    }

    fn still_asked(self, operation: &Operation) -> Option<Asked> {
        let asked = self.asked.try_get_untracked().flatten()?;
        (asked.operation == *operation).then_some(asked)
    }

    fn update(self, change: impl FnOnce(&mut Asked)) {
        let _ = self.asked.try_update(|asked| asked.as_mut().map(change));
    }
}
