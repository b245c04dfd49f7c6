//! What is wrong in the files, and what the directors do differently.

use leptos::prelude::*;
use signalbox_domain::signal::Signal as Aspect;
use signalbox_domain::vrrp::conf::{self, Severity, differences, lint_pair};

use super::draft::{Draft, Read};
use crate::locale::{say, t, t_with};
use crate::locales::vrrp_conf as texts;
use crate::ui::{Lamp, Plate, aspect_word};

/// More would hide the rest of the page.
const SHOWN: usize = 100;

#[derive(Clone, PartialEq)]
struct Row {
    severity: Severity,
    place: String,
    says: String,
}

#[component]
pub(super) fn Findings(draft: Draft) -> impl IntoView {
    let rows = Memo::new(move |_| draft.readings.with(|readings| rows(readings)));
    let meta = move || rows.with(|rows| t_with(texts::FINDINGS_COUNT, &[&rows.len()]));
    let list = move || {
        let rows = rows.get();
        if rows.is_empty() {
            return view! { <p class="t12 i2 vc-none">{t(texts::NO_FINDING)}</p> }.into_any();
        }
        let row = |row: Row| {
            let aspect = match row.severity {
                Severity::Error => Aspect::Danger,
                Severity::Warning => Aspect::Caution,
                Severity::Note => Aspect::Unknown,
            };
            view! {
                <li>
                    <Lamp aspect=aspect size=10 label=aspect_word(aspect).to_owned() />
                    <span class="vc-place mono t12 i3">{row.place}</span>
                    <span class="t12">{row.says}</span>
                </li>
            }
        };
        view! { <ul class="vc-list">{rows.into_iter().take(SHOWN).map(row).collect_view()}</ul> }
            .into_any()
    };
    view! {
        <Plate title=t(texts::FINDINGS) meta=Signal::derive(meta)>
            {list}
        </Plate>
    }
}

/// Of each node, and of each two together; worst first.
fn rows(readings: &[Read]) -> Vec<Row> {
    let mut rows = Vec::new();
    for read in readings {
        for finding in conf::lint(&read.configuration, &read.effective, read.version) {
            let place = match finding.line {
                0 => read.name.clone(),
                line => format!("{}:{line}", read.name),
            };
            rows.push(Row { severity: finding.severity, place, says: say(&finding.says) });
        }
    }
    for (first, second) in pairs(readings) {
        let of = |read: &Read| format!("{}, {}", first.name, read.name);
        let found = lint_pair(
            (&first.configuration, &first.effective),
            (&second.configuration, &second.effective),
        );
        rows.extend(found.into_iter().map(|finding| Row {
            severity: finding.severity,
            place: of(second),
            says: say(&finding.says),
        }));
    }
    rows.sort_by_key(|row| row.severity);
    rows
}

fn pairs(readings: &[Read]) -> impl Iterator<Item = (&Read, &Read)> {
    let after = |at: usize| readings.iter().skip(at + 1);
    readings
        .iter()
        .enumerate()
        .flat_map(move |(at, first)| after(at).map(move |second| (first, second)))
}

/// Between the first two directors, which is all that most have.
#[component]
pub(super) fn Differences(draft: Draft) -> impl IntoView {
    let body = move || {
        draft.readings.with(|readings| {
            let pair = pairs(readings).next();
            let Some((first, second)) = pair else {
                return view! { <p class="t12 i2 vc-none">{t(texts::ONE_DIRECTOR)}</p> }.into_any();
            };
            let found = differences(&first.effective, &second.effective);
            if found.is_empty() {
                return view! { <p class="t12 i2 vc-none">{t(texts::NO_DIFFERENCE)}</p> }
                    .into_any();
            }
            let none = || t(texts::ABSENT).to_owned();
            let row = |difference: conf::Difference| {
                let note = (!difference.expected)
                    .then(|| view! { <span class="vc-note"><Lamp aspect=Aspect::Caution size=8 />" "{t(texts::UNEXPECTED)}</span> });
                view! {
                    <tr>
                        <td class="mono t12">{difference.path.join(" ")}{note}</td>
                        <td class="mono t12">{difference.first.unwrap_or_else(none)}</td>
                        <td class="mono t12">{difference.second.unwrap_or_else(none)}</td>
                    </tr>
                }
            };
            view! {
                <div class="vc-differences">
                    <table class="table">
                        <thead>
                            <tr>
                                <th>{t(texts::WHAT)}</th>
                                <th>{first.name.clone()}</th>
                                <th>{second.name.clone()}</th>
                            </tr>
                        </thead>
                        <tbody>{found.into_iter().take(SHOWN).map(row).collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        })
    };
    view! { <Plate title=t(texts::DIFFERENCES) flush=true>{body}</Plate> }
}
