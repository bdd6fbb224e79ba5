//! A film as MP4, by the program `ffmpeg` where it is installed.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::api::Picture;

use super::strip::Strip;

const ENCODER: &str = "ffmpeg";

/// Fails if the encoder cannot be started.
pub fn look_for_encoder() -> io::Result<()> {
    let mut command = Command::new(ENCODER);
    command.arg("-version").stdin(Stdio::null());
    command.output().map(drop)
}

/// An MP4 that any player and browser shows.
pub struct Mp4 {
    path: PathBuf,
    encoder: Option<Child>,
}

impl Mp4 {
    /// A film in this file, which is overwritten.
    pub fn at(path: &Path) -> Self {
        let path = path.to_owned();
        let encoder = None;
        Self { path, encoder }
    }

    /// Waits for the encoder, and fails with its words if it does.
    fn finish(&mut self) -> io::Result<()> {
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(());
        };
        drop(encoder.stdin.take());
        let mut words = String::new();
        if let Some(mut told) = encoder.stderr.take() {
            told.read_to_string(&mut words)?;
        }
        let status = encoder.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{ENCODER} failed: {}",
            words.trim()
        )))
    }
}

impl Strip for Mp4 {
    fn add(&mut self, picture: &Picture, delay: u16) -> io::Result<()> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            empty => empty.insert(start(&self.path, picture, delay)?),
        };
        let Some(frames) = &mut encoder.stdin else {
            return Ok(());
        };
        // An encoder that has failed no longer reads; its own words say why.
        let added = frames.write_all(&picture.colours);
        added.or_else(|broken| self.finish().and(Err(broken)))
    }

    fn end(&mut self) -> io::Result<()> {
        self.finish()
    }
}

fn start(path: &Path, picture: &Picture, delay: u16) -> io::Result<Child> {
    let mut command = Command::new(ENCODER);
    command.args(["-y", "-loglevel", "error"]);
    command.args(["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size"]);
    command.arg(format!("{}x{}", picture.width, picture.height));
    command.args(["-framerate", &format!("100/{delay}"), "-i", "pipe:0"]);
    // The colours that all players know are stored for two by two pixels.
    command.args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]);
    command.args(["-pix_fmt", "yuv420p", "-movflags", "+faststart"]);
    // A name that begins with a dash is no option, and one with a colon no protocol.
    let mut name = OsString::from("file:");
    name.push(path);
    command.arg(name);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}
