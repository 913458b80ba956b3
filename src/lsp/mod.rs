//! The language server: one more front end over `project` and `report`, beside the command line.
//!
//! One thread reads messages and answers, one computes models; only the latest texts are computed, and requests meanwhile
//! are answered from the last model. Invariants: no lower module knows this one; a panic in a request is an error answer;
//! nothing is read that the command line would not read; no secret is in any message.

mod actions;
mod client;
mod completion;
mod compute;
mod cursor;
mod definition;
mod diagnostics;
mod documents;
mod edits;
mod find;
mod half_typed;
mod hover;
mod outline;
mod position;
mod requests;
mod server;
mod shift;
mod start;
mod uri;
mod view;

use std::io::Write as _;

use lsp_server::Connection;

use crate::project::Engine;

/// Serves on standard input and output until the client says `exit`. The exit status: 0 after `shutdown`, else 1.
///
/// # Errors
/// Where standard input or output fail.
pub fn run(engine: Engine) -> Result<u8, String> {
    // What a panic says may quote a file, and clients keep what is said here in their logs.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // Nobody may be listening any more.
        let _ = writeln!(std::io::stderr(), "a mistake in carbonlint at {place}: please report it");
    }));
    let (connection, threads) = Connection::stdio();
    let status = serve(engine, connection);
    match threads.join() {
        // What it sent may hold secrets.
        Err(error) if status != 0 && error.kind() == std::io::ErrorKind::InvalidData => {
            let said = "error: the client sent what is no message of the language server protocol";
            let _ = writeln!(std::io::stderr(), "{said}");
            Ok(status)
        }
        // The client is gone: nobody is left to be told.
        Err(_) if status != 0 => Ok(status),
        other => other.map(|()| status).map_err(|error| format!("error: the connection to the client failed: {error}")),
    }
}

/// Serves on a connection until the client says `exit` or is gone. The exit status: 0 after `shutdown`, else 1.
pub fn serve(engine: Engine, connection: Connection) -> u8 {
    server::serve(engine, connection)
}
