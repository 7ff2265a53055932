//! Values of ours as minijinja's, and back.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ValueKind};
use minijinja::{Error, Value as Inner};

use crate::ci::FactValue;

use super::bounds::ITEMS;
use super::error::Problem;
use super::names::Value;
use super::nearest::did_you_mean;
use super::unprintable;

/// A table whose fields are known: another is an error, not merely undefined.
#[derive(Debug)]
struct Fields {
    path: String,
    entries: Vec<(String, Inner)>,
}

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Inner) -> Option<Inner> {
        let name = key.to_string();
        let found = self.entries.iter().find(|(entry, _)| *entry == name);
        Some(found.map_or_else(|| self.missing(&name), |(_, value)| value.clone()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries.iter().map(|(name, _)| Inner::from(&**name)).collect())
    }
}

impl Fields {
    fn missing(&self, name: &str) -> Inner {
        let names = self.entries.iter().map(|(name, _)| &**name);
        let prefix = format!("{}.", self.path);
        let problem = Problem::new(format!("`{prefix}{name}` does not exist"))
            .hint(did_you_mean(&prefix, name, names));
        Inner::from(Error::from(problem))
    }
}

/// `value`, which templates reach as `path`.
pub(super) fn inward(path: &str, value: &Value) -> Inner {
    match value {
        Value::Bool(value) => Inner::from(*value),
        Value::Integer(value) => Inner::from(*value),
        Value::Float(value) => Inner::from(*value),
        Value::Text(value) => Inner::from(&**value),
        Value::List(items) => {
            let item = |(index, item)| inward(&format!("{path}.{index}"), item);
            items.iter().enumerate().map(item).collect()
        }
        Value::Table(entries) => {
            let entry = |(name, value): &(String, Value)| {
                (name.clone(), inward(&format!("{path}.{name}"), value))
            };
            let entries = entries.iter().map(entry).collect();
            Inner::from_object(Fields { path: path.to_owned(), entries })
        }
    }
}

/// A fact's value.
pub(super) fn fact(value: FactValue) -> Inner {
    match value {
        FactValue::Text(text) => Inner::from(text),
        FactValue::Flag(flag) => Inner::from(flag),
        FactValue::Number(number) => Inner::from(number),
    }
}

/// What an expression has come to, as a value of the configuration.
pub(super) fn outward(value: &Inner) -> Result<Value, Problem> {
    within(value, &mut { ITEMS })
}

/// The same where so many more items are taken.
fn within(value: &Inner, left: &mut usize) -> Result<Value, Problem> {
    *left = left.checked_sub(1).ok_or_else(|| {
        Problem::new("this list is too long").hint("a value may have 100000 items".to_owned())
    })?;
    if let Some(problem) = unprintable::problem_of(value) {
        return Err(problem);
    }
    let no_value = || Problem::new("this has no value");
    match value.kind() {
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Number => match (value.is_integer(), i64::try_from(value.clone())) {
            (true, Ok(integer)) => Ok(Value::Integer(integer)),
            _ => f64::try_from(value.clone())
                .map(Value::Float)
                .map_err(|_| Problem::new("this number is too large")),
        },
        ValueKind::String => {
            value.as_str().map(|text| Value::Text(text.to_owned())).ok_or_else(no_value)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|_| no_value())?;
            items.map(|item| within(&item, left)).collect::<Result<_, _>>().map(Value::List)
        }
        ValueKind::Map => {
            let names = value.try_iter().map_err(|_| no_value())?;
            let entry = |name: Inner| {
                let item = value.get_item(&name).map_err(|_| no_value())?;
                Ok((name.to_string(), within(&item, left)?))
            };
            names.map(entry).collect::<Result<_, _>>().map(Value::Table)
        }
        _ => Err(no_value()),
    }
}
