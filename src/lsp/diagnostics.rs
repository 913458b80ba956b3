//! Findings as diagnostics, file by file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gen_lsp_types::{Code, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Range, Uri};

use super::client::Client;
use super::view::View;
use crate::catalogue::Severity;
use crate::deployment::Deployment;
use crate::lint::{Finding, Kind, Label};
use crate::report::one_line;
use crate::source::{Place, mask_text};
use crate::topology::TopologyError;

/// The diagnostics of each file.
pub type ByFile = BTreeMap<String, Vec<Diagnostic>>;

/// A finding as it is shown.
pub struct Shown<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The model in which it was found.
    pub model: &'a Deployment,
    /// Whether its places are in the present text of half-typed files.
    pub present: bool,
}

impl Shown<'_> {
    /// Where a label is in the texts of the client; `None` for what lies in an archive.
    pub fn location(&self, view: &View, place: Place) -> Option<Location> {
        let half_typed = view.judged.as_ref().is_some_and(|judged| judged.half_typed.contains_key(&place.source));
        if !(self.present && half_typed) {
            return view.location(place);
        }
        Some(Location { uri: view.uri(view.file(place.source)?), range: view.range_now(place)? })
    }
}

/// Every finding of a view, those about half-typed files first.
pub fn shown(view: &View) -> impl Iterator<Item = Shown<'_>> {
    let judged = view.judged.as_ref();
    let present = judged.and_then(|judged| judged.present.as_ref()).into_iter().flat_map(|present| {
        let model = &*present.project.model;
        present.findings.iter().map(move |finding| Shown { finding, model, present: true })
    });
    let earlier = judged.into_iter().flat_map(|judged| {
        let model = &*judged.project.model;
        judged.linted.findings.iter().map(move |finding| Shown { finding, model, present: false })
    });
    present.chain(earlier)
}

/// The diagnostics of a view.
pub fn of(view: &View, client: &Client) -> ByFile {
    let mut files = ByFile::new();
    let topology = view.uri(&view.path);
    if let Some(trouble) = &view.trouble {
        let mistakes = trouble.errors.iter().zip(view.ranges_of_trouble()).map(|(error, range)| mistake(error, range));
        files.entry(topology.0).or_default().extend(mistakes);
        for file in &trouble.rules {
            let mistakes = file.errors.iter().map(|error| {
                let (message, help) = (error.message.clone(), error.help.clone());
                mistake(&TopologyError { message, span: None, help }, view.range_in_rules(file, error))
            });
            files.entry(view.uri(&file.real).0).or_default().extend(mistakes);
        }
    }
    for one in shown(view) {
        if let Some((uri, diagnostic)) = diagnostic(view, client, &one) {
            let others = others(view, client, &one, (&uri, &diagnostic));
            files.entry(uri.0).or_default().push(diagnostic);
            for (uri, diagnostic) in others {
                files.entry(uri.0).or_default().push(diagnostic);
            }
        }
    }
    files
}

/// A mistake of the topology itself.
fn mistake(error: &TopologyError, range: Range) -> Diagnostic {
    let help = error.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    Diagnostic {
        range,
        severity: Some(DiagnosticSeverity::Error),
        code: Some(Code::String("topology".to_owned())),
        source: Some(SOURCE.to_owned()),
        message: mask_text(&format!("{}{help}", error.message)).into(),
        ..Diagnostic::default()
    }
}

/// Who says so.
const SOURCE: &str = "carbonlint";

/// A finding at its primary place. Of a file in an archive, that is where the topology names the archive.
pub fn diagnostic(view: &View, client: &Client, shown: &Shown<'_>) -> Option<(Uri, Diagnostic)> {
    let finding = shown.finding;
    let (primary, others) = finding.labels.split_first()?;
    let mut message = finding.message.clone();
    let Location { uri, range } = shown.location(view, primary.place).or_else(|| {
        message.push_str(&format!(" ({})", shown.model.sources().file_line(primary.place)));
        archive(view, shown, primary)
    })?;
    let lines = [("what breaks: ", &finding.symptom), ("note: ", &finding.note)];
    for (heading, text) in lines.iter().filter_map(|(heading, text)| Some((heading, text.as_ref()?))) {
        let _ = write!(message, "\n{heading}{}", one_line(text));
    }
    let places: Vec<(Location, &Label)> =
        others.iter().filter_map(|label| Some((shown.location(view, label.place)?, label))).collect();
    if !client.related {
        for (_, label) in &places {
            let _ = write!(message, "\n{}: {}", one_line(&shown.model.sources().file_line(label.place)), says(shown, label));
        }
    }
    let related = |(location, label): (Location, &Label)| DiagnosticRelatedInformation { location, message: says(shown, label) };
    let related: Vec<_> = places.into_iter().filter(|_| client.related).map(related).collect();
    let diagnostic = Diagnostic {
        range,
        severity: Some(severity(finding.severity)),
        code: Some(Code::String(finding.rule.clone())),
        source: Some(SOURCE.to_owned()),
        message: message.into(),
        related_information: Some(related).filter(|related| !related.is_empty()),
        ..Diagnostic::default()
    };
    Some((uri, diagnostic))
}

/// The same in the files of the other nodes, for who has only these open, where no side is more to blame than the other.
fn others(view: &View, client: &Client, shown: &Shown<'_>, (uri, primary): (&Uri, &Diagnostic)) -> Vec<(Uri, Diagnostic)> {
    let finding = shown.finding;
    let rule = view.judged.as_ref().and_then(|judged| judged.project.rules.get(&finding.rule));
    if rule.is_none_or(|rule| rule.kind != Kind::Collision) {
        return Vec::new();
    }
    let first = finding.labels.first().and_then(|label| label.node);
    let mut told = vec![uri.clone()];
    let of_others = finding.labels.iter().filter(|label| label.node.is_some() && label.node != first);
    let places = of_others.filter_map(|label| shown.location(view, label.place));
    places
        .filter_map(|place| {
            if told.contains(&place.uri) {
                return None;
            }
            told.push(place.uri.clone());
            let location = Location { uri: uri.clone(), range: primary.range };
            let text = finding.labels.first().map_or_else(String::new, |label| says(shown, label));
            let related = DiagnosticRelatedInformation { location, message: text };
            let related = client.related.then(|| vec![related]);
            let severity = Some(DiagnosticSeverity::Information);
            let diagnostic = Diagnostic { range: place.range, severity, related_information: related, ..primary.clone() };
            Some((place.uri, diagnostic))
        })
        .collect()
}

fn archive(view: &View, shown: &Shown<'_>, label: &Label) -> Option<Location> {
    let topology = &shown.model.inputs.topology;
    let node = topology.nodes.get(label.node.or(shown.finding.nodes.first().copied())?)?;
    let layer = node.home.first()?;
    view.location(shown.model.topology_place(layer.path.span))
}

/// What is said of a place; the node whose it is where nothing is.
fn says(shown: &Shown<'_>, label: &Label) -> String {
    let node = || label.node.and_then(|node| shown.model.nodes.get(node)).map(|node| node.name.clone());
    if label.text.is_empty() { node().unwrap_or_default() } else { label.text.clone() }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Info => DiagnosticSeverity::Information,
    }
}
