//! Reads the address of a link: scheme, host and port, each with its place, and what is not known of them.

use std::ops::Range;

use crate::catalogue::{self, Address, holds};
use crate::source::Place;

use super::super::expand::{self, Expanded, What};
use super::super::node;
use super::super::port::{EffectivePort, Step};
use super::super::settings::State;
use super::super::url::{UrlParts, default_port, split};
use super::{Host, Judge, Link, Verdict};

/// A text that was read for a link: expanded, with the way back to its file.
struct Text {
    setting: usize,
    expanded: Expanded,
    raw: String,
}

impl Judge<'_> {
    fn text(&self, setting: usize) -> Option<Text> {
        let value = &self.node().settings[setting];
        let raw = value.text.clone().filter(|_| value.state == State::Written)?;
        let expanded = expand::expand(&raw, self.reader, self.inputs.catalogue.settings[setting].synapse);
        Some(Text { setting, expanded, raw })
    }

    /// The place in a file of a range of an expanded text.
    fn place(&self, text: &Text, range: &Range<usize>) -> Option<Place> {
        let (source, found) = self.node().settings[text.setting].found.as_ref()?;
        let raw = text.expanded.raw_range(range)?;
        let span = found.part(&self.inputs.sources.get(*source).content, raw)?;
        Some(Place { source: *source, span })
    }

    fn whole(&self, setting: usize) -> Option<Place> {
        self.node().settings[setting].place()
    }

    /// A URL that is not there, cannot be read, or is no URL.
    fn parts(&self, setting: usize) -> Result<(Text, UrlParts), (Verdict, String)> {
        let value = &self.node().settings[setting];
        let title = &self.inputs.catalogue.settings[setting].title;
        let Some(text) = self.text(setting) else {
            return Err(match value.state {
                State::Unknown => (Verdict::Undecidable, format!("{title} of {} cannot be read", self.node().name)),
                _ => (Verdict::NotStated, format!("no file of {} states it", self.node().name)),
            });
        };
        let all = 0..text.expanded.text.len();
        match split(&text.expanded.text, expand::OPAQUE) {
            Ok(parts) => Ok((text, parts)),
            // A template that is the whole URL is no malformed one.
            Err(_) if text.expanded.unknown_in(&all).is_some() => {
                Err((Verdict::Undecidable, text.expanded.unknown_in(&all).map_or_else(String::new, What::words)))
            }
            Err(why) => Err((Verdict::Malformed, why)),
        }
    }

    pub(super) fn read_url(&self, setting: usize, link: &mut Link) -> Option<(Verdict, String)> {
        let (text, parts) = match self.parts(setting) {
            Ok(parts) => parts,
            Err(early) => {
                let value = &self.node().settings[setting];
                link.host =
                    Host { setting: Some(setting), place: self.whole(setting), raw: value.text.clone(), ..Host::default() };
                self.note_unresolved(setting, link, None);
                return Some(early);
            }
        };
        link.scheme = text.expanded.text[parts.scheme.clone()].to_lowercase();
        link.scheme_place = self.place(&text, &parts.scheme);
        link.host = self.host_of(&text, &parts, false);
        link.port = self.port_of(&text, &parts, &link.scheme);
        link.placeholder = parts.port.as_ref().and_then(|port| match &text.expanded.exactly(port)?.what {
            What::Listener(name, _) => Some(name.clone()),
            _ => None,
        });
        link.written.explicit = parts.port.is_some();
        link.written.place = parts.port.as_ref().and_then(|port| self.place(&text, port));
        link.written.insert_at = self.place(&text, &parts.no_port);
        self.note_unresolved(setting, link, Some(&parts));
        let authority = parts.host.start..parts.port.as_ref().map_or(parts.host_end, |port| port.end);
        if let Some(what) = text.expanded.unknown_in(&authority) {
            return Some((Verdict::Undecidable, what.words()));
        }
        if let Some(why) = link.port.why_unknown() {
            return Some((Verdict::Undecidable, why.to_owned()));
        }
        None
    }

    fn host_of(&self, text: &Text, parts: &UrlParts, borrowed: bool) -> Host {
        let name = text.expanded.text[parts.host.clone()].to_owned();
        let raw = text.expanded.raw_range(&parts.host).map(|range| text.raw[range].to_owned());
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
        let Some(range) = &parts.port else {
            return match default_port(scheme) {
                Some(port) => {
                    EffectivePort::default().then(Step::Scheme(scheme.to_owned()), Some(port), self.whole(text.setting))
                }
                None => {
                    EffectivePort::unknown(format!("{scheme} has no default port, and none is written"), self.whole(text.setting))
                }
            };
        };
        let place = self.place(text, range).or_else(|| self.whole(text.setting));
        let value = text.expanded.text[range.clone()].parse().ok();
        match text.expanded.exactly(range).map(|piece| &piece.what) {
            Some(What::Listener(name, listener)) => {
                let own = &self.node().listeners[*listener].port;
                own.clone().then(Step::Placeholder(name.clone(), self.node().name.clone()), value, place)
            }
            _ => EffectivePort::default().then(Step::Written, value, place),
        }
    }

    pub(super) fn read_port(&self, port: usize, hosts: &[usize], link: &mut Link) -> Option<(Verdict, String)> {
        link.port = node::port(self.inputs, self.reader.declared, self.node(), port);
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
                link.host = self.host(trimmed, Some(text.raw.trim().to_owned()), own, all, *setting, false);
                self.note_unresolved(*setting, link, None);
                if let Some(why) = unknown {
                    return missing.or(Some((Verdict::Undecidable, why)));
                }
            }
        }
        self.note_unresolved(port, link, None);
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

    fn note_unresolved(&self, setting: usize, link: &mut Link, parts: Option<&UrlParts>) {
        let Some(text) = self.text(setting) else { return };
        let range = parts.map_or(0..text.expanded.text.len(), |parts| {
            parts.host.start..parts.port.as_ref().map_or(parts.host_end, |port| port.end)
        });
        for piece in text.expanded.pieces.iter().filter(|piece| piece.out.start < range.end && range.start < piece.out.end) {
            if let What::Given(name, Some(given)) = &piece.what {
                link.given.push((name.clone(), *given));
            }
            let is_noted = matches!(piece.what, What::Template(_) | What::Unset(_));
            let place = self.place(&text, &piece.out).or_else(|| self.whole(setting));
            if let Some(place) = place.filter(|_| is_noted) {
                link.unresolved.push((place, piece.what.clone()));
            }
        }
    }
}
