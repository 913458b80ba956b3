//! The schema of a topology.

use serde_json::{Map, Value, json};

use super::{DRAFT, one_of, text};
use crate::catalogue::Catalogue;
use crate::lint::Rules;
use crate::topology::shape::{Field, LAYER, NODE, Record, SEVERITIES, Shape, TOPOLOGY};

/// What text consists of that is not blank.
const NOT_BLANK: &str = "\\S";
const PORT: &str = "^[1-9][0-9]{0,4}$";
/// Characters that make a text a pattern.
const GLOB: &str = "[*?\\[{]";

/// The schema of a topology whose rules are those.
pub fn topology(catalogue: &Catalogue, rules: &Rules) -> String {
    let writer = Writer { catalogue, rules };
    let mut schema = writer.record(&TOPOLOGY);
    let top = [
        ("$schema", json!(DRAFT)),
        ("title", json!("A topology of carbonlint")),
        ("description", json!("The nodes of a deployment of WSO2 API Manager, and what else there is to know of it.")),
        ("allOf", Value::Array(conditions())),
        ("$defs", writer.definitions()),
    ];
    for (key, value) in top {
        schema[key] = value;
    }
    text(&schema)
}

struct Writer<'a> {
    catalogue: &'a Catalogue,
    rules: &'a Rules,
}

