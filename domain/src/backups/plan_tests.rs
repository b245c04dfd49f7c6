use super::*;
use crate::backups::read_inventory;
use crate::engines::fixtures::engine;
use crate::engines::{BinlogPosition, Flavour, ThreadState};
use crate::plan::Verdict;

const NOW: Timestamp = Timestamp(1_000_000);

fn server(node: i64, follows: Option<&str>, lag_s: u64) -> Candidate {
    let mut state = engine(node, follows.as_slice(), follows.is_some());
    state.version = "10.11.9-MariaDB".to_owned();
    state.sources.iter_mut().for_each(|source| source.seconds_behind = Some(lag_s));
    state.binlog = Some(BinlogPosition { file: "mariadb-bin.000003".to_owned(), position: 1842 });
    state.semi_sync_source = follows.is_none();
    Candidate {
        node: NodeId(node),
        name: format!("db-{node}"),
        state: Fact::new(state, NOW, "SHOW ALL SLAVES STATUS"),
        primary: follows.is_none(),
        has_replicas: false,
        stale: false,
    }
}

/// db-1 ← db-2 ← db-3, as in the lab.
fn chain() -> Vec<Candidate> {
    let mut all = vec![server(1, None, 0), server(2, Some("db-1"), 0), server(3, Some("db-2"), 1)];
    all[0].has_replicas = true;
    all[1].has_replicas = true;
    all[1].state.value.semi_sync_replica = true;
    all
}

fn input(candidates: Vec<Candidate>) -> TakeInput {
    let inventory = read_inventory("InnoDB\t1048576\t6f72646572732e6f7264657273\n").unwrap();
    TakeInput {
        operation_engine: NodeId(1),
        requested_source: None,
        engine: "db-1".to_owned(),
        candidates,
        inventory: Fact::new(inventory, NOW, "information_schema.TABLES"),
        free_bytes: Fact::new(10 << 30, NOW, "statvfs"),
        last_run: None,
    }
}

fn verdict_of(draft: &Draft, id: &str) -> Verdict {
    draft.interlocks.iter().find(|i| i.id == id).unwrap().verdict
}

#[test]
fn a_healthy_tree_is_backed_up_from_its_leaf_with_one_click() {
    let draft = take(&input(chain()), NOW).unwrap();
    assert_eq!(draft.verdict(), Verdict::Pass);
    insta::assert_json_snapshot!(draft);
}

#[test]
fn a_stopped_replica_is_passed_over_and_blocks_when_asked_for() {
    let mut candidates = chain();
    candidates[2].state.value.sources[0].sql = ThreadState::Stopped;
    let chosen = TakeInput::source(&candidates, NodeId(1), None).unwrap();
    assert_eq!(chosen.name, "db-2");

    let mut asked = input(candidates);
    asked.requested_source = Some(NodeId(3));
    let draft = take(&asked, NOW).unwrap();
    assert_eq!(verdict_of(&draft, "source_follows"), Verdict::Block);
}

#[test]
fn a_lone_primary_warns() {
    let draft = take(&input(vec![server(1, None, 0)]), NOW).unwrap();
    assert_eq!(verdict_of(&draft, "primary_spared"), Verdict::Warn);
}

#[test]
fn mysql_says_that_it_locks_for_a_moment() {
    let mut lone = server(1, None, 0);
    lone.state.value.flavour = Flavour::MySql;
    lone.state.value.version = "9.7.4".to_owned();
    let draft = take(&input(vec![lone]), NOW).unwrap();
    assert_eq!(verdict_of(&draft, "writes_go_on"), Verdict::Warn);
}

#[test]
fn stale_facts_and_a_full_disk_block() {
    let mut candidates = vec![server(1, None, 0), server(2, Some("db-1"), 0)];
    candidates.iter_mut().for_each(|c| c.stale = true);
    let mut stale = input(candidates);
    stale.free_bytes.value = 1 << 20;
    let draft = take(&stale, Timestamp(NOW.0 + 60_000)).unwrap();
    assert_eq!(verdict_of(&draft, "source_seen"), Verdict::Block);
    assert_eq!(verdict_of(&draft, "space"), Verdict::Block);
}

#[test]
fn tables_outside_the_transaction_are_named() {
    let mut mixed = input(chain());
    mixed.inventory.value.not_transactional = vec!["shop.legacy".to_owned()];
    let draft = take(&mixed, NOW).unwrap();
    assert_eq!(verdict_of(&draft, "one_snapshot"), Verdict::Warn);
    let Some(Action::Capture { capture, .. }) = draft.steps[0].actions.first() else {
        panic!("the dump step captures");
    };
    assert_eq!(capture.not_transactional, ["shop.legacy"]);
}

#[test]
fn a_source_of_another_tree_is_refused() {
    let mut other = input(chain());
    other.requested_source = Some(NodeId(9));
    assert_eq!(take(&other, NOW), Err(PlanError::NotOfThisTree(NodeId(9))));
}
