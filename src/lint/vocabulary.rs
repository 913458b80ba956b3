//! What rules may say, for people: the kinds of objects and their fields, out of the table that checks and evaluates them.

use super::check::{FILTERS, FUNCTIONS};
use super::model::{Kind, Type};
use super::tables;

/// A kind of object.
pub struct KindDoc {
    /// The word for it, which conditions start with.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Whether a rule may be `for` it; else it is a field of something.
    pub is_subject: bool,
    /// Its fields.
    pub fields: Vec<FieldDoc>,
}

/// A field of a kind.
pub struct FieldDoc {
    /// Its name.
    pub name: &'static str,
    /// What it holds: a type, the kind of an object, or the words that it is one of.
    pub holds: String,
    /// What it says.
    pub doc: &'static str,
}

/// Every kind: those that rules are for, then those that are fields only.
pub fn vocabulary() -> Vec<KindDoc> {
    let subjects = Kind::SUBJECTS.iter().map(|(_, kind)| (*kind, true));
    let kinds = subjects.chain([(Kind::Target, false), (Kind::Offset, false)]);
    let fields = |kind| tables::fields(kind).iter().map(|one| FieldDoc { name: one.name, holds: holds(one.ty), doc: one.doc });
    let kind = |(kind, is_subject): (Kind, bool)| KindDoc {
        name: kind.name(),
        doc: kind.doc(),
        is_subject,
        fields: fields(kind).collect(),
    };
    kinds.map(kind).collect()
}

/// The functions of expressions, each with what it returns.
pub fn functions() -> Vec<(&'static str, String)> {
    FUNCTIONS.iter().map(|(name, ty)| (*name, holds(*ty))).collect()
}

/// The filters of expressions, likewise.
pub fn filters() -> Vec<(&'static str, String)> {
    FILTERS.iter().map(|(name, ty)| (*name, holds(*ty))).collect()
}

fn holds(ty: Type) -> String {
    match ty {
        Type::Bool => "true or false".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Text => "text".to_owned(),
        Type::OneOf(words) => words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", "),
        Type::List => "list".to_owned(),
        Type::Object(kind) => kind.name().to_owned(),
        Type::Any => "anything".to_owned(),
    }
}
