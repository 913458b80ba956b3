//! `--baseline` and `--write-baseline`: files of findings that may stay.

use std::path::Path;
use std::sync::Arc;

use crate::home::{ReadError, display};
use crate::lint::{Baseline, Linted};
use crate::project::{Project, read_named};
use crate::source::Content;

use super::Outcome;
use super::args::Check;
use super::output::{Destination, Output};

/// A baseline that was read.
pub struct Known {
    /// The file as people should see it.
    pub name: String,
    /// Its text.
    pub content: Arc<Content>,
    /// What it says.
    pub baseline: Baseline,
}

impl Known {
    /// The baseline that options name; an error where they do not go together.
    pub fn of(options: &Check, topologies: usize) -> Result<Option<Self>, String> {
        let option = match (&options.baseline, &options.write_baseline) {
            (Some(_), _) => "--baseline",
            (None, Some(_)) => "--write-baseline",
            (None, None) => return Ok(None),
        };
        if topologies > 1 {
            return Err(format!(
                "error: {option} is for one topology: a baseline knows nodes by their names, which others have too; check each with its own"
            ));
        }
        if options.fix || options.diff {
            let other = if options.fix { "--fix" } else { "--diff" };
            return Err(format!(
                "error: {option} and {other} do not go together: the one leaves findings as they are, the other mends them; mend first, \
                 then write the baseline"
            ));
        }
        options
            .baseline
            .as_deref()
            .map(|path| match read(path)? {
                Some(known) => Ok(known),
                None => Err(format!(
                    "error: {0} is not there; expected a baseline: carbonlint check --write-baseline {0} writes one",
                    display(path)
                )),
            })
            .transpose()
    }
}

/// Reads a baseline; `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Known>, String> {
    let name = display(path);
    let content = match read_named(path) {
        Ok(content) => content,
        Err(ReadError::Absent) => return Ok(None),
        Err(why) => return Err(format!("error: {name} cannot be read: {why}; expected a baseline")),
    };
    let baseline = Baseline::parse(content.text()).map_err(|why| format!("error: {name}: {why}"))?;
    Ok(Some(Known { name, content, baseline }))
}

/// Writes a baseline, and says what became of the one that was there.
pub fn write(path: &Path, known: Option<&Known>, project: &Project, linted: &Linted) -> Result<Outcome, String> {
    if linted.failed {
        return Err("error: a rule could not be evaluated: a baseline without what it finds is not written".to_owned());
    }
    // What is no baseline is not overwritten.
    let before = read(path).map_err(|error| format!("{error}; it is not overwritten"))?;
    let now = Baseline::of(&project.model, linted);
    let written = known.map_or_else(|| now.clone(), |known| known.baseline.shrunk_to(&now));
    let findings = |number: usize| if number == 1 { "1 finding".to_owned() } else { format!("{number} findings") };
    let mut note = format!("{}: {}", display(path), findings(written.len()));
    if let Some(before) = before {
        let (added, removed) = (written.beyond(&before.baseline), before.baseline.beyond(&written));
        note.push_str(&format!(", {added} added, {removed} removed"));
    }
    let left = now.beyond(&written);
    if left > 0 {
        note.push_str(&format!("; {} not in it: with --baseline nothing is added", findings(left)));
    }
    let to = Destination::of(Some(path))?;
    Ok(Outcome { outputs: vec![Output { bytes: written.render().into(), to }], notes: vec![note], ..Outcome::default() })
}
