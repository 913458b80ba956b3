//! What `--fix` and `--diff` do to files: bytes before and after, what is refused, and what comes of a run cut short.

use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use carbonlint::fix::Wish;
use carbonlint::project::Engine;
use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CARBON: &str = "repository/conf/carbon.xml";
const MANAGER: &str = "repository/conf/api-manager.xml";

/// A deployment on disk.
struct Deployment(TempDir);

impl Deployment {
    fn new(topology: &str, files: &[(&str, &[u8])]) -> Self {
        let new = Self(TempDir::new().expect("a folder"));
        new.write("topology.yaml", topology.as_bytes());
        for (path, bytes) in files {
            new.write(path, bytes);
        }
        new
    }

    /// Gateway with offset 2 and key manager with offset 5; what the gateway's api-manager.xml says.
    fn mismatch(manager: &[u8]) -> Self {
        let topology = "nodes:\n  - {name: gw, role: gateway, home: gw}\n  - {name: km, role: key-manager, home: km}\n";
        let files: [(&str, &[u8]); 4] = [
            ("gw/repository/conf/carbon.xml", carbon(2).leak().as_bytes()),
            ("gw/repository/conf/api-manager.xml", manager),
            ("km/repository/conf/carbon.xml", carbon(5).leak().as_bytes()),
            ("km/repository/conf/api-manager.xml", SERVER.as_bytes()),
        ];
        Self::new(topology, &files)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).expect("a file")
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path)).expect("UTF-8")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program().current_dir(self.0.path()).arg("check").args(arguments).output().expect("it runs")
    }

    #[track_caller]
    fn fixed(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(&[&["--fix"], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{}{}", said(&output.stdout), said(&output.stderr));
        said(&output.stdout)
    }

    /// Every file below, with its bytes.
    fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.0.path(), &mut found);
        found.sort();
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carbonlint"));
    command.env_clear();
    command
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn carbon(offset: i32) -> String {
    format!("<Server><Version>2.6.0</Version><Ports><Offset>{offset}</Offset></Ports></Server>\n")
}

const SERVER: &str = "<APIManager><APIKeyValidator><EnableThriftServer>true</EnableThriftServer>\
    <ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut></APIKeyValidator></APIManager>\n";

fn client(inside: &str) -> String {
    format!(
        "<APIManager>\n\t<APIKeyValidator>\n\t\t<KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n{inside}\t</APIKeyValidator>\n</APIManager>\n"
    )
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}

fn example(name: &str) -> Deployment {
    let folder = TempDir::new().expect("a folder");
    copy(&Path::new(ROOT).join("examples").join(name), folder.path());
    Deployment(folder)
}

#[test]
fn the_documentations_example_is_mended_on_either_side() {
    for (arguments, mended) in
        [(&[][..], "offset-mismatch-client-raised"), (&["--prefer", "server"], "offset-mismatch-server-lowered")]
    {
        let (deployment, wanted) = (example("offset-mismatch"), example(mended));
        deployment.fixed(arguments, 0);
        for node in ["gw", "km"] {
            for file in [CARBON, MANAGER] {
                let path = format!("homes/{node}/{file}");
                assert!(deployment.read(&path) == wanted.read(&path), "{mended}: {path}");
            }
        }
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let deployment = Deployment::mismatch(client("").as_bytes());
    deployment.fixed(&[], 0);
    let after = deployment.all();
    let report = deployment.fixed(&["--unsafe-fixes"], 0);
    assert!(report.starts_with("no errors or warnings"), "{report}");
    assert_eq!(deployment.all(), after);
}

#[test]
fn the_report_says_what_was_done_and_who_has_to_be_restarted() {
    let deployment = Deployment::mismatch(client("").as_bytes());
    let report = deployment.fixed(&[], 0);
    assert!(report.starts_with("mended 1 finding in 1 file\n  thrift-port-mismatch: raise the client port by 3 (gw, km)\n"));
    assert!(report.contains("\n    gw/repository/conf/api-manager.xml:4\n    + <ThriftClientPort>10402</ThriftClientPort>\n"));
    assert!(report.contains("\nrestart gw: "), "{report}");

    let deployment = Deployment::mismatch(client("").as_bytes());
    let output = deployment.run(&["--fix", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["summary"]["fixed"], &json["summary"]["errors"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(json["findings"], Value::Array(Vec::new()));
    assert!(said(&output.stderr).starts_with("mended 1 finding in 1 file; restart gw"), "{}", said(&output.stderr));
}

#[test]
fn elements_are_uncommented_replaced_or_inserted_where_they_belong() {
    let port = |number: &str| format!("\t\t<ThriftClientPort>{number}</ThriftClientPort>\n");
    let long = "\t\t<!-- <ThriftClientPort>1</ThriftClientPort> and more -->\n";
    let cases = [
        ("\t\t<!--ThriftClientPort>10397</ThriftClientPort-->\n".to_owned(), port("10402")),
        ("\t\t<!-- <ThriftClientPort>10397</ThriftClientPort> -->\n".to_owned(), port("10402")),
        (port("10399"), port("10402")),
        (String::new(), port("10402")),
        // A comment that holds more is not torn apart.
        (long.to_owned(), port("10402") + long),
    ];
    for (before, after) in cases {
        let deployment = Deployment::mismatch(client(&before).as_bytes());
        deployment.fixed(&[], 0);
        assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), client(&after));
    }
}

#[test]
fn what_is_not_written_plainly_is_shown_and_left() {
    for port in ["1&#48;399", "<![CDATA[10399]]>", "10<!-- x -->399"] {
        let written = client(&format!("\t\t<ThriftClientPort>{port}</ThriftClientPort>\n"));
        let deployment = Deployment::mismatch(written.as_bytes());
        let before = deployment.all();
        // The server's side can be edited, but that is the second choice: it is taken, for it is safe too.
        let report = deployment.fixed(&[], 0);
        assert!(report.contains("lower the server port by 3"), "{report}");
        assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), written);
        assert_ne!(deployment.all(), before);
    }
}

#[test]
fn bytes_outside_the_edit_stay_whatever_the_encoding() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let before = "<!-- ä --><APIManager>\r\n\t<APIKeyValidator>\r\n\t\t<KeyValidatorClientType>ThriftClient</KeyValidatorClientType> <!-- ö -->\r\n\t</APIKeyValidator>\r\n</APIManager>";
    let after = before.replace("<!-- ö -->\r\n", "<!-- ö -->\r\n\t\t<ThriftClientPort>10402</ThriftClientPort>\r\n");
    let latin = |text: &str| -> Vec<u8> {
        let declared = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n{text}");
        declared.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
    };
    let marked = |text: &str| [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    for (before, after) in [
        (before.as_bytes().to_vec(), after.as_bytes().to_vec()),
        (latin(before), latin(&after)),
        (marked(before), marked(&after)),
        (utf16(before, false), utf16(&after, false)),
        (utf16(before, true), utf16(&after, true)),
    ] {
        let deployment = Deployment::mismatch(&before);
        deployment.fixed(&[], 0);
        assert_eq!(deployment.read("gw/repository/conf/api-manager.xml"), after);
    }
}

#[test]
fn a_file_whose_encoding_cannot_hold_the_new_text_is_left() {
    let topology = "nodes:\n  - {name: gw, role: gateway, home: gw, host: gw}\n  - {name: km, role: key-manager, home: km, host: schlüssel}\n";
    let url = "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>\n<APIManager><APIKeyValidator><ServerURL>https://localhost:9443/services/</ServerURL></APIKeyValidator></APIManager>";
    let deployment = Deployment::new(
        topology,
        &[
            ("gw/repository/conf/carbon.xml", carbon(0).as_bytes()),
            ("gw/repository/conf/api-manager.xml", url.as_bytes()),
            ("km/repository/conf/carbon.xml", carbon(0).as_bytes()),
        ],
    );
    let report = deployment.fixed(&[], 1);
    assert!(
        report.contains("error[link-still-local]") && report.contains("its encoding has no bytes for the new text"),
        "{report}"
    );
    assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), url);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_mode_stays_and_a_link_is_followed() {
        let deployment = Deployment::mismatch(client("").as_bytes());
        let (link, target) = (deployment.path("gw/repository/conf/api-manager.xml"), deployment.path("shared/manager.xml"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::rename(&link, &target).expect("moved");
        symlink("../../../shared/manager.xml", &link).expect("a link");
        fs::set_permissions(&target, Permissions::from_mode(0o640)).expect("a mode");
        deployment.fixed(&[], 0);
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&target).expect("there").permissions().mode() & 0o7777, 0o640);
        assert!(deployment.text("shared/manager.xml").contains("<ThriftClientPort>10402<"));
    }

    #[test]
    fn a_read_only_file_is_left_and_the_run_fails() {
        let deployment = Deployment::mismatch(client("").as_bytes());
        let path = deployment.path("gw/repository/conf/api-manager.xml");
        fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("a mode");
        fs::set_permissions(deployment.path("km/repository/conf/api-manager.xml"), Permissions::from_mode(0o444))
            .expect("a mode");
        let before = deployment.all();
        let output = deployment.run(&["--fix"]);
        assert_eq!(output.status.code(), Some(2));
        let error = said(&output.stderr);
        assert!(error.contains("gw/repository/conf/api-manager.xml is not mended: it is read-only"), "{error}");
        assert!(said(&output.stdout).contains("error[thrift-port-mismatch]"), "what remains is reported");
        assert_eq!(deployment.all(), before, "and nothing is left behind");
    }

    #[test]
    fn a_file_with_a_second_name_is_left() {
        let deployment = Deployment::mismatch(client("").as_bytes());
        fs::hard_link(deployment.path("gw/repository/conf/api-manager.xml"), deployment.path("other.xml")).expect("a link");
        let before = deployment.all();
        let output = deployment.run(&["--fix"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output.stderr).contains("it has several names (hard links)"), "{}", said(&output.stderr));
        assert_eq!(deployment.all(), before);
    }

    #[test]
    fn a_full_disk_leaves_every_file_as_it_was() {
        let deployment = Deployment::mismatch(client("").as_bytes());
        let before = deployment.all();
        // Files may not grow beyond nothing: what a full disk does to whoever writes.
        let script = format!("trap '' XFSZ; ulimit -f 0; exec {} check --fix", env!("CARGO_BIN_EXE_carbonlint"));
        let output = Command::new("sh").arg("-c").arg(script).current_dir(deployment.0.path()).output().expect("a shell");
        assert_eq!(output.status.code(), Some(2), "{}", said(&output.stderr));
        assert!(said(&output.stderr).contains("is not mended: it cannot be written"), "{}", said(&output.stderr));
        assert_eq!(deployment.all(), before);
    }

    #[test]
    fn killed_at_any_moment_each_file_is_the_old_or_the_new_one() {
        const GATEWAYS: usize = 120;
        let mut topology = "nodes:\n  - {name: km, role: key-manager, home: km}\n".to_owned();
        for gateway in 0..GATEWAYS {
            topology.push_str(&format!("  - {{name: gw-{gateway}, role: gateway, home: gw-{gateway}}}\n"));
        }
        let (old, new) = (client(""), client("\t\t<ThriftClientPort>10402</ThriftClientPort>\n"));
        let (mut cut_short, mut whole, mut length) = (0, 0, Duration::ZERO);
        // The first run tells how long one takes, the others are killed ever later in it.
        for attempt in 0..25 {
            let deployment = Deployment::new(&topology, &[("km/repository/conf/carbon.xml", carbon(5).as_bytes())]);
            for gateway in 0..GATEWAYS {
                deployment.write(&format!("gw-{gateway}/{CARBON}"), carbon(2).as_bytes());
                deployment.write(&format!("gw-{gateway}/{MANAGER}"), old.as_bytes());
            }
            let mut command = program();
            command.current_dir(deployment.0.path()).args(["check", "--fix"]).stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            let mut child = command.spawn().expect("it runs");
            if attempt > 0 {
                std::thread::sleep(length.mul_f64(0.4 + 0.03 * f64::from(attempt)));
                child.kill().expect("it can be killed");
            }
            child.wait().expect("it ends");
            length = length.max(start.elapsed());
            let texts: Vec<String> = (0..GATEWAYS).map(|gateway| deployment.text(&format!("gw-{gateway}/{MANAGER}"))).collect();
            assert!(texts.iter().all(|text| *text == old || *text == new));
            let done = texts.iter().filter(|text| **text == new).count();
            cut_short += usize::from(done > 0 && done < GATEWAYS);
            whole += usize::from(done == GATEWAYS);
        }
        println!("{cut_short} runs cut short between files, {whole} that came to their end");
        assert!(whole > 0, "no run got as far as writing");
    }
}

