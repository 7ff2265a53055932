//! Names of builds, from where Dockerfiles are.

use std::collections::BTreeMap;

use super::file_name::{Kind, kind};

/// Directories that only say that a Dockerfile is in them.
const SAY_NOTHING: [&str; 6] =
    ["build", "container", "containers", "docker", "dockerfiles", "images"];

/// So long may a name be.
const LONGEST: usize = 80;

/// What a name that has no letter or digit becomes.
const NAMELESS: &str = "app";

/// The name of a repository, as a part of an image's name.
#[must_use]
pub fn repository_name(name: &str) -> String {
    let name = part(name.rsplit('/').next().unwrap_or_default());
    // Of one letter it is no repository of a registry.
    if name.len() < 2 { NAMELESS.to_owned() } else { name }
}

/// A name for each path, all different.
pub(super) fn names(paths: &[String], repository: &str) -> Vec<String> {
    let candidates: Vec<_> = paths.iter().map(|path| candidates(path, paths, repository)).collect();
    let mut chosen = vec![0; paths.len()];
    let name = |index: usize, chosen: &[usize]| candidates[index][chosen[index]].clone();
    // Each round gives each of those that collide one more directory, where there is one.
    loop {
        let mut owners: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in 0..paths.len() {
            owners.entry(name(index, &chosen)).or_default().push(index);
        }
        let collide = owners.into_values().filter(|owners| owners.len() > 1).flatten();
        let longer = collide.filter(|index| chosen[*index] + 1 < candidates[*index].len());
        let longer: Vec<_> = longer.collect();
        if longer.is_empty() {
            break;
        }
        for index in longer {
            chosen[index] += 1;
        }
    }
    let mut taken = BTreeMap::new();
    let mut names: Vec<String> = (0..paths.len()).map(|index| name(index, &chosen)).collect();
    for name in &names {
        *taken.entry(name.clone()).or_insert(0) += 1;
    }
    for index in 0..names.len() {
        let name = names[index].clone();
        if taken[&name] < 2 {
            continue;
        }
        // The first one keeps it.
        if names[..index].contains(&name) {
            let free = (2..).map(|number| format!("{name}-{number}"));
            let free = free.into_iter().find(|name| !taken.contains_key(name));
            names[index] = free.unwrap_or_default();
            taken.insert(names[index].clone(), 1);
        }
    }
    names
}

/// Names for a Dockerfile, each with one more of its directories.
fn candidates(path: &str, paths: &[String], repository: &str) -> Vec<String> {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let own = match kind(file) {
        Kind::Dockerfile(own) => own,
        Kind::Template | Kind::Other => None,
    };
    let all: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let says_nothing = |part: &&str| SAY_NOTHING.contains(&part.trim_start_matches('.'));
    let end = all.iter().rposition(|part| !says_nothing(part)).map_or(0, |last| last + 1);
    let telling = &all[..end];

    // `api/api.Dockerfile` says it twice, but beside a plain one.
    let twice = own.is_some() && own == telling.last().copied() && !has_plain(directory, paths);
    let variant = own.filter(|_| !twice);
    // `dev` and `prod` say nothing without what they are of.
    let at_least = usize::from(own.is_none() || !telling.is_empty());
    let mut names = Vec::new();
    let mut add = |directories: &[&str]| {
        let parts = directories.iter().copied().chain(variant);
        let name = part(&parts.collect::<Vec<_>>().join("-"));
        if !name.is_empty() && names.last() != Some(&name) {
            names.push(name);
        }
    };
    for count in at_least..=telling.len() {
        add(&telling[telling.len() - count..]);
    }
    if telling.is_empty() && own.is_none() {
        names.push(repository.to_owned());
    }
    if all.len() > telling.len() {
        let parts: Vec<_> = all.iter().copied().chain(own).collect();
        names.push(part(&parts.join("-")));
    }
    names.retain(|name| !name.is_empty());
    if names.is_empty() {
        names.push(NAMELESS.to_owned());
    }
    names
}

