//! Every port of every role, for offset 0 and 3, in every version family: what an untouched installation opens.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use carbonlint::catalogue::Family;
use carbonlint::home::Memory;
use carbonlint::project::{Engine, Project};

/// Listener, role, first and last family, port without offset, whether the offset moves it, whether it is open as shipped.
type Row = (&'static str, &'static str, &'static str, &'static str, i64, bool, bool);

const ROWS: [Row; 32] = [
    ("servlet-https", "gateway", "1.8", "4.5", 9443, true, true),
    ("servlet-http", "gateway", "1.8", "4.5", 9763, true, true),
    ("servlet-https", "key-manager", "1.8", "4.5", 9443, true, true),
    ("servlet-http", "traffic-manager", "1.8", "4.5", 9763, true, true),
    ("passthru-https", "gateway", "1.8", "4.5", 8243, true, true),
    ("passthru-http", "gateway", "1.8", "4.5", 8280, true, true),
    ("ws", "gateway", "2.1", "4.5", 9099, true, true),
    ("wss", "gateway", "2.2", "4.5", 8099, true, true),
    ("websub-http", "gateway", "4.0", "4.5", 9021, true, true),
    ("websub-https", "gateway", "4.0", "4.5", 8021, true, true),
    // Written in the pack's file up to 1.10, and no offset then; default and offset from 2.0 on; gone with 3.0.
    ("thrift-server", "key-manager", "1.8", "1.10", 10397, false, true),
    ("thrift-server", "key-manager", "2.0", "2.6", 10397, true, true),
    ("thrift-authentication", "key-manager", "1.9", "4.5", 10711, true, true),
    ("thrift-entitlement", "key-manager", "1.8", "4.5", 10500, true, false),
    ("databridge-binary-tcp", "traffic-manager", "2.0", "4.5", 9611, true, true),
    ("databridge-binary-ssl", "traffic-manager", "2.0", "4.5", 9711, true, true),
    ("databridge-thrift-tcp", "traffic-manager", "2.0", "2.6", 7611, true, true),
    ("databridge-thrift-ssl", "traffic-manager", "2.0", "2.6", 7711, true, true),
    ("databridge-thrift-tcp", "traffic-manager", "3.0", "4.5", 7611, true, false),
    ("databridge-thrift-ssl", "traffic-manager", "3.0", "4.5", 7711, true, false),
    ("amqp", "traffic-manager", "2.0", "4.5", 5672, true, true),
    ("amqps", "traffic-manager", "2.0", "4.5", 8672, true, true),
    ("mqtt", "traffic-manager", "2.0", "2.6", 1883, true, false),
    ("mqtts", "traffic-manager", "2.0", "2.6", 8883, true, false),
    ("andes-coordination", "traffic-manager", "2.0", "4.5", 7611, true, false),
    ("jmx-rmi-registry", "gateway", "1.8", "4.5", 9999, true, true),
    ("jmx-rmi-server", "key-manager", "1.8", "4.5", 11111, true, true),
    ("embedded-ldap", "key-manager", "1.8", "4.5", 10389, true, false),
    ("kdc", "key-manager", "1.8", "4.5", 8000, true, false),
    ("hazelcast", "gateway", "1.8", "4.5", 4000, false, false),
    ("hazelcast-multicast", "gateway", "1.8", "4.5", 45564, false, false),
    ("cep-event-sync", "traffic-manager", "2.0", "4.5", 11224, true, false),
];

fn family(text: &str) -> Family {
    text.parse().expect("a family")
}

