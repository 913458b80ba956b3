//! JSON as Jaggery reads it: what is read, where it stands, and what edits make of it.

use super::*;
use crate::source::TextKind;

/// Like the file that the publisher of 2.1 is shipped with.
const SITE: &str = r#"{
    "context" : "/publisher",
    "ssoConfiguration" : {
        "enabled" : "false",
        "identityProviderURL" : "https://localhost:9443/samlsso",
        "keyStorePassword" : "",
        //"acsURL" : "https://localhost:9443/publisher/jagg/jaggery_acs.jag", //use only if needed
    },
    "reverseProxy" : {
        "enabled" : false,    // values true , false , "auto" - will look for  X-Forwarded-* headers
        "tries": 3,
    },
}
"#;

pub(super) fn json(text: &str) -> (Content, Document) {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Json).expect("JSON");
    (content, document)
}

pub(super) fn keys(text: &str) -> Path {
    Path::parse(text, Format::Json).expect("a path")
}

/// The values at a path: as read, as written, and whether these are the same.
fn at(text: &str, path: &str) -> Vec<(String, String, bool)> {
    let (content, document) = json(text);
    let found = document.find(&keys(path)).into_iter();
    found.map(|found| (found.text, content.slice(found.span).to_owned(), found.exact)).collect()
}

#[track_caller]
fn reads(text: &str, path: &str, value: &str, written: &str) {
    assert_eq!(at(text, path), [(value.to_owned(), written.to_owned(), value == written)], "{text:?}");
}

