//! What one node reads, printed as a plain configuration.

use super::read::SECRET;
use super::tree::Statement;

/// Without includes, conditions and definitions, and with `***` for passwords. Blocks are at most
/// 32 deep.
pub fn outline(statements: &[Statement]) -> String {
    let mut text = String::new();
    block(statements, 0, &mut text);
    text
}

fn block(statements: &[Statement], depth: usize, text: &mut String) {
    for statement in statements {
        let indent = "    ".repeat(depth);
        let is_secret = SECRET.contains(&statement.keyword());
        let mut words = Vec::with_capacity(statement.words.len());
        for (at, word) in statement.words.iter().enumerate() {
            words.push(match is_secret && at > 0 {
                true => "***".into(),
                // One that came out of a definition may be one that cannot be written at all.
                false => super::line::written(word).unwrap_or_else(|| word.as_str().into()),
            });
        }
        text.push_str(&indent);
        text.push_str(&words.join(" "));
        if statement.block.is_some() {
            text.push_str(" {\n");
            block(statement.statements(), depth + 1, text);
            text.push_str(&indent);
            text.push('}');
        }
        text.push('\n');
    }
}
