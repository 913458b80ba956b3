//! Every link that is judged, one row each: with the target's effective port it is in order, with the port of an
//! untouched installation it is not, and the number that mends it is the right one.

#[path = "agreement/agree.rs"]
mod agree;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use carbonlint::catalogue::Confidence;
use carbonlint::home::Memory;
use carbonlint::project::{Engine, Project};

/// The offset of the node that is called.
const OFFSET: i64 = 3;

/// A link: its id, the versions it is tried in, who calls whom, what is written (`HOST`, `PORT`), and the default port.
struct Row(&'static str, &'static [&'static str], &'static str, &'static str, &'static str, i64);

const XML: &[&str] = &["2.0.0", "2.1.0", "2.2.0", "2.5.0", "2.6.0"];
const TOML: &[&str] = &["3.2.0", "4.0.0", "4.2.0", "4.5.0"];

const ROWS: &[Row] = &[
    Row(
        "key-validator-server-url",
        &["1.9.0", "2.6.0"],
        "gateway",
        "key-manager",
        "<APIKeyValidator><ServerURL>https://HOST:PORT/services/</ServerURL><KeyValidatorClientType>WSClient</KeyValidatorClientType></APIKeyValidator>",
        9443,
    ),
    Row(
        "key-validator-server-url",
        &["1.8.0"],
        "devportal",
        "key-manager",
        "<APIKeyManager><ServerURL>https://HOST:PORT/services/</ServerURL></APIKeyManager>",
        9443,
    ),
    Row(
        "third-party-km-server-url",
        &["2.6.0"],
        "devportal",
        "key-manager",
        "<APIKeyManager><Configuration><ServerURL>https://HOST:PORT/</ServerURL></Configuration></APIKeyManager>",
        9443,
    ),
    Row(
        "third-party-km-token-url",
        &["2.6.0"],
        "devportal",
        "gateway",
        "<APIKeyManager><Configuration><TokenURL>https://HOST:PORT/token</TokenURL></Configuration></APIKeyManager>",
        8243,
    ),
    Row(
        "third-party-km-revoke-url",
        &["2.6.0"],
        "devportal",
        "gateway",
        "<APIKeyManager><Configuration><RevokeURL>https://HOST:PORT/revoke</RevokeURL></Configuration></APIKeyManager>",
        8243,
    ),
    Row(
        "auth-manager-server-url",
        &["1.8.0", "2.6.0"],
        "publisher",
        "key-manager",
        "<AuthManager><ServerURL>https://HOST:PORT/services/</ServerURL></AuthManager>",
        9443,
    ),
    Row(
        "revoke-api-url",
        &["1.9.0", "2.6.0"],
        "key-manager",
        "gateway",
        "<OAuthConfigurations><RevokeAPIURL>https://HOST:PORT/revoke</RevokeAPIURL></OAuthConfigurations>",
        8243,
    ),
    Row(
        "gateway-env-server-url",
        &["1.8.0", "2.6.0"],
        "publisher",
        "gateway",
        "<APIGateway><Environments><Environment><ServerURL>https://HOST:PORT/services/</ServerURL></Environment></Environments></APIGateway>",
        9443,
    ),
    Row(
        "gateway-env-endpoint",
        &["1.8.0", "2.6.0"],
        "publisher",
        "gateway",
        "<APIGateway><Environments><Environment><GatewayEndpoint>http://HOST:PORT</GatewayEndpoint></Environment></Environments></APIGateway>",
        8280,
    ),
    Row(
        "gateway-env-ws-endpoint",
        &["2.6.0"],
        "publisher",
        "gateway",
        "<APIGateway><Environments><Environment><GatewayWSEndpoint>ws://HOST:PORT</GatewayWSEndpoint></Environment></Environments></APIGateway>",
        9099,
    ),
    Row(
        "throttle-receiver",
        &["2.0.0", "2.1.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><DataPublisher><ReceiverUrlGroup>{tcp://HOST:PORT}</ReceiverUrlGroup></DataPublisher></ThrottlingConfigurations>",
        9611,
    ),
    Row(
        "throttle-receiver",
        &["2.2.0", "2.6.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><TrafficManager><ReceiverUrlGroup>tcp://HOST:PORT</ReceiverUrlGroup></TrafficManager></ThrottlingConfigurations>",
        9611,
    ),
    Row(
        "throttle-receiver",
        &["2.6.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><TrafficManager><Type>Thrift</Type><ReceiverUrlGroup>tcp://HOST:PORT</ReceiverUrlGroup></TrafficManager></ThrottlingConfigurations>",
        7611,
    ),
    Row(
        "throttle-auth",
        &["2.2.0", "2.6.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><TrafficManager><AuthUrlGroup>ssl://HOST:PORT</AuthUrlGroup></TrafficManager></ThrottlingConfigurations>",
        9711,
    ),
    Row(
        "policy-deployer",
        XML,
        "publisher",
        "traffic-manager",
        "<ThrottlingConfigurations><PolicyDeployer><ServiceURL>https://HOST:PORT/services/</ServiceURL></PolicyDeployer></ThrottlingConfigurations>",
        9443,
    ),
    Row(
        "jms-service-url",
        &["2.0.0", "2.1.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><JMSConnectionDetails><ServiceURL>tcp://HOST:PORT</ServiceURL><JMSConnectionParameters><connectionfactory.TopicConnectionFactory>amqp://u:p@clientid/carbon?brokerlist='${jms.url}'</connectionfactory.TopicConnectionFactory></JMSConnectionParameters></JMSConnectionDetails></ThrottlingConfigurations>",
        5672,
    ),
    Row(
        "jms-connection-factory",
        XML,
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><JMSConnectionDetails><JMSConnectionParameters><connectionfactory.TopicConnectionFactory>amqp://u:p@clientid/carbon?brokerlist='tcp://HOST:PORT'</connectionfactory.TopicConnectionFactory></JMSConnectionParameters></JMSConnectionDetails></ThrottlingConfigurations>",
        5672,
    ),
    Row(
        "jms-connection-factory",
        &["2.6.0"],
        "gateway",
        "traffic-manager",
        "<ThrottlingConfigurations><JMSConnectionDetails><JMSConnectionParameters><connectionfactory.TopicConnectionFactory>amqp://u:p@clientid/carbon?brokerlist='tcp://HOST:PORT?ssl='true''</connectionfactory.TopicConnectionFactory></JMSConnectionParameters></JMSConnectionDetails></ThrottlingConfigurations>",
        8672,
    ),
    Row(
        "store-url",
        &["1.9.0", "2.6.0"],
        "publisher",
        "devportal",
        "<APIStore><URL>https://HOST:PORT/store</URL></APIStore>",
        9443,
    ),
    Row(
        "store-server-url",
        &["2.6.0"],
        "publisher",
        "devportal",
        "<APIStore><ServerURL>https://HOST:PORT/services/</ServerURL></APIStore>",
        9443,
    ),
    Row(
        "publisher-url",
        &["1.9.0", "2.6.0"],
        "devportal",
        "publisher",
        "<APIPublisher><URL>https://HOST:PORT/publisher</URL></APIPublisher>",
        9443,
    ),
    Row(
        "cors-origin",
        &["1.10.0"],
        "gateway",
        "devportal",
        "<CORSConfiguration><Access-Control-Allow-Origin>http://HOST:PORT</Access-Control-Allow-Origin></CORSConfiguration>",
        9763,
    ),
    Row(
        "external-store-endpoint",
        &["2.6.0"],
        "publisher",
        "devportal",
        "<ExternalAPIStores><ExternalAPIStore><Endpoint>http://HOST:PORT/store</Endpoint></ExternalAPIStore></ExternalAPIStores>",
        9763,
    ),
    Row(
        "workflow-server-url",
        &["2.6.0"],
        "publisher",
        "bps",
        "<WorkflowConfigurations><Enabled>true</Enabled><ServerUrl>https://HOST:PORT/bpmn</ServerUrl></WorkflowConfigurations>",
        9443,
    ),
    Row(
        "workflow-callback-api",
        &["2.6.0"],
        "devportal",
        "publisher",
        "<WorkflowConfigurations><Enabled>true</Enabled><WorkflowCallbackAPI>https://HOST:PORT/x</WorkflowCallbackAPI></WorkflowConfigurations>",
        9443,
    ),
    Row(
        "workflow-token-endpoint",
        &["2.6.0"],
        "publisher",
        "gateway",
        "<WorkflowConfigurations><Enabled>true</Enabled><TokenEndPoint>https://HOST:PORT/token</TokenEndPoint></WorkflowConfigurations>",
        8243,
    ),
    Row(
        "workflow-dcr-endpoint",
        &["2.6.0"],
        "publisher",
        "key-manager",
        "<WorkflowConfigurations><Enabled>true</Enabled><DCREndPoint>https://HOST:PORT/x</DCREndPoint></WorkflowConfigurations>",
        9443,
    ),
    Row(
        "bam-server-url",
        &["1.9.0"],
        "gateway",
        "analytics",
        "<APIUsageTracking><Enabled>true</Enabled><BAMServerURL>tcp://HOST:PORT/</BAMServerURL></APIUsageTracking>",
        7611,
    ),
    Row(
        "das-server-url",
        &["2.0.0", "2.5.0"],
        "gateway",
        "analytics",
        "<Analytics><Enabled>true</Enabled><DASServerURL>{tcp://HOST:PORT/}</DASServerURL></Analytics>",
        7611,
    ),
    Row(
        "das-auth-url",
        &["2.1.0"],
        "gateway",
        "analytics",
        "<Analytics><Enabled>true</Enabled><DASAuthServerURL>{ssl://HOST:PORT}</DASAuthServerURL></Analytics>",
        7711,
    ),
    Row(
        "das-rest-url",
        &["2.5.0"],
        "publisher",
        "analytics",
        "<Analytics><Enabled>true</Enabled><DASRestApiURL>https://HOST:PORT</DASRestApiURL></Analytics>",
        9443,
    ),
    Row(
        "toml-km-service-url",
        TOML,
        "gateway",
        "key-manager",
        "[apim.key_manager]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-auth-manager",
        TOML,
        "publisher",
        "key-manager",
        "[apim.auth_manager]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-idp",
        TOML,
        "devportal",
        "key-manager",
        "[apim.idp]\nauthorize_endpoint = \"https://HOST:PORT/oauth2/authorize\"",
        9443,
    ),
    Row(
        "toml-revoke",
        &["3.0.0", "3.2.0"],
        "key-manager",
        "gateway",
        "[apim.oauth_config]\nrevoke_endpoint = \"https://HOST:PORT/revoke\"",
        8243,
    ),
    Row(
        "toml-revoke",
        &["4.0.0", "4.5.0"],
        "devportal",
        "key-manager",
        "[apim.oauth_config]\nrevoke_endpoint = \"https://HOST:PORT/oauth2/revoke\"",
        9443,
    ),
    Row(
        "toml-env-service-url",
        TOML,
        "publisher",
        "gateway",
        "[[apim.gateway.environment]]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-env-http",
        TOML,
        "publisher",
        "gateway",
        "[[apim.gateway.environment]]\nhttp_endpoint = \"http://HOST:PORT\"",
        8280,
    ),
    Row(
        "toml-env-https",
        TOML,
        "devportal",
        "gateway",
        "[[apim.gateway.environment]]\nhttps_endpoint = \"https://HOST:PORT\"",
        8243,
    ),
    Row("toml-env-ws", TOML, "publisher", "gateway", "[[apim.gateway.environment]]\nws_endpoint = \"ws://HOST:PORT\"", 9099),
    Row("toml-env-wss", TOML, "publisher", "gateway", "[[apim.gateway.environment]]\nwss_endpoint = \"wss://HOST:PORT\"", 8099),
    Row(
        "toml-env-websub-http",
        &["4.0.0", "4.5.0"],
        "publisher",
        "gateway",
        "[[apim.gateway.environment]]\nwebsub_event_receiver_http_endpoint = \"http://HOST:PORT\"",
        9021,
    ),
    Row(
        "toml-env-websub-https",
        &["4.0.0", "4.5.0"],
        "publisher",
        "gateway",
        "[[apim.gateway.environment]]\nwebsub_event_receiver_https_endpoint = \"https://HOST:PORT\"",
        8021,
    ),
    Row(
        "toml-throttle-service-url",
        TOML,
        "publisher",
        "traffic-manager",
        "[apim.throttling]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-throttle-service-url-gateway",
        &["4.0.0", "4.2.0", "4.5.0"],
        "gateway",
        "traffic-manager",
        "[apim.throttling]\nservice_url = \"https://HOST:PORT/services/\"\n[apim.event_hub]\nservice_url = \"https://elsewhere:9443/\"",
        9443,
    ),
    Row(
        "toml-throttle-jms",
        &["3.0.0", "3.2.0", "4.5.0"],
        "gateway",
        "traffic-manager",
        "[apim.throttling]\nthrottle_decision_endpoints = [\"\\\"tcp://HOST:PORT\\\"\"]",
        5672,
    ),
    Row(
        "toml-throttle-jms",
        &["4.2.0"],
        "gateway",
        "traffic-manager",
        "[apim.throttling]\nthrottle_decision_endpoints = \"tcp://HOST:PORT\"",
        5672,
    ),
    Row(
        "toml-throttle-receiver",
        TOML,
        "gateway",
        "traffic-manager",
        "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://HOST:PORT\"]",
        9611,
    ),
    Row(
        "toml-throttle-auth",
        TOML,
        "gateway",
        "traffic-manager",
        "[[apim.throttling.url_group]]\ntraffic_manager_auth_urls = [\"ssl://HOST:PORT\"]",
        9711,
    ),
    Row(
        "toml-throttle-receiver-url",
        TOML,
        "gateway",
        "traffic-manager",
        "[apim.throttling]\nreceiver_url = \"tcp://HOST:PORT\"",
        9611,
    ),
    Row(
        "toml-throttle-receiver-auth-url",
        TOML,
        "gateway",
        "traffic-manager",
        "[apim.throttling]\nreceiver_auth_url = \"ssl://HOST:PORT\"",
        9711,
    ),
    Row(
        "toml-jms-factory",
        TOML,
        "gateway",
        "traffic-manager",
        "[apim.throttling.jms]\ntopic_connection_factory = \"amqp://u:p@clientid/carbon?brokerlist='tcp://HOST:PORT'\"",
        5672,
    ),
    Row(
        "toml-event-duplicate",
        TOML,
        "traffic-manager",
        "traffic-manager",
        "[apim.throttling]\nevent_duplicate_url = [\"tcp://HOST:PORT\"]",
        5672,
    ),
    // What the event hub's keys fall back to.
    Row(
        "toml-event-hub-service",
        TOML,
        "gateway",
        "control-plane",
        "[apim.throttling]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-event-hub-listen",
        TOML,
        "traffic-manager",
        "control-plane",
        "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://HOST:PORT\"]",
        5672,
    ),
    Row(
        "toml-event-hub-publish",
        TOML,
        "control-plane",
        "traffic-manager",
        "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://HOST:PORT\"]",
        9611,
    ),
    Row(
        "toml-event-hub-publish-auth",
        TOML,
        "control-plane",
        "traffic-manager",
        "[[apim.throttling.url_group]]\ntraffic_manager_auth_urls = [\"ssl://HOST:PORT\"]",
        9711,
    ),
    Row(
        "toml-event-hub-service",
        TOML,
        "gateway",
        "control-plane",
        "[apim.event_hub]\nservice_url = \"https://HOST:PORT/services/\"",
        9443,
    ),
    Row(
        "toml-event-hub-listen",
        TOML,
        "gateway",
        "control-plane",
        "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://HOST:PORT\"]",
        5672,
    ),
    Row(
        "toml-event-hub-listen",
        &["3.2.0"],
        "gateway",
        "traffic-manager",
        "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://HOST:PORT\"]",
        5672,
    ),
    Row(
        "toml-event-hub-publish",
        TOML,
        "control-plane",
        "traffic-manager",
        "[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://HOST:PORT\"]",
        9611,
    ),
    Row(
        "toml-event-hub-publish-auth",
        TOML,
        "control-plane",
        "traffic-manager",
        "[[apim.event_hub.publish.url_group]]\nauth_urls = [\"ssl://HOST:PORT\"]",
        9711,
    ),
    Row(
        "toml-event-hub-connect",
        TOML,
        "gateway",
        "traffic-manager",
        "[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://HOST:PORT\"]",
        9611,
    ),
    Row(
        "toml-event-hub-connect-auth",
        TOML,
        "traffic-manager",
        "event-hub",
        "[[apim.event_hub.publish.url_group]]\nauth_urls = [\"ssl://HOST:PORT\"]",
        9711,
    ),
    Row(
        "toml-notification",
        TOML,
        "key-manager",
        "control-plane",
        "[[event_listener]]\nid = \"token_revocation\"\n[event_listener.properties]\nnotification_endpoint = \"https://HOST:PORT/internal/data/v1/notify\"",
        9443,
    ),
    Row(
        "toml-txn-counter",
        &["4.4.0", "4.5.0"],
        "gateway",
        "control-plane",
        "[apim.transaction_counter]\nservice_url = \"https://HOST:PORT/x\"",
        9443,
    ),
    Row("toml-devportal-url", TOML, "publisher", "devportal", "[apim.devportal]\nurl = \"https://HOST:PORT/devportal\"", 9443),
    Row(
        "toml-workflow-service",
        TOML,
        "publisher",
        "bps",
        "[apim.workflow]\nenable = true\nservice_url = \"https://HOST:PORT/bpmn\"",
        9443,
    ),
    Row(
        "toml-workflow-callback",
        TOML,
        "devportal",
        "publisher",
        "[apim.workflow]\nenable = true\ncallback_endpoint = \"https://HOST:PORT/x\"",
        9443,
    ),
    Row(
        "toml-workflow-token",
        &["3.2.0"],
        "publisher",
        "gateway",
        "[apim.workflow]\nenable = true\ntoken_endpoint = \"https://HOST:PORT/token\"",
        8243,
    ),
    Row(
        "toml-workflow-token",
        &["4.2.0"],
        "publisher",
        "key-manager",
        "[apim.workflow]\nenable = true\ntoken_endpoint = \"https://HOST:PORT/token\"",
        9443,
    ),
    Row(
        "toml-workflow-dcr",
        TOML,
        "publisher",
        "key-manager",
        "[apim.workflow]\nenable = true\nclient_registration_endpoint = \"https://HOST:PORT/x\"",
        9443,
    ),
];

/// Links of files of their own, each with the file.
const IN_FILES: &[(&str, Row)] = &[
    (
        "repository/deployment/server/jaggeryapps/publisher/site/conf/site.json",
        Row(
            "site-json-idp",
            &["1.8.0", "1.10.0", "2.0.0", "2.6.0"],
            "publisher",
            "key-manager",
            "{\"ssoConfiguration\" : {\n\"enabled\" : \"true\", // on\n\"identityProviderURL\" : \"https://HOST:PORT/samlsso\",\n},}",
            9443,
        ),
    ),
    (
        "repository/deployment/server/jaggeryapps/store/site/conf/site.json",
        Row(
            "site-json-idp",
            &["1.9.0", "2.6.0"],
            "devportal",
            "key-manager",
            "{ssoConfiguration: {identityProviderURL: 'https://HOST:PORT/samlsso', enabled: true}}",
            9443,
        ),
    ),
    (
        "repository/deployment/server/jaggeryapps/admin/site/conf/site.json",
        Row(
            "site-json-idp",
            &["2.1.0"],
            "publisher",
            "key-manager",
            "{\"ssoConfiguration\": {\"enabled\": \"true\", \"identityProviderURL\": \"https://HOST:PORT/samlsso\"}}",
            9443,
        ),
    ),
    (
        "repository/conf/identity/sso-idp-config.xml",
        Row(
            "sso-acs",
            &["1.10.0", "2.6.0"],
            "key-manager",
            "publisher",
            "<SSOIdentityProviderConfig><ServiceProviders><ServiceProvider><AssertionConsumerService>https://HOST:PORT/publisher/jagg/jaggery_acs.jag</AssertionConsumerService></ServiceProvider></ServiceProviders></SSOIdentityProviderConfig>",
            9443,
        ),
    ),
    (
        "repository/conf/identity/sso-idp-config.xml",
        Row(
            "sso-acs",
            &["1.10.0", "2.6.0"],
            "key-manager",
            "publisher",
            "<SSOIdentityProviderConfig><ServiceProviders><ServiceProvider><AssertionConsumerServiceURLs><AssertionConsumerServiceURL>https://HOST:PORT/publisher/jagg/jaggery_acs.jag</AssertionConsumerServiceURL></AssertionConsumerServiceURLs></ServiceProvider></ServiceProviders></SSOIdentityProviderConfig>",
            9443,
        ),
    ),
    (
        "repository/conf/identity/sso-idp-config.xml",
        Row(
            "sso-acs",
            &["1.10.0", "2.6.0"],
            "key-manager",
            "publisher",
            "<SSOIdentityProviderConfig><ServiceProviders><ServiceProvider><DefaultAssertionConsumerServiceURL>https://HOST:PORT/publisher/jagg/jaggery_acs.jag</DefaultAssertionConsumerServiceURL></ServiceProvider></ServiceProviders></SSOIdentityProviderConfig>",
            9443,
        ),
    ),
    (
        "repository/deployment/server/jaggeryapps/admin/site/conf/site.json",
        Row(
            "site-json-workflow",
            &["2.0.0", "2.6.0"],
            "publisher",
            "bps",
            "{\"workflows\": {\"workFlowServerURL\": \"https://HOST:PORT/services/\",}}",
            9443,
        ),
    ),
    (
        "repository/deployment/server/jaggeryapps/admin-dashboard/site/conf/site.json",
        Row(
            "site-json-workflow",
            &["1.8.0", "1.10.0"],
            "publisher",
            "bps",
            "{\"workflows\": {\"signupWorkFlowServerURL\": \"https://HOST:PORT/services/\"}}",
            9443,
        ),
    ),
    (
        "repository/conf/epr/ApplicationCallbackService.epr",
        Row(
            "bps-epr-callback",
            &["1.8.0", "2.6.0"],
            "bps",
            "gateway",
            "<wsa:EndpointReference xmlns:wsa='http://www.w3.org/2005/08/addressing'><wsa:Address>https://HOST:PORT/services/WorkflowCallbackService</wsa:Address></wsa:EndpointReference>",
            8243,
        ),
    ),
    (
        "business-processes/epr/UserSignupService.epr",
        Row(
            "bps-epr-service",
            &["1.8.0", "2.6.0"],
            "bps",
            "bps",
            "<wsa:EndpointReference xmlns:wsa='http://www.w3.org/2005/08/addressing'><wsa:Address>http://HOST:PORT/services/UserApprovalService</wsa:Address></wsa:EndpointReference>",
            9763,
        ),
    ),
];

/// All rows, each with its file; without one it is the version's own.
fn rows() -> impl Iterator<Item = (Option<&'static str>, &'static Row)> {
    ROWS.iter().map(|row| (None, row)).chain(IN_FILES.iter().map(|(file, row)| (Some(*file), row)))
}

/// Links with tests of their own: the port and the host stand apart, or in a file of their own.
const ELSEWHERE: &[&str] = &[
    "thrift-client",
    "workflow-callback-service",
    "default-api-endpoints",
    "jndi-topic-factory",
    "jndi-queue-factory",
    "sp-server-url",
    "sp-auth-url",
    "sp-rest-url",
    "toml-analytics-url",
    "toml-analytics-store",
];

impl Row {
    /// A deployment in which the caller has no offset and the other one has.
    fn open(&self, engine: &Engine, file: Option<&str>, version: &str, port: i64) -> Project {
        self.open_with(engine, file, version, &self.4.replace("HOST", "b.example.com").replace("PORT", &port.to_string()))
    }

    /// The same with another text.
    fn open_with(&self, engine: &Engine, file: Option<&str>, version: &str, text: &str) -> Project {
        let (caller, target) = (self.2, self.3);
        let text = text.to_owned();
        let mut memory = Memory::default();
        for (home, offset) in [("a", 0), ("b", OFFSET)] {
            let carbon = format!("<Server><Version>{version}</Version><Ports><Offset>{offset}</Offset></Ports></Server>");
            memory.insert(format!("{home}/repository/conf/carbon.xml"), carbon);
            if !version.starts_with(['1', '2']) {
                let own = if home == "a" && file.is_none() { text.as_str() } else { "" };
                memory.insert(format!("{home}/repository/conf/deployment.toml"), format!("[server]\noffset = {offset}\n{own}\n"));
            }
        }
        if let Some(file) = file {
            memory.insert(format!("a/{file}"), text);
        } else if version.starts_with(['1', '2']) {
            memory.insert("a/repository/conf/api-manager.xml".to_owned(), format!("<APIManager>{text}</APIManager>"));
        }
        let topology = format!(
            "nodes:\n  - {{name: a, role: {caller}, home: a, host: a.example.com}}\n  - {{name: b, role: {target}, home: b, host: b.example.com}}\n"
        );
        engine.open_in(&memory, Path::new(""), &topology).unwrap_or_else(|error| panic!("{error}\n{topology}"))
    }
}

#[test]
fn the_effective_port_is_right_and_the_default_one_is_not() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut wrong: Vec<String> = Vec::new();
    for (file, row) in rows() {
        for version in row.1 {
            for (port, expected) in [(row.5 + OFFSET, "ok"), (row.5, "wrong port")] {
                let project = row.open(&engine, file, version, port);
                let model = &project.model;
                let links: Vec<_> =
                    model.links_of(0).iter().filter(|link| model.catalogue().links[link.spec].id == row.0).collect();
                let found: Vec<_> = links.iter().map(|link| (link.verdict.name(), link.why.as_str())).collect();
                if !matches!(&found[..], [(verdict, _)] if *verdict == expected) {
                    wrong.push(format!("{} {version} {port}: {found:?}, expected {expected}", row.0));
                }
            }
            let project = row.open(&engine, file, version, row.5);
            let linted = engine.lint(&project, &HashMap::new());
            let of_link: Vec<_> = linted.findings.iter().filter(|finding| finding.link.as_deref() == Some(row.0)).collect();
            let title = format!("write {}", row.5 + OFFSET);
            let mends = matches!(&of_link[..], [finding] if finding.fixes.iter().any(|fix| fix.title == title));
            if !mends {
                let said: Vec<_> = of_link.iter().map(|finding| (&finding.rule, &finding.message)).collect();
                wrong.push(format!("{} {version}: {said:?}, expected one finding that offers to {title}", row.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What people write in the place of `HOST:PORT`.
const SLIPS: &[&str] =
    &["b.example.com", "b.example.com:443", "b.example.com:9763", "localhost:PORT", "nowhere.example.com:PORT", "a.b.9443"];

#[test]
fn every_slip_in_an_address_is_told_by_links_and_by_check() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut wrong: Vec<String> = Vec::new();
    for (file, row) in rows() {
        let version = row.1[row.1.len() - 1];
        for slip in SLIPS {
            let text = row.4.replace("HOST:PORT", slip).replace("PORT", &row.5.to_string());
            let project = row.open_with(&engine, file, version, &text);
            let linted = engine.lint(&project, &HashMap::new());
            let said = agree::contradictions(&engine, &project, &linted);
            wrong.extend(said.into_iter().map(|one| format!("{} {version} {slip}: {one}", row.0)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_that_is_judged_has_a_row() {
    let engine = Engine::new().expect("the embedded rules load");
    let tried: BTreeSet<&str> = rows().map(|(_, row)| row.0).chain(ELSEWHERE.iter().copied()).collect();
    let judged = engine.catalogue.links.iter().filter(|link| link.judged && link.confidence != Confidence::Guess);
    let missing: Vec<&str> = judged.map(|link| link.id.as_str()).filter(|id| !tried.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_stream_processor_has_ports_of_its_own_and_no_offset() {
    let engine = Engine::new().expect("the embedded rules load");
    for (url, expected) in
        [("tcp://sp:7612", "ok"), ("tcp://sp:7611", "wrong port"), ("ssl://sp:7712", "ok"), ("tcp://other:7612", "external")]
    {
        let mut memory = Memory::default();
        let analytics =
            format!("<Analytics><Enabled>true</Enabled><StreamProcessorServerURL>{url}</StreamProcessorServerURL></Analytics>");
        memory.insert("gw/repository/conf/api-manager.xml".to_owned(), format!("<APIManager>{analytics}</APIManager>"));
        memory.insert("sp/bin/version.txt".to_owned(), "WSO2 Stream Processor v4.3.0".to_owned());
        let topology = "defaults: {product: 2.6.0}\nnodes:\n  - {name: gw, role: gateway, home: gw, host: gw}\n  - {name: sp, role: stream-processor, home: sp, host: sp}\n";
        let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
        let model = &project.model;
        let link = model.links.iter().find(|link| model.catalogue().links[link.spec].id == "sp-server-url").expect("the link");
        assert_eq!(link.verdict.name(), expected, "{url}: {}", link.why);
        let open = model.nodes[1].listeners.iter().filter(|listener| listener.live).filter_map(|listener| listener.port.value());
        assert_eq!(open.collect::<Vec<_>>(), [7612, 7712, 7444, 9444, 9643]);
    }
}

#[test]
fn the_broker_of_jndi_properties_does_not_follow_the_offset() {
    let engine = Engine::new().expect("the embedded rules load");
    let jndi =
        "connectionfactory.TopicConnectionFactory = amqp://admin:hidden@clientid/carbon?brokerlist='tcp://localhost:5672'\n";
    let mut memory = Memory::default();
    memory.insert(
        "tm/repository/conf/carbon.xml".to_owned(),
        "<Server><Version>2.6.0</Version><Ports><Offset>2</Offset></Ports></Server>".to_owned(),
    );
    memory.insert("tm/repository/conf/jndi.properties".to_owned(), jndi.to_owned());
    let topology = "nodes:\n  - {name: tm, role: traffic-manager, home: tm, host: tm}\n";
    let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
    let linted = engine.lint(&project, &HashMap::new());
    let said: Vec<_> = linted.findings.iter().map(|finding| (finding.rule.as_str(), finding.message.as_str())).collect();
    let message = "tm calls tm on 5672 (Throttle decisions, to the own broker), but tm listens on 5674";
    assert_eq!(said, [("link-port-mismatch", message)]);
    let suggestion = carbonlint::fix::suggest(&project.model, &linted.findings[0].fixes[0]);
    let edit = &suggestion.edits[0].edit;
    assert_eq!((&jndi[edit.span.start..edit.span.end], edit.text.as_str()), ("5672", "5674"));
}

#[test]
fn the_other_of_a_pair_is_meant_and_never_the_node_itself() {
    let engine = Engine::new().expect("the embedded rules load");
    let mut memory = Memory::default();
    for (home, offset, own) in [("a", 1, "tcp://a:5673"), ("b", 2, "tcp://a:5673")] {
        let text = format!("[server]\noffset = {offset}\n[apim.throttling]\nevent_duplicate_url = [\"{own}\"]\n");
        memory.insert(format!("{home}/repository/conf/deployment.toml"), text);
    }
    let topology = "defaults: {product: 4.2.0}\nnodes:\n  - {name: a, role: traffic-manager, home: a, host: a}\n  - {name: b, role: traffic-manager, home: b, host: b}\n";
    let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
    let linted = engine.lint(&project, &HashMap::new());
    let said: Vec<_> = linted.findings.iter().map(|finding| finding.message.as_str()).collect();
    let copies = "Copies of events for the other of a pair";
    assert_eq!(said, [format!("a calls itself (a:5673, {copies}), but the role it needs is on b")]);
    assert_eq!(linted.findings[0].fixes[0].title, "call b:5674");
}

#[test]
fn control_planes_are_a_pair_beside_a_traffic_manager_of_its_own() {
    let engine = Engine::new().expect("the embedded rules load");
    let said = |other: &str| {
        let mut memory = Memory::default();
        for home in ["cp1", "cp2"] {
            let text = format!(
                "[apim.throttling]\nevent_duplicate_url = [\"{}\"]\n",
                if home == "cp1" { other } else { "tcp://cp1:5672" }
            );
            memory.insert(format!("{home}/repository/conf/deployment.toml"), text);
        }
        memory.insert("tm/repository/conf/deployment.toml", "[server]\noffset = 0\n");
        let topology = "defaults: {product: 4.2.0}\nnodes:\n  - {name: cp1, role: control-plane, home: cp1, host: cp1}\n  \
                        - {name: cp2, role: control-plane, home: cp2, host: cp2}\n  - {name: tm, role: traffic-manager, home: tm, host: tm}\n";
        let project = engine.open_in(&memory, Path::new(""), topology).unwrap_or_else(|error| panic!("{error}"));
        let linted = engine.lint(&project, &HashMap::new());
        let of = |finding: &carbonlint::lint::Finding| {
            (finding.rule.clone(), finding.fixes.first().map(|fix| fix.title.clone()).unwrap_or_default())
        };
        linted.findings.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(said("tcp://cp2:5672"), []);
    assert_eq!(said("tcp://tm:5672"), []);
    assert_eq!(said("tcp://cp1:5672"), [("link-still-local".to_owned(), "call cp2:5672".to_owned())]);
}

#[test]
fn an_address_that_stands_in_for_another_is_judged_once() {
    let engine = Engine::new().expect("the embedded rules load");
    let verdicts = |toml: &str| {
        let mut memory = Memory::default();
        memory.insert("gw/repository/conf/deployment.toml", toml);
        memory.insert("cp/repository/conf/deployment.toml", "[server]\noffset = 3\n");
        let topology = "defaults: {product: 4.2.0}\nnodes:\n  - {name: gw, role: gateway, home: gw, host: gw}\n  \
                        - {name: cp, role: [control-plane, traffic-manager], home: cp, host: cp}\n";
        let project = engine.open_in(&memory, Path::new(""), topology).expect("a topology");
        let of = |id: &str| {
            let link = project.model.links.iter().find(|link| engine.catalogue.links[link.spec].id == id);
            link.map_or("none", |link| link.verdict.name()).to_owned()
        };
        let (ids, linted) = (["toml-throttle-jms", "toml-event-hub-listen"], engine.lint(&project, &HashMap::new()));
        let wrong = linted.findings.iter().filter(|finding| finding.rule == "link-port-mismatch").count();
        (ids.map(of), wrong)
    };
    let endpoints = "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://cp:5672\"]\n";
    assert_eq!(verdicts(endpoints), (["wrong port", "not stated"].map(str::to_owned), 1));
    // A connection factory takes the place of the endpoints for decisions, not for what the event hub says.
    let factory = "[apim.throttling.jms]\ntopic_connection_factory = \"amqp://u:p@c/carbon?brokerlist='tcp://cp:5675'\"\n";
    assert_eq!(verdicts(&format!("{endpoints}{factory}")), (["dormant", "wrong port"].map(str::to_owned), 1));
    let own = "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://cp:5675\"]\n";
    assert_eq!(verdicts(&format!("{endpoints}{own}")), (["wrong port", "ok"].map(str::to_owned), 1));
}

#[test]
fn a_public_address_is_judged_where_the_load_balancer_is_known() {
    let engine = Engine::new().expect("the embedded rules load");
    let verdict = |balancers: &str| {
        let toml = "[[apim.gateway.environment]]\nname = \"a\"\nhttps_endpoint = \"https://api.example.com\"\n";
        let mut memory = Memory::default();
        memory.insert("cp/repository/conf/deployment.toml", toml);
        memory.insert("gw/repository/conf/deployment.toml", "[server]\noffset = 0\n");
        let topology = format!(
            "defaults: {{product: 4.2.0}}\nnodes:\n  - {{name: gw, role: gateway, home: gw, host: gw}}\n  - {{name: cp, role: control-plane, home: cp, host: cp}}\n{balancers}"
        );
        let project = engine.open_in(&memory, Path::new(""), &topology).expect("a topology");
        let linted = engine.lint(&project, &HashMap::new());
        assert_eq!(agree::contradictions(&engine, &project, &linted), Vec::<String>::new());
        let link = project.model.links.iter().find(|link| engine.catalogue.links[link.spec].id == "toml-env-https");
        link.expect("the link").verdict.name()
    };
    let offers =
        |backend: &str| verdict(&format!("load_balancers: [{{host: api.example.com, ports: {{443: ['{backend}']}}}}]\n"));
    assert_eq!(verdict(""), "ok");
    assert_eq!(offers("gw:8243"), "ok");
    assert_eq!(offers("gw:8280"), "ok");
    assert_eq!(offers("cp:9443"), "wrong role");
    assert_eq!(offers("gw:9443"), "nothing listens");
    assert_eq!(offers("gw:8244"), "nothing listens");
    assert_eq!(verdict("load_balancers: [{host: api.example.com, ports: {8243: ['gw:8243']}}]\n"), "ok");
    assert_eq!(verdict("load_balancers: [{host: api.example.com, nodes: [gw]}]\n"), "ok");
    assert_eq!(verdict("load_balancers: [{host: api.example.com, nodes: [cp]}]\n"), "wrong role");
}
