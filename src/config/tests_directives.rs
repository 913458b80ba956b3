//! Comments that are meant for us: which are seen, and what they are about.

use super::{Document, Format};
use crate::source::{Content, TextKind};
use crate::start::Syntax;

/// What each says, and the text that it covers, without the comment itself.
fn read(text: &str, format: Format) -> Vec<(String, String)> {
    let content = Content::plain(text);
    let document = Document::parse(&content, format).unwrap_or_else(|error| panic!("{}: {text}", error.message));
    let one = |directive: &super::Directive| {
        assert!(content.text()[directive.at..].starts_with(&directive.text), "{directive:?}");
        let covers = content.slice(directive.covers);
        (directive.text.clone(), covers.replace(content.slice(directive.span), "").trim().to_owned())
    };
    document.directives().iter().map(one).collect()
}

fn says(text: &str, format: Format, expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> = expected.iter().map(|(one, other)| ((*one).into(), (*other).into())).collect();
    assert_eq!(read(text, format), expected, "{text}");
}

#[test]
fn in_xml_the_next_element_is_meant_with_all_that_it_holds() {
    says(
        "<a>\n <!-- carbonlint: ignore x: y -->\n <b>\n  <b>1</b>\n </b>\n <c/>\n</a>",
        Format::Xml,
        &[("ignore x: y", "<b>\n  <b>1</b>\n </b>")],
    );
    says(
        "<a><!--carbonlint:z--><!-- other -->\n\n<b/><c/></a>",
        Format::Xml,
        &[("z", "<a>\n\n")].map(|_| ("z", "<a><!-- other -->")),
    );
}

#[test]
fn a_comment_behind_something_is_about_its_line() {
    says("<a>\n <b>1</b> <!-- carbonlint: x -->\n <c/>\n</a>", Format::Xml, &[("x", "<b>1</b>")]);
    says("a = 1 # carbonlint: x\nb = 2", Format::Toml, &[("x", "a = 1")]);
    says("{\"a\": 1, // carbonlint: x\n \"b\": 2}", Format::Json, &[("x", "{\"a\": 1,")]);
}

#[test]
fn a_comment_before_the_root_is_about_the_whole_file() {
    let text = "<?xml version=\"1.0\"?>\n<!-- carbonlint: x -->\n<!-- other --><a>\n<b/></a>";
    says(text, Format::Xml, &[("x", "<?xml version=\"1.0\"?>\n\n<!-- other --><a>\n<b/></a>")]);
}

#[test]
fn a_comment_at_the_end_of_an_element_is_about_nothing() {
    says("<a><b/>\n<!-- carbonlint: x --></a>", Format::Xml, &[("x", "")]);
}

#[test]
fn what_only_looks_like_a_comment_is_none() {
    says("<a b=\"carbonlint: x\"><![CDATA[<!-- carbonlint: x -->]]></a>", Format::Xml, &[]);
    says("<a><!-- see carbonlint: x --></a>", Format::Xml, &[]);
    says("a = '# carbonlint: x'\nb = \"\"\"\n# carbonlint: x\\\"\"\"\"\n", Format::Toml, &[]);
    says("{\"a\": \"// carbonlint: x\", 'b': '\\'/* carbonlint: x */'}", Format::Json, &[]);
    says("a=\\\n# carbonlint: x\nb=1 # carbonlint: x\n", Format::Properties, &[]);
}

#[test]
fn in_formats_of_lines_the_next_line_is_meant() {
    says("# carbonlint: x\n\n# other\n[a]\nb = 1\n", Format::Toml, &[("x", "# other\n[a]")]);
    says(
        "# carbonlint: x\na = [\n  1,\n  # carbonlint: y\n  2,\n]\nb = 1\n",
        Format::Toml,
        &[("x", "a = [\n  1,\n  # carbonlint: y\n  2,\n]"), ("y", "2,")],
    );
    says("! carbonlint: x\na=1\\\n2\nb=2\n", Format::Properties, &[("x", "a=1\\\n2")]);
    says("{\n/* carbonlint: x */ \"a\": {\n1: 2\n},\n\"b\": 1}", Format::Json, &[("x", "\"a\": {\n1: 2\n},")]);
}

#[test]
fn start_scripts_have_comments_too() {
    says(
        "#!/bin/sh\n# carbonlint: x\njava \\\n -DportOffset=1\nexit\n",
        Format::Script(Syntax::Shell),
        &[("x", "java \\\n -DportOffset=1")],
    );
    says("@echo off\r\nREM carbonlint: x\r\njava ^\r\n -D\r\nexit\r\n", Format::Script(Syntax::Batch), &[("x", "java ^\r\n -D")]);
}

#[test]
fn places_are_those_on_disk() {
    let bytes = b"\xef\xbb\xbf# carbonlint: x\nb = 1\n".to_vec();
    let content = Content::decode(bytes, TextKind::Utf8);
    let document = Document::parse(&content, Format::Toml).expect("TOML");
    let [directive] = document.directives() else { panic!("one") };
    assert_eq!((directive.span.start, directive.covers.start, directive.covers.end), (3, 0, 24));
}
