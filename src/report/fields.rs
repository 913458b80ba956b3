//! `carbonlint rules fields`: what rules may say, kind by kind.

use crate::lint::{FieldDoc, KindDoc, filters, functions, vocabulary};
use crate::source::nearest;

use super::words::{clean, table};

/// All kinds, or one.
///
/// # Errors
/// If there is no such kind: what is nearest.
pub fn render(kind: Option<&str>) -> Result<String, String> {
    let mut kinds = vocabulary();
    if let Some(wanted) = kind {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        if !names.contains(&wanted) {
            let near = nearest(wanted, names.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
            return Err(format!("there is no kind '{}'{}; kinds: {}", clean(wanted), near.unwrap_or_default(), names.join(", ")));
        }
        kinds.retain(|kind| kind.name == wanted);
    }
    let parts: Vec<String> = kinds.iter().map(one).collect();
    let mut text = parts.join("\n");
    if kind.is_none() {
        let listed = |all: &[(&str, String)], after: &str| {
            all.iter().map(|(name, holds)| format!("{name}{after} ({holds})")).collect::<Vec<_>>().join(", ")
        };
        text.push_str(&format!("\nfunctions: {}\n", listed(&functions(), "()")));
        text.push_str(&format!("filters, after a |: {}\n", listed(&filters(), "")));
        text.push_str("conditions compare with == != < > <= >= in, and combine with and, or, not\n");
    }
    Ok(text)
}

fn one(kind: &KindDoc) -> String {
    let subject = if kind.is_subject { format!("for: {}", kind.name) } else { kind.name.to_owned() };
    let row = |field: &FieldDoc| {
        let words = field.holds.starts_with('\'');
        let (holds, doc) = if words {
            ("text".to_owned(), format!("{}: {}", field.doc, field.holds))
        } else {
            (field.holds.clone(), field.doc.to_owned())
        };
        vec![field.name.to_owned(), holds, doc]
    };
    let rows: Vec<Vec<String>> = kind.fields.iter().map(row).collect();
    format!("{subject} ({})\n{}", kind.doc, table(&rows, "  "))
}
