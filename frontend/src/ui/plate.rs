//! The regions of a page and its head.

use leptos::prelude::*;

/// Square regions joined by seams. `columns` is a CSS `grid-template-columns`.
#[component]
pub fn Plates(#[prop(optional, into)] columns: String, children: Children) -> impl IntoView {
    view! {
        <div class="plates" style:grid-template-columns=columns>
            {children()}
        </div>
    }
}

/// One region, with its title and what can be done there.
#[component]
pub fn Plate(
    #[prop(into)] title: String,
    /// A few words after the title.
    #[prop(optional, into)]
    meta: MaybeProp<String>,
    /// At the left edge of the page: its content lines up with the page's title.
    #[prop(optional)]
    first: bool,
    /// The content goes up to the edges, as tables and diagrams do.
    #[prop(optional)]
    flush: bool,
    #[prop(optional, into)] class: String,
    #[prop(optional, into)] actions: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let classes = format!("plate {} {class}", if first { "first" } else { "" });
    view! {
        <section class=classes>
            <div class="plh">
                <h2>{title}</h2>
                <span class="meta">{move || meta.get()}</span>
                {actions.map(|actions| view! { <span class="acts">{actions.run()}</span> })}
            </div>
            {if flush {
                children().into_any()
            } else {
                view! { <div class="plb">{children()}</div> }.into_any()
            }}
        </section>
    }
}

/// Title line of a page: where one is, what it says in short, the page's buttons.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    /// The list that this page is an item of: path and name.
    #[prop(optional, into)]
    up: Option<(&'static str, &'static str)>,
    #[prop(optional, into)] actions: Option<ViewFn>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let browser_title = format!("{title} · Signalbox");
    view! {
        <leptos_meta::Title text=browser_title />
        <div class="ph">
            {up.map(|(href, name)| {
                view! { <span class="crumb"><a href=href>{name}</a>" ›"</span> }
            })}
            <h1>{title}</h1>
            <div class="sum">{children.map(|children| children())}</div>
            {actions.map(|actions| view! { <div class="acts">{actions.run()}</div> })}
        </div>
    }
}
