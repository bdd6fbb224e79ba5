//! Writes a scene as PDF. Text stays text, in an embedded subset of the font. The file holds no date and no random name, so
//! that equal scenes give equal bytes.

use std::collections::{BTreeMap, BTreeSet};

use pdf_writer::types::{CidFontType, FontFlags, LineJoinStyle, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use super::font;
use super::scene::{Anchor, Colour, INK, Item, Point, Scene, Stroke};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFORMATION: Ref = Ref::new(5);
const FONT: Ref = Ref::new(6);
const LETTERS: Ref = Ref::new(7);
const DESCRIPTOR: Ref = Ref::new(8);
const UNICODE: Ref = Ref::new(9);
const FONT_FILE: Ref = Ref::new(10);
/// The first of the graphics states, one for each opacity.
const STATES: i32 = 11;

const FONT_NAME: Name<'_> = Name(b"F");
/// Character codes are glyph numbers of the subset.
const SYSTEM: SystemInfo<'_> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// A file of one page, as large as the scene.
///
/// # Errors
///
/// A message if the font cannot be read or subset.
pub fn document(scene: &Scene, title: &str) -> Result<Vec<u8>, String> {
    let mut writer = Writer::of(scene)?;
    for item in &scene.items {
        writer.draw(item);
    }
    writer.finish(scene, title)
}

struct Writer<'f> {
    face: Face<'f>,
    content: Content,
    /// The letters of the file by their character codes.
    letters: BTreeMap<u16, char>,
    glyphs: GlyphRemapper,
    /// The opacities in use, in percent.
    opacities: BTreeSet<u8>,
}

impl Writer<'_> {
    fn of(scene: &Scene) -> Result<Self, String> {
        let face = Face::parse(font::FILE, 0).map_err(|error| error.to_string())?;
        let mut content = Content::new();
        // PDF has its origin in the lower left corner and y upwards.
        content.transform([1.0, 0.0, 0.0, -1.0, 0.0, scene.height as f32]);
        content.set_line_join(LineJoinStyle::RoundJoin);
        Ok(Self {
            face,
            content,
            letters: BTreeMap::new(),
            glyphs: GlyphRemapper::new(),
            opacities: BTreeSet::new(),
        })
    }

    fn draw(&mut self, item: &Item) {
        match item {
            Item::Line { points, stroke } => self.line(points, stroke),
            Item::Area {
                points,
                colour,
                opacity,
            } => self.filled(*colour, *opacity, |content| path(content, points)),
            Item::Dot {
                at,
                radius,
                colour,
                opacity,
            } => self.filled(*colour, *opacity, |content| circle(content, *at, *radius)),
            Item::Words {
                at,
                text,
                size,
                anchor,
                upwards,
            } => self.words(*at, text, *size, *anchor, *upwards),
        }
    }

    fn line(&mut self, points: &[Point], stroke: &Stroke) {
        let [red, green, blue] = shares(stroke.colour);
        self.content.set_stroke_rgb(red, green, blue);
        self.content.set_line_width(stroke.width as f32);
        let dashes = stroke.dashes.iter().map(|dash| *dash as f32);
        self.content.set_dash_pattern(dashes, 0.0);
        path(&mut self.content, points);
        self.content.stroke();
    }

    fn filled(&mut self, colour: Colour, opacity: f64, shape: impl FnOnce(&mut Content)) {
        let percent = (100.0 * opacity).round() as u8;
        self.opacities.insert(percent);
        let [red, green, blue] = shares(colour);
        self.content.save_state();
        self.content.set_parameters(Name(state(percent).as_bytes()));
        self.content.set_fill_rgb(red, green, blue);
        shape(&mut self.content);
        self.content.fill_nonzero();
        self.content.restore_state();
    }

    fn words(&mut self, at: Point, text: &str, size: f64, anchor: Anchor, upwards: bool) {
        let width = font::width(text, size);
        let shift = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => 0.5 * width,
            Anchor::End => width,
        };
        let matrix = if upwards {
            [0.0, -1.0, -1.0, 0.0, at.0, at.1 + shift]
        } else {
            [1.0, 0.0, 0.0, -1.0, at.0 - shift, at.1]
        };
        let mut codes = Vec::with_capacity(2 * text.len());
        for letter in font::drawable(text).chars() {
            let glyph = self.face.glyph_index(letter).unwrap_or_default();
            let code = self.glyphs.remap(glyph.0);
            self.letters.insert(code, letter);
            codes.extend(code.to_be_bytes());
        }
        let [red, green, blue] = shares(INK);
        self.content.begin_text();
        self.content.set_fill_rgb(red, green, blue);
        self.content.set_font(FONT_NAME, size as f32);
        self.content
            .set_text_matrix(matrix.map(|value| value as f32));
        self.content.show(Str(&codes));
        self.content.end_text();
    }

    fn finish(self, scene: &Scene, title: &str) -> Result<Vec<u8>, String> {
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGES);
        pdf.pages(PAGES).kids([PAGE]).count(1);
        pdf.document_info(INFORMATION)
            .title(TextStr(title))
            .creator(TextStr("spikebench"));
        let mut page = pdf.page(PAGE);
        page.media_box(Rect::new(0.0, 0.0, scene.width as f32, scene.height as f32));
        page.parent(PAGES);
        page.contents(CONTENT);
        let mut resources = page.resources();
        resources.fonts().pair(FONT_NAME, FONT);
        let mut states = resources.ext_g_states();
        for (&percent, place) in self.opacities.iter().zip(STATES..) {
            states.pair(Name(state(percent).as_bytes()), Ref::new(place));
        }
        states.finish();
        resources.finish();
        page.finish();
        pdf.stream(CONTENT, &self.content.finish());
        for (&percent, place) in self.opacities.iter().zip(STATES..) {
            pdf.ext_graphics(Ref::new(place))
                .non_stroking_alpha(f32::from(percent) / 100.0);
        }
        write_font(&mut pdf, &self.face, &self.glyphs, &self.letters)?;
        Ok(pdf.finish())
    }
}