#[test]
fn a_file_that_changed_since_it_was_read_is_left() {
    let deployment = Deployment::mismatch(client("").as_bytes());
    let engine = Engine::new().expect("the embedded rules load");
    let project = engine.open(&deployment.path("topology.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let linted = engine.lint(&project, &std::collections::HashMap::new());
    let other = client("\t\t<ThriftClientPort>10500</ThriftClientPort>\n");
    deployment.write("gw/repository/conf/api-manager.xml", other.as_bytes());
    let mended = engine.mend(&project, &linted, &std::collections::HashMap::new(), Wish::default());
    assert_eq!(mended.refused.len(), 1);
    assert!(mended.refused[0].1.contains("changed since it was read"), "{:?}", mended.refused);
    assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), other);
}

#[test]
fn git_takes_the_diff_and_it_brings_what_fix_writes() {
    let manager = client("\t\t<!--ThriftClientPort>10397</ThriftClientPort-->\n").replace('\n', "\r\n");
    let (shown, mended) = (Deployment::mismatch(manager.as_bytes()), Deployment::mismatch(manager.as_bytes()));
    let before = shown.all();
    let output = shown.run(&["--diff"]);
    assert_eq!(output.status.code(), Some(1), "the status of the deployment as it is");
    assert_eq!(shown.all(), before, "nothing is written");
    shown.write("mend.patch", &output.stdout);
    let git = Command::new("git").args(["apply", "-p1", "mend.patch"]).current_dir(shown.0.path()).output();
    let Ok(git) = git else {
        println!("skipped: no git");
        return;
    };
    assert!(git.status.success(), "{}", said(&git.stderr));
    mended.fixed(&[], 0);
    for node in ["gw", "km"] {
        let path = format!("{node}/{MANAGER}");
        assert_eq!(shown.read(&path), mended.read(&path));
    }
}

