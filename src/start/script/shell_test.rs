//! What a test of a Bourne shell asks for: whether a variable is empty is all that start scripts need to tell.

use super::parts::{self, Field, Part};

/// The variable for which a test asks, and whether it holds if that one is empty.
pub(super) fn asks<'t>(text: &str, arguments: &[Field<'t>]) -> Option<(&'t str, bool)> {
    let literal = |word: &Field<'t>| parts::literal(text, word).map(|(text, _)| text);
    let last = arguments.last().and_then(literal);
    let arguments = &arguments[..arguments.len() - usize::from(last.is_some_and(|last| last == "]" || last == "]]"))];
    // `"$X"`, and `"x$X"` with the x beside it.
    let asked = |word: &Field<'t>| match word.as_slice() {
        [Part::Variable(name, ..)] => Some((*name, String::new())),
        [beside @ Part::Text { .. }, Part::Variable(name, ..)] | [Part::Variable(name, ..), beside @ Part::Text { .. }] => {
            Some((*name, text[beside.range()].to_owned()))
        }
        _ => None,
    };
    let alone = |word: &Field<'t>| asked(word).filter(|(_, beside)| beside.is_empty()).map(|(name, _)| name);
    match arguments {
        [word] => Some((alone(word)?, false)),
        [sign, word] => match literal(sign)?.as_str() {
            "-z" | "!" => Some((alone(word)?, true)),
            "-n" => Some((alone(word)?, false)),
            _ => None,
        },
        [left, sign, right] => {
            let equal = match literal(sign).or_else(|| sign.is_empty().then(String::new))?.as_str() {
                "=" | "==" => true,
                "!=" => false,
                _ => return None,
            };
            let (name, beside) = asked(left)?;
            let other = if right.is_empty() { String::new() } else { literal(right)? };
            (other == beside).then_some((name, equal))
        }
        _ => None,
    }
}
