//! Services and real servers added, edited and deleted.

mod add;
mod options;
mod servers;

use leptos::prelude::*;
use signalbox_domain::lvs::edit::ServiceChange;
use signalbox_domain::lvs::{ServiceId, ServiceView};
use signalbox_domain::operation::Operation;

pub(super) use self::add::Add;
use self::options::{OptionFields, OptionInputs};
use self::servers::ServerForm;
use super::Page;
use crate::locale::t;
use crate::locales::lvs as texts;
use crate::plan::OperationButton;
use crate::ui::Plate;

/// What the form asks for, or what is wrong in it.
type Asked = Result<Operation, String>;

/// The button of a form: what is wrong stands in its place until the form is right.
#[component]
fn Submit(asked: Memo<Asked>, #[prop(into)] label: Signal<String>) -> impl IntoView {
    move || match asked.get() {
        Ok(operation) => view! { <OperationButton operation=operation label=label /> }.into_any(),
        Err(wrong) => view! { <p class="t12 i3 lvs-wrong">{wrong}</p> }.into_any(),
    }
}

fn change(service: &ServiceId, change: ServiceChange) -> Operation {
    Operation::LvsChangeService { service: service.clone(), change }
}

/// The chosen service's options and real servers.
#[component]
pub(super) fn Edit(page: Page) -> impl IntoView {
    let id = Memo::new(move |_| {
        page.service.with(|service| service.as_ref().map(|service| service.id.clone()))
    });
    move || id.get().map(|id| view! { <Forms page id /> })
}

#[component]
fn Forms(page: Page, id: ServiceId) -> impl IntoView {
    let fields = OptionFields::new();
    let current = page.service.with_untracked(|service| {
        service.as_ref().and_then(|service: &ServiceView| service.options.clone())
    });
    if let Some(current) = &current {
        fields.fill(current);
    }
    let of_edit = id.clone();
    let edited = Memo::new(move |_| {
        Ok(change(&of_edit, ServiceChange::EditService { options: fields.wanted()? }))
    });
    let delete = change(&id, ServiceChange::DeleteService {});
    view! {
        <Plate title=t(texts::EDIT_SERVICE) class="lvs-edit">
            <OptionInputs fields prefix="lvs-edit" />
            <div class="row g6 lvs-acts">
                <Submit asked=edited label=t(texts::APPLY_OPTIONS).to_owned() />
                <OperationButton operation=delete label=t(texts::DELETE_SERVICE).to_owned() />
            </div>
            <ServerForm page id />
        </Plate>
    }
}
