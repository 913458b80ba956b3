//! Unsaved text over stored files, and what was read once, remembered: what an editor needs at each keystroke.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::storage::{Lies, ReadError, ReadSeek, Storage, StoredFile};
use crate::source::{Content, TextKind};

/// Texts by where their files really lie, or would.
pub type Texts = BTreeMap<PathBuf, Arc<str>>;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Texts laid over the files of a storage.
pub struct Overlay<'a, S> {
    below: S,
    texts: &'a Texts,
}

impl<'a, S: Storage> Overlay<'a, S> {
    /// Lays texts over a storage.
    pub fn new(below: S, texts: &'a Texts) -> Self {
        Self { below, texts }
    }

    /// The text of a file that is not stored yet.
    fn unsaved(&self, path: &Path) -> Option<(PathBuf, &Arc<str>)> {
        let (parent, name) = path.parent().zip(path.file_name())?;
        let real = self.below.real(parent).ok()?.join(name);
        let text = self.texts.get(&real)?;
        Some((real, text))
    }
}

impl<S: Storage> Storage for Overlay<'_, S> {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
        match self.below.read(path) {
            // Read first: what may not be read is not replaced either.
            Ok(stored) => Ok(match self.texts.get(&stored.real) {
                Some(text) if !is_text_of(text, &stored.bytes) => {
                    StoredFile { bytes: overlaid(text, Some(&stored.bytes)), ..stored }
                }
                _ => stored,
            }),
            Err(ReadError::Absent) => {
                self.unsaved(path).map(|(real, text)| StoredFile { bytes: overlaid(text, None), real }).ok_or(ReadError::Absent)
            }
            Err(why) => Err(why),
        }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError> {
        self.below.open(path)
    }

    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
        let lies = self.below.lies(path)?;
        Ok(lies.or_else(|| self.unsaved(path).map(|_| Lies::File)))
    }

    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
        self.below.entries(path)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        self.below.real(path).or_else(|why| self.unsaved(path).map(|(real, _)| real).ok_or(why))
    }
}

/// Bytes that are read as exactly this text whatever encoding it declares, since a byte-order mark outranks that. Where nothing
/// declares one the mark stands where the stored file has it: Java takes it for a part of a key.
pub fn overlaid(text: &str, stored: Option<&[u8]>) -> Vec<u8> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let marked = text.trim_start().starts_with("<?xml") || stored.is_some_and(|bytes| bytes.starts_with(MARK));
    if marked { [MARK, text.as_bytes()].concat() } else { text.as_bytes().to_vec() }
}

/// Whether a text is what an editor shows of these bytes: decoded, or decoded as UTF-8 although they are none.
pub fn is_text_of(text: &str, bytes: &[u8]) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let bare = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if bare == text.as_bytes() {
        return true;
    }
    // Where they are plain UTF-8 there is nothing to decode.
    std::str::from_utf8(bare).is_err() && matches!(String::from_utf8_lossy(bare), Cow::Owned(lossy) if lossy == text)
        || Content::decode(bytes.to_vec(), TextKind::Xml).text() == text
}

/// What was read once. Clones share it; whoever wants to read anew takes another one.
#[derive(Debug, Clone, Default)]
pub struct Remembered(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    read: Memo<PathBuf, Result<StoredFile, ReadError>>,
    lies: Memo<PathBuf, Result<Option<Lies>, ReadError>>,
    real: Memo<PathBuf, Result<PathBuf, ReadError>>,
}

type Memo<K, V> = RwLock<HashMap<K, V>>;

impl Remembered {
    /// A storage that asks `below` only for what is not remembered. It must always lie below the same folders.
    pub fn over<S: Storage>(&self, below: S) -> impl Storage + use<S> {
        Remembering { below, memory: Arc::clone(&self.0) }
    }
}

struct Remembering<S> {
    below: S,
    memory: Arc<Memory>,
}

fn remember<K: Hash + Eq + Clone, V: Clone>(memo: &Memo<K, V>, key: &K, find: impl FnOnce() -> V) -> V {
    // Nothing can be half written: a panic elsewhere is no reason to stop.
    if let Some(known) = memo.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return known.clone();
    }
    let found = find();
    memo.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), found.clone());
    found
}

impl<S: Storage> Storage for Remembering<S> {
    fn read(&self, path: &Path) -> Result<StoredFile, ReadError> {
        remember(&self.memory.read, &path.to_owned(), || self.below.read(path))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>, ReadError> {
        self.below.open(path)
    }

    fn lies(&self, path: &Path) -> Result<Option<Lies>, ReadError> {
        remember(&self.memory.lies, &path.to_owned(), || self.below.lies(path))
    }

    fn entries(&self, path: &Path) -> Result<Vec<(String, Lies)>, ReadError> {
        self.below.entries(path)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        remember(&self.memory.real, &path.to_owned(), || self.below.real(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home;

    #[test]
    fn a_text_covers_its_file_and_nothing_else() {
        let mut memory = home::Memory::default();
        memory.insert("/d/a", "stored a");
        memory.insert("/d/b", "stored b");
        let texts: Texts = [("/d/a".into(), "typed ä".into()), ("/d/new".into(), "new".into())].into();
        let overlay = Overlay::new(&memory, &texts);
        let text = |path: &str| overlay.read(Path::new(path)).map(|file| Content::decode(file.bytes, TextKind::Xml));
        assert_eq!(text("/d/a").expect("there").text(), "typed ä");
        assert_eq!(text("/d/b").expect("there").text(), "stored b");
        assert_eq!(text("/d/new").expect("unsaved").text(), "new");
        assert!(matches!(text("/d/c"), Err(ReadError::Absent)));
        assert_eq!(overlay.lies(Path::new("/d/new")), Ok(Some(Lies::File)));
    }

    #[test]
    fn a_declared_encoding_does_not_matter_to_a_text() {
        let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>ä€</a>";
        assert_eq!(Content::decode(overlaid(text, None), TextKind::Xml).text(), text);
    }

    #[test]
    fn what_an_editor_shows_is_known_in_any_encoding() {
        let latin1 = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe4</a>";
        assert!(is_text_of("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>ä</a>", latin1));
        assert!(is_text_of("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\u{fffd}</a>", latin1));
        assert!(!is_text_of("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>a</a>", latin1));
        assert!(is_text_of("<a/>", b"\xef\xbb\xbf<a/>"));
        assert!(!is_text_of("<a/>", b"<a />"));
    }

    #[test]
    fn what_is_remembered_is_not_asked_for_again() {
        let mut memory = home::Memory::default();
        memory.insert("/d/a", "one");
        let remembered = Remembered::default();
        assert_eq!(remembered.over(&memory).read(Path::new("/d/a")).map(|file| file.bytes), Ok(b"one".to_vec()));
        memory.insert("/d/a", "two");
        assert_eq!(remembered.over(&memory).read(Path::new("/d/a")).map(|file| file.bytes), Ok(b"one".to_vec()));
        assert_eq!(Remembered::default().over(&memory).read(Path::new("/d/a")).map(|file| file.bytes), Ok(b"two".to_vec()));
    }
}
