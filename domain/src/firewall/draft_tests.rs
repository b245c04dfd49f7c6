use super::super::{Family, canonical};
use super::*;

const BASE: &str = "*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:allowed - [0:0]
:DOCKER - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j allowed
-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
-A allowed -s 192.0.2.0/24 -j ACCEPT
COMMIT
";

fn base() -> Ruleset {
    parse(BASE, Family::V4).unwrap()
}

fn after(table: TableName, chain: &str, change: Change) -> Result<Ruleset, EditError> {
    edit(&base(), &Edit { table, chain: chain.to_owned(), change })
}

fn texts(rules: &Ruleset, chain: &str) -> Vec<String> {
    let chain = rules.table(TableName::Filter).unwrap().chain(chain).unwrap();
    chain.rules.iter().map(|rule| rule.text.clone()).collect()
}

#[test]
fn rules_are_inserted_replaced_moved_and_removed() {
    let text = "-s 198.51.100.7 -j DROP".to_owned();
    let filter = TableName::Filter;
    let added = after(filter, "INPUT", Change::Insert { at: 4, text: text.clone() }).unwrap();
    assert_eq!(texts(&added, "INPUT")[3], text);
    let replaced = after(filter, "INPUT", Change::Replace { at: 1, text: text.clone() }).unwrap();
    assert_eq!(texts(&replaced, "INPUT")[0], text);
    let moved = after(filter, "INPUT", Change::Move { from: 3, to: 1 }).unwrap();
    assert!(texts(&moved, "INPUT")[0].contains("--dport 80"));
    let fewer = after(filter, "INPUT", Change::Remove { at: 1 }).unwrap();
    assert_eq!(texts(&fewer, "INPUT").len(), 2);
}

#[test]
fn an_edit_reads_back_as_it_was_made() {
    let text = "-p udp -m udp --dport 53 -j ACCEPT".to_owned();
    let added = after(TableName::Nat, "OUTPUT", Change::Insert { at: 1, text }).unwrap();
    let written = canonical(&added);
    assert!(written.contains("*nat\n:PREROUTING ACCEPT [0:0]"), "{written}");
    assert_eq!(canonical(&parse(&written, Family::V4).unwrap()), written);
}

#[test]
fn a_wrong_rule_is_placed_by_its_own_column() {
    let text = "-p tcp --dport ssh-port -j ACCEPT".to_owned();
    let error = after(TableName::Filter, "INPUT", Change::Insert { at: 1, text }).unwrap_err();
    let EditError::Rule(error) = error else { panic!("{error}") };
    assert_eq!((error.line, error.column, error.found.as_str()), (1, 16, "ssh-port"));
}

#[test]
fn a_second_line_cannot_be_smuggled_in() {
    let text = "-j ACCEPT\n-A INPUT -j DROP".to_owned();
    assert!(after(TableName::Filter, "INPUT", Change::Insert { at: 1, text }).is_err());
}

#[test]
fn a_chain_goes_only_when_nothing_needs_it() {
    let remove = |chain: &str| after(TableName::Filter, chain, Change::RemoveChain);
    assert!(matches!(remove("allowed"), Err(EditError::NotEmpty { rules: 1, .. })));
    assert!(matches!(remove("INPUT"), Err(EditError::BuiltIn { .. })));
    let empty = after(TableName::Filter, "allowed", Change::Remove { at: 1 }).unwrap();
    let removal =
        Edit { table: TableName::Filter, chain: "allowed".to_owned(), change: Change::RemoveChain };
    let Err(EditError::Referred { by, .. }) = edit(&empty, &removal) else { panic!() };
    assert_eq!(by, "INPUT 2");
    let with_new = after(TableName::Filter, "extra", Change::NewChain).unwrap();
    let removal = Edit { chain: "extra".to_owned(), ..removal };
    assert_eq!(canonical(&edit(&with_new, &removal).unwrap()), canonical(&base()));
}

