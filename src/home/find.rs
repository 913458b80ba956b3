//! Homes below folders that somebody named: directories that hold at least one of the wanted files.
//!
//! The search is bounded in depth and number, goes round in no circle and leaves no named folder. Whether a file is there is
//! all that is asked; none is read.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::{Lies, ReadError, Storage, Wanted, archive, display, join};
use crate::source::nearest;

/// How deep homes may lie below a named folder.
const DEEPEST: usize = 6;

/// How many directories are looked into.
const MOST: usize = 20_000;

/// How far above a named folder the home may begin in which it lies: the deepest wanted file lies seven folders deep.
const HIGHEST: usize = 7;

/// Folders in which no home is looked for; neither in those whose name begins with a dot.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// A home that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundHome {
    /// Its path, as it follows from the folder that was named.
    pub path: PathBuf,
    /// Where it really lies.
    pub real: PathBuf,
    /// Its name, after names of folders above it that were named or looked through.
    pub names: Vec<String>,
}

/// What people should know about a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A named folder lies within a home, which is taken.
    Within {
        /// The folder.
        named: String,
        /// The home.
        home: String,
    },
    /// A folder that could not be looked into, and why.
    Unreadable(String, ReadError),
    /// A link out of the named folders, and where it leads.
    LeadsOut(String, String),
    /// There are more folders than are looked into; the first that was not.
    TooMany(String),
    /// Archives, which may be homes and are not looked into: the first, and how many.
    Archives(String, usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within { named, home } => write!(f, "{named} lies within the home {home}, which is taken"),
            Self::Unreadable(path, why) => write!(f, "{path} is left out: {why}"),
            Self::LeadsOut(path, target) => {
                write!(f, "{path} is left out: a symbolic link that leads out of the folders that were named; name {target} too")
            }
            Self::Archives(first, count) => {
                let others = match count {
                    0 | 1 => "is an archive and was".to_owned(),
                    2 => "and another archive were".to_owned(),
                    more => format!("and {} other archives were", more - 1),
                };
                write!(f, "{first} {others} not looked into; where one is the home of a node, name it: `home: {first}`")
            }
            Self::TooMany(path) => write!(
                f,
                "{path} and what comes after it are left out: {MOST} folders were looked into; name folders nearer to the homes"
            ),
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Homes, in the order of the named folders, by path below each.
    pub homes: Vec<FoundHome>,
    /// What people should know.
    pub notes: Vec<Note>,
    /// How many directories were looked into.
    pub looked: usize,
}

/// Looks for homes in and below `folders`.
///
/// # Errors
/// A folder that is not there, or no folder: what was expected.
pub fn find(storage: &dyn Storage, folders: &[PathBuf], wanted: &[Wanted]) -> Result<Found, String> {
    let roots = folders.iter().map(|folder| root(storage, folder)).collect::<Result<Vec<_>, _>>()?;
    let first = wanted.iter().filter_map(|wanted| wanted.path.split('/').next()).collect();
    let reals = roots.iter().map(|root| root.real.clone()).collect();
    let mut search =
        Search { storage, wanted, first, reals, seen: HashSet::new(), archives: BTreeSet::new(), found: Found::default() };
    for root in &roots {
        search.below(root);
    }
    let Search { archives, mut found, .. } = search;
    if let Some(first) = archives.first() {
        found.notes.push(Note::Archives(display(first), archives.len()));
    }
    Ok(found)
}

/// Names of the directories and of the archives directly in a folder, sorted.
fn look(storage: &dyn Storage, path: &Path) -> Result<(Vec<String>, Vec<String>), ReadError> {
    let (folders, files): (Vec<_>, Vec<_>) = storage.entries(path)?.into_iter().partition(|(_, lies)| *lies == Lies::Directory);
    let names = |entries: Vec<(String, Lies)>| entries.into_iter().map(|(name, _)| name);
    Ok((names(folders).collect(), names(files).filter(|name| archive::kind(Path::new(name)).is_some()).collect()))
}

