//! Files of the user's that come into being whole or not at all.
//!
//! What is written lies beside its place until all of it is there. A link is followed, so that it
//! stays one. Where something else than a file is, as `/dev/null`, `/dev/stdout` or a pipe, it is
//! written into and never replaced; a name in `/dev` or `/proc` is such a thing in any case, since
//! behind it there may be a file that others write to.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Seek, Write},
    os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// A file that is being written, and is gone where it is not put in its place.
#[derive(Debug)]
pub(crate) struct Whole {
    place: PathBuf,
    made: Made,
}

#[derive(Debug)]
enum Made {
    /// Beside its place.
    File(NamedTempFile),
    /// For something that is no file.
    Contents(File),
}

impl Whole {
    /// A file that is to be at `path`, with `mode` less what the umask takes.
    ///
    /// # Errors
    ///
    /// Where there is a directory, or no room beside it.
    pub(crate) fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        let there = fs::metadata(path);
        if there.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let is_devices = ["/dev", "/proc"].iter().any(|top| path.starts_with(top));
        if is_devices || there.is_ok_and(|there| !there.is_file()) {
            let contents = Made::Contents(tempfile::tempfile()?);
            return Ok(Self { place: path.to_owned(), made: contents });
        }
        let place = behind_links(path)?;
        let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = tempfile::Builder::new()
            .prefix(".kaniko-build-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(directory.unwrap_or(Path::new(".")))?;
        Ok(Self { place, made: Made::File(file) })
    }

    /// What was written, from its beginning.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(crate) fn written(&mut self) -> io::Result<&mut File> {
        let file = self.file();
        file.rewind()?;
        Ok(file)
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file().sync_all()
    }

    /// Puts it in its place, and replaces a file that is there.
    ///
    /// # Errors
    ///
    /// What was there is there still, where that is a file.
    pub(crate) fn place(self) -> io::Result<()> {
        match self.made {
            Made::File(file) => file.persist(&self.place).map(drop).map_err(|error| error.error),
            Made::Contents(mut contents) => {
                contents.rewind()?;
                io::copy(&mut contents, &mut open(&self.place)?).map(drop)
            }
        }
    }

    fn file(&mut self) -> &mut File {
        match &mut self.made {
            Made::File(file) => file.as_file_mut(),
            Made::Contents(contents) => contents,
        }
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// What is no file, to be written into. A pipe that nobody reads is an error, and not waited for.
fn open(path: &Path) -> io::Result<File> {
    let is_pipe = fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo());
    let mut options = OpenOptions::new();
    options.append(true);
    if is_pipe {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::NXIO.raw_os_error() => {
            io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads this pipe")
        }
        _ => error,
    })?;
    if is_pipe {
        let flags = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    }
    Ok(file)
}

/// Where the links of `path` lead, whether or not there is something yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as the system follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "its links lead in a circle"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(path: &Path, text: &str) -> io::Result<()> {
        let mut whole = Whole::beside(path, 0o640)?;
        whole.write_all(text.as_bytes())?;
        whole.place()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("file");
        fs::write(&path, "old").unwrap();

        write(&path, "new").unwrap();
        drop(Whole::beside(&path, 0o640).unwrap());

        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_one_and_its_target_is_written_if_it_is_there_or_not() {
        let here = tempfile::tempdir().unwrap();
        fs::create_dir(here.path().join("d")).unwrap();
        let link = here.path().join("link");
        symlink("d/other", &link).unwrap();
        symlink("target", here.path().join("d/other")).unwrap();

        for text in ["one", "two"] {
            write(&link, text).unwrap();
            assert_eq!(fs::read_to_string(here.path().join("d/target")).unwrap(), text);
        }
        assert!(link.is_symlink());
        symlink("round", here.path().join("round")).unwrap();
        assert!(write(&here.path().join("round"), "").is_err());
    }

    #[test]
    fn a_pipe_is_written_into_and_one_that_nobody_reads_is_an_error() {
        let here = tempfile::tempdir().unwrap();
        let pipe = here.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        assert_eq!(write(&pipe, "x").unwrap_err().to_string(), "nobody reads this pipe");

        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        // More than a pipe holds.
        let long = "x".repeat(1 << 20);
        while write(&pipe, &long).is_err() {
            std::thread::yield_now();
        }
        assert_eq!(reader.join().unwrap().len(), long.len());
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn what_is_in_dev_is_written_into() {
        write(Path::new("/dev/null"), "x").unwrap();

        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let here = tempfile::tempdir().unwrap();

        let error = Whole::beside(here.path(), 0o640).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
