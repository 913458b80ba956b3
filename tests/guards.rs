//! The guards against false alarms, G1 to G12, each over every format of an address: a healthy deployment that would be
//! reported without the guard, and a broken one beside it that is.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use carbonlint::catalogue::Severity;
use carbonlint::home::Memory;
use carbonlint::project::Engine;

/// What a gateway calls: services of the key manager, receivers, logins and broker of the traffic manager; offsets of the three
/// nodes; and what else is in their homes.
#[derive(Clone, Copy)]
struct Case<'a> {
    calls: [&'a str; 4],
    offsets: [i32; 3],
    topology: &'a str,
    more: &'a [(&'a str, &'a str)],
}

const NODES: &str = "nodes:
  - {name: gw, role: gateway, home: gw, host: gw}
  - {name: km, role: key-manager, home: km, host: km}
  - {name: tm, role: traffic-manager, home: tm, host: tm}
";

const HEALTHY: Case<'static> =
    Case { calls: ["km:9443", "tm:9611", "tm:9711", "tm:5672"], offsets: [0; 3], topology: NODES, more: &[] };

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("the embedded rules load"));

const ERAS: [&str; 2] = ["2.6.0", "4.2.0"];

impl Case<'_> {
    /// The gateway's file: URL, groups of a data bridge and a connection URL in XML; lists and tables in TOML.
    fn gateway(&self, version: &str) -> (&'static str, String) {
        let [services, receiver, login, broker] = self.calls;
        if version.starts_with('2') {
            let validator = format!(
                "<APIKeyValidator><ServerURL>https://{services}/services/</ServerURL><KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator>"
            );
            let manager = format!(
                "<TrafficManager><ReceiverUrlGroup>{{tcp://{receiver}}}</ReceiverUrlGroup><AuthUrlGroup>{{ssl://{login}}}</AuthUrlGroup></TrafficManager>"
            );
            let jms = format!(
                "<JMSConnectionDetails><Enabled>true</Enabled><JMSConnectionParameters><connectionfactory.TopicConnectionFactory>amqp://u:p@c/carbon?brokerlist='tcp://{broker}'</connectionfactory.TopicConnectionFactory></JMSConnectionParameters></JMSConnectionDetails>"
            );
            let throttling = format!("<ThrottlingConfigurations>{manager}{jms}</ThrottlingConfigurations>");
            return ("gw/repository/conf/api-manager.xml", format!("<APIManager>{validator}{throttling}</APIManager>"));
        }
        let toml = format!(
            "[server]\noffset = {}\n[apim.key_manager]\nservice_url = \"https://{services}/services/\"\n[apim.throttling]\n\
             throttle_decision_endpoints = [\"tcp://{broker}\"]\n[[apim.throttling.url_group]]\n\
             traffic_manager_urls = [\"tcp://{receiver}\"]\ntraffic_manager_auth_urls = [\"ssl://{login}\"]\n",
            self.offsets[0]
        );
        ("gw/repository/conf/deployment.toml", toml)
    }

    /// Findings above information, as `rule`, sorted.
    fn findings(&self, version: &str) -> Vec<String> {
        let mut memory = Memory::default();
        for (node, offset) in ["gw", "km", "tm"].iter().zip(self.offsets) {
            if version.starts_with('2') {
                let carbon = format!("<Server><Ports><Offset>{offset}</Offset></Ports></Server>");
                memory.insert(format!("{node}/repository/conf/carbon.xml"), carbon);
            } else {
                memory.insert(format!("{node}/repository/conf/deployment.toml"), format!("[server]\noffset = {offset}\n"));
            }
        }
        let (path, text) = self.gateway(version);
        memory.insert(path, text);
        for (path, text) in self.more {
            memory.insert(*path, *text);
        }
        let topology = format!("defaults: {{product: {version}}}\n{}", self.topology);
        let engine = &*ENGINE;
        let project = engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}\n{topology}"));
        let linted = engine.lint(&project, &HashMap::new());
        let mut rules: Vec<String> =
            linted.findings.into_iter().filter(|one| one.severity > Severity::Info).map(|finding| finding.rule).collect();
        rules.sort();
        rules
    }

    #[track_caller]
    fn is_silent(&self) {
        for version in ERAS {
            assert_eq!(self.findings(version), [""; 0], "{version}");
        }
    }

    /// Each of the four calls is reported by the rule.
    #[track_caller]
    fn reports_each(&self, rule: &str) {
        for version in ERAS {
            assert_eq!(self.findings(version), [rule; 4], "{version}");
        }
    }
}

