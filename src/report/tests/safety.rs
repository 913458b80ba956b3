//! What must never happen: secrets, escape sequences, panics, lines without end.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::catalogue::Severity;
use crate::report::excerpt::{Mark, Window, excerpts};
use crate::report::snippet::draw_text;
use crate::report::{Style, explain, github, gitlab, human, json, junit, links, ports, sarif, short, statistics};

use super::{Case, KEY_MANAGER, Opened, gateway, mismatch, style};

/// Every format of a project, in one text.
fn everything(opened: &Opened) -> String {
    let run = opened.run();
    let mut text = human::render(&run, &Style { verbose: true, ..style() });
    for part in [
        short::render(&run),
        json::render(&run),
        sarif::render(&run),
        github::render(&run),
        gitlab::render(&run),
        junit::render(&run),
        statistics::render(&run, style()),
        ports::human(&opened.project, &|_| true),
        ports::json(&opened.project, &|_| true),
        links::human(&opened.project, &|_| true),
        links::json(&opened.project, &|_| true),
    ] {
        text.push_str(&part);
    }
    for node in &opened.project.model.nodes {
        let _ = write!(text, "{}", explain::render(&opened.project, &node.name).unwrap_or_default());
    }
    for link in &opened.project.model.links {
        let id = &opened.project.model.catalogue().links[link.spec].id;
        let _ = write!(text, "{}", explain::render(&opened.project, &format!("gw.{id}")).unwrap_or_default());
    }
    text
}

#[test]
fn secrets_beside_a_label_and_in_urls_are_starred_out() {
    let file = gateway("km.example.com")
        .replace("<ThriftServerHost>", "<Password>hunter2</Password><ThriftServerHost>")
        .replace("https://", "https://admin:hunter2@")
        .replace("</APIKeyValidator>", "<Password>hunter2</Password>\n</APIKeyValidator>");
    let opened = Case::default().node("gw", "gateway", "2", file).node("km", "key-manager", "5", KEY_MANAGER).open();
    let text = everything(&opened);
    assert!(text.contains("error[test-mismatch]"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_host_that_is_no_url_loses_its_user() {
    let file = gateway("km.example.com").replace("https://km.example.com:9448/services/", "admin:hunter2@km.example.com:9448");
    let opened = Case::default().node("gw", "gateway", "2", file).node("km", "key-manager", "5", KEY_MANAGER).open();
    let text = links::human(&opened.project, &|_| true) + &links::json(&opened.project, &|_| true);
    assert!(text.contains("***@km.example.com"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_line_of_a_hundred_kilobytes_is_cut_to_what_matters() {
    let filler = "<Property name=\"x\">y</Property>".repeat(3500);
    let file = gateway("km.example.com").replace('\n', "").replace("<APIManager>", &format!("<APIManager>{filler}"));
    let file = file.replace("</APIManager>", &format!("<!--ThriftClientPort>10397</ThriftClientPort-->{filler}</APIManager>"));
    let opened = Case::default().node("gw", "gateway", "2", file).node("km", "key-manager", "5", KEY_MANAGER).open();
    let text = human::render(&opened.run(), &style());
    assert!(text.contains("<ThriftServerHost>km.example.com"), "{text}");
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    assert!(longest <= 140, "{longest}: {text}");
}

#[test]
fn files_that_are_not_utf8_are_pointed_at_where_it_matters() {
    let mut file = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n".to_vec();
    let text = gateway("km.example.com").replace("    <ThriftServerHost>", "    <!-- \u{e4}\u{f6}\u{fc} --><ThriftServerHost>");
    file.extend(text.chars().map(|c| u8::try_from(u32::from(c)).expect("latin 1")));
    let opened = Case::default().node("gw", "gateway", "2", file).node("km", "key-manager", "5", KEY_MANAGER).open();
    let text = human::render(&opened.run(), &style());
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("<!-- äöü -->")).expect("the line");
    let column = |line: &str, what: &str| line[..line.find(what).expect("there")].chars().count();
    assert_eq!(column(lines[at], "km.example.com<"), column(lines[at + 1], "─"), "{text}");
}

#[test]
fn escape_sequences_of_files_do_not_reach_the_terminal() {
    let case = Case::default();
    let file = gateway("km.example.com").replace("<ThriftServerHost>", "<!-- \u{9b}31m\u{202e} --><ThriftServerHost>");
    let opened = case.node("gw", "gateway", "2", file).node("km", "key-manager", "5", KEY_MANAGER).open();
    let text = everything(&opened);
    assert!(!text.contains(['\u{9b}', '\u{1b}', '\u{202e}']), "{text:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(everything(&mismatch().open()), everything(&mismatch().open()));
}

#[test]
fn marks_that_overlap_or_are_empty_still_point() {
    let mark = |range: std::ops::Range<usize>, says: &str| Mark { range, says: says.to_owned(), primary: false };
    let marks = [mark(0..9, "all"), mark(2..2, "nothing"), mark(2..4, "two"), mark(9..99, "beyond")];
    let drawn = draw_text("f", "abcdefghi\n", &marks, Severity::Error, style()).concat();
    insta::assert_snapshot!(drawn, @r#"
      ╭─[f:1:1]
    1 │ abcdefghi
      · ─┬─┬     ┬
      ·  │ │     ╰── beyond
      ·  │ ╰─┤ nothing
      ·  │   │ two
      ·  ╰── all
    2 │
      ╰────
    "#);
}

fn texts() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => proptest::char::range('a', 'z'),
        1 => Just('\n'),
        1 => Just('\r'),
        1 => Just('\t'),
        1 => Just('é'),
        1 => Just('漢'),
        1 => Just('\u{300}'),
        1 => Just('😀'),
        1 => any::<char>(),
    ];
    proptest::collection::vec(character, 0..300).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn any_marks_on_any_text_are_drawn(
        text in texts(),
        spans in proptest::collection::vec((0..1400_usize, 0..1400_usize, "[a-z; \n]{0,40}", any::<bool>()), 1..8),
        width in 0..120_usize,
        unicode in any::<bool>(),
    ) {
        let marks: Vec<Mark> = spans.into_iter().map(|(start, end, says, primary)| Mark { range: start..end, says, primary }).collect();
        let style = Style { unicode, width, ..Style::default() };
        let drawn = draw_text("name", &text, &marks, Severity::Error, style);
        prop_assert!(!drawn.is_empty());
        prop_assert!(!drawn.concat().contains("Failed to read contents"));
        let window = Window { limit: width, ellipsis: style.ellipsis() };
        for excerpt in excerpts(&text, &marks, window) {
            let mut end = 0;
            for mark in &excerpt.marks {
                prop_assert!(mark.range.start >= end && mark.range.end > mark.range.start);
                let shown = excerpt.text.get(mark.range.clone());
                prop_assert!(shown.is_some_and(|shown| !shown.contains('\n')));
                end = mark.range.end;
            }
        }
    }
}
