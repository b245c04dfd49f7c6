use std::error::Error;
use std::time::Duration;

use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::sharing::CountError;
use signalbox_domain::phrase::Phrase;

use super::intake::IntakeError;
use crate::ssh::SshError;
use crate::store::StoreError;
use crate::store::backup_files::BackupFileError;

/// Why an action did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("node {node} refused: exit status {exit_status}: {excerpt}")]
    Refused { node: NodeId, exit_status: u32, excerpt: String },
    #[error("node {node} was expected to print {expected}; it printed: {excerpt}")]
    Unexpected { node: NodeId, expected: String, excerpt: String },
    /// The command may have run, in whole, in part or not at all.
    #[error("node {node} gave no answer")]
    NoAnswer {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("waited {} s for: {}. Last seen: {last}", .waited.as_secs(), .title.en)]
    Waited { title: Phrase, waited: Duration, last: String },
    #[error("the client probe could not start on node {node}")]
    NoProbe {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("the client probe on node {node} asked nothing within {} s", .within.as_secs())]
    SilentProbe { node: NodeId, within: Duration },
    #[error("nobody kept it within {} s", .within.as_secs())]
    NotKept { within: Duration },
    #[error("cancelled by {by}")]
    Cancelled { by: String },
    #[error("the stream could not start on node {node}")]
    NoStream {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("the backup is not whole")]
    Capture(#[from] IntakeError),
    #[error("what was captured could not be removed")]
    File(#[from] BackupFileError),
    #[error("what was counted cannot be read")]
    Sharing(#[from] CountError),
    #[error("the console's database failed")]
    Store(#[from] StoreError),
}

impl StepError {
    /// The error with its causes, on one line.
    pub fn chain(&self) -> String {
        chain(self)
    }
}

/// An error with its causes, on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    std::iter::successors(error.source(), |&cause| cause.source())
        .fold(error.to_string(), |chain, cause| format!("{chain}: {cause}"))
}
