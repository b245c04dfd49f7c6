use signalbox_domain::backups::BackupKind;
use signalbox_domain::engines::Flavour;

use super::*;

const WHOLE: &str = "-- SET GLOBAL gtid_slave_pos='0-1-57';\nINSERT INTO t VALUES (1);\n\
                     -- Dump completed on 2026-11-22  3:12:08\n";

fn spec() -> CaptureSpec {
    CaptureSpec {
        kind: BackupKind::HotLogicalFull,
        engine: "db-1".to_owned(),
        source_name: "db-2".to_owned(),
        flavour: Flavour::MariaDb,
        version: "10.11.9-MariaDB".to_owned(),
        last_line_prefix: "-- Dump completed".to_owned(),
        needs_bytes: 0,
        not_transactional: Vec::new(),
    }
}

/// A stream that says these things and then ends.
fn said(events: Vec<StreamEvent>) -> Stream {
    let (sender, receiver) = mpsc::channel(events.len().max(1));
    for event in events {
        sender.try_send(event).unwrap();
    }
    Stream { events: receiver, stdin: mpsc::channel(1).0 }
}

fn text(text: &str) -> StreamEvent {
    StreamEvent::Stdout(Bytes::copy_from_slice(text.as_bytes()))
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_whole_dump_is_kept_and_decompresses_to_what_was_sent() {
    let directory = tempfile::tempdir().unwrap();
    let files = BackupFiles::open(directory.path().to_owned()).unwrap();
    let (first, rest) = WHOLE.split_at(50);
    let stream = said(vec![text(first), text(rest), StreamEvent::Exit(0)]);

    let captured = take_in(stream, &files, JobId(12), &spec(), |_| ()).await.unwrap();

    let compressed = std::fs::read(files.path(&captured.file)).unwrap();
    assert_eq!(zstd::decode_all(compressed.as_slice()).unwrap(), WHOLE.as_bytes());
    assert_eq!(captured.sha256, hex(&Sha256::digest(&compressed)));
    assert_eq!(
        (captured.raw_bytes, captured.size_bytes),
        (WHOLE.len() as u64, compressed.len() as u64)
    );
    assert_eq!(captured.coordinates.gtid.as_deref(), Some("0-1-57"));
    assert_eq!(names(directory.path()), [captured.file]);
}

#[tokio::test]
async fn no_cut_or_failed_dump_leaves_a_backup() {
    let cases = [
        vec![text(WHOLE)],
        vec![text(WHOLE), StreamEvent::Exit(2)],
        vec![text("INSERT INTO t VALUES (1);\n"), StreamEvent::Exit(0)],
        vec![text(WHOLE.trim_end()), StreamEvent::Exit(0)],
        vec![StreamEvent::Exit(0)],
    ];
    for events in cases {
        let directory = tempfile::tempdir().unwrap();
        let files = BackupFiles::open(directory.path().to_owned()).unwrap();
        let result = take_in(said(events.clone()), &files, JobId(12), &spec(), |_| ()).await;
        assert!(result.is_err(), "{events:?}");
        assert!(names(directory.path()).is_empty(), "{events:?}");
    }
}

#[tokio::test]
async fn discarding_spares_catalogued_and_other_jobs_files() {
    let directory = tempfile::tempdir().unwrap();
    let files = BackupFiles::open(directory.path().to_owned()).unwrap();
    for name in ["job-12-1.sql.zst", "job-12-2.sql.zst", "job-12.part", "job-120-1.sql.zst"] {
        std::fs::write(directory.path().join(name), "x").unwrap();
    }
    files.discard(JobId(12), |name| name == "job-12-1.sql.zst").unwrap();
    let mut left = names(directory.path());
    left.sort();
    assert_eq!(left, ["job-12-1.sql.zst", "job-120-1.sql.zst"]);
}

#[tokio::test]
async fn too_little_room_is_said_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let files = BackupFiles::open(directory.path().to_owned()).unwrap();
    let greedy = CaptureSpec { needs_bytes: u64::MAX, ..spec() };
    let error = take_in(said(vec![text(WHOLE)]), &files, JobId(1), &greedy, |_| ()).await;
    assert!(matches!(error, Err(IntakeError::NoRoom { .. })), "{error:?}");
    assert!(names(directory.path()).is_empty());
}
