//! Since when each real server is in service, and when checks took it out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::lvs::{ServerView, ServiceId, ServiceView};
use signalbox_domain::time::Timestamp;

use super::Page;
use crate::document::{Document, use_document};
use crate::format;
use crate::locale::{language, t, t_with};
use crate::locales::{lvs as texts, words};
use crate::ui::{
    Column, Moment, Plate, Sentence, Table, Timeline, TimelineGroup, TimelineRow, TimelineRun,
    Waiting, day_begin, sign, use_day_end,
};

const PATH: &str = "/api/v1/lvs/standing";

/// Changes that are listed.
const LISTED: usize = 8;

/// The last day of the chosen service, read anew when a director treats a real server otherwise.
pub(super) fn use_standing(service: Memo<Option<ServiceView>>) -> Document<Vec<ServerStretch>> {
    let id = Memo::new(move |_| service.with(|s| s.as_ref().map(|s| s.id.clone())));
    let path = |id: Option<ServiceId>| {
        format!("{PATH}?service={}", id.map_or_else(String::new, |id| id.0))
    };
    let document = use_document(path(id.get_untracked()));
    let weights = Memo::new(move |_| {
        service.with(|service| {
            let servers = service.iter().flat_map(|service| &service.servers);
            let on = |server: &ServerView| {
                let on = server.on.iter().map(|on| (on.node, on.stale, on.weight));
                on.collect::<Vec<_>>()
            };
            servers.map(|server| (server.socket(), on(server))).collect::<Vec<_>>()
        })
    });
    Effect::watch(move || id.get(), move |id, _, _| document.turn_to(path(id.clone())), false);
    // What was just seen to change is written within a second.
    Effect::watch(
        move || weights.get(),
        move |_, _, _| set_timeout(move || document.reload(), Duration::from_millis(1500)),
        false,
    );
    document
}

/// Since when the director that is shown treats a server as it does.
pub(super) fn since(page: Page, server: SocketAddr) -> impl IntoView {
    move || {
        let director = page.service.with(|service| service.as_ref().map(|s| s.shown))?;
        let stretch = page.standing.answer().with(|answer| {
            let Some(Ok(stretches)) = answer else { return None };
            let lasts = |s: &&ServerStretch| {
                s.director == director && s.server == server && s.ended_at.is_none()
            };
            stretches.iter().find(lasts).cloned()
        })?;
        let text = if stretch.began_seen { texts::SINCE } else { texts::SEEN_SINCE };
        Some(view! {
            <span class="i3">
                " · "<Sentence text><Moment at=stretch.began_at /></Sentence>
            </span>
        })
    }
}

#[component]
pub(super) fn Standing(page: Page) -> impl IntoView {
    let legend = || {
        view! {
            <span class="row g12 t12 i3 wide-only" aria-hidden="true">
                {sign("tk-core", t(texts::TAKES_NEW))} {sign("tk-bed", t(texts::WEIGHT_0))}
                {sign("tk-fail", t(texts::TAKEN_OUT))} {sign("tk-stale", t(texts::NOT_SEEN))}
            </span>
        }
    };
    let day = Callback::new(move |stretches: Vec<ServerStretch>| {
        view! { <Day page stretches=StoredValue::new(stretches) /> }.into_any()
    });
    view! {
        <Plate title=t(texts::STANDING) meta=t(texts::LAST_DAY) flush=true actions=legend class="lvs-standing">
            <Waiting answer=page.standing.answer() rows=3 what=t_with(words::READING, &[&PATH]) children=day />
        </Plate>
    }
}

#[component]
fn Day(page: Page, stretches: StoredValue<Vec<ServerStretch>>) -> impl IntoView {
    let end = use_day_end();
    let names = Memo::new(move |_| page.service.with(|service| Names::of(service.as_ref())));
    let groups = Memo::new(move |_| {
        let end = end.get();
        stretches.with_value(|stretches| names.with(|names| lay_out(stretches, names, end)))
    });
    let label = Memo::new(move |_| {
        let end = end.get();
        stretches.with_value(|stretches| names.with(|names| in_words(stretches, names, end)))
    });
    let changes =
        move || stretches.with_value(|stretches| names.with(|names| changes(stretches, names)));
    view! {
        <Timeline end groups label />
        {changes}
    }
}

/// Of the servers and directors that the page shows.
#[derive(Debug, Clone, Default, PartialEq)]
struct Names {
    servers: BTreeMap<SocketAddr, String>,
    directors: BTreeMap<NodeId, String>,
}

impl Names {
    fn of(service: Option<&ServiceView>) -> Names {
        let servers = service.into_iter().flat_map(|service| &service.servers);
        let directors = service.into_iter().flat_map(|service| &service.on);
        Names {
            servers: servers.map(|server| (server.socket(), server.name.clone())).collect(),
            directors: directors.map(|on| (on.node, on.name.clone())).collect(),
        }
    }

    /// A server that is gone by now is named by its address.
    fn server(&self, server: SocketAddr) -> String {
        self.servers.get(&server).cloned().unwrap_or_else(|| server.ip().to_string())
    }

    fn director(&self, director: NodeId) -> String {
        self.directors.get(&director).cloned().unwrap_or_else(|| format!("#{director}"))
    }
}

