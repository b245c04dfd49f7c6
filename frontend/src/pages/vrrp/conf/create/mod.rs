//! A new instance by a form. What it makes stands at the end of each director's file in the draft,
//! where it is looked at, edited and deployed as everything else.

mod seat;
mod service;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::vrrp::VrrpView;
use signalbox_domain::vrrp::create::{Created, Entry, InstanceForm, MailForm, Wrong};

use self::seat::{Seat, SeatFields};
use self::service::{Service, ServiceFields};
use super::Others;
use super::draft::{Chosen, Draft};
use crate::locale::{say, t, t_with};
use crate::locales::{vrrp_create as texts, words};
use crate::ui::{Button, Check, Dialog, Field, Icon, Kind, Lamp, Segmented};
use signalbox_domain::signal::Signal as Aspect;

/// VRIDs below are what others on the network are likely to have.
const FIRST_VRID: u8 = 51;
const PRIORITIES: [&str; 2] = ["150", "100"];

/// What is typed in the form.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    vrid: RwSignal<String>,
    version: RwSignal<u8>,
    advert_ms: RwSignal<String>,
    preempts: RwSignal<bool>,
    unicast: RwSignal<bool>,
    password: RwSignal<String>,
    addresses: RwSignal<String>,
    seats: [Seat; 2],
    mail: [RwSignal<String>; 3],
    services: RwSignal<Vec<(usize, Service)>>,
    wrong: RwSignal<Vec<Wrong>>,
    /// What is wrong with no field of it.
    refused: RwSignal<Option<String>>,
}