/// Writes the subset of the font as a composite font (ISO 32000-1, section 9.7), with a map from its glyphs back to letters,
/// which makes the text searchable.
fn write_font(
    pdf: &mut Pdf,
    face: &Face<'_>,
    glyphs: &GlyphRemapper,
    letters: &BTreeMap<u16, char>,
) -> Result<(), String> {
    let file = subsetter::subset(font::FILE, 0, glyphs).map_err(|error| error.to_string())?;
    let name = format!("{}+LiberationSans", tag(letters));
    let name = Name(name.as_bytes());
    let thousandths = |units: f32| units / f32::from(face.units_per_em()) * 1000.0;
    pdf.type0_font(FONT)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(LETTERS)
        .to_unicode(UNICODE);
    let mut cid = pdf.cid_font(LETTERS);
    cid.subtype(CidFontType::Type2);
    cid.base_font(name);
    cid.system_info(SYSTEM);
    cid.font_descriptor(DESCRIPTOR);
    cid.default_width(0.0);
    cid.cid_to_gid_map_predefined(Name(b"Identity"));
    let advance = |glyph: u16| face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
    let widths = glyphs
        .remapped_gids()
        .map(|glyph| thousandths(f32::from(advance(glyph))));
    cid.widths().consecutive(0, widths);
    cid.finish();
    let bounds = face.global_bounding_box();
    let [left, bottom, right, top] = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
        .map(|edge| thousandths(f32::from(edge)));
    pdf.font_descriptor(DESCRIPTOR)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(thousandths(f32::from(face.ascender())))
        .descent(thousandths(f32::from(face.descender())))
        .cap_height(thousandths(f32::from(
            face.capital_height().unwrap_or_default(),
        )))
        .stem_v(80.0)
        .font_file2(FONT_FILE);
    let mut unicode = UnicodeCmap::new(Name(b"Letters"), SYSTEM);
    for (&code, &letter) in letters {
        unicode.pair(code, letter);
    }
    pdf.cmap(UNICODE, &unicode.finish());
    pdf.stream(FONT_FILE, &file);
    Ok(())
}