#[test]
fn a_diff_shows_no_secret_and_says_what_it_leaves_out() {
    let near = client("\t\t<ThriftClientPort>10399</ThriftClientPort>\n\t\t<A/>\n\t\t<Password>hunter2</Password>\n");
    let deployment = Deployment::mismatch(near.as_bytes());
    let output = deployment.run(&["--diff"]);
    let diff = said(&output.stdout);
    assert!(diff.contains("+\t\t<ThriftClientPort>10402</ThriftClientPort>\n \t\t<A/>\n"), "{diff}");
    assert!(!diff.contains("hunter2") && output.stderr.is_empty());

    let beside = client("\t\t<ThriftClientPort>10399</ThriftClientPort><Password>hunter2</Password>\n");
    let deployment = Deployment::mismatch(beside.as_bytes());
    let output = deployment.run(&["--diff"]);
    assert!(output.stdout.is_empty(), "{}", said(&output.stdout));
    let left_out = said(&output.stderr);
    assert!(left_out.contains("gw/repository/conf/api-manager.xml:4: the line holds a secret"), "{left_out}");
    assert!(left_out.starts_with("not shown: ") && left_out.trim_end().ends_with("; --fix makes the change"), "{left_out}");
    // What cannot be shown can be mended all the same.
    let report = deployment.fixed(&[], 0);
    assert!(!report.contains("hunter2"), "{report}");
    assert!(deployment.text("gw/repository/conf/api-manager.xml").contains("10402</ThriftClientPort><Password>hunter2<"));
}

