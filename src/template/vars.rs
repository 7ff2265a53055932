//! The values of the file's own `vars`, which can take one another.

use std::sync::{Arc, PoisonError};

use super::{
    engine::{Evaluated, Inner, Outcome},
    error::{CIRCLE, Problem},
    names::{Value, Var},
};

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
        resolving.push(name.to_owned());
        match self.names.vars.get(name) {
            None => Err(Problem::new(format!("`vars.{name}` does not exist"))),
            Some(Var::Template(source)) => Ok(self.value(source, resolving)?),
            Some(var) => Ok(Evaluated::Known(self.resolved(var, &resolving)?)),
        }
    }

    fn resolved(self: &Arc<Self>, var: &Var, resolving: &[String]) -> Result<Value, Problem> {
        match var {
            Var::Template(source) => match self.value(source, resolving.to_vec())? {
                Evaluated::Known(value) => Ok(value),
                Evaluated::Absent(error) => Err(error.into()),
            },
            Var::Plain(value) => Ok(value.clone()),
            Var::List(items) => items
                .iter()
                .map(|item| self.resolved(item, resolving))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Var::Table(entries) => entries
                .iter()
                .map(|(name, item)| Ok((name.clone(), self.resolved(item, resolving)?)))
                .collect::<Result<_, _>>()
                .map(Value::Table),
        }
    }
}
