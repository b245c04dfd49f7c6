//! The server's parts together: one test binary, one module a feature.

// A test that stops at a surprise is what is wanted; clippy's exception for tests does not know
// the functions that tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod jobs;
mod ssh;
mod ssh_lab;
mod sshd;
