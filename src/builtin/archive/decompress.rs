//! Compressed streams, told by their first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;

/// What the dictionary of an xz stream may take, in KiB: `xz -9` needs 64 MiB.
const MOST_XZ: u32 = 256 * 1024;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::builtin) enum Compression {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Compression {
    /// What the first six bytes say.
    pub(in crate::builtin) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // A frame, or one to skip before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// What `input` holds, uncompressed.
pub(in crate::builtin) fn decompress<'r>(
    mut input: impl Read + 'r,
) -> io::Result<(Compression, Box<dyn BufRead + 'r>)> {
    let mut start = Vec::with_capacity(6);
    input.by_ref().take(6).read_to_end(&mut start)?;
    let compression = Compression::of(&start);
    let input = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(input));
    let plain: Box<dyn BufRead + 'r> = match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => buffered(MultiGzDecoder::new(input)),
        Compression::Bzip2 => buffered(bzip2::bufread::MultiBzDecoder::new(input)),
        Compression::Xz => buffered(lzma_rust2::XzReader::new_mem_limit(input, true, MOST_XZ)),
        Compression::Zstd => buffered(Zstd { input, decoder: FrameDecoder::new(), open: false }),
    };
    Ok((compression, plain))
}

fn buffered<'r>(plain: impl Read + 'r) -> Box<dyn BufRead + 'r> {
    Box::new(BufReader::with_capacity(BUFFER, plain))
}

/// Frames of zstd one after the other, as layers have them that can be read in parts.
struct Zstd<R> {
    input: R,
    decoder: FrameDecoder,
    /// A frame has begun and not ended.
    open: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Begins the next frame that has content; false at the end.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.init(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut frame = self.input.by_ref().take(length.into());
                    if io::copy(&mut frame, &mut io::sink())? < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.open {
                if !self.begin()? {
                    return Ok(0);
                }
                self.open = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
            let got = self.decoder.read(buffer)?;
            if got > 0 {
                return Ok(got);
            }
            self.open = !self.decoder.is_finished();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn plain(bytes: &[u8]) -> (Compression, Vec<u8>) {
        let (compression, mut plain) = decompress(bytes).unwrap();
        let mut all = Vec::new();
        plain.read_to_end(&mut all).unwrap();
        drop(plain);
        (compression, all)
    }

    #[test]
    fn what_is_not_compressed_stays_as_it_is() {
        assert_eq!(plain(b""), (Compression::None, b"".to_vec()));
        assert_eq!(plain(b"abc"), (Compression::None, b"abc".to_vec()));
        assert_eq!(plain(b"longer text"), (Compression::None, b"longer text".to_vec()));
    }

    #[test]
    fn members_of_gzip_follow_each_other() {
        let mut bytes = Vec::new();
        for part in ["one", "two"] {
            let mut encoder =
                flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::default());
            encoder.write_all(part.as_bytes()).unwrap();
        }

        assert_eq!(plain(&bytes), (Compression::Gzip, b"onetwo".to_vec()));
    }

    #[test]
    fn frames_of_zstd_follow_each_other_and_some_are_skipped() {
        let frame = |part: &[u8]| {
            ruzstd::encoding::compress_to_vec(
                part,
                ruzstd::encoding::CompressionLevel::Uncompressed,
            )
        };
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, b'x', b'x'];
        let bytes = [&frame(b"one")[..], &skipped, &frame(b"two"), &skipped].concat();

        assert_eq!(plain(&bytes), (Compression::Zstd, b"onetwo".to_vec()));
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"some text").unwrap();
        let bytes = encoder.finish().unwrap();

        let (_, mut plain) = decompress(&bytes[..bytes.len() - 1]).unwrap();
        assert!(plain.read_to_end(&mut Vec::new()).is_err());
    }
}