fn set_in(text: &str, path: &str, value: &str, siblings: &[&str]) -> Option<String> {
    let (content, document) = json(text);
    let beside: Vec<String> = siblings.iter().map(|name| (*name).to_owned()).collect();
    let edits = set(&document, &content, &keys(path), value, &beside)?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

fn changed(text: &str, path: &str, what: &Change) -> Option<String> {
    let (content, document) = json(text);
    let found = document.find(&keys(path)).remove(0);
    let edits = change(&document, &content, &found, what)?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

fn part(range: std::ops::Range<usize>, text: &str) -> Change {
    Change::Part { range, text: text.to_owned() }
}

/// What is said of a file, the place as `line:column`, and the likely cause.
fn malformed(text: &str) -> (String, String, String) {
    let content = Content::plain(text);
    let malformed = Document::parse(&content, Format::Json).expect_err("malformed");
    let place = content.line_column(malformed.span.start);
    (malformed.message, format!("{}:{}", place.line, place.column), malformed.cause.unwrap_or_default())
}

#[track_caller]
fn refused(text: &str, place: &str, message: &str, cause: &str) {
    assert_eq!(malformed(text), (message.to_owned(), place.to_owned(), cause.to_owned()), "{text:?}");
}

#[test]
fn a_path_leads_through_objects_to_a_value() {
    reads(SITE, "ssoConfiguration.identityProviderURL", "https://localhost:9443/samlsso", "https://localhost:9443/samlsso");
    reads(SITE, "ssoConfiguration.enabled", "false", "false");
    reads(SITE, "reverseProxy.enabled", "false", "false");
    reads(SITE, "reverseProxy.tries", "3", "3");
    reads(SITE, "ssoConfiguration.keyStorePassword", "", "");
    for path in ["enabled", "ssoConfiguration", "ssoConfiguration.acsURL", "ssoConfiguration.enabled.x", "context.0"] {
        assert_eq!(at(SITE, path), [], "{path}");
    }
    let (_, document) = json(SITE);
    assert!(document.has(&keys("ssoConfiguration.acsURL")) && !document.has(&keys("oidcConfiguration.enabled")));
}

#[test]
fn what_javascript_takes_is_read() {
    reads("{a: 1}", "a", "1", "1");
    reads("// c\n{'a': 'x\"y',}", "a", "x\"y", "x\"y");
    reads("/* { */ {\"a\" /* : */ : /* 2 */ null} // }", "a", "null", "null");
    reads("{\"a\": \"x\\/y\\u0041\"}", "a", "x/yA", "x\\/y\\u0041");
    reads("{\"a\": \"x\\\r\ny\"}", "a", "xy", "x\\\r\ny");
    reads("{\"a.b\": {\"c d\": 1}}", "\"a.b\".\"c d\"", "1", "1");
    reads("{\"a\": [{\"b\": 1}], \"b\": 2}", "b", "2", "2");
    assert_eq!(at("[{\"a\": 1}]", "a"), []);
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    reads("{\"a\": 1, \"a\": 2}", "a", "2", "2");
    assert_eq!(at("{\"a\": {\"b\": 1}, \"a\": {}}", "a.b"), []);
    assert_eq!(set_in("{\"a\": 1, \"a\": 2}", "a", "3", &[]).as_deref(), Some("{\"a\": 1, \"a\": 3}"));
}

#[test]
fn places_count_bytes_on_disk() {
    let bytes = b"{\"a\": \"\xe4\", \"b\": \"x:9443\"}".to_vec();
    let content = Content::decode(bytes.clone(), TextKind::Utf8OrLatin1);
    let document = Document::parse(&content, Format::Json).expect("JSON");
    let found = document.find(&keys("b")).remove(0);
    assert_eq!((&bytes[found.span.start..found.span.end], found.exact), (&b"x:9443"[..], true));
    assert_eq!(&bytes[found.element.start..found.element.end], b"\"b\": \"x:9443\"");
    let edits = change(&document, &content, &found, &part(2..6, "9446")).expect("edits");
    assert_eq!(apply(&bytes, &edits, &content).as_deref(), Some(&b"{\"a\": \"\xe4\", \"b\": \"x:9446\"}"[..]));
}

#[test]
fn the_port_of_a_url_is_edited_and_nothing_else() {
    let port = "https://localhost:".len();
    let edited = changed(SITE, "ssoConfiguration.identityProviderURL", &part(port..port + 4, "9446"));
    assert_eq!(edited.as_deref(), Some(SITE.replacen("9443", "9446", 1).as_str()));
    let (content, document) = json(SITE);
    let found = document.find(&keys("ssoConfiguration.identityProviderURL")).remove(0);
    let edits = change(&document, &content, &found, &part(port..port + 4, "9446")).expect("edits");
    assert_eq!((content.slice(edits[0].span), edits[0].text.as_str()), ("9443", "9446"));
}

#[test]
fn values_keep_their_kind() {
    let becomes = |text: &str, value: &str, expected: &str| {
        assert_eq!(set_in(text, "a", value, &[]).as_deref(), Some(expected));
        assert_eq!(changed(text, "a", &Change::Value(value.to_owned())).as_deref(), Some(expected));
    };
    becomes("{\"a\" : \"false\"}", "true", "{\"a\" : \"true\"}");
    becomes("{\"a\" : false, }", "true", "{\"a\" : true, }");
    becomes("{a: 1}", "x", "{a: \"x\"}");
    becomes("{a: null}", "5", "{a: 5}");
    becomes("{a: '1'}", "it's", "{a: 'it\\'s'}");
    becomes("{a: \"x\\/y\"}", "a\"b\\c\u{e4}\n", "{a: \"a\\\"b\\\\c\\u00E4\\n\"}");
    assert_eq!(changed("{a: 10}", "a", &part(1..2, "x")).as_deref(), Some("{a: \"1x\"}"));
    assert_eq!(changed("{a: '10'}", "a", &part(1..2, "'")).as_deref(), Some("{a: '1\\''}"));
    assert_eq!(changed("{a: 'x\\/y'}", "a", &part(0..1, "z")), None, "its letters have no bytes of their own");
    assert_eq!(set_in("{a: {b: 1}}", "a", "2", &[]), None);
    assert_eq!(changed("{a: 1, b: 2}", "a", &Change::Remove), None);
}

#[test]
fn keys_are_added_where_their_neighbours_are() {
    let becomes = |text: &str, path: &str, siblings: &[&str], expected: &str| {
        assert_eq!(set_in(text, path, "x", siblings).as_deref(), Some(expected));
    };
    becomes("{}", "a", &[], "{\"a\": \"x\"}");
    becomes("{ // c\n}", "a", &[], "{\"a\": \"x\" // c\n}");
    becomes("{a: 1}", "b", &[], "{a: 1, \"b\": \"x\"}");
    becomes("{\r\n  \"a\" : 1, // c\r\n}", "b", &[], "{\r\n  \"a\" : 1,\r\n  \"b\" : \"x\", // c\r\n}");
    becomes("{\n\ta /* : */ : 1,\n\tb: 2\n}", "c", &["z", "a"], "{\n\ta /* : */ : 1,\n\t\"c\": \"x\",\n\tb: 2\n}");
    becomes("{a: {b: {}}}", "a.b.\"c.d\"", &[], "{a: {b: {\"c.d\": \"x\"}}}");
    assert_eq!(set_in("{a: 1}", "b.c", "x", &[]), None, "objects are not begun");
    assert_eq!(set_in("[1]", "a", "x", &[]), None);
}

#[test]
fn what_is_wrong_is_said_at_its_place_with_its_likely_cause() {
    let quote = "an unbalanced quote, or none around a text";
    let cut = "the file is cut off, or a bracket is missing";
    refused("", "1:1", "an empty file; expected a JSON document", "");
    refused("// nothing\n", "1:1", "nothing but comments; expected a JSON document", "");
    refused("{\n  \"a\": \"x,\n  \"b\": 1\n}", "2:8", "a text that its line does not close; expected `\"` behind it", quote);
    refused("{'a': 'x", "1:7", "a text that its line does not close; expected `'` behind it", quote);
    refused("{\n  \"a\": {\n    \"b\": 1\n", "3:11", "the file ends, but the `{` of line 2 is still open; expected `}`", cut);
    refused("{\"a\": [1, 2", "1:12", "the file ends, but the `[` of line 1 is still open; expected `]`", cut);
    refused("{\"a\": 1}\n}", "2:1", "a `}` that closes nothing; expected the end of the file", "a bracket too many");
    refused("{\"a\": 1 /* c", "1:9", "a comment that is not closed; expected `*/`", "");
    refused("{\"a\" 1}", "1:6", "no `:` behind a key; expected one", quote);
    refused("{\"a\": 1,, \"b\": 2}", "1:9", "a second `,`; expected a key", "a `,` too many");
    refused("{\"a\": }", "1:7", "a `}` in the place of a value; expected a value", "a value or a bracket is missing");
    refused(
        "{\"a\": https://x}",
        "1:7",
        "neither key nor value; expected a text in quotes, a number, `true`, `false` or a bracket",
        "",
    );
    let escape = "an escape that JavaScript does not know; expected one such as `\\\\`, `\\\"` or `\\u0041`";
    let path = "a backslash that stands for itself (in a path of Windows) has to be written `\\\\`";
    refused("{\"a\": \"C:\\users\"}", "1:10", escape, path);
    let template = "this is a template that was not rendered";
    refused("{\"a\": {{ port }}}", "1:7", "a mark of a template; expected a key or a value", template);
    let conflict = "a merge conflict was committed unresolved";
    refused("{\n<<<<<<< HEAD\n\"a\": 1}", "2:1", "a marker of a merge conflict; expected configuration", conflict);
}

#[test]
fn a_lost_comma_is_put_back_where_that_is_all() {
    let mended = |text: &str| {
        let content = Content::plain(text);
        let (title, edits) = Document::parse(&content, Format::Json).expect_err("malformed").fix?;
        Some((title, String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8")))
    };
    let text = "{\n  \"a\": 1 // c\n  \"b\": 2\n}";
    assert_eq!(mended(text), Some(("write a `,`".to_owned(), "{\n  \"a\": 1, // c\n  \"b\": 2\n}".to_owned())));
    refused(text, "2:9", "no `,` behind a value; expected one", "a line was added behind one that had been the last");
    assert_eq!(mended("{\"a\": \"x\"y\", \"b\": 1 \"c\": \"2\"}"), None);
}

#[test]
fn no_message_quotes_a_value() {
    for text in [
        "{\"a\": hidden}",
        "{\"a\": \"hidden\n}",
        "{\"a\": \"\\uDEAD hidden\"}",
        "{\"password\" \"hidden\"}",
        "{\"a\": \"x\" hidden}",
    ] {
        let (message, _, cause) = malformed(text);
        assert!(!message.contains("hidden") && !cause.contains("hidden") && !message.contains("DEAD"), "{message}");
    }
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{a:", "}"), ("{a:[", "]}")] {
        let text = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        assert_eq!(malformed(&text).0, "more than 100 brackets in each other; expected a configuration");
        json(&format!("{}1{}", open.repeat(50), close.repeat(50)));
    }
    assert!(malformed(&"[".repeat(200_000)).0.starts_with("more than 100"));
    reads(&format!("{{a: \"{}\", b: 1}} // {}", "[".repeat(1000), "{".repeat(1000)), "b", "1", "1");
}

#[test]
fn paths_are_keys_with_dots_between_them() {
    assert_eq!(keys("a.b-c.d_1").name(), Some("d_1"));
    assert_eq!(keys("a.'b.c'").name(), Some("b.c"));
    for text in ["", "a.", ".a", "a..b", "a[]", "a b", "\"a"] {
        assert!(Path::parse(text, Format::Json).is_err(), "{text}");
    }
}
