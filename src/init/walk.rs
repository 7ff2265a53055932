//! The one walk through the repository.

use std::path::{Path, PathBuf};

use super::{
    LeftOut, Repository,
    file_name::{Kind, kind},
};

/// Directories of other people's code.
const NOT_OURS: [&str; 3] = [".git", "node_modules", "vendor"];

/// So many entries are looked at.
const MOST: usize = 500_000;

/// What was found.
pub(super) struct Walked {
    /// Relative to the top, sorted.
    pub(super) dockerfiles: Vec<PathBuf>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Finds Dockerfiles. Links are not followed, and a repository within this one is its own affair.
pub(super) fn walk(repository: &Repository<'_>) -> Walked {
    let mut walked = Walked { dockerfiles: Vec::new(), left_out: Vec::new() };
    let mut entries = 0;
    let mut open = vec![PathBuf::new()];
    while let Some(directory) = open.pop() {
        let listed = match std::fs::read_dir(repository.root.join(&directory)) {
            Ok(listed) => listed,
            Err(error) => {
                let why = format!("cannot be read: {}", error.kind());
                walked.left_out.push(LeftOut::new(shown(&directory), None, why));
                continue;
            }
        };
        for entry in listed.filter_map(Result::ok) {
            entries += 1;
            if entries > MOST {
                let why = format!("only {MOST} files and directories were looked at");
                walked.left_out.push(LeftOut::new(shown(&directory), None, why));
                open.clear();
                break;
            }
            let (name, path) = (entry.file_name(), directory.join(entry.file_name()));
            let Ok(file_type) = entry.file_type() else { continue };
            if file_type.is_dir() {
                let skipped = NOT_OURS.iter().any(|other| *name == **other)
                    || entry.path().join(".git").exists()
                    || (repository.ignored)(&path);
                if !skipped {
                    open.push(path);
                }
                continue;
            }
            let what = kind(name.to_str().unwrap_or_default());
            let odd = name.to_str().is_none() && name.to_string_lossy().contains("ockerfile");
            if (what == Kind::Other && !odd) || (repository.ignored)(&path) {
                continue;
            }
            let why = if odd {
                "its name is no UTF-8"
            } else if what == Kind::Template {
                "a template of a Dockerfile"
            } else if file_type.is_symlink() {
                "a link"
            } else if !file_type.is_file() {
                "no file"
            } else {
                walked.dockerfiles.push(path);
                continue;
            };
            walked.left_out.push(LeftOut::new(&path, None, why));
        }
    }
    walked.dockerfiles.sort();
    walked.left_out.sort_by(|one, other| one.path.cmp(&other.path));
    walked
}

fn shown(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}
