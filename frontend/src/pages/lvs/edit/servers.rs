//! One real server of the chosen service.

use std::net::SocketAddr;

use leptos::prelude::*;
use signalbox_domain::lvs::change::MOST_WEIGHT;
use signalbox_domain::lvs::edit::{MOST_THRESHOLD, ServiceChange, WantedServer};
use signalbox_domain::lvs::{Forwarding, ServerView, ServiceId};

use super::{Asked, Submit, change};
use crate::locale::t;
use crate::locales::lvs as texts;
use crate::pages::lvs::Page;
use crate::plan::OperationButton;
use crate::ui::{Field, Select};

/// As they are typed; what is empty stays as it is.
#[derive(Clone, Copy)]
struct Fields {
    /// Empty: a new one.
    chosen: RwSignal<String>,
    address: RwSignal<String>,
    forwarding: RwSignal<String>,
    weight: RwSignal<String>,
    upper: RwSignal<String>,
    lower: RwSignal<String>,
}

const WAYS: [Forwarding; 3] = [Forwarding::Dr, Forwarding::Nat, Forwarding::Tun];

#[component]
pub(super) fn ServerForm(page: Page, id: ServiceId) -> impl IntoView {
    let text = || RwSignal::new(String::new());
    let fields = Fields {
        chosen: text(),
        address: text(),
        forwarding: text(),
        weight: text(),
        upper: text(),
        lower: text(),
    };
    // What was typed for one is not meant for the next.
    Effect::new(move |_| {
        fields.chosen.track();
        for typed in [fields.forwarding, fields.weight, fields.upper, fields.lower] {
            typed.set(String::new());
        }
    });
    let servers = Memo::new(move |_| {
        page.service.with(|service| {
            let servers = service.iter().flat_map(|service| &service.servers);
            servers.map(|server| ServerView::socket(server).to_string()).collect::<Vec<_>>()
        })
    });
    let choices = Signal::derive(move || {
        let new = (String::new(), t(texts::NEW_SERVER).to_owned());
        let there = servers.get().into_iter().map(|server| (server.clone(), server));
        std::iter::once(new).chain(there).collect::<Vec<_>>()
    });
    let is_new = Memo::new(move |_| fields.chosen.with(String::is_empty));
    let of_ask = id.clone();
    let asked = Memo::new(move |_| -> Asked {
        Ok(change(&of_ask, if is_new.get() { fields.added()? } else { fields.edited()? }))
    });
    let label = Signal::derive(move || {
        t(if is_new.get() { texts::ADD_SERVER } else { texts::EDIT_SERVER }).to_owned()
    });
    let delete = move || {
        let server: SocketAddr = fields.chosen.get().parse().ok()?;
        let operation = change(&id, ServiceChange::DeleteServer { server });
        let label = t(texts::DELETE_SERVER).to_owned();
        Some(view! { <OperationButton operation=operation label=label /> })
    };
    let address = move || {
        is_new.get().then(|| {
            view! {
                <Field label=t(texts::ADDRESS) name="lvs-server-address" value=fields.address help=t(texts::SERVER_ADDRESS_HELP) mono=true />
            }
        })
    };
    let ways = Signal::derive(move || {
        let stays = (!is_new.get()).then(|| (String::new(), t(texts::STAYS).to_owned()));
        let way = |way: Forwarding| texts::forwarding(way).to_owned();
        stays.into_iter().chain(WAYS.map(|w| (way(w), way(w)))).collect::<Vec<_>>()
    });
    view! {
        <div class="lvs-ask lvs-server">
            <Select label=t(texts::SERVER) name="lvs-server" options=choices chosen=fields.chosen />
            {address}
            <Select label=t(texts::FORWARDING) name="lvs-server-forwarding" options=ways chosen=fields.forwarding help=t(texts::FORWARDING_HELP) />
            <Field label=t(texts::WEIGHT) name="lvs-server-weight" value=fields.weight help=t(texts::EMPTY_STAYS) />
            <Field label=t(texts::UPPER) name="lvs-server-upper" value=fields.upper help=t(texts::UPPER_HELP) />
            <Field label=t(texts::LOWER) name="lvs-server-lower" value=fields.lower help=t(texts::LOWER_HELP) />
        </div>
        <div class="row g6 lvs-acts">
            <Submit asked label />
            {delete}
        </div>
    }
}

impl Fields {
    fn added(self) -> Result<ServiceChange, String> {
        let server = self.address.with(|text| text.trim().parse());
        let server = server.map_err(|_| t(texts::SERVER_ADDRESS_WRONG))?;
        let server = WantedServer {
            server,
            forwarding: self.way().unwrap_or(Forwarding::Dr),
            weight: number(self.weight, MOST_WEIGHT)?.unwrap_or(1),
            upper_threshold: number(self.upper, MOST_THRESHOLD)?.unwrap_or(0),
            lower_threshold: number(self.lower, MOST_THRESHOLD)?.unwrap_or(0),
        };
        Ok(ServiceChange::AddServer { server })
    }

    fn edited(self) -> Result<ServiceChange, String> {
        let server = self.chosen.with(|text| text.parse());
        let server = server.map_err(|_| t(texts::SERVER_ADDRESS_WRONG))?;
        let (forwarding, weight) = (self.way(), number(self.weight, MOST_WEIGHT)?);
        let upper_threshold = number(self.upper, MOST_THRESHOLD)?;
        let lower_threshold = number(self.lower, MOST_THRESHOLD)?;
        let nothing = forwarding.is_none()
            && weight.is_none()
            && upper_threshold.is_none()
            && lower_threshold.is_none();
        if nothing {
            return Err(t(texts::NOTHING_TYPED).to_owned());
        }
        let change = ServiceChange::EditServer {
            server,
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
        };
        Ok(change)
    }

    fn way(self) -> Option<Forwarding> {
        let chosen = self.forwarding.get();
        WAYS.into_iter().find(|way| texts::forwarding(*way) == chosen)
    }
}

/// `Ok(None)`: nothing is typed.
fn number(field: RwSignal<String>, most: u32) -> Result<Option<u32>, String> {
    match field.get().trim() {
        "" => Ok(None),
        typed => {
            let number = typed.parse().ok().filter(|number| *number <= most);
            number.map(Some).ok_or_else(|| t(texts::NUMBER_WRONG).to_owned())
        }
    }
}
