//! Look-ups, with places.

use super::*;
use crate::source::TextKind;

pub(super) fn xml(text: &str) -> (Content, Document) {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Xml).expect("well formed");
    (content, document)
}

pub(super) fn toml(text: &str) -> (Content, Document) {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Toml).expect("TOML");
    (content, document)
}

pub(super) fn xml_path(text: &str) -> Path {
    Path::parse(text, Format::Xml).expect("path")
}

pub(super) fn toml_path(text: &str) -> Path {
    Path::parse(text, Format::Toml).expect("path")
}

fn texts(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.text.as_str()).collect()
}

fn at(text: &str, path: &str) -> Vec<String> {
    xml(text).1.find(&xml_path(path)).into_iter().map(|found| found.text).collect()
}

fn toml_at(text: &str, path: &str) -> Vec<String> {
    toml(text).1.find(&toml_path(path)).into_iter().map(|found| found.text).collect()
}

#[test]
fn a_path_leads_from_the_root_by_local_names() {
    let text =
        r#"<s:Server xmlns:s="urn:s" xmlns="urn:d"><s:s>0</s:s><Ports><Offset>1</Offset></Ports><Offset>2</Offset></s:Server>"#;
    assert_eq!(at(text, "/Server/Ports/Offset"), ["1"]);
    assert_eq!(at(text, "/Server/s"), ["0"]);
    assert_eq!(at(text, "//Offset"), ["1", "2"]);
    assert_eq!(at(text, "/Server//Offset"), ["1", "2"]);
    assert_eq!(at(text, "/Server/*/Offset"), ["1"]);
    assert_eq!(at(text, "/Ports/Offset"), [""; 0]);
    assert_eq!(xml(text).1.root_name(), Some("Server"));
}

#[test]
fn predicates_select_by_attributes() {
    let text = r#"<S><C scheme="http" port="1"/><C scheme="https" port="2"/><C port="3"/></S>"#;
    assert_eq!(at(text, "/S/C[@scheme='https']/@port"), ["2"]);
    assert_eq!(at(text, "/S/C[not(@scheme='https')]/@port"), ["1", "3"]);
    assert_eq!(at(text, "/S/C[not(@scheme='https')][not(@port=\"1\")]/@port"), ["3"]);
}

#[test]
fn nested_matches_are_found_once_each_and_in_order() {
    let text = "<a><b><b><c>1</c></b><c>2</c></b><c>3</c></a>";
    assert_eq!(at(text, "//b//c"), ["1", "2"]);
    assert_eq!(at(text, "//b/c"), ["1", "2"]);
    assert_eq!(at(text, "//c"), ["1", "2", "3"]);
}

#[test]
fn places_are_those_of_the_value() {
    let (content, document) = xml("<a>\n  <b x='7'> 1 </b>\n</a>");
    let found = document.find(&xml_path("/a/b"));
    assert_eq!(content.slice(found[0].span), " 1 ");
    assert_eq!(content.slice(found[0].element), "<b x='7'> 1 </b>");
    assert!(found[0].exact);
    assert_eq!(found[0].part(&content, 1..2).map(|span| content.slice(span).to_owned()).as_deref(), Some("1"));
    assert_eq!(found[0].part(&content, 1..4), None);
    let attribute = document.find(&xml_path("/a/b/@x"));
    assert_eq!(content.slice(attribute[0].span), "7");
    assert_eq!(content.slice(attribute[0].element), "x='7'");
}

#[test]
fn text_in_pieces_is_joined_and_not_exact() {
    for text in ["<a><![CDATA[10]]></a>", "<a>1<![CDATA[0]]></a>", "<a>&#49;0</a>", "<a>1<!-- c -->0</a>"] {
        let (content, document) = xml(text);
        let found = document.find(&xml_path("/a"));
        assert_eq!(texts(&found), ["10"], "{text}");
        assert!(!found[0].exact, "{text}");
        assert!(found[0].part(&content, 0..1).is_none());
    }
    let (content, document) = xml("<a><!-- c -->10</a>");
    let found = document.find(&xml_path("/a"));
    assert!(found[0].exact && content.slice(found[0].span) == "10");
}

#[test]
fn line_ends_within_a_value_make_it_inexact() {
    let (_, document) = xml("<a>\r\n1</a>");
    let found = document.find(&xml_path("/a"));
    assert_eq!((found[0].text.as_str(), found[0].exact), ("\n1", false));
}

