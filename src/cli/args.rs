//! The command line's definition: the one place from which parsing and help come.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Finds ports and hosts of a distributed WSO2 API Manager that do not fit, and says how to mend them.
#[derive(Debug, Parser)]
#[command(name = "carbonlint", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colors: on terminals, always or never (`NO_COLOR` is respected)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lint a deployment
    #[command(
        after_help = "Exit status: 0 nothing at or above --fail-on; 1 findings at or above it; 2 the check could not run.\n\n\
        Without a topology file:\n  carbonlint check gw=gateway:homes/gw km=key-manager:homes/km\n\n\
        Several at once, for people and for code scanning:\n  carbonlint check dev prod --format human --format sarif=carbonlint.sarif"
    )]
    Check(Check),
    /// Effective ports of every node
    Ports(Ports),
    /// Who calls whom on which port, each with its verdict
    Links(Links),
    /// How a port or link came about, step by step
    Explain(Explain),
    /// Write a first topology from the homes found below directories
    #[command(after_help = "A home is a product directory, whole or in part (repository/conf is enough).\n\n\
        From nothing to the first findings:\n  carbonlint init homes --output topology.yaml\n  carbonlint check topology.yaml")]
    Init(Init),
    /// Language server on standard input and output, for editors
    Lsp {
        /// Accepted since many clients pass it: there is no other way to talk
        #[arg(long)]
        stdio: bool,
        /// Rules of your own.
        #[command(flatten)]
        own: OwnRules,
    },
    /// List rules, or show the documentation of one
    #[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
    Rules {
        /// Id of a rule
        id: Option<String>,
        /// Rules of your own.
        #[command(flatten)]
        own: OwnRules,
        /// Or something else.
        #[command(subcommand)]
        action: Option<RulesAction>,
    },
    /// JSON Schema of the topology, or of a file with a rule
    #[command(
        after_help = "In a topology, for editors with a language server for YAML:\n  # yaml-language-server: $schema=topology.schema.json"
    )]
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t = SchemaOf::Topology)]
        what: SchemaOf,
        /// Rules of your own.
        #[command(flatten)]
        own: OwnRules,
    },
    /// Completions for a shell
    #[command(after_help = "bash:        source <(carbonlint completions bash)\n\
        zsh:         carbonlint completions zsh > ~/.zfunc/_carbonlint   (a folder of $fpath)\n\
        fish:        carbonlint completions fish > ~/.config/fish/completions/carbonlint.fish\n\
        PowerShell:  carbonlint completions powershell | Out-String | Invoke-Expression")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Manual pages
    Man {
        /// Write a page for each command into this directory; else the first one goes to standard output
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        output: Option<PathBuf>,
    },
}

/// What else can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// Run the examples of rules of your own
    #[command(after_help = "Exit status: 0 all hold; 1 some do not; 2 the rules cannot be used.")]
    Test {
        /// Directories with rules
        #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
        directories: Vec<PathBuf>,
        /// Rules that are there too, and not tested.
        #[command(flatten)]
        own: OwnRules,
    },
    /// What rules may say: the fields of each kind of object
    Fields {
        /// One kind only: link, node, setting, …
        kind: Option<String>,
    },
}

