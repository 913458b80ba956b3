//! Conditions decided without the template engine, as far as they are plain.
//!
//! Most objects fail the first words of a condition (`link.verdict == "wrong port"`), and starting the engine for each of
//! them costs more than everything else. A guard reads the same fields in the same order; what it cannot decide, it leaves.

use std::sync::Arc;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::{Value, ValueKind};

use crate::deployment::Deployment;

use super::model::{Field, Handle, Kind, Ref, Type};
use super::tables;

/// A condition, as far as it is plain.
#[derive(Debug)]
pub enum Guard {
    /// Fields, each of the object that the one before it gives.
    Fields(Vec<Getter>),
    /// Two values compared.
    Compare(Box<Operand>, Operator, Box<Operand>),
    /// Not that.
    Not(Box<Self>),
    /// The one and the other.
    And(Box<Self>, Box<Self>),
    /// The one or the other.
    Or(Box<Self>, Box<Self>),
    /// Something that only the engine can tell.
    Unknown,
}

/// How a field is read.
type Getter = fn(&Arc<Deployment>, Ref) -> Value;

/// A side of a comparison.
#[derive(Debug)]
pub enum Operand {
    /// What a rule writes.
    Constant(Value),
    /// A field.
    Fields(Vec<Getter>),
    /// How many there are in a list.
    Length(Vec<Getter>),
}

/// How values are compared.
#[derive(Debug, Clone, Copy)]
pub enum Operator {
    /// They are the same.
    Equal,
    /// They are not.
    Different,
    /// The first is greater.
    Greater,
    /// The first is less.
    Less,
}

impl Guard {
    /// The guard of a condition over a kind of object.
    pub fn of(condition: &str, kind: Kind) -> Self {
        parse_expr(condition).map_or(Self::Unknown, |expression| Self::read(&expression, kind))
    }

    fn read(expression: &Expr<'_>, kind: Kind) -> Self {
        match expression {
            Expr::GetAttr(_) => fields(expression, kind).map_or(Self::Unknown, |(fields, _)| Self::Fields(fields)),
            Expr::UnaryOp(op) if matches!(op.op, UnaryOpKind::Not) => Self::Not(Box::new(Self::read(&op.expr, kind))),
            Expr::BinOp(op) => {
                let sides = || (Box::new(Self::read(&op.left, kind)), Box::new(Self::read(&op.right, kind)));
                match op.op {
                    BinOpKind::ScAnd => {
                        let (left, right) = sides();
                        Self::And(left, right)
                    }
                    BinOpKind::ScOr => {
                        let (left, right) = sides();
                        Self::Or(left, right)
                    }
                    BinOpKind::Eq => Self::compared(&op.left, Operator::Equal, &op.right, kind),
                    BinOpKind::Ne => Self::compared(&op.left, Operator::Different, &op.right, kind),
                    BinOpKind::Gt => Self::compared(&op.left, Operator::Greater, &op.right, kind),
                    BinOpKind::Lt => Self::compared(&op.left, Operator::Less, &op.right, kind),
                    _ => Self::Unknown,
                }
            }
            Expr::Compare(compare) => match &compare.ops[..] {
                [only] => {
                    let operator = match only.op {
                        CompareOpKind::Eq => Operator::Equal,
                        CompareOpKind::Ne => Operator::Different,
                        CompareOpKind::Gt => Operator::Greater,
                        CompareOpKind::Lt => Operator::Less,
                        _ => return Self::Unknown,
                    };
                    Self::compared(&compare.expr, operator, &only.expr, kind)
                }
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    fn compared(left: &Expr<'_>, operator: Operator, right: &Expr<'_>, kind: Kind) -> Self {
        let sides = Operand::read(left, kind).zip(Operand::read(right, kind));
        sides.map_or(Self::Unknown, |(left, right)| Self::Compare(Box::new(left), operator, Box::new(right)))
    }

    /// Whether the condition holds for an object; `None` where the engine has to tell.
    pub fn holds(&self, model: &Arc<Deployment>, at: Ref) -> Option<bool> {
        match self {
            Self::Fields(fields) => Some(read(fields, model, at)?.is_true()),
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.value(model, at)?, right.value(model, at)?);
                Some(match operator {
                    Operator::Equal => left == right,
                    Operator::Different => left != right,
                    Operator::Greater => left > right,
                    Operator::Less => left < right,
                })
            }
            Self::Not(inner) => inner.holds(model, at).map(|holds| !holds),
            Self::And(left, right) => {
                if left.holds(model, at)? {
                    right.holds(model, at)
                } else {
                    Some(false)
                }
            }
            Self::Or(left, right) => {
                if left.holds(model, at)? {
                    Some(true)
                } else {
                    right.holds(model, at)
                }
            }
            Self::Unknown => None,
        }
    }
}

impl Operand {
    fn read(expression: &Expr<'_>, kind: Kind) -> Option<Self> {
        match expression {
            Expr::Const(constant) => Some(Self::Constant(constant.value.clone())),
            Expr::GetAttr(_) => fields(expression, kind).map(|(fields, _)| Self::Fields(fields)),
            Expr::Filter(filter) if filter.name == "length" && filter.args.is_empty() => {
                fields(filter.expr.as_ref()?, kind).map(|(fields, _)| Self::Length(fields))
            }
            _ => None,
        }
    }

    fn value(&self, model: &Arc<Deployment>, at: Ref) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Fields(fields) => read(fields, model, at),
            Self::Length(fields) => {
                let list = read(fields, model, at)?;
                (list.kind() == ValueKind::Seq).then(|| list.len()).flatten().map(Value::from)
            }
        }
    }
}

/// The fields that an expression names, one after the other, and the kind of object at which they end, if at one.
fn fields(expression: &Expr<'_>, kind: Kind) -> Option<(Vec<Getter>, Option<Kind>)> {
    match expression {
        Expr::Var(name) if name.id == kind.name() => Some((Vec::new(), Some(kind))),
        Expr::GetAttr(get) => {
            let (mut before, of) = fields(&get.expr, kind)?;
            let Field { ty, get, .. } = tables::find(of?, get.name)?;
            before.push(*get);
            Some((before, if let Type::Object(kind) = ty { Some(*kind) } else { None }))
        }
        _ => None,
    }
}

/// The value at the end of fields; `None` where an object on the way has none, which is an error of the rule that the engine says.
fn read(fields: &[Getter], model: &Arc<Deployment>, at: Ref) -> Option<Value> {
    let (last, before) = fields.split_last()?;
    let at = before.iter().try_fold(at, |at, get| get(model, at).downcast_object_ref::<Handle>().map(Handle::at))?;
    Some(last(model, at)).filter(|value| !value.is_undefined())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_conditions_are_read_and_others_left_to_the_engine() {
        let link = |text: &str| Guard::of(text, Kind::Link);
        assert!(matches!(link("link.verdict == 'ok'"), Guard::Compare(..)));
        assert!(matches!(link("not link.loopback and link.target.live"), Guard::And(..)));
        assert!(matches!(link("link.missing|length > 0 or link.port < 1"), Guard::Or(..)));
        assert!(matches!(link("link.verdict in ['ok', 'dormant']"), Guard::Unknown));
        assert!(matches!(link("link.nothing == 1"), Guard::Unknown));
    }
}
