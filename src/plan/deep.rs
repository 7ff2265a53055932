//! `vars` that take one another too often in a row: each is resolved within the one before.

use foldhash::HashMap;

use crate::{
    config::{Config, Data, Entry, Mistake, Node},
    template::{DEEPEST_VARS, TOO_DEEP, vars_in},
};

/// The first of the file's `vars` that begins too long a row, as far as names are spelt out; those
/// of a circle, which is told elsewhere, are a row as well.
pub(super) fn vars(config: &Config) -> Option<Mistake> {
    let vars = &config.vars.0;
    if vars.len() <= DEEPEST_VARS {
        return None;
    }
    let indices: HashMap<&str, usize> =
        vars.iter().enumerate().map(|(index, entry)| (&*entry.name, index)).collect();
    let takes = |entry: &Entry| -> Vec<usize> {
        let mut texts = Vec::new();
        add_texts(&entry.node, &mut texts);
        let names = texts.into_iter().flat_map(vars_in);
        names.filter_map(|name| indices.get(&*name).copied()).collect()
    };
    let takes: Vec<Vec<usize>> = vars.iter().map(takes).collect();
    // How many stand in the longest row from each on; none where that is not known yet.
    let mut lengths: Vec<Option<usize>> = vec![None; vars.len()];
    for (first, entry) in vars.iter().enumerate() {
        let mut row = vec![(first, 0)];
        while let Some((var, next)) = row.last_mut() {
            let (var, number) = (*var, *next);
            *next += 1;
            if let Some(&below) = takes[var].get(number) {
                let is_in_row = row.iter().any(|(above, _)| *above == below);
                if lengths[below].is_none() && !is_in_row {
                    row.push((below, 0));
                }
            } else {
                let longest = takes[var].iter().filter_map(|below| lengths[*below]).max();
                lengths[var] = Some(1 + longest.unwrap_or_default());
                row.pop();
            }
            if row.len() > DEEPEST_VARS || lengths[var].is_some_and(|all| all > DEEPEST_VARS) {
                let mistake = Mistake::at(&entry.key, TOO_DEEP, "the first of them");
                return Some(mistake.hint("say in one of them what several say in turn"));
            }
        }
    }
    None
}

fn add_texts<'c>(node: &'c Node, texts: &mut Vec<&'c str>) {
    match &node.data {
        Data::Text(text) => texts.push(text),
        Data::List(items) => items.iter().for_each(|item| add_texts(item, texts)),
        Data::Table(table) => table.0.iter().for_each(|entry| add_texts(&entry.node, texts)),
        Data::Bool(_) | Data::Integer(_) | Data::Other(_) => {}
    }
}
