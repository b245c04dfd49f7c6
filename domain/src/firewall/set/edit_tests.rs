use super::*;
use crate::firewall::set::view::SetView;

fn there() -> SetsView {
    let set = |kind: &str, entries: Option<&[&str]>| SetView {
        kind: kind.to_owned(),
        header: "family inet hashsize 1024 maxelem 65536".to_owned(),
        count: 2,
        entries: entries.map(|entries| entries.iter().map(|e| (*e).to_owned()).collect()),
    };
    let mut view = SetsView::default();
    let guests: &[&str] = &["192.0.2.0/24 comment \"a scanner\"", "198.51.100.7 nomatch"];
    view.sets.insert("guests".to_owned(), set("hash:net", Some(guests)));
    view.sets.insert("huge".to_owned(), set("hash:ip", None));
    view
}

fn read(text: &str) -> Result<Vec<String>, String> {
    let edits = edits(text, &there()).map_err(|error| error.to_string())?;
    Ok(edits.iter().map(ToString::to_string).collect())
}

#[test]
fn edits_are_printed_as_ipset_restore_reads_them() {
    let text = "# tonight\ncreate web hash:ip,port family inet\nadd web 192.0.2.1,tcp:80\n\n\
                add guests 203.0.113.0/24 timeout 600 comment \"why not\"\ndel guests 198.51.100.7\n\
                flush guests\nadd guests 192.0.2.0/24\ndestroy huge\n";
    let all = read(text).unwrap();
    assert_eq!(
        all,
        [
            "create web hash:ip,port family inet",
            "add web 192.0.2.1,tcp:80",
            "add guests 203.0.113.0/24 timeout 600 comment \"why not\"",
            "del guests 198.51.100.7",
            "flush guests",
            "add guests 192.0.2.0/24",
            "destroy huge",
        ]
    );
    assert_eq!(read(&all.join("\n")).unwrap(), all);
}

#[test]
fn an_entry_is_taken_out_as_the_set_wrote_it() {
    assert_eq!(read("del guests 192.0.2.9/24").unwrap(), ["del guests 192.0.2.0/24"]);
}

#[test]
fn what_cannot_be_done_is_told_with_its_line() {
    let told = |text: &str| read(text).unwrap_err();
    insta::assert_snapshot!(
        [
            "",
            "swap guests huge",
            "add nowhere 192.0.2.1",
            "add guests",
            "add guests 300.0.0.1",
            "add guests 192.0.2.1/24",
            "\n\ndel guests 203.0.113.1",
            "create guests hash:ip",
            "create a\"b hash:ip",
            "create -x hash:ip",
            "destroy guests\ncreate guests hash:ip",
            "destroy guests\nadd guests 192.0.2.1",
            "flush guests now",
            "add guests 203.0.113.1 comment \"no end",
        ]
        .map(told)
        .join("\n"),
        @r#"
    expected at least one edit; found none
    line 1, column 1: expected create NAME TYPE, add NAME ENTRY, del NAME ENTRY, flush NAME, destroy NAME, or a comment; found swap
    line 1: expected a set that is there; found nowhere
    line 1, column 11: expected an entry; found the end of the line
    line 1, column 12: expected a network; found 300.0.0.1
    line 1: guests has 192.0.2.1/24 already
    line 3: guests has no 203.0.113.1
    line 1: expected the name of a new set; guests is there already
    line 1, column 8: expected a set's name of letters, digits, _, ., : and -, which begins with none of . : -; found a"b
    line 1, column 8: expected a set's name of letters, digits, _, ., : and -, which begins with none of . : -; found -x
    line 2: guests is destroyed above: make the new one by another change
    line 2: expected a set that is there; found guests
    line 1, column 14: expected the end of the line; found now
    line 1, column 32: expected a text between quotes; found "no end
    "#
    );
}

#[test]
fn of_a_set_whose_entries_are_not_known_the_node_decides() {
    assert_eq!(read("del huge 192.0.2.1").unwrap(), ["del huge 192.0.2.1"]);
    assert!(read("add huge 192.0.2.1").is_ok());
    assert!(read("flush huge\ndel huge 192.0.2.1").is_err());
}

#[test]
fn nothing_is_edited_where_the_sets_are_not_known() {
    let unknown = SetsView { unreadable: Some("ipset: not found".to_owned()), ..there() };
    assert!(matches!(edits("flush guests", &unknown), Err(EditError::Unknown(_))));
}

#[test]
fn a_draft_is_done_with_when_each_edit_would_change_nothing() {
    let made = |text: &str| are_made(text, &there());
    assert!(made("create guests hash:net\nadd guests 192.0.2.0/24\ndel guests 203.0.113.1\n"));
    assert!(made("destroy gone\ndel gone 192.0.2.1\nflush gone"));
    assert!(!made("add guests 192.0.2.0/24\nadd guests 203.0.113.1"));
    assert!(!made("add gone 192.0.2.1") && !made("flush guests") && !made("destroy guests"));
    assert!(!made("nonsense") && !made("add huge 192.0.2.1"));
}