/// One node of each role, of a version, with an offset: of a home that has nothing but the file with the offset.
fn open(engine: &Engine, version: Family, offset: i64) -> Project {
    let mut memory = Memory::default();
    let mut topology = format!("defaults: {{product: \"{version}\"}}\nnodes:\n");
    for role in ["gateway", "key-manager", "traffic-manager"] {
        topology.push_str(&format!("  - {{name: {role}, role: {role}, home: {role}}}\n"));
        // carbon.xml as far as ports go; from 3.0 on it is made from deployment.toml at every start.
        let (path, text) = if version < family("3.0") {
            let ports = "<JMX><RMIRegistryPort>9999</RMIRegistryPort><RMIServerPort>11111</RMIServerPort></JMX>\
                <EmbeddedLDAP><LDAPServerPort>10389</LDAPServerPort><KDCServerPort>8000</KDCServerPort></EmbeddedLDAP>\
                <ThriftEntitlementReceivePort>10500</ThriftEntitlementReceivePort>";
            ("carbon.xml", format!("<Server><Ports><Offset>{offset}</Offset>{ports}</Ports></Server>"))
        } else {
            ("deployment.toml", format!("[server]\noffset = {offset}\n"))
        };
        memory.insert(format!("{role}/repository/conf/{path}"), text);
    }
    engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_untouched_installation_opens_its_documented_ports() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut wrong = Vec::new();
    for version in engine.catalogue.families.clone() {
        for offset in [0, 3] {
            let project = open(&engine, version, offset);
            for (id, role, first, last, port, moves, live) in ROWS {
                let node = &project.model.nodes[project.model.node(role).expect("a node")];
                let spec = engine.catalogue.listeners.iter().position(|listener| listener.id == id).expect("a listener");
                let listener = &node.listeners[spec];
                if version < family(first) || family(last) < version {
                    continue;
                }
                let wanted = (true, live, Some(if moves { port + offset } else { port }));
                let found = (listener.listed, listener.live, listener.port.value());
                if wanted != found {
                    wrong.push(format!("{version} offset {offset} {role}.{id}: wanted {wanted:?}, found {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_listener_is_not_there_before_its_first_version_nor_after_its_last() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut ranges: BTreeMap<(&str, &str), Vec<(Family, Family)>> = BTreeMap::new();
    for (id, role, first, last, ..) in ROWS {
        ranges.entry((id, role)).or_default().push((family(first), family(last)));
    }
    for version in engine.catalogue.families.clone() {
        let project = open(&engine, version, 0);
        for ((id, role), ranges) in &ranges {
            let node = &project.model.nodes[project.model.node(role).expect("a node")];
            let spec = engine.catalogue.listeners.iter().position(|listener| listener.id == *id).expect("a listener");
            let wanted = ranges.iter().any(|(first, last)| *first <= version && version <= *last);
            assert_eq!(node.listeners[spec].listed, wanted, "{version} {role}.{id}");
        }
    }
}

#[test]
fn ports_written_in_files_are_read_and_switches_heeded() {
    let engine = Engine::new().expect("the embedded rules load");
    let port = |file: &str, text: &str, role: &str, version: &str, id: &str| {
        let mut memory = Memory::default();
        memory.insert("n/repository/conf/carbon.xml", "<Server><Ports><Offset>2</Offset></Ports></Server>");
        memory.insert(format!("n/{file}"), text);
        let topology = format!("nodes: [{{name: n, role: {role}, home: n, product: \"{version}\"}}]");
        let project = engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}"));
        let spec = engine.catalogue.listeners.iter().position(|listener| listener.id == id).expect("a listener");
        let listener = &project.model.nodes[0].listeners[spec];
        (listener.port.value(), listener.live)
    };
    let inbound = "repository/deployment/server/synapse-configs/default/inbound-endpoints/WebSocketInboundEndpoint.xml";
    let ws = |offset: &str| {
        format!(
            "<inboundEndpoint><parameters><parameter name='inbound.ws.port'>9100</parameter>{offset}</parameters></inboundEndpoint>"
        )
    };
    let uses = "<parameter name='ws.use.port.offset'>true</parameter>";
    assert_eq!(port(inbound, &ws(uses), "gateway", "2.6", "ws"), (Some(9102), true));
    assert_eq!(port(inbound, &ws(""), "gateway", "2.6", "ws"), (Some(9100), true), "absent means not shifted");
    let synapse = "repository/conf/synapse.properties";
    for (text, websub) in [
        ("inbound.port.offset.enable=true\n", 9023),
        ("# inbound.port.offset.enable=true\ninbound.port.offset.enable : false\n", 9021),
        ("# another key\nsynapse.x=1\n", 9021),
        ("inbound.port.offset.enable=false\ninbound.port.offset.enable=\\\n  true\n", 9023),
    ] {
        assert_eq!(port(synapse, text, "gateway", "4.1", "websub-http"), (Some(websub), true), "{text}");
        assert_eq!(port(synapse, text, "gateway", "4.1", "websub-https"), (Some(websub - 1000), true), "{text}");
    }
    let toml = |text: &str, id: &str| port("repository/conf/deployment.toml", text, "gateway", "4.1", id);
    let offset = "[server]\noffset = 2\n[synapse_properties]\n";
    assert_eq!(toml(offset, "websub-http"), (Some(9023), true), "absent means shifted");
    assert_eq!(toml(&format!("{offset}'inbound.port.offset.enable' = false\n"), "websub-http"), (Some(9021), true));
    assert_eq!(toml(&format!("{offset}inbound.port.offset.enable = \"false\"\n"), "websub-https"), (Some(8021), true));
    let broker = "<broker><transports><amqp enabled='true'><defaultConnection enabled='false' port='5680'/>\
        <sslConnection enabled='true' port='8680'/></amqp></transports></broker>";
    assert_eq!(port("repository/conf/broker.xml", broker, "traffic-manager", "2.6", "amqp"), (Some(5682), false));
    assert_eq!(port("repository/conf/broker.xml", broker, "traffic-manager", "2.6", "amqps"), (Some(8682), true));
    let bridge = "<dataBridgeConfiguration><dataReceiver name='Binary'><config name='sslPort'>9800</config></dataReceiver></dataBridgeConfiguration>";
    let file = "repository/conf/data-bridge/data-bridge-config.xml";
    assert_eq!(port(file, bridge, "traffic-manager", "2.6", "databridge-binary-ssl"), (Some(9802), true));
    assert_eq!(port(file, bridge, "traffic-manager", "2.6", "databridge-binary-tcp"), (Some(9713), true), "defaults are swapped");
    let bare = "<broker><transports><amqp enabled='true'/></transports></broker>";
    assert_eq!(
        port("repository/conf/broker.xml", bare, "traffic-manager", "2.6", "amqp"),
        (Some(5674), true),
        "the code's default"
    );
    let jmx = |port: &str| format!("<JMX><StartRMIServer>true</StartRMIServer><RMIRegistryPort>{port}</RMIRegistryPort></JMX>");
    let file = "repository/conf/etc/jmx.xml";
    assert_eq!(port(file, &jmx("9990"), "gateway", "2.6", "jmx-rmi-registry"), (Some(9990), true), "a literal is not shifted");
    let template = jmx("${Ports.JMX.RMIRegistryPort}");
    assert!(!port(file, &template, "gateway", "2.6", "jmx-rmi-registry").1, "carbon.xml does not state it");
    let toml = "[server]\noffset = \"4\"\n[transport.receiver]\ntype = \"thrift\"\ntcp_port = 7700\n[broker.transport.amqp.default_connection]\nport = 5670\n";
    let file = "repository/conf/deployment.toml";
    assert_eq!(port(file, toml, "traffic-manager", "4.2", "databridge-thrift-tcp"), (Some(7704), true));
    assert!(!port(file, toml, "traffic-manager", "4.2", "databridge-binary-tcp").1);
    assert_eq!(port(file, toml, "traffic-manager", "4.2", "amqp"), (Some(5674), true));
    assert_eq!(port(file, toml, "control-plane", "4.2", "amqp"), (Some(5674), true), "the event hub's");
    let toml = "[monitoring.jmx]\nrmi_server_start = false\n[transport.binary.receiver]\ntcpPort = 9650\n";
    assert_eq!(port(file, toml, "traffic-manager", "4.2", "databridge-binary-tcp"), (Some(9650), true));
    assert!(!port(file, toml, "traffic-manager", "4.2", "jmx-rmi-registry").1);
    let connectors =
        "<Server><Service><Connector protocol='AJP/1.3' port='8009'/><Connector scheme='http' port='9763'/></Service></Server>";
    assert_eq!(
        port("repository/conf/tomcat/catalina-server.xml", connectors, "gateway", "2.6", "servlet-http"),
        (Some(9765), true)
    );
}

#[test]
fn properties_without_an_encoding_are_read_whatever_their_bytes() {
    let engine = Engine::new().expect("the embedded rules load");
    for comment in [b"# \xe4\n".as_slice(), "# \u{e4}\n".as_bytes()] {
        let mut memory = Memory::default();
        memory.insert("n/repository/conf/carbon.xml", "<Server><Ports><Offset>2</Offset></Ports></Server>");
        memory.insert("n/repository/conf/jndi.properties", "");
        memory.insert("n/repository/conf/synapse.properties", [comment, b"inbound.port.offset.enable=false\n"].concat());
        let topology = "nodes: [{name: n, role: gateway, home: n, product: \"4.1\"}]";
        let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
        let spec = engine.catalogue.listeners.iter().position(|listener| listener.id == "websub-http").expect("a listener");
        assert_eq!(project.model.nodes[0].listeners[spec].port.value(), Some(9021));
        let findings = engine.lint(&project, &HashMap::new()).findings;
        assert!(findings.iter().all(|finding| finding.rule != "file-malformed"));
    }
}
