//! Edits: what the bytes are before and after.

use super::tests::{toml, toml_path, xml, xml_path};
use super::*;
use crate::source::TextKind;

fn beside(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn set_in(text: &str, path: &str, value: &str, siblings: &[&str]) -> Option<String> {
    let (content, document) = xml(text);
    let edits = set(&document, &content, &xml_path(path), value, &beside(siblings))?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

fn set_toml(text: &str, path: &str, value: &str, siblings: &[&str]) -> Option<String> {
    let (content, document) = toml(text);
    let edits = set(&document, &content, &toml_path(path), value, &beside(siblings))?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

fn changed(text: &str, path: &str, index: usize, what: &Change) -> Option<String> {
    let (content, document) = xml(text);
    let found = document.find(&xml_path(path)).remove(index);
    let edits = change(&document, &content, &found, what)?;
    Some(String::from_utf8(apply(content.bytes(), &edits, &content)?).expect("UTF-8"))
}

#[track_caller]
fn becomes(found: Option<String>, expected: &str) {
    assert_eq!(found.expect("it can be edited"), expected);
}

#[test]
fn an_active_value_is_replaced() {
    becomes(set_in("<a><b>1</b><b>2</b></a>", "/a/b", "7", &[]), "<a><b>7</b><b>2</b></a>");
    becomes(set_in("<a><b> </b></a>", "/a/b", "7", &[]), "<a><b>7</b></a>");
    becomes(set_in("<a><b>1</b></a>", "/a/b", "x<&>\"", &[]), "<a><b>x&lt;&amp;&gt;\"</b></a>");
    becomes(set_in("<a b=\"1\"/>", "/a/@b", "<\"'&", &[]), "<a b=\"&lt;&quot;'&amp;\"/>");
    becomes(set_in("<a b='1'/>", "/a/@b", "\"'", &[]), "<a b='\"&apos;'/>");
}

#[test]
fn an_empty_element_gets_a_value() {
    becomes(set_in("<a><b/></a>", "/a/b", "7", &[]), "<a><b>7</b></a>");
    becomes(set_in("<a><n:b xmlns:n='u' x='/>' /></a>", "/a/b", "7", &[]), "<a><n:b xmlns:n='u' x='/>'>7</n:b></a>");
    becomes(set_in("<a><b></b></a>", "/a/b", "7", &[]), "<a><b>7</b></a>");
    becomes(set_in("<a><b><!-- c --></b></a>", "/a/b", "7", &[]), "<a><b><!-- c -->7</b></a>");
}

#[test]
fn what_is_made_of_pieces_is_left_alone() {
    for text in ["<a><b>&#49;</b></a>", "<a><b><![CDATA[1]]></b></a>", "<a><b><c/></b></a>", "<a><b>1<!-- x -->2</b></a>"] {
        assert_eq!(set_in(text, "/a/b", "7", &[]), None, "{text}");
    }
    assert_eq!(set_in("<a><b>1</b></a>", "/a/b", "\u{1}", &[]), None);
}

#[test]
fn a_missing_attribute_is_added() {
    becomes(set_in("<a><b x='1' y='2'/></a>", "/a/b/@z", "7", &[]), "<a><b x='1' y='2' z=\"7\"/></a>");
    becomes(set_in("<a><b>1</b></a>", "/a/b/@z", "7", &[]), "<a><b z=\"7\">1</b></a>");
    becomes(set_in("<a><b/><b z='1'/></a>", "/a/b/@z", "7", &[]), "<a><b/><b z='7'/></a>");
    assert_eq!(set_in("<a/>", "/a/b/@z", "7", &[]), None);
}

#[test]
fn a_commented_element_is_uncommented_in_place() {
    let path = "/a/Port";
    becomes(set_in("<a>\r\n\t<!--Port>1</Port-->\r\n</a>", path, "7", &["x"]), "<a>\r\n\t<Port>7</Port>\r\n</a>");
    becomes(set_in("<a><!-- <Port x=\"ä\">1</Port> --></a>", path, "7", &[]), "<a><Port x=\"ä\">7</Port></a>");
    becomes(set_in("<a><!--Port/--></a>", path, "7", &[]), "<a><Port>7</Port></a>");
    becomes(set_in("<a><!-- <C port='1'/> --></a>", "/a/C/@port", "7", &[]), "<a><C port='7'/></a>");
    becomes(set_in("<a><!--C/--><!--C p='1'/--></a>", "/a/C/@p", "7", &[]), "<a><!--C/--><C p='7'/></a>");
}

#[test]
fn a_new_element_stands_like_its_sibling() {
    becomes(set_in("<a>\n\t<b>1</b>\n\t<c/>\n</a>", "/a/x", "7", &["q", "b"]), "<a>\n\t<b>1</b>\n\t<x>7</x>\n\t<c/>\n</a>");
    becomes(
        set_in("<a>\r\n  <b>1</b>  <!-- of b -->\r\n</a>", "/a/x", "7", &["b"]),
        "<a>\r\n  <b>1</b>  <!-- of b -->\r\n  <x>7</x>\r\n</a>",
    );
    becomes(set_in("<a>\n  <!--b>1</b-->\n</a>", "/a/x", "7", &["b"]), "<a>\n  <!--b>1</b-->\n  <x>7</x>\n</a>");
    becomes(set_in("<a><b>1</b><c/></a>", "/a/x", "7", &["b"]), "<a><b>1</b><x>7</x><c/></a>");
}

#[test]
fn a_new_element_without_sibling_is_the_last_child() {
    becomes(set_in("<a>\n  <b/>\n  <!-- c -->\n</a>", "/a/x", "7", &["q"]), "<a>\n  <b/>\n  <!-- c -->\n  <x>7</x>\n</a>");
    becomes(set_in("<r>\n  <a>\n  </a>\n</r>", "/r/a/x", "7", &[]), "<r>\n  <a>\n    <x>7</x>\n  </a>\n</r>");
    becomes(set_in("<r>\r\n\t<a></a>\r\n</r>", "/r/a/x", "7", &[]), "<r>\r\n\t<a>\r\n\t\t<x>7</x>\r\n\t</a>\r\n</r>");
    becomes(set_in("<r>\n  <a y='1' />\n</r>", "/r/a/x", "7", &[]), "<r>\n  <a y='1'>\n    <x>7</x>\n  </a>\n</r>");
    becomes(set_in("<a><b/></a>", "/a/x", "7", &[]), "<a><b/><x>7</x></a>");
}

#[test]
fn nothing_is_inserted_where_it_is_not_clear_what() {
    assert_eq!(set_in("<a/>", "/a/b/c", "7", &[]), None);
    assert_eq!(set_in("<a>text</a>", "/a/b", "7", &[]), None);
    assert_eq!(set_in("<a/>", "/a/b[@x='1']", "7", &[]), None);
    assert_eq!(set_in("<a/>", "//b", "7", &[]), None);
    assert_eq!(set_in("<a/>", "/b", "7", &[]), None);
}

#[test]
fn a_part_of_a_value_is_replaced() {
    let text = "<a><b>https://h:9443/</b><b x=\"1\">2</b></a>";
    becomes(
        changed(text, "/a/b", 0, &Change::Part { range: 10..14, text: "9444".to_owned() }),
        "<a><b>https://h:9444/</b><b x=\"1\">2</b></a>",
    );
    becomes(changed(text, "/a/b", 1, &Change::Value("3".to_owned())), "<a><b>https://h:9443/</b><b x=\"1\">3</b></a>");
    becomes(changed(text, "/a/b/@x", 0, &Change::Value("3".to_owned())), "<a><b>https://h:9443/</b><b x=\"3\">2</b></a>");
    assert_eq!(changed(text, "/a/b", 0, &Change::Part { range: 10..99, text: String::new() }), None);
}

#[test]
fn a_setting_is_removed_with_its_line() {
    becomes(changed("<a>\r\n  <b>1</b>\r\n  <c/>\r\n</a>", "/a/b", 0, &Change::Remove), "<a>\r\n  <c/>\r\n</a>");
    becomes(changed("<a>\n<b>1</b><c/></a>", "/a/b", 0, &Change::Remove), "<a>\n<c/></a>");
    becomes(changed("<a><b x='1' y='2'/></a>", "/a/b/@x", 0, &Change::Remove), "<a><b y='2'/></a>");
    assert_eq!(changed("<a/>", "/a", 0, &Change::Remove), None);
    let (content, document) = toml("[a]\nb.c = 1 # one\nd = {e = 1}\n");
    let removed = |path: &str| {
        let found = document.find(&toml_path(path)).remove(0);
        let edits = change(&document, &content, &found, &Change::Remove)?;
        apply(content.bytes(), &edits, &content)
    };
    assert_eq!(removed("a.b.c").as_deref(), Some(b"[a]\nd = {e = 1}\n".as_slice()));
    assert_eq!(removed("a.d.e"), None);
}

#[test]
fn toml_values_keep_their_kind() {
    becomes(set_toml("a = 1 # c", "a", "7", &[]), "a = 7 # c");
    becomes(set_toml("a = 1", "a", "x\"y", &[]), "a = \"x\\\"y\"");
    becomes(set_toml("a = \"1\"", "a", "7", &[]), "a = \"7\"");
    becomes(set_toml("a = ''", "a", "7\\", &[]), "a = '7\\'");
    becomes(set_toml("a = true", "a", "false", &[]), "a = false");
    becomes(set_toml("a = 1.5", "a", "2.5", &[]), "a = 2.5");
    for text in ["5.", ".5", "05.5", "1e", "1.e3", "1e400", "inf"] {
        becomes(set_toml("a = 1.5", "a", text, &[]), &format!("a = \"{text}\""));
    }
    becomes(set_toml("a = [\"x\", \"y\"]", "a[]", "z", &[]), "a = [\"z\", \"y\"]");
    becomes(set_toml("a = [[1], 2]", "a[]", "7", &[]), "a = [[1], 7]");
    assert_eq!(set_toml("a = 0x10", "a", "7", &[]), None);
    assert_eq!(set_toml("a = 'x'", "a", "it's", &[]), None);
    assert_eq!(set_toml("a = [1]", "a", "7", &[]), None);
}

#[test]
fn toml_keys_are_added_to_their_table() {
    becomes(set_toml("[a]\r\nb = 1\r\n\r\n[c]\r\n", "a.x", "7", &[]), "[a]\r\nb = 1\r\nx = 7\r\n\r\n[c]\r\n");
    becomes(set_toml("[a]\n  b = 1 # c\n  d = 2\n", "a.x", "h", &["b"]), "[a]\n  b = 1 # c\n  x = \"h\"\n  d = 2\n");
    becomes(set_toml("[a]\n[a.b]\nc = 1", "a.x", "7", &[]), "[a]\nx = 7\n[a.b]\nc = 1");
    becomes(set_toml("[a]\np.q = 1\n", "a.p.x", "7", &[]), "[a]\np.q = 1\np.x = 7\n");
    becomes(set_toml("[a]\nl = [\n 1,\n]\n", "a.x", "7", &[]), "[a]\nl = [\n 1,\n]\nx = 7\n");
    becomes(set_toml("[[a]]\nb = 1\n[[a]]\n", "a[].x", "7", &[]), "[[a]]\nb = 1\nx = 7\n[[a]]\n");
    becomes(set_toml("[a]\n", "x", "7", &[]), "x = 7\n[a]\n");
    becomes(set_toml("y = 1\n[a]\n", "x", "7", &[]), "y = 1\nx = 7\n[a]\n");
}

#[test]
fn toml_tables_are_added_at_the_end() {
    becomes(set_toml("[a]\nb = 1\n", "c.d.x", "7", &[]), "[a]\nb = 1\n\n[c.d]\nx = 7\n");
    becomes(set_toml("[a]", "c.x", "7", &[]), "[a]\n\n[c]\nx = 7\n");
    becomes(set_toml("", "c.x", "7", &[]), "[c]\nx = 7\n");
    becomes(set_toml("[a.b]\nc = 1\r\n", "a.x", "7", &[]), "[a.b]\nc = 1\r\n\r\n[a]\r\nx = 7\r\n");
    assert_eq!(set_toml("a = {b = 1}", "a.x", "7", &[]), None);
    assert_eq!(set_toml("a = 1", "a.x", "7", &[]), None);
    assert_eq!(set_toml("", "a[].x", "7", &[]), None);
}

#[test]
fn new_text_is_written_in_the_encoding_of_the_file() {
    let latin1 = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4\x80<b>\xe4</b></a>".to_vec();
    let content = Content::decode(latin1.clone(), TextKind::Xml);
    let document = Document::parse(&content, Format::Xml).expect("well formed");
    let edits = set(&document, &content, &xml_path("/a/b"), "\u{fc}\u{80}", &[]).expect("edits");
    let bytes = apply(&latin1, &edits, &content).expect("bytes");
    assert_eq!(bytes, b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4\x80<b>\xfc\x80</b></a>");
    let foreign = set(&document, &content, &xml_path("/a/b"), "\u{20ac}", &[]).expect("edits");
    assert_eq!(apply(&latin1, &foreign, &content), None);
}

#[test]
fn windows_1252_has_the_euro() {
    let bytes = b"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>".to_vec();
    let content = Content::decode(bytes.clone(), TextKind::Xml);
    let document = Document::parse(&content, Format::Xml).expect("well formed");
    let edits = set(&document, &content, &xml_path("/a"), "1\u{20ac}", &[]).expect("edits");
    assert_eq!(apply(&bytes, &edits, &content).expect("bytes"), b"<?xml version='1.0' encoding='windows-1252'?><a>1\x80</a>");
}

#[test]
fn edits_that_overlap_or_lie_outside_are_refused() {
    let content = Content::plain("abcdef");
    let edit = |start, end| Edit { span: Span::new(start, end), text: "x".to_owned() };
    assert_eq!(apply(b"abcdef", &[edit(2, 4), edit(0, 1)], &content).as_deref(), Some(b"xbxef".as_slice()));
    assert_eq!(apply(b"abcdef", &[edit(0, 3), edit(2, 4)], &content), None);
    assert_eq!(apply(b"abcdef", &[edit(5, 7)], &content), None);
    assert_eq!(apply(b"abcdef", &[edit(1, 1), edit(1, 1)], &content).as_deref(), Some(b"axxbcdef".as_slice()));
}