/// A directory beside a missing one that has a similar name.
fn similar(storage: &dyn Storage, path: &Path) -> Option<String> {
    let (parent, name) = path.parent().zip(path.file_name())?;
    let (beside, _) = look(storage, parent).unwrap_or_default();
    let found = nearest(&name.to_string_lossy(), beside.iter().map(String::as_str))?;
    Some(display(&parent.join(found)))
}

/// A named folder, as the first directory to look into.
fn root(storage: &dyn Storage, folder: &Path) -> Result<FoundHome, String> {
    let shown = display(folder);
    match storage.lies(folder) {
        Ok(Some(Lies::Directory)) => {}
        Ok(Some(Lies::File)) => return Err(format!("{shown} is a file; name a folder with homes in it, or a home")),
        Ok(None) => {
            let nearest = similar(storage, &Path::new(".").join(folder)).map(|near| format!("; did you mean {near}?"));
            return Err(format!("{shown}: there is no such folder{}", nearest.unwrap_or_default()));
        }
        Err(error) => return Err(format!("{shown} cannot be looked into: {error}; name a folder with homes in it, or a home")),
    }
    let real = storage.real(folder).map_err(|error| format!("{shown} cannot be looked into: {error}"))?;
    Ok(FoundHome { path: folder.to_owned(), names: names(folder, &real), real })
}

/// The names in a path as it was written; of `.` and `..`, the name that the folder really has.
fn names(written: &Path, real: &Path) -> Vec<String> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    if matches!(written.components().next_back(), Some(Component::Normal(_))) {
        return written.components().filter_map(name).collect();
    }
    real.components().next_back().and_then(name).into_iter().collect()
}

struct Search<'a> {
    storage: &'a dyn Storage,
    wanted: &'a [Wanted],
    /// The folders of a home in which wanted files lie.
    first: BTreeSet<&'a str>,
    /// Where the named folders really lie.
    reals: Vec<PathBuf>,
    /// Directories that were looked into, by where they really lie.
    seen: HashSet<PathBuf>,
    /// Archives beside them.
    archives: BTreeSet<PathBuf>,
    found: Found,
}

impl Search<'_> {
    /// Looks into a named folder and those below it, level by level: what is near is found before the bound is reached.
    fn below(&mut self, root: &FoundHome) {
        let mut homes: Vec<FoundHome> = Vec::new();
        let mut queue = VecDeque::from([(root.clone(), 0)]);
        let before = self.seen.len();
        while let Some((at, depth)) = queue.pop_front() {
            if self.found.looked >= MOST {
                self.found.notes.push(Note::TooMany(display(&at.path)));
                break;
            }
            if !self.seen.insert(at.real.clone()) {
                continue;
            }
            self.found.looked += 1;
            let (inner, archives) = match look(self.storage, &at.path) {
                Ok(found) => found,
                Err(why) => {
                    self.found.notes.push(Note::Unreadable(display(&at.path), why));
                    continue;
                }
            };
            if inner.iter().any(|name| self.first.contains(name.as_str())) && self.is_home(&at.path) {
                homes.push(at);
            } else if depth < DEEPEST {
                self.archives.extend(archives.iter().map(|name| at.path.join(name)));
                let searched = inner.into_iter().filter(|name| !name.starts_with('.') && !SKIPPED.contains(&name.as_str()));
                queue.extend(searched.filter_map(|name| Some((self.enter(&at, &name)?, depth + 1))));
            }
        }
        let known = self.seen.len() == before;
        if homes.is_empty() && !known {
            homes.extend(self.around(root));
        }
        homes.sort_by(|left, right| left.path.cmp(&right.path));
        self.found.homes.extend(homes);
    }

    fn is_home(&self, path: &Path) -> bool {
        self.wanted.iter().any(|wanted| self.storage.lies(&join(path, &wanted.path)) == Ok(Some(Lies::File)))
    }

    /// A directory in another one, unless it cannot be reached or lies elsewhere.
    fn enter(&mut self, at: &FoundHome, name: &str) -> Option<FoundHome> {
        let path = at.path.join(name);
        let real = match self.storage.real(&path) {
            Ok(real) => real,
            // What stands for bytes that are no text is no name of a file.
            Err(_) if name.contains(char::REPLACEMENT_CHARACTER) => {
                let why = ReadError::Other("its name is no UTF-8 text, and a topology could not hold it".to_owned());
                self.found.notes.push(Note::Unreadable(display(&path), why));
                return None;
            }
            Err(why) => {
                self.found.notes.push(Note::Unreadable(display(&path), why));
                return None;
            }
        };
        if !self.reals.iter().any(|folder| real.starts_with(folder)) {
            self.found.notes.push(Note::LeadsOut(display(&path), display(&real)));
            return None;
        }
        let names = at.names.iter().cloned().chain([name.to_owned()]).collect();
        Some(FoundHome { path, real, names })
    }

    /// The home in which a named folder lies.
    fn around(&mut self, root: &FoundHome) -> Option<FoundHome> {
        let real = root.real.ancestors().skip(1).take(HIGHEST).find(|above| self.is_home(above))?.to_owned();
        self.found.notes.push(Note::Within { named: display(&root.path), home: display(&real) });
        if !self.seen.insert(real.clone()) {
            return None;
        }
        Some(FoundHome { path: real.clone(), names: names(Path::new("."), &real), real })
    }
}

