//! Effective ports, and the steps by which they come about.

use crate::source::{Place, Sources};

/// One step of how an effective port came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What happened.
    pub step: Step,
    /// The port after this step; `None` from the step on that makes it unknown.
    pub value: Option<i64>,
    /// Where it was read from.
    pub place: Option<Place>,
}

/// What a reason says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// What the code uses where the element is missing.
    Default,
    /// What the file of the pack says, for the file is missing.
    Shipped,
    /// A number that somebody wrote.
    Written,
    /// A placeholder: its name and the node whose value it is.
    Placeholder(String, String),
    /// No port in a URL: its scheme's default.
    Scheme(String),
    /// The node's offset, and in words where it comes from if it has no place.
    Offset(i64, &'static str),
    /// It cannot be known: why.
    Unknown(String),
}

/// A port together with how it came about. The last reason's value is the effective one.
///
/// Ports are `i64`: an offset may push one past 65535 or below 1, and that has to be said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectivePort {
    /// The steps, in order.
    pub reasons: Vec<Reason>,
}

impl EffectivePort {
    /// The effective port; `None` where it cannot be known.
    pub fn value(&self) -> Option<i64> {
        self.reasons.last().and_then(|reason| reason.value)
    }

    /// Adds a step.
    pub fn then(mut self, step: Step, value: Option<i64>, place: Option<Place>) -> Self {
        self.reasons.push(Reason { step, value, place });
        self
    }

    /// A port that cannot be known.
    pub fn unknown(why: impl Into<String>, place: Option<Place>) -> Self {
        Self::default().then(Step::Unknown(why.into()), None, place)
    }

    /// Whether the node's offset is part of it.
    pub fn is_shifted(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason.step, Step::Offset(..)))
    }

    /// Why it cannot be known.
    pub fn why_unknown(&self) -> Option<&str> {
        self.reasons.iter().find_map(|reason| match &reason.step {
            Step::Unknown(why) => Some(why.as_str()),
            _ => None,
        })
    }

    /// Each reason in words, with file and line: `offset +2 (gw/repository/conf/carbon.xml:48)`.
    pub fn words(&self, sources: &Sources) -> Vec<String> {
        let with_place = |reason: &Reason| match reason.place {
            Some(place) => format!("{} ({})", reason.words(), sources.file_line(place)),
            None => reason.words(),
        };
        self.reasons.iter().map(with_place).collect()
    }

    /// The arithmetic in one line: `10397 + offset 2 = 10399`.
    pub fn arithmetic(&self) -> String {
        (0..self.reasons.len()).rev().find_map(|at| self.sum(at)).unwrap_or_else(|| "unknown".to_owned())
    }

    /// The arithmetic up to a reason, in words for a label.
    pub fn sum(&self, at: usize) -> Option<String> {
        let reason = self.reasons.get(at)?;
        let value = reason.value?;
        Some(match &reason.step {
            Step::Offset(amount, _) => {
                let before = at.checked_sub(1).and_then(|before| self.reasons[before].value).unwrap_or_default();
                format!("{before} + offset {amount} = {value}")
            }
            Step::Placeholder(name, owner) => format!("${{{name}}} is {owner}'s own {value}"),
            Step::Scheme(scheme) => format!("no port: {scheme} means {value}"),
            Step::Shipped | Step::Default | Step::Written | Step::Unknown(_) => value.to_string(),
        })
    }
}

impl Reason {
    fn words(&self) -> String {
        let value = self.value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        match &self.step {
            Step::Default => format!("default {value}"),
            Step::Shipped => format!("shipped {value}"),
            Step::Written => format!("written {value}"),
            Step::Placeholder(name, owner) => format!("${{{name}}} of {owner}: {value}"),
            Step::Scheme(scheme) => format!("no port: {scheme} means {value}"),
            Step::Offset(amount, "") => format!("offset {amount:+}"),
            Step::Offset(amount, origin) if self.place.is_none() => format!("offset {amount:+} ({origin})"),
            Step::Offset(amount, origin) => format!("offset {amount:+}, {origin}"),
            Step::Unknown(why) => why.clone(),
        }
    }
}
