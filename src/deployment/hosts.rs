//! Who is meant by a host: looked up with the port, case-insensitively, without DNS.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Inputs, Node};

/// Names of a deployment, to be found without walking over it.
pub struct Directory {
    nodes_by_host: HashMap<String, Vec<usize>>,
    balancers_by_host: HashMap<String, Vec<usize>>,
    externals_by_host: HashMap<String, usize>,
    nodes_by_role: HashMap<String, Vec<usize>>,
    /// For each list of roles that a link of the catalogue may go to, made once: there are many links and few such lists.
    nodes_by_roles: HashMap<Vec<String>, Arc<[usize]>>,
    nodes_by_machine: HashMap<String, Vec<usize>>,
    nodes_by_name: HashMap<String, usize>,
}

/// Who a host means, as far as it is known without the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// A load balancer that offers the port: index in the topology, and what is behind that port.
    Balancer(usize, Vec<(usize, i64)>),
    /// A load balancer that passes every port on to these nodes.
    BalancerOneToOne(usize, Vec<usize>),
    /// A load balancer that does not offer the port.
    BalancerWithout(usize),
    /// Something that nobody lints: index in the topology.
    External(usize),
    /// Nodes of the reader's own machine with the target's role.
    Local(Vec<usize>),
    /// The reader's own machine, which has no node with the target's role.
    StillLocal,
    /// Nodes of that name with the target's role.
    Named(Vec<usize>),
    /// Nodes of that name, none of which has the target's role.
    Wrong(Vec<usize>),
    /// No host is declared, or it names nobody: these are meant.
    Assumed(Vec<usize>),
    /// The host names nobody.
    Unknown,
    /// No node has the target's role.
    NoTarget,
    /// Several nodes may be meant, and nothing says which.
    Ambiguous,
    /// A well-known port of a host that nobody declared: likely a load balancer.
    PublicName,
}

/// A host to look up.
pub struct Question<'a> {
    /// The reader's index.
    pub reader: usize,
    /// The host, in any case.
    pub host: Option<&'a str>,
    /// Whether it is a placeholder for the reader's own host.
    pub own: bool,
    /// The port.
    pub port: i64,
    /// Whether the port is the scheme's default, or 443, which balancers offer unsaid.
    pub public_port: bool,
    /// The roles that the target may have.
    pub roles: &'a [String],
    /// Loopback names mean the reader unless exactly one neighbour has the role.
    pub holder_or_neighbour: bool,
}

impl Directory {
    /// Collects the names of a deployment.
    pub fn new(inputs: &Inputs, nodes: &[Arc<Node>]) -> Self {
        let mut directory = Self {
            nodes_by_host: HashMap::new(),
            balancers_by_host: HashMap::new(),
            externals_by_host: HashMap::new(),
            nodes_by_role: HashMap::new(),
            nodes_by_roles: HashMap::new(),
            nodes_by_machine: HashMap::new(),
            nodes_by_name: HashMap::new(),
        };
        for (index, node) in nodes.iter().enumerate() {
            directory.nodes_by_name.insert(node.name.clone(), index);
            for host in &node.hosts {
                directory.nodes_by_host.entry(host.clone()).or_default().push(index);
            }
            for role in &node.role_set {
                directory.nodes_by_role.entry(role.clone()).or_default().push(index);
            }
            if let Some(machine) = &node.machine {
                directory.nodes_by_machine.entry(machine.clone()).or_default().push(index);
            }
        }
        let targets = inputs.catalogue.links.iter().flat_map(|link| &link.targets);
        for roles in targets.flat_map(|target| [&target.roles, &target.otherwise]) {
            let found = directory.of_roles(roles);
            directory.nodes_by_roles.insert(roles.clone(), found);
        }
        for (index, balancer) in inputs.topology.load_balancers.iter().enumerate() {
            for host in std::iter::once(&balancer.host).chain(&balancer.aliases) {
                directory.balancers_by_host.entry(host.value.to_lowercase()).or_default().push(index);
            }
        }
        for (index, external) in inputs.topology.externals.iter().enumerate() {
            for host in std::iter::once(&external.host).chain(&external.aliases) {
                directory.externals_by_host.entry(host.value.to_lowercase()).or_insert(index);
            }
        }
        directory
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes_by_name.get(name).copied()
    }

