//! Deployments of many nodes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The home whose files are copied.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/healthy-distributed/homes/gateway/repository/conf");
/// Files of each home, relative to its configuration.
pub const FILES: [&str; 4] = ["carbon.xml", "api-manager.xml", "tomcat/catalina-server.xml", "axis2/axis2.xml"];

/// One key manager and gateways, every file padded to what the product ships and different from all others.
pub fn lay_out(folder: &Path, nodes: usize) {
    let mut topology = String::from("version: 1\ndefaults: {product: 2.6.0}\nnodes:\n");
    for index in 0..nodes {
        let (name, role) = if index == 0 { ("km".to_owned(), "key-manager") } else { (format!("gw-{index}"), "gateway") };
        writeln!(topology, "  - {{name: {name}, role: {role}, home: homes/{name}, host: {name}.example.com}}").expect("a String");
        for file in FILES {
            let text = fs::read(Path::new(EXAMPLE).join(file)).expect("the example is there");
            let target = folder.join("homes").join(&name).join("repository/conf").join(file);
            fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            let padding = format!("\n<!-- {name}: {} -->\n", "what the shipped file says at length. ".repeat(300));
            fs::write(target, [text.as_slice(), padding.as_bytes()].concat()).expect("a file");
        }
    }
    fs::write(folder.join("topology.yaml"), topology).expect("the topology");
}
