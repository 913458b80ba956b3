//! Edits applied to bytes, in the file's own encoding.

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::Edit;
use crate::source::Content;

/// The bytes after the edits. `content` is what the bytes were decoded to; it says how new text has to be encoded.
///
/// `None` where edits overlap or lie outside the file, where new text has no bytes in the encoding, and where the bytes
/// are no text of the encoding as they are. Insertions at one place keep the order they are given in.
pub fn apply(bytes: &[u8], edits: &[Edit], content: &Content) -> Option<Vec<u8>> {
    if content.error().is_some() {
        return None;
    }
    let target = Target::of(content)?;
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    let mut changed = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in ordered {
        changed.extend_from_slice(bytes.get(at..edit.span.start)?);
        target.encode(&edit.text, &mut changed)?;
        at = edit.span.end.max(edit.span.start);
    }
    changed.extend_from_slice(bytes.get(at..)?);
    Some(changed)
}

/// New text as the bytes that [`apply`] writes; `None` where the encoding has none for it.
pub fn encode(text: &str, content: &Content) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    Target::of(content)?.encode(text, &mut bytes)?;
    Some(bytes)
}

/// The encoding that new text is written in.
enum Target {
    Utf8,
    Utf16 { big_endian: bool },
    Latin1,
    Ascii,
    Other(&'static Encoding),
}

impl Target {
    /// Finds the encoding as [`Content::decode`] does: byte-order mark, the look of the first bytes, the XML declaration.
    fn of(content: &Content) -> Option<Self> {
        if content.is_undeclared_latin1() {
            return Some(Self::Latin1);
        }
        let bytes = content.bytes();
        if let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Some(Self::known(encoding));
        }
        match bytes {
            [b'<', 0, ..] => return Some(Self::Utf16 { big_endian: false }),
            [0, b'<', ..] => return Some(Self::Utf16 { big_endian: true }),
            _ => {}
        }
        let Some(label) = declared_encoding(content.text()) else { return Some(Self::Utf8) };
        match label.to_ascii_lowercase().as_str() {
            "iso-8859-1" | "iso8859-1" | "iso8859_1" | "latin1" | "latin-1" => Some(Self::Latin1),
            "us-ascii" | "ascii" => Some(Self::Ascii),
            label => match Encoding::for_label(label.as_bytes())? {
                // Bytes that are plainly not UTF-16 were read as UTF-8.
                encoding if encoding == UTF_16LE || encoding == UTF_16BE => Some(Self::Utf8),
                // Its bytes mean something only after those before them.
                encoding if encoding == ISO_2022_JP => Some(Self::Ascii),
                encoding => Some(Self::known(encoding)),
            },
        }
    }

    fn known(encoding: &'static Encoding) -> Self {
        match encoding {
            encoding if encoding == UTF_8 => Self::Utf8,
            encoding if encoding == UTF_16LE => Self::Utf16 { big_endian: false },
            encoding if encoding == UTF_16BE => Self::Utf16 { big_endian: true },
            encoding => Self::Other(encoding),
        }
    }

    fn encode(&self, text: &str, into: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Utf8 => into.extend_from_slice(text.as_bytes()),
            Self::Utf16 { big_endian: true } => into.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Self::Utf16 { big_endian: false } => into.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Self::Latin1 => {
                for letter in text.chars() {
                    into.push(u8::try_from(letter).ok()?);
                }
            }
            Self::Ascii => into.extend_from_slice(text.is_ascii().then_some(text.as_bytes())?),
            Self::Other(encoding) => {
                let (bytes, _, unmappable) = encoding.encode(text);
                (!unmappable).then(|| into.extend_from_slice(&bytes))?;
            }
        }
        Some(())
    }
}

/// The encoding that the XML declaration names.
pub(super) fn declared_encoding(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?;
    let declaration = &declaration[..declaration.find('>')?];
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label)
}
