//! Values that may be secrets, and the programs that print them.

use crate::{
    config::{Data, Mistake, Node},
    plan::Value,
    secret::Source,
};

use super::{Reader, absolute};

impl Reader<'_> {
    /// Where a secret comes from.
    pub(in crate::plan) fn secret(&mut self, key: &str) -> Option<Source> {
        let node = self.node(key)?;
        self.secret_of(key, node)
    }

    /// As [`Self::secret`], of a node.
    pub(in crate::plan) fn secret_of(&mut self, key: &str, node: &Node) -> Option<Source> {
        let Data::Table(table) = &node.data else { return None };
        let entry = table.0.first()?;
        if entry.name == "command" {
            return self.program(&format!("{key}.command"), &entry.node).map(Source::Command);
        }
        let text = self.text_of(key, &entry.node)?;
        let is_file = entry.name == "file";
        if text.is_empty() {
            let what = if is_file { "file" } else { "variable" };
            let message = format!("`{key}.{}` names no {what}", entry.name);
            self.mistakes.push(Mistake::at(&entry.node.place, message, "is empty"));
            return None;
        }
        Some(if is_file {
            Source::File(absolute(self.config.base(&node.place, self.current), &text))
        } else {
            Source::Env(text)
        })
    }

    /// A program and its arguments.
    pub(in crate::plan) fn program(&mut self, key: &str, node: &Node) -> Option<Vec<String>> {
        let items = self.items(key, node);
        let words: Option<Vec<_>> = items.iter().map(|item| self.text_of(key, item)).collect();
        let words = words?;
        if words.first().is_none_or(String::is_empty) {
            let message = format!("`{key}` names no program");
            let mistake = Mistake::at(&node.place, message, "is empty");
            self.mistakes.push(mistake.hint("write the program first, then its arguments"));
            return None;
        }
        Some(words)
    }

    /// A string, or where a secret comes from.
    pub(in crate::plan) fn value(&mut self, key: &str) -> Option<Value> {
        let node = self.node(key)?;
        self.value_of(key, node)
    }

    /// As [`Self::value`], of a node.
    pub(in crate::plan) fn value_of(&mut self, key: &str, node: &Node) -> Option<Value> {
        match &node.data {
            Data::Table(_) => self.secret_of(key, node).map(Value::Secret),
            _ => self.text_of(key, node).map(Value::Plain),
        }
    }
}
