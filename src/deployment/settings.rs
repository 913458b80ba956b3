//! Settings as a node reads them: written, blank, absent from its file, or the file absent.

use crate::catalogue::{self, Catalogue, Condition, Family, OffsetUse, Repeat, ValueKind, holds, pick};
use crate::config::Found;
use crate::home::{FileState, Home, HomeState};
use crate::source::{Place, SourceId};

use super::{Inputs, Node};

/// One setting of the catalogue on one node.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What became of it.
    pub state: State,
    /// The text that counts: as written, else what the missing file or element stands for.
    pub text: Option<String>,
    /// The text with its placeholders replaced; `None` where one of them is not known.
    pub value: Option<String>,
    /// Whether the offset is added to it.
    pub offset: OffsetUse,
    /// Where it is written (also if it is blank).
    pub found: Option<(SourceId, Found)>,
    /// Further elements of that name with other values, which nobody reads.
    pub duplicates: Vec<Place>,
    /// Further elements that count too, of a setting that may be there several times.
    pub more: Vec<(SourceId, Found)>,
    /// The file that it would be in, if that is there.
    pub file: Option<SourceId>,
    /// Another value in a file that is written anew from this one at every start: nobody reads it.
    pub overwritten: Option<(String, Place)>,
}

/// What became of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Written.
    Written,
    /// There, and nothing but blanks: counts as absent.
    Blank,
    /// Missing from a file that is there: what the code does then.
    Absent,
    /// Its file is missing: as shipped.
    Shipped,
    /// It cannot be known: no home, or its file cannot be read.
    Unknown,
    /// This version does not have it.
    NotApplicable,
}

impl State {
    /// The word that rules use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Blank => "blank",
            Self::Absent => "absent",
            Self::Shipped => "shipped",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// What is wrong with the text of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberProblem {
    /// A number with blanks around it: `Integer.parseInt` does not trim.
    BlanksAround,
    /// No integer of 32 bits.
    NotANumber,
}

/// Reads a number as `Integer.parseInt` does.
///
/// # Errors
/// Why Java refuses it; with the number that was meant where blanks are all that is wrong.
pub fn parse_int(text: &str) -> Result<i64, (NumberProblem, Option<i64>)> {
    match text.parse::<i32>() {
        Ok(number) => Ok(i64::from(number)),
        Err(_) => match text.trim().parse::<i32>() {
            Ok(number) => Err((NumberProblem::BlanksAround, Some(i64::from(number)))),
            Err(_) => Err((NumberProblem::NotANumber, None)),
        },
    }
}

impl Setting {
    fn empty(state: State) -> Self {
        Self {
            state,
            text: None,
            value: None,
            offset: OffsetUse::Never,
            found: None,
            duplicates: Vec::new(),
            more: Vec::new(),
            file: None,
            overwritten: None,
        }
    }

    /// Everything that is written for it and counts, each with its file.
    pub fn written(&self) -> impl Iterator<Item = (SourceId, &Found)> {
        let first = self.found.as_ref().filter(|_| self.state == State::Written);
        first.into_iter().chain(&self.more).map(|(source, found)| (*source, found))
    }

    /// Where it is written.
    pub fn place(&self) -> Option<Place> {
        self.found.as_ref().map(|(source, found)| Place { source: *source, span: found.span })
    }

    /// Whether anything states it: a file, or what stands for a missing one.
    pub fn stated(&self) -> bool {
        self.text.is_some()
    }

