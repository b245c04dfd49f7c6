//! One backup: its checksum, where a replay would begin, and how to bring it back.

use leptos::prelude::*;
use signalbox_domain::access::Permission;
use signalbox_domain::backups::{Backup, BackupsView};
use signalbox_domain::ids::BackupId;

use crate::boot::may;
use crate::locale::{t, t_with};
use crate::locales::backups as texts;
use crate::ui::{Code, Plate};

#[component]
pub(super) fn Chosen(
    backups: Memo<Option<BackupsView>>,
    chosen: RwSignal<Option<BackupId>>,
) -> impl IntoView {
    let backup = Memo::new(move |_| {
        backups.with(|b| {
            let mut catalogue = b.iter().flat_map(|b| &b.catalogue);
            catalogue.find(|backup| Some(backup.id) == chosen.get()).cloned()
        })
    });
    view! {
        <Plate title=t(texts::SELECTED) class="backups-chosen">
            {move || match backup.get() {
                None => view! { <p class="i2">{t(texts::NOTHING_CHOSEN)}</p> }.into_any(),
                Some(backup) => sheet(backup).into_any(),
            }}
        </Plate>
    }
}

fn sheet(backup: Backup) -> impl IntoView {
    let position = backup.binlog.as_ref().map(|at| format!("{}:{}", at.file, at.position));
    let gtid = backup.gtid.as_ref().map(|gtid| format!("GTID {gtid}"));
    let coordinates: Vec<String> = gtid.into_iter().chain(position).collect();
    let outside = (!backup.not_transactional.is_empty())
        .then(|| t_with(texts::NOT_COVERED, &[&backup.not_transactional.join(", ")]));
    let restore = format!("zstd -dc {} | mariadb", backup.file);
    let href = format!("/api/v1/backups/{}/file", backup.id);
    view! {
        <dl class="facts">
            <dt>{t(texts::FILE)}</dt>
            <dd class="mono">{backup.file.clone()}</dd>
            <dt>{t(texts::CHECKSUM)}</dt>
            <dd class="mono">{backup.sha256.clone()}</dd>
            <dt>{t(texts::COORDINATES)}</dt>
            <dd class="mono">{coordinates.join(", ")}</dd>
            <dt>{t(texts::SERVER)}</dt>
            <dd>{format!("{}, {}", backup.source_name, backup.version)}</dd>
        </dl>
        {outside.map(|text| view! { <p class="caution t12">{text}</p> })}
        <p class="cap">{t(texts::RESTORE_BY)}</p>
        <Code text=restore />
        <div class="row">
            <a href=format!("/jobs/{}", backup.job)>{t_with(texts::JOB, &[&backup.job])}</a>
            {may(Permission::BackupsDownload)
                .then(|| view! { <a href=href rel="external" download="">{t(texts::DOWNLOAD)}</a> })}
        </div>
    }
}
