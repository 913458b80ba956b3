//! Homes that are archives or made of layers, seen from outside.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CARBON: &str = "repository/conf/carbon.xml";
const MANAGER: &str = "repository/conf/api-manager.xml";
const TOPOLOGY: &str = "nodes:\n  - {name: gw, role: gateway, home: GW}\n  - {name: km, role: key-manager, home: km}\n";

/// The formats in which a home can be packed.
const FORMATS: [&str; 3] = ["zip", "tar.gz", "tgz"];

/// A gateway and a key manager in a folder of their own.
struct Deployment(TempDir);

impl Deployment {
    /// A key manager as a directory with offset 5; `home` is the gateway's.
    fn new(home: &str) -> Self {
        let new = Self(TempDir::new().expect("a folder"));
        new.write("km/repository/conf/carbon.xml", carbon("5").as_bytes());
        new.write("km/repository/conf/api-manager.xml", manager().as_bytes());
        new.write("topology.yaml", TOPOLOGY.replace("GW", home).as_bytes());
        new
    }

    /// The gateway with offset 2 in an archive.
    fn packed(file: &str, top: &str) -> Self {
        let new = Self::new(file);
        new.write(file, &pack(file, &gateway(top)));
        new
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("carbonlint").expect("the program");
        command.current_dir(self.path()).env_clear().args(arguments).output().expect("it runs")
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn findings(&self) -> Vec<String> {
        self.text(&["check", "--format", "short"]).lines().map(str::to_owned).collect()
    }

    /// The one error, which is about the gateway's home.
    #[track_caller]
    fn home_is(&self, expected: &str) {
        let errors: Vec<String> = self.findings().into_iter().filter(|line| line.contains(" error[")).collect();
        let [only] = &errors[..] else { panic!("{errors:#?}") };
        assert!(only.contains("error[home-missing]") && only.contains(expected), "{only}");
        for arguments in [&["check"][..], &["check", "--fix"], &["explain", "gw"]] {
            self.text(arguments);
        }
    }

    /// The one error, which is about a file of the gateway.
    #[track_caller]
    fn file_is(&self, file: &str, expected: &str) {
        let found = self.findings();
        let unreadable: Vec<&String> = found.iter().filter(|line| line.contains("[file-unreadable]")).collect();
        let [only] = &unreadable[..] else { panic!("{found:#?}") };
        assert!(only.starts_with(file) && only.contains(expected), "{only}");
        self.text(&["check"]);
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[&["check", "--format", "json"], arguments].concat())).expect("JSON")
    }
}

fn carbon(offset: &str) -> String {
    format!("<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>{offset}</Offset>\n  </Ports>\n</Server>\n")
}

fn manager() -> String {
    let validator = "  <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n  <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut>\n  <EnableThriftServer>true</EnableThriftServer>\n";
    format!("<APIManager><APIKeyValidator>\n{validator}</APIKeyValidator></APIManager>\n")
}

fn gateway(top: &str) -> Vec<(String, String)> {
    vec![
        (format!("{top}README.txt"), "nothing".to_owned()),
        (format!("{top}{CARBON}"), carbon("2")),
        (format!("{top}{MANAGER}"), manager()),
    ]
}

/// An archive in the format of its name.
fn pack(file: &str, entries: &[(String, String)]) -> Vec<u8> {
    if Path::new(file).extension().is_some_and(|extension| extension == "zip") { zip(entries) } else { tar_gz(entries) }
}

