//! What a topology may hold, as data: every key, what its value looks like, and what it means.
//!
//! The reader checks files against these tables, and the JSON Schema is generated from them, so
//! that the two can never differ.

/// What a value has to look like.
#[derive(Debug)]
pub enum Shape {
    /// The version of the format: 1.
    Version,
    /// A text that is not empty. Numbers and truth values are texts, as they are written.
    Text,
    /// A text that may be empty.
    Value,
    /// A host name or an address, without scheme and port.
    Host,
    /// The name of a node, or a glob pattern for names.
    Name,
    /// A whole number that fits into 32 bits.
    Integer,
    /// A port, 1 to 65535.
    Port,
    /// A node and its port: `km:9443`.
    Backend,
    /// A layer of a home: a path, or a map ([`LAYER`]) of a path and where it lies in the home.
    Layer,
    /// A path within a home, relative, with forward slashes.
    Within,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One value, or a list of them.
    OneOrMany {
        /// What each of them looks like.
        each: &'static Shape,
        /// Whether an empty list is a mistake.
        at_least_one: bool,
    },
    /// A list.
    List {
        /// What it is a list of, in the plural.
        of: &'static str,
        /// What each of them looks like.
        each: &'static Shape,
    },
    /// A map with keys of the user's own.
    Map {
        /// What it maps, for messages.
        of: &'static str,
        /// What a key looks like.
        key: &'static Shape,
        /// What a value looks like.
        value: &'static Shape,
    },
    /// A map with known keys.
    Record(&'static Record),
}

/// A map with known keys.
#[derive(Debug)]
pub struct Record {
    /// What it describes, with its article: `a node`.
    pub what: &'static str,
    /// Its keys, in the order in which people should meet them.
    pub fields: &'static [Field],
    /// Whether `defaults` may supply what is required.
    pub takes_defaults: bool,
}

/// One key of a [`Record`].
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// Whether it has to be given.
    pub required: bool,
    /// What its value looks like.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
}

/// The severities that a rule can be given.
pub const SEVERITIES: &[&str] = &["error", "warning", "info", "off"];

const fn required(key: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { key, required: true, shape, doc }
}

const fn optional(key: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { key, required: false, shape, doc }
}

const fn one_or_many(each: &'static Shape) -> Shape {
    Shape::OneOrMany { each, at_least_one: false }
}

const fn one_or_more(each: &'static Shape) -> Shape {
    Shape::OneOrMany { each, at_least_one: true }
}

/// The topology as a whole.
pub static TOPOLOGY: Record = Record {
    what: "the topology",
    takes_defaults: false,
    fields: &[
        optional("version", Shape::Version, "The version of this format: 1."),
        optional(
            "defaults",
            Shape::Record(&DEFAULTS),
            "Taken by every node that does not say otherwise; maps are merged key by key.",
        ),
        required("nodes", Shape::List { of: "nodes", each: &Shape::Record(&NODE) }, "The running servers of the deployment."),
        optional(
            "load_balancers",
            Shape::List { of: "load balancers", each: &Shape::Record(&LOAD_BALANCER) },
            "Names that forward to nodes: load balancers, Kubernetes services, round-robin DNS.",
        ),
        optional(
            "externals",
            Shape::List { of: "hosts", each: &Shape::Record(&EXTERNAL) },
            "Hosts that are there and not linted: never an unknown host.",
        ),
        optional(
            "ignore",
            Shape::List { of: "findings to ignore", each: &Shape::Record(&IGNORE) },
            "Findings that are known and not to be reported.",
        ),
        optional(
            "rules",
            Shape::Map { of: "rules and their severities", key: &Shape::Text, value: &Shape::OneOf(SEVERITIES) },
            "The severity of a rule, or off.",
        ),
        optional(
            "rules_dir",
            one_or_more(&Shape::Text),
            "A folder with rules of your own, relative to this file, or a list of such.",
        ),
    ],
};

/// One node.
pub static NODE: Record = Record {
    what: "a node",
    takes_defaults: true,
    fields: &[
        required("name", Shape::Name, "A unique name, or a glob: one node for each directory that home matches."),
        Field { required: true, ..ROLE },
        Field { required: true, ..HOME },
        HOST,
        ALIASES,
        MACHINE,
        PORT_OFFSET,
        START,
        PROPERTIES,
        ENVIRONMENT,
        PRODUCT,
        KEY_MANAGER,
    ],
};

