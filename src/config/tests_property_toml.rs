//! TOML however it is written: what another reader reads is found with its text and place, and edits change nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;

use super::tests::toml_path;
use super::tests_property::{File, values};
use super::*;

/// A value as it is written: pieces of text, and where a scalar stands among them.
#[derive(Debug, Clone)]
enum Value {
    /// What is written around a text, and the text as written.
    Scalar(&'static str, String),
    /// Values, and what stands in front of each and behind the last.
    Array(Vec<Value>, &'static str),
    Inline(Vec<Value>),
}

/// How a key is written; `{}` stands for its name.
const KEYS: &[&str] = &["{}", "{}", "{}", "\"{}\"", "'{}'", "{}.p", "{} . \"p\"", "\"{}.p\""];
const ASIDES: &[&str] = &["", "", "\n", "# a = 1\n", "  # [t0]\n", "\t"];
const ENDS: &[&str] = &["", "", " # c", "  ", " # \" ' ["];

#[derive(Debug, Clone)]
struct Statement {
    aside: &'static str,
    key: &'static str,
    value: Value,
    end: &'static str,
}

/// A header: `{}` stands for the name of the table.
const HEADERS: &[&str] = &["[{}]", "[ {} ]", "[{}.sub]", "[{} . sub.low]", "[\"{}\"]", "[[{}]]", "[[{}.list]]", "\t[{}]"];

#[derive(Debug, Clone)]
struct Model {
    root: Vec<Statement>,
    tables: Vec<(&'static str, Vec<Statement>)>,
    /// Whether the last table is there once more, where it is one of an array.
    again: bool,
    wide: bool,
    marked: bool,
    ended: bool,
}

fn scalars() -> impl Strategy<Value = Value> {
    let quoted = |quotes: &'static str, pattern: &'static str| pattern.prop_map(move |text: String| Value::Scalar(quotes, text));
    let bare = vec![
        "1",
        "-20",
        "1_000",
        "0x1F",
        "1.5",
        "6e10",
        "inf",
        "true",
        "false",
        "1979-05-27",
        "07:32:00",
        "1979-05-27T07:32:00Z",
    ];
    prop_oneof![
        3 => quoted("\"", "[a-z0-9 é€😀#=,.'\\[\\]{}]{0,6}"),
        1 => quoted("\"", "([a-z]|\\\\t|\\\\\"|\\\\\\\\|\\\\u00e4){0,4}"),
        2 => quoted("'", "[a-z0-9 é\\\\#=\"]{0,6}"),
        1 => quoted("\"\"\"", "(a|é|\n|\"'|\\\\\n  |\n\\[t1\\]\n|\n# c\n|\na = 1\n){0,4}b"),
        1 => quoted("'''", "(a|é|\n|\"'|\\\\|\n\\[t0\\]\n|\na = 1\n){0,4}b"),
        3 => prop::sample::select(bare).prop_map(|text| Value::Scalar("", text.to_owned())),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), prop::sample::select(vec!["", " ", "\n  ", " # ] c\n"]))
                .prop_map(|(values, gap)| Value::Array(values, gap)),
            prop::collection::vec(inner, 0..3).prop_map(Value::Inline),
        ]
    })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let among = |from: &'static [&'static str]| prop::sample::select(from);
    let one = (among(ASIDES), among(KEYS), any_value(), among(ENDS));
    prop::collection::vec(one.prop_map(|(aside, key, value, end)| Statement { aside, key, value, end }), 0..4)
}

fn models() -> impl Strategy<Value = Model> {
    let tables = prop::collection::vec((prop::sample::select(HEADERS), statements()), 0..4);
    (statements(), tables, any::<[bool; 4]>()).prop_map(|(root, tables, [again, wide, marked, ended])| Model {
        root,
        tables,
        again,
        wide,
        marked,
        ended,
    })
}

