//! Which way an instance is moved.

use super::election::{Candidate, Outcome};
use super::facts::DirectorFacts;
use crate::ids::NodeId;
use crate::values::RemotePath;

/// How the addresses get from one director to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Course {
    /// The old holder has no track file yet and gets one first.
    pub(super) install: bool,
    /// Takes back what an earlier hand-over wrote on the director that now shall hold.
    pub(super) release: Option<Write>,
    pub(super) way: Way,
    /// Whether the old holder would take the addresses back by itself once everything that the
    /// job wrote is undone.
    pub(super) returns_by_itself: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// The new holder outranks the old one and takes over while the old one still answers.
    /// `None`: the release alone does it.
    Outrank { lower: Option<Write> },
    /// The new holder does not preempt: the old one gives up by FAULT, and afterwards leaves
    /// FAULT by the second number, if there is one with which it does not take back.
    Fault { enter: Write, leave: Option<Write> },
    /// There is no track file to write: keepalived is stopped, and started again where that does
    /// not take the addresses back.
    Stop { start_again: bool },
}

/// A number to be written into a track file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) node: NodeId,
    pub(super) file: RemotePath,
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Course {
    pub(super) fn choose(from: &DirectorFacts, to: &DirectorFacts) -> Course {
        let (source, target) = (from.candidate(), to.candidate());
        let release = release(to, &target);
        let rank = match &release {
            Some(write) => target.with_number(write.to),
            None => Outcome::Priority(target.effective),
        };
        // A target that is in FAULT for another reason has no rank; an interlock blocks that.
        let rank = match rank {
            Outcome::Priority(priority) => priority,
            Outcome::Fault => 0,
        };
        let way = way(from, &source, rank, target.preempts);
        let writes_on_source = match &way {
            Way::Outrank { lower } => lower.is_some(),
            Way::Fault { .. } => true,
            Way::Stop { .. } => false,
        };
        Course {
            install: writes_on_source && from.track_file_to_install().is_some(),
            way,
            returns_by_itself: source.preempts && source.effective > target.effective,
            release,
        }
    }

    /// keepalived's word about the old holder once it is done, as `vrrp-state` prints it.
    pub(super) fn old_holder_after(&self) -> &'static str {
        match self.way {
            Way::Outrank { .. }
            | Way::Fault { leave: Some(_), .. }
            | Way::Stop { start_again: true } => "BACKUP",
            Way::Fault { leave: None, .. } => "FAULT",
            Way::Stop { start_again: false } => "stopped",
        }
    }

    pub(super) fn keeps_a_standby(&self) -> bool {
        self.old_holder_after() == "BACKUP"
    }
}

fn release(to: &DirectorFacts, target: &Candidate<'_>) -> Option<Write> {
    let lever = target.lever.filter(|lever| lever.holds_back())?;
    Some(Write { node: to.node, file: lever.file.path.clone(), from: lever.number, to: 0 })
}

fn way(from: &DirectorFacts, source: &Candidate<'_>, rank: i32, target_preempts: bool) -> Way {
    let Some(lever) = source.lever else {
        return match target_preempts && rank > source.effective {
            true => Way::Outrank { lower: None },
            false => Way::Stop { start_again: stays_back_when_started(from, source, rank) },
        };
    };
    let write = |from_number, to_number| Write {
        node: from.node,
        file: lever.file.path.clone(),
        from: from_number,
        to: to_number,
    };
    if target_preempts {
        if rank > source.effective {
            return Way::Outrank { lower: None };
        }
        if let Some(number) = source.number_below(rank) {
            return Way::Outrank { lower: Some(write(lever.number, number)) };
        }
    }
    let fault = source.fault_number().unwrap_or(1);
    let leave = if !source.preempts || source.effective < rank {
        Some(lever.number)
    } else {
        source.number_below(rank)
    };
    Way::Fault {
        enter: write(lever.number, fault),
        leave: leave.map(|number| write(fault, number)),
    }
}

fn stays_back_when_started(from: &DirectorFacts, source: &Candidate<'_>, rank: i32) -> bool {
    !from.conf.value.starts_as_master && (!source.preempts || source.effective < rank)
}
