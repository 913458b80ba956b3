//! Which options count: walks the command line of the server from its end to its start, since the last one of a name wins.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::values::{ARGUMENTS, JAVA_OPTS, Node, Piece, Values};
use super::{JavaOpts, Options, Said, What};
use crate::start::Rank;

/// What starts the server, as the script has it.
#[derive(Debug, Default)]
pub(super) struct Launches<'t> {
    /// What stands on the command line of the JVM.
    pub(super) jvm: Vec<Piece<'t>>,
    /// What stands behind the name of the class, or of the script.
    pub(super) arguments: Vec<Piece<'t>>,
    /// What other commands say.
    pub(super) others: Vec<Piece<'t>>,
    /// What commands use that say nothing of how the server starts.
    pub(super) ignored: Vec<Piece<'t>>,
    /// Whether the script starts the server, and not only other commands.
    pub(super) any: bool,
    /// Whether that is the class, or a script of the product.
    pub(super) sure: bool,
    /// Another script that may start the server or set its options.
    pub(super) runs: Option<Range<usize>>,
}

/// So many defaults of different variables, and values that others replace, nobody has.
const MOST: usize = 16;

/// Under which circumstances a piece is there.
#[derive(Debug, Clone, Copy, Default)]
struct Context<'t> {
    perhaps: bool,
    unless: Option<&'t str>,
    java_opts: bool,
}

impl Context<'_> {
    /// A bit for each class, and the bits of those that say more than it.
    fn bits(&self) -> (u8, u8) {
        let class = if self.perhaps { 2 } else { u8::from(self.unless.is_some()) };
        let stronger = (1_u8 << (class + 1)) - 1;
        if self.java_opts { (1 << (class + 3), stronger | stronger << 3) } else { (1 << class, stronger) }
    }
}

struct Walk<'v, 't> {
    values: &'v Values<'t>,
    visited: Vec<u8>,
    options: BTreeMap<String, Vec<Said>>,
    /// How sure it is that what the environment gives `JAVA_OPTS` arrives: not met, perhaps, surely.
    environment: Option<bool>,
    /// Whether the arguments of the script were met.
    given: bool,
    elsewhere: bool,
    /// Whether what is met counts for nothing, here and later.
    ignored: bool,
}

/// The options that count, the first of each first.
pub(super) fn options<'t>(mut values: Values<'t>, launches: Launches<'t>) -> Options {
    let variables = values.variables();
    let java_opts = values.variable(JAVA_OPTS);
    let set_at = values.set_at(JAVA_OPTS);
    let (tool, jdk) = (values.variable("JAVA_TOOL_OPTIONS"), values.variable("JDK_JAVA_OPTIONS"));
    let Launches { mut jvm, arguments, mut others, ignored, any, sure, runs } = launches;
    let all = variables.into_iter().filter(|(name, _)| *name != ARGUMENTS).map(|(_, piece)| piece);
    if !any {
        // Nothing here starts a server: it may be a part of a script. What it sets stands before what it says.
        jvm = all.clone().filter(|piece| ![java_opts, tool, jdk].contains(piece)).chain(others).collect();
        others = Vec::new();
    }
    let all = all.collect();
    let [jvm, arguments, others, ignored, java_opts, all, tool, jdk] =
        [jvm, arguments, others, ignored, vec![java_opts], all, vec![tool], vec![jdk]].map(|pieces| values.node(pieces));
    let mut walk = Walk {
        visited: vec![0; values.nodes.len()],
        values: &values,
        options: BTreeMap::new(),
        environment: None,
        given: false,
        elsewhere: false,
        ignored: false,
    };
    walk.arguments(arguments);
    // What does not use it says nothing of it, or is a part of a script: the shipped ones have it behind what they set.
    let used = walk.reaches(jvm, java_opts);
    if !used && (set_at.is_none() || !any) {
        walk.from(java_opts, Context::default(), Walk::rank_of_jvm);
    }
    walk.from(jvm, Context::default(), Walk::rank_of_jvm);
    let arrives = walk.environment;
    walk.from(jdk, Context::default(), |_| Rank::JdkOptions);
    walk.from(tool, Context::default(), |_| Rank::ToolOptions);
    walk.ignored = true;
    walk.from(ignored, Context::default(), |_| Rank::Before);
    (walk.ignored, walk.elsewhere) = (false, true);
    for node in [others, all] {
        walk.from(node, Context { perhaps: true, ..Context::default() }, |_| Rank::After);
    }
    let java_opts = match (arrives, set_at) {
        (Some(true), _) | (_, None) => JavaOpts::Kept,
        (None, Some(at)) if used || !any => JavaOpts::Replaced(at),
        (_, Some(at)) => JavaOpts::Perhaps(at),
    };
    let discarded = walk.discarded();
    Options { discarded, java_opts, hands_on: walk.given, starts: sure, runs, said: walk.options }
}

