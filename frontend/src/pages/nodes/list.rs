//! All nodes by what they are, worst first.

use std::cmp::Ordering;

use leptos::prelude::*;
use signalbox_domain::fleet::{FleetView, NodeRole, NodeSummary};
use signalbox_domain::live::Topic;
use signalbox_domain::signal::Signal as Aspect;

use super::{closed_to_reader, state_word};
use crate::live::use_live;
use crate::locale::{say, t, t_with};
use crate::locales::{nodes as texts, words};
use crate::ui::{
    Age, Button, Column, Empty, Failed, Filter, Icon, IconView, Kind, Lamp, Lamps, LongTable,
    PageHead, Plate, Plates, Segmented, Size, SkeletonRows, Sort, Tag, button_classes, matches,
};

const ROLES: [NodeRole; 4] =
    [NodeRole::Director, NodeRole::RealServer, NodeRole::Database, NodeRole::Other];
const COLUMNS: usize = 7;

#[component]
pub fn NodeList() -> impl IntoView {
    let live = use_live();
    let fleet = live.watch::<FleetView>(Topic::Fleet);
    let refusal = live.refusal(Topic::Fleet);
    let nodes = Memo::new(move |_| {
        let stale = live.line().is_stale();
        fleet.with(|fleet| {
            let mut nodes: Vec<NodeSummary> = fleet.as_ref()?.nodes.values().cloned().collect();
            for node in nodes.iter_mut().filter(|_| stale) {
                node.signal = Aspect::Unknown;
            }
            Some(nodes)
        })
    });
    let aspects = Memo::new(move |_| {
        nodes.with(|nodes| nodes.iter().flatten().map(|node| node.signal).collect::<Vec<_>>())
    });
    let count = Memo::new(move |_| nodes.with(|nodes| nodes.as_ref().map(Vec::len)));
    let reading = move || t_with(words::READING, &[&"/api/v1/fleet"]);
    let body = move || match (count.get(), refusal.get()) {
        (None, Some(problem)) => view! { <Failed problem /> }.into_any(),
        (None, None) => view! { <SkeletonRows what=reading() /> }.into_any(),
        (Some(0), _) => view! {
            <Empty title=t(texts::NONE) text=t(texts::NONE_HELP)>
                <AddLink />
            </Empty>
        }
        .into_any(),
        (Some(_), _) => view! { <Nodes nodes /> }.into_any(),
    };
    view! {
        <PageHead title=t(texts::NODES) actions=|| view! { <AddLink /> }>
            <Lamps aspects />
        </PageHead>
        {body}
    }
}

/// Closed for those who may not add nodes.
#[component]
fn AddLink() -> impl IntoView {
    match closed_to_reader() {
        Some(reason) => view! {
            <Button icon=Icon::Plus disabled=Signal::stored(Some(reason)) on_click=|_| ()>
                {t(texts::ADD_NODE)}
            </Button>
        }
        .into_any(),
        None => view! {
            <a class=button_classes(Kind::Primary, Size::Normal) href="/nodes/add">
                <IconView icon=Icon::Plus small=true />
                {t(texts::ADD_NODE)}
            </a>
        }
        .into_any(),
    }
}

