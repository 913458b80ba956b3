//! What is starred out of files of a known kind, whole and broken, and what stays.

use super::names::is_secret_name;
use super::{Kind, mask_file};

/// In every text, `hunter2` is the secret, and `stays` has to be left.
const CASES: &[(Kind, &str)] = &[
    (Kind::Yaml, "nodes:\n  - {name: stays, home: x, environment: {DB_PASSWORD: hunter2}}\n"),
    (Kind::Yaml, "nodes:\n  - {name: stays, properties: {a: {db.password: hunter2}}, host: stays}\n"),
    (Kind::Yaml, "defaults: {environment: {A: stays, DBPASS: 'a, hunter2'}, role: stays}\n"),
    (
        Kind::Yaml,
        "defaults:\n  environment: {\n    A: stays,\n    DBPASS: {\n      b: hunter2,\n      c: hunter2\n    },\n    C: stays\n  }\n",
    ),
    (Kind::Yaml, "passwords:\n- hunter2\n- hunter2\nx: stays\n"),
    (Kind::Yaml, "a:\n  - passwords:\n      - hunter2\n    b: stays\n"),
    (Kind::Yaml, "a:\n  password: >-\n    x\n\n    hunter2\n  b: stays\n"),
    (Kind::Yaml, "a:\n  password: \"x\n    hunter2\"\n  b: stays\n"),
    (
        Kind::Yaml,
        "a:\n  - name: PASSWORD\n    value: hunter2\n  - value: hunter2\n    name: TOKEN\n  - name: x\n    value: stays\n",
    ),
    (Kind::Yaml, "start: curl -u admin:hunter2 && sh wso2server.sh -DportOffset=2\nx: stays\n"),
    (Kind::Yaml, "start: |\n  mysql -phunter2\n  sh wso2server.sh\nx: stays\n"),
    (Kind::Yaml, "a: stays # old password hunter2\n"),
    (Kind::Yaml, "a: stays # password of the store:\n# hunter2\nb: 1\n"),
    (Kind::Toml, "a = \"stays\"\npassword = \"\"\"\nhunter2\n\"\"\"\nb = 1\n"),
    (Kind::Toml, "password = \"$ref{stays}\"\n\"db.password\" = '$secret{stays}'\npassword = \"$env{X}hunter2\"\n"),
    (Kind::Toml, "password = '''\nhunter2'''\nb = 'stays'\n"),
    (Kind::Toml, "passwords = [\n  \"hunter2\",\n  \"hunter2\"\n]\nb = 'stays'\n"),
    (Kind::Toml, "x = { a = 'stays', b = { password = 'hunter2', c = 'stays' } }\n"),
    (Kind::Toml, "x = [\n  { a = 'stays', client_secret = 'hunter2' },\n  { a = 'stays' }\n]\n"),
    (Kind::Toml, "[secrets]\nalias = \"hunter2\"\n[server]\nb = 'stays'\n"),
    (Kind::Toml, "[database.credentials]\nuser = \"hunter2\"\nx = [\n'hunter2']\n[server]\nb = 'stays'\n"),
    (Kind::Toml, "credentials.x = 'hunter2'\nb = 'stays'\n"),
    (Kind::Toml, "cert = \"\"\"\n-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----\n\"\"\"\nb = 'stays'\n"),
    (Kind::Toml, "# password was hunter2\nb = 'stays'\n"),
    (Kind::Toml, "b = 'stays' # password is hunter2\n"),
    (Kind::Toml, "b = 'stays' # old password hunter2\n"),
    (Kind::Toml, "# token: hunter2\nb = 'stays'\n"),
    (Kind::Properties, "password was hunter2\nb = stays\n"),
    (Kind::Properties, "! old password hunter2\nb = stays\n"),
    (Kind::Properties, "b = stays# password was hunter2\n"),
    (Kind::Properties, "b = stays # old password hunter2\n"),
    (Kind::Properties, "password=abc\\\nhunter2\nb=stays\n"),
    (Kind::Properties, "db.pass : abc\\\n   hunter2\\\n  hunter2\nb=stays\n"),
    (Kind::Text, "connectionfactory.X = amqp://admin:hunter2@stays/carbon?brokerlist='tcp://stays:5672'\n"),
    (Kind::Text, "connectionfactory.X = amqp\\://admin\\:hunter2@stays/carbon\n"),
    (Kind::Xml, "<a><!-- password: hunter2 --><b>stays</b></a>"),
    (Kind::Xml, "<a><!-- credentials: admin hunter2 --><b>stays</b></a>"),
    (Kind::Xml, "<a>\n<!--\n password of the admin\n and\n hunter2\n-->\n<b>stays</b></a>"),
    (Kind::Xml, "<a>\n<!-- <b>stays</b>\n password hunter2\n-->\n<b>stays</b></a>"),
    (Kind::Xml, "<a><SSHKey>hunter2</SSHKey><SASToken>hunter2</SASToken><Pin>hunter2</Pin><b>stays</b></a>"),
    (Kind::Xml, "<a><Name>password</Name><Description/><Value>hunter2</Value></a><b><Value>stays</Value></b>"),
    (Kind::Xml, "<a>\n<Value>hunter2</Value>\n<Name>password</Name>\n</a><b><Value>stays</Value></b>"),
    (Kind::Xml, "<a><Property value=\"hunter2\" name=\"password\"/><b>stays</b></a>"),
    (Kind::Xml, "<a><Property\n value='hunter2'\n name='password'/><b c='stays'/></a>"),
    (Kind::Xml, "<!DOCTYPE a [<!ENTITY dbpass \"hunter2\"> <!ENTITY x 'hunter2'>]><a>stays</a>"),
    (Kind::Xml, "<a>\n<Password\nhunter2\n</Password><b>stays</b></a>"),
    (Kind::Script, "keytool -storepass hunter2 -keypass hunter2 -Da.host=stays\n"),
    (Kind::Script, "DBPASS=hunter2\nADMINPWD=hunter2 # hunter2\nexport TOKEN=hunter2\nJAVA_OPTS=\"-Da.host=stays\"\n"),
    (Kind::Script, "curl -u a:hunter2; mysql -phunter2; sshpass -p hunter2 sh stays.sh\n"),
    (Kind::Script, "java -Ddbpass=hunter2 -Djavax.net.ssl.trustStorePassword=hunter2 -Da.host=stays \\\n"),
    (Kind::Script, "PASSWORD=\"abc\nsh hunter2\" sh stays.sh\n"),
    (Kind::Script, "set PASS=hunter2\r\nset \"PASS=hunter2\"\r\ncall stays.bat\r\n"),
    (Kind::Script, "wrapper.java.additional.3 = -Dx.host=stays\nwrapper.password = hunter2\n"),
];

