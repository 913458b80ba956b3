//! What comes out of the definition of the options: completions of shells, manual pages.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::Outcome;
use super::args::Cli;
use super::output::{self, Destination, Output};

/// The completions of a shell.
pub fn completions(shell: Shell) -> Outcome {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "carbonlint", &mut bytes);
    Outcome::done(bytes)
}

/// The first manual page, or those of all commands into a folder.
pub fn manual(folder: Option<&Path>) -> Result<Outcome, String> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = folder else { return page(&command).map(|(_, bytes)| Outcome::done(bytes)) };
    output::folder(folder)?;
    let mut outcome = Outcome::default();
    let mut left = vec![&command];
    while let Some(command) = left.pop() {
        let (name, bytes) = page(command)?;
        outcome.outputs.push(Output { bytes, to: Destination::of(Some(&folder.join(name)))? });
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()));
    }
    Ok(outcome)
}

/// A page and the name of its file.
fn page(command: &Command) -> Result<(String, Vec<u8>), String> {
    let page = Man::new(command.clone()).manual("carbonlint");
    let mut bytes = Vec::new();
    page.render(&mut bytes).map_err(|error| format!("error: the manual page cannot be made: {error}"))?;
    Ok((page.get_filename(), bytes))
}
