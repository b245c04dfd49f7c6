//! What runs when a service is edited.

use super::commands;
use super::state::ServiceState;
use super::{Scene, Seat};
use crate::lvs::describe;
use crate::phrase::Phrase;
use crate::plan::{Action, Check, Expect, Step};

/// Nothing changes where a table is not as it was seen; then one director after the other.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Step> {
    let seats = || scene.seats.iter().filter(|seat| seat.is_told && seat.before != seat.after);
    let look = Step {
        id: "look".to_owned(),
        title: Phrase::new(
            "See that every director's table is as the plan has it",
            "确认每台调度器的表与计划一致",
        ),
        actions: scene.seats.iter().map(|seat| looks(scene, seat, seat.before.as_ref())).collect(),
        undo: Vec::new(),
        estimate_ms: 300,
        cancellable: true,
    };
    let change = |(number, seat): (usize, &Seat<'_>)| one(scene, number, seat);
    std::iter::once(look).chain((1..).zip(seats()).map(change)).collect()
}

fn one(scene: &Scene<'_>, number: usize, seat: &Seat<'_>) -> Step {
    let (target, node, name) = (&scene.target, seat.director.node, &seat.director.name);
    let (before, after) = (seat.before.as_ref(), seat.after.as_ref());
    let run = |command| Action::Run { node, command, expect: Expect::Success };
    let mut actions: Vec<Action> =
        commands::forth(target, before, after).into_iter().map(run).collect();
    actions.push(looks(scene, seat, after));
    Step {
        id: format!("change_{number}"),
        title: Phrase::new(
            format!("Change {} in the kernel of {name}", describe(target)),
            format!("在 {name} 的内核中更改 {}", describe(target)),
        ),
        actions,
        undo: commands::back(target, before, after).into_iter().map(run).collect(),
        estimate_ms: 300,
        cancellable: true,
    }
}

fn looks(scene: &Scene<'_>, seat: &Seat<'_>, state: Option<&ServiceState>) -> Action {
    Action::Run {
        node: seat.director.node,
        command: commands::shown(&scene.target),
        expect: Expect::Line { line: commands::line(state) },
    }
}

/// That each director's kernel has the service so.
pub(super) fn checks(
    scene: &Scene<'_>,
    state: impl for<'s> Fn(&'s Seat<'_>) -> Option<&'s ServiceState>,
) -> Vec<Check> {
    let check = |seat: &Seat<'_>| {
        let (name, service, state) = (&seat.director.name, describe(&scene.target), state(seat));
        let title = match state {
            None => {
                Phrase::new(format!("{name} has no {service}"), format!("{name} 上没有 {service}"))
            }
            Some(state) => {
                let line = state.line().replace(';', "; ");
                Phrase::new(
                    format!("{name} has {service} {line}"),
                    format!("{name} 上有 {service} {line}"),
                )
            }
        };
        let expect = Expect::Line { line: commands::line(state) };
        let command = commands::shown(&scene.target);
        Check { title, node: seat.director.node, command, expect }
    };
    scene.seats.iter().map(check).collect()
}
