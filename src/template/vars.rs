//! The values of the file's own `vars`, which can take one another.

use std::sync::{Arc, PoisonError};

use super::{
    bounds::{DEEPEST_VARS, TOO_DEEP},
    engine::{Evaluated, Inner, Outcome},
    error::{CIRCLE, Problem},
    names::{Value, Var},
    references::Words,
    scan::scan,
};

/// The `vars` that a template names, as far as it spells their names.
#[must_use]
pub(crate) fn vars_in(source: &str) -> Vec<String> {
    let references = Words::of(&scan(source)).references;
    let vars = references.iter().filter(|reference| reference.root == "vars");
    vars.filter_map(|reference| reference.key(0).map(str::to_owned)).collect()
}

impl Inner {
    /// The value of `vars.NAME`, which exists.
    pub(super) fn var(self: &Arc<Self>, name: &str, resolving: &[String]) -> Outcome {
        let vars = &self.shared.vars;
        let known = vars.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(outcome) = known {
            return outcome;
        }
        // One that fails is kept as well: others may name it a thousand times.
        let outcome = self.var_anew(name, resolving);
        let mut vars = vars.write().unwrap_or_else(PoisonError::into_inner);
        vars.insert(name.to_owned(), outcome.clone());
        outcome
    }

    fn var_anew(self: &Arc<Self>, name: &str, resolving: &[String]) -> Outcome {
        let mut resolving = resolving.to_vec();
        if let Some(first) = resolving.iter().position(|outer| outer == name) {
            // Told alike whichever of them was asked for.
            let mut circle = resolving.split_off(first);
            let least = (0..circle.len()).min_by(|one, other| circle[*one].cmp(&circle[*other]));
            circle.rotate_left(least.unwrap_or(0));
            circle.push(circle[0].clone());
            return Err(Problem::new(format!("{CIRCLE}{}", circle.join(" → "))));
        }
        if resolving.len() == DEEPEST_VARS {
            return Err(Problem::new(TOO_DEEP));
        }
        resolving.push(name.to_owned());
        match self.names.vars.get(name) {
            None => Err(Problem::new(format!("`vars.{name}` does not exist"))),
            Some(Var::Template(source)) => Ok(self.value(source, resolving)?),
            Some(var) => Ok(Evaluated::Known(self.resolved(var, &resolving)?)),
        }
    }

    /// Its templates are resolved one after the other, and not within it: it may be nested deeply,
    /// and so may what they take.
    fn resolved(self: &Arc<Self>, var: &Var, resolving: &[String]) -> Result<Value, Problem> {
        let resolve = |source| match self.value(source, resolving.to_vec())? {
            Evaluated::Known(value) => Ok(value),
            Evaluated::Absent(error) => Err(Problem::from(error)),
        };
        let values: Vec<Value> =
            var.templates().into_iter().map(resolve).collect::<Result<_, _>>()?;
        Ok(filled(var, &mut values.into_iter()))
    }
}

/// The value that `var` is with these values in place of its templates, in order.
fn filled(var: &Var, values: &mut impl Iterator<Item = Value>) -> Value {
    match var {
        Var::Template(_) => values.next().unwrap_or(Value::Text(String::new())),
        Var::Plain(value) => value.clone(),
        Var::List(items) => Value::List(items.iter().map(|item| filled(item, values)).collect()),
        Var::Table(entries) => {
            let entry = |(name, item): &(String, Var)| (name.clone(), filled(item, values));
            Value::Table(entries.iter().map(entry).collect())
        }
    }
}
