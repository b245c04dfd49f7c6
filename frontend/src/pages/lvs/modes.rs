//! The chosen service's forwarding method: which real servers are ready for which, and the move.

use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::lvs::mode::{Readiness, ServerReadiness};
use signalbox_domain::lvs::{Forwarding, ServiceView, Target};
use signalbox_domain::operation::Operation;

use super::Page;
use crate::api::{self, Problem};
use crate::boot::may;
use crate::locale::{say, t, t_with};
use crate::locales::lvs as texts;
use crate::plan::OperationButton;
use crate::ui::{Age, Button, Check, Failed, Lamp, Size, aspect_word};

const READINESS: &str = "/api/v1/lvs/readiness";

/// What was read of the real servers, and what shall stay on them.
#[derive(Clone, Copy)]
pub(super) struct Modes {
    page: Page,
    read: RwSignal<Option<Result<Readiness, Problem>>>,
    busy: RwSignal<bool>,
    keep_old: RwSignal<bool>,
}

impl Modes {
    pub(super) fn new(page: Page) -> Modes {
        let (read, busy) = (RwSignal::new(None), RwSignal::new(false));
        // What was found of one service is nothing of another.
        let id = Memo::new(move |_| page.service.with(|s| s.as_ref().map(|s| s.id.clone())));
        Effect::watch(move || id.get(), move |_, _, _| read.set(None), false);
        Modes { page, read, busy, keep_old: RwSignal::new(false) }
    }

    fn ask(self) {
        let Some(service) = self.page.service.with_untracked(|s| s.as_ref().map(|s| s.id.clone()))
        else {
            return;
        };
        self.busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = api::get::<Readiness>(&format!("{READINESS}?service={service}")).await;
            let _ = self.read.try_set(Some(answer));
            let _ = self.busy.try_set(false);
        });
    }

    /// Services by an IPv4 address.
    fn can_move(service: &ServiceView) -> bool {
        matches!(service.target, Target::Address { address, .. } if address.is_ipv4())
    }
}

/// Below the three ways.
#[component]
pub(super) fn Asks(modes: Modes) -> impl IntoView {
    let can_move = Memo::new(move |_| {
        modes.page.service.with(|service| service.as_ref().is_some_and(Modes::can_move))
    });
    let button = move || {
        may(Permission::LvsProve).then(|| {
            view! {
                <Button size=Size::Small busy=modes.busy on_click=move |_| modes.ask()>
                    {t(texts::CHECK_READINESS)}
                </Button>
            }
        })
    };
    let told = move || match modes.read.get() {
        None => view! { <p class="t12 i2">{t(texts::READINESS_HELP)}</p> }.into_any(),
        Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
        Some(Ok(readiness)) => view! { <p class="t12 i3"><Age of=readiness.at /></p> }.into_any(),
    };
    move || {
        can_move.get().then(|| {
            view! {
                <div class="lvs-modes" aria-live="polite">
                    {button}
                    <Check label=t(texts::KEEP_OLD) value=modes.keep_old />
                    {told}
                </div>
            }
        })
    }
}

/// What one way lacks, and the move to it.
#[component]
pub(super) fn Way(modes: Modes, way: Forwarding) -> impl IntoView {
    let service = modes.page.service;
    let id = Memo::new(move |_| {
        service.with(|service| {
            let service = service.as_ref().filter(|service| Modes::can_move(service))?;
            Some(service.id.clone())
        })
    });
    let is_so = Memo::new(move |_| {
        service.with(|service| {
            let mut servers = service.iter().flat_map(|service| &service.servers);
            servers.all(|server| server.forwarding == way)
        })
    });
    let label = Signal::derive(move || {
        let words = if is_so.get() { texts::PREPARE_FOR } else { texts::MOVE_TO };
        t_with(words, &[&texts::forwarding(way)])
    });
    let button = move || {
        let service = id.get()?;
        let operation = Signal::derive(move || Operation::LvsMoveMode {
            service: service.clone(),
            forwarding: way,
            keep_old: modes.keep_old.get(),
        });
        Some(view! { <OperationButton operation label size=Size::Small /> })
    };
    let servers = move || {
        modes.read.with(|read| {
            let Some(Ok(readiness)) = read else { return Vec::new() };
            let of_way = readiness.ways.iter().find(|told| told.forwarding == way);
            of_way.into_iter().flat_map(|told| &told.servers).map(row).collect()
        })
    };
    view! {
        <ul class="lvs-ready">{servers}</ul>
        {button}
    }
}

fn row(server: &ServerReadiness) -> AnyView {
    let aspect = server.state.signal();
    view! {
        <li class="t12" data-ready=format!("{:?}", server.state)>
            <Lamp aspect label=aspect_word(aspect).to_owned() />
            <span><b>{server.name.clone()}</b>" "{say(&server.detail)}</span>
        </li>
    }
    .into_any()
}
