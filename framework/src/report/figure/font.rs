//! The font of all figures: Liberation Sans, under the SIL Open Font License 1.1 (see `font/LICENSE`). Its glyphs are as wide
//! as those of Helvetica and Arial, so that an SVG looks the same with whichever of them a viewer has. A PDF embeds the
//! glyphs that it uses.

use std::borrow::Cow;

use ttf_parser::Face;

use crate::report::tex_letters::{is_invisible, numbered};

/// The TrueType file.
pub const FILE: &[u8] = include_bytes!("font/LiberationSans-Regular.ttf");

/// The family name.
pub const NAME: &str = "Liberation Sans";

/// The text with every letter that the font has no shape for written by its number. Viewers of SVG may have another font.
pub fn drawable(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let Ok(face) = Face::parse(FILE, 0) else {
        return Cow::Borrowed(text);
    };
    let write = |letter: char| match face.glyph_index(letter) {
        _ if is_invisible(letter) => String::new(),
        Some(_) => letter.to_string(),
        None => numbered(letter),
    };
    Cow::Owned(text.chars().map(write).collect())
}

/// The width of a text on one line, in the unit of `size`, without kerning, as it is [drawable].
pub fn width(text: &str, size: f64) -> f64 {
    let Ok(face) = Face::parse(FILE, 0) else {
        return 0.5 * size * text.chars().count() as f64;
    };
    let units: u32 = drawable(text)
        .chars()
        .filter_map(|letter| face.glyph_hor_advance(face.glyph_index(letter)?))
        .map(u32::from)
        .sum();
    f64::from(units) / f64::from(face.units_per_em()) * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_those_of_helvetica() {
        // From the metrics that Adobe publishes for Helvetica: 667, 556, 222 and 278 thousandths.
        for (letter, thousandths) in [("A", 667.0), ("0", 556.0), ("l", 222.0), (".", 278.0)] {
            assert!(
                (width(letter, 1000.0) - thousandths).abs() < 1.0,
                "{letter}"
            );
        }
        assert_eq!(width("", 8.0), 0.0);
    }

    #[test]
    fn a_letter_without_a_shape_is_drawn_by_its_number_and_takes_its_width() {
        assert_eq!(drawable("β′ é"), "β′ é");
        assert_eq!(drawable("矩形"), "[U+77E9][U+5F62]");
        assert_eq!(width("矩", 8.0), width("[U+77E9]", 8.0));
    }
}
