//! What a drill showed: expected, measured, and whether the one is as the other.

use serde::{Deserialize, Serialize};

use super::{Drill, TAKEN_OUT};
use crate::ids::JobId;
use crate::jobs::{FoundSplit, JobState, JobView, Measurement, StepState};
use crate::lvs::sharing::{Sharing, SharingVerdict};
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::Prediction;
use crate::signal::Signal;
use crate::time::Timestamp;

/// Of a job that ran a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    pub job: JobId,
    pub drill: Drill,
    pub started_by: String,
    pub at: Timestamp,
    pub expected: Phrase,
    /// `None`: nothing was measured.
    pub measured: Option<Phrase>,
    pub ending: Ending,
    /// Why it is not as expected.
    pub why: Option<Phrase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Running,
    AsExpected,
    /// All is as it was, and what was measured is not what was expected.
    NotAsExpected,
    /// It went as it should, and nobody measured what clients saw of it.
    NotMeasured,
    /// It did not come to its end; the state before it was seen again.
    RolledBack,
    /// Neither the state after nor the one before it could be proved.
    NeedsOperator,
}

impl Ending {
    pub fn signal(self) -> Signal {
        match self {
            Ending::Running => Signal::Transit,
            Ending::AsExpected => Signal::Clear,
            Ending::NotMeasured | Ending::RolledBack => Signal::Caution,
            Ending::NotAsExpected | Ending::NeedsOperator => Signal::Danger,
        }
    }
}

/// A measured figure may be above the predicted one by this share of it, or by two questions of the
/// client that measures.
const MAY_EXCEED_PERCENT: u64 = 20;
const MAY_EXCEED_QUESTIONS: u64 = 2;

impl Report {
    /// `None` where the job ran no drill.
    pub fn of(job: &JobView) -> Option<Report> {
        let Operation::DrillsRun { drill } = &job.summary.operation else { return None };
        let compared = compare(job);
        let (ending, why) = match job.summary.state {
            JobState::Queued | JobState::Running | JobState::Verifying | JobState::RollingBack => {
                (Ending::Running, None)
            }
            JobState::RolledBack | JobState::Failed => {
                (Ending::RolledBack, Some(job.summary.status.clone()))
            }
            JobState::NeedsOperator => (Ending::NeedsOperator, Some(job.summary.status.clone())),
            JobState::Done => match (&compared.against, &compared.measured) {
                (Some(why), _) => (Ending::NotAsExpected, Some(why.clone())),
                (None, Some(_)) => (Ending::AsExpected, None),
                (None, None) => (Ending::NotMeasured, None),
            },
        };
        Some(Report {
            job: job.summary.id,
            drill: drill.clone(),
            started_by: job.summary.started_by.clone(),
            at: job.summary.created_at,
            expected: compared.expected,
            measured: compared.measured,
            ending,
            why,
        })
    }
}

struct Compared {
    expected: Phrase,
    measured: Option<Phrase>,
    /// What speaks against it.
    against: Option<Phrase>,
}

fn compare(job: &JobView) -> Compared {
    if let Some(sharing) = &job.sharing {
        return of_sharing(sharing);
    }
    if matches!(job.summary.operation, Operation::DrillsRun { drill: Drill::RealServer { .. } }) {
        return of_real_server(job);
    }
    let whole = job.measurement.as_ref().filter(|measured| !measured.cut);
    let outage = job.prediction.as_ref().map(|p| of_outage(p, whole));
    let split = job.split.map(of_split);
    let parts: Vec<Compared> = split.into_iter().chain(outage).collect();
    let joined = |phrases: Vec<&Phrase>| {
        let (en, zh): (Vec<&str>, Vec<&str>) =
            phrases.iter().map(|p| (p.en.as_str(), p.zh.as_str())).unzip();
        (!en.is_empty()).then(|| Phrase::new(en.join("; "), zh.join("；")))
    };
    let nothing = Phrase::new("as configured", "与配置一致");
    Compared {
        expected: joined(parts.iter().map(|part| &part.expected).collect()).unwrap_or(nothing),
        measured: joined(parts.iter().filter_map(|part| part.measured.as_ref()).collect()),
        against: joined(parts.iter().filter_map(|part| part.against.as_ref()).collect()),
    }
}

fn of_outage(prediction: &Prediction, measured: Option<&Measurement>) -> Compared {
    let (low, high) = (prediction.low_ms, prediction.high_ms);
    let expected = match high {
        0 => Phrase::new("nothing lost", "无丢失"),
        _ => Phrase::new(
            format!("no answer for {low} to {high} ms"),
            format!("{low} 至 {high} 毫秒无应答"),
        ),
    };
    let tolerated = measured.map_or(0, |m| m.interval_ms * MAY_EXCEED_QUESTIONS);
    let most = high + tolerated.max(high * MAY_EXCEED_PERCENT / 100);
    let against = measured.filter(|m| m.outage_ms > most).map(|m| {
        Phrase::new(
            format!("clients had no answer for {} ms, expected at most {most}", m.outage_ms),
            format!("客户端 {} 毫秒无应答，预期最多 {most}", m.outage_ms),
        )
    });
    let measured = measured.map(|m| {
        Phrase::new(
            format!("{} of {} lost, {} ms", m.lost, m.asked, m.outage_ms),
            format!("{} 次中丢失 {} 次，{} 毫秒", m.asked, m.lost, m.outage_ms),
        )
    });
    Compared { expected, measured, against }
}

