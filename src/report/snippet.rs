//! Labelled places drawn on the lines they lie in, one file after another.
//!
//! miette draws; what it gets is an [`Excerpt`] with marks that are sorted, apart, not empty and within one line,
//! for it panics or draws nonsense on others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::catalogue::Severity;
use crate::deployment::Deployment;
use crate::lint::Label;
use crate::source::{Kind, Place, SourceId, mask_file};

use super::Style;
use super::excerpt::{Excerpt, Mark, Window, excerpts};
use super::words::{clean, count, wrap};

/// Parts of a label's text beyond which the rest is only counted.
const PARTS: usize = 5;

/// The masked text of files, each masked once.
pub struct Texts<'a> {
    model: &'a Deployment,
    masked: HashMap<(*const crate::source::Content, Kind, bool), Cow<'a, str>>,
}

impl<'a> Texts<'a> {
    /// The files of a model.
    pub fn new(model: &'a Deployment) -> Self {
        Self { model, masked: HashMap::new() }
    }

    /// A file's text as it may be shown: byte for byte as long as the decoded text.
    fn of(&mut self, source: SourceId) -> &str {
        let content = &self.model.sources().get(source).content;
        let (kind, broken) = (self.model.masking(source), !self.model.is_understood(source));
        self.masked
            .entry((std::sync::Arc::as_ptr(content), kind, broken))
            .or_insert_with(|| mask_file(content.text(), kind, broken))
    }
}

/// Draws labels, the first label's file first, at most `limit` excerpts.
pub fn draw(texts: &mut Texts<'_>, labels: &[Label], severity: Severity, limit: usize, style: Style) -> String {
    let sources = texts.model.sources();
    let mut files: Vec<SourceId> = Vec::new();
    for label in labels {
        if !files.contains(&label.place.source) {
            files.push(label.place.source);
        }
    }
    let primary = labels.first().map(|label| label.place);
    let mut drawn = Vec::new();
    for source in files {
        let file = sources.get(source);
        let marks: Vec<Mark> = labels
            .iter()
            .filter(|label| label.place.source == source)
            .map(|label| Mark {
                range: file.content.to_text(label.place.span),
                says: label.text.clone(),
                primary: primary == Some(label.place),
            })
            .collect();
        drawn.extend(draw_text(&file.name, texts.of(source), &marks, severity, style));
    }
    let more = drawn.len().saturating_sub(limit);
    drawn.truncate(limit);
    if more > 0 {
        let hint = if style.verbose { "" } else { " (--verbose shows more)" };
        drawn.push(format!("   and {}{hint}\n", count(more, "more place")));
    }
    drawn.concat()
}

/// Draws marks on a text that may be shown, one piece for each group of lines.
pub fn draw_text(name: &str, text: &str, marks: &[Mark], severity: Severity, style: Style) -> Vec<String> {
    let name = clean(name);
    if text.is_empty() {
        // A file that could not be read, or is empty: there is no line to draw on.
        return marks.iter().map(|mark| format!("   {name}: {}\n", clean(&mark.says))).collect();
    }
    let window = Window { limit: style.columns().saturating_sub(12), ellipsis: style.ellipsis() };
    excerpts(text, marks, window).into_iter().map(|excerpt| draw_excerpt(&name, &excerpt, severity, style)).collect()
}

fn draw_excerpt(name: &str, excerpt: &Excerpt, severity: Severity, style: Style) -> String {
    let characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let mut styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let strong = match severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Info => styles.advice,
    };
    let other = styles.advice;
    styles.highlights = excerpt.marks.iter().map(|mark| if mark.primary { strong } else { other }).collect();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .without_syntax_highlighting()
        .with_context_lines(usize::MAX)
        .with_links(false);
    let labels = excerpt.marks.iter().map(|mark| span(excerpt, mark, style)).collect();
    let mut drawn = String::new();
    match handler.render_report(&mut drawn, &Drawing { name, excerpt, labels }) {
        // The first line is the drawing's empty message: findings have a heading of their own.
        Ok(()) => drawn.lines().skip(1).flat_map(|line| [line.trim_end(), "\n"]).collect(),
        Err(_) => plain(name, excerpt),
    }
}

/// What is left where drawing fails: the places in words.
fn plain(name: &str, excerpt: &Excerpt) -> String {
    let (line, column) = excerpt.position;
    let places: Vec<String> =
        excerpt.marks.iter().map(|mark| format!("   {name}:{line}:{column}: {}\n", clean(&mark.says))).collect();
    places.concat()
}

fn span(excerpt: &Excerpt, mark: &Mark, style: Style) -> LabeledSpan {
    let start = excerpt.text[..mark.range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let column = excerpt.text[start..mark.range.start].chars().count();
    let width = style.columns().saturating_sub(column + 12).max(36);
    let parts: Vec<&str> = mark.says.split("; ").collect();
    let mut lines: Vec<String> = Vec::new();
    for part in parts.iter().take(PARTS) {
        lines.extend(wrap(&clean(part), width, width));
    }
    if parts.len() > PARTS {
        lines.push(format!("and {} more", parts.len() - PARTS));
    }
    let says = Some(lines.join("\n")).filter(|says| !says.is_empty());
    let span = SourceSpan::from(mark.range.clone());
    if mark.primary { LabeledSpan::new_primary_with_span(says, span) } else { LabeledSpan::new_with_span(says, span) }
}

/// An excerpt as miette wants it.
#[derive(Debug)]
struct Drawing<'a> {
    name: &'a str,
    excerpt: &'a Excerpt,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Drawing<'_> {
    /// All of the excerpt, whatever is asked for: it is what is to be drawn. Without context, miette asks where the
    /// primary mark is.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (data, at) = (self.excerpt.text.as_bytes(), SourceSpan::from(0..self.excerpt.text.len()));
        let lines = self.excerpt.text.lines().count();
        let (line, column, span) =
            if before == 0 { (self.excerpt.position.0, self.excerpt.position.1, *span) } else { (self.excerpt.line, 1, at) };
        Ok(Box::new(MietteSpanContents::new_named(self.name.to_owned(), data, span, line - 1, column - 1, lines)))
    }
}

/// `file:line` of a place, for text that wraps nowhere.
pub fn file_line(model: &Deployment, place: Place) -> String {
    clean(&model.sources().file_line(place)).into_owned()
}