#[test]
fn secrets_of_files_are_starred_and_the_rest_stays() {
    for (kind, text) in CASES {
        let masked = mask_file(text, *kind, false);
        assert!(!masked.contains("hunter2"), "{kind:?}: {masked}");
        assert_eq!(masked.matches("stays").count(), text.matches("stays").count(), "{kind:?}: {masked}");
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.lines().count(), text.lines().count());
    }
}

#[test]
fn broken_files_hide_as_much() {
    for (kind, text) in CASES {
        let masked = mask_file(text, *kind, true);
        assert!(!masked.contains("hunter2"), "{kind:?}: {masked}");
    }
}

/// Every byte of every text, one at a time, is lost.
#[test]
fn a_lost_byte_uncovers_nothing() {
    let mut shown = Vec::new();
    for (kind, text) in CASES {
        let names: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| is_secret_name(name)).collect();
        for at in 0..text.len() {
            // A name that lost a letter is that of no secret for anybody, where it was short.
            let start = |name: &&str| name.as_ptr() as usize - text.as_ptr() as usize;
            let named = names.iter().find(|name| (start(name)..start(name) + name.len()).contains(&at));
            let lost = named
                .is_some_and(|name| !is_secret_name(&format!("{}{}", &name[..at - start(name)], &name[at + 1 - start(name)..])));
            if lost {
                continue;
            }
            let broken = format!("{}{}", &text[..at], &text[at + 1..]);
            let masked = mask_file(&broken, *kind, true);
            if masked.contains("hunter2") {
                shown.push(format!("{kind:?} at {at} {:?}: {masked}", &text[at..=at]));
            }
        }
    }
    assert!(shown.is_empty(), "{}:\n{}", shown.len(), shown.join("\n"));
}

#[test]
fn a_user_part_that_lost_its_sign_is_no_port() {
    let text = "c = amqp://admin:hunter2clientid/carbon?brokerlist='tcp://tm:5672'\nx = https://km:94x3/ https://km:${port}/ https://km:HTTPS_PORT/";
    let masked = mask_file(text, Kind::Text, false);
    assert_eq!(masked, text.replace("hunter2clientid", "***************"));
}