/// The path from one directory to another, with forward slashes. Where they have nothing in common, the other's own.
///
/// # Errors
/// Where the first is not there.
pub fn relative(storage: &dyn Storage, from: &Path, to: &FoundHome) -> Result<String, ReadError> {
    if let Some(below) = below(from, &to.path) {
        return Ok(below);
    }
    let from = storage.real(from)?;
    let (mut left, mut right) = (from.components().peekable(), to.real.components().peekable());
    let mut common = 0;
    while left.peek().is_some() && left.peek() == right.peek() {
        common += usize::from(matches!(left.next(), Some(Component::Normal(_))));
        right.next();
    }
    let up = left.count();
    if common == 0 && up > 0 {
        return Ok(slashed(to.real.components()));
    }
    let down = slashed(right);
    let up = vec![".."; up].join("/");
    Ok(match (up.is_empty(), down.is_empty()) {
        (true, true) => ".".to_owned(),
        (true, false) => down,
        (false, true) => up,
        (false, false) => format!("{up}/{down}"),
    })
}

/// What leads from one path as written down to another: links on the way stay what they are called.
fn below(from: &Path, to: &Path) -> Option<String> {
    let rest = if from == Path::new(".") && to.is_relative() { to } else { to.strip_prefix(from).ok()? };
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !rest.components().all(|part| plain(&part)) {
        return None;
    }
    let rest = slashed(rest.components().filter(|part| *part != Component::CurDir));
    Some(if rest.is_empty() { ".".to_owned() } else { rest })
}