#[test]
fn without_a_guard_in_play_a_wrong_port_is_found_in_every_format() {
    HEALTHY.is_silent();
    Case { offsets: [0, 1, 1], ..HEALTHY }.reports_each("link-port-mismatch");
}

#[test]
fn g1_of_a_load_balancer_what_is_behind_it_is_judged() {
    let balancers = |backend: &str| {
        format!(
            "{NODES}load_balancers:\n  - {{host: lb, ports: {{443: [\"km:{backend}\"], 7000: [\"tm:9612\"], 7001: [\"tm:9712\"], 7002: [\"tm:5673\"]}}}}\n"
        )
    };
    let calls = ["lb", "lb:7000", "lb:7001", "lb:7002"];
    let right = balancers("9444");
    let behind = Case { calls, offsets: [0, 1, 1], topology: &right, ..HEALTHY };
    behind.is_silent();
    Case { calls: ["lb:443", "lb:7000", "lb:7001", "lb:7002"], ..behind }.is_silent();
    // The scheme is the balancer's own: it may end TLS.
    let plain = balancers("9764");
    Case { topology: &plain, ..behind }.is_silent();
    let wrong = balancers("9443");
    for version in ERAS {
        assert_eq!(Case { topology: &wrong, ..behind }.findings(version), ["load-balancer-port"]);
    }
    Case { calls: ["lb:8000", "lb:8001", "lb:8002", "lb:8003"], ..behind }.reports_each("link-nothing-listens");
}

#[test]
fn g2_hosts_are_those_of_the_topology() {
    let aliases = NODES
        .replace("host: km}", "host: km, aliases: [KM.example.com, 10.0.0.2]}")
        .replace("host: tm}", "host: tm, aliases: [10.0.0.3]}");
    let calls = ["km.EXAMPLE.com:9443", "10.0.0.3:9611", "10.0.0.3:9711", "10.0.0.3:5672"];
    Case { calls, topology: &aliases, ..HEALTHY }.is_silent();
    Case { calls, topology: &aliases, offsets: [0, 1, 1], ..HEALTHY }.reports_each("link-port-mismatch");
    let calls = ["other:9443", "other:9611", "other:9711", "other:5672"];
    let external = format!("{NODES}externals:\n  - {{host: other}}\n");
    Case { calls, topology: &external, ..HEALTHY }.is_silent();
    for version in ERAS {
        // Once for host and node, however many calls go there.
        assert_eq!(Case { calls, ..HEALTHY }.findings(version), ["unknown-host"]);
    }
}

#[test]
fn g3_nodes_share_ports_only_where_the_topology_says_so() {
    HEALTHY.is_silent();
    let undeclared = NODES.replace(", host: gw", "").replace(", host: km", "").replace(", host: tm", "");
    Case { topology: &undeclared, ..HEALTHY }.is_silent();
    let together = NODES.replace("host: km}", "host: km, machine: vm}").replace("host: tm}", "host: tm, machine: vm}");
    for version in ERAS {
        assert_eq!(Case { topology: &together, ..HEALTHY }.findings(version), ["port-collision"]);
    }
    let containers = NODES.replace("host: km}", "host: km, machine: c1}").replace("host: tm}", "host: tm, machine: c2}");
    Case { topology: &containers, ..HEALTHY }.is_silent();
}

#[test]
fn g4_a_service_is_a_load_balancer() {
    let one_to_one = format!("{NODES}load_balancers:\n  - {{host: km-svc, nodes: [km]}}\n  - {{host: tm-svc, nodes: [tm]}}\n");
    let calls = ["km-svc:9443", "tm-svc:9611", "tm-svc:9711", "tm-svc:5672"];
    Case { calls, topology: &one_to_one, ..HEALTHY }.is_silent();
    Case { calls, topology: &one_to_one, offsets: [0, 1, 1], ..HEALTHY }.reports_each("link-port-mismatch");
    let published = format!(
        "{NODES}load_balancers:\n  - {{host: docker, ports: {{32001: [\"km:9443\"], 32002: [\"tm:9611\"], 32003: [\"tm:9711\"], 32004: [\"tm:5672\"]}}}}\n"
    );
    let calls = ["docker:32001", "docker:32002", "docker:32003", "docker:32004"];
    Case { calls, topology: &published, ..HEALTHY }.is_silent();
}

