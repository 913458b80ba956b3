//! Folders of YAML files that users name: rules of their own.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::display;
use super::storage::{Lies, ReadError, Storage};
use crate::source::{Content, TextKind, nearest};

/// How many files a folder may have, those of folders in it included.
const MOST_FILES: usize = 1_000;
/// How many folders are looked into.
const MOST_FOLDERS: usize = 1_000;
/// How many bytes all files may have together.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A file of such a folder.
#[derive(Debug, Clone)]
pub struct YamlFile {
    /// Its path as people should see it.
    pub name: String,
    /// Where it really lies.
    pub real: PathBuf,
    /// What it holds.
    pub content: Arc<Content>,
}

/// Why a folder, or a file in it, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderError {
    /// The folder or the file, as people should see it.
    pub name: String,
    /// Why.
    pub why: String,
    /// A folder beside it of a similar name, where there is none of this one.
    pub nearest: Option<String>,
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// The `.yaml` and `.yml` files in and below a folder, by path. What is hidden is left out.
///
/// # Errors
/// If the folder is not there, if it or something in it cannot be read, or if there is too much of it.
pub fn yaml_files(storage: &dyn Storage, folder: &Path) -> Result<Vec<YamlFile>, FolderError> {
    let fail = |path: &Path, why: String| FolderError { name: display(path), why, nearest: None };
    match storage.lies(folder) {
        Ok(Some(Lies::Directory)) => {}
        Ok(Some(Lies::File)) => return Err(fail(folder, "it is a file; expected the folder that holds the rules".to_owned())),
        Ok(None) | Err(ReadError::Absent) => {
            let nearest = beside(storage, folder);
            return Err(FolderError { nearest, ..fail(folder, "there is no such folder".to_owned()) });
        }
        Err(why) => return Err(fail(folder, why.to_string())),
    }
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    let (mut seen, mut bytes) = (HashSet::new(), 0);
    while let Some(here) = folders.pop() {
        let real = storage.real(&here).map_err(|why| fail(&here, why.to_string()))?;
        // Links may lead in circles.
        if !seen.insert(real) {
            continue;
        }
        if seen.len() > MOST_FOLDERS {
            return Err(fail(
                folder,
                format!("it holds more than {MOST_FOLDERS} folders: rules are read from a folder of their own"),
            ));
        }
        for (name, lies) in storage.entries(&here).map_err(|why| fail(&here, why.to_string()))? {
            let path = here.join(&name);
            match lies {
                _ if name.starts_with('.') => {}
                Lies::Directory => folders.push(path),
                Lies::File if is_yaml(&path) => {
                    let stored = storage.read(&path).map_err(|why| fail(&path, why.to_string()))?;
                    bytes += stored.bytes.len();
                    if bytes > MOST_BYTES || files.len() == MOST_FILES {
                        let most = format!("more than {MOST_FILES} files or {} MiB of rules", MOST_BYTES / 1024 / 1024);
                        return Err(fail(folder, format!("it holds {most}: rules are read from a folder of their own")));
                    }
                    let content = Arc::new(Content::decode(stored.bytes, TextKind::Utf8));
                    files.push(YamlFile { name: display(&path), real: stored.real, content });
                }
                Lies::File => {}
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml"))
}

/// The name of a folder beside it that may be meant.
fn beside(storage: &dyn Storage, folder: &Path) -> Option<String> {
    let parent =
        folder.parent().map_or(Path::new("."), |parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let written = folder.file_name()?.to_string_lossy().into_owned();
    let entries = storage.entries(parent).ok()?;
    let folders = entries.iter().filter(|(_, lies)| *lies == Lies::Directory).map(|(name, _)| name.as_str());
    nearest(&written, folders).map(|name| display(&parent.join(name)))
}

#[cfg(test)]
mod tests {
    use super::super::{Disk, Memory};
    use super::*;

    fn names(memory: &Memory, folder: &str) -> Vec<String> {
        yaml_files(memory, Path::new(folder)).expect("a folder").into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn yaml_files_are_found_in_order_and_nothing_else() {
        let mut memory = Memory::default();
        for path in ["r/b.yaml", "r/a/c.yml", "r/README.md", "r/.hidden.yaml", "r/.git/x.yaml", "r/b.yaml.orig", "other/d.yaml"] {
            memory.insert(path, "x");
        }
        assert_eq!(names(&memory, "r"), ["r/a/c.yml", "r/b.yaml"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_with_the_nearest() {
        let mut memory = Memory::default();
        memory.insert("d/house-rules/a.yaml", "x");
        let error = yaml_files(&memory, Path::new("d/houserules")).expect_err("no folder");
        assert_eq!((error.why.as_str(), error.nearest.as_deref()), ("there is no such folder", Some("d/house-rules")));
        let error = yaml_files(&memory, Path::new("d/house-rules/a.yaml")).expect_err("a file");
        assert!(error.why.starts_with("it is a file"), "{error}");
    }

    #[test]
    fn too_many_files_are_refused() {
        let mut memory = Memory::default();
        (0..=MOST_FILES).for_each(|number| memory.insert(format!("r/{number}.yaml"), ""));
        assert!(yaml_files(&memory, Path::new("r")).expect_err("too many").why.contains("1000 files"));
    }

    #[cfg(unix)]
    #[test]
    fn links_in_circles_end_and_links_that_lead_out_are_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = folder.path().join("rules");
        std::fs::create_dir(&rules).expect("a folder");
        std::fs::write(rules.join("a.yaml"), "x").expect("a file");
        std::os::unix::fs::symlink(&rules, rules.join("again")).expect("a link");
        let read = || yaml_files(&Disk::below([rules.as_path()]), &rules);
        assert_eq!(read().expect("a folder").len(), 1);
        std::fs::write(folder.path().join("secret.yaml"), "x").expect("a file");
        std::os::unix::fs::symlink(folder.path().join("secret.yaml"), rules.join("b.yaml")).expect("a link");
        assert!(read().expect_err("it leads out").why.contains("leads out"));
    }
}
