//! Whether a chunk is worth compressing: archives, images and packs of git are not.
//!
//! Compressing them would take most of the time for less than one part in a hundred of the bytes.
//! The answer depends on the chunk alone, so the bundle stays the same on every machine.

/// Bits that a byte carries in what is dense, were it coded for itself. Measured of real trees:
/// packs and archives have 7.98 and more, programs and text less than 7.
const BITS: f64 = 7.95;

/// How far back deflate finds what came before. Source: RFC 1951.
const REACH: usize = 32 * 1024;

/// Places that are remembered of a chunk: what twelve bits can name.
const PLACES: usize = 1 << 12;

/// One place in so many is looked at, by what is there and not by where it is.
const SAMPLE: u64 = 32;

/// One look in so many may find what was there before.
const REPEATS: usize = 64;

/// Whether compressing `chunk` makes next to nothing of it.
pub(super) fn is_dense(chunk: &[u8]) -> bool {
    // A part of it tells most chunks apart, at a thirtieth of what all of it takes.
    let sample: Vec<u8> =
        chunk.chunks(2048).flat_map(|part| part.iter().take(64)).copied().collect();
    bits(&sample) >= BITS - 0.5 && bits(chunk) >= BITS && !repeats(chunk)
}

/// Bits that a byte carries on average; 8 where all bytes are as frequent.
fn bits(chunk: &[u8]) -> f64 {
    // Four counts, as one would wait for itself where equal bytes follow each other.
    let mut counts = [[0_u32; 256]; 4];
    for bytes in chunk.chunks(4) {
        for (count, byte) in counts.iter_mut().zip(bytes) {
            count[usize::from(*byte)] += 1;
        }
    }
    let count = |byte: usize| counts.iter().map(|count| count[byte]).sum::<u32>();
    let all = f64::from((0..256).map(count).sum::<u32>());
    let share = |byte| f64::from(count(byte)) / all;
    // Without a logarithm of the platform's, which may differ in its last digit: it can decide.
    (0..256).map(share).filter(|share| *share > 0.0).map(|share| share * -log2(share)).sum()
}

/// The logarithm to base 2 of what is above 0 and at most 1, the same on every machine.
fn log2(value: f64) -> f64 {
    let (mut value, mut whole) = (value, 0.0);
    while value < 1.0 {
        value *= 2.0;
        whole -= 1.0;
    }
    // Digit by digit: squaring doubles the logarithm.
    let (mut rest, mut digit) = (0.0, 0.5);
    for _ in 0..20 {
        value *= value;
        if value >= 2.0 {
            value /= 2.0;
            rest += digit;
        }
        digit /= 2.0;
    }
    whole + rest
}

/// Whether eight bytes often come again within deflate's reach, as in copies of one image.
fn repeats(chunk: &[u8]) -> bool {
    let mut last = vec![None; PLACES];
    let (mut looks, mut found) = (0, 0);
    for (place, window) in chunk.windows(8).enumerate() {
        let word = u64::from_le_bytes(window.try_into().expect("a window is eight bytes"));
        let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if !(mixed >> 32).is_multiple_of(SAMPLE) {
            continue;
        }
        looks += 1;
        let slot = usize::try_from(mixed >> 52).expect("twelve bits are left");
        let before = last[slot].replace((word, place));
        if before.is_some_and(|(same, at)| same == word && place - at <= REACH) {
            found += 1;
        }
    }
    found * REPEATS > looks
}

#[cfg(test)]
mod tests {
    use super::{bits, is_dense, log2};
    use crate::context::tests::random;

    #[test]
    fn random_bytes_are_dense() {
        assert!(is_dense(&random(262_144)));
        assert!(is_dense(&random(65_536)));
    }

    #[test]
    fn what_has_a_pattern_is_not() {
        assert!(!is_dense(b""));
        assert!(!is_dense(b"a"));
        assert!(!is_dense(&vec![0; 262_144]));
        assert!(!is_dense(&b"fn main() {}\n".repeat(20_000)));
        let hexadecimal: Vec<u8> = random(262_144)
            .iter()
            .map(|byte| b"0123456789abcdef"[usize::from(byte % 16)])
            .collect();
        assert!(!is_dense(&hexadecimal));
    }

    #[test]
    fn random_bytes_that_come_again_within_reach_are_not() {
        assert!(!is_dense(&random(30_000).repeat(8)));
        assert!(!is_dense(&[random(200_000), random(4_000), random(4_000)].concat()));
        assert!(is_dense(&random(60_000).repeat(4)), "further back than deflate can refer");
    }

    #[test]
    fn random_bytes_with_many_zeros_between_are_not() {
        let padded: Vec<u8> =
            random(262_144).chunks(480).flat_map(|part| [part, &[0; 32]].concat()).collect();

        assert!(!is_dense(&padded));
    }

    #[test]
    fn bits_are_those_of_the_frequencies() {
        for (chunk, expected) in
            [(&b"aaaa"[..], 0.0), (b"abab", 1.0), (b"abcd", 2.0), (b"aaab", 0.811_278)]
        {
            assert!((bits(chunk) - expected).abs() < 1e-5, "{chunk:?}");
        }
        assert!((log2(0.2) + 2.321_928).abs() < 1e-5);
    }
}