#[component]
fn Nodes(nodes: Memo<Option<Vec<NodeSummary>>>) -> impl IntoView {
    let (wanted, only_wrong) = (RwSignal::new(String::new()), RwSignal::new(false));
    let shown = Memo::new(move |_| {
        let wanted = wanted.get();
        nodes.with(|nodes| {
            let all = nodes.iter().flatten();
            all.filter(|node| !only_wrong.get() || node.signal != Aspect::Clear)
                .filter(|node| matches(&wanted, &text_of(node)))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let options = vec![(false, t(texts::ALL).to_owned()), (true, t(texts::NOT_CLEAR).to_owned())];
    let actions = move || {
        view! {
            <Filter value=wanted />
            <Segmented label=t(words::STATE) options=options.clone() chosen=only_wrong />
        }
    };
    let sort = RwSignal::new(Sort { column: STATE, descending: false });
    let rows = Memo::new(move |_| shown.with(|shown| grouped(shown, sort.get())));
    view! {
        <Plates>
            <Plate title=t(texts::NODES) first=true flush=true actions=actions>
                <LongTable label=t(texts::NODES) columns=columns() sort=sort rows=rows row=|(index, row)| draw(index, row) />
                {move || {
                    shown
                        .with(Vec::is_empty)
                        .then(|| view! { <Empty title=t(texts::NONE_MATCHES) /> })
                }}
            </Plate>
        </Plates>
    }
}

/// What of a row the filter looks at.
fn text_of(node: &NodeSummary) -> String {
    let mut words = vec![node.name.as_str(), &node.host, node.os.as_deref().unwrap_or_default()];
    words.extend(node.tags.iter().map(String::as_str));
    words.join(" ")
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(words::NODE)).sorts(),
        Column::new(t(words::STATE)).width("150px").sorts(),
        Column::new(t(texts::HOST)).width("150px").sorts(),
        Column::new(t(texts::OS)).sorts(),
        Column::new(t(texts::TAGS)),
        Column::new(t(texts::REASON)),
        Column::new(t(texts::SINCE)).right().width("110px").sorts(),
    ]
}

/// A heading or a node.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    Group(NodeRole, usize),
    Node(NodeSummary),
}

/// The column of the lamps.
const STATE: usize = 1;

/// By what they are, and within that by a column of [`columns`]; what is wrong first at the start.
fn grouped(nodes: &[NodeSummary], sort: Sort) -> Vec<Row> {
    let mut rows = Vec::new();
    for role in ROLES {
        let mut group: Vec<&NodeSummary> = nodes.iter().filter(|node| node.role == role).collect();
        group.sort_by(|a, b| in_order(sort.column, a, b));
        if sort.descending {
            group.reverse();
        }
        if !group.is_empty() {
            rows.push(Row::Group(role, group.len()));
            rows.extend(group.into_iter().cloned().map(Row::Node));
        }
    }
    rows
}

fn in_order(column: usize, a: &NodeSummary, b: &NodeSummary) -> Ordering {
    let by_column = match column {
        STATE => a.signal.cmp(&b.signal),
        2 => a.host.cmp(&b.host),
        3 => a.os.cmp(&b.os),
        6 => a.since.cmp(&b.since),
        _ => Ordering::Equal,
    };
    by_column.then_with(|| a.name.cmp(&b.name))
}

fn draw(index: usize, row: Row) -> AnyView {
    match row {
        Row::Group(role, count) => heading(index, role, count).into_any(),
        Row::Node(node) => line(index, node).into_any(),
    }
}

fn heading(index: usize, role: NodeRole, count: usize) -> impl IntoView {
    view! {
        <tr class="nodes-group" aria-rowindex=index>
            <th scope="rowgroup" colspan=COLUMNS.to_string()>
                {t(texts::role(role))}
                " "
                <span class="tn">{count}</span>
            </th>
        </tr>
    }
}

fn line(index: usize, node: NodeSummary) -> impl IntoView {
    let class = match node.signal {
        Aspect::Danger => "danger",
        Aspect::Unknown => "dim",
        _ => "",
    };
    let tags = node.tags.into_iter().map(|tag| view! { <Tag text=tag /> }).collect_view();
    view! {
        <tr class=class aria-rowindex=index>
            <td>
                <a href=format!("/nodes/{}", node.id)>{node.name}</a>
            </td>
            <td>
                <span class="row">
                    <Lamp aspect=node.signal />
                    {state_word(node.link, node.signal)}
                </span>
            </td>
            <td class="mono">{node.host}</td>
            <td class="i2 less">{node.os}</td>
            <td class="less">
                <span class="row g4">{tags}</span>
            </td>
            <td class="wrap i2">{node.reason.as_ref().map(say)}</td>
            <td class="r i2">
                <Age of=node.since />
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::ids::NodeId;
    use signalbox_domain::nodes::LinkState;
    use signalbox_domain::time::Timestamp;

    use super::*;

    fn node(name: &str, signal: Aspect) -> NodeSummary {
        NodeSummary {
            id: NodeId(1),
            name: name.into(),
            host: "192.0.2.7".into(),
            role: NodeRole::Database,
            tags: vec!["Prod".into(), "hz1".into()],
            signal,
            link: LinkState::Up,
            since: Timestamp(0),
            reason: None,
            os: Some("Debian GNU/Linux 12".into()),
        }
    }

    #[test]
    fn every_word_narrows_whatever_column_it_is_in() {
        let node = node("db-1", Aspect::Clear);
        for wanted in ["", "db", "192.0.2", "debian prod", "hz1 db-1"] {
            assert!(matches(wanted, &text_of(&node)), "{wanted:?}");
        }
        for wanted in ["db-2", "debian web"] {
            assert!(!matches(wanted, &text_of(&node)), "{wanted:?}");
        }
    }

    #[test]
    fn the_worst_stand_first_until_another_order_is_asked_for() {
        let nodes =
            [node("a", Aspect::Clear), node("c", Aspect::Danger), node("b", Aspect::Danger)];
        let names = |column, descending| {
            let rows = grouped(&nodes, Sort { column, descending });
            assert_eq!(rows[0], Row::Group(NodeRole::Database, 3));
            let name = |row: &Row| match row {
                Row::Node(node) => Some(node.name.clone()),
                Row::Group(..) => None,
            };
            rows.iter().filter_map(name).collect::<String>()
        };
        assert_eq!(names(STATE, false), "bca");
        assert_eq!((names(0, false), names(0, true)), ("abc".into(), "cba".into()));
    }
}