impl<'t> Walk<'_, 't> {
    /// Arguments: those behind the arguments that the script was given win over them.
    fn arguments(&mut self, node: Node) {
        self.from(node, Context::default(), |walk| if walk.given { Rank::Argument } else { Rank::Last });
        if !self.given {
            let ranks = self.options.values_mut().flatten().map(|said| &mut said.rank);
            ranks.for_each(|rank| *rank = Rank::Argument);
        }
    }

    /// Options of the JVM: those behind `JAVA_OPTS` win over what the environment gives it.
    fn rank_of_jvm(&self) -> Rank {
        if self.environment.is_some() { Rank::Before } else { Rank::After }
    }

    /// Whether a node holds another.
    fn reaches(&self, from: Node, to: Node) -> bool {
        let mut seen = vec![false; self.values.nodes.len()];
        let target: Vec<Node> = self.values.nodes[to].iter().filter_map(Piece::inner).collect();
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            if target.contains(&node) {
                return true;
            }
            if !std::mem::replace(&mut seen[node], true) {
                open.extend(self.values.nodes[node].iter().filter_map(Piece::inner));
            }
        }
        false
    }

    /// Takes down options from the last of a node to its first.
    fn from(&mut self, node: Node, context: Context<'t>, rank: impl Fn(&Self) -> Rank) {
        let mut open: Vec<(Node, usize, Context<'t>)> = vec![(node, self.values.nodes[node].len(), context)];
        while let Some((node, end, context)) = open.pop() {
            let Some(at) = end.checked_sub(1) else { continue };
            open.push((node, at, context));
            let mut inner = context;
            match self.values.nodes[node][at] {
                Piece::Option(hit) => {
                    let rank = rank(self);
                    self.take(hit, rank, context);
                    continue;
                }
                Piece::Environment(JAVA_OPTS) => {
                    self.environment = self.environment.max(Some(!context.perhaps));
                    continue;
                }
                Piece::Environment(_) => continue,
                Piece::Given => {
                    self.given = true;
                    continue;
                }
                Piece::Held(_, java_opts) => inner.java_opts |= java_opts,
                Piece::Perhaps(_) => inner.perhaps = true,
                Piece::Default(variable, _) => {
                    inner.perhaps |= inner.unless.is_some_and(|other| other != variable);
                    inner.unless = Some(variable);
                    inner.java_opts |= variable == JAVA_OPTS;
                }
            }
            let Some(node) = self.values.nodes[node][at].inner() else { continue };
            let (own, stronger) = inner.bits();
            if self.visited[node] & stronger == 0 {
                self.visited[node] |= own;
                open.push((node, self.values.nodes[node].len(), inner));
            }
        }
    }

    /// Values that were not met on the way.
    fn discarded(&self) -> BTreeMap<String, Vec<(String, Range<usize>)>> {
        let met: BTreeSet<usize> = self.options.values().flatten().map(|said| said.range.start).collect();
        let mut discarded: BTreeMap<String, Vec<(String, Range<usize>)>> = BTreeMap::new();
        for hit in &self.values.hits {
            if let What::Value(value) = &hit.what
                && !met.contains(&hit.range.start)
            {
                let of_name = discarded.entry(hit.name.clone()).or_default();
                // Functions are read more than once.
                if of_name.len() < MOST && of_name.iter().all(|(_, range)| *range != hit.range) {
                    of_name.push((value.clone(), hit.range.clone()));
                }
            }
        }
        discarded
    }

    fn take(&mut self, hit: usize, rank: Rank, context: Context<'t>) {
        if self.ignored {
            return;
        }
        let hit = &self.values.hits[hit];
        let said = self.options.entry(hit.name.clone()).or_default();
        let covers = |other: &Said| {
            (other.unless.is_none() || other.unless.as_deref() == context.unless) && (!other.java_opts || context.java_opts)
        };
        if said.len() >= MOST || said.iter().any(covers) {
            return;
        }
        let what = match (self.elsewhere, context.perhaps) {
            (true, _) => What::Elsewhere,
            (_, true) => What::Conditional,
            _ => hit.what.clone(),
        };
        let (unless, java_opts) = (context.unless.map(str::to_owned), context.java_opts);
        said.push(Said { what, range: hit.range.clone(), rank, unless, java_opts });
    }
}