#[component]
pub(super) fn Create(
    draft: Draft,
    vrrp: Memo<Option<VrrpView>>,
    others: Others,
    on_close: Callback<()>,
) -> impl IntoView {
    let fields = Fields::new(vrrp.with_untracked(|vrrp| free_vrid(vrrp.as_ref())));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if fields.put(draft) {
            on_close.run(());
        }
    };
    view! {
        <Dialog title=Signal::stored(t(texts::NEW).to_owned()) class="wide" on_close=on_close>
            <form on:submit=submit>
                <div class="body col g16">
                    <p class="t12 i2">{t(texts::WHAT_COMES)}</p>
                    <Common fields />
                    {fields.seats.into_iter().enumerate().map(|(at, seat)| {
                        view! { <SeatFields at seat others error=fields.error(Entry::Seat(at)) /> }
                    }).collect_view()}
                    <Mail fields />
                    <Services fields />
                    <Wrongly error=fields.refused />
                </div>
                <footer>
                    <Button on_click=move |_| on_close.run(())>{t(words::CANCEL)}</Button>
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

/// What is wrong with a row, or with the whole.
#[component]
fn Wrongly(#[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
    move || {
        error.get().map(|why| view! {
            <p class="row g6 danger t12" role="alert"><Lamp aspect=Aspect::Danger size=10 />{why}</p>
        })
    }
}

#[component]
fn Common(fields: Fields) -> impl IntoView {
    let versions = Signal::stored(vec![(2_u8, "2".to_owned()), (3, "3".to_owned())]);
    let error = move |entry| fields.error(entry);
    view! {
        <div class="vc-row">
            <Field label=t(texts::NAME) name="vc-name" value=fields.name mono=true error=error(Entry::Name) />
            <Field label=t(texts::VRID) name="vc-vrid" value=fields.vrid mono=true error=error(Entry::Vrid) />
            <Field label=t(texts::ADVERT) name="vc-advert" value=fields.advert_ms mono=true error=error(Entry::Advert) />
            <div class="field">
                <span class="t12 i2">{t(texts::VERSION)}</span>
                <Segmented label=t(texts::VERSION) options=versions chosen=fields.version />
            </div>
        </div>
        <div class="vc-row">
            <Field
                label=t(texts::ADDRESSES)
                name="vc-addresses"
                value=fields.addresses
                help=t(texts::ADDRESSES_HELP)
                mono=true
                error=error(Entry::Addresses)
            />
            <Field
                label=t(texts::PASSWORD)
                name="vc-password"
                value=fields.password
                help=t(texts::PASSWORD_HELP)
                mono=true
                error=error(Entry::Password)
            />
        </div>
        <div class="row g16 vc-checks">
            <Check label=t(texts::PREEMPTS) value=fields.preempts />
            <Check label=t(texts::UNICAST) value=fields.unicast />
        </div>
    }
}

#[component]
fn Mail(fields: Fields) -> impl IntoView {
    let [to, from, server] = fields.mail;
    view! {
        <fieldset class="vc-part">
            <legend>{t(texts::MAIL)}</legend>
            <div class="vc-row">
                <Field label=t(texts::MAIL_TO) name="vc-mail-to" value=to error=fields.error(Entry::Mail) />
                <Field label=t(texts::MAIL_FROM) name="vc-mail-from" value=from />
                <Field label=t(texts::MAIL_SERVER) name="vc-mail-server" value=server mono=true />
            </div>
            <p class="t12 i3">{t(texts::MAIL_HELP)}</p>
        </fieldset>
    }
}

#[component]
fn Services(fields: Fields) -> impl IntoView {
    let services = fields.services;
    let add = move |_| {
        services.update(|services| {
            let next = services.last().map_or(0, |(id, _)| id + 1);
            services.push((next, Service::new()));
        });
    };
    let place = move |id: usize| {
        services.with(|services| services.iter().position(|(other, _)| *other == id)).unwrap_or(0)
    };
    let one = move |(id, service): (usize, Service)| {
        let at = Signal::derive(move || place(id));
        let remove = move |()| services.update(|all| all.retain(|(other, _)| *other != id));
        let error = Signal::derive(move || fields.error(Entry::Service(at.get())).get());
        view! { <ServiceFields id at service error on_remove=remove /> }
    };
    view! {
        <For each=move || services.get() key=|(id, _)| *id children=one />
        <div><Button icon=Icon::Plus on_click=add>{t(texts::ADD_SERVICE)}</Button></div>
    }
}

impl Fields {
    fn new(vrid: Option<u8>) -> Fields {
        let empty = || RwSignal::new(String::new());
        let usual = InstanceForm::default();
        Fields {
            name: empty(),
            vrid: RwSignal::new(vrid.map(|vrid| vrid.to_string()).unwrap_or_default()),
            version: RwSignal::new(usual.version),
            advert_ms: RwSignal::new(usual.advert_ms),
            preempts: RwSignal::new(usual.preempts),
            unicast: RwSignal::new(usual.unicast),
            password: empty(),
            addresses: empty(),
            seats: PRIORITIES.map(Seat::new),
            mail: [empty(), empty(), empty()],
            services: RwSignal::new(Vec::new()),
            wrong: RwSignal::new(Vec::new()),
            refused: RwSignal::new(None),
        }
    }

    fn error(self, entry: Entry) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.wrong.with(|wrong| {
                let found = wrong.iter().find(|wrong| wrong.entry == entry)?;
                Some(say(&found.says))
            })
        })
    }

    fn form(self) -> InstanceForm {
        let [to, from, server] = self.mail.map(|field| field.get_untracked());
        let services = self.services.get_untracked();
        InstanceForm {
            name: self.name.get_untracked(),
            vrid: self.vrid.get_untracked(),
            version: self.version.get_untracked(),
            advert_ms: self.advert_ms.get_untracked(),
            preempts: self.preempts.get_untracked(),
            password: self.password.get_untracked(),
            unicast: self.unicast.get_untracked(),
            addresses: self.addresses.get_untracked(),
            seats: self.seats.iter().map(|seat| seat.form()).collect(),
            mail: MailForm { to, from, server },
            services: services.into_iter().map(|(_, service)| service.form()).collect(),
        }
    }

    /// Writes the texts of both directors, or tells what is wrong and writes none.
    fn put(self, draft: Draft) -> bool {
        let written = match Created::of(&self.form()) {
            Ok(created) => {
                self.wrong.set(Vec::new());
                self.texts(draft, &created)
            }
            Err(wrong) => {
                self.wrong.set(wrong);
                self.refused.set(None);
                return false;
            }
        };
        match written {
            Ok(written) => {
                for (chosen, text) in written {
                    draft.write(&chosen, text);
                }
                true
            }
            Err(why) => {
                self.refused.set(Some(why));
                false
            }
        }
    }

    fn texts(self, draft: Draft, created: &Created) -> Result<Vec<(Chosen, String)>, String> {
        let nodes = self.seats.map(|seat| seat.node());
        let [Some(first), Some(second)] = nodes else {
            return Err(t(texts::NOT_CHOSEN).to_owned());
        };
        if first == second {
            return Err(t(texts::NOT_CHOSEN).to_owned());
        }
        let mut written = Vec::new();
        for (at, node) in [first, second].into_iter().enumerate() {
            let name = self.seats.get(at).map(|seat| seat.name.get_untracked()).unwrap_or_default();
            let not_read = || t_with(texts::NOT_READ, &[&name]);
            let main = draft.main_file(node).ok_or_else(not_read)?;
            let has_globals = draft.has_globals(node).ok_or_else(not_read)?;
            let text = created
                .append(at, &draft.text(&main), has_globals)
                .map_err(|why| t_with(texts::NOT_WRITTEN, &[&name, &why]))?;
            written.push((main, text));
            written.push(((node, created.priority_file()), "0\n".to_owned()));
        }
        Ok(written)
    }
}

fn free_vrid(vrrp: Option<&VrrpView>) -> Option<u8> {
    let members = vrrp?.instances.iter().flat_map(|instance| &instance.members);
    let used: Vec<u8> = members.map(|member| member.conf.vrid).collect();
    (FIRST_VRID..=u8::MAX).find(|vrid| !used.contains(vrid))
}