fn gateways(offsets: &[i32], key_manager: i32) -> Deployment {
    let mut topology = "nodes:\n  - {name: km, role: key-manager, home: km}\n".to_owned();
    for (index, _) in offsets.iter().enumerate() {
        topology.push_str(&format!("  - {{name: gw-{index}, role: gateway, home: gw-{index}}}\n"));
    }
    let deployment = Deployment::new(&topology, &[]);
    deployment.write(&format!("km/{CARBON}"), carbon(key_manager).as_bytes());
    deployment.write(&format!("km/{MANAGER}"), SERVER.as_bytes());
    for (index, offset) in offsets.iter().enumerate() {
        deployment.write(&format!("gw-{index}/{CARBON}"), carbon(*offset).as_bytes());
        deployment.write(&format!("gw-{index}/{MANAGER}"), client("").as_bytes());
    }
    deployment
}

#[test]
fn several_gateways_are_mended_each_on_its_own_side() {
    let deployment = gateways(&[2, 3, 5], 5);
    deployment.fixed(&[], 0);
    assert_eq!(deployment.text(&format!("km/{MANAGER}")), SERVER);
    for (index, port) in [(0, true), (1, true), (2, false)] {
        let text = deployment.text(&format!("gw-{index}/{MANAGER}"));
        assert_eq!(text.contains("<ThriftClientPort>10402</ThriftClientPort>"), port, "gw-{index}");
    }
}