/// How long directors went on sending connections, from the end of the step that made the fault.
fn of_real_server(job: &JobView) -> Compared {
    let most = job.prediction.as_ref().map_or(0, |prediction| prediction.high_ms);
    let step = job.steps.iter().find(|step| step.id == TAKEN_OUT);
    let took = step
        .filter(|step| step.state == StepState::Done)
        .and_then(|step| Some(step.finished_at? - step.started_at?))
        .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let lost = job.measurement.as_ref();
    let tolerated = most + most * MAY_EXCEED_PERCENT / 100;
    let against = took.filter(|took| *took > tolerated).map(|took| {
        Phrase::new(
            format!("taken out after {took} ms, expected at most {most}"),
            format!("{took} 毫秒后被摘除，预期最多 {most}"),
        )
    });
    let measured = took.map(|took| {
        let (lost, asked) = lost.map_or((0, 0), |measured| (measured.lost, measured.asked));
        Phrase::new(
            format!("after {took} ms, {lost} of {asked} lost"),
            format!("{took} 毫秒后，{asked} 次中丢失 {lost} 次"),
        )
    });
    let expected =
        Phrase::new(format!("taken out within {most} ms"), format!("{most} 毫秒内被摘除"));
    Compared { expected, measured, against }
}

fn of_split(split: FoundSplit) -> Compared {
    let (found, within) = (split.found_ms, split.found_within_ms);
    let named = split.named == Some(split.made);
    let against = if !named {
        Some(Phrase::new("the console named another cause", "控制台指出了其他原因"))
    } else if found > within {
        Some(Phrase::new(
            format!("found after {found} ms, expected at most {within}"),
            format!("{found} 毫秒后发现，预期最多 {within}"),
        ))
    } else {
        None
    };
    let words = match named {
        true => ("cause named", "原因正确"),
        false => ("another cause named", "原因不符"),
    };
    Compared {
        expected: Phrase::new(
            format!("found within {within} ms, cause named"),
            format!("{within} 毫秒内发现并指出原因"),
        ),
        measured: Some(Phrase::new(
            format!("found after {found} ms, {}", words.0),
            format!("{found} 毫秒后发现，{}", words.1),
        )),
        against,
    }
}

fn of_sharing(sharing: &Sharing) -> Compared {
    let shares: Vec<String> = sharing
        .servers
        .iter()
        .map(|server| format!("{} {}", server.name, server.observed))
        .collect();
    let why = || {
        let (en, zh): (Vec<&str>, Vec<&str>) =
            sharing.why.iter().map(|p| (p.en.as_str(), p.zh.as_str())).unzip();
        Phrase::new(en.join("; "), zh.join("；"))
    };
    Compared {
        expected: sharing.rule.clone(),
        measured: Some(Phrase::same(shares.join(", "))),
        against: (sharing.verdict != SharingVerdict::AsExpected).then(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;
    use crate::vrrp::split::CauseKind;

    fn outage(high_ms: u64, outage_ms: u64) -> Compared {
        let nothing = Phrase::same("");
        let prediction = Prediction {
            label: nothing.clone(),
            low_ms: 0,
            high_ms,
            basis: nothing,
            parts: Vec::new(),
        };
        let measured = Measurement {
            node: NodeId(1),
            target: "192.168.1.200:80".to_owned(),
            interval_ms: 20,
            asked: 500,
            lost: outage_ms / 20,
            outage_ms,
            cut: false,
            samples: Vec::new(),
        };
        of_outage(&prediction, Some(&measured))
    }

    #[test]
    fn an_outage_may_be_a_fifth_or_two_questions_longer_than_foretold() {
        assert!(outage(0, 40).against.is_none());
        assert!(outage(0, 41).against.is_some());
        assert!(outage(3_678, 4_413).against.is_none());
        let against = outage(3_678, 4_414).against.unwrap();
        assert_eq!(against.en, "clients had no answer for 4414 ms, expected at most 4413");
        assert_eq!(outage(3_678, 3_600).measured.unwrap().en, "180 of 500 lost, 3600 ms");
    }

    #[test]
    fn what_nobody_measured_speaks_neither_for_nor_against() {
        let prediction = Prediction {
            label: Phrase::same(""),
            low_ms: 0,
            high_ms: 30,
            basis: Phrase::same(""),
            parts: Vec::new(),
        };
        let compared = of_outage(&prediction, None);
        assert_eq!((compared.measured, compared.against), (None, None));
    }

    #[test]
    fn a_split_must_be_found_in_time_and_called_by_its_name() {
        let found = |named, found_ms| {
            let made = CauseKind::DaemonFrozen;
            of_split(FoundSplit { made, named, found_ms, found_within_ms: 2_000 }).against
        };
        assert_eq!(found(Some(CauseKind::DaemonFrozen), 2_000), None);
        assert!(found(Some(CauseKind::DaemonFrozen), 2_001).is_some());
        assert!(found(Some(CauseKind::LinkCut), 10).is_some());
        assert!(found(None, 10).is_some());
    }
}
