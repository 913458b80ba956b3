//! `rules test` and `schema`: what there is to do with rules beside reading about them.

use std::path::PathBuf;

use crate::examples;
use crate::lint::Rule;
use crate::project::Engine;
use crate::report::{self, Style};
use crate::schema;

use super::Outcome;
use super::args::SchemaOf;

/// Runs the examples of the rules in folders.
pub fn test(engine: &Engine, folders: &[PathBuf], style: Style) -> Result<Outcome, String> {
    let with = engine.with_rules(folders).map_err(|error| report::topology_errors::render(&error, &style))?;
    // Those of `--rules` are there, and no business of this run.
    let tested: Vec<&Rule> =
        with.rules.rules.iter().map(AsRef::as_ref).filter(|rule| rule.is_own && engine.rules.get(&rule.id).is_none()).collect();
    if tested.is_empty() {
        let names: Vec<String> = folders.iter().map(|folder| crate::home::display(folder)).collect();
        return Err(format!("error: no rules in {}: a rule is a .yaml file", names.join(", ")));
    }
    let tested: Vec<examples::Tested<'_>> = tested.into_iter().map(|rule| examples::test(&with, rule)).collect();
    let status = u8::from(tested.iter().any(|one| !one.holds()));
    Ok(Outcome { status, ..Outcome::done(report::examples::render(&tested, style)) })
}

/// The schema of a topology or of a rule file.
pub fn schema(engine: &Engine, what: SchemaOf) -> String {
    match what {
        SchemaOf::Topology => schema::topology(&engine.catalogue, &engine.rules),
        SchemaOf::Rule => schema::rule(&engine.catalogue, &engine.rules),
    }
}
