//! Every backup that is whole, newest first.

use leptos::prelude::*;
use signalbox_domain::backups::{Backup, BackupKind, BackupState, BackupsView};
use signalbox_domain::ids::BackupId;
use signalbox_domain::signal::Signal as Aspect;

use crate::format;
use crate::locale::{Text, language, t};
use crate::locales::{backups as texts, words};
use crate::ui::{Badge, ChosenRow, Column, Empty, Filter, Moment, Plate, Table, matches};

#[component]
pub(super) fn Catalogue(
    backups: Memo<Option<BackupsView>>,
    chosen: RwSignal<Option<BackupId>>,
) -> impl IntoView {
    let filter = RwSignal::new(String::new());
    let is_empty =
        Memo::new(move |_| backups.with(|b| b.as_ref().is_none_or(|b| b.catalogue.is_empty())));
    let shown = Memo::new(move |_| {
        let wanted = filter.get();
        backups.with(|b| {
            let catalogue = b.iter().flat_map(|b| &b.catalogue);
            catalogue
                .filter(|backup| matches(&wanted, &text_of(backup)))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let actions = move || view! { <Filter value=filter /> };
    view! {
        <Plate title=t(texts::CATALOGUE) first=true flush=true class="backups-catalogue" actions=actions>
            {move || {
                if is_empty.get() {
                    return view! { <Empty title=t(texts::EMPTY) text=t(texts::EMPTY_HELP) /> }.into_any();
                }
                view! {
                    <Table label=t(texts::CATALOGUE) columns=columns()>
                        <For
                            each=move || shown.get()
                            key=|backup| (backup.id, backup.state)
                            children=move |backup| row(&backup, chosen)
                        />
                    </Table>
                    {move || {
                        shown
                            .with(Vec::is_empty)
                            .then(|| view! { <Empty title=t(texts::NONE_MATCHES) /> })
                    }}
                }
                    .into_any()
            }}
        </Plate>
    }
}

/// What of a row the filter looks at.
fn text_of(backup: &Backup) -> String {
    format!("{} {} {}", backup.engine, backup.source_name, format::iso(backup.started_at))
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::TAKEN)).width("140px"),
        Column::new(t(texts::ENGINE)),
        Column::new(t(texts::KIND)),
        Column::new(t(texts::FROM)),
        Column::new(t(texts::SIZE)).right().width("90px"),
        Column::new(t(texts::RAW)).right().width("90px"),
        Column::new(t(words::TOOK)).right().width("90px"),
        Column::new(t(texts::RESTORE)).width("170px"),
    ]
}

pub(super) fn kind(kind: BackupKind) -> Text {
    match kind {
        BackupKind::HotLogicalFull => texts::HOT_LOGICAL_FULL,
    }
}

fn row(backup: &Backup, chosen: RwSignal<Option<BackupId>>) -> impl IntoView + use<> {
    let id = backup.id;
    // Only a restore earns more than this.
    let proof = match backup.state {
        BackupState::Complete => {
            view! { <Badge aspect=Aspect::Unknown>{t(texts::NOT_YET)}</Badge> }.into_any()
        }
        BackupState::Damaged => {
            view! { <Badge aspect=Aspect::Danger>{t(texts::DAMAGED)}</Badge> }.into_any()
        }
    };
    let took = format::duration(backup.finished_at - backup.started_at, language());
    let Backup { started_at, kind: what, size_bytes, raw_bytes, .. } = *backup;
    let (engine, source) = (backup.engine.clone(), backup.source_name.clone());
    view! {
        <ChosenRow id chosen>
            <td>
                <Moment at=started_at />
            </td>
            <td class="b">{engine}</td>
            <td class="i2">{t(kind(what))}</td>
            <td class="i2">{source}</td>
            <td class="r">{format::bytes(size_bytes)}</td>
            <td class="r i2 less">{format::bytes(raw_bytes)}</td>
            <td class="r i2 less">{took}</td>
            <td>{proof}</td>
        </ChosenRow>
    }
}