#[test]
fn the_server_is_changed_once_where_that_suits_every_gateway() {
    let deployment = gateways(&[2, 2, 2], 5);
    let report = deployment.fixed(&["--prefer", "server"], 0);
    assert!(report.starts_with("mended 3 findings in 1 file"), "{report}");
    assert!(deployment.text(&format!("km/{MANAGER}")).contains("<ThriftServerPort>10399</ThriftServerPort>"));
}

#[test]
fn the_server_is_left_where_another_gateway_relies_on_it() {
    let deployment = gateways(&[2, 5], 5);
    deployment.fixed(&["--prefer", "server"], 0);
    assert_eq!(deployment.text(&format!("km/{MANAGER}")), SERVER);
    assert!(deployment.text(&format!("gw-0/{MANAGER}")).contains("<ThriftClientPort>10402</ThriftClientPort>"));
}

#[test]
fn a_home_of_several_nodes_is_changed_only_where_that_suits_all() {
    let one_home = |second: &str| {
        let topology = format!(
            "nodes:\n  - {{name: km, role: key-manager, home: km}}\n  - {{name: a, role: gateway, home: gw, port_offset: 2}}\n  - {{name: b, role: gateway, home: ./gw, port_offset: {second}}}\n"
        );
        let deployment = Deployment::new(&topology, &[]);
        deployment.write(&format!("km/{CARBON}"), carbon(5).as_bytes());
        deployment.write(&format!("km/{MANAGER}"), SERVER.as_bytes());
        deployment.write(&format!("gw/{CARBON}"), carbon(0).as_bytes());
        deployment.write(&format!("gw/{MANAGER}"), client("").as_bytes());
        deployment
    };
    let suits = one_home("3");
    suits.fixed(&[], 0);
    assert!(suits.text(&format!("gw/{MANAGER}")).contains("<ThriftClientPort>10402</ThriftClientPort>"));

    // b calls the right port now and would go on doing so; but nobody asked for a change there.
    let left = one_home("5");
    let report = left.fixed(&[], 1);
    assert!(report.contains("2 nodes read this file, and not all of them need the change"), "{report}");
    assert_eq!(left.text(&format!("gw/{MANAGER}")), client(""));
}

