//! Checks the expressions of rules against the model's table: names, and types of comparisons,
//! for `link.port == '10399'` would silently be false.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use crate::source::nearest;

use super::model::{Kind, Type};
use super::tables;

/// What an expression may name: the object of the rule.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    kind: Kind,
}

impl Scope {
    /// The scope of rules for a kind: its name stands for the object.
    pub fn of(kind: Kind) -> Self {
        Self { kind }
    }
}

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Lines after the first of the expression.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do about it: the nearest right name.
    pub help: Option<String>,
}

type Checked = Result<Type, Mistake>;

/// Walks expressions. Only what rules need is let through; the rest of the language is refused.
pub struct Checker;

/// The functions of expressions, with the types of what they return.
pub const FUNCTIONS: &[(&str, Type)] = &[("raise_or_lower", Type::Text), ("distance", Type::Number)];
/// The filters of expressions, likewise.
pub const FILTERS: &[(&str, Type)] =
    &[("join", Type::Text), ("length", Type::Number), ("lower", Type::Text), ("first", Type::Text)];

impl Checker {
    /// The type of an expression.
    ///
    /// # Errors
    /// A name that the model does not have, types that do not fit, or syntax that rules do not have.
    pub fn expression(text: &str, scope: Scope) -> Checked {
        let expression = parse_expr(text).map_err(|error| syntax(&error))?;
        Self::check(&expression, scope)
    }

    /// Checks every expression of a template.
    ///
    /// # Errors
    /// As [`Checker::expression`].
    pub fn template(text: &str, scope: Scope) -> Result<(), Mistake> {
        match parse(text, "template", SyntaxConfig::default()).map_err(|error| syntax(&error))? {
            Stmt::Template(template) => Self::statements(&template.children, scope),
            _ => Err(mistake(0, "expected a template")),
        }
    }

    /// Whether an expression is a node.
    ///
    /// # Errors
    /// If it is something else.
    pub fn is_node(ty: Type, text: &str) -> Result<(), Mistake> {
        match ty {
            Type::Object(Kind::Node) => Ok(()),
            _ => Err(mistake(0, format!("'{text}' is no node"))),
        }
    }