#[test]
fn empty_elements_are_found() {
    let (content, document) = xml("<a><b/><b></b><b c=''></b ></a>");
    let found = document.find(&xml_path("/a/b"));
    assert_eq!(texts(&found), ["", "", ""]);
    assert_eq!(content.slice(found[0].span), "<b/>");
    assert_eq!(found[1].span, Span::new(10, 10));
    assert_eq!(content.text()[..found[2].span.start].rfind('>').map(|end| end + 1), Some(found[2].span.start));
}

#[test]
fn blanks_between_children_are_no_text() {
    assert_eq!(at("<a>\n <b/>\n</a>", "/a"), [""]);
    assert_eq!(at("<a>x\n <b/>y</a>", "/a"), ["x\n y"]);
}

#[test]
fn duplicates_share_their_parent_and_repeats_do_not() {
    let (_, document) = xml("<a><b><c>1</c><c>2</c></b><b><c>3</c></b></a>");
    let found = document.find(&xml_path("/a/b/c"));
    assert_eq!(found[0].parent, found[1].parent);
    assert_ne!(found[0].parent, found[2].parent);
}

#[test]
fn has_asks_for_the_holder_of_the_last_step() {
    let (_, document) = xml("<a><b/></a>");
    assert!(document.has(&xml_path("/a/b/c")) && document.has(&xml_path("/a/x")) && document.has(&xml_path("/a/b/@c")));
    assert!(!document.has(&xml_path("/a/x/c")) && !document.has(&xml_path("/x/b")));
    let (_, document) = toml("[a.b]\n[[c]]\nd = 1");
    assert!(document.has(&toml_path("a.b.c")) && document.has(&toml_path("a.x")) && document.has(&toml_path("c[].x")));
    assert!(document.has(&toml_path("x")) && !document.has(&toml_path("x.y")) && !document.has(&toml_path("c.x")));
}

#[test]
fn commented_leaves_are_found_in_every_shipped_form() {
    let text = "<a>\n<!--P>1</P-->\n<!-- P>2</P -->\n<!--<P>3</P>-->\n<!--\n  <P x=\"y\">4</P>\n-->\n<!--P/--><!-- <P/> --></a>";
    let (content, document) = xml(text);
    let found = document.find_commented(&xml_path("/a/P"));
    assert_eq!(texts(&found), ["1", "2", "3", "4", "", ""]);
    let slices: Vec<&str> = found.iter().map(|found| content.slice(found.span)).collect();
    assert_eq!(slices, ["1", "2", "3", "4", "<!--P/-->", "<!-- <P/> -->"]);
    assert_eq!(content.slice(found[3].element), "<!--\n  <P x=\"y\">4</P>\n-->");
    assert!(document.find(&xml_path("/a/P")).is_empty());
    assert_eq!(texts(&document.find_commented(&xml_path("//P[@x='y']"))), ["4"]);
    assert_eq!(texts(&document.find_commented(&xml_path("/a/P/@x"))), ["y"]);
}

#[test]
fn comments_that_hold_more_than_a_leaf_are_not_torn_apart() {
    let more =
        ["<!-- <P>1</P> <Q/> -->", "<!-- use <P>1</P> -->", "<!-- <P>1</P> as before -->", "<!-- <P><Q/></P> -->", "<!-- P -->"];
    for comment in more {
        let (_, document) = xml(&format!("<a>{comment}</a>"));
        assert!(document.find_commented(&xml_path("/a/P")).is_empty(), "{comment}");
    }
    let (_, document) = xml("<!-- <a>1</a> --><a><b><!-- <P>1</P> --></b></a>");
    assert!(document.find_commented(&xml_path("/a/P")).is_empty());
    assert!(document.find_commented(&xml_path("/a")).is_empty());
    assert_eq!(document.find_commented(&xml_path("//P")).len(), 1);
}

#[test]
fn places_count_bytes_on_disk() {
    let declared = "<?xml version='1.0' encoding='ISO-8859-1'?><!-- \u{e4} --><a><b>\u{f6}1</b><!--c>\u{fc}2</c--></a>";
    let latin1: Vec<u8> = declared.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect();
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(declared.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), declared.as_bytes()].concat();
    for bytes in [latin1, wide, marked] {
        let content = Content::decode(bytes.clone(), TextKind::Xml);
        let document = Document::parse(&content, Format::Xml).expect("well formed");
        let found = document.find(&xml_path("/a/b"));
        assert_eq!((texts(&found), content.slice(found[0].span)), (vec!["\u{f6}1"], "\u{f6}1"));
        assert_eq!(found[0].span, content.to_disk(content.to_text(found[0].span)));
        let part = found[0].part(&content, 2..3).expect("exact");
        assert_eq!(bytes[part.start], b'1');
        let commented = document.find_commented(&xml_path("/a/c"));
        assert_eq!(content.slice(commented[0].span), "\u{fc}2");
    }
}

