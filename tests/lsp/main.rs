//! The language server, as clients see it: the real program over its standard input and output.

#![allow(clippy::unwrap_used, reason = "tests")]

mod answers;
mod client;
mod conversation;
mod diagnostics;
mod encodings;
mod fixes;
mod half_typed;
mod own_rules;