/// Writes a model, and notes where scalars stand.
struct Writer {
    text: String,
    line_break: &'static str,
    places: Vec<(String, Range<usize>)>,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.text.push_str(&text.replace('\n', self.line_break));
    }

    fn statements(&mut self, table: &str, statements: &[Statement]) {
        for (index, Statement { aside, key, value, end }) in statements.iter().enumerate() {
            self.put(aside);
            let name = format!("k{index}");
            self.put(&format!("{} = ", key.replace("{}", &name)));
            let path = format!("{table}{name}{}", if key.contains('p') { ".p" } else { "" });
            self.value(&path, value);
            self.put(&format!("{end}\n"));
        }
    }

    fn value(&mut self, path: &str, value: &Value) {
        match value {
            Value::Scalar(quotes, text) => {
                self.put(quotes);
                let start = self.text.len();
                self.put(text);
                self.places.push((path.to_owned(), start..self.text.len()));
                self.put(quotes);
            }
            Value::Array(values, gap) => {
                self.put("[");
                for (index, value) in values.iter().enumerate() {
                    self.put(gap);
                    self.value(&format!("{path}[]"), value);
                    self.put(if index + 1 < values.len() { "," } else { "" });
                }
                self.put(gap);
                self.put("]");
            }
            Value::Inline(values) => {
                self.put("{");
                for (index, value) in values.iter().enumerate() {
                    self.put(&format!("{}i{index} = ", if index > 0 { ", " } else { " " }));
                    self.value(&format!("{path}.i{index}"), value);
                }
                self.put(" }");
            }
        }
    }

    fn model(&mut self, model: &Model) {
        self.statements("", &model.root);
        for (index, (header, statements)) in model.tables.iter().enumerate() {
            let header = header.replace("{}", &format!("t{index}"));
            let path: String = header.chars().filter(|letter| letter.is_alphanumeric() || *letter == '.').collect();
            let path = format!("{path}{}.", if header.contains("[[") { "[]" } else { "" });
            self.put(&format!("{header}\n"));
            self.statements(&path, statements);
            if model.again && index + 1 == model.tables.len() && header.contains("[[") {
                self.put(&format!("{header} # again\n"));
                self.statements(&path, &model.root);
            }
        }
        if !model.ended {
            self.text.truncate(self.text.trim_end_matches(['\r', '\n']).len());
        }
    }
}

fn written(model: &Model) -> (File, Vec<(String, Span)>) {
    let line_break = if model.wide { "\r\n" } else { "\n" };
    let mut writer = Writer { text: String::new(), line_break, places: Vec::new() };
    writer.model(model);
    let mark: &[u8] = if model.marked { b"\xef\xbb\xbf" } else { b"" };
    let bytes = [mark, writer.text.as_bytes()].concat();
    let file = File::read(&bytes, Format::Toml).unwrap_or_else(|why| panic!("{why:?} in {:?}", writer.text));
    let disk = |range: Range<usize>| Span::new(range.start + mark.len(), range.end + mark.len());
    (file, writer.places.into_iter().map(|(path, place)| (path, disk(place))).collect())
}

/// All values by their paths, in the order of the file, as another reader sees them.
fn settings(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut read: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = vec![(String::new(), toml::Value::Table(toml::from_str(text).expect("TOML")))];
    while let Some((path, value)) = open.pop() {
        let dot = if path.is_empty() { "" } else { "." };
        match value {
            toml::Value::Table(table) => open.extend(table.into_iter().map(|(key, value)| (format!("{path}{dot}{key}"), value))),
            toml::Value::Array(values) => open.extend(values.into_iter().rev().map(|value| (format!("{path}[]"), value))),
            toml::Value::String(text) => read.entry(path).or_default().push(text),
            toml::Value::Float(number) => read.entry(path).or_default().push(number.to_string()),
            scalar => read.entry(path).or_default().push(scalar.to_string()),
        }
    }
    read
}

fn others(file: &File, path: &str) -> BTreeMap<String, Vec<String>> {
    let mut read = settings(file.content.text());
    read.remove(path);
    // A single value where a list is expected is a list of one.
    read.remove(path.strip_suffix("[]").unwrap_or(path));
    read
}

