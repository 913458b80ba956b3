//! What is starred out of pieces of files whose kind is not known, and what stays.

use super::{mask, mask_user_info};

#[test]
fn values_of_secrets_are_starred_and_columns_stay() {
    let cases = [
        ("<Password>admin</Password>", "<Password>*****</Password>"),
        ("<!--Password>admin</Password-->", "<!--Password>*****</Password-->"),
        ("<KeyPassword a='b'>x y</KeyPassword>", "<KeyPassword a='b'>* *</KeyPassword>"),
        ("<Property name=\"store.password\">abc</Property>", "<Property name=\"store.password\">***</Property>"),
        ("<Connector keystorePass=\"wso2carbon\" port=\"1\"/>", "<Connector keystorePass=\"**********\" port=\"1\"/>"),
        ("<p name=\"EncryptionKey\" value=\"abc\"/>", "<p name=\"EncryptionKey\" value=\"***\"/>"),
        ("amqp://admin:p@ss@client/x", "amqp://**********@client/x"),
        ("password = \"abc\"", "password = *****"),
        ("  db.password: abc # x", "  db.password: *** * *"),
        ("{port: 1, api_token: abc}", "{port: 1, api_token: ***}"),
        ("<Password><![CDATA[a<b]]></Password>", "<Password>***************</Password>"),
        ("<Password\n  a='b'>x\ny</Password>", "<Password\n  a='b'>*\n*</Password>"),
        ("<!-- <Secret>abc</Secret> -->", "<!-- <Secret>***</Secret> -->"),
        ("<ServerURL>admin:abc@km:9443</ServerURL>", "<ServerURL>*********@km:9443</ServerURL>"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text, false), masked);
    }
}

#[test]
fn secrets_in_odd_clothes_are_starred_too() {
    let cases = [
        ("jdbc:mysql://h/db?user=a&amp;password=abc&amp;x=1", "jdbc:mysql://h/db?user=a&amp;password=***&amp;x=1"),
        ("jdbc:sqlserver://h;user=sa;password=abc", "jdbc:sqlserver://h;user=sa;password=***"),
        ("jdbc:oracle:thin:scott/abc@h:1521:x", "jdbc:oracle:thin:*********@h:1521:x"),
        ("<Authorization>Basic YWJj</Authorization>", "<Authorization>***** ****</Authorization>"),
        ("<header name=\"Authorization\" value=\"Bearer abc\"/>", "<header name=\"Authorization\" value=\"****** ***\"/>"),
        ("<X expression=\"base64Encode('admin:abc')\"/>", "<X expression=\"base64Encode('*********')\"/>"),
        ("https://admin:a'b/c@km:99/", "https://***********@km:99/"),
        ("https://admin:abc%40km:99/", "https://*********%40km:99/"),
        ("https://admin:abc&#64;km:99/", "https://*********&#64;km:99/"),
        ("https:/admin:abc@km", "https:/*********@km"),
        ("https//admin:abc@km", "https//*********@km"),
        ("sh wso2server.sh --password abc -DportOffset=2", "sh wso2server.sh --password *** -DportOffset=2"),
        ("start: \"PASSWORD=abc sh wso2server.sh\"", "start: \"PASSWORD=*** sh wso2server.sh\""),
        ("-Ddb.password=x\\ y -Da=b", "-Ddb.password=** * -Da=b"),
        ("db.password: |\n  abc\n  def\nnext: 1", "db.password: |\n  ***\n  ***\nnext: 1"),
        ("  password:\n    abc\n  x: 1", "  password:\n    ***\n  x: 1"),
        ("? password\n: abc\nx: 1", "? password\n* ***\nx: 1"),
        ("DB_PASS_1: abc", "DB_PASS_1: ***"),
        ("<X a=\">\" password=\"abc\"/>", "<X a=\">\" password=\"***\"/>"),
        ("<Password><?x y?>abc</Password>", "<Password>*** ******</Password>"),
        ("<Password><Value>abc</Value></Password>", "<Password>******************</Password>"),
        ("<name>password</name><value>abc</value>", "<name>password</name><value>***</value>"),
        ("<!-- password: abc -->", "<!-- password: *** ***"),
        ("<name>password</name>\n <value>abc</value>", "<name>password</name>\n <value>***</value>"),
        ("<U>https://a:b<!-- -->c@km</U>", "<U>https://******* ****@km</U>"),
        ("<U>https://a:\nbc@km</U>", "<U>https://**\n**@km</U>"),
        ("<!-- the password is abc -->", "<!-- the password ** *** -->"),
        ("<KeyValue>abc</KeyValue>", "<KeyValue>***</KeyValue>"),
        ("<ApiKey2>abc</ApiKey2>", "<ApiKey2>***</ApiKey2>"),
        ("<PrivateKeyPem>abc</PrivateKeyPem>", "<PrivateKeyPem>***</PrivateKeyPem>"),
        ("-Djavax.keyStorePassword=abc -DportOffset=2", "-Djavax.keyStorePassword=*** -DportOffset=2"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text, false), masked);
    }
}

