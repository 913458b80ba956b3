//! Tests of the reports.
#![allow(clippy::unwrap_used)]
