//! Several nodes from pasted lines: their keys side by side, each compared with what was read on
//! its machine.

use std::collections::BTreeSet;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::nodes::{HostKey, ImportEntry, ImportRequest, ImportRow, NodeView};
use signalbox_domain::signal::Signal as Aspect;

use super::super::host_key::{Comparison, Groups, compare};
use super::draft::{Draft, SignIn};
use super::one::Missing;
use super::sign_in::SignInFields;
use crate::api::{self, Problem};
use crate::locale::{Text, say, t, t_with};
use crate::locales::{nodes as texts, words};
use crate::sending::Sending;
use crate::ui::{Button, Column, Icon, Kind, Lamp, Table, TextArea};

#[component]
pub(super) fn Several(draft: Draft) -> impl IntoView {
    let sign_in = draft.sign_in;
    let lines = RwSignal::new(String::new());
    let rows = RwSignal::new(Vec::<ImportRow>::new());
    let (sending, missing) = (Sending::new(), RwSignal::new(None::<Text>));
    let scan = move |event: SubmitEvent| {
        event.prevent_default();
        missing.set(sign_in.credential().err());
        if missing.get_untracked().is_some() {
            return;
        }
        let body = ImportRequest { lines: lines.get_untracked(), jump: sign_in.jump() };
        let request = async move { api::post("/api/v1/nodes/import/scan", &body).await };
        sending.send(request, move |found| rows.set(found));
    };
    view! {
        <form class="col g16" on:submit=scan>
            <h2 class="add-title">{t(texts::SEVERAL)}</h2>
            <TextArea label=t(texts::LINES) name="lines" value=lines help=t(texts::LINES_HELP) rows=6 />
            <SignInFields sign_in />
            <Missing missing />
            {sending.refusal()}
            <div class="row">
                <Button icon=Icon::KeyRound submit=true busy=sending.busy() on_click=|_| ()>
                    {t(texts::READ_KEYS)}
                </Button>
            </div>
        </form>
        {move || (!rows.with(Vec::is_empty)).then(|| view! { <Keys sign_in rows=rows.get() /> })}
    }
}

/// The keys that were read, and the field for all fingerprints.
#[component]
fn Keys(sign_in: SignIn, rows: Vec<ImportRow>) -> impl IntoView {
    let pasted = RwSignal::new(String::new());
    let added = RwSignal::new(BTreeSet::<u32>::new());
    let (sending, missing) = (Sending::new(), RwSignal::new(None::<Text>));
    let rows = StoredValue::new(rows);
    let matching = Memo::new(move |_| {
        let open = |row: &&ImportRow| added.with(|added| !added.contains(&row.line));
        rows.with_value(|rows| {
            let matching = rows.iter().filter(open).filter(|row| is_matched(row, &pasted.get()));
            matching.cloned().collect::<Vec<_>>()
        })
    });
    let closed = Signal::derive(move || {
        matching.with(Vec::is_empty).then(|| t(texts::NONE_MATCH).to_owned())
    });
    let add = move |_| {
        let nodes: Vec<(u32, _)> = matching
            .get_untracked()
            .into_iter()
            .filter_map(|row| {
                let node = sign_in.node(row.entry.as_ref()?, &row.host_key?.fingerprint);
                Some((row.line, node))
            })
            .collect();
        missing.set(nodes.iter().find_map(|(_, node)| node.as_ref().err().copied()));
        // One after the other, so that those before a refused one stay added.
        let request = async move {
            for (line, node) in nodes {
                let Ok(node) = node else { continue };
                api::post::<NodeView>("/api/v1/nodes", &node).await?;
                let _ = added.try_update(|added| added.insert(line));
            }
            Ok::<(), Problem>(())
        };
        sending.send(request, |()| ());
    };
    let columns = vec![
        Column::new(t(words::NODE)),
        Column::new(t(texts::HOST)),
        Column::new(t(texts::HOST_KEY)),
        Column::new(t(words::STATE)).width("150px"),
        Column::new(t(texts::LINE)).right().width("60px"),
    ];
    let body = rows.with_value(|rows| {
        rows.iter().cloned().map(|row| view! { <Row row pasted added /> }).collect_view()
    });
    view! {
        <Table label=t(texts::SEVERAL) columns=columns>
            {body}
        </Table>
        <TextArea
            label=t(texts::FINGERPRINTS)
            name="fingerprints"
            value=pasted
            help=t(texts::FINGERPRINTS_HELP)
            rows=5
        />
        <Missing missing />
        {sending.refusal()}
        <div class="row">
            <Button
                kind=Kind::Primary
                icon=Icon::FingerprintPattern
                disabled=closed
                busy=sending.busy()
                on_click=add
            >
                {move || t_with(texts::TRUST_MATCHING, &[&matching.with(Vec::len)])}
            </Button>
        </div>
    }
}

