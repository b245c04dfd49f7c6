//! The daemons by which directors tell each other of connections: started and stopped.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::sync::{SyncRoles, WantedSync};
use signalbox_domain::operation::Operation;

use super::Page;
use crate::locale::{Text, t, t_with};
use crate::locales::lvs as texts;
use crate::plan::OperationButton;
use crate::ui::{Check, Field, Plate, Segmented, Select};

/// As they are typed; what is empty is the kernel's own choice.
#[derive(Clone, Copy)]
struct Fields {
    interface: RwSignal<String>,
    sync_id: RwSignal<String>,
    group: RwSignal<String>,
    port: RwSignal<String>,
    ttl: RwSignal<String>,
    max_bytes: RwSignal<String>,
}

#[component]
pub(super) fn Sync(page: Page) -> impl IntoView {
    let text = || RwSignal::new(String::new());
    let fields = Fields {
        interface: text(),
        sync_id: text(),
        group: text(),
        port: text(),
        ttl: text(),
        max_bytes: text(),
    };
    let (chosen, roles, in_conf) =
        (text(), RwSignal::new(SyncRoles::default()), RwSignal::new(false));
    let on = Memo::new(move |_| {
        page.service.with(|service| {
            let on = service.iter().flat_map(|service| &service.on);
            on.map(|on| (on.node, on.name.clone())).collect::<Vec<_>>()
        })
    });
    let directors = move || -> Vec<NodeId> {
        let all = on.get().into_iter().map(|(node, _)| node);
        all.filter(|node| chosen.with(|c| c.is_empty() || *c == node.to_string())).collect()
    };
    let choices = Signal::derive(move || {
        let all = (String::new(), t(texts::SYNC_ALL).to_owned());
        let each = on.get().into_iter().map(|(node, name)| (node.to_string(), name));
        std::iter::once(all).chain(each).collect::<Vec<_>>()
    });
    let operation = move |daemon: Option<WantedSync>| Operation::LvsSyncDaemon {
        directors: directors(),
        roles: roles.get(),
        daemon,
        in_conf: in_conf.get(),
    };
    let start = Memo::new(move |_| fields.wanted().map(|wanted| operation(Some(wanted))));
    let stop = Signal::derive(move || operation(None));
    let starts = move || match start.get() {
        Ok(operation) => {
            let label = t(texts::SYNC_START).to_owned();
            view! { <OperationButton operation=operation label /> }.into_any()
        }
        Err(wrong) => view! { <p class="t12 i3 lvs-wrong">{wrong}</p> }.into_any(),
    };
    let options = vec![
        (SyncRoles::Both, t(texts::SYNC_BOTH).to_owned()),
        (SyncRoles::Master, t(texts::SYNC_SENDS).to_owned()),
        (SyncRoles::Backup, t(texts::SYNC_RECEIVES).to_owned()),
    ];
    view! {
        <Plate title=t(texts::SYNC_DAEMONS) class="lvs-edit lvs-sync">
            <p class="t12 i2">{t(texts::SYNC_HELP)}</p>
            <div class="lvs-ask">
                <Select label=t(texts::DIRECTORS_OF_SYNC) name="sync-directors" options=choices chosen />
                <Field label=t(texts::SYNC_INTERFACE) name="sync-interface" value=fields.interface help=t(texts::SYNC_INTERFACE_HELP) mono=true />
                <Field label=t(texts::SYNC_ID) name="sync-id" value=fields.sync_id help=t(texts::SYNC_ID_HELP) />
                <Field label=t(texts::SYNC_GROUP) name="sync-group" value=fields.group help=t(texts::SYNC_GROUP_HELP) mono=true />
                <Field label=t(texts::SYNC_PORT) name="sync-port" value=fields.port help=t(texts::SYNC_PORT_HELP) />
                <Field label=t(texts::SYNC_TTL) name="sync-ttl" value=fields.ttl help=t(texts::SYNC_TTL_HELP) />
                <Field label=t(texts::SYNC_BYTES) name="sync-bytes" value=fields.max_bytes help=t(texts::SYNC_BYTES_HELP) />
                <div class="field">
                    <span class="t12 i2">{t(texts::SYNC_ROLES)}</span>
                    <Segmented label=t(texts::SYNC_ROLES) options=options chosen=roles />
                </div>
                <Check label=t(texts::SYNC_IN_CONF) value=in_conf />
            </div>
            <div class="row wrap g6 lvs-acts">
                {starts}
                <OperationButton operation=stop label=t(texts::SYNC_STOP).to_owned() />
            </div>
        </Plate>
    }
}

impl Fields {
    fn wanted(self) -> Result<WantedSync, String> {
        let interface = self.interface.get();
        let interface =
            interface.trim().parse().map_err(|_| t(texts::SYNC_INTERFACE_WRONG).to_owned())?;
        let sync_id = number(self.sync_id, texts::SYNC_ID)?
            .filter(|id| *id > 0)
            .ok_or_else(|| t(texts::SYNC_ID_WRONG).to_owned())?;
        let wanted = WantedSync {
            interface,
            sync_id,
            group: number(self.group, texts::SYNC_GROUP)?,
            port: number(self.port, texts::SYNC_PORT)?,
            ttl: number(self.ttl, texts::SYNC_TTL)?,
            max_bytes: number(self.max_bytes, texts::SYNC_BYTES)?,
        };
        match wanted.check() {
            Ok(()) => Ok(wanted),
            Err(_) => Err(t(texts::SYNC_OPTIONS_WRONG).to_owned()),
        }
    }
}

/// `None`: nothing is typed.
fn number<T: std::str::FromStr>(typed: RwSignal<String>, what: Text) -> Result<Option<T>, String> {
    let text = typed.get();
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(t_with(texts::SYNC_FIELD_WRONG, &[&t(what), &text])),
        },
    }
}
