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
                    <span class="b" title=browser.user_agent.clone()>
                        {name_of(&browser.user_agent)}
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

/// `Firefox, Linux`, of what a browser says of itself; what names none of these stands as it is.
fn name_of(user_agent: &str) -> String {
    // Each is named before those whose names it carries, too.
    const PROGRAMS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (first(&PROGRAMS), first(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program}, {system}"),
        (Some(program), None) => program.to_owned(),
        _ => user_agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_by_name() {
        let names = [
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0",
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "something else",
        ]
        .map(name_of);
        let expected = [
            "Firefox, Linux",
            "Edge, Windows",
            "Chrome, Android",
            "Safari, iPhone",
            "something else",
        ];
        assert_eq!(names, expected);
    }
}
