//! The data directory and the database as files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::ServiceId;
use signalbox_domain::lvs::standing::ServerStretch;
use signalbox_domain::time::Timestamp;
use signalbox_domain::vrrp::{HolderStretch, InstanceName};
use signalbox_server::data_dir::{DataDir, DataDirError};
use signalbox_server::store::{Store, StoreError};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("signalbox.db");
    Store::open(&path).await.unwrap().close().await;
    let file = SqliteConnectOptions::new().filename(&path);
    let mut newer = SqliteConnection::connect_with(&file).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut newer)
    .await
    .unwrap();
    newer.close().await.unwrap();

    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 9999, .. }), "{refused}");
    assert!(refused.to_string().starts_with("the database is of a newer Signalbox"));
}

#[tokio::test]
async fn nobody_else_may_look_into_the_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = DataDir::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);

    let key = data.secret_key().unwrap();
    let key_file = path.join("secret.key");
    assert_eq!(mode(&key_file), 0o600);
    assert_eq!(data.secret_key().unwrap().reveal(), key.reveal(), "it is made once");

    std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(data.secret_key(), Err(DataDirError::KeyExposed { mode: 0o640, .. })));
    std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key_file, b"short").unwrap();
    assert!(matches!(data.secret_key(), Err(DataDirError::KeyLength { found: 5, .. })));
}

#[tokio::test]
async fn a_stretch_that_lasts_is_moved_on_and_an_old_one_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("signalbox.db")).await.unwrap();
    let stretch = |node, began_at, seen_until| HolderStretch {
        instance: InstanceName("VI_1".into()),
        nodes: vec![NodeId(node)],
        began_at: Timestamp(began_at),
        seen_until: Timestamp(seen_until),
    };
    store.save_holders(&[stretch(1, 10, 10)]).await.unwrap();
    store.save_holders(&[stretch(1, 10, 40), stretch(2, 40, 40)]).await.unwrap();
    store.save_holders(&[stretch(2, 40, 90)]).await.unwrap();
    let all = [stretch(1, 10, 40), stretch(2, 40, 90)];
    assert_eq!(store.holders_since(Timestamp(0)).await.unwrap(), all);
    assert_eq!(store.holders_since(Timestamp(50)).await.unwrap(), all[1..]);
    store.forget_holders_before(Timestamp(41)).await.unwrap();
    assert_eq!(store.holders_since(Timestamp(0)).await.unwrap(), all[1..]);
}

#[tokio::test]
async fn what_a_console_that_ended_left_open_ends_when_its_director_was_last_seen() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("signalbox.db")).await.unwrap();
    let service = ServiceId("tcp/192.168.1.200:80".into());
    let stretch = |director, weight, began_at, ended_at: Option<i64>| ServerStretch {
        director: NodeId(director),
        service: service.clone(),
        server: "192.168.1.102:80".parse().unwrap(),
        weight,
        began_at: Timestamp(began_at),
        began_seen: began_at > 10,
        ended_at: ended_at.map(Timestamp),
    };
    let (first, other) = (stretch(1, Some(2), 10, None), stretch(2, Some(2), 10, None));
    store.save_standing(&[first.clone(), other]).await.unwrap();
    store
        .save_standing_seen(&[(NodeId(1), Timestamp(70)), (NodeId(2), Timestamp(5))])
        .await
        .unwrap();
    let failed = stretch(1, None, 40, None);
    store
        .save_standing(&[ServerStretch { ended_at: Some(Timestamp(40)), ..first }, failed])
        .await
        .unwrap();
    let of_service = |since| store.standing_since(&service, Timestamp(since), 10);
    let was = stretch(1, Some(2), 10, Some(40));
    let lasting = [was.clone(), stretch(2, Some(2), 10, None), stretch(1, None, 40, None)];
    assert_eq!(of_service(0).await.unwrap(), lasting);

    store.end_standing().await.unwrap();
    let ended = [was, stretch(2, Some(2), 10, Some(10)), stretch(1, None, 40, Some(70))];
    assert_eq!(of_service(0).await.unwrap(), ended);
    assert_eq!(of_service(50).await.unwrap(), ended[2..]);
    assert_eq!(
        store.standing_since(&service, Timestamp(0), 1).await.unwrap(),
        ended[2..],
        "the newest"
    );
    store.forget_standing_before(Timestamp(41)).await.unwrap();
    assert_eq!(of_service(0).await.unwrap(), ended[2..]);
}