fn lay_out(stretches: &[ServerStretch], names: &Names, end: Timestamp) -> Vec<TimelineGroup> {
    let mut tracks: BTreeMap<SocketAddr, BTreeMap<String, Vec<TimelineRun>>> = BTreeMap::new();
    for stretch in stretches {
        let directors = tracks.entry(stretch.server).or_default();
        let runs = directors.entry(names.director(stretch.director)).or_default();
        let (from, to) = (stretch.began_at, stretch.ended_at.unwrap_or(end));
        runs.extend(signs(stretch.weight).iter().map(|class| TimelineRun { class, from, to }));
    }
    let group = |(server, directors): (SocketAddr, BTreeMap<String, Vec<TimelineRun>>)| {
        let rows = directors.into_iter().map(|(name, runs)| TimelineRow { name, runs });
        TimelineGroup { name: names.server(server), rows: rows.collect() }
    };
    tracks.into_iter().map(group).collect()
}

fn signs(weight: Option<u32>) -> &'static [&'static str] {
    match weight {
        None => &["tk-fail"],
        Some(0) => &["tk-bed"],
        Some(_) => &["tk-bed", "tk-core"],
    }
}

fn in_words(stretches: &[ServerStretch], names: &Names, end: Timestamp) -> String {
    let begin = day_begin(end);
    let mut out_ms: BTreeMap<(SocketAddr, NodeId), i64> = BTreeMap::new();
    for stretch in stretches {
        let length_ms = stretch.ended_at.unwrap_or(end).0 - stretch.began_at.0.max(begin.0);
        let out = out_ms.entry((stretch.server, stretch.director)).or_default();
        *out += if stretch.weight.is_none() { length_ms.max(0) } else { 0 };
    }
    let tell = |((server, director), out_ms): ((SocketAddr, NodeId), i64)| {
        let out = Duration::from_millis(u64::try_from(out_ms).unwrap_or(0));
        let (server, director) = (names.server(server), names.director(director));
        t_with(texts::OUT_FOR, &[&server, &director, &format::age(out, language())])
    };
    out_ms.into_iter().map(tell).collect::<Vec<_>>().join(" ")
}

/// The newest changes that were seen.
fn changes(stretches: &[ServerStretch], names: &Names) -> Option<impl IntoView + use<>> {
    let newest: Vec<_> = stretches.iter().rev().filter(|s| s.began_seen).take(LISTED).collect();
    if newest.is_empty() {
        return None;
    }
    let row = |stretch: &&ServerStretch| {
        let what = match stretch.weight {
            None => t(texts::CHECK_FAILED).to_owned(),
            Some(weight) => t_with(texts::IN_WITH, &[&weight]),
        };
        view! {
            <tr>
                <td class="i3"><Moment at=stretch.began_at /></td>
                <td data-label=t(texts::SERVER)>{names.server(stretch.server)}</td>
                <td data-label=t(texts::DIRECTOR)>{names.director(stretch.director)}</td>
                <td data-label=t(texts::CHANGED_TO)>{what}</td>
            </tr>
        }
    };
    let columns = vec![
        Column::new(t(texts::AT)).width("130px"),
        Column::new(t(texts::SERVER)).width("150px"),
        Column::new(t(texts::DIRECTOR)).width("150px"),
        Column::new(t(texts::CHANGED_TO)),
    ];
    let rows = newest.iter().map(row).collect_view();
    Some(view! { <Table label=t(texts::STANDING) columns=columns>{rows}</Table> })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(
        server: &str,
        weight: Option<u32>,
        began_at: i64,
        ended_at: Option<i64>,
    ) -> ServerStretch {
        ServerStretch {
            director: NodeId(1),
            service: ServiceId("tcp/192.168.1.200:80".into()),
            server: server.parse().unwrap(),
            weight,
            began_at: Timestamp(began_at),
            began_seen: true,
            ended_at: ended_at.map(Timestamp),
        }
    }

    #[test]
    fn each_server_has_a_track_for_each_director_with_what_it_took() {
        let (a, b) = ("192.168.1.102:80", "192.168.1.103:80");
        let stretches = [
            stretch(a, Some(2), 10, Some(20)),
            stretch(b, Some(0), 10, None),
            stretch(a, None, 20, None),
        ];
        let servers = BTreeMap::from([(a.parse().unwrap(), "web-1".to_owned())]);
        let directors = BTreeMap::from([(NodeId(1), "dir-a".to_owned())]);
        let names = Names { servers, directors };
        let groups = lay_out(&stretches, &names, Timestamp(90));
        let told: Vec<_> = groups
            .iter()
            .map(|group| {
                let runs = &group.rows[0].runs;
                let runs: Vec<_> = runs.iter().map(|r| (r.class, r.from.0, r.to.0)).collect();
                (group.name.as_str(), group.rows[0].name.as_str(), runs)
            })
            .collect();
        let first = vec![("tk-bed", 10, 20), ("tk-core", 10, 20), ("tk-fail", 20, 90)];
        let second = vec![("tk-bed", 10, 90)];
        assert_eq!(
            told,
            [("web-1", "dir-a", first), ("192.168.1.103", "dir-a", second)],
            "one that is gone is named by its address"
        );
    }
}
