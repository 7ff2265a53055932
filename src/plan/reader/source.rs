//! Values that may be secrets, and the programs that print them.

use crate::{
    config::{Data, Mistake, Node, Place, kind},
    plan::{Value, unexpanded},
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
        if is_file {
            let base = self.config.base(&node.place, self.current);
            return Some(Source::File(absolute(base, &text)));
        }
        if let Some(mistake) = no_variable(&format!("{key}.env"), &text, &entry.node.place) {
            self.mistakes.push(mistake);
            return None;
        }
        Some(Source::Env(text))
    }

    /// A program and its arguments.
    pub(in crate::plan) fn program(&mut self, key: &str, node: &Node) -> Option<Vec<String>> {
        let items = self.items(key, node);
        let words: Option<Vec<_>> = items.iter().map(|item| self.text_of_item(key, item)).collect();
        let words = words?;
        if words.first().is_none_or(String::is_empty) {
            let message = format!("`{key}` names no program");
            let mistake = Mistake::at(&node.place, message, "is empty");
            self.mistakes.push(mistake.hint("write the program first, then its arguments"));
            return None;
        }
        if let Some(separate) = self.separate(&words) {
            let message = format!("`{key}` has one word for the program and its arguments");
            let place = items.first().map_or(&node.place, |first| &first.node.place);
            let mistake = Mistake::at(place, message, "several words");
            self.mistakes.push(mistake.hint(format!("write one word each: {separate}")));
            return None;
        }
        Some(words)
    }

    /// The words one by one where the first is a line of a shell; none where it can be a program.
    ///
    /// One whose name has a space is started by its path.
    fn separate(&self, words: &[String]) -> Option<String> {
        let (line, arguments) = words.split_first()?;
        let program = line.split_whitespace().next()?;
        let is_program = self.current.join(line).exists();
        if program == line || is_program || program.contains('/') && !self.is_there(program) {
            return None;
        }
        Some(kind::program(line, arguments.iter().map(String::as_str)))
    }

    fn is_there(&self, program: &str) -> bool {
        self.current.join(program).is_file()
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

/// What is wrong with `text` as the name of a variable.
///
/// One that is no variable as a shell writes it may be the secret itself, and is not shown.
fn no_variable(key: &str, text: &str, place: &Place) -> Option<Mistake> {
    let mistake = |label| Mistake::at(place, format!("`{key}` must be a variable's name"), label);
    if let Some(name) = unexpanded::only(text) {
        return Some(mistake("more than the name").hint(format!("write the name alone: `{name}`")));
    }
    let is_odd = |letter: char| letter.is_whitespace() || "${}=\"'".contains(letter);
    let hint = "a name has letters, digits and `_`; the secret itself is never in the file";
    text.contains(is_odd).then(|| mistake("not a name").hint(hint).concealed())
}
