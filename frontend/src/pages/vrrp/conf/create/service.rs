//! One virtual service on the new instance's addresses.

use leptos::prelude::*;
use signalbox_domain::lvs::Forwarding;
use signalbox_domain::vrrp::create::{CheckKind, SCHEDULERS, ServiceForm};

use super::Wrongly;
use crate::locale::{t, t_with};
use crate::locales::vrrp_create as texts;
use crate::ui::{Field, Icon, IconView, Segmented, Select, TextArea};

#[derive(Clone, Copy)]
pub(super) struct Service {
    port: RwSignal<String>,
    is_udp: RwSignal<bool>,
    scheduler: RwSignal<String>,
    forwarding: RwSignal<Forwarding>,
    persistence_s: RwSignal<String>,
    /// The check's keyword.
    check: RwSignal<String>,
    check_argument: RwSignal<String>,
    real_servers: RwSignal<String>,
}

impl Service {
    pub(super) fn new() -> Service {
        let usual = ServiceForm::default();
        Service {
            port: RwSignal::new(usual.port),
            is_udp: RwSignal::new(usual.is_udp),
            scheduler: RwSignal::new(usual.scheduler),
            forwarding: RwSignal::new(usual.forwarding),
            persistence_s: RwSignal::new(usual.persistence_s),
            check: RwSignal::new(usual.check.keyword().to_owned()),
            check_argument: RwSignal::new(usual.check_argument),
            real_servers: RwSignal::new(usual.real_servers),
        }
    }

    fn kind(self) -> CheckKind {
        let chosen = self.check.get();
        let found = CheckKind::ALL.into_iter().find(|check| check.keyword() == chosen);
        found.unwrap_or(CheckKind::None)
    }

    pub(super) fn form(self) -> ServiceForm {
        ServiceForm {
            port: self.port.get_untracked(),
            is_udp: self.is_udp.get_untracked(),
            scheduler: self.scheduler.get_untracked(),
            forwarding: self.forwarding.get_untracked(),
            persistence_s: self.persistence_s.get_untracked(),
            check: untrack(|| self.kind()),
            check_argument: self.check_argument.get_untracked(),
            real_servers: self.real_servers.get_untracked(),
        }
    }
}

#[component]
pub(super) fn ServiceFields(
    id: usize,
    at: Signal<usize>,
    service: Service,
    error: Signal<Option<String>>,
    #[prop(into)] on_remove: Callback<()>,
) -> impl IntoView {
    let name = |field: &str| format!("vc-{field}-{id}");
    let protocols = Signal::stored(vec![(false, "TCP".to_owned()), (true, "UDP".to_owned())]);
    let ways = [(Forwarding::Dr, "DR"), (Forwarding::Nat, "NAT"), (Forwarding::Tun, "TUN")];
    let ways = Signal::stored(ways.map(|(way, name)| (way, name.to_owned())).to_vec());
    let schedulers = Signal::stored(SCHEDULERS.map(|s| (s.to_owned(), s.to_owned())).to_vec());
    let shown = |check: CheckKind| match check {
        CheckKind::None => t(texts::CHECK_NONE).to_owned(),
        other => other.keyword().to_owned(),
    };
    let checks = CheckKind::ALL.map(|check| (check.keyword().to_owned(), shown(check))).to_vec();
    let argument_name = name("argument");
    let argument = move || {
        let name = argument_name.clone();
        service.kind().takes_argument().then(|| {
            view! { <Field label=t(texts::CHECK_ARGUMENT) name value=service.check_argument mono=true /> }
        })
    };
    let number = move || at.get() + 1;
    view! {
        <fieldset class="vc-part">
            <legend>
                {move || t_with(texts::SERVICE, &[&number()])}
                <button
                    type="button"
                    class="tbtn"
                    aria-label=move || t_with(texts::REMOVE_SERVICE, &[&number()])
                    on:click=move |_| on_remove.run(())
                >
                    <IconView icon=Icon::X small=true />
                </button>
            </legend>
            <div class="vc-row">
                <Field label=t(texts::PORT) name=name("port") value=service.port mono=true />
                <div class="field">
                    <span class="t12 i2">{t(texts::PROTOCOL)}</span>
                    <Segmented label=t(texts::PROTOCOL) options=protocols chosen=service.is_udp />
                </div>
                <div class="field">
                    <span class="t12 i2">{t(texts::FORWARDING)}</span>
                    <Segmented label=t(texts::FORWARDING) options=ways chosen=service.forwarding />
                </div>
                <Select label=t(texts::SCHEDULER) name=name("scheduler") options=schedulers chosen=service.scheduler />
            </div>
            <div class="vc-row">
                <Field label=t(texts::PERSISTENCE) name=name("persistence") value=service.persistence_s mono=true />
                <Select label=t(texts::CHECK) name=name("check") options=Signal::stored(checks) chosen=service.check />
                {argument}
            </div>
            <TextArea
                label=t(texts::REAL_SERVERS)
                name=name("servers")
                value=service.real_servers
                help=t(texts::REAL_SERVERS_HELP)
            />
            <Wrongly error />
        </fieldset>
    }
}
