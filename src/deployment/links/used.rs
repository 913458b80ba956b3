//! Whether a node uses a link, or an address of it: what every reader needs, and what single files need.

use crate::catalogue::{Condition, SettingPlace, holds};
use crate::home::FileState;

use super::super::effective::dormant_because;
use super::super::settings::first_unmet;
use super::address::{Early, Text};
use super::{Judge, Verdict};

impl Judge<'_> {
    pub(super) fn all_hold(&self, conditions: &[Condition]) -> bool {
        !conditions.is_empty() && first_unmet(&self.inputs.catalogue, &self.node().settings, conditions).is_none()
    }

    /// Why the node does not use the link, or why that cannot be known.
    pub(super) fn dormant(&self) -> Option<Early> {
        let role = self.roles.iter().map(|role| self.unmet(&role.live)).min_by_key(Option::is_some).flatten();
        self.unmet(&self.known.live).or(role)
    }

    /// Whether the node reads the file that a text stands in.
    pub(super) fn reads(&self, text: &Text) -> bool {
        let roles = self.place_of(text).map_or(&[][..], |place| &place.roles);
        roles.is_empty() || roles.iter().any(|role| self.inputs.catalogue.has_role(role, &self.node().role_set))
    }

    /// Why the node does not use an address, or why nobody knows whether it does, where its file or its text says so.
    pub(super) fn unused(&self, text: &Text) -> Option<Early> {
        let as_shipped = || {
            let known = self.known.untouched.iter().any(|shipped| shipped == text.found.text.trim());
            known.then(untouched)
        };
        self.place_of(text).and_then(|place| self.unmet(&place.live)).or_else(as_shipped)
    }

    /// The place of the catalogue that a text was found at.
    fn place_of(&self, text: &Text) -> Option<&SettingPlace> {
        let node = self.node();
        let read = FileState::Read(text.source);
        let mut places = self.inputs.catalogue.settings[text.setting].places.iter();
        places.find(|place| holds(place.versions, node.product.family) && *node.home.file(place.file) == read)
    }

    fn unmet(&self, conditions: &[Condition]) -> Option<Early> {
        let catalogue = &self.inputs.catalogue;
        let (condition, holds) = first_unmet(catalogue, &self.node().settings, conditions)?;
        Some(if holds.is_some() {
            (Verdict::Dormant, dormant_because(catalogue, self.node(), condition))
        } else {
            let title = &catalogue.settings[condition.setting].title;
            (Verdict::Undecidable, format!("{title} of {} cannot be known", self.node().name))
        })
    }
}

/// What becomes of an address that still is the shipped one, where nothing says that it is used.
pub(super) fn untouched() -> Early {
    (Verdict::NotStated, "as shipped, and not known to be used here".to_owned())
}
