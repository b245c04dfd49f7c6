//! The track diagram's facts and actions as a list.

use leptos::prelude::*;
use signalbox_domain::fleet::{FleetView, Line, Points};
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::Holder;

use super::lines::HandOver;
use crate::live::use_live;
use crate::locale::{language, say, t, t_with};
use crate::locales::overview as texts;
use crate::track::{engine_role, service_name, traffic};
use crate::ui::{Lamp, aspect_word};

#[component]
pub(super) fn LinesList(fleet: Memo<Option<FleetView>>) -> impl IntoView {
    let lines = move || fleet.with(|fleet| fleet.as_ref().map_or(Vec::new(), |f| f.lines.clone()));
    let item = move |line: Line| {
        let id = line.id.clone();
        let key = line.id.clone();
        let line = Memo::new(move |_| {
            let found = fleet.with(|fleet| {
                let lines = &fleet.as_ref()?.lines;
                lines.iter().find(|other| other.id == key).cloned()
            });
            found.unwrap_or_else(|| line.clone())
        });
        view! {
            <li class="line-item">
                {move || heading(&line.get())}
                <HandOver fleet line=id />
                <ul class="list">{move || rows(&line.get())}</ul>
            </li>
        }
    };
    view! {
        <ul class="lines-list">
            <For each=lines key=|line| line.id.clone() children=item />
        </ul>
    }
}

fn heading(line: &Line) -> impl IntoView + use<> {
    let title = format!("{} {}:{}", service_name(line), line.vip, line.port);
    let aspect = use_live().shown(line.signal);
    view! {
        <div class="row">
            <Lamp aspect label=aspect_word(aspect).to_owned() />
            <h3>{title}</h3>
            <span class="i3">{traffic(line, language())}</span>
        </div>
    }
}

fn rows(line: &Line) -> Vec<AnyView> {
    let language = language();
    let directors = line.points.iter().flat_map(|points| {
        points.directors.iter().map(move |director| Row {
            href: Some(format!("/nodes/{}", director.node)),
            name: t_with(texts::PRIORITY, &[&director.name, &director.priority]),
            about: t(if holds(points, director.node) { texts::HOLDS } else { texts::STANDS_BY })
                .to_owned(),
            aspect: director.signal,
        })
    });
    let legs = line.legs.iter().map(|leg| Row {
        href: leg.node.map(|node| format!("/nodes/{node}")),
        name: format!("{} {}", leg.name, leg.address),
        about: leg.reason.as_ref().map(say).unwrap_or_else(|| {
            let weight = t_with(texts::WEIGHT, &[&leg.weight]);
            format!("{weight}, {}", t_with(texts::ACTIVE, &[&leg.active_connections]))
        }),
        aspect: leg.signal,
    });
    let engines = line.engines.iter().map(|engine| {
        let lag = engine.lag_s.map(|lag_s| format!(" · {}", t_with(texts::BEHIND, &[&lag_s])));
        let role = engine_role(engine, &line.engines, language);
        Row {
            href: Some(format!("/nodes/{}", engine.node)),
            name: engine.name.clone(),
            about: engine
                .reason
                .as_ref()
                .map(say)
                .unwrap_or_else(|| format!("{role}{}", lag.unwrap_or_default())),
            aspect: engine.signal,
        }
    });
    directors.chain(legs).chain(engines).map(Row::view).collect()
}

struct Row {
    href: Option<String>,
    name: String,
    about: String,
    aspect: Aspect,
}

impl Row {
    fn view(self) -> AnyView {
        let aspect = use_live().shown(self.aspect);
        let name = match self.href {
            Some(href) => view! { <a class="plain b" href=href>{self.name}</a> }.into_any(),
            None => view! { <b>{self.name}</b> }.into_any(),
        };
        view! {
            <li class="row">
                <Lamp aspect=aspect label=aspect_word(aspect).to_owned() />
                {name}
                <span class="i2">{self.about}</span>
            </li>
        }
        .into_any()
    }
}

fn holds(points: &Points, node: signalbox_domain::ids::NodeId) -> bool {
    match &points.holder {
        Holder::One { node: holder } => *holder == node,
        Holder::Several { nodes } => nodes.contains(&node),
        Holder::Nobody | Holder::Unknown => false,
    }
}
