//! Embeds every file under `rules/` into the binary, so that a new rule is one new file. The examples of rules stay
//! outside: only tests need them, and reading them would be most of a small run. The catalogue's facts are turned into JSON.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-changed=rules");
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files);
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).expect("a rule can be read");
        let text = text.split_once("\nexamples:\n").map_or(text.as_str(), |(text, _)| text);
        // Facts are plain data: JSON is read many times faster, and the program reads them at every start.
        let json = name.starts_with("rules/catalogue/").then(|| {
            let facts: serde_json::Value = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            facts.to_string()
        });
        let text = json.as_deref().unwrap_or(text);
        writeln!(code, "    ({name:?}, {text:?}),").expect("a String takes all");
    }
    code.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("embedded.rs");
    fs::write(out, code).expect("OUT_DIR can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("rules/ can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}
