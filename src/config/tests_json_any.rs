//! JSON of any kind: what a model is written as reads back, and edits change nothing else.

use proptest::prelude::*;

use super::tests_json::keys;
use super::*;

/// A value, apart from how it is written.
#[derive(Debug, Clone, PartialEq)]
enum Model {
    /// As written: a number, `true`, `null`.
    Bare(&'static str),
    Text(String),
    Array(Vec<Model>),
    Object(Vec<(String, Model)>),
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("c.d".to_owned()), "[ -~\u{e4}]{0,3}"]
}

fn models() -> impl Strategy<Value = Model> {
    let bare = prop_oneof![Just("1"), Just("-2.5e3"), Just("0x1F"), Just("true"), Just("false"), Just("null")];
    let leaf = prop_oneof![bare.prop_map(Model::Bare), any::<String>().prop_map(Model::Text)];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Model::Array),
            prop::collection::vec((names(), inner), 0..4).prop_map(Model::Object),
        ]
    });
    prop::collection::vec((names(), value), 0..5).prop_map(Model::Object)
}

/// Writes a model, with blanks, comments, quotes and trailing commas taken in turn from a list of choices.
struct Writer {
    choices: Vec<u8>,
    at: usize,
    text: String,
}

impl Writer {
    fn write(model: &Model, choices: Vec<u8>) -> String {
        let mut writer = Self { choices, at: 0, text: String::new() };
        writer.value(model);
        writer.blank();
        writer.text
    }

    fn choose(&mut self, among: usize) -> usize {
        self.at += 1;
        self.choices.get(self.at % self.choices.len().max(1)).map_or(0, |choice| usize::from(*choice) % among)
    }

    fn blank(&mut self) {
        let blanks = ["", " ", "\n", "\r\n\t", "/* \" } */", " // ' , {\n", "/**/ "];
        let chosen = self.choose(blanks.len());
        self.text.push_str(blanks[chosen]);
    }

    fn quoted(&mut self, text: &str) {
        let quote = if self.choose(2) == 0 { '"' } else { '\'' };
        self.text.push(quote);
        for letter in text.chars() {
            let escaped = self.choose(5) == 0;
            match letter {
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\0' => self.text.push_str("\\0\\\n"),
                '\\' | '"' | '\'' => self.text.extend(['\\', letter]),
                letter if escaped => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        self.text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                letter => self.text.push(letter),
            }
        }
        self.text.push(quote);
    }

    fn key(&mut self, key: &str) {
        let bare = key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.chars().all(|c| c.is_ascii_alphanumeric());
        if bare && self.choose(2) == 0 {
            // The parser takes a comment right behind a bare key for a part of it.
            self.text.push_str(&format!("{key} "));
        } else {
            self.quoted(key);
        }
    }

    fn value(&mut self, model: &Model) {
        self.blank();
        let (count, open, close) = match model {
            Model::Bare(written) => return self.text.push_str(written),
            Model::Text(text) => return self.quoted(text),
            Model::Array(values) => (values.len(), '[', ']'),
            Model::Object(values) => (values.len(), '{', '}'),
        };
        self.text.push(open);
        for at in 0..count {
            match model {
                Model::Array(values) => self.value(&values[at]),
                Model::Object(values) => {
                    self.blank();
                    self.key(&values[at].0);
                    self.blank();
                    self.text.push(':');
                    self.value(&values[at].1);
                }
                _ => {}
            }
            self.blank();
            if at + 1 < count || self.choose(2) == 0 {
                self.text.push(',');
            }
        }
        self.blank();
        self.text.push(close);
    }
}

/// The values of a model at every path that leads to one, the last of a key counting.
fn values(model: &Model) -> Vec<(Vec<String>, String)> {
    let (mut found, mut open) = (Vec::new(), vec![(Vec::new(), model)]);
    while let Some((path, model)) = open.pop() {
        match model {
            Model::Bare(written) => found.push((path, (*written).to_owned())),
            Model::Text(text) => found.push((path, text.clone())),
            Model::Array(_) => {}
            Model::Object(members) => {
                for (at, (key, value)) in members.iter().enumerate() {
                    if members[at + 1..].iter().all(|(later, _)| later != key) {
                        open.push((path.iter().cloned().chain([key.clone()]).collect(), value));
                    }
                }
            }
        }
    }
    found.sort();
    found
}

/// The path to keys, where it can be written: with two kinds of quotes in one key it cannot.
fn path(names: &[String]) -> Option<Path> {
    let quoted = names.iter().map(|name| match (name.contains('"'), name.contains('\'')) {
        (false, _) => Some(format!("\"{name}\"")),
        (true, false) => Some(format!("'{name}'")),
        (true, true) => None,
    });
    quoted.collect::<Option<Vec<_>>>().map(|names| keys(&names.join(".")))
}

fn read(text: &str) -> Result<(Content, Document), Malformed> {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Json)?;
    Ok((content, document))
}

fn edited(content: &Content, edits: &[Edit]) -> String {
    String::from_utf8(apply(content.bytes(), edits, content).expect("bytes")).expect("UTF-8")
}

