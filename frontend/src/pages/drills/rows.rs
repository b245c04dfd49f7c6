//! Each drill with its last report, its schedule, and the button that runs it.

use leptos::prelude::*;
use serde::Serialize;
use signalbox_domain::access::Permission;
use signalbox_domain::drills::{Drill, DrillView, DrillsView, Schedule};
use signalbox_domain::operation::Operation;

use super::reports::verdict;
use super::{PATH, Times, group};
use crate::api;
use crate::boot::may;
use crate::document::Document;
use crate::locale::{say, t, t_with};
use crate::locales::drills as texts;
use crate::plan::OperationButton;
use crate::sending::Sending;
use crate::ui::{Age, Button, Column, Kind, Moment, Size, Table};

#[derive(Serialize)]
struct NewTimes {
    every_days: u16,
    at_minute: u16,
}

#[derive(Serialize)]
struct NewSchedule {
    drill: Drill,
    schedule: Option<NewTimes>,
}

#[component]
pub(super) fn Rows(
    view: DrillsView,
    drills: Document<DrillsView>,
    times: Times,
    subject: RwSignal<String>,
) -> impl IntoView {
    let sending = Sending::new();
    let set = Callback::new(move |(drill, chosen): (Drill, Option<(u16, u16)>)| {
        let schedule = chosen.map(|(every_days, at_minute)| NewTimes { every_days, at_minute });
        let body = NewSchedule { drill, schedule };
        let request =
            async move { api::put::<Option<Schedule>>(&format!("{PATH}/schedule"), &body).await };
        sending.send(request, move |_| drills.reload());
    });
    let columns = vec![
        Column::new(t(texts::DRILL)),
        Column::new(t(texts::SUBJECT)),
        Column::new(t(texts::VERDICT)).width("150px"),
        Column::new(t(texts::MEASURED)),
        Column::new(t(texts::LAST)).width("110px"),
        Column::new(t(texts::BY_ITSELF)),
        Column::new(""),
    ];
    let shown = move || {
        let all = view.drills.iter();
        let wanted = subject.get();
        let taken = all.filter(|own| wanted.is_empty() || group(own) == wanted);
        taken.cloned().map(|own| row(own, times, set, sending)).collect_view()
    };
    view! {
        {sending.refusal()}
        <Table label=t(texts::DRILLS) columns=columns>
            {shown}
        </Table>
    }
}

fn row(
    own: DrillView,
    times: Times,
    set: Callback<(Drill, Option<(u16, u16)>)>,
    sending: Sending,
) -> impl IntoView {
    let DrillView { drill, title, subject, last, schedule } = own;
    let operation = Operation::DrillsRun { drill: drill.clone() };
    let measured = last.as_ref().and_then(|last| last.measured.as_ref().map(say));
    let when = last.as_ref().map(|last| {
        view! { <a href=format!("/jobs/{}", last.job)><Age of=last.at /></a> }
    });
    let planned = schedule.map(|schedule| {
        let at = format!("{:02}:{:02}", schedule.at_minute / 60, schedule.at_minute % 60);
        view! {
            <span>
                {t_with(texts::EVERY, &[&schedule.every_days, &at])}" "
                <Moment at=schedule.next_at />
            </span>
        }
    });
    let is_planned = schedule.is_some();
    let closed = Signal::derive(move || {
        let unclear = !is_planned && times.chosen().is_none();
        unclear.then(|| t(texts::TIMES_FIRST).to_owned())
    });
    let toggle = move |_| {
        let chosen = if is_planned { None } else { times.chosen() };
        if is_planned || chosen.is_some() {
            set.run((drill.clone(), chosen));
        }
    };
    let schedules = may(Permission::DrillsRun).then(|| {
        let word = if is_planned { texts::UNSCHEDULE } else { texts::SCHEDULE };
        view! {
            <Button kind=Kind::Quiet size=Size::Small disabled=closed busy=sending.busy() on_click=toggle>
                {t(word)}
            </Button>
        }
    });
    view! {
        <tr>
            <td class="b">{say(&title)}</td>
            <td class="mono">{subject}</td>
            <td data-label=t(texts::VERDICT)>
                {match &last {
                    Some(last) => verdict(last).into_any(),
                    None => view! { <span class="i3">{t(texts::NEVER_RUN)}</span> }.into_any(),
                }}
            </td>
            <td class="wrap i2" data-label=t(texts::MEASURED)>{measured}</td>
            <td class="i2" data-label=t(texts::LAST)>{when}</td>
            <td class="wrap i2" data-label=t(texts::BY_ITSELF)>
                {match planned {
                    Some(planned) => planned.into_any(),
                    None => view! { <span class="i3">{t(texts::NO_SCHEDULE)}</span> }.into_any(),
                }}
            </td>
            <td class="r">
                <span class="row g6 drills-acts">
                    {schedules}
                    <OperationButton operation=operation label=t(texts::RUN).to_owned() size=Size::Small />
                </span>
            </td>
        </tr>
    }
}
