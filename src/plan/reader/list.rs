//! Lists, which may be templates that give one.

use super::Reader;
use crate::config::{Data, Node, Place};

/// What stands in a list.
pub(in crate::plan) struct Item {
    pub(in crate::plan) node: Node,
    /// A template has given the list.
    is_rendered: bool,
}

impl Reader<'_> {
    /// Strings, each with its place.
    pub(in crate::plan) fn list(&mut self, key: &str) -> Vec<(Place, String)> {
        let Some(node) = self.node(key) else { return Vec::new() };
        self.items(key, node)
            .into_iter()
            .filter_map(|item| {
                let text = self.text_of_item(key, &item)?;
                Some((item.node.place, text))
            })
            .collect()
    }

    /// Strings.
    pub(in crate::plan) fn texts(&mut self, key: &str) -> Vec<String> {
        self.list(key).into_iter().map(|(_, text)| text).collect()
    }

    /// What stands in a list, which may be a template that gives one.
    pub(in crate::plan) fn items(&mut self, key: &str, node: &Node) -> Vec<Item> {
        let items = |nodes: Vec<Node>, is_rendered: bool| {
            nodes.into_iter().map(|node| Item { node, is_rendered }).collect()
        };
        match &node.data {
            Data::List(nodes) => items(nodes.clone(), false),
            Data::Text(_) => match self.typed(key, node) {
                Some(Data::List(nodes)) => items(nodes, true),
                Some(Data::Text(text)) if text.is_empty() => Vec::new(),
                Some(other) => {
                    self.mistyped::<()>(key, node, "a list", &other);
                    Vec::new()
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The text of an item; of what a template has given it is no template again.
    pub(in crate::plan) fn text_of_item(&mut self, key: &str, item: &Item) -> Option<String> {
        match &item.node.data {
            Data::Text(text) if item.is_rendered => Some(text.clone()),
            _ => self.text_of(key, &item.node),
        }
    }
}
