//! Writes a scene as SVG.

use std::fmt::Write;

use super::font;
use super::scene::{Anchor, Colour, Item, Point, Scene, Stroke, length};

/// A complete SVG file; `title` becomes its `<title>`, which screen readers speak.
pub fn document(scene: &Scene, title: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        element(scene, title)
    )
}

/// The `<svg>` element, to be placed into an HTML page.
pub fn element(scene: &Scene, title: &str) -> String {
    let (width, height) = (length(scene.width), length(scene.height));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" viewBox=\"0 0 {width} \
         {height}\" role=\"img\" font-family=\"'{}', Arimo, Helvetica, Arial, sans-serif\">\n<title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        font::NAME,
        escape(title)
    );
    for item in &scene.items {
        text.push_str(&draw(item));
        text.push('\n');
    }
    text.push_str("</svg>\n");
    text
}

fn draw(item: &Item) -> String {
    match item {
        Item::Line { points, stroke } => format!(
            "<polyline points=\"{}\" fill=\"none\" {}/>",
            list(points),
            line(stroke)
        ),
        Item::Area {
            points,
            colour,
            opacity,
        } => format!(
            "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{}\"/>",
            list(points),
            hex(*colour),
            length(*opacity)
        ),
        Item::Dot {
            at,
            radius,
            colour,
            opacity,
        } => format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\" fill-opacity=\"{}\"/>",
            length(at.0),
            length(at.1),
            length(*radius),
            hex(*colour),
            length(*opacity)
        ),
        Item::Words {
            at,
            text,
            size,
            anchor,
            upwards,
        } => {
            let (x, y) = (length(at.0), length(at.1));
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let turn = if *upwards {
                format!(" transform=\"rotate(-90 {x} {y})\"")
            } else {
                String::new()
            };
            format!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\" fill=\"{}\"{turn}>{}</text>",
                length(*size),
                hex(super::scene::INK),
                escape(text)
            )
        }
    }
}

fn line(stroke: &Stroke) -> String {
    let mut text = format!(
        "stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
        hex(stroke.colour),
        length(stroke.width)
    );
    if !stroke.dashes.is_empty() {
        let dashes: Vec<String> = stroke.dashes.iter().map(|dash| length(*dash)).collect();
        let _ = write!(text, " stroke-dasharray=\"{}\"", dashes.join(" "));
    }
    text
}

fn list(points: &[Point]) -> String {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{},{}", length(*x), length(*y)))
        .collect();
    points.join(" ")
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(text: &str) -> String {
    maud::html! { (text) }.into_string()
}