    /// The nodes that declare a host as theirs, ascending.
    pub fn named(&self, host: &str) -> &[usize] {
        self.nodes_by_host.get(host).map_or(&[], Vec::as_slice)
    }

    /// Whether a host is that of a load balancer or of an external.
    pub fn is_elsewhere(&self, host: &str) -> bool {
        self.balancers_by_host.contains_key(host) || self.externals_by_host.contains_key(host)
    }

    /// Nodes with one of the roles, ascending.
    pub fn with_role(&self, roles: &[String]) -> Arc<[usize]> {
        self.nodes_by_roles.get(roles).map_or_else(|| self.of_roles(roles), Arc::clone)
    }

    fn of_roles(&self, roles: &[String]) -> Arc<[usize]> {
        let mut found: Vec<usize> = roles.iter().filter_map(|role| self.nodes_by_role.get(role)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into()
    }

    /// Nodes that share a machine, ascending.
    pub fn on_machine(&self, machine: Option<&String>) -> &[usize] {
        machine.and_then(|machine| self.nodes_by_machine.get(machine)).map_or(&[], Vec::as_slice)
    }

    /// Every host that is declared, for a hint at the nearest.
    pub fn declared_hosts(&self) -> impl Iterator<Item = &str> {
        self.nodes_by_host.keys().chain(self.balancers_by_host.keys()).chain(self.externals_by_host.keys()).map(String::as_str)
    }

    /// Who is meant.
    pub fn lookup(&self, inputs: &Inputs, nodes: &[Arc<Node>], question: &Question<'_>) -> Meant {
        let reader = &nodes[question.reader];
        let host = question.host.map(|host| host.trim_matches(['[', ']']).trim_end_matches('.').to_lowercase());
        let own = question.own || host.as_ref().is_some_and(|host| inputs.catalogue.is_own(host) || reader.hosts.contains(host));
        let targets = self.with_role(question.roles);
        // A machine tells who is beside whom, a host tells who is called.
        let placed = |index: &usize| !nodes[*index].hosts.is_empty() || nodes[*index].machine.is_some();
        let declares = |index: &usize| !nodes[*index].hosts.is_empty();
        let is_placed = placed(&question.reader) || targets.iter().any(placed);
        let declared = declares(&question.reader) || targets.iter().any(declares);
        match host {
            _ if own => self.local(inputs, nodes, question, &targets, is_placed),
            None => self.assumed(inputs, question.reader, &targets),
            Some(host) => {
                let named = || self.nodes_by_host.get(&host).map(|named| of_roles(named, nodes, question.roles));
                if let Some(balancers) = self.balancers_by_host.get(&host) {
                    let offered = balancers.iter().find_map(|index| self.behind(inputs, *index, question.port));
                    let none = || Meant::BalancerWithout(balancers[0]);
                    return offered.unwrap_or_else(|| named().unwrap_or_else(none));
                }
                if let Some(named) = named() {
                    return named;
                }
                if let Some(external) = self.externals_by_host.get(&host) {
                    return Meant::External(*external);
                }
                if !declared {
                    let assumed = self.assumed(inputs, question.reader, &targets);
                    let public = question.public_port && matches!(assumed, Meant::Assumed(_));
                    return if public { Meant::PublicName } else { assumed };
                }
                match self.key_managers(inputs, question.reader, &targets) {
                    Some(meant) => meant,
                    None if targets.is_empty() => Meant::NoTarget,
                    None => Meant::Unknown,
                }
            }
        }
    }

    /// Loopback names and the reader's own.
    fn local(&self, inputs: &Inputs, nodes: &[Arc<Node>], question: &Question<'_>, targets: &[usize], declared: bool) -> Meant {
        let reader = question.reader;
        let has_role = targets.binary_search(&reader).is_ok();
        let here = self.on_machine(nodes[reader].machine.as_ref());
        let beside: Vec<usize> = here.iter().copied().filter(|index| targets.binary_search(index).is_ok()).collect();
        if question.holder_or_neighbour {
            let neighbour = match (declared, &beside[..], targets) {
                _ if has_role => None,
                (true, [only], _) | (false, _, [only]) => Some(*only),
                _ => None,
            };
            return Meant::Local(vec![neighbour.unwrap_or(reader)]);
        }
        if has_role {
            // Another one on its machine may be meant too (any one, where nothing says which machine is which): the port tells.
            let others = if declared { &beside[..] } else { targets };
            return Meant::Local(
                std::iter::once(reader).chain(others.iter().copied().filter(|index| *index != reader)).collect(),
            );
        }
        if !declared {
            return self.assumed(inputs, reader, targets);
        }
        match (beside.is_empty(), targets.is_empty()) {
            (false, _) => Meant::Local(beside),
            (true, false) => Meant::StillLocal,
            (true, true) => Meant::NoTarget,
        }
    }

    /// Nothing says which machine is which: the only node with the role is meant, or `key_manager`.
    fn assumed(&self, inputs: &Inputs, reader: usize, targets: &[usize]) -> Meant {
        if let Some(meant) = self.key_managers(inputs, reader, targets) {
            return meant;
        }
        match targets {
            [] => Meant::NoTarget,
            [only] => Meant::Assumed(vec![*only]),
            _ => Meant::Ambiguous,
        }
    }

    fn key_managers(&self, inputs: &Inputs, reader: usize, targets: &[usize]) -> Option<Meant> {
        let named = inputs.topology.nodes[reader].key_manager.iter().filter_map(|name| self.node(&name.value));
        let meant: Vec<usize> = named.filter(|index| targets.binary_search(index).is_ok()).collect();
        (!meant.is_empty()).then_some(Meant::Assumed(meant))
    }

    /// What a load balancer has behind a port.
    fn behind(&self, inputs: &Inputs, index: usize, port: i64) -> Option<Meant> {
        let balancer = &inputs.topology.load_balancers[index];
        if !balancer.nodes.is_empty() && balancer.ports.is_empty() {
            let nodes = balancer.nodes.iter().filter_map(|name| self.node(&name.value)).collect();
            return Some(Meant::BalancerOneToOne(index, nodes));
        }
        let (_, backends) = balancer.ports.iter().find(|(offered, _)| i64::from(offered.value) == port)?;
        let behind = backends.iter().filter_map(|backend| Some((self.node(&backend.node)?, i64::from(backend.port)))).collect();
        Some(Meant::Balancer(index, behind))
    }
}

fn of_roles(named: &[usize], nodes: &[Arc<Node>], roles: &[String]) -> Meant {
    let fitting: Vec<usize> = named.iter().copied().filter(|index| has_role(&nodes[*index], roles)).collect();
    if fitting.is_empty() { Meant::Wrong(named.to_vec()) } else { Meant::Named(fitting) }
}

/// Whether a node has one of the roles.
pub fn has_role(node: &Node, roles: &[String]) -> bool {
    roles.iter().any(|role| node.role_set.contains(role))
}

/// Whether two nodes are known to run on different machines.
pub fn apart(one: &Node, other: &Node) -> bool {
    one.name != other.name
        && match (&one.machine, &other.machine) {
            (Some(one), Some(other)) => one != other,
            // A declared machine and none: nothing says that they share one (see `Meant::StillLocal`).
            (Some(_), None) | (None, Some(_)) => true,
            (None, None) => false,
        }
}
