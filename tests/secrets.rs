//! No secret is ever printed: whatever files hold, whole or broken, and in whatever format the report is.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use carbonlint::fix::{FileChange, Wish};
use carbonlint::home::Memory;
use carbonlint::lint::Side;
use carbonlint::project::{Engine, OpenError};
use carbonlint::report::{
    Report, Run, Style, explain, github, gitlab, human, json, junit, links, ports, sarif, short, topology_errors, unified,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("the embedded rules load"));

/// The secret; no rule, name or message holds it.
const MARKER: &str = "Zq9hunterWx";

const CARBON: &str = "repository/conf/carbon.xml";
const API_MANAGER: &str = "repository/conf/api-manager.xml";
const TOML: &str = "repository/conf/deployment.toml";
const JNDI: &str = "repository/conf/jndi.properties";
const SCRIPT: &str = "bin/wso2server.sh";
const BATCH: &str = "bin/wso2server.bat";
const TOPOLOGY: &str = "topology.yaml";

/// A file and, line by line, what may stand in it; at `@` there is the secret.
const PIECES: &[(&str, &[&str])] = &[
    (
        CARBON,
        &[
            "<Password>@</Password>",
            "<!-- password: @ -->",
            "<!-- credentials: admin @ -->",
            "<!--\n the password was\n @\n-->",
            "<Property><Name>password</Name><Description/><Value>@</Value></Property>",
            "<Property>\n<Value>@</Value>\n<Name>password</Name>\n</Property>",
            "<Property value=\"@\" name=\"password\"/>",
            "<KeyStorePassword>\n  @\n</KeyStorePassword>",
            "<ServerURL>https://admin:@@km:9443/services/</ServerURL>",
            "<Ports><Offset>70000</Offset></Ports>",
        ],
    ),
    (
        API_MANAGER,
        &[
            "<ClientSecret>@</ClientSecret>",
            "<APIKeyValidator><ServerURL>https://admin:@@nobody:9443/services/</ServerURL><Password>@</Password></APIKeyValidator>",
            "<APIKeyValidator><ThriftClientPort>1</ThriftClientPort><!-- password @ --></APIKeyValidator>",
        ],
    ),
    (
        TOML,
        &[
            "password = \"\"\"\n@\n\"\"\"",
            "keystore_password = '''\n@\n'''",
            "passwords = [\n  \"@\",\n  \"@\"\n]",
            "[secrets]\nalias = \"@\"",
            "[database.credentials]\nuser = \"@\"",
            "x = { b = { password = '@' } }",
            "# old password @",
            "y = 1 # password is @",
            "cert = \"\"\"\n-----BEGIN RSA PRIVATE KEY-----\n@\n-----END RSA PRIVATE KEY-----\n\"\"\"",
            "[server]\noffset = \"70000\"",
            "[apim.key_manager]\nservice_url = \"https://admin:@@nobody:9443/services/\"",
        ],
    ),
    (
        JNDI,
        &[
            "password=abc\\\n@",
            "# password was @",
            "connectionfactory.TopicConnectionFactory = amqp://admin:@@clientid/carbon?brokerlist='tcp://nobody:5672'",
        ],
    ),
    (
        SCRIPT,
        &[
            "DBPASS=@",
            "export SECRET_KEY=@",
            "curl -u a:@",
            "mysql -p@",
            "sshpass -p @ ssh x",
            "PASSWORD=\"abc\n@\"",
            "keytool -storepass @ -keypass @",
            "$JAVACMD -Djavax.net.ssl.trustStorePassword=@ -DportOffset=70000 Bootstrap $* # old password @",
            "JAVA_OPTS=\"-Ddb.password=@ -DportOffset=7\"",
        ],
    ),
    (BATCH, &["set PASSWORD=@", "set \"PASSWORD=@\"", "set CMD_LINE_ARGS=-DportOffset=70001 -Ddb.password=@"]),
    (
        TOPOLOGY,
        &[
            "  - {name: gw2, role: gateway, home: gw, environment: {DB_PASSWORD: @}}",
            "  - {name: gw2, role: gateway, home: gw, properties: {db.password: \"@\"}, port_offset: x}",
            "  - name: gw2\n    role: gateway\n    home: gw\n    environment:\n      DB_PASSWORD: @\n    # old password @",
            "  - name: gw2\n    role: gateway\n    home: none\n    environment: {\n      DB_PASSWORD: @,\n      A: b }",
            "  - name: gw2\n    role: gateway\n    home: gw\n    start: curl -u admin:@ ; sh wso2server.sh -DportOffset=3",
        ],
    ),
];