#[test]
fn g5_what_is_not_used_is_not_judged() {
    let thrift = |client: &str| {
        format!(
            "<APIManager><APIKeyValidator><ServerURL>https://km:9443/services/</ServerURL><KeyValidatorClientType>{client}</KeyValidatorClientType>\
             <ThriftClientPort>1</ThriftClientPort><ThriftClientConnectionTimeOut>10000</ThriftClientConnectionTimeOut><ThriftServerHost>km</ThriftServerHost>\
             </APIKeyValidator><ThrottlingConfigurations><EnableAdvanceThrottling>SWITCH</EnableAdvanceThrottling><TrafficManager>\
             <ReceiverUrlGroup>{{tcp://tm:1}}</ReceiverUrlGroup><AuthUrlGroup>{{ssl://tm:2}}</AuthUrlGroup></TrafficManager>\
             <JMSConnectionDetails><Enabled>SWITCH</Enabled><JMSConnectionParameters><connectionfactory.TopicConnectionFactory>\
             amqp://u:p@c/carbon?brokerlist='tcp://tm:3'</connectionfactory.TopicConnectionFactory></JMSConnectionParameters></JMSConnectionDetails>\
             </ThrottlingConfigurations></APIManager>"
        )
    };
    let path = "gw/repository/conf/api-manager.xml";
    let off = thrift("WSClient").replace("SWITCH", "false");
    assert_eq!(Case { more: &[(path, off.as_str())], ..HEALTHY }.findings("2.6.0"), [""; 0]);
    let on = thrift("ThriftClient").replace("SWITCH", "true");
    let server = "<APIManager><APIKeyValidator><ThriftClientConnectionTimeOut>1</ThriftClientConnectionTimeOut><EnableThriftServer>true</EnableThriftServer><ThriftServerHost>km</ThriftServerHost></APIKeyValidator></APIManager>";
    let files = [(path, on.as_str()), ("km/repository/conf/api-manager.xml", server)];
    let found = Case { more: &files, ..HEALTHY }.findings("2.6.0");
    assert_eq!(found, ["link-port-mismatch", "link-port-mismatch", "link-port-mismatch", "thrift-port-mismatch"]);
    // A key manager is no reader of its own ServerURL, a traffic manager none of key_manager's address.
    let own = "<APIManager><APIKeyValidator><ServerURL>https://gw:1/services/</ServerURL></APIKeyValidator></APIManager>";
    assert_eq!(Case { more: &[("tm/repository/conf/api-manager.xml", own)], ..HEALTHY }.findings("2.6.0"), [""; 0]);
}

#[test]
fn g6_what_cannot_be_known_is_no_error() {
    for host in ["$env{HOST}", "$secret{host}", "${some.host}"] {
        let calls = ["9443", "9611", "9711", "5672"].map(|port| format!("{host}:{port}"));
        let calls = [calls[0].as_str(), &calls[1], &calls[2], &calls[3]];
        Case { calls, ..HEALTHY }.is_silent();
    }
    let ports = ["km:$env{P}", "tm:$env{P}", "tm:$env{P}", "tm:${some.port}"];
    Case { calls: ports, offsets: [0, 1, 1], ..HEALTHY }.is_silent();
    let given = NODES.replace("host: gw}", "host: gw, environment: {P: 9443}, properties: {some.port: 5672}}");
    Case { calls: ports, topology: &given, offsets: [0, 1, 1], ..HEALTHY }.reports_each("link-port-mismatch");
    for version in ERAS {
        let calls = ["{{ km }}:9443", "{{ tm }}:9611", "[tm-host]:9711", "%TM%:5672"];
        assert_eq!(Case { calls, ..HEALTHY }.findings(version), ["unresolved-placeholder"], "once a file");
    }
    let offset = [("km/repository/conf/carbon.xml", "<Server><Ports><Offset>${km.offset}</Offset></Ports></Server>")];
    assert_eq!(Case { more: &offset, calls: ["km:1", "tm:9611", "tm:9711", "tm:5672"], ..HEALTHY }.findings("2.6.0"), [""; 0]);
}