    fn statements(statements: &[Stmt<'_>], scope: Scope) -> Result<(), Mistake> {
        for statement in statements {
            match statement {
                Stmt::EmitRaw(_) => {}
                Stmt::EmitExpr(emit) => {
                    Self::check(&emit.expr, scope)?;
                }
                Stmt::IfCond(condition) => {
                    Self::check(&condition.expr, scope)?;
                    Self::statements(&condition.true_body, scope)?;
                    Self::statements(&condition.false_body, scope)?;
                }
                _ => return Err(mistake(0, "messages have {{ }} and {% if %} only")),
            }
        }
        Ok(())
    }

    fn check(expression: &Expr<'_>, scope: Scope) -> Checked {
        match expression {
            Expr::Var(name) if name.id == scope.kind.name() => Ok(Type::Object(scope.kind)),
            Expr::Var(name) => {
                let message = format!("there is no '{}': the object of this rule is '{}'", name.id, scope.kind.name());
                Err(mistake(line(name.span().start_line), message))
            }
            Expr::Const(value) => Ok(match value.value.kind() {
                ValueKind::Bool => Type::Bool,
                ValueKind::Number => Type::Number,
                ValueKind::String => Type::Text,
                _ => Type::Any,
            }),
            Expr::GetAttr(get) => match Self::check(&get.expr, scope)? {
                Type::Object(kind) => Self::field(kind, get.name, line(get.span().start_line)),
                _ => Err(mistake(line(get.span().start_line), format!("what stands before .{} has no fields", get.name))),
            },
            Expr::UnaryOp(op) => {
                Self::check(&op.expr, scope).map(|_| if matches!(op.op, UnaryOpKind::Not) { Type::Bool } else { Type::Number })
            }
            Expr::BinOp(op) => Self::binary(op, scope),
            Expr::Compare(compare) => {
                let mut left = &compare.expr;
                for op in &compare.ops {
                    Self::compare(left, op.op, &op.expr, line(compare.span().start_line), scope)?;
                    left = &op.expr;
                }
                Ok(Type::Bool)
            }
            Expr::IfExpr(choice) => {
                Self::check(&choice.test_expr, scope)?;
                if let Some(other) = &choice.false_expr {
                    Self::check(other, scope)?;
                }
                Self::check(&choice.true_expr, scope)
            }
            Expr::Filter(filter) => {
                if let Some(inner) = &filter.expr {
                    Self::check(inner, scope)?;
                }
                known(FILTERS, filter.name, "filter", line(filter.span().start_line))
            }
            Expr::Call(call) => {
                for argument in &call.args {
                    let (CallArg::Pos(value) | CallArg::Kwarg(_, value) | CallArg::PosSplat(value) | CallArg::KwargSplat(value)) =
                        argument;
                    Self::check(value, scope)?;
                }
                match &call.expr {
                    Expr::Var(name) => known(FUNCTIONS, name.id, "function", line(call.span().start_line)),
                    _ => Err(mistake(line(call.span().start_line), "only functions can be called")),
                }
            }
            Expr::List(list) => list.items.iter().try_for_each(|item| Self::check(item, scope).map(|_| ())).map(|()| Type::List),
            Expr::Slice(_) | Expr::Test(_) | Expr::GetItem(_) | Expr::Tuple(_) | Expr::Map(_) => {
                Err(mistake(0, "conditions compare fields, combine them with and, or, not, and call functions; nothing else"))
            }
        }
    }

    fn binary(op: &minijinja::machinery::ast::BinOp<'_>, scope: Scope) -> Checked {
        match op.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                Self::check(&op.left, scope)?;
                Self::check(&op.right, scope)?;
                Ok(Type::Bool)
            }
            BinOpKind::Concat => {
                Self::check(&op.left, scope)?;
                Self::check(&op.right, scope)?;
                Ok(Type::Text)
            }
            BinOpKind::Eq | BinOpKind::Ne => Self::compare(&op.left, CompareOpKind::Eq, &op.right, 0, scope),
            BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte => {
                Self::compare(&op.left, CompareOpKind::Lt, &op.right, 0, scope)
            }
            BinOpKind::In => Self::compare(&op.left, CompareOpKind::In, &op.right, 0, scope),
            _ => {
                Self::check(&op.left, scope)?;
                Self::check(&op.right, scope)?;
                Ok(Type::Number)
            }
        }
    }

    fn compare(left: &Expr<'_>, op: CompareOpKind, right: &Expr<'_>, line: usize, scope: Scope) -> Checked {
        let (one, other) = (Self::check(left, scope)?, Self::check(right, scope)?);
        if matches!(op, CompareOpKind::In | CompareOpKind::NotIn) {
            let items = if let Expr::List(list) = right { &list.items[..] } else { &[] };
            items.iter().try_for_each(|item| Self::fits(one, Self::check(item, scope)?, left, item, line))?;
            return Ok(Type::Bool);
        }
        Self::fits(one, other, left, right, line)?;
        Ok(Type::Bool)
    }

    fn fits(one: Type, other: Type, left: &Expr<'_>, right: &Expr<'_>, line: usize) -> Result<(), Mistake> {
        match (one, other) {
            (Type::Any, _) | (_, Type::Any) | (Type::OneOf(_), Type::OneOf(_)) => Ok(()),
            (Type::OneOf(choices), Type::Text) => Self::choice(choices, right, line),
            (Type::Text, Type::OneOf(choices)) => Self::choice(choices, left, line),
            (one, other) if one == other => Ok(()),
            (one, other) => Err(mistake(line, format!("{} is compared with {}: that is never equal", words(one), words(other)))),
        }
    }

    fn choice(choices: &[&str], literal: &Expr<'_>, line: usize) -> Result<(), Mistake> {
        let Expr::Const(value) = literal else { return Ok(()) };
        let Some(text) = value.value.as_str() else { return Ok(()) };
        if choices.contains(&text) {
            return Ok(());
        }
        let near = nearest(text, choices.iter().copied()).map(|near| format!("did you mean '{near}'?"));
        Err(Mistake { help: near, ..mistake(line, format!("'{text}' is none of {}", choices.join(", "))) })
    }

    fn field(kind: Kind, name: &str, line: usize) -> Checked {
        let fields = tables::fields(kind);
        fields.iter().find(|field| field.name == name).map(|field| field.ty).ok_or_else(|| {
            let near = nearest(name, fields.iter().map(|field| field.name)).and_then(|near| tables::find(kind, near));
            let near = near.map(|field| format!("did you mean '{}' ({})?", field.name, field.doc));
            let all = || format!("`carbonlint rules fields {}` lists them all", kind.name());
            Mistake { help: near.or_else(|| Some(all())), ..mistake(line, format!("{} has no '{name}'", kind.one())) }
        })
    }
}