/// The six letters before the name of a subset (ISO 32000-1, section 9.6.4), derived from the letters that it contains.
fn tag(letters: &BTreeMap<u16, char>) -> String {
    let used: String = letters.values().collect();
    let hash = blake3::hash(used.as_bytes());
    let bytes = hash.as_bytes().iter().take(6);
    bytes.map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// The name of the graphics state for an opacity.
fn state(percent: u8) -> String {
    format!("A{percent}")
}

fn path(content: &mut Content, points: &[Point]) {
    for (place, point) in points.iter().enumerate() {
        let (x, y) = (point.0 as f32, point.1 as f32);
        if place == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
}

/// Approximates a circle by four cubic Bézier curves; the error is below a thousandth of the radius.
fn circle(content: &mut Content, at: Point, radius: f64) {
    let (x, y, r) = (at.0 as f32, at.1 as f32, radius as f32);
    let k = 0.552_285 * r;
    content.move_to(x + r, y);
    content.cubic_to(x + r, y + k, x + k, y + r, x, y + r);
    content.cubic_to(x - k, y + r, x - r, y + k, x - r, y);
    content.cubic_to(x - r, y - k, x - k, y - r, x, y - r);
    content.cubic_to(x + k, y - r, x + r, y - k, x + r, y);
    content.close_path();
}

/// The components of a colour from 0 to 1.
fn shares(Colour(red, green, blue): Colour) -> [f32; 3] {
    [red, green, blue].map(|share| f32::from(share) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::scene::PALE;

    fn scene() -> Scene {
        let mut scene = Scene::new(60.0, 40.0);
        let dashed = Stroke {
            dashes: &[4.0, 1.5],
            ..Stroke::solid(INK, 1.2)
        };
        scene.line(vec![(5.0, 5.0), (55.0, 5.0), (55.0, 30.0)], dashed);
        scene.area(vec![(5.0, 10.0), (25.0, 10.0), (15.0, 20.0)], PALE, 0.5);
        scene.dot((40.0, 15.0), 2.0, Colour(0x00, 0x72, 0xb2), 1.0);
        scene.words((30.0, 35.0), "τ > −1", 8.0, Anchor::Middle);
        scene.words_upwards((10.0, 20.0), "IQM", 7.0);
        scene
    }

    #[test]
    fn equal_scenes_give_equal_bytes() {
        assert_eq!(document(&scene(), "Scores"), document(&scene(), "Scores"));
    }

    #[test]
    fn every_item_is_drawn_at_its_place_on_a_page_as_large_as_the_scene() {
        let file = document(&scene(), "Scores").unwrap();
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains("/MediaBox [0 0 60 40]"));
        let content = text.split("stream\n").nth(1).unwrap();
        insta::assert_snapshot!(content.trim_end_matches("end"), @r"
        1 0 0 -1 0 40 cm
        1 j
        0.13333334 0.13333334 0.13333334 RG
        1.2 w
        [4 1.5] 0 d
        5 5 m
        55 5 l
        55 30 l
        S
        q
        /A50 gs
        0.8666667 0.8666667 0.8666667 rg
        5 10 m
        25 10 l
        15 20 l
        f
        Q
        q
        /A100 gs
        0 0.44705883 0.69803923 rg
        42 15 m
        42 16.10457 41.10457 17 40 17 c
        38.89543 17 38 16.10457 38 15 c
        38 13.89543 38.89543 13 40 13 c
        41.10457 13 42 13.89543 42 15 c
        h
        f
        Q
        BT
        0.13333334 0.13333334 0.13333334 rg
        /F 8 Tf
        1 0 0 -1 19.300781 35 Tm
        (\000\001\000\002\000\003\000\002\000\004\000\005) Tj
        ET
        BT
        0.13333334 0.13333334 0.13333334 rg
        /F 7 Tf
        0 -1 -1 0 10 26.610352 Tm
        (\000\006\000\007\000\b) Tj
        ET
        ");
    }
}