/// Rules of the user's own.
#[derive(Debug, Args)]
pub struct OwnRules {
    /// Use the rules of your own in this directory too; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub rules: Vec<PathBuf>,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A topology
    Topology,
    /// A file with a rule
    Rule,
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Where {
    /// A topology file (or its folder), `topology.yaml` here by default; or nodes as NAME=ROLE:DIRECTORY
    #[arg(value_name = "TOPOLOGY", value_hint = ValueHint::AnyPath)]
    pub topology: Vec<String>,
    /// Rules of your own.
    #[command(flatten)]
    pub own: OwnRules,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Topology files (or their folders), `topology.yaml` here by default; or nodes as NAME=ROLE:DIRECTORY
    #[arg(value_name = "TOPOLOGY", value_hint = ValueHint::AnyPath)]
    pub topologies: Vec<String>,
    /// How to print findings; with =FILE it goes there; may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = WantedParser, default_value = "human")]
    pub format: Vec<Wanted>,
    /// Write what has no file of its own to this one instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Apply the safe fixes of errors and warnings to the files
    #[arg(long, conflicts_with = "diff")]
    pub fix: bool,
    /// Print what --fix would change as a unified diff (for git apply or patch -p1), and change nothing
    #[arg(long, conflicts_with = "format")]
    pub diff: bool,
    /// Let --fix and --diff use unsafe fixes too
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// The side on which --fix and --diff mend a port mismatch: the ports that callers write, or port or offset of the
    /// node that they call, where that suits all of them
    #[arg(long, value_enum, default_value_t = Prefer::Client, value_name = "SIDE")]
    pub prefer: Prefer,
    /// The mildest severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// Give a rule another severity, or switch it off: error, warning, info, off; may be repeated
    #[arg(long, value_name = "ID=SEVERITY")]
    pub rule: Vec<String>,
    /// Make every link that cannot be judged an error: --rule undecidable=error
    #[arg(long)]
    pub strict_undecidable: bool,
    /// List what comments and the topology ignore too, each with its reason
    #[arg(long)]
    pub show_ignored: bool,
    /// Leave out the findings of this file, and say which of them are gone: only new ones count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found to a baseline; with --baseline only what both have
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "output", "statistics"])]
    pub write_baseline: Option<PathBuf>,
    /// Rules of your own.
    #[command(flatten)]
    pub own: OwnRules,
    /// List infos and every node too
    #[arg(long, short)]
    pub verbose: bool,
    /// Print nothing: files are written, and what the run could not do is said
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Count findings by rule: at the end of `human`, on standard error with other formats
    #[arg(long)]
    pub statistics: bool,
}

/// Options of `ports`.
#[derive(Debug, Args)]
pub struct Ports {
    /// What to look at.
    #[command(flatten)]
    pub place: Where,
    /// How to print them
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
    /// Only nodes whose name matches a pattern
    #[arg(long, value_name = "GLOB")]
    pub node: Option<String>,
}

/// Options of `links`.
#[derive(Debug, Args)]
pub struct Links {
    /// What to look at.
    #[command(flatten)]
    pub place: Where,
    /// How to print them
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A node, or a node's port or link: gw, gw.thrift-client
    #[arg(value_name = "NODE[.PORT]")]
    pub what: String,
    /// What to look at.
    #[command(flatten)]
    pub place: Where,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Directories in and below which homes are looked for
    #[arg(value_name = "DIR", required = true)]
    pub directories: Vec<PathBuf>,
    /// Write to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: snippets, arithmetic, fixes
    Human,
    /// One line a finding
    Short,
    /// For programs (version 1, stable)
    Json,
    /// For code scanning and editors (SARIF 2.1.0)
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// Test results, a test case for each node
    Junit,
}

/// A format, and the file that it goes to where it has one of its own.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The format.
    pub format: Format,
    /// Its file.
    pub file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone, Copy)]
struct WantedParser;

impl TypedValueParser for WantedParser {
    type Value = Wanted;

    fn parse_ref(&self, command: &clap::Command, option: Option<&clap::Arg>, value: &OsStr) -> Result<Wanted, clap::Error> {
        let text = value.to_str().ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))?;
        let (format, file) = text.split_once('=').map_or((text, None), |(format, file)| (format, Some(file)));
        let format = EnumValueParser::<Format>::new().parse_ref(command, option, OsStr::new(format))?;
        if file.is_some_and(str::is_empty) {
            let message = format!("--format {text}: the name of the file is missing\n");
            return Err(clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command));
        }
        Ok(Wanted { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// Formats of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Aligned columns
    Table,
    /// For programs (version 1, stable)
    Json,
    /// Comma-separated values, for spreadsheets
    Csv,
}

/// Sides of a port mismatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Prefer {
    /// The node that calls
    Client,
    /// The node that is called
    Server,
}

/// When findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Info,
    /// No finding
    Never,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
