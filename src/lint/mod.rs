//! Rules over the model: findings with severities and suppressions.
//!
//! Invariants: a rule sees the model through `model`'s table and nothing else; a rule that fails
//! is itself a finding; the order of findings is the same on any number of threads.

mod baseline;
mod build;
mod build_fix;
mod check;
mod comments;
mod finding;
mod follow;
mod guard;
mod ignored;
mod labels;
mod model;
mod rule;
mod rule_error;
mod rule_file;
mod run;
mod shared;
mod suppress;
mod tables;
mod values;
mod vocabulary;

pub use baseline::Baseline;
pub use finding::{Change, Finding, Fix, Label, Safety, Side};
pub use ignored::{Ignored, Means, UNUSED_IGNORE, use_together};
pub use model::Kind;
pub use rule::{Rule, Rules, add_own, ids_of, load};
pub use rule_error::RuleError;
pub use rule_file::{Example, RuleFile, SafetyFile};
pub use run::{Linted, Options, run};
pub use suppress::check_topology;
pub use vocabulary::{FieldDoc, KindDoc, filters, functions, vocabulary};
