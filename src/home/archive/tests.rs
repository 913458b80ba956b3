//! What comes out of archives, and what they may cost.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

/// An entry: a file with its text, or a link with its target.
enum Entry<'a> {
    File(&'a str, &'a str),
    Link(&'a str, &'a str),
    Hard(&'a str, &'a str),
}
use Entry::{File, Hard, Link};

fn zip_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        match entry {
            File(name, text) => {
                zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
                zip.write_all(text.as_bytes()).expect("written");
            }
            Link(name, target) => zip.add_symlink(*name, *target, SimpleFileOptions::default()).expect("a link"),
            Hard(..) => unreachable!("zip files have no hard links"),
        }
    }
    zip.finish().expect("a zip").into_inner()
}

fn tar_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for entry in entries {
        let (name, text, target) = match entry {
            File(name, text) => (name, *text, None),
            Link(name, target) => (name, "", Some((EntryType::Symlink, *target))),
            Hard(name, target) => (name, "", Some((EntryType::Link, *target))),
        };
        let mut header = Header::new_gnu();
        // As it is: the library refuses names that lead out.
        header.as_gnu_mut().expect("gnu").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        if let Some((kind, target)) = target {
            header.set_entry_type(kind);
            header.set_link_name_literal(target).expect("fits");
        }
        header.set_cksum();
        tar.append(&header, text.as_bytes()).expect("written");
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("a tar.gz")
}

const WANTED: [&str; 2] = ["repository/conf/carbon.xml", "bin/version.txt"];

fn unpacked(kind: Kind, bytes: Vec<u8>, limits: &Limits) -> Result<Unpacked, ReadError> {
    let wanted: BTreeSet<String> = WANTED.iter().map(|path| (*path).to_owned()).collect();
    unpack(kind, &mut Cursor::new(bytes), &wanted, &BTreeSet::new(), limits)
}

