//! The Dockerfile and the ignore file: found, read, and sent whatever the patterns say.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    os::unix::ffi::OsStringExt as _,
    path::{Component, Path, PathBuf},
};

use super::{ContextError, Dockerfile, Spec, ignore::Rules};

/// Makes sure of the context and its Dockerfile, and reads the rules that apply.
pub(super) fn rules(spec: &Spec) -> Result<Rules, ContextError> {
    let (mut rules, kept) = rules_and_kept(spec)?;
    for path in kept {
        rules.keep(path.into_os_string().into_vec());
    }
    Ok(rules)
}

/// The same, but what is ignored is left out whatever it is, as executors do when they copy.
pub(super) fn rules_as_written(spec: &Spec) -> Result<Rules, ContextError> {
    Ok(rules_and_kept(spec)?.0)
}

/// The ignore file that counts; empty without one.
pub(super) fn ignore_text(spec: &Spec) -> Result<Vec<u8>, ContextError> {
    match find_ignore_file(spec)? {
        Some(found) => {
            fs::read(&found.path).map_err(|source| ContextError::Read { path: found.path, source })
        }
        None => Ok(Vec::new()),
    }
}

fn rules_and_kept(spec: &Spec) -> Result<(Rules, Vec<PathBuf>), ContextError> {
    check_root(&spec.root)?;
    let mut kept = Vec::new();
    if let Dockerfile::Inside(path) = &spec.dockerfile {
        kept.extend(dockerfile(&spec.root, path)?);
    }
    let mut rules = Rules::default();
    if let Some(found) = find_ignore_file(spec)? {
        let content = fs::read(&found.path)
            .map_err(|source| ContextError::Read { path: found.path.clone(), source })?;
        rules = Rules::parse(&content).map_err(|bad| ContextError::Pattern {
            path: found.path,
            line: bad.line,
            pattern: bad.pattern,
        })?;
        kept.extend(found.inside);
    }
    Ok((rules, kept))
}

/// An ignore file that is there.
#[derive(Debug)]
pub(super) struct IgnoreFile {
    /// Where it can be read.
    pub(super) path: PathBuf,
    /// It and the links that lead to it, relative to the context, where it is in there.
    inside: Vec<PathBuf>,
}

/// The ignore file that Docker would take: the Dockerfile's own, or else the context's.
///
/// Source: Docker's documentation, "Filename and location" of .dockerignore files.
pub(super) fn find_ignore_file(spec: &Spec) -> Result<Option<IgnoreFile>, ContextError> {
    let (Dockerfile::Inside(dockerfile) | Dockerfile::Outside(dockerfile)) = &spec.dockerfile;
    let mut own = dockerfile.clone().into_os_string();
    own.push(".dockerignore");
    let own = PathBuf::from(own);

    let own = match &spec.dockerfile {
        Dockerfile::Inside(_) => find_inside(&spec.root, &own)?,
        Dockerfile::Outside(_) => {
            own.exists().then_some(IgnoreFile { path: own, inside: Vec::new() })
        }
    };
    match own {
        Some(own) => Ok(Some(own)),
        None => find_inside(&spec.root, Path::new(".dockerignore")),
    }
}

fn find_inside(root: &Path, path: &Path) -> Result<Option<IgnoreFile>, ContextError> {
    let inside = match resolve(root, path) {
        Err(ContextError::Read { source, .. }) if is_missing(&source) => return Ok(None),
        resolved => resolved?,
    };
    Ok(Some(IgnoreFile { path: root.join(path), inside }))
}

fn check_root(root: &Path) -> Result<(), ContextError> {
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(ContextError::NotADirectory { path: root.to_owned() }),
        Err(source) if source.kind() == io::ErrorKind::NotADirectory => {
            Err(ContextError::NotADirectory { path: root.to_owned() })
        }
        Err(source) if is_missing(&source) => Err(ContextError::Missing { path: root.to_owned() }),
        Err(source) => Err(ContextError::Read { path: root.to_owned(), source }),
    }
}

/// The Dockerfile and the links that lead to it.
fn dockerfile(root: &Path, path: &Path) -> Result<Vec<PathBuf>, ContextError> {
    let missing = || ContextError::NoDockerfile { path: root.join(path) };
    let chain = match resolve(root, path) {
        Err(ContextError::Read { source, .. }) if is_missing(&source) => return Err(missing()),
        resolved => resolved?,
    };
    let file = chain.last().is_some_and(|last| root.join(last).is_file());
    if file { Ok(chain) } else { Err(missing()) }
}

pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// How many links in a row the kernel follows. Source: `path_resolution(7)`.
const MOST_LINKS: usize = 40;

/// Where `path` leads within `root`: each link on the way, then its end, all without links in
/// their parents and relative to `root`.
///
/// A link is sent as it is, so where it leads has to be sent too; and it has to lead there on
/// the far side, where the context lies elsewhere: an absolute one does not.
fn resolve(root: &Path, path: &Path) -> Result<Vec<PathBuf>, ContextError> {
    let outside =
        |path: &Path| ContextError::Outside { path: root.join(path), root: root.to_owned() };
    let unreadable = |path: &Path, source| ContextError::Read { path: root.join(path), source };

    let mut chain = Vec::new();
    let mut place = PathBuf::new();
    let mut ahead: VecDeque<OsString> = parts(path).ok_or_else(|| outside(path))?;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            if !place.pop() {
                return Err(outside(chain.last().map_or(path, PathBuf::as_path)));
            }
            continue;
        }
        place.push(part);
        let metadata =
            root.join(&place).symlink_metadata().map_err(|source| unreadable(&place, source))?;
        if metadata.is_symlink() {
            let target =
                root.join(&place).read_link().map_err(|source| unreadable(&place, source))?;
            let mut next = parts(&target).ok_or_else(|| outside(&place))?;
            chain.push(place.clone());
            if chain.len() > MOST_LINKS {
                let source = io::Error::other("too many links");
                return Err(unreadable(path, source));
            }
            place.pop();
            next.append(&mut ahead);
            ahead = next;
        }
    }
    chain.push(place);
    Ok(chain)
}

/// The parts of a relative path, `.` left out; none for an absolute one.
fn parts(path: &Path) -> Option<VecDeque<OsString>> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::RootDir | Component::Prefix(_) => None,
            part => Some(part.as_os_str().to_owned()),
        })
        .collect()
}