#[test]
fn g7_what_is_commented_out_is_no_value() {
    let xml = "<APIManager><APIKeyValidator><!--ServerURL>https://km:1/services/</ServerURL--><!-- <KeyValidatorClientType>Thrift</KeyValidatorClientType> -->\
        <KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator><ThrottlingConfigurations><TrafficManager>\
        <!--ReceiverUrlGroup>{tcp://tm:1}</ReceiverUrlGroup--></TrafficManager></ThrottlingConfigurations></APIManager>";
    assert_eq!(Case { more: &[("gw/repository/conf/api-manager.xml", xml)], ..HEALTHY }.findings("2.6.0"), [""; 0]);
    let toml = "[server]\noffset = 0\n# [apim.key_manager]\n# service_url = \"https://km:1/services/\"\n[apim.throttling]\n# throttle_decision_endpoints = [\"tcp://tm:1\"]\n";
    assert_eq!(Case { more: &[("gw/repository/conf/deployment.toml", toml)], ..HEALTHY }.findings("4.2.0"), [""; 0]);
    let properties = "#connectionfactory.TopicConnectionFactory = amqp://u:p@c/carbon?brokerlist='tcp://localhost:1'\n";
    let jndi = |text| [("tm/repository/conf/jndi.properties", text)];
    assert_eq!(Case { more: &jndi(properties), ..HEALTHY }.findings("2.6.0"), [""; 0]);
    assert_eq!(Case { more: &jndi(&properties[1..]), ..HEALTHY }.findings("2.6.0"), ["link-port-mismatch"]);
}

#[test]
fn g8_a_missing_file_is_the_shipped_one_and_a_missing_element_what_the_code_takes() {
    // No file of the traffic manager says its ports; the shipped ones count.
    HEALTHY.is_silent();
    // A file that is there and lacks the ports: the code's defaults, which are swapped for the binary receiver.
    let bridge = "<dataBridgeConfiguration><dataReceiver name='Binary'/></dataBridgeConfiguration>";
    let more = [("tm/repository/conf/data-bridge/data-bridge-config.xml", bridge)];
    let swapped = Case { more: &more, calls: ["km:9443", "tm:9711", "tm:9611", "tm:5672"], ..HEALTHY };
    assert_eq!(swapped.findings("2.6.0"), [""; 0]);
    assert_eq!(Case { more: &more, ..HEALTHY }.findings("2.6.0").len(), 2);
    // A URL that nobody wrote is judged by no rule.
    let more = [(
        "gw/repository/conf/api-manager.xml",
        "<APIManager><APIKeyValidator><KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator></APIManager>",
    )];
    assert_eq!(Case { more: &more, offsets: [0, 1, 2], ..HEALTHY }.findings("2.6.0"), [""; 0]);
}

#[test]
fn g9_variables_of_synapse_are_not_resolved_and_only_there() {
    let api = |uri: &str| {
        format!(
            "<api><resource><inSequence><send><endpoint><http uri-template=\"{uri}\"/></endpoint></send></inSequence></resource></api>"
        )
    };
    let path = "gw/repository/deployment/server/synapse-configs/default/api/_TokenAPI_.xml";
    let variable = api("https://{uri.var.hostname}:{uri.var.portnum}/oauth2/token");
    assert_eq!(Case { more: &[(path, variable.as_str())], ..HEALTHY }.findings("2.6.0"), [""; 0]);
    let literal = api("https://km:9443/oauth2/token");
    let wrong = Case {
        more: &[(path, literal.as_str())],
        calls: ["km:9444", "tm:9611", "tm:9711", "tm:5672"],
        offsets: [0, 1, 0],
        ..HEALTHY
    };
    assert_eq!(wrong.findings("2.6.0"), ["link-port-mismatch"]);
    let elsewhere = Case { calls: ["{uri.var.hostname}:9443", "tm:9611", "tm:9711", "tm:5672"], ..HEALTHY };
    assert_eq!(elsewhere.findings("2.6.0"), ["unresolved-placeholder"]);
}

