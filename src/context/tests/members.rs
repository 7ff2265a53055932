//! A compressed bundle is a series of members, of which none ends where that would be missed.

use std::{io::Read as _, thread};

use tar::EntryType;

use super::{
    super::{
        archive::{Archive, Content, Head},
        deflate::{Deflate, Level},
        gate::Gate,
        stream::{Encoder, Stream},
    },
    reads_as_whole, unzip,
};

/// What each member of `bundle` holds, and where it ends.
fn members(bundle: &[u8]) -> Vec<(Vec<u8>, usize)> {
    let (mut members, mut rest) = (Vec::new(), bundle);
    while !rest.is_empty() {
        let (mut member, mut content) = (flate2::bufread::GzDecoder::new(rest), Vec::new());
        member.read_to_end(&mut content).unwrap();
        rest = member.into_inner();
        members.push((content, bundle.len() - rest.len()));
    }
    members
}

fn deflated(write: impl FnOnce(Deflate<'_>)) -> Vec<u8> {
    let mut sink = Vec::new();
    thread::scope(|scope| {
        write(Deflate::start(scope, 2, Level::LAYER, Gate::new(&mut sink)).unwrap());
    });
    sink
}

/// An archive of files of these sizes, whose names have these lengths.
fn archive(files: impl Iterator<Item = (usize, usize)>) -> Vec<u8> {
    deflated(|deflate| {
        let mut archive = Archive::new(Stream::new(Encoder::Deflate(deflate)));
        for (size, length) in files {
            let head = Head {
                path: &vec![b'n'; length],
                kind: EntryType::Regular,
                mode: 0o644,
                modified: 0,
                size: size as u64,
                target: b"",
            };
            let mut left = size;
            let mut read = |space: &mut [u8]| {
                let got = space.len().min(left);
                space[..got].fill(b'x');
                left -= got;
                Ok(got)
            };
            assert_eq!(archive.append(&head, &mut read).unwrap(), Content::Whole);
        }
        archive.finish().unwrap().0.finish().unwrap();
    })
}

#[test]
fn what_breaks_off_between_members_does_not_read_as_whole() {
    // Sizes of all remainders by a block, and a name now and then that takes a header before.
    let files = (0..40_000).map(|n| (n * 37 % 1111, if n % 5 == 0 { 900 } else { 9 }));
    let bundle = archive(files);

    let ends: Vec<usize> = members(&bundle).iter().map(|(_, end)| *end).collect();
    assert_eq!(ends.len(), 253);
    let (whole, parts) = ends.split_last().unwrap();
    assert!(reads_as_whole(&bundle[..*whole]));
    for end in parts {
        assert!(!reads_as_whole(&bundle[..*end]), "at {end}");
    }
}

#[test]
fn where_a_chunk_is_just_full_its_member_holds_the_start_of_the_next_header() {
    // The content would end with the chunk, the padding would, or a header without content.
    for size in [261_632, 261_631, 261_121, 261_120] {
        let bundle = archive([(size, 1), (0, 1)].into_iter());
        let tar = unzip(&bundle).unwrap();
        let members = members(&bundle);

        let (first, _) = &members[0];
        assert_eq!(first.len() % 512, 1, "{size}");
        assert_eq!(tar[first.len() - 1], b'n', "{size}");
    }
}

#[test]
fn a_reader_that_stops_at_the_archives_end_has_met_all_checksums_of_contents() {
    let bundle = archive([(5, 1), (700_000, 1)].into_iter());
    let members = members(&bundle);
    let (last, before) = members.split_last().unwrap();

    assert_eq!(last.0, [0; 1023]);
    assert_eq!(before.last().unwrap().0.last(), Some(&0));
}

#[test]
fn a_member_holds_a_chunk_and_there_is_always_one() {
    let lengths = |length: usize| {
        let content: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let bytes = deflated(|mut deflate| {
            let mut chunk = Deflate::chunk();
            for byte in &content {
                if chunk.is_full() {
                    deflate.encode(&mut chunk).unwrap();
                }
                chunk.space()[0] = *byte;
                chunk.filled += 1;
            }
            deflate.finish(chunk).unwrap();
        });
        assert!(unzip(&bytes).unwrap() == content);
        members(&bytes).iter().map(|(content, _)| content.len()).collect::<Vec<_>>()
    };

    assert_eq!(lengths(0), [0]);
    assert_eq!(lengths(1), [1]);
    assert_eq!(lengths(262_144), [262_144]);
    assert_eq!(lengths(262_145), [262_144, 1]);
}