#[test]
fn a_password_behind_a_lost_bracket_is_no_name() {
    for text in ["<a>\n<APIKeyhunter2</APIKey></a>", "<a>\n<Passwordhunter2</Password></a>", "<a>\n<Pin\nhunter2\n</Pin></a>"] {
        let masked = mask_file(text, Kind::Xml, true);
        assert!(!masked.contains("hunter2"), "{masked}");
    }
}

#[test]
fn what_is_needed_stays() {
    for (kind, text) in [
        (
            Kind::Xml,
            "<a><KeyValidatorClientType>ThriftClient</KeyValidatorClientType><TokenURL>https://gw:8243/token</TokenURL></a>",
        ),
        (
            Kind::Xml,
            "<a><!-- The token endpoint of the gateway -->\n<APIKeyValidator><ThriftClientPort>1</ThriftClientPort></APIKeyValidator></a>",
        ),
        (
            Kind::Xml,
            "<a><!-- when we revoke tokens requests go through this API.\n     Please point it to key manager -->\n<RevokeAPIURL>https://gw:8243/revoke</RevokeAPIURL></a>",
        ),
        (Kind::Xml, "<a><Name>port</Name><Value>1</Value></a><entry key=\"port\">1</entry>"),
        (
            Kind::Toml,
            "[apim.token.revocation]\nurl = \"https://gw:8243/token\"\n[apim.key_manager]\nservice_url = \"https://km:9443/services/\"\n",
        ),
        (
            Kind::Yaml,
            "nodes:\n  - {name: gw, role: gateway, home: gw, key_manager: km, start: sh wso2server.sh -DportOffset=2}\n",
        ),
        (
            Kind::Yaml,
            "nodes:\n  - name: gw\n    start: JAVA_OPTS=-DportOffset=4 sh bin/wso2server.sh --debug 5005\n    key_manager: km\n",
        ),
        (
            Kind::Script,
            "while true\ndo\n  $JAVACMD \\\n  $JAVA_OPTS \\\n  -DportOffset=3 \\\n  org.wso2.carbon.bootstrap.Bootstrap $*\ndone\n",
        ),
        (Kind::Script, "JAVA_OPTS=\"$JAVA_OPTS -DportOffset=3\"\nset CMD_LINE_ARGS=%JAVA_OPTS% -DportOffset=2 -Da=1\r\n"),
        (Kind::Text, "connectionfactory.X = amqp://${admin.username}:${admin.password}@c/carbon?brokerlist='tcp://tm:5672'\n"),
    ] {
        assert_eq!(mask_file(text, kind, false), text);
    }
}

#[test]
fn masking_takes_time_as_the_text_is_long() {
    let kinds = [Kind::Xml, Kind::Toml, Kind::Json, Kind::Yaml, Kind::Script, Kind::Properties, Kind::Text];
    // By lines, for rustfmt would write each on its own.
    let pieces = "${|password|<|[|\"|'|<!--|<Password>|password=|{password:|`|-----BEGIN KEY-----|# password~|[secrets]~|\"\"\"|<a>|</a>|\
                  <Name>password</Name>|<Value>|password:~|- |start: |amqp://a:b|password = [~|<!ENTITY |name: password~|value: x~|\\~|\\|\
                  -D|PASS=\"|%|passwords: {|<Password|,password=[|password |x=[=|=|`a|[a.secret|-----BEGIN |<a x=\"|password {";
    let length = std::env::var("MASKING_BYTES").ok().and_then(|length| length.parse().ok()).unwrap_or(40_000);
    let slow = std::time::Duration::from_secs(4);
    let pieces = pieces.split('|').map(|piece| piece.replace('~', "\n"));
    // In a bracket that nothing closes, too.
    let texts = pieces.flat_map(|piece| ["", "x: [\n"].map(|start| format!("{start}{}", piece.repeat(length / piece.len()))));
    for text in texts {
        for kind in kinds {
            let start = std::time::Instant::now();
            let _ = mask_file(&text, kind, true);
            let (took, text) = (start.elapsed(), &text[..40]);
            if std::env::var_os("MASKING_BYTES").is_some() {
                eprintln!("{kind:?} {text:?} {took:?}");
            }
            assert!(took < slow, "{kind:?} {text:?} took {took:?}");
        }
    }
}