/// A layer that lies over a part of the home.
pub static LAYER: Record = Record {
    what: "a layer of a home",
    takes_defaults: false,
    fields: &[
        required("from", Shape::Text, "A directory, a file or an archive, relative to this file."),
        required("to", Shape::Within, "The folder of the home over which it lies, or the file that it stands for."),
    ],
};

/// What nodes take that do not say otherwise: every key of a node but its name.
pub static DEFAULTS: Record = Record {
    what: "the defaults",
    takes_defaults: false,
    fields: &[ROLE, HOME, HOST, ALIASES, MACHINE, PORT_OFFSET, START, PROPERTIES, ENVIRONMENT, PRODUCT, KEY_MANAGER],
};

const ROLE: Field =
    optional("role", one_or_more(&Shape::Text), "What the node does, like gateway or key-manager; one role or a list.");
const HOME: Field = optional(
    "home",
    one_or_more(&Shape::Layer),
    "The product directory, relative to this file: a directory, a .zip or .tar.gz, or a list of layers, later ones covering files of earlier ones; a layer may be {from: confs/gw, to: repository/conf}.",
);
const HOST: Field = optional("host", Shape::Host, "The name by which other nodes reach it.");
const ALIASES: Field = optional("aliases", one_or_many(&Shape::Host), "Further names and addresses.");
const MACHINE: Field = optional("machine", Shape::Text, "Nodes on one machine share its ports. Default: the declared host.");
const PORT_OFFSET: Field = optional("port_offset", Shape::Integer, "-DportOffset of the start command: wins over carbon.xml.");
const START: Field = optional("start", Shape::Text, "The start command, pasted: its -D options are read from it.");
const PROPERTIES: Field = optional(
    "properties",
    Shape::Map { of: "system properties", key: &Shape::Text, value: &Shape::Value },
    "Other -D system properties, for ${some.name}.",
);
const ENVIRONMENT: Field = optional(
    "environment",
    Shape::Map { of: "environment variables", key: &Shape::Text, value: &Shape::Value },
    "Environment variables, for $env{NAME}.",
);
const PRODUCT: Field = optional("product", Shape::Text, "The product version, like 2.6.0. Default: detected from the home.");
const KEY_MANAGER: Field = optional(
    "key_manager",
    one_or_many(&Shape::Text),
    "Who is meant where the configured host names nobody; one node or a list.",
);

/// A name that forwards to nodes.
pub static LOAD_BALANCER: Record = Record {
    what: "a load balancer",
    takes_defaults: false,
    fields: &[
        optional("name", Shape::Text, "What people call it."),
        required("host", Shape::Host, "The host by which it is reached."),
        ALIASES,
        optional(
            "ports",
            Shape::Map { of: "ports and where they forward to", key: &Shape::Port, value: &one_or_more(&Shape::Backend) },
            "The ports it offers, each with where it forwards to, as node:port.",
        ),
        optional("nodes", one_or_many(&Shape::Text), "Instead of ports: the nodes to which every port is forwarded one to one."),
    ],
};

/// A host that nobody lints.
pub static EXTERNAL: Record = Record {
    what: "an external host",
    takes_defaults: false,
    fields: &[
        required("host", Shape::Host, "Its name or address."),
        ALIASES,
        optional("machine", Shape::Text, "The machine it runs on, where its ports may collide with those of nodes."),
        optional("ports", one_or_many(&Shape::Port), "The ports it opens there."),
    ],
};

/// Findings that are not to be reported.
pub static IGNORE: Record = Record {
    what: "an entry of ignore",
    takes_defaults: false,
    fields: &[
        required("rule", Shape::Text, "The rule's id, or a glob."),
        optional("node", Shape::Text, "A glob for any node of the finding."),
        optional("file", Shape::Text, "A glob for the primary place, relative to this file."),
        optional("link", Shape::Text, "A glob for the link's id."),
        required("reason", Shape::Text, "Why."),
    ],
};