#[test]
fn infos_are_mended_only_where_somebody_made_more_of_them() {
    let topology = "nodes: [{name: pub, role: publisher, home: pub}]";
    let file = ("pub/repository/conf/api-manager.xml", SERVER.as_bytes());
    let deployment = Deployment::new(topology, &[("pub/repository/conf/carbon.xml", carbon(0).as_bytes()), file]);
    deployment.fixed(&["--unsafe-fixes"], 0);
    assert_eq!(deployment.text(file.0), SERVER);
    deployment.fixed(&["--unsafe-fixes", "--rule", "thrift-server-unneeded=warning"], 0);
    assert!(deployment.text(file.0).contains("<EnableThriftServer>false</EnableThriftServer>"));
}

#[test]
fn a_collision_is_mended_with_every_call_that_must_follow() {
    let topology = "nodes:\n  - {name: gw, role: gateway, home: gw, host: gw, machine: vm}\n  - {name: km, role: key-manager, home: km, host: km, machine: vm}\n";
    let url = "<APIManager><APIKeyValidator><ServerURL>https://km:9443/services/</ServerURL></APIKeyValidator></APIManager>";
    let deployment = Deployment::new(
        topology,
        &[
            ("gw/repository/conf/carbon.xml", carbon(0).as_bytes()),
            ("gw/repository/conf/api-manager.xml", url.as_bytes()),
            ("km/repository/conf/carbon.xml", carbon(0).as_bytes()),
        ],
    );
    deployment.fixed(&[], 1);
    deployment.fixed(&["--unsafe-fixes"], 0);
    assert!(deployment.text("km/repository/conf/carbon.xml").contains("<Offset>1</Offset>"));
    assert!(deployment.text("gw/repository/conf/api-manager.xml").contains("https://km:9444/services/"));
}

#[test]
fn what_names_the_other_of_two_that_collide_does_not_follow() {
    let folder = TempDir::new().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write(
        "topology.yaml",
        "defaults: {product: 4.3.0}\nnodes:\n  - {name: cp, role: control-plane, home: cp, host: cp.example.com, machine: m1}\n  \
         - {name: tm, role: traffic-manager, home: tm, host: tm.example.com, machine: m1}\n",
    );
    let cp = "[apim.throttling]\nservice_url = \"https://tm.example.com:9444/services/\"\n\
              [[apim.event_hub.publish.url_group]]\nurls = [\"tcp://cp.example.com:9611\"]\nauth_urls = [\"ssl://cp.example.com:9711\"]\n";
    write("cp/repository/conf/deployment.toml", cp);
    write("tm/repository/conf/deployment.toml", "[server]\nhostname = \"tm.example.com\"\n");
    let output = program()
        .current_dir(folder.path())
        .args(["check", "--fix", "--unsafe-fixes", "--format", "short"])
        .output()
        .expect("it runs");
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect("a file");
    assert_eq!(read("cp/repository/conf/deployment.toml"), cp, "{}", String::from_utf8_lossy(&output.stdout));
    assert!(read("tm/repository/conf/deployment.toml").ends_with("offset = 1\n"));
}

#[test]
fn an_offset_that_is_none_mends_nothing_after_it() {
    let deployment = Deployment::mismatch(client("").as_bytes());
    deployment
        .write("km/repository/conf/carbon.xml", b"<Server><Version>2.6.0</Version><Ports><Offset>five</Offset></Ports></Server>");
    let before = deployment.all();
    let report = deployment.fixed(&[], 1);
    assert!(report.contains("error[offset-invalid]"), "{report}");
    assert!(report.contains("1 error"), "{report}");
    // Calls that do not fit a guess are no mistakes of those who call.
    let all = deployment.fixed(&["--verbose", "--unsafe-fixes"], 1);
    assert!(all.contains("info[thrift-port-mismatch]"), "{all}");
    assert!(all.contains("unsafe: the offset of km is a guess: mend that first"), "{all}");
    assert_eq!(deployment.all(), before);
}

