//! Memberships: what makes servers members of one group, in which they find each other.

use serde::Deserialize;

use super::build::SettingIds;
use super::data::ConditionData;
use super::load::{CatalogueError, find};
use super::{Condition, Confidence};

/// What makes servers members of one group, and where their files list other members.
#[derive(Debug)]
pub struct Membership {
    /// Its id.
    pub id: String,
    /// What people call such a group.
    pub title: String,
    /// The listener through which members reach each other. A node is a member where it opens.
    pub listener: usize,
    /// The setting in which the members of one group agree: the name of the group.
    pub group: usize,
    /// The setting of the host that a member tells the others, a name of the node among members.
    pub host: usize,
    /// What must hold for a node to read its list of members.
    pub listed: Vec<Condition>,
    /// Where that list stands.
    pub lists: Vec<MemberList>,
    /// Where the fact comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Where members are listed, by the settings that hold them.
#[derive(Debug)]
pub enum MemberList {
    /// Each value is one member: `host:port`.
    Address(usize),
    /// Hosts and ports, each pair in an element of its own.
    HostAndPort(usize, usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipData {
    id: String,
    title: String,
    listener: String,
    group: String,
    host: String,
    listed: Vec<ConditionData>,
    lists: Vec<ListData>,
    source: String,
    confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ListData {
    Address { address: String },
    HostAndPort { host: String, port: String },
}

/// Resolves the ids in an entry.
pub(super) fn build(data: MembershipData, names: &SettingIds, listeners: &[String]) -> Result<Membership, CatalogueError> {
    let list = |list: ListData| {
        Ok(match list {
            ListData::Address { address } => MemberList::Address(names.setting(&address)?),
            ListData::HostAndPort { host, port } => MemberList::HostAndPort(names.setting(&host)?, names.setting(&port)?),
        })
    };
    Ok(Membership {
        listener: find("listener", &data.listener, listeners)?,
        group: names.setting(&data.group)?,
        host: names.setting(&data.host)?,
        listed: names.conditions(data.listed)?,
        lists: data.lists.into_iter().map(list).collect::<Result<_, _>>()?,
        id: data.id,
        title: data.title,
        source: data.source,
        confidence: data.confidence,
    })
}