/// The top folder and the texts of the files, or what is wrong with them.
fn texts(kind: Kind, entries: &[Entry<'_>]) -> Result<(Option<String>, Vec<String>), String> {
    let bytes = if kind == Kind::Zip { zip_of(entries) } else { tar_of(entries) };
    let unpacked = unpacked(kind, bytes, &Limits::DEFAULT).map_err(|why| why.to_string())?;
    let text = |(path, bytes): (String, Result<Vec<u8>, ReadError>)| {
        let said = bytes.map_or_else(|why| format!("! {why}"), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        format!("{path}: {said}")
    };
    Ok((unpacked.top, unpacked.files.into_iter().map(text).collect()))
}

#[track_caller]
fn both(entries: &[Entry<'_>], top: Option<&str>, expected: &[&str]) {
    for kind in [Kind::Zip, Kind::TarGz] {
        let (found_top, found) = texts(kind, entries).expect("an archive");
        assert_eq!((found_top.as_deref(), found), (top, expected.iter().map(|text| (*text).to_owned()).collect()), "{kind:?}");
    }
}

#[track_caller]
fn both_fail(entries: &[Entry<'_>], expected: &str) {
    for kind in [Kind::Zip, Kind::TarGz] {
        let why = texts(kind, entries).expect_err("no archive that can be used");
        assert!(why.contains(expected), "{kind:?}: {why}");
    }
}

#[test]
fn files_lie_at_the_top_or_in_one_folder() {
    let version = "bin/version.txt: 2.6";
    both(&[File("bin/version.txt", "2.6"), File("other", "")], None, &[version]);
    both(&[File("wso2am-2.6.0/bin/version.txt", "2.6"), File("README", "")], Some("wso2am-2.6.0"), &[version]);
    both(&[File("./bin/version.txt", "2.6")], None, &[version]);
    // What lies at the top is meant.
    both(&[File("old/bin/version.txt", "2.1"), File("bin/version.txt", "2.6")], None, &[version]);
    both(&[File("a/b/bin/version.txt", "2.6")], None, &[]);
}

#[test]
fn files_that_tell_no_home_lie_beside_those_that_do() {
    let entries = [File("am/bin/version.txt", "2.6"), File("am/bin/up.sh", "up"), File("tools/bin/up.sh", "other")];
    for (kind, bytes) in [(Kind::Zip, zip_of(&entries)), (Kind::TarGz, tar_of(&entries))] {
        let [telling, others] = ["bin/version.txt", "bin/up.sh"].map(|path| BTreeSet::from([path.to_owned()]));
        let found = unpack(kind, &mut Cursor::new(bytes), &telling, &others, &Limits::DEFAULT).expect("an archive");
        assert_eq!(found.files.get("bin/up.sh"), Some(&Ok(b"up".to_vec())), "{kind:?}");
    }
}

#[test]
fn what_stands_behind_a_compressed_file_is_passed_over_as_gzip_does() {
    let entries = [File("bin/version.txt", "2.6")];
    let padded = [tar_of(&entries), vec![0; 1024]].concat();
    let found = unpacked(Kind::TarGz, padded, &Limits::DEFAULT).expect("an archive");
    assert_eq!(found.files.get("bin/version.txt"), Some(&Ok(b"2.6".to_vec())));
}

#[test]
fn what_is_packed_in_another_way_says_how_to_pack_it() {
    let mut bytes = zip_of(&[File("bin/version.txt", "2.6")]);
    // The method, in the header of the entry and in the directory.
    for mark in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = bytes.windows(4).position(|window| window == mark).expect("a header") + if mark[2] == 3 { 8 } else { 10 };
        bytes[at] = 12;
    }
    let found = unpacked(Kind::Zip, bytes, &Limits::DEFAULT).expect("an archive");
    let why = found.files["bin/version.txt"].as_ref().expect_err("not read").to_string();
    assert!(why.contains("(method 12): make the archive anew with deflate"), "{why}");
}

#[test]
fn several_homes_in_one_archive_are_none() {
    let homes = [File("a/bin/version.txt", "1"), File("b/bin/version.txt", "2"), File("a/repository/conf/carbon.xml", "3")];
    both_fail(&homes, "several homes, 'a' and 'b' among them");
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../bin/version.txt", "x/../../bin", "/bin/version.txt", "C:/bin", "..\\bin", "\\bin", "C:\\bin"] {
        both_fail(&[File("bin/version.txt", "2.6"), File(name, "")], "leads out of the archive");
    }
}

#[test]
fn backslashes_are_said() {
    both(
        &[File("bin\\version.txt", "2.6")],
        None,
        &[
            "bin/version.txt: ! the archive calls it 'bin\\\\version.txt', with backslashes, which other systems take for a part of the name: make it anew",
        ],
    );
}

#[test]
fn of_two_entries_with_one_name_none_counts() {
    let expected = "bin/version.txt: ! the archive holds two files of this name: make it anew with one of them";
    let (_, found) = texts(Kind::TarGz, &[File("bin/version.txt", "1"), File("./bin/version.txt", "2")]).expect("a tar.gz");
    assert_eq!(found, [expected]);
    // The library does not write such a thing.
    let mut zip = zip_of(&[File("bin/version.txt", "1"), File("bin/version.tx_", "2")]);
    while let Some(at) = zip.windows(4).position(|window| window == b".tx_") {
        zip[at + 3] = b't';
    }
    let found = unpacked(Kind::Zip, zip, &Limits::DEFAULT).expect("a zip");
    let why = found.files["bin/version.txt"].as_ref().expect_err("two").to_string();
    assert!(expected.ends_with(&why), "{why}");
}

#[test]
fn links_are_followed_within_the_archive() {
    let version = "bin/version.txt: 2.6";
    both(&[File("v", "2.6"), Link("bin/version.txt", "../v")], None, &[version]);
    both(&[Link("top/bin/version.txt", "../v"), File("top/v", "2.6")], Some("top"), &[version]);
    both(&[Link("top/bin", "../shared/b"), File("shared/b/version.txt", "2.6"), File("top/x", "")], Some("top"), &[version]);
    both(&[Link("bin/version.txt", "a"), Link("bin/a", "b"), File("bin/b", "2.6")], None, &[version]);
    let hard = texts(Kind::TarGz, &[File("t/v", "2.6"), Hard("t/bin/version.txt", "t/v")]).expect("a tar.gz");
    assert_eq!(hard, (Some("t".to_owned()), vec![version.to_owned()]));
}

#[test]
fn links_that_lead_nowhere_or_out_are_said() {
    let out = |target: &str| format!("bin/version.txt: ! a symbolic link to '{target}' leads out of the archive");
    for target in ["../../v", "/etc/passwd", "C:/v"] {
        both(&[Link("bin/version.txt", target)], None, &[&out(target)]);
    }
    let nowhere = "bin/version.txt: ! a symbolic link that leads nowhere";
    both(&[Link("bin/version.txt", "gone")], None, &[nowhere]);
    both(&[Link("bin/version.txt", "version.txt")], None, &[nowhere]);
    let (_, found) = texts(Kind::TarGz, &[Hard("bin/version.txt", "x")]).expect("a tar.gz");
    assert_eq!(found, [nowhere]);
    let (_, found) = texts(Kind::TarGz, &[Hard("bin/version.txt", "../x")]).expect("a tar.gz");
    assert!(found[0].contains("leads out of the archive"), "{found:?}");
}

#[test]
fn a_file_is_unpacked_up_to_the_limit() {
    let limits = Limits { file: 10, ..Limits::DEFAULT };
    for kind in [Kind::Zip, Kind::TarGz] {
        for (text, fits) in [("0123456789", true), ("0123456789a", false)] {
            let entries = [File("bin/version.txt", text)];
            let bytes = if kind == Kind::Zip { zip_of(&entries) } else { tar_of(&entries) };
            let found = unpacked(kind, bytes, &limits).expect("an archive");
            assert_eq!(found.files["bin/version.txt"].is_ok(), fits, "{kind:?} {text}");
        }
    }
}

#[test]
fn what_a_zip_says_of_a_size_is_not_believed() {
    let mut zip = zip_of(&[File("bin/version.txt", &"2.6 ".repeat(1000))]);
    let directory = zip.windows(4).position(|window| window == b"PK\x01\x02").expect("a directory");
    zip[directory + 24..directory + 28].copy_from_slice(&3_u32.to_le_bytes());
    let found = unpacked(Kind::Zip, zip, &Limits { file: 100, ..Limits::DEFAULT }).expect("a zip");
    assert!(found.files["bin/version.txt"].is_err());
}

#[test]
fn the_number_of_entries_is_limited() {
    let entries = [File("a", ""), File("b", ""), File("bin/version.txt", "2.6")];
    for (kind, bytes) in [(Kind::Zip, zip_of(&entries)), (Kind::TarGz, tar_of(&entries))] {
        assert!(unpacked(kind, bytes.clone(), &Limits { entries: 3, ..Limits::DEFAULT }).is_ok(), "{kind:?}");
        let why = unpacked(kind, bytes, &Limits { entries: 2, ..Limits::DEFAULT }).expect_err("too many").to_string();
        assert!(why.contains("entries") && why.contains('2'), "{kind:?} {why}");
    }
}

#[test]
fn a_tar_is_read_up_to_the_limit() {
    let large = "x".repeat(100_000);
    let bytes = tar_of(&[File("large", &large), File("bin/version.txt", "2.6")]);
    assert!(unpacked(Kind::TarGz, bytes.clone(), &Limits::DEFAULT).is_ok());
    let why = unpacked(Kind::TarGz, bytes, &Limits { unpacked: 50_000, ..Limits::DEFAULT }).expect_err("too much");
    assert!(why.to_string().contains("more than the 50000 bytes"), "{why}");
}

#[test]
fn a_name_of_megabytes_is_not_read() {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(3 << 20);
    header.set_cksum();
    tar.append(&header, io::repeat(b'a').take(3 << 20)).expect("written");
    let bytes = tar.into_inner().and_then(GzEncoder::finish).expect("a tar.gz");
    let why = unpacked(Kind::TarGz, bytes, &Limits::DEFAULT).expect_err("too long").to_string();
    assert!(why.contains("describe one of its entries"), "{why}");
}

#[test]
fn holes_count_like_bytes() {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_path("hole").expect("fits");
    header.set_size(0);
    let sparse = header.as_gnu_mut().expect("gnu");
    sparse.set_real_size(1 << 50);
    sparse.sparse[0].set_offset(1 << 50);
    sparse.sparse[0].set_length(0);
    header.set_cksum();
    tar.append(&header, io::empty()).expect("written");
    let bytes = tar.into_inner().and_then(GzEncoder::finish).expect("a tar.gz");
    let why = unpacked(Kind::TarGz, bytes, &Limits { unpacked: 1 << 20, ..Limits::DEFAULT }).expect_err("too much").to_string();
    assert!(why.contains("more than the 1048576 bytes"), "{why}");
}

#[test]
fn whatever_is_broken_is_said_and_never_a_panic() {
    let text = "2.6 of the product".repeat(50);
    let entries = [File("wso2am-2.6.0/bin/version.txt", text.as_str()), File("wso2am-2.6.0/x", "y")];
    for (kind, whole) in [(Kind::Zip, zip_of(&entries)), (Kind::TarGz, tar_of(&entries))] {
        for length in 0..whole.len() {
            let cut = unpacked(kind, whole[..length].to_vec(), &Limits::DEFAULT);
            assert!(cut.is_err() || kind == Kind::TarGz && length == 0, "{kind:?} cut at {length}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x55;
            let _ = unpacked(kind, flipped, &Limits::DEFAULT);
        }
        assert!(unpacked(kind, b"plainly something else".repeat(40), &Limits::DEFAULT).is_err());
    }
}

/// Counts what is read.
struct Counting<'a> {
    inner: Cursor<Vec<u8>>,
    read: &'a AtomicUsize,
}

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.read.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[test]
fn of_a_zip_only_the_directory_and_what_is_wanted_is_read() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for number in 0..4000 {
        zip.start_file(format!("wso2am-2.6.0/repository/components/plugins/plugin_{number}.jar"), stored).expect("an entry");
        zip.write_all(&[7; 8000]).expect("written");
    }
    zip.start_file("wso2am-2.6.0/bin/version.txt", stored).expect("an entry");
    zip.write_all(b"WSO2 API Manager v2.6.0").expect("written");
    let bytes = zip.finish().expect("a zip").into_inner();
    let (size, read) = (bytes.len(), AtomicUsize::new(0));
    let mut counting = Counting { inner: Cursor::new(bytes), read: &read };
    let wanted = BTreeSet::from(["bin/version.txt".to_owned()]);
    let found = unpack(Kind::Zip, &mut counting, &wanted, &BTreeSet::new(), &Limits::DEFAULT).expect("a zip");
    assert_eq!(found.files["bin/version.txt"].as_deref(), Ok(&b"WSO2 API Manager v2.6.0"[..]));
    let read = read.load(Ordering::Relaxed);
    assert!(read < size / 20, "{read} of {size} bytes");
}
