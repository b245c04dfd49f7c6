//! The server's parts together: one test binary, one module a feature.

mod ssh;
mod ssh_lab;
mod sshd;