fn has_plain(directory: &str, paths: &[String]) -> bool {
    paths.iter().any(|path| {
        let (other, file) = path.rsplit_once('/').unwrap_or(("", path));
        other == directory && kind(file) == Kind::Dockerfile(None)
    })
}

/// What names of builds and of repositories both allow: small letters and digits, with `.`, `_` or
/// dashes between them. May be empty.
fn part(text: &str) -> String {
    let mut name = String::new();
    let mut between = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            if !name.is_empty() {
                match between.as_str() {
                    "" => {}
                    "." | "_" => name.push_str(&between),
                    _ => name.push('-'),
                }
            }
            between.clear();
            if name.len() >= LONGEST {
                break;
            }
            name.push(letter);
        } else {
            between.push(letter);
        }
    }
    name.trim_end_matches(['.', '_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Vec<String> {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        names(&paths, "shop")
    }

    #[test]
    fn a_name_is_that_of_the_directory_or_the_files_own() {
        assert_eq!(
            of(&[
                "Dockerfile",
                "base/Containerfile",
                "docker/Dockerfile.cron",
                "services/api/Dockerfile",
                "worker.Dockerfile"
            ]),
            ["shop", "base", "cron", "api", "worker"]
        );
    }

    #[test]
    fn a_file_of_its_own_name_is_called_by_its_directory_too() {
        assert_eq!(
            of(&["api/Dockerfile", "api/Dockerfile.dev", "services/web/prod.Dockerfile"]),
            ["api", "api-dev", "web-prod"]
        );
        assert_eq!(
            of(&["a/web/Dockerfile.dev", "b/web/Dockerfile.dev"]),
            ["a-web-dev", "b-web-dev"]
        );
        assert_eq!(of(&["Dockerfile", "Dockerfile.dev"]), ["shop", "dev"]);
    }

    #[test]
    fn a_name_says_nothing_twice() {
        assert_eq!(of(&["api/api.Dockerfile"]), ["api"]);
        assert_eq!(of(&["api/Dockerfile", "api/Dockerfile.api"]), ["api", "api-api"]);
    }

    #[test]
    fn names_that_collide_get_the_directories_above() {
        assert_eq!(
            of(&["a/x/api/Dockerfile", "b/x/api/Dockerfile", "c/api/Dockerfile", "web/Dockerfile"]),
            ["a-x-api", "b-x-api", "c-api", "web"]
        );
        assert_eq!(of(&["api/Dockerfile", "old/api/Dockerfile"]), ["api", "old-api"]);
        assert_eq!(of(&["a-b/Dockerfile", "a b/Dockerfile"]), ["a-b", "a-b-2"]);
    }

    #[test]
    fn directories_that_say_nothing_give_no_name_while_there_is_another() {
        assert_eq!(
            of(&[".docker/Dockerfile", "api/docker/Dockerfile", "web/build/Dockerfile"]),
            ["shop", "api", "web"]
        );
        assert_eq!(of(&["Dockerfile", "docker/Dockerfile"]), ["shop", "docker"]);
    }

    #[test]
    fn what_names_do_not_allow_is_replaced() {
        assert_eq!(
            of(&[
                "My App__/Dockerfile",
                "Größe/Dockerfile",
                "py3.12/Dockerfile",
                "日本/Dockerfile"
            ]),
            ["my-app", "gr-e", "py3.12", "app"]
        );
        let long = "a".repeat(200);
        assert_eq!(of(&[&format!("{long}/Dockerfile")])[0].len(), 80);
    }

    #[test]
    fn a_repository_is_called_by_the_last_part_of_its_path() {
        assert_eq!(repository_name("Group/My.Shop"), "my.shop");
        assert_eq!(repository_name("日本"), "app");
        assert_eq!(repository_name("x"), "app");
    }
}
