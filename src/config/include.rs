//! Files that a file includes, and directories that a matrix takes its values from: globs.
//!
//! `*`, `?`, `[…]` and `{…,…}` match within a name, `**` any number of directories. Matches are
//! sorted; links to directories are followed only where they are named.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::{
    Source, Sources,
    check::Check,
    mistake::{Mistake, nearest},
    node::{Data, Node, Table},
    source::Origin,
    toml_text, whole,
};

/// What an included file holds.
const HELD: [&str; 3] = ["version", "defaults", "builds"];

/// A file that was included.
pub(super) struct Fragment {
    /// Its number among the sources.
    pub(super) source: usize,
    /// Its whole table.
    pub(super) table: Table,
}

/// Reads the files that `include` of `root` names; `path` and `label` are the root's. A glob may
/// match nothing, of which is warned. Those that are no TOML are left out.
pub(super) fn fragments(
    root: &Table,
    path: &Path,
    label: &str,
    sources: &mut Sources,
    (mistakes, warnings): (&mut Vec<Mistake>, &mut Vec<Mistake>),
) -> Vec<Fragment> {
    let Some(Node { data: Data::List(items), .. }) = root.get("include") else { return Vec::new() };
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for item in items {
        let Data::Text(glob) = &item.data else { continue };
        let found = match files(glob, directory, path) {
            Ok(found) => found,
            Err((message, under)) => {
                mistakes.push(Mistake::at(&item.place, message, under));
                continue;
            }
        };
        if found.is_empty() {
            let message = format!("`{glob}` includes nothing: it matches no other file");
            let warning = Mistake::at(&item.place, message, "no other file");
            warnings.push(warning.hint(why_nothing(glob, directory)));
        }
        for path in found {
            if seen.contains(&path) {
                continue;
            }
            seen.push(path.clone());
            let text = match whole::text(&path) {
                Ok(text) => text,
                Err(error) => {
                    let message = format!("`{}` cannot be read: {error}", path.display());
                    mistakes.push(Mistake::at(&item.place, message, "includes it"));
                    continue;
                }
            };
            let shown = path.strip_prefix(directory).unwrap_or(&path);
            let label = Path::new(label).with_file_name(shown).display().to_string();
            let source = sources.add(Source { label, text, origin: Origin::File(path) });
            let (table, wrong) = toml_text::document(source, sources);
            if wrong.is_empty() {
                held(&table, sources, mistakes);
                fragments.push(Fragment { source, table });
            } else {
                mistakes.extend(wrong);
            }
        }
    }
    fragments
}

/// Who owns a directory owns its builds and no more.
fn held(table: &Table, sources: &Sources, mistakes: &mut Vec<Mistake>) {
    let mut check = Check { sources, mistakes: Vec::new() };
    if let Some(node) = table.get("version") {
        check.version_of(node);
    }
    for name in ["builds", "defaults"] {
        match table.get(name) {
            None | Some(Node { data: Data::Table(_), .. }) => {}
            Some(node) => check.no_table(name, node),
        }
    }
    mistakes.append(&mut check.mistakes);
    for entry in table.0.iter().filter(|entry| !HELD.contains(&entry.name.as_str())) {
        let message = format!("`{}` in a file that is included", entry.name);
        let mistake = Mistake::at(&entry.key, message, "not here");
        let hint = match nearest(&entry.name, HELD) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "an included file holds `builds` and `defaults` of its own; the rest belongs \
                     to the file that includes it"
                .to_owned(),
        };
        mistakes.push(mistake.hint(hint));
    }
}

/// Whether `include` of the file `path` with this text names `other`.
pub(super) fn includes(text: &str, path: &Path, other: &Path) -> bool {
    let mut sources = Sources::default();
    let origin = Origin::File(path.to_owned());
    let source = sources.add(Source { label: String::new(), text: text.to_owned(), origin });
    let (root, _) = toml_text::document(source, &sources);
    let Some(Node { data: Data::List(items), .. }) = root.get("include") else { return false };
    let directory = path.parent().unwrap_or(Path::new("/"));
    items.iter().any(|item| match &item.data {
        Data::Text(glob) => {
            files(glob, directory, path).is_ok_and(|found| found.iter().any(|one| one == other))
        }
        _ => false,
    })
}

/// The files that `glob` names below `directory`, without `own`; else a message, and what to
/// write under the glob.
fn files(glob: &str, directory: &Path, own: &Path) -> Result<Vec<PathBuf>, (String, &'static str)> {
    let mut found = matches(glob, directory).map_err(|why| (why, "this glob"))?;
    if !is_glob(glob) && found.iter().any(|path| path.is_dir()) {
        return Err((format!("`{glob}` is a directory: name the file in it"), "a directory"));
    }
    found.retain(|path| !path.is_dir());
    if is_glob(glob) {
        found.retain(|path| path != own);
    } else if found.iter().any(|path| path == own) {
        return Err(("the file includes itself".to_owned(), "a circle"));
    } else if found.is_empty() {
        return Err((format!("there is no `{glob}` to include"), "not there"));
    } else if found.iter().any(|path| !path.is_file()) {
        return Err((format!("`{glob}` is no file"), "no file"));
    }
    Ok(found.into_iter().filter(|path| path.is_file()).collect())
}

