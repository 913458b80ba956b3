//! `site.json` of the Jaggery applications, and `.epr` files of business processes: what is judged, and when.

use std::collections::HashMap;
use std::path::Path;

use carbonlint::home::Memory;
use carbonlint::project::{Engine, Project};

const APPS: &str = "repository/deployment/server/jaggeryapps";

/// Switches and addresses as packs have them.
const SSO: &str = r#"    "ssoConfiguration" : {
        "enabled" : "false",
        "issuer" : "API_PUBLISHER",
        "identityProviderURL" : "https://localhost:9443/samlsso",
        "keyStorePassword" : "",
        "identityAlias" : "",
        "idpInitSSOURL" : "https://localhost:9443/samlsso?spEntityID=API_PUBLISHER",
        //"acsURL" : "https://localhost:9443/publisher/jagg/jaggery_acs.jag", //use only if needed
    },
    "reverseProxy" : {
        "enabled" : false,    // values true , false , "auto" - will look for  X-Forwarded-* headers
        "host" : "sample.proxydomain.com", // If reverse proxy do not have a domain name use IP
    },
}
"#;

fn site(workflows: &str) -> String {
    format!("{{\n    \"context\" : \"/x\",\n{workflows}{SSO}")
}

const WORKFLOWS_1: &str = r#"    "workflows":{
     "applicationWorkFlowServerURL": "https://localhost:9445/services/",
     "subscriptionWorkFlowServerURL": "https://localhost:9445/services/",
     "signupWorkFlowServerURL": "https://localhost:9445/services/",
     "appRegistrationWorkFlowServerURL": "https://localhost:9445/services/"
    },
"#;

const WORKFLOWS_2: &str =
    "    \"workflows\": {\n        \"workFlowServerURL\": \"https://<BPSHost>:<BPSPort>/services/\",\n    },\n";

fn switched_on(url: &str) -> String {
    site("").replace("\"false\"", "\"true\"").replacen("https://localhost:9443/samlsso", url, 1)
}

struct Deployment {
    memory: Memory,
    topology: String,
}

impl Deployment {
    fn new(nodes: &str) -> Self {
        Self { memory: Memory::default(), topology: format!("nodes:\n{nodes}") }
    }

    /// A home of a version with an offset.
    fn home(mut self, home: &str, version: &str, offset: i64) -> Self {
        let carbon = format!("<Server><Version>{version}</Version><Ports><Offset>{offset}</Offset></Ports></Server>");
        self.memory.insert(format!("{home}/repository/conf/carbon.xml"), carbon);
        self
    }

    fn app(self, home: &str, app: &str, text: &str) -> Self {
        self.file(home, &format!("{APPS}/{app}/site/conf/site.json"), text)
    }

    fn file(mut self, home: &str, file: &str, text: &str) -> Self {
        self.memory.insert(format!("{home}/{file}"), text.to_owned());
        self
    }