#[test]
fn every_bare_ampersand_of_a_file_is_mended_at_once() {
    let broken = client("\t\t<Password>a&b&c</Password>\n\t\t<ThriftClientPort>10402</ThriftClientPort>\n");
    let deployment = Deployment::mismatch(broken.as_bytes());
    let report = deployment.fixed(&[], 0);
    assert!(!report.contains("a&"), "{report}");
    assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), broken.replace('&', "&amp;"));
}

#[test]
fn the_servers_side_is_left_where_its_file_is_read_by_another_too() {
    let topology = "nodes:\n  - {name: km1, role: key-manager, home: km}\n  - {name: km2, role: key-manager, home: km}\n  - {name: gw, role: gateway, home: gw, key_manager: km1}\n";
    let deployment = Deployment::new(topology, &[]);
    deployment.write(&format!("km/{CARBON}"), carbon(0).as_bytes());
    deployment.write(&format!("km/{MANAGER}"), SERVER.as_bytes());
    deployment.write(&format!("gw/{CARBON}"), carbon(3).as_bytes());
    deployment.write(&format!("gw/{MANAGER}"), client("").as_bytes());
    deployment.fixed(&["--prefer", "server"], 0);
    assert_eq!(deployment.text(&format!("km/{MANAGER}")), SERVER);
    assert!(deployment.text(&format!("gw/{MANAGER}")).contains("<ThriftClientPort>10397</ThriftClientPort>"));
}

#[test]
fn a_fix_is_shown_in_whole_or_not_at_all() {
    let topology = "nodes:\n  - {name: tm, role: traffic-manager, home: tm, host: tm, machine: vm}\n  - {name: km, role: key-manager, home: km, host: km, machine: vm}\n  - {name: gw, role: gateway, home: gw, host: gw}\n";
    let url = "<APIManager><APIKeyValidator><ServerURL>https://admin:hunter2@km:9443/services/</ServerURL></APIKeyValidator></APIManager>";
    let deployment = Deployment::new(topology, &[]);
    for node in ["tm", "km", "gw"] {
        deployment.write(&format!("{node}/{CARBON}"), carbon(0).as_bytes());
    }
    deployment.write(&format!("gw/{MANAGER}"), url.as_bytes());
    let output = deployment.run(&["--diff", "--unsafe-fixes"]);
    assert!(output.stdout.is_empty(), "{}", said(&output.stdout));
    assert!(said(&output.stderr).contains("gw/repository/conf/api-manager.xml:1: the line holds a secret"));
    assert!(!said(&output.stderr).contains("hunter2"));
}

#[test]
fn a_host_that_is_only_taken_for_a_node_is_not_mended_unasked() {
    let manager = |host: &str| {
        format!(
            "<APIManager><APIKeyValidator><ServerURL>https://{host}:9443/services/</ServerURL>\
             <KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator></APIManager>"
        )
    };
    let deployment = Deployment::mismatch(manager("keys.example.com").as_bytes());
    let nodes = ["gw=gateway:gw", "km=key-manager:km"];
    let printed = deployment.fixed(&nodes, 1);
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "that keys.example.com is km is a guess: nothing says so but its role; give km that `host` in a topology";
    assert!(words.contains(&format!("write 9448 (unsafe: {why})")), "{printed}");
    assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), manager("keys.example.com"));
    deployment.fixed(&[&nodes[..], &["--unsafe-fixes"]].concat(), 0);
    assert_eq!(deployment.text("gw/repository/conf/api-manager.xml"), manager("keys.example.com").replace("9443", "9448"));

    let called_so = Deployment::mismatch(manager("km.example.com").as_bytes());
    called_so.fixed(&nodes, 0);
    assert_eq!(called_so.text("gw/repository/conf/api-manager.xml"), manager("km.example.com").replace("9443", "9448"));
}