/// Everything that is ever printed of a deployment.
fn everything(files: &HashMap<&str, Vec<u8>>) -> String {
    let mut memory = Memory::default();
    for (path, bytes) in files.iter().filter(|(path, _)| **path != TOPOLOGY) {
        memory.insert(format!("gw/{path}"), bytes.clone());
    }
    let topology = String::from_utf8_lossy(&files[TOPOLOGY]).into_owned();
    let style = Style { verbose: true, width: 200, ..Style::default() };
    let project = match ENGINE.open_in(&memory, Path::new(""), &topology) {
        Ok(project) => project,
        Err(error @ OpenError::Topology { .. }) => return format!("{}{error}", topology_errors::render(&error, &style)),
        Err(error) => return error.to_string(),
    };
    let linted = ENGINE.lint(&project, &HashMap::new());
    let report = Report { project: &project, linted: &linted, mended: None };
    let run = Run { rules: &ENGINE.rules, reports: vec![report], unread: Vec::new(), show_ignored: false };
    let mut parts = vec![
        human::render(&run, &style),
        short::render(&run),
        json::render(&run),
        sarif::render(&run),
        github::render(&run),
        gitlab::render(&run),
        junit::render(&run),
        ports::human(&project, &|_| true),
        links::json(&project, &|_| true),
    ];
    parts.extend(project.model.nodes.iter().filter_map(|node| explain::render(&project, &node.name).ok()));
    for link in project.model.links.iter().take(40) {
        let id = &project.model.catalogue().links[link.spec].id;
        parts.extend(explain::render(&project, &format!("gw.{id}")).ok());
    }
    let wish = Wish { unsafe_fixes: true, prefer: Side::Client };
    let plan = ENGINE.plan(&project, &linted, &HashMap::new(), wish, &unified::objection);
    let broken = |change: &FileChange| !project.model.is_understood(change.source);
    let diff = unified::render(&plan.files, |change| change.name.clone(), broken);
    parts.push(String::from_utf8_lossy(&diff.bytes).into_owned());
    parts.extend(diff.left_out);
    parts.concat()
}

/// A file of pieces, each with the secret in it, within what the file needs around them.
fn file(path: &str, pieces: &[&str]) -> String {
    let marked = |piece: &str| piece.replacen("@@", &format!("{MARKER}\u{1}"), 1).replace('@', MARKER);
    let body: String = pieces.iter().flat_map(|piece| [marked(piece), "\n".to_owned()]).collect();
    let body = body.replace('\u{1}', "@");
    match path {
        CARBON => format!("<Server>\n<Version>2.6.0</Version>\n{body}</Server>\n"),
        API_MANAGER => format!("<APIManager>\n{body}</APIManager>\n"),
        TOPOLOGY => format!("nodes:\n  - {{name: gw, role: gateway, home: gw}}\n{body}"),
        _ => body,
    }
}

/// Whether a byte may be lost: of a name only where it stays one that says what it is.
fn may_go(text: &str, at: usize) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let start = text[..at].rfind(|c| !is_letter(c)).map_or(0, |before| before + 1);
    let end = text[at..].find(|c| !is_letter(c)).map_or(text.len(), |length| at + length);
    let word = text[start..end].to_lowercase();
    end == at || ["password", "secrets", "credentials"].contains(&word.as_str())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]
    #[test]
    fn no_secret_is_printed(
        which in 0..PIECES.len(),
        picks in proptest::collection::vec(0..1000_usize, 1..5),
        cut in proptest::option::weighted(0.8, 0..100_000_usize),
        next_to_a_table in any::<bool>(),
    ) {
        let (path, pieces) = PIECES[which];
        let chosen: Vec<&str> = picks.iter().map(|pick| pieces[pick % pieces.len()]).collect();
        let mut text = file(path, &chosen);
        let places: Vec<usize> = (0..text.len()).filter(|at| may_go(&text, *at)).collect();
        if let Some(cut) = cut {
            text.remove(places[cut % places.len()]);
        }
        let mut files: HashMap<&str, Vec<u8>> = HashMap::new();
        files.insert(CARBON, file(CARBON, &[]).into_bytes());
        files.insert(TOPOLOGY, file(TOPOLOGY, &[]).into_bytes());
        if next_to_a_table && path == CARBON {
            files.insert(TOML, b"[server]\noffset = 1\n".to_vec());
        }
        files.insert(path, text.clone().into_bytes());
        let said = everything(&files);
        let at = said.find(MARKER).map(|at| said[..at].rfind('\n').unwrap_or(0)..(at + 300).min(said.len()));
        prop_assert!(at.is_none(), "{path}\n{text}\n--- said\n{}", said.get(at.unwrap_or_default()).unwrap_or_default());
    }
}
