//! What the topology wants ignored, and which of it ignores nothing.

use globset::{GlobBuilder, GlobMatcher};

use crate::deployment::Deployment;
use crate::source::{Span, mask_text, nearest};
use crate::topology::{Ignore, Topology, TopologyError};

use super::finding::Finding;
use super::rule::Rules;

/// An entry of `ignore`, ready to match.
pub struct Suppression {
    rule: GlobMatcher,
    node: Option<GlobMatcher>,
    file: Option<GlobMatcher>,
    link: Option<GlobMatcher>,
    /// Why.
    pub reason: String,
    /// The entry.
    pub span: Span,
    /// Whether it has ignored something.
    pub used: bool,
}

impl Suppression {
    /// Whether it is about a rule.
    pub fn names(&self, rule: &str) -> bool {
        self.rule.is_match(rule)
    }

    /// Whether every key that it gives matches. `folder` is the topology's, as paths show it.
    pub fn matches(&self, model: &Deployment, finding: &Finding, folder: &str) -> bool {
        let node = |pattern: &GlobMatcher| finding.nodes.iter().any(|node| pattern.is_match(&model.nodes[*node].name));
        let file = |pattern: &GlobMatcher| {
            let primary = finding.labels.first().map(|label| model.sources().get(label.place.source).name.as_str());
            primary.is_some_and(|name| pattern.is_match(name.strip_prefix(folder).unwrap_or(name).trim_start_matches('/')))
        };
        let link = |pattern: &GlobMatcher| finding.link.as_ref().is_some_and(|link| pattern.is_match(link));
        self.rule.is_match(&finding.rule)
            && self.node.as_ref().is_none_or(node)
            && self.file.as_ref().is_none_or(file)
            && self.link.as_ref().is_none_or(link)
    }
}

/// The entries of a topology, in its order. Patterns were checked by [`check_topology`].
pub fn compile(ignores: &[Ignore]) -> Vec<Suppression> {
    let one = |ignore: &Ignore| {
        let optional = |pattern: &Option<crate::source::Spanned<String>>, paths| match pattern {
            Some(pattern) => glob(&pattern.value, paths).map(Some),
            None => Ok(None),
        };
        Ok::<_, String>(Suppression {
            rule: glob(&ignore.rule.value, false)?,
            node: optional(&ignore.node, false)?,
            file: optional(&ignore.file, true)?,
            link: optional(&ignore.link, false)?,
            reason: mask_text(&ignore.reason.value),
            span: ignore.span,
            used: false,
        })
    };
    ignores.iter().filter_map(|ignore| one(ignore).ok()).collect()
}

/// A pattern, ready to match, or why it is none.
pub fn glob(pattern: &str, paths: bool) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(pattern).literal_separator(paths).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| format!("'{pattern}' is no pattern: {}", error.kind()))
}

/// Checks the rule ids and patterns that a topology writes.
pub fn check_topology(topology: &Topology, rules: &Rules) -> Vec<TopologyError> {
    let ids = rules.ids();
    let mut errors = Vec::new();
    let mut unknown = |id: &str, span| {
        let near = nearest(id, ids.iter().copied()).map(|near| format!("did you mean `{near}`? "));
        let help = format!("{}`carbonlint rules` lists them all", near.unwrap_or_default());
        errors.push(TopologyError { message: format!("there is no rule `{id}`"), span: Some(span), help: Some(help) });
    };
    for (rule, _) in topology.severities.iter().filter(|(rule, _)| rules.get(&rule.value).is_none()) {
        unknown(&rule.value, rule.span);
    }
    for ignore in &topology.ignores {
        if let Ok(pattern) = glob(&ignore.rule.value, false)
            && !ids.iter().any(|id| pattern.is_match(id))
        {
            unknown(&ignore.rule.value, ignore.rule.span);
        }
    }
    for ignore in &topology.ignores {
        let others = [
            (Some(&ignore.rule), false),
            (ignore.node.as_ref(), false),
            (ignore.file.as_ref(), true),
            (ignore.link.as_ref(), false),
        ];
        for (pattern, paths) in others {
            if let Some(pattern) = pattern
                && let Err(message) = glob(&pattern.value, paths)
            {
                errors.push(TopologyError {
                    message,
                    span: Some(pattern.span),
                    help: Some("* ? [ab] {a,b} are understood".to_owned()),
                });
            }
        }
    }
    errors
}