/// The names of the directories that `glob` matches below `base`.
///
/// # Errors
///
/// What is wrong with the glob.
pub(super) fn directories(glob: &str, base: &Path) -> Result<Vec<String>, String> {
    let found = matches(glob, base)?;
    let name = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        path.is_dir().then(|| name.to_owned())
    };
    Ok(found.iter().filter_map(name).collect())
}

/// What to look at where `glob` matches nothing below `base`.
pub(super) fn why_nothing(glob: &str, base: &Path) -> String {
    let parts = glob.split('/').scan(PathBuf::new(), |so_far, part| {
        so_far.push(part);
        Some((part, so_far.clone()))
    });
    let mut literal = parts.take_while(|(part, _)| !is_glob(part)).map(|(_, path)| path);
    match literal.find(|path| !base.join(path).is_dir()) {
        Some(missing) => format!("there is no directory `{}`", missing.display()),
        None => "`*` stays within one name, `**` goes any depth, and neither takes names that \
                 begin with a `.`"
            .to_owned(),
    }
}

/// The directory that holds `.git`, or `directory` itself.
fn repository(directory: &Path) -> &Path {
    directory.ancestors().find(|above| above.join(".git").exists()).unwrap_or(directory)
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Everything that `glob` matches below `base`, sorted.
///
/// What is out of the repository is an error on the way there, before anything of it is listed.
fn matches(glob: &str, base: &Path) -> Result<Vec<PathBuf>, String> {
    if glob.starts_with('/') {
        return Err(format!("`{glob}` is absolute: it must start at this file's directory"));
    }
    let top = repository(base);
    let root = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    let mut found = vec![base.to_owned()];
    for part in glob.split('/') {
        let mut next = Vec::new();
        match part {
            "" | "." => continue,
            ".." => next.extend(found.iter().filter_map(|path| path.parent().map(Path::to_owned))),
            "**" => {
                for path in &found {
                    below(path, &mut next);
                }
            }
            part if is_glob(part) => {
                let matcher = matcher(part)?;
                for path in &found {
                    next.extend(listed(path).into_iter().filter(|path| {
                        path.file_name().is_some_and(|name| {
                            let hidden = name.as_encoded_bytes().starts_with(b".");
                            matcher.is_match(name) && (!hidden || part.starts_with('.'))
                        })
                    }));
                }
            }
            part => {
                next.extend(found.iter().map(|path| path.join(part)).filter(|path| path.exists()));
            }
        }
        next.sort();
        next.dedup();
        // Only these two lead anywhere but further down.
        let leads = |path: &&PathBuf| part == ".." || path.is_symlink();
        for path in next.iter().filter(leads) {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if !real.starts_with(&root) {
                let top = top.display();
                return Err(format!("`{glob}` leads out of the repository, which is `{top}`"));
            }
        }
        found = next;
    }
    Ok(found)
}

fn matcher(part: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(part).literal_separator(true).build();
    let glob = glob.map_err(|error| format!("`{part}` is no glob: {}", error.kind()))?;
    Ok(glob.compile_matcher())
}

/// `directory` and all directories below it, but for hidden ones.
fn below(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut waiting = vec![directory.to_owned()];
    while let Some(path) = waiting.pop() {
        for inner in listed(&path) {
            let hidden =
                inner.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let real = inner.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            if real && !hidden {
                waiting.push(inner);
            }
        }
        found.push(path);
    }
}

fn listed(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for file in files {
            let path = top.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        top
    }

    fn found(top: &tempfile::TempDir, glob: &str) -> Vec<String> {
        let found = matches(glob, top.path()).unwrap();
        let shown = |path: &PathBuf| path.strip_prefix(top.path()).unwrap().display().to_string();
        found.iter().map(shown).collect()
    }

    #[test]
    fn a_star_stays_within_a_name_and_two_go_any_depth() {
        let top = tree(&["a/k.toml", "b/k.toml", "b/c/k.toml", ".git/k.toml"]);

        assert_eq!(found(&top, "*/k.toml"), ["a/k.toml", "b/k.toml"]);
        assert_eq!(found(&top, "**/k.toml"), ["a/k.toml", "b/c/k.toml", "b/k.toml"]);
        assert_eq!(found(&top, "./{a,c}/k.*"), ["a/k.toml"]);
        assert_eq!(found(&top, "none/*.toml"), [""; 0]);
    }

    #[test]
    fn a_file_outside_of_the_repository_is_not_included() {
        let top = tree(&["other/kaniko.toml", "repository/.git/HEAD"]);
        let inside = top.path().join("repository");

        let (message, _) =
            files("../other/*.toml", &inside, &inside.join("kaniko.toml")).unwrap_err();

        assert!(message.contains("leads out of the repository"), "{message}");
    }

    #[test]
    fn what_is_no_glob_is_told() {
        assert!(matches("[a", Path::new("/")).unwrap_err().starts_with("`[a` is no glob"));
    }
}