/// Publisher, store and gateway call a key manager on the ports given; what it has is offset 2.
fn calls_to_key_manager(ports: [i32; 3]) -> Deployment {
    let topology = "nodes:\n  - {name: km, role: key-manager, home: km, host: km}\n  - {name: gw, role: gateway, home: gw, host: gw}\n  \
                    - {name: pub, role: publisher, home: pub, host: pub}\n  - {name: store, role: store, home: store, host: store}\n";
    let deployment = Deployment::new(topology, &[]);
    deployment.write(&format!("km/{CARBON}"), carbon(2).as_bytes());
    for (node, element, port) in
        [("gw", "APIKeyValidator", ports[0]), ("pub", "AuthManager", ports[1]), ("store", "AuthManager", ports[2])]
    {
        let url = format!("<ServerURL>https://km:{port}/services/</ServerURL>");
        deployment.write(&format!("{node}/{CARBON}"), carbon(0).as_bytes());
        deployment.write(
            &format!("{node}/{MANAGER}"),
            format!(
                "<APIManager><{element}>{url}<KeyValidatorClientType>WSClient</KeyValidatorClientType></{element}></APIManager>"
            )
            .as_bytes(),
        );
    }
    deployment
}

#[test]
fn callers_are_left_alone_where_the_files_of_all_agree_on_another_offset() {
    let deployment = calls_to_key_manager([9446; 3]);
    let before = deployment.all();
    let report = deployment.fixed(&[], 1);
    assert_eq!(deployment.all(), before, "{report}");
    let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "all 3 calls to km go by offset 3, in 3 files: its offset 2 (carbon.xml) is more likely the slip";
    assert!(words.contains(note), "{report}");
    let (cause, caller) = (report.find("give km offset 3").expect("the cause"), report.find("write 9445").expect("the callers"));
    assert!(cause < caller, "{report}");
    for options in [&["--unsafe-fixes"][..], &["--prefer", "server"]] {
        let deployment = calls_to_key_manager([9446; 3]);
        let report = deployment.fixed(options, 0);
        assert!(report.starts_with("mended 3 findings in 1 file"), "{options:?}: {report}");
        assert!(deployment.text(&format!("km/{CARBON}")).contains("<Offset>3</Offset>"), "{options:?}");
    }
}

#[test]
fn callers_are_mended_where_they_disagree_or_name_the_default_port() {
    for (ports, changed) in [([9446, 9445, 9445], 1), ([9446, 9447, 9446], 3), ([9443; 3], 3)] {
        let deployment = calls_to_key_manager(ports);
        let report = deployment.fixed(&[], 0);
        assert!(report.starts_with(&format!("mended {changed} finding")), "{ports:?}: {report}");
        assert!(deployment.text(&format!("km/{CARBON}")).contains("<Offset>2</Offset>"), "{ports:?}");
    }
}

#[test]
fn the_server_gets_the_offset_of_its_callers_where_that_side_is_preferred() {
    // One caller only, two of them, and one that disagrees.
    for (ports, offset) in [([9444; 3], 1), ([9443; 3], 0), ([9444, 9445, 9444], 2)] {
        let deployment = calls_to_key_manager(ports);
        deployment.fixed(&["--prefer", "server"], 0);
        assert!(deployment.text(&format!("km/{CARBON}")).contains(&format!("<Offset>{offset}</Offset>")), "{ports:?}");
    }
    let topology =
        "nodes:\n  - {name: km, role: key-manager, home: km, host: km}\n  - {name: gw, role: gateway, home: gw, host: gw}\n";
    let caller = "<APIManager><APIKeyValidator><ServerURL>https://km:9443/services/</ServerURL>\
                  <KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator></APIManager>";
    for (options, offset, title) in
        [(&[][..], 1, "write 9444"), (&["--prefer", "server"], 0, "give km offset 0, by which this call goes")]
    {
        let deployment = Deployment::new(topology, &[]);
        deployment.write(&format!("km/{CARBON}"), carbon(1).as_bytes());
        deployment.write(&format!("gw/{CARBON}"), carbon(0).as_bytes());
        deployment.write(&format!("gw/{MANAGER}"), caller.as_bytes());
        let report = deployment.fixed(options, 0);
        assert!(report.contains(title), "{report}");
        assert!(deployment.text(&format!("km/{CARBON}")).contains(&format!("<Offset>{offset}</Offset>")), "{report}");
    }
}
