//! Buttons. A button that changes something on a node is `plan::OperationButton`, not one of these.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::icon::{Icon, IconView};
use super::lamp::Lamp;
use signalbox_domain::signal::Signal as Aspect;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Default,
    /// One a page.
    Primary,
    Quiet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    #[default]
    Normal,
    Small,
    Large,
}

/// The CSS classes of a button.
pub fn classes(kind: Kind, size: Size) -> String {
    let kind = match kind {
        Kind::Default => "",
        Kind::Primary => " pri",
        Kind::Quiet => " quiet",
    };
    let size = match size {
        Size::Normal => "",
        Size::Small => " sm",
        Size::Large => " lg",
    };
    format!("btn{kind}{size}")
}

/// A disabled button keeps focus and tells its reason.
#[component]
pub fn Button(
    #[prop(into)] on_click: Callback<MouseEvent>,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] size: Size,
    #[prop(optional, into)] icon: Option<Icon>,
    /// Why it cannot be used now.
    #[prop(optional, into)]
    disabled: Signal<Option<String>>,
    /// Waiting for an answer: the diamond takes the icon's place, so the width stays.
    #[prop(optional, into)]
    busy: Signal<bool>,
    #[prop(optional, into)] submit: bool,
    children: Children,
) -> impl IntoView {
    let closed = move || disabled.get().is_some() || busy.get();
    let press = move |event: MouseEvent| {
        if closed() {
            event.prevent_default();
        } else {
            on_click.run(event);
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=classes(kind, size)
            aria-disabled=move || closed().then_some("true")
            title=move || disabled.get()
            on:click=press
        >
            {move || {
                if busy.get() {
                    Some(view! { <Lamp aspect=Aspect::Transit /> }.into_any())
                } else {
                    icon.map(|icon| view! { <IconView icon=icon small=true /> }.into_any())
                }
            }}
            {children()}
        </button>
    }
}
