//! JSON Schemas (draft 2020-12) of what users write, for completion and checks in editors: the topology and rule files.
//!
//! Both come out of what the readers know: the tables of `topology::shape`, the types that rule files are read into, the
//! catalogue's roles and ids, the rules themselves. A schema refuses no file that its reader takes.

mod rule;
mod topology;

use serde_json::{Value, json};

pub use rule::rule;
pub use topology::topology;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One of some words, each with what it means: editors show that beside the word, and validators pass it over.
fn one_of<'a>(words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let (words, means): (Vec<&str>, Vec<&str>) = words.into_iter().unzip();
    json!({"enum": words, "enumDescriptions": means})
}

/// A schema as text.
fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}
