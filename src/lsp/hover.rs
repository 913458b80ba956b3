//! What is said of a place: the findings there, and how its ports and calls came about.

use std::fmt::Write as _;

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Range};

use super::actions::Asked;
use super::cursor::{self, Hit, Thing};
use super::diagnostics::{self, Shown};
use super::requests::At;
use super::view::View;
use crate::deployment::Deployment;
use crate::report::{explain, one_line};
use crate::source::Place;

/// Findings that are explained at one place.
const MOST_FINDINGS: usize = 3;

impl Asked {
    /// What is said of a position.
    pub fn hover(&self, at: &At) -> Option<Hover> {
        let path = at.path.as_ref()?;
        let mut parts: Vec<String> = Vec::new();
        let mut range: Option<Range> = None;
        for view in &self.views {
            let Some(hit) = cursor::at(view, path, at.position) else { continue };
            let Some(model) = view.model() else { continue };
            let mut own = Vec::new();
            own.extend(self.findings(view, &hit, &mut range));
            let texts: Vec<String> = hit.things.iter().filter_map(|thing| about(model, *thing)).collect();
            if !texts.is_empty() {
                own.push(self.as_is(texts.join("\n").trim_end()));
                let span = hit.span.map(|span| Place { source: hit.source, span });
                range = range.or_else(|| view.range(span?));
            }
            // Several topologies may say the same.
            parts.extend(own.into_iter().filter(|part| !parts.contains(part)).collect::<Vec<_>>());
        }
        let kind = if self.client.markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
        let value = parts.join(if self.client.markdown { "\n\n---\n\n" } else { "\n\n" });
        let said = !value.is_empty();
        said.then_some(Hover { contents: Contents::MarkupContent(MarkupContent { kind, value }), range })
    }

    /// The findings with a place there, those that have their first place there before others.
    fn findings(&self, view: &View, hit: &Hit, range: &mut Option<Range>) -> Vec<String> {
        let here = |place: Place| place.source == hit.source && cursor::holds(place.span, hit.offset);
        let mut found: Vec<(bool, Shown<'_>)> = diagnostics::shown(view)
            .filter(|shown| shown.finding.labels.iter().any(|label| here(label.place)))
            .map(|shown| (!shown.finding.labels.first().is_some_and(|label| here(label.place)), shown))
            .collect();
        found.sort_by_key(|(later, _)| *later);
        let more = found.len().saturating_sub(MOST_FINDINGS);
        let mut parts: Vec<String> = Vec::new();
        let mut documented = Vec::new();
        for (_, shown) in found.iter().take(MOST_FINDINGS) {
            let label = shown.finding.labels.iter().find(|label| here(label.place));
            *range = range.or_else(|| shown.location(view, label?.place).map(|location| location.range));
            let first = !documented.contains(&&shown.finding.rule);
            documented.push(&shown.finding.rule);
            parts.push(self.finding(view, shown, first));
        }
        if more > 0 {
            parts.push(format!("and {more} more findings with a place here"));
        }
        parts
    }

    /// A finding, with the documentation of its rule the first time.
    fn finding(&self, view: &View, shown: &Shown<'_>, documented: bool) -> String {
        let finding = shown.finding;
        let rules = view.judged.as_ref().map_or(&self.engine.rules, |judged| &judged.project.rules);
        let rule = rules.get(&finding.rule).filter(|_| documented);
        let (severity, id, message) = (finding.severity.name(), &finding.rule, one_line(&finding.message));
        let mut text = if self.client.markdown {
            format!("**{severity}** `{id}`: {}", escaped(&message))
        } else {
            format!("{severity}[{id}]: {message}")
        };
        if let Some(rule) = rule {
            let _ = write!(text, "\n\n{}", rule.file.docs.trim_end());
        }
        text
    }

    /// A text with columns, as it stands.
    fn as_is(&self, text: &str) -> String {
        if !self.client.markdown {
            return text.to_owned();
        }
        // Longer than any run of backticks in the text, so that it ends where it should.
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        format!("{fence}text\n{text}\n{fence}")
    }
}

/// What is said of a thing.
fn about(model: &Deployment, thing: Thing) -> Option<String> {
    Some(match thing {
        Thing::Node(node) => explain::overview(model, node),
        Thing::Offset(node) => explain::of_offset(model, node),
        Thing::Listener(node, listener) => explain::of_listener(model, node, model.nodes.get(node)?.listeners.get(listener)?),
        Thing::Link(link) => explain::of_link(model, model.links.get(link)?),
        Thing::Balancer(index) => explain::of_balancer(model, index),
        Thing::External(_) => return None,
    })
}

/// A text whose characters mean nothing to Markdown.
fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
