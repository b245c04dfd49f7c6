//! Where one is signed in.

use leptos::prelude::*;
use signalbox_domain::access::SignedInBrowser;

use crate::api;
use crate::document::use_document;
use crate::locale::{t, t_with};
use crate::locales::settings as texts;
use crate::sending::Sending;
use crate::ui::{Age, Button, Column, Moment, Plate, Size, Table, Tag, Waiting, use_toasts};

const PATH: &str = "/api/v1/access/browsers";

#[component]
pub(super) fn Browsers() -> impl IntoView {
    let browsers = use_document::<Vec<SignedInBrowser>>(PATH);
    let (sending, toasts) = (Sending::new(), use_toasts());
    let sign_out = move |_| {
        sending.send(api::delete(PATH), move |()| {
            browsers.reload();
            toasts.show(t(texts::OTHERS_SIGNED_OUT));
        });
    };
    let actions = move || {
        view! {
            <Button size=Size::Small busy=sending.busy() on_click=sign_out>
                {t(texts::SIGN_OUT_OTHERS)}
            </Button>
        }
    };
    let table = |browsers: Vec<SignedInBrowser>| {
        view! {
            <Table label=t(texts::BROWSERS) columns=columns()>
                {browsers.into_iter().map(row).collect_view()}
            </Table>
        }
        .into_any()
    };
    view! {
        <Plate title=t(texts::BROWSERS) flush=true actions=actions>
            {sending.refusal()}
            <Waiting
                answer=browsers.answer()
                rows=2
                what=t_with(texts::READING, &[&t(texts::BROWSERS)])
                children=Callback::new(table)
            />
        </Plate>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::BROWSER)),
        Column::new(t(texts::FROM)).width("130px"),
        Column::new(t(texts::SIGNED_IN)).width("120px"),
        Column::new(t(texts::LAST_SEEN)).right().width("110px"),
        Column::new(t(texts::ENDS)).width("120px"),
    ]
}

fn row(browser: SignedInBrowser) -> impl IntoView {
    view! {
        <tr>
            <td>
                <span class="row">
                    <span class="el settings-agent" title=browser.user_agent.clone()>
                        {browser.user_agent.clone()}
                    </span>
                    {browser.current.then(|| view! { <Tag text=t(texts::THIS_ONE) /> })}
                </span>
            </td>
            <td class="mono">{browser.peer}</td>
            <td class="i2">
                <Moment at=browser.created_at />
            </td>
            <td class="r i2">
                <Age of=browser.last_seen_at />
            </td>
            <td class="i2 less">
                <Moment at=browser.expires_at />
            </td>
        </tr>
    }
}
