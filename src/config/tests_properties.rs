//! Java properties: what is read, where it stands, and what edits make of it.

use super::*;
use crate::source::TextKind;

pub(super) fn properties(text: &str) -> (Content, Document) {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Properties).expect("properties");
    (content, document)
}

pub(super) fn key(text: &str) -> Path {
    Path::parse(text, Format::Properties).expect("a key")
}

/// The values of a key: as read, as written, and whether these are the same.
fn at(text: &str, name: &str) -> Vec<(String, String, bool)> {
    let (content, document) = properties(text);
    let found = document.find(&key(name)).into_iter();
    found.map(|found| (found.text, content.slice(found.span).to_owned(), found.exact)).collect()
}

#[track_caller]
fn reads(text: &str, name: &str, value: &str, written: &str) {
    assert_eq!(at(text, name), [(value.to_owned(), written.to_owned(), value == written)], "{text:?}");
}

fn malformed(text: &str) -> (String, Span) {
    let malformed = Document::parse(&Content::plain(text), Format::Properties).expect_err("malformed");
    (malformed.message, malformed.span)
}

fn set_in(text: &str, name: &str, value: &str, siblings: &[&str]) -> Option<String> {
    let (content, document) = properties(text);
    let beside: Vec<String> = siblings.iter().map(|name| (*name).to_owned()).collect();
    let edits = set(&document, &content, &key(name), value, &beside)?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

fn changed(text: &str, name: &str, what: &Change) -> Option<String> {
    let (content, document) = properties(text);
    let found = document.find(&key(name)).remove(0);
    let edits = change(&document, &content, &found, what)?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

#[track_caller]
fn becomes(found: Option<String>, expected: &str) {
    assert_eq!(found.expect("it can be edited"), expected);
}

#[test]
fn keys_end_at_a_blank_an_equals_sign_or_a_colon() {
    for text in ["a.b=1", "a.b:1", "a.b 1", "a.b = 1", " \ta.b\t:\u{c}1\r\nx=2", "x=2\ra.b=1\rz=3", "a.b\\\n =1"] {
        reads(text, "a.b", "1", "1");
    }
    reads("a==1", "a", "=1", "=1");
    reads("a : =1", "a", "=1", "=1");
    reads("a", "a", "", "");
    reads("a = \n", "a", "", "");
    assert_eq!(at("a.b=1", "a"), []);
}

#[test]
fn blanks_behind_a_value_are_part_of_it() {
    reads("a = 1 \t\nb=2", "a", "1 \t", "1 \t");
    reads("a = 1\u{a0}", "a", "1\u{a0}", "1\u{a0}");
}

#[test]
fn escapes_are_read() {
    reads(r"a=\t\n\r\f\\\=\:\x", "a", "\t\n\r\u{c}\\=:x", r"\t\n\r\f\\\=\:\x");
    reads(r"a=\u00e4\uD83D\uDE00\u0041", "a", "\u{e4}\u{1f600}A", r"\u00e4\uD83D\uDE00\u0041");
    reads(r"a=\uD83Dx", "a", "\u{fffd}x", r"\uD83Dx");
    reads(r"a\ b\=\u0063=1", "a b=c", "1", "1");
}

#[test]
fn lines_go_on_behind_an_odd_number_of_backslashes() {
    reads("a=1,\\\n   2\nb=3", "a", "1,2", "1,\\\n   2");
    reads("a=1,\\\r\n\t2\r\n", "a", "1,2", "1,\\\r\n\t2");
    reads("a=1\\\\\nb=3", "a", "1\\", "1\\\\");
    reads("a=\\\n  1", "a", "1", "1");
    reads("a=1\\\n#2", "a", "1#2", "1\\\n#2");
    reads("a=1\\\n\nb=2", "a", "1", "1");
    reads("a=1\\", "a", "1", "1");
    assert_eq!(at("\\\n  \n#a=0\n\\\n", "a"), []);
}

#[test]
fn comments_are_no_statements() {
    let text = "# a=1\n  !a=2\\\na=3\n#a=4\\\n#b: x\n! c prose\n##d = 5 \n# e=\\u00\n";
    reads(text, "a", "3", "3");
    let (content, document) = properties(text);
    let commented = |name: &str| {
        let found = document.find_commented(&key(name)).into_iter();
        found.map(|found| (found.text, content.slice(found.element).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(commented("a"), [("1".to_owned(), "# a=1".to_owned())], "one that a backslash ends is left alone");
    assert_eq!(commented("b"), [("x".to_owned(), "#b: x".to_owned())]);
    assert_eq!(commented("c"), []);
    assert_eq!(commented("d"), [("5 ".to_owned(), "##d = 5 ".to_owned())]);
    assert_eq!(commented("e"), []);
}

#[test]
fn the_last_of_several_comes_first() {
    let (content, document) = properties("a=1\nb=2\na=3\na=4\\\n 5\n");
    let found = document.find(&key("a"));
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), ["45", "1", "3"]);
    assert!(found.iter().all(|other| other.parent == found[0].parent));
    assert_eq!(content.slice(found[0].element), "a=4\\\n 5");
}

#[test]
fn a_path_is_a_key_to_the_letter() {
    let text = "connectionfactory.TopicConnectionFactory = amqp://h\na[0]//b=2\n";
    reads(text, "connectionfactory.TopicConnectionFactory", "amqp://h", "amqp://h");
    reads(text, "a[0]//b", "2", "2");
    let (_, document) = properties(text);
    assert_eq!(key("a.b").name(), Some("a.b"));
    assert!(document.has(&key("not.there")) && document.root_name().is_none() && document.format() == Format::Properties);
    assert!(Path::parse("", Format::Properties).is_err());
    assert_eq!(document.find(&Path::parse("a", Format::Toml).expect("a path")), []);
}

#[test]
fn an_empty_file_is_fine() {
    for text in ["", "\n", "# nothing\n", " \\\n", "\\"] {
        assert_eq!(at(text, "a"), []);
    }
}

#[test]
fn an_escape_without_its_digits_is_malformed() {
    let (message, span) = malformed("a=1\nb=C:\\users\n");
    assert_eq!(message, "a `\\u` without four hexadecimal digits behind it; expected `\\u` and the digits");
    assert_eq!(span, Span::new(8, 10));
    for text in ["a=\\u12", "a\\u004=1", "a=\\u+041", "a=\\u00\\\n4"] {
        malformed(text);
    }
    reads("a=\\u00\\\n  41", "a", "A", "\\u00\\\n  41");
    reads("#\\u\na=1", "a", "1", "1");
}

#[test]
fn a_merge_conflict_and_binary_data_are_malformed() {
    let (message, span) = malformed("a=1\n<<<<<<< HEAD\na=2\n=======\na=3\n>>>>>>> other\n");
    assert_eq!((message.as_str(), span), ("a marker of a merge conflict; expected configuration", Span::new(4, 11)));
    assert_eq!(malformed("a=1\0").0, "a zero byte; expected Java properties");
}

#[test]
fn a_byte_order_mark_is_part_of_the_first_key() {
    let read = |bytes: &[u8]| Content::decode(bytes.to_vec(), TextKind::Utf8OrLatin1);
    let malformed = Document::parse(&read(b"\xef\xbb\xbfa=1\nb=2\n"), Format::Properties).expect_err("no key `a`");
    assert!(malformed.message.contains("`a` is not set"), "{}", malformed.message);
    let (_, edits) = malformed.fix.expect("a fix");
    assert_eq!(edits, [Edit { span: Span::new(0, 3), text: String::new() }]);
    // Part of a comment, it does no harm.
    let content = read(b"\xef\xbb\xbf# a\na=1\nb=2\n");
    let document = Document::parse(&content, Format::Properties).expect("properties");
    assert_eq!(document.find(&key("b"))[0].span, Span::new(13, 14));
    let edits = set(&document, &content, &key("a"), "7", &[]).expect("edits");
    assert_eq!(apply(content.bytes(), &edits, &content).as_deref(), Some(b"\xef\xbb\xbf# a\na=7\nb=2\n".as_slice()));
}

#[test]
fn latin1_stays_latin1() {
    let bytes = b"#\xe4\na=\xfc \nb=2".to_vec();
    let content = Content::decode(bytes.clone(), TextKind::Utf8OrLatin1);
    let document = Document::parse(&content, Format::Properties).expect("properties");
    assert_eq!(document.find(&key("a"))[0].text, "\u{fc} ");
    assert_eq!(document.find(&key("a"))[0].span, Span::new(5, 7));
    let edits = set(&document, &content, &key("b"), "\u{e4}\u{20ac}", &[]).expect("edits");
    assert_eq!(apply(&bytes, &edits, &content).as_deref(), Some(b"#\xe4\na=\xfc \nb=\\u00E4\\u20AC".as_slice()));
    let found = document.find(&key("a")).remove(0);
    let part = Change::Part { range: 2..3, text: "x".to_owned() };
    let edits = change(&document, &content, &found, &part).expect("edits");
    assert_eq!(apply(&bytes, &edits, &content).as_deref(), Some(b"#\xe4\na=\xfcx\nb=2".as_slice()));
    let raw = [Edit { span: Span::new(8, 9), text: "\u{e4}".to_owned() }];
    assert_eq!(apply(&bytes, &raw, &content).as_deref(), Some(b"#\xe4\na=\xfc \n\xe4=2".as_slice()));
}

#[test]
fn the_value_that_counts_is_rewritten() {
    becomes(set_in("a = 1\na : 2 \nb=3", "a", "7", &[]), "a = 1\na : 7\nb=3");
    becomes(set_in("a=1,\\\n  2\\u0041\nb=3", "a", "7", &[]), "a=7\nb=3");
    becomes(set_in("a=1\\", "a", "7", &[]), "a=7\\");
    becomes(set_in("a\nb=1", "a", "7", &[]), "a=7\nb=1");
    becomes(set_in("a=\\\n\nb=1", "a", "7", &[]), "a=\\\n7\nb=1");
    becomes(set_in("a 1", "a", "=1", &[]), "a \\=1");
    becomes(set_in("a=1", "a", "", &[]), "a=");
    becomes(set_in("a=1", "a", " C:\\x\ty\n", &[]), "a=\\ C:\\\\x\\ty\\n");
}

#[test]
fn a_commented_statement_is_uncommented_in_place() {
    becomes(set_in("x=0\r\n  # a : 1\r\na.b=2\r\n", "a", "7", &["x"]), "x=0\r\n  a : 7\r\na.b=2\r\n");
    becomes(set_in("#a=1\n#a=2\n", "a", "7", &[]), "a=7\n#a=2\n");
}

#[test]
fn a_new_statement_stands_behind_its_sibling_or_at_the_end() {
    becomes(set_in("p = 1\n  q = 1,\\\n 2\nr=3\n", "a", "7", &["z", "q"]), "p = 1\n  q = 1,\\\n 2\n  a = 7\nr=3\n");
    becomes(set_in("#q: 1\nr=3\n", "a", "7", &["q"]), "#q: 1\na: 7\nr=3\n");
    becomes(set_in("p=1\r\nq 2\r\n# end", "a", "7", &[]), "p=1\r\nq 2\r\n# end\r\na 7\r\n");
    becomes(set_in("p=1\rq=2\r", "a", "7", &[]), "p=1\rq=2\ra=7\r");
    becomes(set_in("", "#a b", "7", &[]), "\\#a\\ b=7\n");
    assert_eq!(set_in("p=1\\", "a", "7", &[]), None, "the new line would be part of the last value");
}

#[test]
fn a_part_of_a_value_is_replaced() {
    let part = |range, text: &str| Change::Part { range, text: text.to_owned() };
    becomes(changed("a = h:9443/x \nb=1", "a", &part(2..6, "9444")), "a = h:9444/x \nb=1");
    becomes(changed("a = xyz", "a", &part(0..1, " ")), "a = \\ yz");
    becomes(changed("a = x yz", "a", &part(0..1, "")), "a = \\ yz");
    assert_eq!(changed("a = x\\u0041", "a", &part(0..1, "y")), None);
    assert_eq!(changed("a = x", "a", &part(0..9, "y")), None);
    becomes(changed("a = 1\\\n2", "a", &Change::Value("y".to_owned())), "a = y");
}

#[test]
fn a_statement_is_removed_with_its_lines() {
    becomes(changed("p=1\r\n  a=1,\\\r\n 2\r\nq=3\r\n", "a", &Change::Remove), "p=1\r\nq=3\r\n");
    becomes(changed("a=1\na=2", "a", &Change::Remove), "a=1\n");
}
