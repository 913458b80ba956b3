//! The command line program.

use std::collections::HashMap;

fn main() {
    let engine = match carbonlint::project::Engine::new() { Ok(e)=>e, Err(e)=>{eprintln!("{e}"); std::process::exit(2)} };
    let path = std::env::args().nth(1).unwrap_or_default();
    match engine.open(std::path::Path::new(&path)) {
        Ok(project) => {
            let linted = engine.lint(&project, &HashMap::new());
            for f in &linted.findings {
                println!("{}[{}] {} | {:?} | {:?}", f.severity.name(), f.rule, f.message, f.symptom, f.note);
                for l in &f.labels { println!("   {} {}", project.model.sources().file_line(l.place), l.text); }
                for x in &f.fixes { let s = carbonlint::fix::suggest(&project.model, x); println!("   fix {} {} {:?} {:?}", s.title, s.applicable, s.by_hand, carbonlint::fix::preview(&project.model, &s)); }
            }
            for l in &project.model.links { println!("LINK {} {} {:?} {:?} {} {}", project.model.nodes[l.node].name, project.model.catalogue().links[l.spec].id, l.host.raw, l.port.value(), l.verdict.name(), l.why); }
        }
        Err(e) => { eprintln!("{e}"); }
    }
}