fn slashed<'a>(parts: impl Iterator<Item = Component<'a>>) -> String {
    let (mut root, mut names) = (String::new(), Vec::new());
    for part in parts {
        match part {
            Component::RootDir => root.push('/'),
            other => names.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    if root.is_empty() || names.first().is_none_or(|first| !first.ends_with(':')) {
        return root + &names.join("/");
    }
    // C:/wso2
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Memory;
    use crate::source::TextKind;

    fn memory(files: &[&str]) -> Memory {
        let mut memory = Memory::default();
        for file in files {
            memory.insert(*file, "");
        }
        memory
    }

    fn wanted() -> Vec<Wanted> {
        ["repository/conf/carbon.xml", "bin/version.txt"]
            .map(|path| Wanted { path: path.to_owned(), kind: TextKind::Utf8, only_of: BTreeSet::new() })
            .into()
    }

    fn found(files: &[&str], folders: &[&str]) -> Vec<String> {
        let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
        let found = find(&memory(files), &folders, &wanted()).expect("the folders are there");
        found.homes.iter().map(|home| display(&home.path)).collect()
    }

    #[test]
    fn homes_are_found_once_by_path_and_none_within_another() {
        let files = ["/d/b/bin/version.txt", "/d/a/x/repository/conf/carbon.xml", "/d/a/x/old/repository/conf/carbon.xml"];
        assert_eq!(found(&files, &["/d", "/d/b", "/d"]), ["/d/a/x", "/d/b"]);
    }

    #[test]
    fn hidden_and_built_folders_are_skipped_and_too_deep_ones() {
        let files = ["/d/.git/bin/version.txt", "/d/target/bin/version.txt", "/d/1/2/3/4/5/6/7/bin/version.txt", "/d/x/y"];
        assert!(found(&files, &["/d"]).is_empty());
        assert_eq!(found(&files, &["/d/1", "/d/.git"]), ["/d/1/2/3/4/5/6/7", "/d/.git"]);
    }

    #[test]
    fn a_folder_within_a_home_leads_to_the_home() {
        assert_eq!(found(&["/d/gw/repository/conf/carbon.xml"], &["/d/gw/repository/conf"]), ["/d/gw"]);
    }

    /// Files in memory, one folder of which cannot be looked into.
    struct Closed(Memory, &'static str);

    impl Storage for Closed {
        fn read(&self, path: &Path) -> Result<crate::home::StoredFile, ReadError> {
            self.0.read(path)
        }
        fn open(&self, path: &Path) -> Result<Box<dyn crate::home::ReadSeek>, ReadError> {
            self.0.open(path)
        }
        fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
            self.0.lies(path)
        }
        fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
            if path == Path::new(self.1) { Err(ReadError::Denied) } else { self.0.entries(path) }
        }
        fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
            self.0.real(path)
        }
    }

    #[test]
    fn a_closed_folder_is_said_and_the_rest_goes_on() {
        let storage = Closed(memory(&["/d/a/x/y", "/d/gw/bin/version.txt"]), "/d/a");
        let found = find(&storage, &[PathBuf::from("/d")], &wanted()).expect("the folder is there");
        assert_eq!(found.homes.len(), 1);
        let notes: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["/d/a is left out: permission denied"]);
    }

    #[test]
    fn the_search_ends_where_there_are_too_many_folders() {
        let files: Vec<String> = (0..MOST).map(|number| format!("/d/{number:05}/x")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let folders = [PathBuf::from("/d")];
        let search = |storage: &dyn Storage| find(storage, &folders, &wanted()).expect("the folder is there");
        let found = search(&Flat(memory(&files)));
        assert_eq!(found.looked, MOST);
        assert!(matches!(found.notes.as_slice(), [Note::TooMany(path)] if path == "/d/19999"), "{:?}", found.notes);
    }

    /// Files in memory, all in folders directly in one: nothing is looked for below.
    struct Flat(Memory);

    impl Storage for Flat {
        fn read(&self, path: &Path) -> Result<crate::home::StoredFile, ReadError> {
            self.0.read(path)
        }
        fn open(&self, path: &Path) -> Result<Box<dyn crate::home::ReadSeek>, ReadError> {
            self.0.open(path)
        }
        fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
            self.0.lies(path)
        }
        fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
            if path == Path::new("/d") { self.0.entries(path) } else { Ok(Vec::new()) }
        }
        fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
            self.0.real(path)
        }
    }

    #[test]
    fn paths_are_relative_where_something_is_in_common() {
        let memory = memory(&["/srv/deploy/x", "/srv/homes/gw/bin/version.txt", "/opt/gw/bin/version.txt"]);
        let to = |real: &str| FoundHome { path: real.into(), real: real.into(), names: Vec::new() };
        let path = |from: &str, real: &str| relative(&memory, Path::new(from), &to(real)).expect("the folder is there");
        assert_eq!(path("/srv", "/srv/homes/gw"), "homes/gw");
        assert_eq!(path("/srv/deploy", "/srv/homes/gw"), "../homes/gw");
        assert_eq!(path("/srv/homes/gw", "/srv/homes/gw"), ".");
        assert_eq!(path("/srv/deploy", "/opt/gw"), "/opt/gw");
        assert_eq!(path("/", "/opt/gw"), "opt/gw");
    }
}