impl Writer<'_> {
    /// What is meant in several places.
    fn definitions(&self) -> Value {
        let ids = self.rules.ids().into_iter().filter_map(|id| self.rules.get(id));
        let roles = self.catalogue.role_names().map(|role| json!(role)).collect::<Vec<_>>();
        json!({
            "rule": one_of(ids.map(|rule| (rule.id.as_str(), rule.file.title.as_str()))),
            "role": {"enum": roles},
            "link": one_of(self.catalogue.links.iter().map(|link| (link.id.as_str(), link.title.as_str()))),
            // `off` is a truth value to readers of YAML 1.1. Said so that no editor proposes to write `false`.
            "severity": {"anyOf": [{"enum": SEVERITIES}, {"not": {"not": {"const": false}}}]},
        })
    }

    fn record(&self, record: &'static Record) -> Value {
        let properties: Map<String, Value> =
            record.fields.iter().map(|field| (field.key.to_owned(), self.field(record, field))).collect();
        // Nodes may leave to `defaults` what they need: see `conditions`.
        let needed = |field: &&Field| field.required && (!record.takes_defaults || field.key == "name");
        let required: Vec<&str> = record.fields.iter().filter(needed).map(|field| field.key).collect();
        let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
        if !required.is_empty() {
            schema["required"] = json!(required);
        } else if !std::ptr::eq(record, &raw const LAYER) {
            schema["type"] = json!(["object", "null"]);
        }
        if record.what == "a load balancer" {
            let given = |key: &str, none: Value| json!({"required": [key], "properties": {key: {"not": {"enum": [null, none]}}}});
            schema["oneOf"] = json!([given("ports", json!({})), given("nodes", json!([]))]);
        }
        schema
    }

    /// A key, with what it means; where it names something, with the names.
    fn field(&self, record: &'static Record, field: &'static Field) -> Value {
        let role = json!({"$ref": "#/$defs/role"});
        let mut schema = match (record.what, field.key) {
            (_, "role") => json!({"anyOf": [role, {"type": "array", "minItems": 1, "items": role}]}),
            ("an entry of ignore", "rule") => json!({"anyOf": [{"$ref": "#/$defs/rule"}, plain(NOT_BLANK)]}),
            ("an entry of ignore", "link") => json!({"anyOf": [{"$ref": "#/$defs/link"}, plain(NOT_BLANK)]}),
            ("the topology", "rules") => self.severities(),
            ("the topology", "nodes") => {
                let mut nodes = self.shape(&field.shape);
                (nodes["type"], nodes["minItems"]) = (json!("array"), json!(1));
                nodes
            }
            _ => self.shape(&field.shape),
        };
        schema["description"] = json!(field.doc);
        schema
    }

    fn severities(&self) -> Value {
        let severity = json!({"$ref": "#/$defs/severity"});
        let rule = |rule: &crate::lint::Rule| {
            let says = format!("{} (default: {})", rule.file.title, rule.file.severity.name());
            (rule.id.clone(), json!({"$ref": "#/$defs/severity", "description": says}))
        };
        let properties: Map<String, Value> = self.rules.ids().into_iter().filter_map(|id| self.rules.get(id)).map(rule).collect();
        json!({"type": ["object", "null"], "properties": properties, "additionalProperties": severity})
    }

    fn shape(&self, shape: &'static Shape) -> Value {
        match shape {
            Shape::Version => json!({"enum": [1, "1"]}),
            Shape::Text => plain(NOT_BLANK),
            Shape::Value => json!({"type": ["string", "number", "boolean"]}),
            Shape::Host => plain("^([\\p{Alphabetic}\\p{N}._-]+|\\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+\\]?)$"),
            Shape::Name => plain("^[\\p{Alphabetic}\\p{N}*?_,!{}\\[\\]-]+$"),
            Shape::Integer => json!({"anyOf": [
                {"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX},
                {"type": "string", "pattern": "^[+-]?[0-9]+$"},
            ]}),
            Shape::Port => {
                json!({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string", "pattern": PORT}]})
            }
            Shape::Backend => json!({"type": "string", "pattern": "^.+:[1-9][0-9]{0,4}$"}),
            Shape::Layer => json!({"anyOf": [plain(NOT_BLANK), self.record(&LAYER)]}),
            Shape::Within => {
                let leads_out = json!({"type": "string", "pattern": "^/|^.:|\\\\|(^|/)\\.\\.(/|$)"});
                let mut within = plain(NOT_BLANK);
                within["not"] = leads_out;
                within
            }
            Shape::OneOf(words) => json!({"enum": words}),
            Shape::OneOrMany { each, at_least_one: true } => {
                json!({"anyOf": [self.shape(each), {"type": "array", "minItems": 1, "items": self.shape(each)}]})
            }
            Shape::OneOrMany { each, at_least_one: false } => {
                json!({"anyOf": [self.shape(each), {"type": ["array", "null"], "items": self.shape(each)}]})
            }
            Shape::List { each, .. } => json!({"type": ["array", "null"], "items": self.shape(each)}),
            Shape::Map { key, value, .. } => {
                let pattern = if matches!(key, Shape::Port) { PORT } else { NOT_BLANK };
                let names = json!({"pattern": pattern});
                json!({"type": ["object", "null"], "propertyNames": names, "additionalProperties": self.shape(value)})
            }
            Shape::Record(record) => self.record(record),
        }
    }
}

/// What holds between keys.
fn conditions() -> Vec<Value> {
    // What defaults supply, no node has to say.
    let supplied =
        |key: &str| json!({"required": ["defaults"], "properties": {"defaults": {"type": "object", "required": [key]}}});
    let of_nodes = NODE.fields.iter().filter(|field| field.required && field.key != "name").map(|field| {
        let each = json!({"properties": {"nodes": {"items": {"required": [field.key]}}}});
        json!({"if": {"not": supplied(field.key)}, "then": each})
    });
    // With rules of one's own there are ids that nobody knows here.
    let rule = json!({"anyOf": [{"$ref": "#/$defs/rule"}, {"type": "string", "pattern": GLOB}]});
    let known = json!({
        "if": {"not": {"required": ["rules_dir"]}},
        "then": {"properties": {
            "rules": {"propertyNames": {"$ref": "#/$defs/rule"}},
            "ignore": {"items": {"properties": {"rule": rule}}},
        }},
    });
    of_nodes.chain([known]).collect()
}

/// A scalar: numbers and truth values are texts as they are written.
fn plain(pattern: &str) -> Value {
    json!({"type": ["string", "number", "boolean"], "pattern": pattern})
}
