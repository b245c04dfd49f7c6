use proptest::prelude::*;

use super::super::{Configuration, Files, Statement};
use super::*;

const TEXT: &str = "# pair\r\nvrrp_instance VI {\r\n  priority 100 # high\r\n\
    authentication { auth_type PASS\r\n auth_pass old! x\r\n }\r\n  @dir-a interface eth0\r\n\
    virtual_ipaddress\r\n  {\r\n    10.0.0.1/24\r\n  }\r\n}\r\n! end";

fn statements(text: &str) -> Vec<Statement> {
    let files = Files::from([("k".to_owned(), text.to_owned())]);
    Configuration::read(&files, "k", "dir-a").statements
}

fn find(statements: &[Statement], keyword: &str) -> Option<(u32, u32)> {
    statements.iter().find_map(|statement| match statement.keyword() == keyword {
        true => Some((statement.place.line, statement.place.column)),
        false => find(statement.statements(), keyword),
    })
}

fn place(text: &str, keyword: &str) -> (u32, u32) {
    find(&statements(text), keyword).unwrap()
}

/// Lines that are not the same in both, by their numbers from 1 in the first.
fn changed(before: &str, after: &str) -> Vec<usize> {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.split('\n').collect(), after.split('\n').collect());
    assert_eq!(before.len(), after.len());
    (0..before.len()).filter(|at| before[*at] != after[*at]).map(|at| at + 1).collect()
}

#[test]
fn an_argument_is_set_and_quoted_where_it_must() {
    let mut document = Document::parse(TEXT);
    let (line, column) = place(TEXT, "auth_pass");
    document.set_argument(line, column, 1, "ab!cd").unwrap();
    assert_eq!(changed(TEXT, document.render()), [5]);
    assert!(document.render().contains(" auth_pass \"ab!cd\"! x\r\n"), "{}", document.render());
    let (line, column) = place(TEXT, "priority");
    document.set_argument(line, column, 1, "90").unwrap();
    assert!(document.render().contains("  priority 90 # high\r\n"));
    let (line, column) = place(TEXT, "interface");
    document.set_argument(line, column, 1, "eth1").unwrap();
    assert!(document.render().contains("  @dir-a interface eth1\r\n"));
    document.set_argument(line, column, 2, "x").unwrap();
    assert!(document.render().contains("  @dir-a interface eth1 x\r\n"));
    assert_eq!(
        document.set_argument(line, column, 4, "x"),
        Err(EditError::NoArgument { line, found: 2 })
    );
}

#[test]
fn a_statement_is_added_to_its_block_and_taken_out_again() {
    let mut document = Document::parse(TEXT);
    let (line, column) = place(TEXT, "virtual_ipaddress");
    let new = NewStatement { words: vec!["10.0.0.2/24".into()], block: None };
    document.add_to_block(line, column, &new).unwrap();
    assert!(document.render().contains("    10.0.0.1/24\r\n    10.0.0.2/24\r\n  }\r\n"));
    let (line, column) = place(document.render(), "10.0.0.2/24");
    document.remove(line, column).unwrap();
    assert_eq!(document.render(), TEXT);
    let (line, column) = place(TEXT, "authentication");
    document.remove(line, column).unwrap();
    insta::assert_snapshot!(document.render());
}

#[test]
fn a_block_is_added() {
    let mut document = Document::parse("a {\n}");
    let inner = NewStatement { words: vec!["x".into(), "y z".into()], block: None };
    let new = NewStatement { words: vec!["track".into()], block: Some(vec![inner]) };
    document.add_to_block(1, 1, &new).unwrap();
    document.add_to_end(&new).unwrap();
    assert_eq!(
        document.render(),
        "a {\n    track {\n        x \"y z\"\n    }\n}\ntrack {\n    x \"y z\"\n}\n"
    );
    let mut one_line = Document::parse("a { b }");
    one_line.add_to_block(1, 1, &new).unwrap();
    assert_eq!(statements(one_line.render())[0].statements().len(), 2);
}

#[test]
fn what_cannot_be_written_is_refused_and_nothing_changes() {
    let mut document = Document::parse(TEXT);
    let (line, column) = place(TEXT, "auth_pass");
    for (value, error) in [
        ("a\"b", EditError::Unwritable),
        ("a b\\", EditError::Unwritable),
        ("a\nb", EditError::Unwritable),
        ("${A}", EditError::Definition),
        ("a$B", EditError::Definition),
    ] {
        assert_eq!(document.set_argument(line, column, 1, value), Err(error));
    }
    assert_eq!(document.remove(2, 2), Err(EditError::NoStatement { line: 2, column: 2 }));
    assert_eq!(document.remove(0, 0), Err(EditError::NoStatement { line: 0, column: 0 }));
    assert_eq!(document.remove(99, 1), Err(EditError::NoStatement { line: 99, column: 1 }));
    assert_eq!(
        document.add_to_block(3, 3, &NewStatement::default()),
        Err(EditError::NoBlock { line: 3 })
    );
    assert_eq!(document.render(), TEXT);
}

proptest! {
    /// Whatever is set reads back, and no other line changes.
    #[test]
    fn a_set_argument_reads_back(
        before in "([a-z\"#!\\\\@$ {}]{0,12}\r?\n){0,4}",
        tail in "( x| \"y z\"|\"t\"|# c|! c|\\{|\\}| @q){0,4}",
        value in "[^\n\r\0]{0,12}",
    ) {
        let text = format!("{before}  auth_pass old{tail}\r\nlast\n");
        let line = u32::try_from(before.split('\n').count()).unwrap();
        let mut document = Document::parse(&text);
        if document.set_argument(line, 3, 1, &value).is_ok() {
            prop_assert_eq!(changed(&text, document.render()).into_iter().filter(|n| *n != line as usize).count(), 0);
            let rendered = document.render();
            let written = rendered.split('\n').nth(line as usize - 1).unwrap().trim_end_matches('\r');
            let read = line::read(written);
            let words: Vec<&str> = pieces(&read.content).into_iter().filter_map(|piece| match piece {
                Piece::Word { text, .. } => Some(text),
                _ => None,
            }).collect();
            prop_assert_eq!(words.get(..2), Some(&["auth_pass", value.as_str()][..]));
        }
    }

    #[test]
    fn no_place_makes_it_panic(text in "(a|b|\\{|\\}|\"|#|\\\\|@x |\n| |é){0,30}", line in 0..6_u32, column in 0..9_u32) {
        let new = NewStatement { words: vec!["n".into()], block: Some(vec![]) };
        for edit in [
            |d: &mut Document, l, c, _: &NewStatement| d.set_argument(l, c, 1, "v"),
            |d: &mut Document, l, c, n: &NewStatement| d.add_to_block(l, c, n),
            |d: &mut Document, l, c, _: &NewStatement| d.remove(l, c),
        ] {
            let mut document = Document::parse(&text);
            if edit(&mut document, line, column, &new).is_err() {
                prop_assert_eq!(document.render(), &text);
            }
        }
    }
}