/// All values of a document at the paths of a model.
fn all(document: &Document, wanted: &[(Vec<String>, String)]) -> Vec<Option<String>> {
    let found = |names: &Vec<String>| Some(document.find(&path(names)?).into_iter().next()?.text);
    wanted.iter().map(|(names, _)| found(names)).collect()
}

fn pieces() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\"a\"",
        "a",
        "'b'",
        "\"a\": ",
        "1",
        "-",
        "true",
        "null",
        " ",
        "\n",
        "\r\n",
        "//",
        "/*",
        "*/",
        "\\",
        "\\u",
        "\\uD83D\\uDE00",
        "\\x4",
        "\u{e4}",
        "\u{1f600}",
        "\u{2028}",
        "{\"a\":\"x:1\"}",
        "<",
        "{{",
        "0x",
        ".",
        "+",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let content = Content::decode(bytes, crate::source::TextKind::Utf8OrLatin1);
        let _ = Document::parse(&content, Format::Json);
    }

    #[test]
    fn what_the_grammar_is_made_of_is_read_or_refused_within_the_text(text in pieces()) {
        let content = Content::plain(text.clone());
        match Document::parse(&content, Format::Json) {
            Ok(document) => {
                for found in document.find(&keys("a")).into_iter().chain(document.find(&keys("a.a"))) {
                    prop_assert_eq!(found.exact, content.slice(found.span) == found.text);
                    prop_assert!(found.element.start <= found.span.start && found.span.end <= found.element.end);
                }
            }
            Err(malformed) => {
                prop_assert!(malformed.span.start <= malformed.span.end && malformed.span.end <= text.len());
                if let Some((_, edits)) = malformed.fix {
                    let mended = edited(&content, &edits);
                    prop_assert!(read(&mended).is_ok() || mended.len() < text.len(), "{:?}", mended);
                }
            }
        }
    }

    #[test]
    fn a_model_reads_back_however_it_is_written(model in models(), choices in prop::collection::vec(any::<u8>(), 1..40)) {
        let text = Writer::write(&model, choices);
        let (content, document) = read(&text).unwrap_or_else(|why| panic!("{why:?} in {text:?}"));
        for (names, value) in values(&model) {
            let Some(path) = path(&names) else { continue };
            let found = document.find(&path);
            prop_assert_eq!(found.first().map(|found| &found.text), Some(&value), "{:?} in {:?}", names, text);
            prop_assert_eq!(found[0].exact, content.slice(found[0].span) == value);
        }
    }

    #[test]
    fn what_is_set_reads_back_and_nothing_else_changes(
        model in models(), choices in prop::collection::vec(any::<u8>(), 1..40), name in names(), value in any::<String>(),
        sibling in names(),
    ) {
        let text = Writer::write(&model, choices);
        let (content, document) = read(&text).unwrap_or_else(|why| panic!("{why:?} in {text:?}"));
        let path = path(std::slice::from_ref(&name));
        let edits = path.as_ref().and_then(|path| set(&document, &content, path, &value, &[sibling]));
        if let (Some(edits), Some(path)) = (edits, path) {
            let after = edited(&content, &edits);
            let (content, document) = read(&after).unwrap_or_else(|why| panic!("{why:?} in {after:?}"));
            prop_assert_eq!(&document.find(&path)[0].text, &value);
            let mut others = values(&model);
            others.retain(|(names, _)| names[0] != name);
            let wanted: Vec<_> = others.iter().map(|(names, value)| self::path(names).map(|_| value.clone())).collect();
            prop_assert_eq!(all(&document, &others), wanted, "{:?}", after);
            let again = set(&document, &content, &path, &value, &[]).map(|edits| edited(&content, &edits));
            prop_assert_eq!(again, Some(after), "the same value again changes nothing");
        }
    }

    #[test]
    fn a_changed_part_reads_back_and_no_byte_before_or_behind_it_changes(
        model in models(), choices in prop::collection::vec(any::<u8>(), 1..40), new in any::<String>(), cut in 0..9usize,
    ) {
        let text = Writer::write(&model, choices);
        let (content, document) = read(&text).unwrap_or_else(|why| panic!("{why:?} in {text:?}"));
        for (names, value) in values(&model) {
            let Some(path) = path(&names) else { continue };
            let found = document.find(&path).remove(0);
            let start = value.char_indices().nth(cut).map_or(value.len(), |(at, _)| at);
            let what = Change::Part { range: start..value.len(), text: new.clone() };
            let Some(edits) = change(&document, &content, &found, &what) else {
                prop_assert!(!found.exact);
                continue;
            };
            let after = edited(&content, &edits);
            let (_, document) = read(&after).unwrap_or_else(|why| panic!("{why:?} in {after:?}"));
            prop_assert_eq!(&document.find(&path)[0].text, &format!("{}{new}", &value[..start]));
            prop_assert!(after.starts_with(&text[..found.span.start]) && after.ends_with(&text[found.span.end..]));
        }
    }
}
