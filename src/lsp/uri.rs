//! `file:` addresses and the paths behind them.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The path of a `file:` address; `None` for other schemes (`untitled:`, `git:`) and other machines.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    if !host.is_empty() && host != "localhost" {
        return None;
    }
    let path = decoded(path.split(['?', '#']).next().unwrap_or(path))?;
    // file:///c:/wso2
    let drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if drive { &path[1..] } else { &path }))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The address of an absolute path.
pub fn of(path: &Path) -> Uri {
    let path = path.to_string_lossy();
    let path = if cfg!(windows) { path.trim_start_matches(r"\\?\").replace('\\', "/") } else { path.into_owned() };
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "file:///" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    Uri(uri)
}

/// Where a file really lies, links followed; of a file that is not saved yet, where it would.
pub fn real(path: &Path) -> PathBuf {
    let unsaved = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(unsaved).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_path() {
        for one in ["/d/homes/gw/carbon.xml", "/d/with space/ä#1?%.xml", "/c:/x"] {
            assert_eq!(path(&of(Path::new(one))).as_deref(), Some(Path::new(one)), "{one}");
        }
        assert_eq!(of(Path::new("/a b")).0, "file:///a%20b");
    }

    #[test]
    fn other_schemes_have_no_path() {
        for one in ["untitled:1", "git:/x", "file://elsewhere/x", "file:"] {
            assert_eq!(path(&Uri::from(one)), None, "{one}");
        }
        assert_eq!(path(&Uri::from("file://localhost/x")).as_deref(), Some(Path::new("/x")));
    }
}