#[test]
fn g10_unknown_versions_are_judged_as_the_nearest_known_one() {
    // Between two families the lower counts, beyond the newest the newest; both are silent where nothing is wrong.
    for version in ["2.4.0", "2.6.0", "4.2.0", "4.9.0"] {
        assert_eq!(HEALTHY.findings(version), [""; 0], "{version}");
        assert_eq!(Case { offsets: [0, 1, 1], ..HEALTHY }.findings(version).len(), 4, "{version}");
    }
    // An Identity Server without api-manager.xml: what it does not say is not known.
    let server = "<Server><Name>WSO2 Identity Server</Name><Version>5.7.0</Version><Ports><Offset>0</Offset></Ports></Server>";
    let thrift = "<APIManager><APIKeyValidator><ServerURL>https://km:9443/services/</ServerURL><KeyValidatorClientType>ThriftClient</KeyValidatorClientType>\
        <ThriftClientPort>1</ThriftClientPort><ThriftServerHost>km</ThriftServerHost></APIKeyValidator></APIManager>";
    let more = [("km/repository/conf/carbon.xml", server), ("gw/repository/conf/api-manager.xml", thrift)];
    let topology = NODES.replace("name: km,", "name: km, product: wso2is-km-5.7.0,");
    assert_eq!(Case { more: &more, topology: &topology, ..HEALTHY }.findings("2.6.0"), [""; 0]);
}

#[test]
fn g11_what_only_browsers_use_may_be_a_public_name() {
    let nodes = NODES.replace("role: key-manager", "role: [key-manager, publisher]");
    let environment = |endpoints: &str| {
        format!(
            "<APIManager><APIGateway><Environments><Environment><Name>P</Name><ServerURL>https://gw:9443/services/</ServerURL><Username>a</Username>\
             <Password>b</Password><GatewayEndpoint>{endpoints}</GatewayEndpoint></Environment></Environments></APIGateway></APIManager>"
        )
    };
    let found = |endpoints: &str| {
        let text = environment(endpoints);
        Case { more: &[("km/repository/conf/api-manager.xml", text.as_str())], topology: &nodes, ..HEALTHY }.findings("2.6.0")
    };
    assert_eq!(found("http://api.example.com,https://api.example.com"), [""; 0]);
    assert_eq!(found("http://gw,https://gw:443"), [""; 0], "a proxy in front of it");
    assert_eq!(found("http://gw:8281,https://gw:8244"), ["link-port-mismatch"; 2]);
    let toml = |url: &str| format!("[[apim.gateway.environment]]\nname = \"P\"\nhttps_endpoint = \"https://{url}\"\n");
    let found = |url: &str| {
        let text = toml(url);
        Case { more: &[("km/repository/conf/deployment.toml", text.as_str())], topology: &nodes, ..HEALTHY }.findings("4.2.0")
    };
    assert_eq!(found("api.example.com"), [""; 0]);
    assert_eq!(found("gw:8244"), ["link-port-mismatch"]);
}

#[test]
fn g12_guesses_are_no_more_than_information() {
    // Both brokers would open 8999, which nobody has established: on one machine with two offsets nothing else meets.
    let pair = NODES.replace("host: tm}", "host: tm, machine: vm}")
        + "  - {name: tm2, role: traffic-manager, home: km, host: tm2, machine: vm}\n";
    let pair = pair.replace(
        "{name: km, role: key-manager, home: km, host: km}",
        "{name: km, role: key-manager, home: km, host: km, machine: other}",
    );
    Case { topology: &pair, calls: ["km:9444", "tm:9611", "tm:9711", "tm:5672"], offsets: [0, 1, 0], ..HEALTHY }.is_silent();
    // Still local is an error only where it is proven that the role makes the call.
    let engine = &*ENGINE;
    let severity = |role: &str| {
        let mut memory = Memory::default();
        let url = "<APIManager><APIKeyValidator><ServerURL>https://localhost:9443/services/</ServerURL><KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator></APIManager>";
        memory.insert("n/repository/conf/api-manager.xml", url);
        memory.insert("km/repository/conf/carbon.xml", "<Server><Ports><Offset>0</Offset></Ports></Server>");
        let topology = format!(
            "defaults: {{product: 2.6.0}}\nnodes:\n  - {{name: n, role: {role}, home: n, host: n}}\n  - {{name: km, role: key-manager, home: km, host: km}}\n"
        );
        let project = engine.open_in(&memory, Path::new(""), &topology).expect("a topology");
        let findings = engine.lint(&project, &HashMap::new()).findings;
        findings.iter().find(|finding| finding.rule == "link-still-local").map(|finding| finding.severity)
    };
    assert_eq!(severity("gateway"), Some(Severity::Error));
    assert_eq!(severity("devportal"), Some(Severity::Warning));
}
