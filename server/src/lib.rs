//! The console: axum handlers over the application, which drives nodes over SSH.
//!
//! `http` (thin handlers) → `app` (authorize, load, plan, audit, run) → `store` (all SQL), `ssh`
//! (all channels), `observe` (probes → fleet state), `jobs` (the runner), `live` (topics).

pub mod app;
pub mod clock;
pub mod http;
pub mod jobs;
pub mod live;
pub mod observe;
pub mod secret;
pub mod ssh;
pub mod state;
pub mod store;