#[component]
fn Row(row: ImportRow, pasted: RwSignal<String>, added: RwSignal<BTreeSet<u32>>) -> impl IntoView {
    let line = row.line;
    let place = row.entry.as_ref().map(|at| format!("{}@{}:{}", at.user, at.host, at.port));
    let name = row.entry.as_ref().map(|entry| entry.name.to_string());
    let problem = row.problem.as_ref().map(say);
    let key = row.host_key.as_ref().map(|key| key.fingerprint.clone());
    let failed = problem.is_some();
    let state = move || {
        let (aspect, text) = if failed {
            (Aspect::Danger, words::DANGER)
        } else if added.with(|added| added.contains(&line)) {
            (Aspect::Clear, texts::ADDED_SHORT)
        } else {
            match pasted.with(|pasted| compared(&row, pasted)) {
                Comparison::Same => (Aspect::Clear, texts::MATCHES),
                Comparison::Differs { .. } => (Aspect::Danger, texts::DIFFERS_SHORT),
                Comparison::Nothing | Comparison::Part { .. } => {
                    (Aspect::Unknown, texts::NOT_COMPARED)
                }
            }
        };
        view! {
            <span class="row">
                <Lamp aspect=aspect />
                {t(text)}
            </span>
        }
    };
    view! {
        <tr>
            <td class="b">{name}</td>
            <td class="mono">{place}</td>
            <td class="wrap">
                {key.map(|fingerprint| view! { <Groups fingerprint /> })}
                {problem.map(|problem| view! { <span class="danger">{problem}</span> })}
            </td>
            <td>{state}</td>
            <td class="r i3">{line}</td>
        </tr>
    }
}

fn is_matched(row: &ImportRow, pasted: &str) -> bool {
    compared(row, pasted) == Comparison::Same
}

/// Compares a row's key with the pasted line that begins with its name or address: another
/// machine's fingerprint says nothing about this one.
fn compared(row: &ImportRow, pasted: &str) -> Comparison {
    let (Some(ImportEntry { name, host, .. }), Some(HostKey { fingerprint, .. })) =
        (&row.entry, &row.host_key)
    else {
        return Comparison::Nothing;
    };
    let own: Vec<&str> = pasted
        .lines()
        .filter_map(|line| {
            let line = line.trim_start();
            [name.as_str(), host.as_str()].into_iter().find_map(|label| {
                line.strip_prefix(label).filter(|rest| rest.starts_with([' ', '\t', ':']))
            })
        })
        .map(|rest| rest.trim_start_matches(':'))
        .collect();
    compare(&own.join("\n"), fingerprint)
}

#[cfg(test)]
mod tests {
    use signalbox_domain::nodes::parse_import;

    use super::*;

    const KEY: &str = "SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA";

    fn row(line: &str, fingerprint: &str) -> ImportRow {
        let (_, entry) = parse_import(line).remove(0);
        let host_key = Some(HostKey::new("ssh-ed25519", fingerprint, ""));
        ImportRow { line: 1, entry: entry.ok(), host_key, problem: None }
    }

    #[test]
    fn a_fingerprint_counts_only_for_the_machine_that_it_is_named_after() {
        let row = row("db-1 root@192.0.2.7", KEY);
        for pasted in [
            format!("db-1 {KEY}"),
            format!("db-1: 256 {KEY} root@db-1 (ED25519)"),
            format!("db-2 SHA256:aaaa\n192.0.2.7 {KEY}"),
        ] {
            assert!(is_matched(&row, &pasted), "{pasted}");
        }
        for pasted in [KEY.to_owned(), format!("db-2 {KEY}"), format!("db-11 {KEY}")] {
            assert!(!is_matched(&row, &pasted), "{pasted}");
        }
        let other = format!("db-1 {}", KEY.replace("9SVy", "9SVx"));
        assert_eq!(compared(&row, &other), Comparison::Differs { at: 20 });
    }
}
