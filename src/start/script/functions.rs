//! Functions of a Bourne shell's script: what one does counts where it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::launch;
use super::parts::{Field, Part, Use, head, tail};

/// A function.
#[derive(Debug, Clone)]
pub(super) struct Function {
    /// The bytes of its commands.
    pub(super) body: Range<usize>,
    /// Whether it is defined under a condition.
    pub(super) perhaps: bool,
    /// Whether a command calls it.
    called: bool,
}

/// The functions of a script so far.
#[derive(Debug)]
pub(super) struct Functions<'t> {
    known: BTreeMap<&'t str, Function>,
    /// How names start and end that commands take from arguments or variables.
    named: BTreeSet<(&'t str, &'t str)>,
    /// So many bytes may still be read again: functions that call each other over and over cost no more.
    left: usize,
}

/// So many bytes of functions are read again. Scripts call each of theirs a few times.
const AGAIN: usize = 1 << 20;

/// So many kinds of names that commands take from variables are told apart.
const MOST_NAMED: usize = 16;

impl<'t> Functions<'t> {
    pub(super) fn new() -> Self {
        Self { known: BTreeMap::new(), named: BTreeSet::new(), left: AGAIN }
    }

    /// Takes a definition; a later one of a name counts.
    pub(super) fn define(&mut self, name: &'t str, body: Range<usize>, perhaps: bool) {
        self.known.insert(name, Function { body, perhaps, called: false });
    }

    /// The function of a name, to be read where it is called.
    pub(super) fn call(&mut self, name: &str) -> Option<Function> {
        let function = self.known.get_mut(name)?;
        function.called = true;
        self.left = self.left.checked_sub(function.body.len())?;
        Some(function.clone())
    }

    /// Takes down a command that may call one by a name that only the shell knows: `"$1"`, `do_$ACTION`.
    pub(super) fn perhaps_called(&mut self, text: &'t str, words: &[Field<'t>]) {
        let Some((first, arguments)) = words.split_first().filter(|_| !self.known.is_empty()) else { return };
        let of_java = matches!(first.as_slice(), [Part::Variable(_, Use::Plain, _)])
            && arguments.first().is_some_and(|argument| head(text, argument).starts_with('-'));
        if first.iter().all(|part| matches!(part, Part::Text { .. })) || of_java || launch::starts(text, words) {
            return;
        }
        let name = if self.named.len() < MOST_NAMED { (head(text, first), tail(text, first)) } else { ("", "") };
        self.named.insert(name);
    }

    /// Functions that no command calls by name, and that one may call nevertheless.
    pub(super) fn perhaps(&mut self) -> Vec<Function> {
        let named = |name: &str| self.named.iter().any(|(head, tail)| name.starts_with(head) && name.ends_with(tail));
        self.known
            .iter()
            .filter(|(name, function)| !function.called && named(name))
            .map(|(_, function)| function.clone())
            .collect()
    }
}
