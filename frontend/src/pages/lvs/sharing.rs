//! What connections that were made for it proved of a service's sharing.

use std::collections::BTreeMap;

use leptos::prelude::*;
use signalbox_domain::ids::JobId;
use signalbox_domain::jobs::JobSummary;
use signalbox_domain::live::Topic;
use signalbox_domain::lvs::sharing::{Against, Proof, REQUESTS};
use signalbox_domain::lvs::{Protocol, ServiceId, Target};
use signalbox_domain::operation::Operation;

use super::Page;
use super::proved::Proved;
use crate::document::use_document;
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::lvs as texts;
use crate::plan::OperationButton;
use crate::ui::{Failed, Lamp, Plate};

const PROOFS: &str = "/api/v1/lvs/proofs";

#[component]
pub(super) fn LastProof(page: Page) -> impl IntoView {
    let id = Memo::new(move |_| page.service.with(|s| s.as_ref().map(|s| s.id.clone())));
    let tcp = Memo::new(move |_| {
        page.service.with(|service| {
            let target = service.as_ref().map(|service| &service.target);
            matches!(target, Some(Target::Address { protocol: Protocol::Tcp, .. }))
        })
    });
    let path = move |id: Option<ServiceId>| {
        format!("{PROOFS}?service={}", id.map_or_else(String::new, |id| id.0))
    };
    let proofs = use_document::<Vec<Proof>>(path(id.get_untracked()));
    let jobs = use_live().watch::<BTreeMap<JobId, JobSummary>>(Topic::Jobs);
    let job = Memo::new(move |_| {
        let wanted = id.get()?;
        jobs.with(|jobs| {
            let of_service = |job: &&JobSummary| match &job.operation {
                Operation::LvsProveSharing { service, .. } => *service == wanted,
                _ => false,
            };
            let newest = jobs.iter().flat_map(BTreeMap::values).filter(of_service);
            let newest = newest.max_by_key(|job| job.id)?;
            Some((newest.id, newest.state, say(&newest.status)))
        })
    });
    let ended = Memo::new(move |_| job.get().filter(|(_, state, _)| state.is_final()).map(|j| j.0));
    Effect::watch(
        move || (id.get(), ended.get()),
        move |(id, _), _, _| proofs.turn_to(path(id.clone())),
        false,
    );
    let button = move || {
        let first = tcp.get().then(|| operation(id.get_untracked()?)).flatten()?;
        let operation =
            Signal::derive(move || id.get().and_then(operation).unwrap_or(first.clone()));
        Some(view! { <OperationButton operation label=t(texts::PROVE).to_owned() /> })
    };
    let running = move || {
        let (id, state, status) = job.get().filter(|(_, state, _)| !state.is_final())?;
        Some(view! {
            <p class="row g6" role="status">
                <Lamp aspect=state.signal() size=10 />
                <a href=format!("/jobs/{id}")>{status}</a>
            </p>
        })
    };
    view! {
        <Plate title=t(texts::PROOF) class="lvs-proof" actions=button>
            {running}
            {move || match proofs.answer().get() {
                None => ().into_any(),
                Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
                Some(Ok(proofs)) => {
                    match proofs.into_iter().next() {
                        None => view! { <p class="t12 i2">{t(texts::NO_PROOF)}</p> }.into_any(),
                        Some(proof) => {
                            view! {
                                <Proved sharing=proof.sharing />
                                <p class="t12 i3">
                                    <a href=format!("/jobs/{}", proof.job)>
                                        {t_with(texts::PROVED_BY, &[&proof.by, &proof.job])}
                                    </a>
                                </p>
                            }
                                .into_any()
                        }
                    }
                }
            }}
        </Plate>
    }
}

fn operation(service: ServiceId) -> Option<Operation> {
    let against = Against::Configuration;
    Some(Operation::LvsProveSharing { service, requests: REQUESTS, against })
}