#[test]
fn deep_nesting_is_no_trouble() {
    let depth = 200_000;
    let text = format!("{}x{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let (_, document) = xml(&text);
    assert_eq!(document.find(&xml_path("//a")).len(), depth);
    assert_eq!(document.find(&xml_path("//a//a/a")).len(), depth - 2);
    assert!(document.find_commented(&xml_path("//a")).is_empty());
}

#[test]
fn wide_files_are_no_trouble() {
    let text = format!("<r>{}</r>", "<a>1</a><!--<a>2</a>-->".repeat(50_000));
    let (_, document) = xml(&text);
    assert_eq!(document.find(&xml_path("/r/a")).len(), 50_000);
    assert_eq!(document.find_commented(&xml_path("/r/a")).len(), 50_000);
}

#[test]
fn toml_values_are_found_however_their_keys_are_spelled() {
    let spellings = [
        "[transport.https.properties]\nport = 9443",
        "transport.https.properties.port = 9443",
        "[transport]\n\"https.properties\".port = 9443",
        "[\"transport.https\"]\nproperties = {port = 9443}",
        "\"transport.https.properties.port\" = 9443",
    ];
    for text in spellings {
        assert_eq!(toml_at(text, "transport.https.properties.port"), ["9443"], "{text}");
        assert_eq!(toml_at(text, "\"transport.https\".properties.port"), ["9443"], "{text}");
    }
}

#[test]
fn toml_arrays_are_walked() {
    let text = "[[e]]\nurl = \"a\"\n[[e]]\nurl = 'b'\nlist = [\"x\", [\"y\"]]\n[[e]]\nurl = true";
    assert_eq!(toml_at(text, "e[].url"), ["a", "b", "true"]);
    assert_eq!(toml_at(text, "e[].list[]"), ["x"]);
    assert_eq!(toml_at(text, "e[].list[][]"), ["y"]);
    assert_eq!(toml_at(text, "e.url"), [""; 0]);
}

#[test]
fn toml_places_are_inside_the_quotes() {
    let (content, document) = toml("[a]\nb.c = \"x\\ty\" # z\nd = '''q'''\ne = 0x1F\nf = 1_000\ng = \"\"\nh = 1.50");
    let one = |path: &str| document.find(&toml_path(path)).remove(0);
    let found = one("a.b.c");
    assert_eq!((found.text.as_str(), content.slice(found.span), found.exact), ("x\ty", "x\\ty", false));
    assert_eq!(content.slice(found.element), "b.c = \"x\\ty\"");
    assert_eq!((one("a.d").text.as_str(), content.slice(one("a.d").span), one("a.d").exact), ("q", "q", true));
    assert_eq!((one("a.e").text.as_str(), one("a.e").exact), ("31", false));
    assert_eq!((one("a.f").text.as_str(), one("a.f").exact), ("1000", false));
    assert!(one("a.g").exact && one("a.g").span.is_empty());
    assert_eq!((one("a.h").text.as_str(), one("a.h").exact), ("1.50", true));
}

#[test]
fn bad_paths_say_what_was_expected_and_where() {
    let xml = |path: &str| Path::parse(path, Format::Xml).expect_err(path).to_string();
    assert_eq!(xml(""), "expected `/` at character 1");
    assert_eq!(xml("a/b"), "expected `/` at character 1");
    assert_eq!(xml("/a/"), "expected a name at character 4");
    assert_eq!(xml("/ä[x]"), "expected `@` at character 4");
    assert_eq!(xml("/a[@x=1]"), "expected a quoted value at character 7");
    assert_eq!(xml("/a[@x='1]"), "expected a closing `'` at character 10");
    assert_eq!(xml("/a/@b/c"), "expected the end of the path after an attribute at character 6");
    let toml = |path: &str| Path::parse(path, Format::Toml).expect_err(path).to_string();
    assert_eq!(toml("a..b"), "expected a key at character 3");
    assert_eq!(toml("a[b]"), "expected `.` at character 2");
    assert_eq!(xml_path("/a/b[@x='1']").to_string(), "/a/b[@x='1']");
}