proptest! {
    #[test]
    fn a_model_is_found_with_its_texts_and_places(model in models()) {
        let (file, places) = written(&model);
        for (path, read) in settings(file.content.text()) {
            let spans = |path: &str| places.iter().filter(|(other, _)| other == path).map(|(_, place)| *place).collect::<Vec<_>>();
            let (wanted, alone) = (spans(&path), path.strip_suffix("[]").filter(|path| !path.ends_with("[]")).map(spans).unwrap_or_default());
            let mut found = file.document.find(&toml_path(&path));
            prop_assert!(alone.iter().all(|alone| found.iter().any(|found| found.span == *alone)), "a list of one: {}", file);
            found.retain(|found| !alone.contains(&found.span));
            let at: Vec<Span> = found.iter().map(|found| found.span).collect();
            prop_assert_eq!(at, wanted, "{} in {}", path, file);
            for (found, read) in found.iter().zip(read) {
                let same = match read.parse::<f64>() {
                    Ok(number) => found.text.parse() == Ok(number),
                    Err(_) => found.text == read,
                };
                prop_assert!(same, "{} is {:?} instead of {:?} in {}", path, found.text, read, file);
                prop_assert_eq!(found.exact, file.content.slice(found.span) == found.text, "{} in {}", path, file);
                prop_assert!(found.element.start <= found.span.start && found.span.end <= found.element.end);
            }
        }
    }

    #[test]
    fn what_is_set_reads_back_and_nothing_else_changes(
        model in models(), which in any::<prop::sample::Index>(), missing in "(t[0-3](\\[\\])?\\.(sub\\.)?)?(k[0-3]\\.)?new",
        known in any::<bool>(), value in values(), beside in prop::collection::vec("k[0-3]", 0..2),
    ) {
        let (file, places) = &written(&model);
        let path = if known && !places.is_empty() { which.get(places).0.clone() } else { missing };
        let at = toml_path(&path);
        let found = file.document.find(&at);
        let edits = set(&file.document, &file.content, &at, &value, &beside);
        if let Some(first) = found.first() {
            let literal = file.content.text()[..file.content.to_text(first.span).start].ends_with('\'');
            prop_assert!(edits.is_some() || literal || !first.exact, "{} to {:?} in {}", path, value, file);
        }
        let Some(after) = edits.and_then(|edits| file.after(&edits)) else { return Ok(()) };
        let mut texts = file.texts(&at);
        if let Some(first) = texts.first_mut() {
            first.clone_from(&value);
        } else {
            texts.push(value.clone());
        }
        prop_assert_eq!(after.texts(&at), texts, "{} in {}", path, after);
        prop_assert_eq!(others(&after, &path), others(file, &path), "{} in {}", path, after);
        let again = set(&after.document, &after.content, &at, &value, &beside);
        if let Some(again) = again.and_then(|edits| after.after(&edits)) {
            prop_assert_eq!(again.content.text(), after.content.text(), "the same value again changes nothing");
        } else {
            // What takes escapes is a value that is left alone later.
            prop_assert!(!after.document.find(&at)[0].exact, "{} again in {}", path, after);
        }
    }

    #[test]
    fn what_is_changed_reads_back_and_what_is_removed_is_gone(
        model in models(), which in any::<prop::sample::Index>(), value in values(), cut in 0..4usize,
    ) {
        let (file, places) = &written(&model);
        if places.is_empty() {
            return Ok(());
        }
        let (path, place) = which.get(places);
        let at = toml_path(path);
        let all = file.document.find(&at);
        let index = all.iter().position(|found| found.span == *place).expect("it is there");
        let found = &all[index];
        let start = found.text.char_indices().nth(cut).map_or(found.text.len(), |(at, _)| at);
        let part = Change::Part { range: start..found.text.len(), text: value.clone() };
        let whole = format!("{}{value}", &found.text[..start]);
        for (what, text) in [(Change::Value(value.clone()), Some(value.clone())), (part, Some(whole)), (Change::Remove, None)] {
            let edits = change(&file.document, &file.content, found, &what);
            let literal = file.content.text()[..file.content.to_text(found.span).start].ends_with('\'');
            prop_assert!(edits.is_some() || text.is_none() || literal || !found.exact, "{:?} of {} in {}", what, path, file);
            let Some(after) = edits.and_then(|edits| file.after(&edits)) else { continue };
            let mut texts = file.texts(&at);
            match text {
                Some(text) => texts[index] = text,
                None => drop(texts.remove(index)),
            }
            prop_assert_eq!(&after.texts(&at), &texts, "{:?} of {} in {}", what, path, after);
            prop_assert_eq!(others(&after, path), others(file, path), "{:?} of {} in {}", what, path, after);
        }
    }

    #[test]
    fn a_renamed_table_takes_its_settings_along_and_no_other(model in models(), which in any::<prop::sample::Index>()) {
        let (file, _) = &written(&model);
        let tables = file.document.tables();
        for table in &tables {
            file.assert_lies_in_the_file(table.span);
            prop_assert!(table.path.last().is_some_and(|name| name.starts_with(file.content.slice(table.span)))
                || matches!(file.content.slice(table.span), "\"" | "'"));
        }
        if tables.is_empty() {
            return Ok(());
        }
        let table = &which.get(&tables).path;
        let edits = rename_table(&file.document, &file.content, table, "renamed");
        let headed = HEADERS.iter().filter(|header| !header.contains('"'));
        let mut headers = model.tables.iter().enumerate().filter(|(_, (header, _))| headed.clone().any(|headed| headed == header));
        let can = headers.any(|(index, _)| *table == [format!("t{index}")]);
        prop_assert!(edits.is_some() || !can, "{:?} in {}", table, file);
        let Some(after) = edits.and_then(|edits| file.after(&edits)) else { return Ok(()) };
        let (last, above) = table.split_last().expect("a name");
        let from = above.iter().map(String::as_str).chain([last.as_str()]).collect::<Vec<_>>().join(".");
        let to = above.iter().map(String::as_str).chain(["renamed"]).collect::<Vec<_>>().join(".");
        let renamed = |path: String| match path.strip_prefix(&from) {
            Some(rest) if rest.starts_with(['.', '[']) => format!("{to}{rest}"),
            _ => path,
        };
        let wanted: BTreeMap<_, _> =
            settings(file.content.text()).into_iter().map(|(path, values)| (renamed(path), values)).collect();
        prop_assert_eq!(settings(after.content.text()), wanted, "{:?} in {}", table, file);
        prop_assert_eq!(rename_table(&after.document, &after.content, table, "renamed"), None);
    }
}
