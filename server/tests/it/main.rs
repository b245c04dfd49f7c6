//! The server's parts together, the console in process on a temporary database: one test binary,
//! which links once, with one module a feature.

// A test that stops at a surprise is what is wanted; clippy's exception for tests does not know
// the functions that tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod audit;
mod command_line;
mod console;
mod firewall;
mod hundred;
mod jobs;
mod live;
mod live_lab;
mod lvs_edit;
mod nodes;
mod observe;
mod openapi;
mod pages;
mod permissions;
mod requests;
mod ssh;
mod ssh_lab;
mod sshd;
mod store;
