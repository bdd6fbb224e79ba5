//! Writes a scene as TikZ, so that its text is set in the fonts of the paper.

use std::collections::BTreeSet;

use crate::report::tex_letters;

use super::scene::{Anchor, Colour, INK, Item, Point, Scene, Stroke, length};

/// A `tikzpicture` that a paper reads by `\input`; the paper must load the package `tikz`.
pub fn picture(scene: &Scene) -> String {
    let mut text = String::from("% needs \\usepackage{tikz}\n");
    let colours: BTreeSet<Colour> = scene.items.iter().map(colour).collect();
    for one @ Colour(red, green, blue) in colours {
        text.push_str(&format!(
            "\\definecolor{{{}}}{{RGB}}{{{red},{green},{blue}}}\n",
            name(one)
        ));
    }
    text.push_str("\\begin{tikzpicture}[x=1bp, y=-1bp, line join=round]\n");
    for item in &scene.items {
        text.push_str(&format!("  {};\n", draw(item)));
    }
    text.push_str("\\end{tikzpicture}\n");
    text
}

fn draw(item: &Item) -> String {
    let at = |point: &Point| format!("({},{})", length(point.0), length(point.1));
    let path = |points: &[Point]| points.iter().map(at).collect::<Vec<_>>().join(" -- ");
    match item {
        Item::Line { points, stroke } => format!("\\draw[{}] {}", line(stroke), path(points)),
        Item::Area {
            points,
            colour,
            opacity,
        } => format!(
            "\\fill[{}, opacity={}] {} -- cycle",
            name(*colour),
            length(*opacity),
            path(points)
        ),
        Item::Dot {
            at: centre,
            radius,
            colour,
            opacity,
        } => format!(
            "\\fill[{}, opacity={}] {} circle[radius={}bp]",
            name(*colour),
            length(*opacity),
            at(centre),
            length(*radius)
        ),
        Item::Words {
            at: place,
            text,
            size,
            anchor,
            upwards,
        } => {
            let anchor = match anchor {
                Anchor::Start => "base west",
                Anchor::Middle => "base",
                Anchor::End => "base east",
            };
            let turn = if *upwards { ", rotate=90" } else { "" };
            format!(
                "\\node[anchor={anchor}, inner sep=0pt, text={}, font=\\fontsize{{{size}}}{{{size}}}\\selectfont{turn}] \
                 at {} {{{}}}",
                name(INK),
                at(place),
                tex_letters::escape(text)
            )
        }
    }
}

fn line(stroke: &Stroke) -> String {
    let mut text = format!(
        "{}, line width={}bp",
        name(stroke.colour),
        length(stroke.width)
    );
    if !stroke.dashes.is_empty() {
        let pattern: Vec<String> = stroke
            .dashes
            .chunks(2)
            .map(|pair| {
                let off = pair.get(1).unwrap_or(&pair[0]);
                format!("on {}bp off {}bp", length(pair[0]), length(*off))
            })
            .collect();
        text.push_str(&format!(", dash pattern={}", pattern.join(" ")));
    }
    text
}

fn colour(item: &Item) -> Colour {
    match item {
        Item::Line { stroke, .. } => stroke.colour,
        Item::Area { colour, .. } | Item::Dot { colour, .. } => *colour,
        Item::Words { .. } => INK,
    }
}

fn name(Colour(red, green, blue): Colour) -> String {
    format!("spikebench{red:02x}{green:02x}{blue:02x}")
}
