//! The sync daemon in keepalived.conf: one line of `global_defs`.

use super::wish::WantedSync;
use crate::lvs::change::conf::{ConfEditError, file, means_the_same};
use crate::values::RemotePath;
use crate::vrrp::conf::{Configuration, Document, Effective, NewStatement, Statement};
use crate::vrrp::deploy::{ConfReading, FileChange};

const KEYWORD: &str = "lvs_sync_daemon";

/// Why keepalived.conf is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncConfError {
    #[error(transparent)]
    Conf(#[from] ConfEditError),
    #[error(
        "expected only {KEYWORD} to change; its line means more, by a definition, an include or a condition"
    )]
    MeansMore,
    #[error("expected no more than one {KEYWORD}; found {0}")]
    Several(usize),
}

/// The line of a node's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredSync {
    pub interface: String,
    /// Whose state decides which of the daemons runs; `None`: both run.
    pub instance: Option<String>,
}

pub fn configured(reading: &ConfReading) -> Option<ConfiguredSync> {
    let (configuration, _) = reading.with(&Default::default());
    let (_, line) = lines(&configuration).next_back()?;
    let instance = line.after("inst").map(str::to_owned);
    Some(ConfiguredSync { interface: line.word(1).to_owned(), instance })
}

/// The file with the line as wanted, or without; `None` where it is so already.
pub fn rewritten(
    reading: &ConfReading,
    wanted: Option<&WantedSync>,
) -> Result<Option<FileChange>, SyncConfError> {
    let (configuration, effective) = reading.with(&Default::default());
    let found: Vec<_> = lines(&configuration).collect();
    let line = match found.as_slice() {
        [] if wanted.is_none() => return Ok(None),
        [] => None,
        [(block, line)] => Some((*block, *line)),
        several => return Err(SyncConfError::Several(several.len())),
    };
    let instance = line.and_then(|(_, line)| line.after("inst"));
    let words = wanted.map(|wanted| wanted.words(instance));
    if line.is_some_and(|(_, line)| Some(&line.words) == words.as_ref()) {
        return Ok(None);
    }
    let (path, text) = edited(reading, &configuration, line, words.as_deref())?;
    let (then, is) = reading.with(&[(path.as_str(), text.as_str())].into_iter().collect());
    let written: Vec<_> = lines(&then).map(|(_, line)| line.words.clone()).collect();
    if written != Vec::from_iter(words) || !means_the_same(&without(is), &without(effective)) {
        return Err(SyncConfError::MeansMore);
    }
    let base = reading.digests.get(&path).cloned();
    let path = path.parse::<RemotePath>().map_err(ConfEditError::from)?;
    Ok(Some(FileChange { path, base, text, remove: false }))
}

/// Each with the block that it is in.
fn lines(
    configuration: &Configuration,
) -> impl DoubleEndedIterator<Item = (&Statement, &Statement)> {
    let blocks = configuration.statements.iter().filter(|block| block.keyword() == "global_defs");
    blocks.flat_map(|block| {
        let lines = block.statements().iter().filter(|line| line.keyword() == KEYWORD);
        lines.map(move |line| (block, line))
    })
}

fn edited(
    reading: &ConfReading,
    configuration: &Configuration,
    line: Option<(&Statement, &Statement)>,
    words: Option<&[String]>,
) -> Result<(String, String), SyncConfError> {
    let first = configuration.statements.iter().find(|block| block.keyword() == "global_defs");
    let block = line.map(|(block, _)| block).or(first);
    let path = match line.map(|(_, line)| line).or(block) {
        Some(statement) => file(configuration, statement.place).ok_or(SyncConfError::MeansMore)?,
        None => &reading.main,
    };
    let text = reading.files.get(path).ok_or(SyncConfError::MeansMore)?;
    let mut document = Document::parse(text);
    if let Some((_, line)) = line {
        document.remove(line.place.line, line.place.column).map_err(ConfEditError::from)?;
    }
    let new = words.map(|words| NewStatement { words: words.to_vec(), block: None });
    let added = match (new, block) {
        (None, _) => Ok(()),
        // It begins above the line that went.
        (Some(new), Some(block)) => {
            document.add_to_block(block.place.line, block.place.column, &new)
        }
        (Some(new), None) => {
            let words = vec!["global_defs".to_owned()];
            document.add_section(&NewStatement { words, block: Some(vec![new]) })
        }
    };
    added.map_err(ConfEditError::from)?;
    Ok((path.to_owned(), document.render().to_owned()))
}

fn without(mut effective: Effective) -> Effective {
    effective.global.others.retain(|setting| setting.keyword != KEYWORD);
    effective
}