    fn open(&self, engine: &Engine) -> Project {
        engine.open_in(&self.memory, Path::new(""), &self.topology).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Ids and verdicts of the first node's links of these files.
    fn verdicts(&self) -> Vec<(String, &'static str)> {
        let engine = Engine::new().expect("the embedded rules load");
        let project = self.open(&engine);
        let links = project.model.links_of(0).iter();
        let links = links.map(|link| (engine.catalogue.links[link.spec].id.clone(), link.verdict.name()));
        links.filter(|(id, _)| id.starts_with("site-json") || id.starts_with("bps-epr")).collect()
    }

    /// What is found, of whatever severity.
    fn findings(&self) -> Vec<String> {
        let engine = Engine::new().expect("the embedded rules load");
        let linted = engine.lint(&self.open(&engine), &HashMap::new());
        let said = linted.findings.iter().map(|finding| format!("{:?} {}: {}", finding.severity, finding.rule, finding.message));
        said.collect()
    }
}

const APART: &str = "  - {name: pub, role: publisher, home: pub, host: pub}\n  - {name: km, role: key-manager, home: km, host: km}\n  \
                     - {name: bps, role: bps, home: bps, host: bps}\n";

fn apart(version: &str) -> Deployment {
    Deployment::new(APART).home("pub", version, 1).home("km", version, 2).home("bps", "3.6.0", 2)
}

#[test]
fn files_as_shipped_say_nothing() {
    let old = apart("1.10.0").app("pub", "publisher", &site("")).app("pub", "admin-dashboard", &site(WORKFLOWS_1));
    let expected = [("site-json-idp", "dormant"); 2].into_iter().chain([("site-json-workflow", "not stated"); 4]);
    assert_eq!(old.verdicts(), expected.map(|(id, verdict)| (id.to_owned(), verdict)).collect::<Vec<_>>());
    assert_eq!(old.findings(), [""; 0]);
    for version in ["2.0.0", "2.1.0", "2.6.0"] {
        let new = apart(version).app("pub", "publisher", &site("")).app("pub", "admin", &site(WORKFLOWS_2));
        assert_eq!(new.findings(), [""; 0], "{version}");
    }
    let all = Deployment::new("  - {name: am, role: all-in-one, home: am}\n").home("am", "2.6.0", 3);
    let all = all.app("am", "publisher", &site("")).app("am", "store", &site("")).app("am", "admin", &site(WORKFLOWS_2));
    let linked = all.verdicts().into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>();
    assert_eq!(linked, ["dormant", "dormant", "dormant", "not stated"]);
    assert!(!all.findings().iter().any(|finding| finding.contains("site.json") || finding.contains("ign-on")));
}

#[test]
fn each_application_has_a_switch_of_its_own() {
    let wrong = switched_on("https://km:9443/samlsso");
    let on = apart("2.6.0").app("pub", "publisher", &wrong).app("pub", "admin", &site(""));
    assert_eq!(on.verdicts(), [("site-json-idp".to_owned(), "wrong port"), ("site-json-idp".to_owned(), "dormant")]);
    let said =
        "Warning link-port-mismatch: pub calls km on 9443 (Single sign-on at the identity provider), but km listens on 9445";
    assert_eq!(on.findings(), [said]);
    // Booleans count as well; what is neither does not.
    for (switch, verdict) in [("true", "wrong port"), ("false", "dormant"), ("1", "dormant"), ("null", "dormant")] {
        let text = wrong.replacen("\"true\"", switch, 1);
        assert_eq!(apart("2.6.0").app("pub", "publisher", &text).verdicts()[0].1, verdict, "{switch}");
    }
    assert_eq!(apart("2.6.0").app("pub", "publisher", "{'ssoConfiguration': {}}").verdicts(), []);
}

#[test]
fn a_node_reads_the_files_of_the_applications_that_it_runs() {
    let wrong = switched_on("https://km:9443/samlsso");
    assert_eq!(apart("2.6.0").app("pub", "store", &wrong).verdicts(), []);
    assert_eq!(apart("3.0.0").app("pub", "publisher", &wrong).verdicts(), [], "no version from 3.0 on has it");
}

#[test]
fn an_identity_provider_of_ones_own_or_of_somebody_else_is_fine() {
    let verdict = |url: &str| apart("2.6.0").app("pub", "publisher", &switched_on(url)).verdicts()[0].1;
    assert_eq!(verdict("https://km:9445/samlsso"), "ok");
    assert_eq!(verdict("https://localhost:9444/samlsso"), "ok");
    assert_eq!(verdict("https://pub:9444/samlsso"), "ok");
    assert_eq!(verdict("https://idp.example.com/samlsso"), "ok");
    assert_eq!(verdict("https://idp.example.com:9447/samlsso"), "external");
    assert_eq!(verdict("https://{{ idp }}:9443/samlsso"), "undecidable");
    assert_eq!(verdict("https://km:9763/samlsso"), "wrong port");
}

#[test]
fn without_declared_hosts_the_key_manager_may_be_on_this_machine() {
    let nodes = "  - {name: pub, role: publisher, home: pub}\n  - {name: km, role: key-manager, home: km}\n";
    let calls = |port: i64| {
        let login = format!(
            "<APIManager><AuthManager><ServerURL>https://localhost:{port}/services/</ServerURL></AuthManager></APIManager>"
        );
        let both = Deployment::new(nodes).home("pub", "2.6.0", 0).home("km", "2.6.0", 1);
        let both = both.app("pub", "publisher", &switched_on(&format!("https://localhost:{port}/samlsso")));
        both.file("pub", "repository/conf/api-manager.xml", &login).findings().len()
    };
    assert_eq!([9443, 9444, 9445].map(calls), [0, 0, 2]);
}

#[test]
fn the_admin_portal_is_judged_where_somebody_wrote_the_address() {
    let url = |url: &str| WORKFLOWS_2.replace("https://<BPSHost>:<BPSPort>/services/", url);
    let admin = |text: &str| apart("2.6.0").app("pub", "admin", &site(&url(text)));
    assert_eq!(admin("https://bps:9445/services/").findings(), [""; 0]);
    let said = "Info link-port-mismatch: pub calls bps on 9443 (Workflow engine of the admin portal), but bps listens on 9445";
    assert_eq!(admin("https://bps:9443/services/").findings(), [said]);
}

#[test]
fn a_fix_writes_the_port_and_nothing_else() {
    let engine = Engine::new().expect("the embedded rules load");
    let text = switched_on("https://km:9443/samlsso");
    let project = apart("2.6.0").app("pub", "publisher", &text).open(&engine);
    let linted = engine.lint(&project, &HashMap::new());
    let fix = &linted.findings[0].fixes[0];
    let suggestion = carbonlint::fix::suggest(&project.model, fix);
    let [edit] = &suggestion.edits[..] else { panic!("one edit, found {}", suggestion.edits.len()) };
    let (start, end) = (edit.edit.span.start, edit.edit.span.end);
    assert_eq!((&text[start..end], edit.edit.text.as_str()), ("9443", "9445"));
    assert!(text[..start].ends_with("https://km:"), "{}", &text[..start]);
}

fn epr(url: &str) -> String {
    format!(
        "<wsa:EndpointReference\n    xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">\n  <wsa:Address>{url}</wsa:Address>\n  \
         <wsa:Metadata><transport type=\"http\"><authorization-password>admin</authorization-password></transport></wsa:Metadata>\n\
         </wsa:EndpointReference>\n"
    )
}

const PROCESSES: &str = "  - {name: bps, role: bps, home: bps, host: bps}\n  - {name: gw, role: gateway, home: gw, host: gw}\n";

#[test]
fn a_business_process_server_is_judged_though_it_has_a_version_of_its_own() {
    let server = || {
        let server =
            "<Server><Name>WSO2 Business Process Server</Name><Version>3.6.0</Version><Ports><Offset>2</Offset></Ports></Server>";
        let bps = Deployment::new(PROCESSES).home("gw", "2.6.0", 1).file("bps", "repository/conf/carbon.xml", server);
        bps.file("bps", "repository/conf/epr/ApplicationService.epr", &epr("http://localhost:9765/services/ApplicationService"))
    };
    let callback = |file: &str, url: &str| server().file("bps", &format!("repository/conf/epr/{file}.epr"), &epr(url)).verdicts();
    let expected = |verdict| [("bps-epr-callback".to_owned(), verdict), ("bps-epr-service".to_owned(), "ok")];
    for file in ["ApplicationCallbackService", "SubscriptionCallbackService", "RegistrationCallbackService", "UserSignupProcess"]
    {
        assert_eq!(callback(file, "https://gw:8244/services/WorkflowCallbackService"), expected("ok"));
        assert_eq!(callback(file, "https://gw:8243/services/WorkflowCallbackService"), expected("wrong port"));
    }
    assert_eq!(callback("ApplicationCallbackService", "https://localhost:8243/x"), expected("still local"));
    // As shipped, with a blank behind it.
    let blank = server().file("bps", "repository/conf/epr/SubscriptionService.epr", &epr("http://localhost:9765/services/S/ "));
    assert!(blank.verdicts().iter().all(|(_, verdict)| *verdict == "ok"), "{:?}", blank.verdicts());
    let moved =
        server().file("bps", "repository/conf/epr/UserSignupService.epr", &epr("http://bps:9763/services/UserApprovalService"));
    let verdicts = moved.verdicts().into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>();
    assert_eq!(verdicts, ["ok", "wrong port"]);
}

#[test]
fn the_copies_in_the_pack_of_an_api_manager_are_read_by_nobody() {
    let file = "business-processes/epr/ApplicationCallbackService.epr";
    let all = Deployment::new("  - {name: am, role: all-in-one, home: am}\n").home("am", "2.6.0", 3);
    let all = all.file("am", file, &epr("https://localhost:8243/services/WorkflowCallbackService"));
    assert_eq!(all.verdicts(), []);
}