#[test]
fn secrets_of_properties_are_starred() {
    let cases = [
        (
            "connectionfactory.TopicConnectionFactory = amqp://admin:admin@clientid/carbon?brokerlist='tcp://localhost:5672'",
            "connectionfactory.TopicConnectionFactory = amqp://***********@clientid/carbon?brokerlist='tcp://localhost:5672'",
        ),
        ("#c=amqp\\://admin\\:a/b@clientid", "#c=amqp\\://**********@clientid"),
        ("c=amqp://admin:a@clientid?x='tcp://a:b@h'", "c=amqp://*****************************@h'"),
        ("c = amqp://admin:\\\n    admin@clientid", "c = amqp://*******\n    *****@clientid"),
        ("password=abc", "password=***"),
        ("!password = abc ", "!password = *** "),
        ("javax.net.ssl.keyStorePassword: x", "javax.net.ssl.keyStorePassword: *"),
        ("my\\ password = x", "my\\ password = *"),
        ("javax.net.ssl.keyStorePassword x y", "javax.net.ssl.keyStorePassword * *"),
        ("password\tx", "password\t*"),
        ("password=ab\\\n  cd\\\r\n\tef\nx=y", "password=***\n  ***\r\n\t**\nx=y"),
        ("password=\\\nab", "password=*\n**"),
        ("password\\\n = ab\nx=y", "password\\\n * **\nx=y"),
        ("x=y\rpassword = ab\\\rcd\rx=y", "x=y\rpassword = ***\r**\rx=y"),
        ("password=ab\\\\\nx=y", "password=****\nx=y"),
    ];
    for (text, masked) in cases {
        assert_eq!(mask(text, false), masked);
        // Where the file is not understood, more goes, and nothing comes back.
        let (whole, broken) = (masked.as_bytes(), mask(text, true));
        assert!(broken.bytes().zip(whole).all(|(broken, whole)| *whole != b'*' || broken == b'*'), "{broken}");
    }
}

#[test]
fn options_of_brokers_are_starred_within_quotes_too() {
    let url = "amqp://${admin.username}:${admin.password}@c/carbon?brokerlist='tcp://tm:5672?trust_store_password='Zx9'%26key_store_password='Qy8'%26retries='5''";
    for text in [url.to_owned(), format!("<a>{url}</a>"), format!("x = \"{url}\""), format!("x={url}")] {
        let masked = mask(&text, false);
        assert!(!masked.contains("Zx9") && !masked.contains("Qy8"), "{masked}");
        assert!(masked.contains("tcp://tm:5672") && masked.contains("${admin.password}"), "{masked}");
    }
    assert!(!mask("<Password>${x:hidden}</Password>", false).contains("hidden"));
    assert!(!mask("amqp://${user}:hidden@c", false).contains("hidden"));
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "<Password>${admin.password}</Password>",
        "<KeyValidatorClientType>ThriftClient</KeyValidatorClientType>",
        "<ServerURL>https://km:9443/services/</ServerURL>",
        "<TokenURL>https://gw:8243/token</TokenURL>",
        "key_manager: km",
        "Keys of the gateway stand below",
        "Token. Then more",
        "queue.TokenQueue\\\n = x",
        "<parameter name=\"port\" locked=\"false\">8280</parameter>",
    ] {
        assert_eq!(mask(text, false), text);
    }
}

#[test]
fn broken_files_lose_the_rest_of_a_line_that_names_a_secret() {
    assert_eq!(mask("<Passwordadmin</Password>", true), "<Password****************");
    assert_eq!(mask_user_info("https://a:b@km:9443/"), "https://***@km:9443/");
}