fn known(table: &[(&str, Type)], name: &str, what: &str, line: usize) -> Checked {
    table.iter().find(|(known, _)| *known == name).map(|(_, ty)| *ty).ok_or_else(|| {
        let near = nearest(name, table.iter().map(|(known, _)| *known)).map(|near| format!("did you mean '{near}'?"));
        let all = || format!("there are {}", table.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", "));
        Mistake { help: near.or_else(|| Some(all())), ..mistake(line, format!("there is no {what} '{name}'")) }
    })
}

fn words(ty: Type) -> String {
    match ty {
        Type::Bool => "true or false".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Text | Type::OneOf(_) => "a text".to_owned(),
        Type::List => "a list".to_owned(),
        Type::Object(kind) => kind.one(),
        Type::Any => "anything".to_owned(),
    }
}

fn line(from_one: u16) -> usize {
    usize::from(from_one).saturating_sub(1)
}

fn mistake(line: usize, message: impl Into<String>) -> Mistake {
    Mistake { line, message: message.into(), help: None }
}

fn syntax(error: &minijinja::Error) -> Mistake {
    let line = error.line().unwrap_or(1).saturating_sub(1);
    mistake(line, format!("it does not parse: {}", error.detail().unwrap_or("syntax error")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> String {
        let mistake = Checker::expression(text, Scope::of(Kind::Link)).err();
        mistake.map_or_else(String::new, |one| format!("{} {}", one.message, one.help.unwrap_or_default()).trim_end().to_owned())
    }

    #[test]
    fn good_conditions_pass() {
        for text in [
            "link.verdict == 'wrong port' and link.target.callers == 1",
            "not link.loopback or link.port > 10397",
            "link.verdict in ['still local', 'wrong role']",
            "'a' in link.candidates",
            "link.candidates|length > 0",
        ] {
            assert_eq!(says(text), "", "{text}");
        }
    }

    #[test]
    fn a_name_that_the_model_lacks_is_said_with_the_nearest() {
        assert_eq!(says("link.prot == 1"), "a link has no 'prot' did you mean 'port' (the port that it calls)?");
        assert_eq!(says("link.target.callrs == 1"), "a target has no 'callrs' did you mean 'callers' (how many links go to it)?");
        assert_eq!(says("node.name == 'x'"), "there is no 'node': the object of this rule is 'link'");
    }

    #[test]
    fn comparisons_that_can_never_hold_are_said() {
        assert_eq!(says("link.port == '10399'"), "a number is compared with a text: that is never equal");
        assert!(says("link.verdict == 'wrong prot'").ends_with("did you mean 'wrong port'?"));
        assert!(says("link.verdict in ['ok', 'dormnt']").ends_with("did you mean 'dormant'?"));
        assert!(!says("link.node == 'gw'").is_empty());
    }

    #[test]
    fn what_hides_names_is_refused() {
        for text in [
            "{% set x = link.prot %}{{ x }}",
            "{{ link.prot|default('') }}",
            "{{ link['prot'] }}",
            "{{ link.nodes|map(attribute='x') }}",
        ] {
            assert!(Checker::template(text, Scope::of(Kind::Link)).is_err(), "{text}");
        }
    }
}
