//! Whatever the input, there is an answer, soon.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

#[test]
fn bombs_are_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", vec![below; 10].join(", "));
    }
    let mut deep = String::from("a0: &a0 [[[x]]]\n");
    for level in 1..400 {
        let _ = writeln!(deep, "a{level}: &a{level} [[[*a{}]]]", level - 1);
    }
    for text in [bomb, deep, "[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        assert!(only(&text).1.contains("too large or too deeply nested"), "{:?}", only(&text));
    }
    bad(&format!("nodes: [{{name: {}, role: r, home: h, key_manager: x}}]", "x.".repeat(500_000)));
}

/// Many nodes, each with everything that a node may say.
fn many(count: usize, key_manager: &str) -> String {
    let node = |index: usize| {
        format!(
            "- <<: *common\n  name: gw-{index}\n  home: homes/gw-{index}\n  host: gw-{index}.example.com\n  aliases: [10.0.0.{index}, b]\n  \
             environment: {{A: b, C: d, E: f}}\n  start: \"sh wso2server.sh -DportOffset={index} -Da=b\"\n  key_manager: {key_manager}{index}\n"
        )
    };
    let nodes: String = (0..count).map(node).collect();
    format!("defaults: &common\n  role: gateway\n  product: 1.10\n  properties: {{x: y}}\nnodes:\n{nodes}")
}

#[test]
fn thousands_of_nodes_are_read() {
    assert_eq!(good(&many(5_000, "gw-")).nodes.len(), 5_000);
    assert_eq!(bad(&many(5_000, "wg-")).len(), 5_000);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let content = Content::decode(bytes, TextKind::Utf8);
        inside(&content);
    }

    #[test]
    fn random_yaml_like_text_never_panics(text in "[a-z:\\-\\[\\]{}*&?!|>'\"#%@,.=\\\\ \n\täß€😀0-9]{0,120}") {
        inside(&Content::plain(format!("nodes:\n- start: {text}")));
        inside(&Content::plain(text));
    }

    #[test]
    fn mutated_topologies_never_panic(at in 0..FULL.len(), len in 0_usize..12, put in "[:\\-\\[\\]{}*&?!|>'\"#, \n\tä0a]{0,4}", bom in any::<bool>()) {
        let mut text = FULL.to_owned();
        text.replace_range(at..(at + len).min(FULL.len()), &put);
        let bytes = if bom { format!("\u{feff}{text}") } else { text }.into_bytes();
        inside(&Content::decode(bytes, TextKind::Utf8));
    }

    #[test]
    fn ad_hoc_arguments_never_panic(arguments in proptest::collection::vec("[a=:,.*ä\\\\ ]{0,8}", 0..5)) {
        let (source, result) = ad_hoc(&arguments);
        for error in result.err().into_iter().flatten() {
            let span = error.span.unwrap_or_default();
            prop_assert!(source.get(span.start..span.end).is_some());
        }
    }
}

/// Reads, and asserts that every place is one in the file.
fn inside(content: &Content) {
    for error in read(content).err().into_iter().flatten() {
        let span = error.span.unwrap_or_default();
        assert!(span.start <= span.end && span.end <= content.bytes().len(), "{error:?}");
    }
}