#[test]
fn chains_of_other_programs_are_left_alone() {
    let text = "-j DROP".to_owned();
    let refused = after(TableName::Filter, "DOCKER", Change::Insert { at: 1, text });
    assert!(matches!(refused, Err(EditError::Anothers { .. })));
}

#[test]
fn a_place_outside_the_chain_is_told() {
    for change in [
        Change::Remove { at: 0 },
        Change::Remove { at: 4 },
        Change::Move { from: 1, to: 4 },
        Change::Insert { at: 5, text: String::new() },
    ] {
        let refused = after(TableName::Filter, "INPUT", change);
        assert!(matches!(refused, Err(EditError::NoRule { .. })), "{refused:?}");
    }
}

#[test]
fn counters_come_back_to_their_rules() {
    let counted_text = BASE.replace("-A INPUT -i lo", "[7:420] -A INPUT -i lo");
    let rules = parse(&counted_text, Family::V4).unwrap();
    let counters = super::super::counters(&rules);
    assert_eq!(counted(base(), &counters), rules_without_lines(&rules, &base()));
}

/// The lines of a file move with what stands above them; only the counters are compared.
fn rules_without_lines(rules: &Ruleset, like: &Ruleset) -> Ruleset {
    let mut like = like.clone();
    for (table, from) in like.tables.iter_mut().zip(&rules.tables) {
        for (chain, from) in table.chains.iter_mut().zip(&from.chains) {
            chain.counters = from.policy.and(from.counters);
            for (rule, from) in chain.rules.iter_mut().zip(&from.rules) {
                rule.counters = from.counters;
            }
        }
    }
    like
}

#[test]
fn a_renamed_chain_takes_the_rules_that_jump_there_along() {
    let filter = TableName::Filter;
    let to = "admitted".to_owned();
    let renamed = after(filter, "allowed", Change::Rename { to }).unwrap();
    assert_eq!(texts(&renamed, "INPUT")[1], "-p tcp -m tcp --dport 22 -j admitted");
    assert_eq!(texts(&renamed, "admitted"), ["-s 192.0.2.0/24 -j ACCEPT"]);
    assert!(renamed.table(filter).unwrap().chain("allowed").is_none());
    let taken = after(filter, "allowed", Change::Rename { to: "INPUT".to_owned() });
    assert!(matches!(taken, Err(EditError::ChainExists { .. })), "{taken:?}");
    let bad = after(filter, "allowed", Change::Rename { to: "two words".to_owned() });
    assert!(matches!(bad, Err(EditError::Rule(_))), "{bad:?}");
    let built_in = after(filter, "INPUT", Change::Rename { to: "X".to_owned() });
    assert!(matches!(built_in, Err(EditError::BuiltIn { .. })), "{built_in:?}");
}

#[test]
fn a_name_in_a_comment_stays_when_its_chain_is_renamed() {
    let text = "-m comment --comment \"-j allowed, é\" -j allowed";
    assert_eq!(aimed_at(text, "allowed", "x"), "-m comment --comment \"-j allowed, é\" -j x");
    assert_eq!(
        aimed_at("-j allowed -m comment --comment y", "allowed", "x"),
        "-j x -m comment --comment y"
    );
}

#[test]
fn a_chain_has_a_name_of_one_word() {
    for bad in ["two words", "", "-x", "a-name-that-is-longer-than-28-bytes"] {
        let result = after(TableName::Filter, bad, Change::NewChain);
        assert!(matches!(result, Err(EditError::Rule(_))), "{bad:?}: {result:?}");
    }
}

#[test]
fn a_flushed_chain_is_empty_and_stays() {
    let flushed = after(TableName::Filter, "allowed", Change::Flush).unwrap();
    assert!(texts(&flushed, "allowed").is_empty());
    let anothers = after(TableName::Filter, "DOCKER", Change::Flush);
    assert!(matches!(anothers, Err(EditError::Anothers { .. })), "{anothers:?}");
}
