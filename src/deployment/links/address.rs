//! Reads the address of a link: scheme, host and port, each with its place, and what is not known of them.

use std::ops::Range;

use crate::catalogue::{self, Address, holds};
use crate::config::Found;
use crate::source::{Place, SourceId};

use super::super::addresses;
use super::super::effective;
use super::super::expand::{self, Expanded, What};
use super::super::port::{EffectivePort, Step};
use super::super::settings::State;
use super::super::url::{UrlParts, default_port, split};
use super::{Host, Judge, Link, Verdict};

/// A text that was read for a link: expanded, with the way back to its file.
pub(super) struct Text<'a> {
    pub setting: usize,
    pub source: SourceId,
    pub found: &'a Found,
    expanded: Expanded,
}

/// A verdict that is plain before anybody is looked up, and why.
pub(super) type Early = (Verdict, String);

impl<'a> Judge<'a> {
    /// Everything that is written for a setting and counts.
    pub(super) fn texts(&self, setting: usize) -> impl Iterator<Item = Text<'a>> {
        let (reader, synapse) = (self.reader, self.inputs.catalogue.settings[setting].synapse);
        let written = self.nodes[self.index].settings[setting].written();
        written.map(move |(source, found)| {
            let expanded = expand::expand(&found.text, reader, synapse);
            Text { setting, source, found, expanded }
        })
    }

    fn text(&self, setting: usize) -> Option<Text<'a>> {
        self.texts(setting).next()
    }

    /// The place in a file of a range of an expanded text.
    fn place(&self, text: &Text, range: &Range<usize>) -> Option<Place> {
        let raw = text.expanded.raw_range(range)?;
        let span = text.found.part(&self.inputs.sources.get(text.source).content, raw)?;
        Some(Place { source: text.source, span })
    }

    fn whole(&self, setting: usize) -> Option<Place> {
        self.node().settings[setting].place()
    }

    /// Why a setting has no text.
    pub(super) fn not_written(&self, setting: usize) -> Early {
        let title = &self.inputs.catalogue.settings[setting].title;
        match self.node().settings[setting].state {
            State::Unknown => (Verdict::Undecidable, format!("{title} of {} cannot be read", self.node().name)),
            _ => (Verdict::NotStated, format!("no file of {} states it", self.node().name)),
        }
    }

    /// A URL that is not there, cannot be read, or is no URL.
    fn parts(&self, setting: usize) -> Result<(Text<'a>, UrlParts), Early> {
        let Some(text) = self.text(setting) else { return Err(self.not_written(setting)) };
        let parts = parts_of(&text, &(0..text.expanded.text.len()))?;
        Ok((text, parts))
    }

    /// The addresses of a text.
    pub(super) fn addresses(&self, text: &Text) -> Result<Vec<addresses::Address>, Early> {
        let elsewhere = text.expanded.pieces.iter().find_map(|piece| match piece.what {
            What::SameAs(_, setting) => Some(setting),
            _ => None,
        });
        if let Some(setting) = elsewhere {
            let title = &self.inputs.catalogue.settings[setting].title;
            return Err((Verdict::Dormant, format!("{title} gives it")));
        }
        addresses::addresses(self.known.format, &text.expanded.text).map_err(|why| {
            // A template that is the whole value is no malformed one.
            match text.expanded.unknown_in(&(0..text.expanded.text.len())) {
                Some(what) => (Verdict::Undecidable, what.words()),
                None => (Verdict::Malformed, why),
            }
        })
    }

    /// What is known of a link without an address: where it would be.
    pub(super) fn without_address(&self, setting: usize, text: Option<&Text>, link: &mut Link) {
        let place = text.map_or_else(|| self.whole(setting), |text| Some(Self::all_of(text)));
        let raw = text.map(|text| text.found.text.clone()).or_else(|| self.node().settings[setting].text.clone());
        link.host = Host { setting: Some(setting), place, raw, ..Host::default() };
        if let Some(text) = text {
            self.note_unresolved(text, &(0..text.expanded.text.len()), link);
        }
    }

    /// The place of a whole value.
    fn all_of(text: &Text) -> Place {
        Place { source: text.source, span: text.found.span }
    }

    /// Reads one address of a text.
    pub(super) fn read_url(&self, text: &Text, address: &addresses::Address, link: &mut Link) -> Option<Early> {
        let parts = match parts_of(text, &address.range) {
            Ok(parts) => parts,
            Err(early) => {
                let raw = text.expanded.raw_range(&address.range).map(|range| text.found.text[range].to_owned());
                let place = self.place(text, &address.range).or(Some(Self::all_of(text)));
                let raw = raw.or_else(|| Some(text.found.text.clone()));
                link.host = Host { setting: Some(text.setting), place, raw, ..Host::default() };
                self.note_unresolved(text, &address.range, link);
                return Some(early);
            }
        };
        let scheme = text.expanded.text[parts.scheme.clone()].to_lowercase();
        let in_braces = self.known.format == catalogue::AddressFormat::DatabridgeGroup;
        link.group = if in_braces { address.group } else { text.found.parent };
        link.scheme_place = self.place(text, &parts.scheme);
        link.host = self.host_of(text, &parts, false);
        link.scheme = address.scheme.map_or(scheme, str::to_owned);
        link.port = self.port_of(text, &parts, &link.scheme);
        link.listener = self.listener_of(&link.scheme);
        link.placeholder = parts.port.as_ref().and_then(|port| match &text.expanded.exactly(port)?.what {
            What::Listener(name, _) | What::Setting(name, _) | What::Port(name, _) => Some(name.clone()),
            _ => None,
        });
        link.written.explicit = parts.port.is_some();
        link.written.place = parts.port.as_ref().and_then(|port| self.place(text, port));
        link.written.insert_at = self.place(text, &parts.no_port);
        let rest = authority_of(&parts).end..address.range.end;
        if self.known.bare && !text.expanded.text[rest.clone()].trim().is_empty() {
            link.rest = self.place(text, &rest);
            let rest = text.expanded.text[rest].trim();
            return Some((Verdict::Malformed, format!("'{rest}' follows the port; its reader takes host and port only")));
        }
        self.note_unresolved(text, &authority_of(&parts), link);
        if self.known.bare && parts.port.is_none() {
            if link.unresolved.is_empty() {
                self.mean_by_host(link);
            }
            return Some((Verdict::Malformed, "it has no port, and its reader knows no default".to_owned()));
        }
        if let Some(what) = text.expanded.unknown_in(&authority_of(&parts)) {
            return Some((Verdict::Undecidable, what.words()));
        }
        if let Some(why) = link.port.why_unknown() {
            return Some((Verdict::Undecidable, why.to_owned()));
        }
        None
    }

    fn host_of(&self, text: &Text, parts: &UrlParts, borrowed: bool) -> Host {
        let name = text.expanded.text[parts.host.clone()].to_owned();
        let raw = text.expanded.raw_range(&parts.host).map(|range| text.found.text[range].to_owned());
        let own = text.expanded.exactly(&parts.host).is_some_and(|piece| matches!(piece.what, What::OwnHost(_)));
        self.host(name, raw, own, self.place(text, &parts.host), text.setting, borrowed)
    }

    fn host(&self, name: String, raw: Option<String>, own: bool, place: Option<Place>, setting: usize, borrowed: bool) -> Host {
        let lower = name.trim_end_matches('.').to_lowercase();
        let loopback = own || self.inputs.catalogue.is_own(&name) || self.node().hosts.contains(&lower);
        let (editable, place) = (place, place.or_else(|| self.whole(setting)));
        let raw = raw.or_else(|| Some(name.clone()));
        Host { raw, name: Some(name), place, editable, setting: Some(setting), own, borrowed, loopback }
    }

    fn port_of(&self, text: &Text, parts: &UrlParts, scheme: &str) -> EffectivePort {
        let all = Some(Self::all_of(text));
        let Some(range) = &parts.port else {
            return match default_port(scheme) {
                Some(port) => EffectivePort::default().then(Step::Scheme(scheme.to_owned()), Some(port), all),
                None => EffectivePort::unknown(format!("{scheme} has no default port, and none is written"), all),
            };
        };
        let place = self.place(text, range).or(all);
        let value = text.expanded.text[range.clone()].parse().ok();
        let node = self.node();
        let (name, own) = match text.expanded.exactly(range).map(|piece| &piece.what) {
            Some(What::Listener(name, listener)) => (name, node.listeners[*listener].port.clone()),
            Some(What::Setting(name, setting)) => (name, effective::port(self.inputs, self.reader.declared, node, *setting)),
            Some(What::Port(name, base)) => (name, effective::shifted(node, *base)),
            _ => return EffectivePort::default().then(Step::Written, value, place),
        };
        own.then(Step::Placeholder(name.clone(), node.name.clone()), value, place)
    }

    pub(super) fn read_port(&self, port: usize, hosts: &[usize], link: &mut Link) -> Option<(Verdict, String)> {
        link.port = effective::port(self.inputs, self.reader.declared, self.node(), port);
        link.written.explicit = self.node().settings[port].state == State::Written;
        link.written.setting = Some(port);
        link.written.place = self.whole(port);
        link.missing = self.missing_needs(port);
        let missing = link
            .missing
            .first()
            .map(|setting| (Verdict::Malformed, format!("{} is missing", self.inputs.catalogue.settings[*setting].title)));
        let host = hosts.iter().find(|setting| self.node().settings[**setting].state == State::Written);
        if let Some(setting) = host {
            let is_url = self.inputs.catalogue.settings[*setting].kind == catalogue::ValueKind::Url;
            if is_url {
                match self.parts(*setting) {
                    Ok((text, parts)) => {
                        link.host = self.host_of(&text, &parts, true);
                        if let Some(what) = text.expanded.unknown_in(&parts.host) {
                            return missing.or(Some((Verdict::Undecidable, what.words())));
                        }
                    }
                    Err((verdict, why)) => {
                        link.host =
                            Host { setting: Some(*setting), place: self.whole(*setting), borrowed: true, ..Host::default() };
                        return missing.or(Some((verdict, why)));
                    }
                }
            } else if let Some(text) = self.text(*setting) {
                let trimmed = text.expanded.text.trim().to_owned();
                let own = text.expanded.pieces.iter().any(|piece| matches!(piece.what, What::OwnHost(_)));
                let unknown = text.expanded.unknown_in(&(0..text.expanded.text.len())).map(What::words);
                let all = self.place(&text, &(0..text.expanded.text.len()));
                link.host = self.host(trimmed, Some(text.found.text.trim().to_owned()), own, all, *setting, false);
                self.note_unresolved(&text, &(0..text.expanded.text.len()), link);
                if let Some(why) = unknown {
                    return missing.or(Some((Verdict::Undecidable, why)));
                }
            }
        }
        if let Some(text) = self.text(port) {
            self.note_unresolved(&text, &(0..text.expanded.text.len()), link);
        }
        if let Some(missing) = missing {
            return Some(missing);
        }
        if let Some(lacks) = self.companion_lacks_port() {
            link.companion_lacks_port = true;
            return Some((Verdict::Malformed, lacks));
        }
        link.port.why_unknown().map(|why| (Verdict::Undecidable, why.to_owned()))
    }

    /// The reader cuts the companion's port out of its text and fails where there is none.
    fn companion_lacks_port(&self) -> Option<String> {
        let companion = &self.inputs.catalogue.links[self.known.companion?];
        let Address::Url(setting) = companion.address else { return None };
        if !self.all_hold(&companion.explicit_port) {
            return None;
        }
        let (text, parts) = self.parts(setting).ok()?;
        let host = &text.expanded.text[parts.host.clone()];
        if text.expanded.unknown_in(&(parts.host.start..parts.host_end)).is_some() {
            return None;
        }
        let title = &self.inputs.catalogue.settings[setting].title;
        if host.starts_with('[') {
            return Some(format!("{title} has an IPv6 literal, which the client cannot read"));
        }
        parts.port.is_none().then(|| format!("{title} has no port"))
    }

    /// The settings without which the call cannot be made.
    fn missing_needs(&self, port: usize) -> Vec<usize> {
        let family = self.node().product.family;
        let needs = self.known.needs.iter().filter(|need| holds(need.versions, family)).map(|need| need.setting);
        let settings = &self.node().settings;
        let is_missing =
            |setting: &usize| !settings[*setting].stated() && matches!(settings[*setting].state, State::Absent | State::Blank);
        std::iter::once(port).chain(needs).filter(is_missing).collect()
    }

    fn note_unresolved(&self, text: &Text, range: &Range<usize>, link: &mut Link) {
        for piece in
            text.expanded.touching(range).iter().filter(|piece| piece.out.start < range.end && range.start < piece.out.end)
        {
            if let What::Given(name, Some(given)) = &piece.what {
                link.given.push((name.clone(), *given));
            }
            if matches!(piece.what, What::Template(_) | What::Unset(_)) {
                let place = self.place(text, &piece.out).unwrap_or_else(|| Self::all_of(text));
                link.unresolved.push((place, piece.what.clone()));
            }
        }
    }
}

/// Host and port of a URL.
fn authority_of(parts: &UrlParts) -> Range<usize> {
    parts.host.start..parts.port.as_ref().map_or(parts.host_end, |port| port.end)
}

/// The parts of a URL within a text.
fn parts_of(text: &Text, range: &Range<usize>) -> Result<UrlParts, Early> {
    match split(&text.expanded.text[range.clone()], expand::OPAQUE) {
        Ok(parts) => Ok(parts.shifted(range.start)),
        // A template that is the whole URL is no malformed one.
        Err(why) => Err(match text.expanded.unknown_in(range) {
            Some(what) => (Verdict::Undecidable, what.words()),
            None => (Verdict::Malformed, why),
        }),
    }
}
