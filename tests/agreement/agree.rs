//! What has to hold between the verdicts of links and what is found.

use carbonlint::catalogue::Severity;
use carbonlint::deployment::{Link, Verdict};
use carbonlint::lint::{Finding, Linted};
use carbonlint::project::{Engine, Project};
use carbonlint::source::Place;

/// Rules about links that work today, as their verdict says, and not tomorrow, or not always.
const OF_LINKS_THAT_WORK: &[&str] = &["local-port-variable", "thrift-behind-load-balancer"];

/// Where `links` and `check` contradict each other: faults that nothing is said about, and findings about links that are in order.
pub fn contradictions(engine: &Engine, project: &Project, linted: &Linted) -> Vec<String> {
    let model = &project.model;
    let id = |link: &Link| model.catalogue().links[link.spec].id.as_str();
    let findings: Vec<&Finding> = linted.findings.iter().chain(linted.ignored.iter().map(|one| &one.finding)).collect();
    let mut wrong = Vec::new();
    for link in model.links.iter().filter(|link| !link.verdict.in_order()) {
        let places: Vec<Place> = link.host.place.into_iter().chain(link.written.place).collect();
        let here = |place: &Place| places.iter().any(|own| touch(own, place));
        let about = |finding: &&&Finding| {
            let said = if places.is_empty() {
                finding.link.as_deref() == Some(id(link))
            } else {
                finding.labels.iter().any(|label| here(&label.place))
            };
            let forward = link.forward_at_fault && finding.rule == "load-balancer-port";
            forward || said && finding.nodes.contains(&link.node)
        };
        if !findings.iter().any(|finding| about(&finding)) {
            let Link { verdict, why, port, .. } = link;
            wrong.push(format!(
                "{} {} is '{}' ({why}; {:?}:{:?}), and nothing is found",
                model.nodes[link.node].name,
                id(link),
                verdict.name(),
                link.host.raw,
                port.value()
            ));
        }
    }
    // Rules of users may say of links what they like.
    let judges = |finding: &&&Finding| finding.severity > Severity::Info && engine.rules.get(&finding.rule).is_some();
    for finding in findings.iter().filter(judges) {
        let Some(of) = &finding.link else { continue };
        let fits = |link: &Link| {
            id(link) == of
                && finding.nodes.first() == Some(&link.node)
                && match finding.rule.as_str() {
                    "undecidable" => link.verdict == Verdict::Undecidable,
                    rule if OF_LINKS_THAT_WORK.contains(&rule) => true,
                    _ => !link.verdict.in_order(),
                }
        };
        if !model.links.iter().any(fits) {
            wrong.push(format!("{}: '{}', and no link {of} has such a verdict", finding.rule, finding.message));
        }
    }
    wrong
}

fn touch(one: &Place, other: &Place) -> bool {
    one.source == other.source && one.span.start <= other.span.end && other.span.start <= one.span.end
}
