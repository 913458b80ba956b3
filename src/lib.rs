//! carbonlint: a linter for distributed deployments of WSO2 API Manager.
//!
//! Data flows in one direction; no module knows a later one (see `ARCHITECTURE.md`):
//! [`source`] → [`start`] → [`topology`] → [`home`] → [`config`] → [`catalogue`] → [`deployment`] → [`lint`] → [`fix`] →
//! [`project`] → [`examples`] → [`schema`] → [`init`] → [`report`] → [`lsp`] → [`cli`].

pub mod catalogue;
pub mod cli;
pub mod config;
pub mod deployment;
pub mod examples;
pub mod fix;
pub mod home;
pub mod init;
pub mod lint;
pub mod lsp;
pub mod project;
pub mod report;
pub mod schema;
pub mod source;
pub mod start;
pub mod topology;
