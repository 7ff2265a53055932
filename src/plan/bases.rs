//! What the `FROM`s of a Dockerfile name, where that can be no image.

use crate::builtin::{NoImage, no_images};

use super::{
    dockerfile::{Read, at},
    reader::Reader,
};

/// Refuses what is no image.
pub(super) fn check(keys: &mut Reader<'_>, read: &Read) {
    for NoImage { line, what, hint } in no_images(&read.file, &read.reach) {
        let mistake = at(keys, format!("{}:{line}: {what}", read.label));
        keys.mistakes.push(match hint {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        });
    }
}
