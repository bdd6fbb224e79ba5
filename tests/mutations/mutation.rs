//! Changes of a valid file, all of which follow from one number.

/// The largest input that is made.
const LARGEST: usize = 1 << 20;

/// One in this many inputs repeats a piece until it is as large as an input may be.
const RARELY: u64 = 400;

/// Numbers at the ends of what a type holds, and just beyond.
const NUMBERS: [&str; 22] = [
    "0",
    "-1",
    "1e999",
    "-1e999",
    "nan",
    ".inf",
    "NaN",
    "5e-324",
    "1e-308",
    "1.5e-308",
    "-0.0",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e150",
    "0x7fffffff",
    "1_000",
];

/// Characters that mean something to a parser or to a terminal.
const MARKS: [&str; 34] = [
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    ",",
    ";",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "? ",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">\n",
    "---\n",
    "...\n",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{feff}",
    "\u{fffd}",
    "\u{1d54f}",
    "%YAML 9.9\n",
    "<<: ",
    "\\",
    "=cmd|'!A0",
];

/// Random numbers by SplitMix64.
pub struct Dice(u64);

impl Dice {
    /// The dice of an input.
    pub fn of(kind: &str, number: u64) -> Self {
        let name = kind.bytes().fold(0u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        Self(name.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; zero if that is zero.
    pub fn below(&mut self, end: usize) -> usize {
        self.next().checked_rem(end as u64).unwrap_or(0) as usize
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }

    /// The ends of a piece of a text of this length, mostly a short one.
    fn piece(&mut self, length: usize) -> (usize, usize) {
        let begin = self.below(length + 1);
        let longest = if self.one_in(4) {
            length
        } else {
            length.min(16)
        };
        (begin, (begin + self.below(longest + 1)).min(length))
    }
}

/// One of the examples with a few changes.
pub fn mutated(examples: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = examples[dice.below(examples.len())].clone();
    for _ in 0..=dice.below(4) {
        change(&mut bytes, examples, dice);
    }
    if dice.one_in(RARELY) {
        let (begin, end) = dice.piece(bytes.len());
        let piece = bytes[begin..end].to_vec();
        if !piece.is_empty() {
            let times = (LARGEST - bytes.len().min(LARGEST)) / piece.len();
            let repeated = piece.repeat(times);
            bytes.splice(begin..begin, repeated);
        }
    }
    bytes.truncate(LARGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, examples: &[Vec<u8>], dice: &mut Dice) {
    let (begin, end) = dice.piece(bytes.len());
    match dice.below(11) {
        0 if !bytes.is_empty() => {
            let place = dice.below(bytes.len());
            bytes[place] ^= 1 << dice.below(8);
        }
        1 if !bytes.is_empty() => {
            let place = dice.below(bytes.len());
            bytes[place] = dice.below(256) as u8;
        }
        2 => drop(bytes.drain(begin..end)),
        3 => {
            let piece = bytes[begin..end].repeat(1 + dice.below(20));
            bytes.splice(begin..begin, piece);
        }
        4 => bytes.truncate(begin),
        5 => {
            let other = &examples[dice.below(examples.len())];
            let (from, to) = dice.piece(other.len());
            bytes.splice(begin..end, other[from..to].iter().copied());
        }
        6 => drop(bytes.splice(begin..begin, MARKS[dice.below(MARKS.len())].bytes())),
        7 => {
            let word = ["x", "\u{e9}", "[", "1"][dice.below(4)].repeat(1 + dice.below(5000));
            bytes.splice(begin..begin, word.into_bytes());
        }
        8 => swap_lines(bytes, dice),
        _ => change_number(bytes, dice),
    }
}

fn swap_lines(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    if lines.len() > 1 {
        let (one, other) = (dice.below(lines.len()), dice.below(lines.len()));
        lines.swap(one, other);
        *bytes = lines.concat();
    }
}

/// Replaces a number by another one.
fn change_number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let is_digit = |&place: &usize| {
        bytes[place].is_ascii_digit() && (place == 0 || !bytes[place - 1].is_ascii_digit())
    };
    let starts: Vec<usize> = (0..bytes.len()).filter(is_digit).collect();
    if starts.is_empty() {
        return;
    }
    let begin = starts[dice.below(starts.len())];
    let part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'-');
    let length = bytes[begin..].iter().take_while(|byte| part(byte)).count();
    let number = NUMBERS[dice.below(NUMBERS.len())];
    bytes.splice(begin..begin + length, number.bytes());
}
