//! The connection table, read when somebody asks for it.

use leptos::prelude::*;
use signalbox_domain::fact::Fact;
use signalbox_domain::lvs::{Connection, Connections, ServiceView};

use super::Page;
use crate::api::{self, Problem};
use crate::format;
use crate::locale::{t, t_with};
use crate::locales::lvs as texts;
use crate::ui::{Age, Button, Column, Failed, Field, Plate, Segmented, Size, Table};

type Read = Option<Result<Fact<Connections>, Problem>>;

#[component]
pub(super) fn ConnectionTable(page: Page) -> impl IntoView {
    let read = RwSignal::new(Read::None);
    let (busy, of_service) = (RwSignal::new(false), RwSignal::new(true));
    let (client, state) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let title = page.service.with_untracked(|s| s.as_ref().map(|s| page.name_of(s.shown)));
    let ask = move |_| {
        let Some(service) = page.service.get_untracked() else { return };
        let chosen = of_service.get_untracked().then_some(&service);
        let path = path(&service, chosen, &client.get_untracked(), &state.get_untracked());
        busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = api::get::<Fact<Connections>>(&path).await;
            let _ = read.try_set(Some(answer));
            let _ = busy.try_set(false);
        });
    };
    // What was read of one service is nothing of another.
    let id = Memo::new(move |_| page.service.with(|s| s.as_ref().map(|s| s.id.clone())));
    Effect::watch(move || id.get(), move |_, _, _| read.set(None), false);
    let options = vec![(true, t(texts::OF_SERVICE).to_owned()), (false, t(texts::ALL).to_owned())];
    let action =
        move || if read.with(Option::is_some) { texts::READ_AGAIN } else { texts::READ_TABLE };
    view! {
        <Plate title=t_with(texts::CONNECTIONS, &[&title.unwrap_or_default()]) class="lvs-table">
            <div class="lvs-ask">
                <Segmented label=t(texts::ENTRIES) options=options chosen=of_service />
                <Field label=t(texts::CLIENT_ADDRESS) name="lvs-client" value=client mono=true />
                <Field label=t(texts::STATE) name="lvs-state" value=state mono=true />
                <Button size=Size::Small busy=busy on_click=ask>{move || t(action())}</Button>
            </div>
            {move || match read.get() {
                None => ().into_any(),
                Some(Err(problem)) => view! { <Failed problem /> }.into_any(),
                Some(Ok(fact)) => told(fact).into_any(),
            }}
        </Plate>
    }
}

fn path(service: &ServiceView, chosen: Option<&ServiceView>, client: &str, state: &str) -> String {
    let mut query = Vec::new();
    query.extend(chosen.map(|service| format!("service={}", service.id)));
    for (name, value) in [("client", client.trim()), ("state", state.trim())] {
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_');
        let value: String = value.chars().filter(plain).collect();
        if !value.is_empty() {
            query.push(format!("{name}={value}"));
        }
    }
    format!("/api/v1/lvs/{}/connections?{}", service.shown, query.join("&"))
}

fn told(fact: Fact<Connections>) -> impl IntoView {
    let all = fact.value;
    let count = |number: u64| format::count(number);
    let entries = t_with(texts::ENTRIES_TEXT, &[&count(all.total), &count(all.templates)]);
    let matched =
        t_with(texts::ENTRIES_TEXT, &[&count(all.matched), &count(all.matched_templates)]);
    let states: Vec<String> =
        all.states.iter().map(|(state, number)| format!("{state} {}", count(*number))).collect();
    let columns = vec![
        Column::new(t(texts::CLIENT)),
        Column::new(t(texts::ASKED)),
        Column::new(t(texts::SERVER)),
        Column::new(t(texts::STATE)),
        Column::new(t(texts::EXPIRES)).right(),
    ];
    view! {
        <dl class="facts">
            <dt>{t(texts::ENTRIES)}</dt>
            <dd data-entries=all.total>{entries}" · "<Age of=fact.observed_at /></dd>
            <dt>{t(texts::MATCHED)}</dt>
            <dd data-matched=all.matched>{matched}</dd>
            <dt>{t(texts::STATE)}</dt>
            <dd>{states.join(", ")}</dd>
            <dt>{t(texts::SYNCED)}</dt>
            <dd>{count(all.synced)}</dd>
        </dl>
        {all.cut.then(|| view! { <p class="t12 i2">{t(texts::AT_LEAST)}</p> })}
        <p class="t12 i3">{t_with(texts::SHOWN, &[&all.rows.len()])}</p>
        <Table label=t(texts::ENTRIES) columns=columns>
            {all.rows.iter().map(row).collect_view()}
        </Table>
    }
}

fn row(connection: &Connection) -> impl IntoView + use<> {
    let is_template = connection.client.port() == 0;
    let state = if is_template { t(texts::TEMPLATE).to_owned() } else { connection.state.clone() };
    view! {
        <tr>
            <td class="mono">{connection.client.to_string()}</td>
            <td class="mono">{connection.virtual_address.clone()}</td>
            <td class="mono">{connection.server.to_string()}</td>
            <td data-label=t(texts::STATE)>{state}</td>
            <td class="r" data-label=t(texts::EXPIRES)>{format!("{} s", connection.expires_s)}</td>
        </tr>
    }
}
