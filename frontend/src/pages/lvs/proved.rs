//! What a proof of a service's sharing found, where the service is shown and where the job is.

use leptos::prelude::*;
use signalbox_domain::lvs::sharing::{ServerShare, Sharing};

use crate::format;
use crate::locale::{say, t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{Age, Column, Lamp, Table, aspect_word};

/// The verdict with what it rests on.
#[component]
pub fn Proved(sharing: Sharing) -> impl IntoView {
    let aspect = sharing.verdict.signal();
    let asked = sharing.asked;
    let why = sharing.why.iter().map(|why| view! { <li>{say(why)}</li> }).collect_view();
    let test = sharing.test.map(|test| {
        let statistic = format!("{:.2}", test.statistic);
        let p = if test.p < 0.001 { format!("{:.0e}", test.p) } else { format!("{:.3}", test.p) };
        t_with(texts::CHI_SQUARE, &[&statistic, &test.degrees_of_freedom, &p])
    });
    let columns = vec![
        Column::new(t(texts::SERVER)),
        Column::new(t(texts::WEIGHT)).right(),
        Column::new(t(texts::EXPECTED)).right(),
        Column::new(t(texts::OBSERVED)).right(),
    ];
    let rows = sharing.servers.iter().map(row).collect_view();
    view! {
        <p class="row g6 lvs-verdict" role="status" data-verdict=format!("{:?}", sharing.verdict)>
            <Lamp aspect=aspect size=10 label=aspect_word(aspect).to_owned() />
            <b>{say(&sharing.verdict.words())}</b>
            <span class="t12 i2"><Age of=sharing.at /></span>
        </p>
        <ul class="t12 i2 lvs-why">{why}</ul>
        <Table label=t(texts::PROOF) columns=columns>
            {rows}
        </Table>
        <p class="t12 i3">
            {t_with(texts::ASKED_TEXT, &[&asked.connections, &asked.answered, &sharing.counted])}
            " · "{sharing.scheduler.clone()}": "{say(&sharing.rule)}
            {test.map(|test| format!(" · {test}"))}
        </p>
    }
}

fn row(server: &ServerShare) -> impl IntoView + use<> {
    let expected = server.expected.map_or_else(
        || t(texts::NO_EXPECTATION).to_owned(),
        |expected| match server.bound {
            Some(bound) => format!("{expected:.1} ± {bound:.1}"),
            None => format!("{expected:.1}"),
        },
    );
    view! {
        <tr>
            <td>{server.name.clone()}</td>
            <td class="r" data-label=t(texts::WEIGHT)>{server.weight.to_string()}</td>
            <td class="r" data-label=t(texts::EXPECTED)>{expected}</td>
            <td class="r" data-label=t(texts::OBSERVED)>{format::count(server.observed)}</td>
        </tr>
    }
}
