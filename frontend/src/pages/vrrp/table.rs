//! The same facts as a table: each director's word, the address, priorities, adverts, ages.

use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::{InstanceConf, InstanceView, MemberView, VrrpView, state_word};

use super::beat::Beat;
use super::diagram;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, t};
use crate::locales::{vrrp as texts, words};
use crate::ui::{Age, Column, Lamp, Plate, Table, aspect_word};

#[component]
pub(super) fn Members(vrrp: Memo<Option<VrrpView>>) -> impl IntoView {
    let live = use_live();
    let rows = move || {
        let stale = live.line().is_stale();
        let instances = vrrp.get().map(|vrrp| vrrp.instances).unwrap_or_default();
        instances.into_iter().flat_map(|instance| rows_of(&instance, stale)).collect_view()
    };
    view! {
        <Plate title=t(texts::INSTANCES) first=true flush=true>
            <Table label=t(texts::INSTANCES) columns=columns()>
                {rows}
            </Table>
        </Plate>
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::INSTANCE)).width("130px"),
        Column::new(t(texts::DIRECTOR)).width("130px"),
        Column::new(t(texts::SAYS)).width("100px"),
        Column::new(t(texts::HOLDS)).width("130px"),
        Column::new(t(texts::BASE)).right().width("70px"),
        Column::new(t(texts::EFFECTIVE)).right().width("80px"),
        Column::new(t(texts::ADVERTS)).width("300px"),
        Column::new(t(texts::TIMERS)).width("170px"),
        Column::new(t(texts::SINCE)).right().width("110px"),
        Column::new(t(texts::SEEN)).right().width("90px"),
    ]
}

fn rows_of(instance: &InstanceView, stale: bool) -> Vec<AnyView> {
    let class = if instance.signal == Aspect::Danger { "danger" } else { "" };
    let named = |index: usize| if index == 0 { instance.id.0.clone() } else { String::new() };
    let members = instance.members.iter().enumerate();
    members
        .map(|(index, member)| {
            let aspect = diagram::aspect(instance, member, stale);
            row(named(index), member, aspect, class).into_any()
        })
        .collect()
}

fn row(name: String, member: &MemberView, aspect: Aspect, class: &'static str) -> impl IntoView {
    let said = member.said.as_ref();
    let daemon = member.daemon.as_ref().map(|daemon| &daemon.value);
    let word = match (said, daemon) {
        (_, Some(daemon)) if daemon.is_frozen() => t(texts::FROZEN),
        (_, Some(daemon)) if !daemon.runs() => t(texts::NOT_RUNNING),
        (Some(_), _) if member.is_out => t(texts::OUT_OF_SERVICE),
        (Some(said), _) => state_word(said.value.state),
        (None, _) => t(texts::NOT_SEEN),
    };
    let effective = said.map_or_else(String::new, |s| s.value.effective_priority.to_string());
    let adverts = member.adverts.clone().map(|beat| {
        let conf = member.conf.clone();
        view! { <Beat beat conf /> }
    });
    let holds = match member.holds.as_ref().map(|holds| holds.value) {
        Some(true) => t(texts::YES),
        Some(false) => t(texts::NO),
        None => t(texts::NOT_SEEN),
    };
    let place = format!("/vrrp/conf?node={}&instance={}", member.node, member.conf.name);
    let since = member.since.map(|since| view! { <Age of=since /> });
    let seen = said.map(|said| view! { <Age of=said.observed_at /> });
    view! {
        <tr class=class class:dim=member.stale>
            <td class="b">{name}</td>
            <td>
                <span class="row">
                    <Lamp aspect label=aspect_word(aspect).to_owned() />
                    <a href=format!("/nodes/{}", member.node)>{member.node_name.clone()}</a>
                </span>
            </td>
            <td class="mono" title=t(words::STATE)>{word}</td>
            <td data-label=t(texts::HOLDS)>{holds}</td>
            <td class="r" data-label=t(texts::BASE)>
                <a href=place title=t(texts::CHANGE_PRIORITY)>{member.conf.priority.to_string()}</a>
            </td>
            <td class="r" data-label=t(texts::EFFECTIVE)>{effective}</td>
            <td class="i2 less">{adverts}</td>
            <td class="i2 less">{timers(&member.conf)}</td>
            <td class="r" data-label=t(texts::SINCE)>{since}</td>
            <td class="r i3" data-label=t(texts::SEEN)>{seen}</td>
        </tr>
    }
}

fn timers(conf: &InstanceConf) -> String {
    let advert = format::duration(Duration::from_millis(conf.advert_ms), language());
    let file = conf
        .track_files
        .first()
        .map_or_else(|| t(texts::NO_TRACK_FILE).to_owned(), |file| file.name.clone());
    format!("{advert} · {file}")
}
