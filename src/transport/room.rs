//! How much fits on a disk.

use std::path::Path;

/// Bytes that a file of this program could still have in `directory`; none where that cannot be
/// told.
#[must_use]
pub fn room(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_there_has_room_that_can_be_told() {
        assert!(room(&std::env::temp_dir()).is_some());
        assert_eq!(room(Path::new("/no/such/directory")), None);
    }
}
