//! Who is told of transitions, by a form, for all directors whose files were read.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::notify::{
    Entry, HOOK, HOOK_PATH, Notification, NotifyForm, Wrong, check_router_id,
};

use super::draft::Draft;
use crate::locale::{say, t, t_with};
use crate::locales::{vrrp_notify as texts, words};
use crate::ui::{Button, Check, Dialog, Field, Kind, Lamp};

/// What is typed in the form.
#[derive(Clone, Copy)]
struct Fields {
    to: RwSignal<String>,
    from: RwSignal<String>,
    server: RwSignal<String>,
    transitions: RwSignal<bool>,
    journal: RwSignal<bool>,
    /// What messages call each director.
    names: StoredValue<Vec<(NodeId, String, RwSignal<String>)>>,
    wrong: RwSignal<Vec<Wrong>>,
    /// What is wrong with no field of it.
    refused: RwSignal<Option<String>>,
}

#[component]
pub(super) fn Notify(draft: Draft, on_close: Callback<()>) -> impl IntoView {
    let fields = Fields::new(draft);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if fields.put(draft) {
            on_close.run(());
        }
    };
    let names = fields.names.with_value(|names| {
        let field = |(node, name, value): &(NodeId, String, RwSignal<String>)| {
            view! {
                <Field
                    label=t_with(texts::ROUTER_ID, &[name])
                    name=format!("vn-name-{node}")
                    value=*value
                    mono=true
                    error=fields.error(Entry::RouterId)
                />
            }
        };
        names.iter().map(field).collect_view()
    });
    view! {
        <Dialog title=Signal::stored(t(texts::TITLE).to_owned()) class="wide" on_close=on_close>
            <form on:submit=submit>
                <div class="body col g16">
                    <p class="t12 i2">{t(texts::WHAT_COMES)}</p>
                    <div class="vc-row">
                        <Field
                            label=t(texts::TO)
                            name="vn-to"
                            value=fields.to
                            help=t(texts::TO_HELP)
                            error=fields.error(Entry::To)
                        />
                        <Field label=t(texts::FROM) name="vn-from" value=fields.from error=fields.error(Entry::From) />
                        <Field
                            label=t(texts::SERVER)
                            name="vn-server"
                            value=fields.server
                            mono=true
                            error=fields.error(Entry::Server)
                        />
                    </div>
                    <div class="vc-row">{names}</div>
                    <div class="row g16 vc-checks">
                        <Check label=t(texts::TRANSITIONS) value=fields.transitions />
                        <Check label=t(texts::JOURNAL) value=fields.journal />
                    </div>
                    {move || {
                        fields.refused.get().map(|why| view! {
                            <p class="row g6 danger t12" role="alert"><Lamp aspect=Aspect::Danger size=10 />{why}</p>
                        })
                    }}
                </div>
                <footer>
                    <Button on_click=move |_| on_close.run(())>{t(words::CANCEL)}</Button>
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

impl Fields {
    fn new(draft: Draft) -> Fields {
        let (form, names) = draft.readings.with_untracked(|readings| {
            let form = readings.first().map(|read| NotifyForm::found(&read.effective));
            let name = |read: &super::draft::Read| {
                let id = read.effective.global.router_id.clone();
                let id = id.unwrap_or_else(|| read.name.clone());
                (read.node, read.name.clone(), RwSignal::new(id))
            };
            (form.unwrap_or_default(), readings.iter().map(name).collect::<Vec<_>>())
        });
        Fields {
            to: RwSignal::new(form.to),
            from: RwSignal::new(form.from),
            server: RwSignal::new(form.server),
            transitions: RwSignal::new(form.transitions),
            journal: RwSignal::new(form.journal),
            names: StoredValue::new(names),
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

    /// Writes the texts of all directors, or tells what is wrong and writes none.
    fn put(self, draft: Draft) -> bool {
        let form = NotifyForm {
            to: self.to.get_untracked(),
            from: self.from.get_untracked(),
            server: self.server.get_untracked(),
            transitions: self.transitions.get_untracked(),
            journal: self.journal.get_untracked(),
        };
        let names = self.names.with_value(|names| {
            let typed = |(node, name, id): &(NodeId, String, RwSignal<String>)| {
                (*node, name.clone(), id.get_untracked().trim().to_owned())
            };
            names.iter().map(typed).collect::<Vec<_>>()
        });
        let wrong_name = names.iter().find_map(|(_, _, id)| check_router_id(id).err());
        let notification = match (Notification::of(&form), wrong_name) {
            (Ok(notification), None) => notification,
            (checked, wrong_name) => {
                let wrong = checked.err().unwrap_or_default();
                self.wrong.set(wrong.into_iter().chain(wrong_name).collect());
                return false;
            }
        };
        self.wrong.set(Vec::new());
        let mut written = Vec::new();
        for (node, name, id) in names {
            let Some(main) = draft.main_file(node) else { continue };
            match notification.put_into(&untrack(|| draft.text(&main)), &id) {
                Ok(text) => written.push((node, main, text)),
                Err(why) => {
                    self.refused.set(Some(t_with(texts::NOT_WRITTEN, &[&name, &why])));
                    return false;
                }
            }
        }
        for (node, main, text) in written {
            draft.write(&main, text);
            let hook = (node, HOOK_PATH.to_owned());
            match notification.has_hook() {
                true => draft.write(&hook, HOOK.to_owned()),
                false => draft.remove(&hook),
            }
        }
        true
    }
}
