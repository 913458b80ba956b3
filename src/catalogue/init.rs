//! What tells the role, the host and the start options of a home that no topology describes yet.
//!
//! Read on its own: only the first topology needs it, and every other run starts without.

use serde::Deserialize;

use super::load::{build_place, fail, find, read};
use super::{Catalogue, CatalogueError, FileSpec, Range, SettingPlace};
use crate::config::Path;

/// What tells the role of a home, the surest first.
#[derive(Debug)]
pub struct InitFacts {
    /// Where the product's name stands, and what names tell.
    pub product: Said,
    /// Where the server's role stands, and what roles tell.
    pub server_role: Said,
    /// What profiles tell.
    pub profiles: Vec<Told>,
    /// Where a server says its name; the first file that is there counts.
    pub hosts: Vec<SettingPlace>,
    /// Applications that tell a role.
    pub apps: Vec<Apps>,
    /// Sections of configuration files that tell a role.
    pub sections: Vec<Sections>,
    /// Words in names of folders.
    pub names: Vec<Words>,
    /// The roles of a home of which nothing tells them.
    pub otherwise: Vec<String>,
}

/// A value of a file, and what it tells.
#[derive(Debug)]
pub struct Said {
    /// Where it stands.
    pub place: SettingPlace,
    /// What values tell.
    pub meanings: Vec<Told>,
}

/// A value that tells roles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The value.
    pub is: String,
    /// The roles.
    pub roles: Vec<String>,
    /// Where the fact comes from.
    pub source: String,
}

/// Applications that tell roles: at least one is there, and none of the others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apps {
    /// The roles.
    pub roles: Vec<String>,
    /// Paths relative to the home.
    pub has: Vec<String>,
    /// Paths relative to the home.
    pub lacks: Vec<String>,
    /// In words.
    pub reason: String,
    /// Where the fact comes from.
    pub source: String,
}

/// Settings of one file that tell roles: sections of all of the first are there, and of none of the others.
#[derive(Debug)]
pub struct Sections {
    /// The roles.
    pub roles: Vec<String>,
    /// Index into [`Catalogue::files`].
    pub file: usize,
    /// Settings whose sections are there.
    pub has: Vec<Path>,
    /// Settings whose sections are not.
    pub lacks: Vec<Path>,
    /// In words.
    pub reason: String,
}

/// Words in names of folders that tell roles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The words, each of one part or several with `-` between them.
    pub words: Vec<String>,
    /// The roles.
    pub roles: Vec<String>,
    /// Whether it counts only where nothing more special is found.
    #[serde(default)]
    pub general: bool,
    /// Where the fact comes from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsData {
    product: InitPlace,
    products: Vec<Told>,
    server_role: InitPlace,
    server_roles: Vec<Told>,
    profiles: Vec<Told>,
    hosts: Vec<InitPlace>,
    apps: Vec<Apps>,
    sections: Vec<SectionsData>,
    names: Vec<Words>,
    otherwise: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InitPlace {
    file: String,
    path: String,
    #[serde(default, rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionsData {
    roles: Vec<String>,
    file: String,
    has: Vec<String>,
    lacks: Vec<String>,
    reason: String,
    #[serde(rename = "source")]
    _source: String,
}

/// Reads the facts that are embedded in the program.
///
/// # Errors
/// A mistake in the data, a role that the catalogue does not have among them.
pub fn load_init(catalogue: &Catalogue) -> Result<InitFacts, CatalogueError> {
    const FILE: &str = "init.yaml";
    let data: FactsData = read(FILE)?;
    let files = &catalogue.files;
    let sections = data.sections.into_iter().map(|section| section.build(files)).collect::<Result<Vec<_>, _>>()?;
    let facts = InitFacts {
        product: Said { place: data.product.build(files)?, meanings: data.products },
        server_role: Said { place: data.server_role.build(files)?, meanings: data.server_roles },
        profiles: data.profiles,
        hosts: data.hosts.iter().map(|place| place.build(files)).collect::<Result<_, _>>()?,
        apps: data.apps,
        sections,
        names: data.names,
        otherwise: data.otherwise,
    };
    let known: Vec<String> = catalogue.roles.iter().map(|role| role.id.clone()).collect();
    facts.roles().try_for_each(|role| find("role", role, &known).map(drop)).map_err(|error| fail(FILE, error))?;
    Ok(facts)
}

impl InitFacts {
    /// Every role that some entry names.
    fn roles(&self) -> impl Iterator<Item = &str> {
        let meanings = self.product.meanings.iter().chain(&self.server_role.meanings).chain(&self.profiles);
        let roles = meanings.map(|meaning| &meaning.roles).chain(self.apps.iter().map(|apps| &apps.roles));
        let roles = roles.chain(self.sections.iter().map(|sections| &sections.roles)).chain([&self.otherwise]);
        roles.chain(self.names.iter().map(|words| &words.roles)).flatten().map(String::as_str)
    }
}

impl InitPlace {
    fn build(&self, files: &[FileSpec]) -> Result<SettingPlace, CatalogueError> {
        build_place(Range::default(), &self.file, &self.path, files)
    }
}

impl SectionsData {
    fn build(self, files: &[FileSpec]) -> Result<Sections, CatalogueError> {
        let place = |path: &String| build_place(Range::default(), &self.file, path, files);
        let has = self.has.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let lacks = self.lacks.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let file = has.first().map(|place| place.file).ok_or_else(|| fail("init.yaml", "a section without `has`"))?;
        let paths = |places: Vec<SettingPlace>| places.into_iter().map(|place| place.path).collect();
        Ok(Sections { roles: self.roles, file, has: paths(has), lacks: paths(lacks), reason: self.reason })
    }
}
