//! How much was checked and found, counted once for all formats.

use serde::Serialize;

use crate::catalogue::Severity;
use crate::deployment::Verdict;

use super::{Report, Run};

/// Numbers of a report, in the order of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Nodes.
    pub nodes: usize,
    /// Links, of any verdict.
    pub links: usize,
    /// Links that the configuration does not use.
    pub dormant: usize,
    /// Links that cannot be judged.
    pub undecidable: usize,
    /// Findings of each severity.
    pub errors: usize,
    /// See `errors`.
    pub warnings: usize,
    /// See `errors`.
    pub infos: usize,
    /// Findings that the topology or comments ignore.
    pub ignored: usize,
    /// Findings that were mended in this run.
    pub fixed: usize,
    /// Findings that the baseline has, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselined: Option<usize>,
}

impl Summary {
    /// Counts all topologies of a run together.
    pub fn of_all(run: &Run<'_>) -> Self {
        run.reports.iter().map(Self::of).fold(Self::default(), |sum, one| Self {
            nodes: sum.nodes + one.nodes,
            links: sum.links + one.links,
            dormant: sum.dormant + one.dormant,
            undecidable: sum.undecidable + one.undecidable,
            errors: sum.errors + one.errors,
            warnings: sum.warnings + one.warnings,
            infos: sum.infos + one.infos,
            ignored: sum.ignored + one.ignored,
            fixed: sum.fixed + one.fixed,
            baselined: sum.baselined.or(one.baselined),
        })
    }

    /// Counts.
    pub fn of(report: &Report<'_>) -> Self {
        let links = |verdict| report.model().links.iter().filter(|link| link.verdict == verdict).count();
        let findings = |severity| report.linted.findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            nodes: report.model().nodes.len(),
            links: report.model().links.len(),
            dormant: links(Verdict::Dormant),
            undecidable: links(Verdict::Undecidable),
            errors: findings(Severity::Error),
            warnings: findings(Severity::Warning),
            infos: findings(Severity::Info),
            ignored: report.linted.ignored.len(),
            fixed: report.mended.map_or(0, |mended| mended.fixed),
            baselined: report.linted.baselined,
        }
    }
}
