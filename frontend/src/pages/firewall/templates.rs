//! Rules that many nodes need, put into the draft with a few fields.

use leptos::prelude::*;
use signalbox_domain::firewall::template::{ALL, Placed, Template, TemplateError};
use signalbox_domain::firewall::{FirewallView, TableName};
use signalbox_domain::phrase::Language;

use super::board::Board;
use super::edits::Editing;
use crate::locale::{language, t};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::ui::{Button, Dialog, Field, Kind, Select};

#[component]
pub(super) fn Templates(board: Board, editing: Editing) -> impl IntoView {
    let family = board.family();
    let fitting = || ALL.iter().filter(move |template| template.is_for(family));
    let chosen = RwSignal::new(fitting().next().map_or("", |first| first.id).to_owned());
    let template = Memo::new(move |_| {
        chosen.with(|chosen| ALL.iter().position(|template| template.id == chosen)).unwrap_or(0)
    });
    let values = RwSignal::new(Vec::<(&'static str, RwSignal<String>)>::new());
    Effect::new(move |_| {
        let Some(template) = ALL.get(template.get()) else { return };
        values.set(board.view.with_untracked(|view| at_first(template, board, view.as_ref())));
    });
    let typed = move || -> Vec<(&'static str, String)> {
        values.get().into_iter().map(|(name, value)| (name, value.get())).collect()
    };
    let becomes = Memo::new(move |_| {
        let template = ALL.get(template.get())?;
        let typed = typed();
        let result = template.put(&board.shown(), &typed);
        Some((template.rules(&typed, family), result))
    });
    let closed = Signal::derive(move || {
        becomes.with(|becomes| becomes.as_ref()?.1.as_ref().err().map(ToString::to_string))
    });
    let put = move |_| {
        if let Some((placed, Ok(rules))) = becomes.get_untracked() {
            board.put(&rules);
            let first = placed.ok().and_then(|placed| placed.into_iter().next());
            let (table, chain) = first.map_or((TableName::Filter, "INPUT"), |p| (p.table, p.chain));
            board.choose(table, chain);
            editing.close();
        }
    };
    let options = Signal::stored(
        fitting()
            .map(|template| (template.id.to_owned(), said(template.name).to_owned()))
            .collect::<Vec<_>>(),
    );
    let fields = move || {
        let fields = ALL.get(template.get()).map_or(&[][..], |template| template.fields);
        let values = values.get().into_iter();
        let fields = fields.iter().zip(values).map(|(field, (name, value))| {
            view! { <Field label=said(field.label) name=format!("template-{name}") value mono=true /> }
        });
        fields.collect_view()
    };
    view! {
        <Dialog title=Signal::stored(t(texts::TEMPLATES).to_owned()) class="wide" on_close=move |()| editing.close()>
            <div class="body fw-form">
                <Select label=t(texts::TEMPLATE) name="template" options chosen help=t(texts::TEMPLATE_HELP) />
                <fieldset>{fields}</fieldset>
                <Preview becomes />
            </div>
            <footer>
                <Button on_click=move |_| editing.close()>{t(words::CANCEL)}</Button>
                <Button kind=Kind::Primary disabled=closed on_click=put>{t(texts::PUT_IN)}</Button>
            </footer>
        </Dialog>
    }
}

type Becomes = (
    Result<Vec<Placed>, TemplateError>,
    Result<signalbox_domain::firewall::Ruleset, TemplateError>,
);

/// The rules as they will stand, or what is wrong.
#[component]
fn Preview(becomes: Memo<Option<Becomes>>) -> impl IntoView {
    let line = |placed: &Placed| {
        let Placed { table, chain, text } = placed;
        view! { <li><span class="i3 t12">{format!("{table} {chain}")}</span><code>{text.clone()}</code></li> }
    };
    move || {
        becomes.with(|becomes| {
            let (placed, result) = becomes.as_ref()?;
            let lines = placed.iter().flatten().map(line).collect_view();
            let wrong = result.as_ref().err().map(|error| {
                view! { <p class="t12 danger" role="alert">{error.to_string()}</p> }
            });
            Some(view! { <ul class="fw-placed">{lines}</ul>{wrong} })
        })
    }
}

/// What stands in the fields, with what is known of this node.
fn at_first(
    template: &Template,
    board: Board,
    view: Option<&FirewallView>,
) -> Vec<(&'static str, RwSignal<String>)> {
    let line = view.and_then(|view| view.line);
    let vip = view.and_then(|view| view.virtual_services.first());
    let of = |field: &signalbox_domain::firewall::template::Field| {
        let known = match field.name {
            "console" => line.map(|line| line.from.to_string()),
            "vip" => vip.map(ToString::to_string),
            _ => None,
        };
        let known =
            known.filter(|known| known.contains(':') == field.first(board.family()).contains(':'));
        known.unwrap_or_else(|| field.first(board.family()).to_owned())
    };
    template.fields.iter().map(|field| (field.name, RwSignal::new(of(field)))).collect()
}

fn said([en, zh]: [&'static str; 2]) -> &'static str {
    match language() {
        Language::En => en,
        Language::Zh => zh,
    }
}
