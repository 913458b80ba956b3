//! Ports, links, explanations, rules, mistakes of a topology.

use insta::assert_snapshot;

use crate::report::{explain, links, ports, rules, topology_errors};

use super::{Case, ENGINE, gateway, mismatch, style};

#[test]
fn ports_as_a_table() {
    assert_snapshot!(ports::human(&mismatch().open().project, &|_| true), @"
    NODE  PORT ID                PORT   LIVE  HOW
    gw    thrift-client          10399  yes   default 10397, offset +2 (gw/repository/conf/carbon.xml:4)
          servlet-https          9445   yes   shipped 9443, offset +2 (gw/repository/conf/carbon.xml:4)
          servlet-http           9765   yes   shipped 9763, offset +2 (gw/repository/conf/carbon.xml:4)
          passthru-https         8245   yes   shipped 8243, offset +2 (gw/repository/conf/carbon.xml:4)
          passthru-http          8282   yes   shipped 8280, offset +2 (gw/repository/conf/carbon.xml:4)
          ws                     9101   yes   shipped 9099, offset +2 (gw/repository/conf/carbon.xml:4)
          wss                    8101   yes   shipped 8099, offset +2 (gw/repository/conf/carbon.xml:4)
          hazelcast              4000   no    shipped 4000, dormant: clustering switch is 'false' as shipped
          hazelcast-multicast    45564  no    shipped 45564, dormant: clustering switch is 'false' as shipped
    km    servlet-https          9448   yes   shipped 9443, offset +5 (km/repository/conf/carbon.xml:4)
          servlet-http           9768   yes   shipped 9763, offset +5 (km/repository/conf/carbon.xml:4)
          thrift-server          10402  yes   default 10397, offset +5 (km/repository/conf/carbon.xml:4)
          thrift-authentication  10716  yes   shipped 10711, offset +5 (km/repository/conf/carbon.xml:4)
          hazelcast              4000   no    shipped 4000, dormant: clustering switch is 'false' as shipped
          hazelcast-multicast    45564  no    shipped 45564, dormant: clustering switch is 'false' as shipped
    ");
}

#[test]
fn ports_as_json_for_chosen_nodes() {
    assert_snapshot!("ports-of-chosen-nodes", ports::json(&mismatch().open().project, &|name| name == "km"));
    let gateway = ports::json(&mismatch().open().project, &|name| name == "gw");
    let start = gateway.find("\"ports\"").expect("ports");
    let end = gateway.find("servlet-https").expect("a listener");
    assert_snapshot!(&gateway[start..end], @r#"
    "ports": [
            {
              "id": "thrift-client",
              "title": "Thrift key validation",
              "kind": "link",
              "port": 10399,
              "default": 10397,
              "live": true,
              "targets": [
                "km"
              ],
              "reasons": [
                "default 10397",
                "offset +2 (gw/repository/conf/carbon.xml:4)"
              ]
            },
            {
              "id": "
    "#);
}

#[test]
fn links_as_a_table_hide_nothing() {
    assert_snapshot!(links::human(&mismatch().open().project, &|_| true), @r#"
    FROM  TO  LINK                       HOST:PORT             VERDICT     WHY
    gw    km  thrift-client              km.example.com:10399  wrong port  10399 would be offset 2; km has 5
    gw    km  key-validator-server-url   km.example.com:9448   ok
    gw    -   throttle-receiver          -                     not stated  no file of gw states it
    gw    -   throttle-auth              -                     not stated  no file of gw states it
    gw    -   jms-connection-factory     -                     not stated  no file of gw states it
    gw    -   workflow-callback-service  -                     not stated  no file of gw states it
    km    -   gateway-env-endpoint       -                     not stated  no file of km states it
    km    -   revoke-api-url             -                     not stated  no file of km states it
    "#);
}

#[test]
fn links_as_json() {
    let text = links::json(&mismatch().open().project, &|_| true);
    let end = text.find("  },").or_else(|| text.find("  }\n")).expect("a link");
    assert_snapshot!(&text[..end], @r#"
    {
      "version": 1,
      "links": [
        {
          "id": "thrift-client",
          "title": "Thrift key validation",
          "from": "gw",
          "to": [
            "km"
          ],
          "host": "km.example.com",
          "port": 10399,
          "scheme": "thrift",
          "verdict": "wrong port",
          "why": "10399 would be offset 2; km has 5",
          "reasons": [
            "default 10397",
            "offset +2 (gw/repository/conf/carbon.xml:4)"
          ],
          "file": "gw/repository/conf/api-manager.xml",
          "line": 6
    "#);
}

#[test]
fn a_link_is_explained_step_by_step() {
    let opened = mismatch().open();
    assert_snapshot!(explain::render(&opened.project, "gw.thrift-client").expect("a link"), @r#"
    gw.thrift-client: Thrift key validation, which gw calls
      1. host km.example.com (gw/repository/conf/api-manager.xml:6)
      2. default 10397
      3. offset +2 (gw/repository/conf/carbon.xml:4) = 10399
      so gw calls km.example.com:10399
      meant is km.thrift-server:
      4. default 10397
      5. offset +5 (km/repository/conf/carbon.xml:4) = 10402
      so km listens on 10402: does not fit
      verdict: wrong port: 10399 would be offset 2; km has 5
    "#);
    assert_snapshot!(explain::render(&opened.project, "km.thrift-server").expect("a listener"), @r#"
    km.thrift-server: Thrift key validation, which km opens
      1. default 10397
      2. offset +5 (km/repository/conf/carbon.xml:4) = 10402
      port 10402, live
      called by
        gw.thrift-client  km.example.com:10399  wrong port  10399 would be offset 2; km has 5
    "#);
    assert_snapshot!(explain::render(&opened.project, "gw").expect("a node"), @"
    gw
      declared  topology.yaml:2
      roles     gateway
      home      gw
      product   2.6.0, from carbon.xml (gw/repository/conf/carbon.xml:2)
      offset    2, carbon.xml (gw/repository/conf/carbon.xml:4)
      host      gw.example.com
      machine   gw.example.com
      assumed   as shipped, for the files are not there: repository/conf/axis2/axis2.xml, repository/conf/tomcat/catalina-server.xml, repository/deployment/server/synapse-configs/default/inbound-endpoints/SecureWebSocketInboundEndpoint.xml, repository/deployment/server/synapse-configs/default/inbound-endpoints/WebSocketInboundEndpoint.xml

    opens
      servlet-https        9445   Servlet HTTPS (console, web apps, /services, /oauth2)  9443 + offset 2 = 9445
      servlet-http         9765   Servlet HTTP                                           9763 + offset 2 = 9765
      passthru-https       8245   Gateway HTTPS (PassThrough)                            8243 + offset 2 = 8245
      passthru-http        8282   Gateway HTTP (PassThrough)                             8280 + offset 2 = 8282
      ws                   9101   WebSocket                                              9099 + offset 2 = 9101
      wss                  8101   WebSocket, secure                                      8099 + offset 2 = 8101
      hazelcast            4000   Cluster member                                         not live: clustering switch is 'false' as shipped
      hazelcast-multicast  45564  Cluster multicast                                      not live: clustering switch is 'false' as shipped

    calls
      thrift-client              km.example.com:10399  km  wrong port: 10399 would be offset 2; km has 5
      key-validator-server-url   km.example.com:9448   km  ok
      throttle-receiver          -                     -   not stated: no file of gw states it
      throttle-auth              -                     -   not stated: no file of gw states it
      jms-connection-factory     -                     -   not stated: no file of gw states it
      workflow-callback-service  -                     -   not stated: no file of gw states it
    ");
}

#[test]
fn what_cannot_be_explained_names_the_nearest() {
    let opened = mismatch().open();
    assert_snapshot!(explain::render(&opened.project, "gv").expect_err("no node"), @r#"no node is called 'gv' (there are: gw, km)"#);
    assert_snapshot!(explain::render(&opened.project, "gw.thrift-clent").expect_err("no port"), @"gw has no port or link 'thrift-clent'; did you mean 'thrift-client'? (there are: servlet-https, servlet-http, passthru-https, passthru-http, ws, wss, hazelcast, hazelcast-multicast, thrift-client, key-validator-server-url, throttle-receiver, throttle-auth, jms-connection-factory, workflow-callback-service)");
}

#[test]
fn rules_are_listed_and_shown() {
    assert_snapshot!(rules::list(&ENGINE.rules), @r#"
    test-host      info   A host that nobody has
    test-mismatch  error  The Thrift ports differ
    "#);
    assert_snapshot!(rules::show(&ENGINE.rules, "test-mismatch").expect("a rule"), @"
    test-mismatch: The Thrift ports differ

    severity: error
    about: link (thrift-client)

    What it means.

    fixes:
      set the client port to …
        safe: only this gateway reads it
      set the server port to …
        unsafe: others may call it

    examples:
      two offsets
    ");
    assert_snapshot!(rules::show(&ENGINE.rules, "test-mismatsch").expect_err("no rule"), @r#"there is no rule 'test-mismatsch'; did you mean 'test-mismatch'? (`carbonlint rules` lists them)"#);
}

#[test]
fn mistakes_of_a_topology_are_shown_at_their_line() {
    let mut case = Case::default().node("gw", "gatewey", "2", gateway("km.example.com"));
    case.rest = "load_balancers:\n  - {host: x, password: hunter2, ports: {443: [\"km:1\"]}}\n".to_owned();
    let Err(error) = case.try_open() else { panic!("it has mistakes") };
    let text = topology_errors::render(&error, &style());
    assert!(!text.contains("hunter2"), "{text}");
    assert_snapshot!(text, @r#"
    error: unknown role `gatewey` of node `gw`
       ╭─[topology.yaml:2:22]
     1 │ nodes:
     2 │   - {name: gw, role: gatewey, home: gw, host: gw.example.com}
       ·                      ───┬───
       ·                         ╰── here
     3 │ load_balancers:
       ╰────
      help: did you mean `gateway`? roles: gateway, key-manager, publisher, devportal, store,
          traffic-manager, event-hub, gateway-manager, gateway-worker, control-plane,
          all-in-one, analytics, stream-processor, microgateway, bps

    error: unknown key `password` of a load balancer
       ╭─[topology.yaml:4:15]
     3 │ load_balancers:
     4 │   - {host: x, password* ******** ****** ***** **********
       ·               ────┬───
       ·                   ╰── here
     5 │
       ╰────
      help: the keys of a load balancer are name, host, aliases, ports, nodes

    error: no node is named `km`
       ╭─[topology.yaml:4:48]
     3 │ load_balancers:
     4 │   - {host: x, password* ******** ****** ***** **********
       ·                                                ───┬──
       ·                                                   ╰── here
     5 │
       ╰────
      help: the nodes are gw
    "#);
}
