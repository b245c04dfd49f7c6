//! The console: axum handlers over the application, which drives nodes over SSH.
//!
//! `http` (thin handlers) → `app` (authorize, load, plan, audit, run) → `store` (all SQL), `ssh`
//! (all channels), `observe` (probes → fleet state), `jobs` (the runner), `live` (topics).

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod http;
pub mod jobs;
pub mod live;
pub mod local;
pub mod observe;
pub mod sealing;
pub mod secret;
pub mod serve;
pub mod ssh;
pub mod state;
pub mod store;
