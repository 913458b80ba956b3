//! Wherever a comment that ignores something stands, it changes no other finding.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;

use carbonlint::home::Memory;
use carbonlint::lint::{Finding, Linted};
use carbonlint::project::{Engine, Project};
use proptest::prelude::*;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("the embedded rules load"));

const FILES: [(&str, &str); 5] = [
    (
        "gw/repository/conf/carbon.xml",
        "<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>-2</Offset>\n  </Ports>\n</Server>\n",
    ),
    (
        "gw/repository/conf/api-manager.xml",
        "<APIManager>\n  <APIKeyValidator>\n    <KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\n    \
         <ServerURL>https://km:9443/services/</ServerURL>\n    <ThriftServerHost>km</ThriftServerHost>\n  </APIKeyValidator>\n\
         </APIManager>\n",
    ),
    (
        "gw/repository/conf/jndi.properties",
        "connectionfactory.TopicConnectionFactory=amqp://a:b@c/carbon?\\\n  brokerlist='tcp://nobody:5672'\n\
         topic.throttleData=throttleData\n",
    ),
    (
        "km/repository/conf/carbon.xml",
        "<Server>\n  <Version>2.6.0</Version>\n  <Ports>\n    <Offset>70000</Offset>\n  </Ports>\n</Server>\n",
    ),
    (
        "new/repository/conf/deployment.toml",
        "[server]\noffset = 1\n[apim.key_manager]\nservice_url = \"https://km:1/services/\"\n[sever]\na = [\n  1,\n]\n",
    ),
];
const TOPOLOGY: &str = "nodes:
  - {name: gw, role: gateway, home: gw, host: gw, machine: one}
  - {name: km, role: key-manager, home: km, host: km, machine: one}
  - {name: new, role: gateway, home: new, host: new, product: 4.2.0}
";

fn lint(files: &[(&str, String)]) -> (Project, Linted) {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.insert(*path, text.clone());
    }
    let project = ENGINE.open_in(&memory, Path::new(""), TOPOLOGY).expect("the topology is fine");
    let linted = ENGINE.lint(&project, &HashMap::new());
    (project, linted)
}

/// A finding without its places.
fn told(finding: &Finding) -> String {
    let labels: Vec<&str> = finding.labels.iter().map(|label| label.text.as_str()).collect();
    let fixes: Vec<&str> = finding.fixes.iter().map(|fix| fix.title.as_str()).collect();
    format!(
        "{} {:?} {} {:?} {:?} {:?} {}",
        finding.rule, finding.severity, finding.message, finding.nodes, labels, fixes, finding.fingerprint
    )
}

fn comment(path: &str, said: &str) -> String {
    if Path::new(path).extension().is_some_and(|extension| extension == "xml") {
        format!("<!-- carbonlint: {said} -->\n")
    } else {
        format!("# carbonlint: {said}\n")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_comment_changes_no_other_finding(file in 0..FILES.len(), line in 0usize..12, rule in prop::sample::select(vec![
        "*", "thrift-*", "offset-negative", "port-out-of-range, link-*", "unknown-host", "toml-structure", "no-such-rule",
    ])) {
        let plain: Vec<(&str, String)> = FILES.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
        let (_, before) = lint(&plain);
        prop_assert!(before.findings.len() > 4);
        let mut files = plain;
        let text = &files[file].1;
        let mut starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        // A line that goes on in the next one takes no comment.
        starts.retain(|start| !text[..*start].ends_with("\\\n"));
        let at = starts[line % starts.len()];
        let comment = comment(files[file].0, &format!("ignore {rule}: why"));
        files[file].1.insert_str(at, &comment);
        let (_, after) = lint(&files);
        let ours = |finding: &&Finding| finding.rule != "unused-ignore";
        let kept: BTreeSet<String> = after.findings.iter().filter(ours).map(told).collect();
        let ignored: BTreeSet<String> = after.ignored.iter().map(|one| told(&one.finding)).collect();
        let all: BTreeSet<String> = before.findings.iter().map(told).collect();
        prop_assert!(kept.is_disjoint(&ignored));
        prop_assert_eq!(kept.union(&ignored).cloned().collect::<BTreeSet<_>>(), all);
        // Order is kept too.
        let order: Vec<String> = before.findings.iter().map(told).filter(|one| kept.contains(one)).collect();
        prop_assert_eq!(after.findings.iter().filter(ours).map(told).collect::<Vec<_>>(), order);
    }
}
