//! Adding nodes: nothing is sent to a machine before a person has confirmed its key.

mod draft;
mod one;
mod several;
mod sign_in;

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;

use super::closed_to_reader;
use crate::locale::{Text, t};
use crate::locales::nodes as texts;
use crate::ui::{Empty, Lamp, PageHead, Segmented};

use draft::Draft;
use one::{Offered, One};
use several::Several;

#[component]
pub fn AddNode() -> impl IntoView {
    view! {
        <PageHead title=t(texts::ADD_NODE) up=("/nodes", t(texts::NODES)) />
        {match closed_to_reader() {
            Some(reason) => view! { <Empty title=t(texts::ADD_NODE) text=reason /> }.into_any(),
            None => view! { <Form /> }.into_any(),
        }}
    }
}

#[component]
fn Form() -> impl IntoView {
    let (draft, offered) = (Draft::new(), Offered::new(None));
    let several = RwSignal::new(false);
    let options = vec![(false, t(texts::ONE).to_owned()), (true, t(texts::SEVERAL).to_owned())];
    view! {
        <div class="plates add">
            <aside class="plate add-side">
                <Segmented label=t(texts::ADD_NODE) options=options chosen=several />
                <StepList offered several />
            </aside>
            <section class="plate add-form">
                {move || {
                    if several.get() {
                        view! { <Several draft /> }.into_any()
                    } else {
                        view! { <One draft offered /> }.into_any()
                    }
                }}
            </section>
            <aside class="plate add-side">
                <h2>{t(texts::NEXT)}</h2>
                <p class="i2">{t(texts::NEXT_HELP)}</p>
                <div class="cap">{t(texts::IF_CHANGED)}</div>
                <p class="i2">{t(texts::IF_CHANGED_HELP)}</p>
            </aside>
        </div>
    }
}

/// Where one is on the way.
#[component]
fn StepList(offered: Offered, several: RwSignal<bool>) -> impl IntoView {
    const STEPS: [Text; 3] = [texts::STEP_ADDRESS, texts::STEP_KEY, texts::STEP_READ];
    let here = Memo::new(move |_| usize::from(!several.get() && offered.with(Option::is_some)));
    let step = move |(index, name): (usize, Text)| {
        let below = move || {
            if index == here.get() {
                t(texts::YOU_ARE_HERE)
            } else if index == 2 {
                t(texts::STEP_READ_HELP)
            } else {
                ""
            }
        };
        let aspect =
            Signal::derive(
                move || {
                    if index < here.get() { Aspect::Clear } else { Aspect::Unknown }
                },
            );
        view! {
            <li aria-current=move || (index == here.get()).then_some("step")>
                <Lamp aspect=aspect />
                <div>
                    <div class="title">{t(name)}</div>
                    <div class="t12 i3">{below}</div>
                </div>
            </li>
        }
    };
    view! { <ol class="add-steps">{STEPS.into_iter().enumerate().map(step).collect_view()}</ol> }
}