    /// What the missing file or element stands for, as a value of its kind; `None` where unknown.
    fn is_true(&self) -> bool {
        self.text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// Reads a setting of a node's home.
pub fn read(inputs: &Inputs, home: &Home, family: Option<Family>, known: bool, spec: &catalogue::Setting) -> Setting {
    let setting = read_first(inputs, home, family, known, spec);
    let overwritten = overwritten(inputs, home, family, spec, &setting);
    Setting { overwritten, ..setting }
}

/// Another value of a setting in a file that is written anew from the one that decides.
fn overwritten(
    inputs: &Inputs,
    home: &Home,
    family: Option<Family>,
    spec: &catalogue::Setting,
    setting: &Setting,
) -> Option<(String, Place)> {
    let (decides, value) = (setting.file?, setting.text.as_deref()?);
    let source = |place: &&catalogue::SettingPlace| match home.file(place.file) {
        FileState::Read(source) => Some(*source),
        _ => None,
    };
    let places = || spec.places.iter().filter(|place| holds(place.versions, family));
    let generates = places().any(|place| inputs.catalogue.files[place.file].generates && source(&place) == Some(decides));
    let others = places().filter(|place| source(place).is_some_and(|source| generates && source != decides));
    others
        .filter_map(|place| {
            let source = source(&place)?;
            let found = inputs.documents.get(source)?.as_ref().ok()?.find(&place.path).into_iter().next()?;
            Some((found.text.trim().to_owned(), Place { source, span: found.span }))
        })
        .find(|(other, _)| !other.is_empty() && other != value.trim() && !other.contains('$'))
}

fn read_first(inputs: &Inputs, home: &Home, family: Option<Family>, known: bool, spec: &catalogue::Setting) -> Setting {
    if !known || home.state != HomeState::Present {
        return Setting::empty(State::Unknown);
    }
    if spec.repeat == Repeat::Everywhere {
        return read_everywhere(inputs, home, family, spec);
    }
    let mut applies = false;
    // The first file that is there decides; in it, the first place that holds the element.
    let mut absent_from = None;
    for place in spec.places.iter().filter(|place| holds(place.versions, family)) {
        applies = true;
        let source = match home.file(place.file) {
            FileState::Absent => continue,
            FileState::Unreadable(source, _) => return Setting { file: Some(*source), ..Setting::empty(State::Unknown) },
            FileState::Read(source) => *source,
        };
        if absent_from.is_some_and(|(first, _)| first != source) {
            break;
        }
        let Some(Ok(document)) = inputs.documents.get(source) else {
            return Setting { file: Some(source), ..Setting::empty(State::Unknown) };
        };
        let mut found = document.find(&place.path);
        if found.is_empty() {
            absent_from = Some((source, &place.absent));
            continue;
        }
        // An element without text is never put in the map: the first with one counts (ServerConfiguration.elementHasText).
        let counts = found.iter().position(is_stated).unwrap_or_default();
        let first = found.remove(counts);
        if spec.repeat == Repeat::Each {
            let more = found.into_iter().filter(is_stated).map(|found| (source, found)).collect();
            return Setting { more, ..written(spec, family, source, first, std::iter::empty()) };
        }
        let setting = written(spec, family, source, first, found.into_iter());
        let means = place.means.clone().filter(|_| setting.state == State::Written);
        return Setting { text: means.or(setting.text), ..setting };
    }
    if let Some((source, own)) = absent_from {
        let setting = absent(spec, family, State::Absent, source, None);
        return Setting { text: own.clone().or(setting.text), ..setting };
    }
    if !applies {
        return Setting::empty(State::NotApplicable);
    }
    // The pack's file has the element, or has it commented out: then the code's default counts.
    let default = pick(&spec.shipped, family).map(|default| (default, spec.offset));
    let default = default.or_else(|| pick(&spec.absent, family).map(|default| (default, default.offset)));
    let (text, offset) = default.map_or((None, OffsetUse::Never), |(default, offset)| (Some(default.value.clone()), offset));
    Setting { text, offset, ..Setting::empty(State::Shipped) }
}

fn is_stated(found: &Found) -> bool {
    !found.text.trim().is_empty()
}

/// A setting that counts wherever it stands: files that cannot be read have a finding of their own.
fn read_everywhere(inputs: &Inputs, home: &Home, family: Option<Family>, spec: &catalogue::Setting) -> Setting {
    let places: Vec<_> = spec.places.iter().filter(|place| holds(place.versions, family)).collect();
    if places.is_empty() {
        return Setting::empty(State::NotApplicable);
    }
    let mut all = places.iter().flat_map(|place| {
        let FileState::Read(source) = home.file(place.file) else { return Vec::new() };
        let Some(Ok(document)) = inputs.documents.get(*source) else { return Vec::new() };
        document.find(&place.path).into_iter().filter(is_stated).map(|found| (*source, found)).collect()
    });
    match all.next() {
        Some((source, first)) => Setting { more: all.collect(), ..written(spec, family, source, first, std::iter::empty()) },
        None => Setting::empty(State::Absent),
    }
}

fn written(
    spec: &catalogue::Setting,
    family: Option<Family>,
    source: SourceId,
    first: Found,
    others: impl Iterator<Item = Found>,
) -> Setting {
    let other = |other: &Found| {
        let said = other.text.trim();
        other.parent == first.parent && !said.is_empty() && said != first.text.trim()
    };
    let duplicates = others.filter(other).map(|other| Place { source, span: other.element }).collect();
    if first.text.trim().is_empty() {
        return Setting { duplicates, ..absent(spec, family, State::Blank, source, Some(first)) };
    }
    Setting {
        text: Some(first.text.clone()),
        offset: spec.offset,
        found: Some((source, first)),
        duplicates,
        file: Some(source),
        ..Setting::empty(State::Written)
    }
}

fn absent(spec: &catalogue::Setting, family: Option<Family>, state: State, source: SourceId, found: Option<Found>) -> Setting {
    let default = pick(&spec.absent, family);
    Setting {
        text: default.map(|default| default.value.clone()),
        offset: default.map_or(OffsetUse::Never, |default| default.offset),
        found: found.map(|found| (source, found)),
        file: Some(source),
        ..Setting::empty(state)
    }
}

/// Whether a condition holds; `None` where that cannot be known.
pub fn holds_for(catalogue: &Catalogue, settings: &[Setting], condition: &Condition) -> Option<bool> {
    let setting = &settings[condition.setting];
    if setting.state == State::Unknown {
        return None;
    }
    // This version has no such switch: it holds nothing back.
    if setting.state == State::NotApplicable {
        return Some(true);
    }
    if condition.unstated {
        return Some(!setting.stated());
    }
    if let Some(part) = &condition.contains {
        return Some(setting.text.as_deref().is_some_and(|text| text.contains(part.as_str())));
    }
    if condition.is.is_empty() {
        return Some(setting.stated());
    }
    if setting.text.as_deref().is_some_and(|text| text.contains(['$', '{', '%'])) {
        return None;
    }
    Some(match catalogue.settings[condition.setting].kind {
        ValueKind::Boolean => condition.is.iter().any(|value| (value == "true") == setting.is_true()),
        _ => setting.text.as_ref().is_some_and(|text| condition.is.contains(text)),
    })
}

/// The first condition that does not hold, or that cannot be known.
pub fn first_unmet<'a>(
    catalogue: &Catalogue,
    settings: &[Setting],
    conditions: impl IntoIterator<Item = &'a Condition>,
) -> Option<(&'a Condition, Option<bool>)> {
    let tried = conditions.into_iter().map(|condition| (condition, holds_for(catalogue, settings, condition)));
    tried.into_iter().find(|(_, holds)| *holds != Some(true))
}

/// Elements of a file that the node's version does not read: where, and what they would be.
pub fn obsolete(inputs: &Inputs, node: &Node, file: usize, source: SourceId) -> Vec<(Place, String)> {
    // From 3.0 on, files next to a deployment.toml are written anew at every start: nobody wrote that.
    let mut generating = inputs.catalogue.files.iter().enumerate().filter(|(_, spec)| spec.generates);
    let generated = generating.any(|(other, _)| other != file && *node.home.file(other) != FileState::Absent);
    let Some(Ok(document)) = inputs.documents.get(source).filter(|_| !generated && node.product.family.is_some()) else {
        return Vec::new();
    };
    let settings =
        inputs.catalogue.settings.iter().flat_map(|setting| setting.obsolete.iter().map(move |place| (setting, place)));
    settings
        .filter(|(_, place)| place.file == file && holds(place.versions, node.product.family))
        .flat_map(|(setting, place)| document.find(&place.path).into_iter().map(move |found| (setting, found)))
        .map(|(setting, found)| (Place { source, span: found.span }, setting.element().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        assert_eq!(parse_int("10397"), Ok(10397));
        assert_eq!(parse_int("+3"), Ok(3));
        assert_eq!(parse_int("-1"), Ok(-1));
        assert_eq!(parse_int(" 1 "), Err((NumberProblem::BlanksAround, Some(1))));
        assert_eq!(parse_int("99999999999999999999"), Err((NumberProblem::NotANumber, None)));
        assert_eq!(parse_int("0x10"), Err((NumberProblem::NotANumber, None)));
    }
}
