//! The file of a checkpoint: a line that says what it is, a line with the hash of all that follows, a description in JSON,
//! and the parts of the state as safetensors. The rows of ring buffers are in files of their own.

use std::collections::{BTreeMap, HashMap};
use std::io;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};
use thiserror::Error;

use crate::api::State;
use crate::registry::plugin::PluginOrigin;
use crate::run::measurements::Measurements;
use crate::run::record::Machine;

/// The first line of the file. The number is raised when the format changes.
const MAGIC: &str = "spikebench checkpoint ";
const FORMAT: u32 = 1;

/// Tensors and words share one name space in the file.
const TENSOR: &str = "tensor.";
const WORDS: &str = "words.";

/// What a checkpoint says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What was trained, apart from the length of the run; see [`Cell::training_key`](crate::suite::plan::Cell::training_key).
    pub training_key: String,
    /// The number of steps that the run was to take.
    pub steps: u64,
    /// The number of steps that were done.
    pub step: u64,
    /// Seconds that the run had taken, with evaluations.
    pub seconds: f64,
    /// The kinds of machines that have computed these steps.
    pub machines: Vec<Machine>,
    /// The plugins that the components of these steps came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginOrigin>,
    /// What was measured up to this step.
    pub measurements: Measurements,
    /// The ring buffers of the state, by name.
    pub rings: BTreeMap<String, RingAbout>,
}

/// Where the rows of a ring buffer are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingAbout {
    /// The number of values in a row.
    pub width: usize,
    /// The number of rows that the buffer holds at most.
    pub capacity: usize,
    /// The number of rows that were recorded before the oldest one that the buffer still held.
    pub first: u64,
    /// The number of rows that were ever recorded.
    pub end: u64,
    /// The files with these rows, oldest first; the first file may begin with older ones.
    pub chunks: Vec<ChunkAbout>,
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChunkAbout {
    /// The name of the file, in the folder of the checkpoint.
    pub file: String,
    /// The number of rows that were recorded before the first one of the file.
    pub first: u64,
    /// The number of rows in the file at the time of the checkpoint; later ones may follow.
    pub rows: u64,
    /// The hash of these rows.
    pub hash: String,
}

/// A checkpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The file is not what was once written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A newer version has written the file.
    #[error(
        "it was written by a newer version, in format {found}; this version reads format {FORMAT}"
    )]
    Newer {
        /// The number of its format.
        found: u32,
    },
    /// The file is whole but belongs to another run.
    #[error("it does not fit: {0}")]
    Misfit(String),
}

fn damaged(reason: impl ToString) -> CheckpointError {
    CheckpointError::Damaged(reason.to_string())
}

/// Why a checkpoint is not taken over.
#[derive(Debug)]
pub enum Rejection {
    /// It cannot be used.
    Unusable(CheckpointError),
    /// The disk refuses what has to be written. The checkpoint may be as good as ever.
    Storage(io::Error),
}

impl From<CheckpointError> for Rejection {
    fn from(error: CheckpointError) -> Self {
        Self::Unusable(error)
    }
}

/// The bytes of a checkpoint; the rows of `state.rings` are not among them.
pub fn encode(about: &About, state: &State) -> Result<Vec<u8>, CheckpointError> {
    let mut parts = Vec::new();
    for (name, tensor) in &state.tensors {
        let tensor = tensor.to_device(Device::Cpu).contiguous();
        let dtype = dtype(tensor.kind()).ok_or_else(|| {
            CheckpointError::Misfit(format!("{name} has the type {:?}", tensor.kind()))
        })?;
        let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
        tensor.copy_data_u8(&mut bytes, tensor.numel());
        let shape = tensor.size().iter().map(|&size| size as usize).collect();
        parts.push((format!("{TENSOR}{name}"), dtype, shape, bytes));
    }
    for (name, words) in &state.words {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        parts.push((
            format!("{WORDS}{name}"),
            Dtype::U64,
            vec![words.len()],
            bytes,
        ));
    }
    let views = parts.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views = views
        .collect::<Result<HashMap<_, _>, _>>()
        .map_err(damaged)?;
    let tensors = safetensors::serialize(views, None).map_err(damaged)?;
    let about = serde_json::to_vec(about).map_err(damaged)?;
    let mut contents = (about.len() as u64).to_le_bytes().to_vec();
    contents.extend(about);
    contents.extend(tensors);
    let hash = blake3::hash(&contents).to_hex();
    let mut bytes = format!("{MAGIC}{FORMAT}\n{hash}\n").into_bytes();
    bytes.extend(contents);
    Ok(bytes)
}

