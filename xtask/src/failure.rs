//! What can go wrong in a command of the project, each with what to do about it.

use std::{io, path::PathBuf, process::ExitStatus};

use thiserror::Error;

/// Why a command of the project stopped.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("cannot start `{program}`: {source}\n  → {advice}")]
    Start { program: String, source: io::Error, advice: &'static str },

    #[error("`{command}` ended with {status}\n  → {advice}")]
    Ended { command: String, status: ExitStatus, advice: &'static str },

    #[error("cannot {doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },

    #[error("{} is not what it should be: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },

    #[error("{doing}: {source}")]
    Wasm { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },

    #[error("{request}: {source}")]
    Http { request: String, source: ureq::Error },

    #[error("{0}")]
    Lab(#[from] signalbox_lab::LabError),

    #[error("cannot listen for Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),

    #[error("{what}\n  → {advice}")]
    Missing { what: String, advice: String },
}

impl Failure {
    /// For `map_err` on a file operation: `doing` completes "cannot … PATH".
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    /// For `map_err` on a step of the WebAssembly pipeline.
    pub(crate) fn wasm<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Wasm { doing, source: source.into() }
    }
}
