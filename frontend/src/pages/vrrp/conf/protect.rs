//! Load protection by a form, for all directors whose files were read.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::conf::Effective;
use signalbox_domain::vrrp::protect::{
    Entry, LimitForm, ProtectForm, Protection, SCRIPT, SCRIPT_PATH, Wrong,
};

use super::draft::Draft;
use crate::locale::{Text, say, t, t_with};
use crate::locales::{vrrp_protect as texts, words};
use crate::ui::{Button, Dialog, Field, Kind, Lamp};

/// What is typed in the form.
#[derive(Clone, Copy)]
struct Fields {
    /// What is entered at, and what is left at.
    limits: [[RwSignal<String>; 2]; 3],
    path: RwSignal<String>,
    /// Interval, times over, times well, weight.
    counts: [RwSignal<String>; 4],
    wrong: RwSignal<Vec<Wrong>>,
    /// What is wrong with no field of it.
    refused: RwSignal<Option<String>>,
}

const LIMITS: [(Entry, Text, Text, &str); 3] = [
    (Entry::Cpu, texts::CPU, texts::CPU_LEAVE, "vp-cpu"),
    (Entry::Memory, texts::MEMORY, texts::MEMORY_LEAVE, "vp-memory"),
    (Entry::Disk, texts::DISK, texts::DISK_LEAVE, "vp-disk"),
];
const COUNTS: [(Entry, Text, &str); 4] = [
    (Entry::Interval, texts::INTERVAL, "vp-interval"),
    (Entry::Fall, texts::FALL, "vp-fall"),
    (Entry::Rise, texts::RISE, "vp-rise"),
    (Entry::Weight, texts::WEIGHT, "vp-weight"),
];

#[component]
pub(super) fn Protect(draft: Draft, on_close: Callback<()>) -> impl IntoView {
    let found = draft.readings.with_untracked(|readings| {
        readings.iter().find_map(|read| ProtectForm::found(&read.effective))
    });
    let is_there = found.is_some();
    let fields = Fields::new(&found.unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if fields.put(draft) {
            on_close.run(());
        }
    };
    let remove = move |_| {
        if fields.take_out(draft) {
            on_close.run(());
        }
    };
    let taken_out = is_there.then(|| {
        view! { <Button on_click=remove>{t(texts::TAKE_OUT)}</Button> }
    });
    view! {
        <Dialog title=Signal::stored(t(texts::TITLE).to_owned()) class="wide" on_close=on_close>
            <form on:submit=submit>
                <div class="body col g16">
                    <p class="t12 i2">{t(texts::WHAT_COMES)}</p>
                    <Rows fields />
                    <Outcomes fields draft />
                    <p class="t12 i3">{t(texts::FLAPS)}</p>
                    {move || {
                        fields.refused.get().map(|why| view! {
                            <p class="row g6 danger t12" role="alert"><Lamp aspect=Aspect::Danger size=10 />{why}</p>
                        })
                    }}
                </div>
                <footer>
                    <Button on_click=move |_| on_close.run(())>{t(words::CANCEL)}</Button>
                    {taken_out}
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Rows(fields: Fields) -> impl IntoView {
    let limits =
        LIMITS.into_iter().zip(fields.limits).map(move |((entry, over, well, name), pair)| {
            let [enter, leave] = pair;
            view! {
                <div class="vc-row">
                    <Field
                        label=t(over)
                        name=name
                        value=enter
                        help=t(texts::LIMIT_HELP)
                        mono=true
                        error=fields.error(entry)
                    />
                    <Field label=t(well) name=format!("{name}-leave") value=leave mono=true />
                </div>
            }
        });
    let count = move |((entry, label, name), value): ((Entry, Text, &'static str), _)| {
        let help = if entry == Entry::Weight { t(texts::WEIGHT_HELP) } else { "" };
        view! { <Field label=t(label) name=name value=value help=help mono=true error=fields.error(entry) /> }
    };
    view! {
        {limits.collect_view()}
        <div class="vc-row">
            <Field
                label=t(texts::PATH)
                name="vp-path"
                value=fields.path
                mono=true
                error=fields.error(Entry::Path)
            />
        </div>
        <div class="vc-row">{COUNTS.into_iter().zip(fields.counts).map(count).collect_view()}</div>
    }
}

/// What would become of each instance, while nothing is wrong.
#[component]
fn Outcomes(fields: Fields, draft: Draft) -> impl IntoView {
    move || {
        let form = fields.form();
        let told = draft.readings.with(|readings| {
            let all: Vec<&Effective> = readings.iter().map(|read| &read.effective).collect();
            Protection::of(&form, &all).map(|p| p.outcomes().iter().map(say).collect::<Vec<_>>())
        });
        told.ok().map(|told| {
            let each = told.into_iter().map(|told| view! { <li>{told}</li> });
            view! { <ul class="t12 i2">{each.collect_view()}</ul> }
        })
    }
}

impl Fields {
    fn new(form: &ProtectForm) -> Fields {
        let signal = |text: &String| RwSignal::new(text.clone());
        let pair = |limit: &LimitForm| [signal(&limit.enter), signal(&limit.leave)];
        Fields {
            limits: [pair(&form.cpu), pair(&form.memory), pair(&form.disk)],
            path: signal(&form.path),
            counts: [&form.interval_s, &form.fall, &form.rise, &form.weight].map(signal),
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

    fn form(self) -> ProtectForm {
        let limit = |[enter, leave]: [RwSignal<String>; 2]| LimitForm {
            enter: enter.get().trim().to_owned(),
            leave: leave.get().trim().to_owned(),
        };
        let [cpu, memory, disk] = self.limits.map(limit);
        let [interval_s, fall, rise, weight] = self.counts.map(|field| field.get());
        let path = self.path.get();
        ProtectForm { cpu, memory, disk, path, interval_s, fall, rise, weight }
    }

    /// Writes the texts of all directors, or tells what is wrong and writes none.
    fn put(self, draft: Draft) -> bool {
        let form = untrack(|| self.form());
        let checked = draft.readings.with_untracked(|readings| {
            let all: Vec<&Effective> = readings.iter().map(|read| &read.effective).collect();
            Protection::of(&form, &all)
        });
        match checked {
            Ok(protection) => {
                self.wrong.set(Vec::new());
                self.write(draft, |text| protection.put_into(text), Some(SCRIPT))
            }
            Err(wrong) => {
                self.wrong.set(wrong);
                self.refused.set(None);
                false
            }
        }
    }

    fn take_out(self, draft: Draft) -> bool {
        self.write(draft, Protection::taken_out_of, None)
    }

    fn write<E: std::fmt::Display>(
        self,
        draft: Draft,
        edit: impl Fn(&str) -> Result<String, E>,
        script: Option<&str>,
    ) -> bool {
        let nodes = draft.readings.with_untracked(|readings| {
            readings.iter().map(|read| (read.node, read.name.clone())).collect::<Vec<_>>()
        });
        let mut written = Vec::new();
        for (node, name) in nodes {
            let Some(main) = draft.main_file(node) else { continue };
            match edit(&untrack(|| draft.text(&main))) {
                Ok(text) => written.push((node, main, text)),
                Err(why) => {
                    self.refused.set(Some(t_with(texts::NOT_WRITTEN, &[&name, &why])));
                    return false;
                }
            }
        }
        for (node, main, text) in written {
            draft.write(&main, text);
            let file = (node, SCRIPT_PATH.to_owned());
            match script {
                Some(script) => draft.write(&file, script.to_owned()),
                None => draft.remove(&file),
            }
        }
        true
    }
}