fn zip(entries: &[(String, String)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

fn tar_gz(entries: &[(String, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        // As it is: the library refuses names that lead out.
        header.as_gnu_mut().expect("gnu").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_cksum();
        tar.append(&header, text.as_bytes()).expect("written");
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("a tar.gz")
}

fn entries(named: &[(&str, &str)]) -> Vec<(String, String)> {
    named.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn an_archive_is_judged_like_the_directory() {
    let plain = Deployment::new("gw");
    for (name, text) in gateway("gw/") {
        plain.write(&name, text.as_bytes());
    }
    let expected = plain.findings().join("\n");
    assert!(
        expected.contains("error[thrift-port-mismatch]") && expected.contains("gw/repository/conf/carbon.xml:4"),
        "{expected}"
    );
    for format in FORMATS {
        for top in ["", "./", "wso2am-2.6.0/"] {
            let file = format!("gw.{format}");
            let found = Deployment::packed(&file, top).findings().join("\n");
            assert_eq!(found.replace(&format!("{file}!/"), "gw/"), expected, "{file} {top}");
        }
    }
}

#[test]
fn nodes_on_the_command_line_may_have_archives() {
    let deployment = Deployment::packed("gw.zip", "wso2am-2.6.0/");
    let found = deployment.text(&["check", "gw=gateway:gw.zip", "km=key-manager:km", "--format", "short"]);
    assert!(found.contains("gw.zip!/repository/conf/carbon.xml:4:13: error[thrift-port-mismatch]"), "{found}");
}

#[test]
fn the_version_is_that_of_the_folder_or_of_the_file() {
    for (file, top) in [("gw.zip", "wso2am-2.1.0/"), ("wso2am-2.1.0.tar.gz", ""), ("wso2am-2.1.0.zip", "am/")] {
        let deployment = Deployment::new(file);
        let bare = entries(&[(&format!("{top}{MANAGER}"), &manager())]);
        deployment.write(file, &pack(file, &bare));
        let ports: Value = serde_json::from_str(&deployment.text(&["ports", "--format", "json"])).expect("JSON");
        assert_eq!(ports["nodes"][0]["product"], "2.1.0", "{file} {top}");
    }
}

#[test]
fn places_in_archives_are_not_editable() {
    for format in FORMATS {
        let file = format!("gw.{format}");
        let deployment = Deployment::packed(&file, "wso2am-2.6.0/");
        let before = fs::read(deployment.path().join(&file)).expect("the archive");
        let report = deployment.json(&[]);
        let finding = report["findings"].as_array().expect("findings").iter().find(|one| one["rule"] == "thrift-port-mismatch");
        let fixes = finding.expect("the finding")["fixes"].as_array().expect("fixes").clone();
        assert_eq!(fixes[0]["applicable"], false, "{fixes:#?}");
        assert_eq!(fixes[0]["edits"], Value::Array(Vec::new()));
        let human = deployment.text(&["check"]).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(human.contains(&format!("{file}!/{MANAGER}")) && human.contains("it lies in an archive"), "{human}");
        let diff = deployment.run(&["check", "--diff"]);
        let said = String::from_utf8_lossy(&diff.stderr).into_owned();
        assert!(said.contains("not mended: thrift-port-mismatch") && said.contains("it lies in an archive"), "{said}");
        for arguments in
            [&["check", "--fix"][..], &["check", "--fix", "--unsafe-fixes"], &["check", "--fix", "--prefer", "server"]]
        {
            let output = deployment.run(arguments);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(fs::read(deployment.path().join(&file)).expect("the archive"), before);
        }
    }
}

#[test]
fn what_fix_leaves_is_said_and_not_offered() {
    let deployment = Deployment::packed("gw.zip", "");
    assert!(!deployment.text(&["check"]).contains("carbonlint check --fix"));
    let said = deployment.text(&["check", "--fix"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("not mended, thrift-port-mismatch:") && said.contains("it lies in an archive"), "{said}");
}

#[test]
fn a_later_layer_covers_files_of_an_archive_and_is_mended() {
    let deployment = Deployment::new("[packs/wso2am-2.6.0.zip, overlay/gw]");
    deployment.write("packs/wso2am-2.6.0.zip", &zip(&gateway("wso2am-2.6.0/")));
    let covering = manager();
    deployment.write("overlay/gw/repository/conf/api-manager.xml", covering.as_bytes());
    let found = deployment.findings().join("\n");
    assert!(found.contains("packs/wso2am-2.6.0.zip!/repository/conf/carbon.xml:4:13: error[thrift-port-mismatch]"), "{found}");
    let output = deployment.run(&["check", "--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let mended = fs::read_to_string(deployment.path().join("overlay/gw/repository/conf/api-manager.xml")).expect("the file");
    assert!(mended.contains("<ThriftClientPort>10402</ThriftClientPort>"), "{mended}");
    assert_eq!(fs::read(deployment.path().join("packs/wso2am-2.6.0.zip")).expect("the pack"), zip(&gateway("wso2am-2.6.0/")));
}

#[test]
fn a_layer_may_lie_over_a_part_of_the_home() {
    let homes = [
        ("[gw.tgz, {from: confs/gw, to: repository/conf}]", "confs/gw/carbon.xml"),
        ("[gw.tgz, {from: confs, to: ./repository/}]", "confs/conf/carbon.xml"),
        ("[gw.tgz, {from: confs/gw-carbon.xml, to: repository/conf/carbon.xml}]", "confs/gw-carbon.xml"),
        ("[gw.tgz, {from: confs, to: .}]", "confs/repository/conf/carbon.xml"),
    ];
    for (home, file) in homes {
        let deployment = Deployment::new(home);
        deployment.write("gw.tgz", &tar_gz(&gateway("")));
        deployment.write(file, carbon("7").as_bytes());
        let found = deployment.findings().join("\n");
        assert!(found.contains(&format!("{file}:4:13: error[thrift-port-mismatch]")), "{home}: {found}");
    }
}

#[test]
fn an_archive_may_lie_over_a_part_of_the_home() {
    for top in ["", "conf/"] {
        let deployment = Deployment::new("[gw.tgz, {from: confs.zip, to: repository/conf}]");
        deployment.write("gw.tgz", &tar_gz(&gateway("")));
        deployment.write("confs.zip", &zip(&entries(&[(&format!("{top}carbon.xml"), &carbon("7"))])));
        let found = deployment.findings().join("\n");
        assert!(found.contains("confs.zip!/carbon.xml:4:13: error[thrift-port-mismatch]"), "{found}");
    }
}

#[test]
fn layers_that_do_not_fit_are_said() {
    let said = |home: &str, expected: &str| {
        let deployment = Deployment::new(home);
        deployment.write("gw.zip", &zip(&gateway("")));
        deployment.write("confs/gw/carbon.xml", carbon("7").as_bytes());
        deployment.write("confs/gw/else/file.xml", b"");
        deployment.write("confs/gateway/carbon.xml", b"");
        deployment.home_is(expected);
    };
    said(
        "[gw.zip, {from: confs/gw/carbon.xml, to: repository/conf}]",
        "name the file of the home, like `to: repository/conf/carbon.xml`",
    );
    said(
        "[gw.zip, {from: confs/gw, to: repository/conf/carbon.xml}]",
        "it is no single file, but `to: repository/conf/carbon.xml` names one",
    );
    said("[gw.zip, {from: confs/gw/carbon.xml, to: repository/conf/carbn.xml}]", "did you mean repository/conf/carbon.xml?");
    said(
        "[gw.zip, {from: confs/gw/else, to: repository/conf}]",
        "laid over `repository/conf` it holds no file that is known, like carbon.xml",
    );
    said("[gw.zip, {from: confs/gateway-2, to: repository/conf}]", "did you mean confs/gateway?");
}

#[test]
fn a_pattern_may_stand_in_one_layer() {
    let deployment = Deployment::new("km");
    let node = |home: &str| format!("nodes:\n  - {{name: \"gw-*\", role: gateway, home: {home}, host: h}}\n");
    deployment.write("packs/am.zip", &zip(&gateway("am/")));
    for name in ["gw-1", "gw-2"] {
        deployment.write(&format!("confs/{name}/carbon.xml"), carbon("7").as_bytes());
        deployment.write(&format!("packs/{name}.zip"), &zip(&gateway("")));
        deployment.write(&format!("packs/{name}/{CARBON}"), carbon("3").as_bytes());
    }
    let names = |home: &str| {
        deployment.write("topology.yaml", node(home).as_bytes());
        let ports: Value = serde_json::from_str(&deployment.text(&["ports", "--format", "json"])).expect("JSON");
        let of_node = |node: &Value| format!("{} {}", node["name"].as_str().expect("a name"), node["offset"]["value"]);
        ports["nodes"].as_array().expect("nodes").iter().map(of_node).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(names("[packs/am.zip, {from: \"confs/gw-*\", to: repository/conf}]"), "gw-1 7, gw-2 7");
    assert_eq!(names("\"packs/gw-*.zip\""), "gw-1 2, gw-2 2");
    assert_eq!(names("\"packs/gw-*\""), "gw-1 3, gw-2 3");
    assert_eq!(names("{from: \"confs/gw-*/carbon.xml\", to: repository/conf/carbon.xml}"), "gw-1 7, gw-2 7");
    deployment.write("topology.yaml", node("[\"packs/*\", \"confs/*\"]").as_bytes());
    let output = deployment.run(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("two layers of the home of node 'gw-*' are patterns"));
}

#[test]
fn homes_that_a_pattern_finds_outside_are_read() {
    let outside = TempDir::new().expect("a folder");
    fs::create_dir_all(outside.path().join("gw-1/repository/conf")).expect("a folder");
    fs::write(outside.path().join("gw-1").join(CARBON), carbon("4")).expect("a file");
    let deployment = Deployment::new("km");
    let home = outside.path().join("gw-*");
    deployment
        .write("topology.yaml", format!("nodes: [{{name: \"gw-*\", role: gateway, home: \"{}\"}}]", home.display()).as_bytes());
    let ports: Value = serde_json::from_str(&deployment.text(&["ports", "--format", "json"])).expect("JSON");
    assert_eq!(ports["nodes"][0]["offset"]["value"], 4);
}

#[test]
fn a_pack_of_several_nodes_is_read_once() {
    let deployment = Deployment::packed("gw.zip", "wso2am-2.6.0/");
    let mut topology = String::from("nodes:\n");
    for number in 0..50 {
        topology += &format!("  - {{name: gw-{number}, role: gateway, home: [gw.zip, conf-{number}], host: h{number}}}\n");
        deployment.write(&format!("conf-{number}/{CARBON}"), carbon(&number.to_string()).as_bytes());
    }
    deployment.write("topology.yaml", (topology + "  - {name: km, role: key-manager, home: km, host: km}\n").as_bytes());
    deployment.write("gw.zip", &zip(&entries(&[(MANAGER, "<APIManager>")])));
    let found = deployment.findings();
    let malformed = found.iter().filter(|line| line.contains("[file-malformed]")).count();
    assert_eq!(malformed, 1, "{found:#?}");
}

#[test]
fn a_missing_archive_names_the_nearest() {
    let deployment = Deployment::new("packs/wso2am-2.6.zip");
    deployment.write("packs/wso2am-2.6.0.zip", &zip(&gateway("")));
    deployment.home_is("does not exist: packs/wso2am-2.6.zip; did you mean packs/wso2am-2.6.0.zip?");
}

#[test]
fn an_archive_without_any_known_file() {
    for file in ["gw.zip", "gw.tar.gz"] {
        let deployment = Deployment::new(file);
        for inside in [&[][..], &[("other/file.txt", "x")], &[("a/b/c/repository/conf/carbon.xml", "x")]] {
            deployment.write(file, &pack(file, &entries(inside)));
            deployment.home_is("holds no file that is known");
        }
    }
}

#[test]
fn a_broken_archive() {
    for (file, expected) in
        [("gw.zip", "it is no zip file, or is broken or cut off"), ("gw.tgz", "it is no tar.gz file, or is broken or cut off")]
    {
        let deployment = Deployment::new(file);
        let whole = pack(file, &gateway("wso2am-2.6.0/"));
        for bytes in [&whole[..whole.len() / 2], &whole[..whole.len() - 9], b"PK\x03\x04 and no more", b"<html>not found</html>"]
        {
            deployment.write(file, bytes);
            deployment.home_is(expected);
        }
    }
}

#[test]
fn an_archive_with_a_name_that_leads_out() {
    for file in ["gw.zip", "gw.tar.gz"] {
        for name in ["../evil.txt", "wso2am/../../evil.txt", "/etc/evil", "C:\\evil"] {
            let deployment = Deployment::new(file);
            let mut inside = gateway("wso2am/");
            inside.push((name.to_owned(), "x".to_owned()));
            deployment.write(file, &pack(file, &inside));
            deployment.home_is("leads out of the archive");
        }
    }
}

#[test]
fn an_encrypted_entry() {
    let deployment = Deployment::new("gw.zip");
    let mut bytes = zip(&gateway("am/"));
    // The flag in every header, of entries and of the directory.
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, four)| four == mark).map(|(at, _)| at).collect();
        for at in places {
            bytes[at + flags] |= 1;
        }
    }
    deployment.write("gw.zip", &bytes);
    let found = deployment.findings().join("\n");
    assert!(found.contains("gw.zip!/repository/conf/carbon.xml:1:1: error[file-unreadable]"), "{found}");
    assert!(found.contains("it is encrypted in the archive: make the archive anew without a password"), "{found}");
}

#[test]
fn an_entry_that_unpacks_to_too_much() {
    for file in ["gw.zip", "gw.tar.gz"] {
        let deployment = Deployment::new(file);
        let mut inside = gateway("am/");
        inside[2].1 = " ".repeat(17 << 20);
        deployment.write(file, &pack(file, &inside));
        deployment.file_is(&format!("{file}!/{MANAGER}"), "more than the 16777216");
    }
}

#[test]
fn an_entry_that_says_that_it_is_small() {
    let deployment = Deployment::new("gw.zip");
    let mut inside = gateway("am/");
    inside[2].1 = " ".repeat(17 << 20);
    let mut bytes = zip(&inside);
    let last = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").expect("the directory");
    bytes[last + 24..last + 28].copy_from_slice(&10_u32.to_le_bytes());
    deployment.write("gw.zip", &bytes);
    deployment.file_is(&format!("gw.zip!/{MANAGER}"), "it is broken in the archive");
}

#[test]
fn a_link_in_an_archive_stays_in_it() {
    let deployment = Deployment::new("gw.zip");
    let packed = |target: &str| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(CARBON, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(carbon("2").as_bytes()).expect("written");
        zip.start_file("shared/manager.xml", SimpleFileOptions::default()).expect("an entry");
        zip.write_all(manager().as_bytes()).expect("written");
        zip.add_symlink(MANAGER, target, SimpleFileOptions::default()).expect("a link");
        zip.finish().expect("a zip").into_inner()
    };
    deployment.write("gw.zip", &packed("../../shared/manager.xml"));
    let found = deployment.findings().join("\n");
    assert!(found.contains("error[thrift-port-mismatch]") && !found.contains("file-unreadable"), "{found}");
    deployment.write("gw.zip", &packed("../../../km/repository/conf/api-manager.xml"));
    deployment.file_is(&format!("gw.zip!/{MANAGER}"), "leads out of the archive");
}

#[test]
fn a_directory_with_the_name_of_an_archive_is_a_directory() {
    let deployment = Deployment::new("gw.zip");
    for (name, text) in gateway("gw.zip/") {
        deployment.write(&name, text.as_bytes());
    }
    let found = deployment.findings().join("\n");
    assert!(found.contains("gw.zip/repository/conf/carbon.xml:4:13: error[thrift-port-mismatch]"), "{found}");
}

#[cfg(unix)]
#[test]
fn links_beside_an_archive_do_not_lead_out() {
    use std::os::unix::fs::symlink;
    let outside = TempDir::new().expect("a folder");
    let secret: PathBuf = outside.path().join("carbon.xml");
    fs::write(&secret, carbon("7")).expect("a file");
    let deployment = Deployment::new("[gw.zip, {from: confs, to: repository/conf}]");
    deployment.write("gw.zip", &zip(&gateway("")));
    deployment.write("confs/api-manager.xml", manager().as_bytes());
    symlink(&secret, deployment.path().join("confs/carbon.xml")).expect("a link");
    deployment.file_is("confs/carbon.xml", "leads out");
}
