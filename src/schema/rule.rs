//! The schema of a rule file: out of the types into which one is read, with the ids that it may name.

use serde_json::{Value, json};

use super::{DRAFT, one_of, text};
use crate::catalogue::Catalogue;
use crate::lint::{Kind, RuleFile, Rules, ids_of};

/// The schema of a rule file.
pub fn rule(catalogue: &Catalogue, rules: &Rules) -> String {
    let mut schema = Value::from(schemars::schema_for!(RuleFile));
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!("A rule of carbonlint");
    let properties = &mut schema["properties"];
    properties["id"]["pattern"] = json!("^[a-z][a-z0-9-]*$");
    describe(&mut properties["for"], one_of(Kind::SUBJECTS.map(|(name, kind)| (name, kind.doc()))));
    let settings = one_of(catalogue.settings.iter().map(|setting| (setting.id.as_str(), setting.title.as_str())));
    let definitions = &mut schema["$defs"];
    for (definition, key) in [("LabelFile", "setting"), ("EditFile", "setting")] {
        let optional = json!({"anyOf": [{"$ref": "#/$defs/setting"}, {"type": "null"}]});
        describe(&mut definitions[definition]["properties"][key], optional);
    }
    definitions["setting"] = settings;
    let either = |one: &str, other: &str| json!([{"required": [one]}, {"required": [other]}]);
    definitions["LabelFile"]["anyOf"] = either("setting", "at");
    definitions["FixFile"]["anyOf"] = either("safety", "safe_when");
    definitions["EditFile"]["oneOf"] = json!([
        {"required": ["setting", "value"]},
        {"required": ["part", "value"]},
        {"required": ["follow", "value"]},
        {"required": ["mend"], "properties": {"mend": {"const": true}}},
    ]);
    let mut conditions: Vec<Value> = Kind::SUBJECTS.iter().map(|(name, kind)| select(catalogue, name, *kind)).collect();
    // What the engine reports itself has no condition.
    let engine: Vec<&str> = rules.rules.iter().filter(|rule| rule.file.when.is_none()).map(|rule| rule.id.as_str()).collect();
    conditions.push(json!({"if": {"not": {"properties": {"id": {"enum": engine}}}}, "then": {"required": ["when"]}}));
    scalars(&mut schema);
    no_null_defaults(&mut schema);
    schema["allOf"] = Value::Array(conditions);
    text(&schema)
}

/// The reader takes numbers and truth values for texts, as they are written: `value: 9443`, `name: 99`.
fn scalars(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            let is_free = !keys.contains_key("enum") && !keys.contains_key("const");
            match keys.get_mut("type") {
                Some(one) if *one == "string" && is_free => *one = json!(["string", "number", "boolean"]),
                Some(one) if *one == json!(["string", "null"]) => *one = json!(["string", "number", "boolean", "null"]),
                _ => {}
            }
            keys.values_mut().for_each(scalars);
        }
        Value::Array(all) => all.iter_mut().for_each(scalars),
        _ => {}
    }
}

/// That nothing stands for a key that is missing goes without saying, and `yaml-language-server` completes no key where it is said.
fn no_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            keys.retain(|key, value| key != "default" || !value.is_null());
            keys.values_mut().for_each(no_null_defaults);
        }
        Value::Array(all) => all.iter_mut().for_each(no_null_defaults),
        _ => {}
    }
}

/// Replaces what a value looks like, and keeps what it means.
fn describe(schema: &mut Value, by: Value) {
    let description = schema["description"].take();
    *schema = by;
    schema["description"] = description;
}

/// What rules for a kind may select.
fn select(catalogue: &Catalogue, name: &str, kind: Kind) -> Value {
    let ids = ids_of(catalogue, kind);
    let items = if ids.is_empty() { json!({"maxItems": 0}) } else { json!({"items": {"enum": ids}}) };
    json!({"if": {"properties": {"for": {"const": name}}, "required": ["for"]}, "then": {"properties": {"select": items}}})
}
