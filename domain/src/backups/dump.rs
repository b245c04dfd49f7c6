//! What mariadb-dump writes, and what must be known of a server before it is dumped.

use crate::engines::BinlogPosition;
use crate::remote::Script;

/// Lists the base tables of every schema that a dump holds: engine, bytes, name. The name comes
/// last and hex-encoded, as it may hold anything.
pub const INVENTORY: Script = Script { name: "list-tables", text: include_str!("inventory.sh") };

/// What there is to dump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    pub tables: u32,
    /// Data without indexes, as the server estimates it.
    pub data_bytes: u64,
    /// `schema.table` of those whose engine knows no transactions.
    pub not_transactional: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected engine, bytes and a hex name parted by tabs; found {found:?}")]
pub struct InventoryError {
    pub line: usize,
    pub found: String,
}

pub fn read_inventory(text: &str) -> Result<Inventory, InventoryError> {
    let mut inventory = Inventory::default();
    for (index, line) in text.lines().enumerate() {
        let malformed =
            || InventoryError { line: index + 1, found: line.chars().take(80).collect() };
        let mut fields = line.split('\t');
        let (Some(engine), Some(bytes), Some(name)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(malformed());
        };
        inventory.tables += 1;
        inventory.data_bytes += bytes.parse::<u64>().map_err(|_| malformed())?;
        if engine != "InnoDB" {
            inventory.not_transactional.push(unhex(name).ok_or_else(malformed)?);
        }
    }
    Ok(inventory)
}

fn unhex(text: &str) -> Option<String> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..text.len())
        .step_by(2)
        .map(|i| text.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

/// Where the dumped server's history stood at the dump's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coordinates {
    pub binlog: Option<BinlogPosition>,
    pub gtid: Option<String>,
}

/// Reads the commented coordinates that `--master-data=2 --gtid` writes (mariadb-dump(1)): file
/// and position before the first table, the GTID position, since 10.11.18, after the last one.
/// `head` and `tail` are the dump's beginning and end; what they do not hold is `None`.
pub fn read_coordinates(head: &str, tail: &str) -> Coordinates {
    Coordinates {
        binlog: comments(head).find_map(binlog_position),
        gtid: comments(tail).chain(comments(head)).find_map(gtid_position),
    }
}

fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("-- "))
}

fn gtid_position(statement: &str) -> Option<String> {
    let value = statement.strip_prefix("SET GLOBAL gtid_slave_pos=")?;
    between(value, "'", "'").map(str::to_owned)
}

fn binlog_position(statement: &str) -> Option<BinlogPosition> {
    let statement = statement.strip_prefix("CHANGE MASTER TO ")?;
    let file = between(statement, "MASTER_LOG_FILE='", "'")?;
    let (_, rest) = statement.split_once("MASTER_LOG_POS=")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(BinlogPosition { file: file.to_owned(), position: digits.parse().ok()? })
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let text = "InnoDB\t16384\t6f72646572732e6974656d73\nMyISAM\t10\t6f64642e2428726d20\n";
        let inventory = read_inventory(text).unwrap();
        assert_eq!((inventory.tables, inventory.data_bytes), (2, 16394));
        assert_eq!(inventory.not_transactional, ["odd.$(rm "]);
    }

    #[test]
    fn a_line_that_is_no_row_is_named() {
        let error = read_inventory("InnoDB\t1\t61\nERROR 2002 (HY000)").unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"line 2: expected engine, bytes and a hex name parted by tabs; found "ERROR 2002 (HY000)""#);
    }

    /// Lines of a dump of the lab's db-3 (mariadb-dump 10.19, server 10.11.18).
    const HEAD: &str = include_str!("fixtures/dump-head.sql");
    const TAIL: &str = include_str!("fixtures/dump-tail.sql");

    #[test]
    fn coordinates_stand_at_both_ends_of_the_dump() {
        let position = BinlogPosition { file: "binlog.000002".to_owned(), position: 673 };
        let expected = Coordinates { binlog: Some(position), gtid: Some("0-111-27".to_owned()) };
        assert_eq!(read_coordinates(HEAD, TAIL), expected);
    }

    #[test]
    fn older_servers_write_the_gtid_at_the_head() {
        let head = "-- CHANGE MASTER TO MASTER_LOG_FILE='mariadb-bin.000003', MASTER_LOG_POS=1842;\n\n\
            -- SET GLOBAL gtid_slave_pos='0-1-57';\n";
        assert_eq!(read_coordinates(head, "").gtid.as_deref(), Some("0-1-57"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,400}") {
            let _ = read_inventory(&text);
            read_coordinates(&text, &text);
        }
    }
}
