//! Line styles: colours that people with colour vision deficiencies can tell apart (Okabe and Ito 2008, as in Wong, Nature
//! Methods 8, 2011), combined with dashes so that a black-and-white print can be read too.

use super::scene::{Colour, Stroke};

const COLOURS: [Colour; 7] = [
    Colour(0x00, 0x72, 0xb2),
    Colour(0xd5, 0x5e, 0x00),
    Colour(0x00, 0x9e, 0x73),
    Colour(0xcc, 0x79, 0xa7),
    Colour(0xe6, 0x9f, 0x00),
    Colour(0x56, 0xb4, 0xe9),
    Colour(0x00, 0x00, 0x00),
];

/// Six patterns: because six and seven have no common divisor, a pair of colour and dashes repeats only after 42 entries.
const DASHES: [&[f64]; 6] = [
    &[],
    &[4.0, 1.5],
    &[1.2, 1.2],
    &[5.0, 1.5, 1.2, 1.5],
    &[7.0, 2.0],
    &[5.0, 1.5, 1.2, 1.5, 1.2, 1.5],
];

/// The colour of the entry with this index; the colours repeat after seven.
pub fn colour(place: usize) -> Colour {
    COLOURS[place % COLOURS.len()]
}

/// The line style of the entry with this index; the first 42 differ from each other.
pub fn stroke(place: usize) -> Stroke {
    Stroke {
        colour: colour(place),
        width: 1.2,
        dashes: DASHES[place % DASHES.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_42_entries_look_the_same() {
        for one in 0..42 {
            for other in 0..one {
                assert_ne!(stroke(one), stroke(other));
            }
        }
    }
}
