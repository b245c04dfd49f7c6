//! What must be known of a server before it is dumped.

use crate::engines::Flavour;
use crate::remote::{RemoteCommand, Script};

/// Lists the base tables of every schema that a dump holds: engine, bytes, name. The name comes
/// last and hex-encoded, as it may hold anything.
const INVENTORY: Script = Script { name: "list-tables", text: include_str!("inventory.sh") };

/// Asks the server through its own client program; [`read_inventory`] reads the answer.
pub fn list_tables(flavour: Flavour) -> RemoteCommand {
    let client = match flavour {
        Flavour::MariaDb => "mariadb",
        Flavour::MySql => "mysql",
    };
    RemoteCommand::script(&INVENTORY).words(&[client])
}

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

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,400}") {
            let _ = read_inventory(&text);
        }
    }
}
