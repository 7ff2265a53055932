//! Names of files that are Dockerfiles.

/// What a file's name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'n> {
    /// A Dockerfile, with the `NAME` of `Dockerfile.NAME` and `NAME.Dockerfile`.
    Dockerfile(Option<&'n str>),
    /// What a Dockerfile is made from.
    Template,
    /// Something else, among it ignore files and copies that editors leave.
    Other,
}

const WORDS: [&str; 2] = ["Dockerfile", "Containerfile"];
/// Endings of what becomes a Dockerfile in some other program.
const TEMPLATES: [&str; 8] = ["erb", "in", "j2", "jinja", "jinja2", "template", "tmpl", "tpl"];
/// Endings of what is no Dockerfile, whatever stands before them.
const OTHERS: [&str; 11] = [
    "bak",
    "containerignore",
    "dockerignore",
    "lock",
    "md",
    "old",
    "orig",
    "rej",
    "swp",
    "tmp",
    "txt",
];

/// What `name` says.
///
/// Small letters will do before the end, `api.dockerfile`, and alone, but not at the start:
/// `dockerfile.rs` is code.
pub(super) fn kind(name: &str) -> Kind<'_> {
    if WORDS.contains(&name) || name == "dockerfile" {
        return Kind::Dockerfile(None);
    }
    let before = WORDS.iter().find_map(|word| name.strip_prefix(word)?.strip_prefix('.'));
    let ending = |word: &&str| {
        let start = name.len().checked_sub(word.len() + 1)?;
        let (rest, end) = (name.get(..start)?, name.get(start..)?);
        let end = end.strip_prefix('.')?;
        let same = end == *word || end == word.to_ascii_lowercase();
        same.then_some(rest)
    };
    let Some(part) = before.or_else(|| WORDS.iter().find_map(ending)) else {
        return Kind::Other;
    };
    let last = part.rsplit('.').next().unwrap_or_default();
    if part.is_empty() || part.ends_with('~') || OTHERS.contains(&last) {
        Kind::Other
    } else if TEMPLATES.contains(&last) {
        Kind::Template
    } else {
        Kind::Dockerfile(Some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_told_by_their_names() {
        for (name, part) in [
            ("Dockerfile", None),
            ("Containerfile", None),
            ("dockerfile", None),
            ("Dockerfile.worker", Some("worker")),
            ("Dockerfile.py3.12", Some("py3.12")),
            ("worker.Dockerfile", Some("worker")),
            ("worker.dockerfile", Some("worker")),
            ("Größe.Containerfile", Some("Größe")),
        ] {
            assert_eq!(kind(name), Kind::Dockerfile(part), "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for name in [
            "Dockerfile.dockerignore",
            "api.Dockerfile.dockerignore",
            ".dockerignore",
            "dockerfile.rs",
            "Dockerfiles",
            "Dockerfile.",
            ".Dockerfile",
            "Dockerfile~",
            "Dockerfile.orig",
            "Dockerfile.md",
            "é",
        ] {
            assert_eq!(kind(name), Kind::Other, "{name}");
        }
        assert_eq!(kind("Dockerfile.j2"), Kind::Template);
        assert_eq!(kind("Dockerfile.api.tmpl"), Kind::Template);
    }
}