/// Checks the bytes of a checkpoint without making anything of its parts.
pub fn examine(bytes: &[u8]) -> Result<About, CheckpointError> {
    let (about, parts) = parts(bytes)?;
    for (name, part) in parts.tensors() {
        if let Some(name) = name.strip_prefix(TENSOR) {
            kind_of(name, part.dtype())?;
        }
    }
    Ok(about)
}

/// What a checkpoint says about itself, and its parts.
fn parts(bytes: &[u8]) -> Result<(About, SafeTensors<'_>), CheckpointError> {
    let (magic, rest) = line(bytes)?;
    let format = magic
        .strip_prefix(MAGIC)
        .and_then(|format| format.parse::<u32>().ok())
        .ok_or_else(|| damaged("it does not begin like a checkpoint"))?;
    if format > FORMAT {
        return Err(CheckpointError::Newer { found: format });
    }
    let (hash, contents) = line(rest)?;
    if blake3::hash(contents).to_hex().as_str() != hash {
        return Err(damaged("its hash is another"));
    }
    let cut = || damaged("it is too short");
    let (length, rest) = contents.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(damaged)?;
    let (about, tensors) = rest.split_at_checked(length).ok_or_else(cut)?;
    let about: About = serde_json::from_slice(about).map_err(damaged)?;
    Ok((about, SafeTensors::deserialize(tensors).map_err(damaged)?))
}

/// Reads the bytes of a checkpoint. The rings of the state are empty.
pub fn decode(bytes: &[u8]) -> Result<(About, State), CheckpointError> {
    let (about, parts) = parts(bytes)?;
    let mut state = State::default();
    for (name, view) in parts.tensors() {
        if let Some(name) = name.strip_prefix(TENSOR) {
            let kind = kind_of(name, view.dtype())?;
            let size: Vec<i64> = view.shape().iter().map(|&size| size as i64).collect();
            let tensor = Tensor::f_from_data_size(view.data(), &size, kind).map_err(damaged)?;
            state.tensors.insert(name.to_owned(), tensor);
        } else if let Some(name) = name.strip_prefix(WORDS) {
            let (words, _) = view.data().as_chunks::<8>();
            let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
            state.words.insert(name.to_owned(), words);
        }
    }
    Ok((about, state))
}

fn line(bytes: &[u8]) -> Result<(&str, &[u8]), CheckpointError> {
    /// Longer than any line of the head.
    const MOST: usize = 100;
    let end = bytes.iter().take(MOST).position(|&byte| byte == b'\n');
    let end = end.ok_or_else(|| damaged("it does not begin like a checkpoint"))?;
    let text = std::str::from_utf8(&bytes[..end]).map_err(damaged)?;
    Ok((text, &bytes[end + 1..]))
}

fn dtype(kind: Kind) -> Option<Dtype> {
    Some(match kind {
        Kind::Float => Dtype::F32,
        Kind::Double => Dtype::F64,
        Kind::Int64 => Dtype::I64,
        Kind::Int => Dtype::I32,
        Kind::Bool => Dtype::BOOL,
        _ => return None,
    })
}

fn kind_of(name: &str, dtype: Dtype) -> Result<Kind, CheckpointError> {
    [
        Kind::Float,
        Kind::Double,
        Kind::Int64,
        Kind::Int,
        Kind::Bool,
    ]
    .into_iter()
    .find(|&kind| self::dtype(kind) == Some(dtype))
    .ok_or_else(|| damaged(format!("{name} has the type {dtype:?}")))
}
