use signalbox_domain::backups::BackupKind;
use signalbox_domain::ids::NodeId;
use signalbox_domain::plan::Interlock;

use super::*;

fn draft(verdicts: &[Verdict]) -> Draft {
    let interlock = |(index, verdict): (usize, &Verdict)| Interlock {
        id: format!("interlock_{index}"),
        title: Phrase::same(""),
        verdict: *verdict,
        detail: Phrase::same(""),
        observed_at: None,
    };
    Draft {
        operation: Operation::BackupsTake {
            engine: NodeId(4),
            kind: BackupKind::HotLogicalFull,
            source: None,
        },
        title: Phrase::same(""),
        run_label: Phrase::same(""),
        locks: Vec::new(),
        interlocks: verdicts.iter().enumerate().map(interlock).collect(),
        steps: Vec::new(),
        verification: Vec::new(),
        rolled_back: Vec::new(),
        prediction: None,
        way_back: Phrase::same(""),
    }
}

fn approved(shown: &Draft) -> Submission {
    Submission::Approved { plan: PlanId(1), hash: shown.hash().unwrap() }
}

fn direct(of: &Draft) -> Submission {
    Submission::Direct { operation: of.operation.clone() }
}

#[test]
fn one_click_runs_only_what_nothing_speaks_against() {
    for (verdicts, judgement) in [
        (&[Verdict::Pass, Verdict::Pass][..], Judgement::Run),
        (&[Verdict::Pass, Verdict::Warn], Judgement::NeedsApproval),
        (&[Verdict::Warn, Verdict::Block], Judgement::Interlocked),
        // A plan without interlocks was not checked.
        (&[], Judgement::Interlocked),
    ] {
        let draft = draft(verdicts);
        assert_eq!(judge(&draft, &direct(&draft)).unwrap(), judgement, "{verdicts:?}");
    }
}

#[test]
fn an_approval_covers_the_warnings_that_were_shown_and_never_a_block() {
    let warned = draft(&[Verdict::Warn]);
    assert_eq!(judge(&warned, &approved(&warned)).unwrap(), Judgement::Run);
    let blocked = draft(&[Verdict::Block]);
    assert_eq!(judge(&blocked, &approved(&blocked)).unwrap(), Judgement::Interlocked);
}

#[test]
fn an_approval_of_a_changed_plan_is_void() {
    let shown = draft(&[Verdict::Pass]);
    let now = draft(&[Verdict::Warn]);
    assert_eq!(judge(&now, &approved(&shown)).unwrap(), Judgement::Changed);
    let mut other = shown.clone();
    other.locks.push("backups/db-1".to_owned());
    assert_eq!(judge(&other, &approved(&shown)).unwrap(), Judgement::Changed);
}

#[test]
fn ages_and_estimates_do_not_void_an_approval() {
    let shown = draft(&[Verdict::Pass]);
    let mut now = shown.clone();
    now.interlocks[0].observed_at = Some(signalbox_domain::time::Timestamp(5));
    now.interlocks[0].detail = Phrase::same("3 s ago");
    assert_eq!(judge(&now, &approved(&shown)).unwrap(), Judgement::Run);
}

#[test]
fn a_submission_is_one_of_two_shapes() {
    let read = |text: &str| serde_json::from_str::<Submission>(text);
    assert!(matches!(read(r#"{"plan":3,"hash":"ab"}"#), Ok(Submission::Approved { .. })));
    let operation =
        r#"{"operation":{"operation":"backups.take","engine":4,"kind":"hot_logical_full"}}"#;
    assert!(matches!(read(operation), Ok(Submission::Direct { .. })));
    for odd in ["{}", r#"{"plan":3}"#, r#"{"plan":3,"hash":"ab","operation":null}"#] {
        assert!(read(odd).is_err(), "{odd}");
    }
}
