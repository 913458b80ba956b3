//! What the topology says, against the catalogue.

use crate::catalogue::Catalogue;
use crate::topology::{Topology, TopologyError};

use super::product;

/// The role that the topology's key `key_manager` is about.
const KEY_MANAGER: &str = "key-manager";

/// Checks what the topology says against the catalogue: role names and product versions.
pub fn check_topology(topology: &Topology, catalogue: &Catalogue) -> Vec<TopologyError> {
    let mut errors = Vec::new();
    for node in &topology.nodes {
        for role in node.roles.iter().filter(|role| catalogue.role(&role.value).is_none()) {
            let names: Vec<&str> = catalogue.role_names().collect();
            let near = crate::source::nearest(&role.value, names.iter().copied());
            let choices = format!("roles: {}", names.join(", "));
            errors.push(TopologyError {
                message: format!("unknown role `{}` of node `{}`", role.value, node.name.value),
                span: Some(role.span),
                help: Some(near.map_or(choices.clone(), |near| format!("did you mean `{near}`? {choices}"))),
            });
        }
        let is_manager = |name: &str| {
            let meant = topology.nodes.iter().find(|other| other.name.value == name);
            // Of a role that nobody knows it is said already.
            let may_be = |role: &str| catalogue.role(role).is_none() || catalogue.stands_for(role, KEY_MANAGER);
            meant.is_none_or(|meant| meant.roles.iter().any(|role| may_be(&role.value)))
        };
        for meant in node.key_manager.iter().filter(|name| !is_manager(&name.value)) {
            let message = format!("`{}` is no key manager", meant.value);
            let help = Some(format!("name a node with the role {KEY_MANAGER}, or give it that role"));
            errors.push(TopologyError { message, span: Some(meant.span), help });
        }
        if let Some(product) = &node.product
            && let Err(message) = product::parse(&product.value, catalogue)
        {
            let help = Some("write the version of the API Manager (2.6.0), or the name of a pack (wso2is-km-5.7.0)".to_owned());
            errors.push(TopologyError { message, span: Some(product.span), help });
        }
    }
    errors
}
