//! One picture as PNG.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use crate::api::Picture;

/// Writes a picture into a file.
pub fn write(path: &Path, picture: &Picture) -> io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.colours)?;
    writer.finish()?;
    Ok(())
}
