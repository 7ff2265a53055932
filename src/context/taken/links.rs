//! The links on the way of sources, and what they lead to.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use super::{Part, names};
use crate::context::{ContextError, build_files::is_missing, ignore::Rules};

/// How many links in a row are followed. Source: `path_resolution(7)`.
const MOST_LINKS: usize = 40;

/// The sources, and beside them each link that they meet and what it leads to.
///
/// Links that are ignored are not sent, and so lead nowhere. One that leads out of the context
/// starts again at its root, as for `BuildKit`; Kaniko copies a link as it is.
///
/// Source: `BuildKit`'s fsutil, `FollowLinks`.
pub(super) fn follow(
    root: &Path,
    rules: &Rules,
    sources: Vec<Vec<Part>>,
) -> Result<BTreeSet<Vec<Part>>, ContextError> {
    let mut following = Following { root, rules, found: BTreeSet::new() };
    for source in sources {
        if following.found.insert(source.clone()) {
            following.source(&mut Vec::new(), &source, 0)?;
        }
    }
    Ok(following.found)
}

/// The names on a path from the context's root.
type Place = Vec<Vec<u8>>;

struct Following<'a> {
    root: &'a Path,
    rules: &'a Rules,
    found: BTreeSet<Vec<Part>>,
}

impl Following<'_> {
    /// Goes on from `place`, which has no links in it, along the rest of a source.
    fn source(
        &mut self,
        place: &mut Place,
        source: &[Part],
        links: usize,
    ) -> Result<(), ContextError> {
        let Some((part, rest)) = source.split_first() else { return Ok(()) };
        for name in self.candidates(place, part)? {
            place.push(name);
            let link = self.target(place)?;
            if let Some(target) = link {
                self.found.insert(names(&place.join(&b'/')));
                if let Some((mut end, links)) = self.end(place, &target, links)? {
                    let end_names = end.iter().map(|name| Part::name(name));
                    let other: Vec<Part> = end_names.chain(rest.iter().cloned()).collect();
                    if self.found.insert(other) {
                        self.source(&mut end, rest, links)?;
                    }
                }
            } else if !rest.is_empty() {
                self.source(place, rest, links)?;
            }
            place.pop();
        }
        Ok(())
    }

    /// The names in the directory `place` that a part takes.
    fn candidates(&self, place: &[Vec<u8>], part: &Part) -> Result<Vec<Vec<u8>>, ContextError> {
        if let Part::Name(name) = part {
            return Ok(vec![name.clone()]);
        }
        let path = place.join(&b'/');
        if !self.rules.enters(&path) {
            return Ok(Vec::new());
        }
        let unreadable = |source| ContextError::Read { path: self.at(place), source };
        let entries = match fs::read_dir(self.at(place)) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name().into_vec();
            if part.takes(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Where a link points that is sent; none for all else.
    fn target(&self, place: &[Vec<u8>]) -> Result<Option<PathBuf>, ContextError> {
        let path = self.at(place);
        // What can't be looked at is met again by the walk, if it is sent.
        let link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if !link || self.rules.ignores(&place.join(&b'/')) {
            return Ok(None);
        }
        let target = path.read_link().map_err(|source| ContextError::Read { path, source })?;
        Ok(Some(target))
    }

    /// Where a link at `place` ends, and how many links were met; none where it ends nowhere.
    fn end(
        &mut self,
        place: &[Vec<u8>],
        target: &Path,
        links: usize,
    ) -> Result<Option<(Place, usize)>, ContextError> {
        let mut links = links + 1;
        let mut end = place[..place.len() - 1].to_vec();
        let mut ahead = VecDeque::new();
        lead(&mut end, &mut ahead, target);
        while let Some(name) = ahead.pop_front() {
            if links > MOST_LINKS {
                return Ok(None);
            }
            if name == b".." {
                end.pop();
                continue;
            }
            end.push(name);
            if let Some(target) = self.target(&end)? {
                self.found.insert(names(&end.join(&b'/')));
                links += 1;
                end.pop();
                lead(&mut end, &mut ahead, &target);
            } else if self.at(&end).symlink_metadata().is_err() {
                return Ok(None);
            }
        }
        Ok(Some((end, links)))
    }

    fn at(&self, place: &[Vec<u8>]) -> PathBuf {
        self.root.join(std::ffi::OsStr::from_bytes(&place.join(&b'/')))
    }
}

/// Puts a link's target before what is ahead; an absolute one starts at the root.
fn lead(place: &mut Place, ahead: &mut VecDeque<Vec<u8>>, target: &Path) {
    let target = target.as_os_str().as_bytes();
    if target.starts_with(b"/") {
        place.clear();
    }
    for name in target.split(|byte| *byte == b'/').rev() {
        if !name.is_empty() && name != b"." {
            ahead.push_front(name.to_vec());
        }
    }
}
