//! The event files of TensorBoard: records of a length, a checksum, a protocol buffer and another checksum.

use std::collections::BTreeMap;

use prost::Message;

use crate::stats::describe::LARGEST;

use super::error::ScoreError;
use super::options::Reading;
use super::role::Role;
use super::run_name::RunName;
use super::runs::{Row, Runs};
use super::table::chosen_tag;

// The parts of `event.proto`, `summary.proto` and `tensor.proto` of TensorFlow that hold scalars.

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
    #[prost(message, optional, tag = "8")]
    tensor: Option<Tensor>,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(bytes = "vec", tag = "4")]
    content: Vec<u8>,
    #[prost(float, repeated, tag = "5")]
    floats: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    doubles: Vec<f64>,
}

impl Value {
    /// The scalar; `None` for a histogram, an image or a text.
    fn scalar(&self) -> Option<f64> {
        let of_tensor = |tensor: &Tensor| {
            let float = tensor.floats.first().map(|&value| f64::from(value));
            let content = || match (tensor.kind, tensor.content.as_slice()) {
                (1, &[a, b, c, d]) => Some(f64::from(f32::from_le_bytes([a, b, c, d]))),
                (2, content) => content.try_into().ok().map(f64::from_le_bytes),
                _ => None,
            };
            float.or(tensor.doubles.first().copied()).or_else(content)
        };
        let simple = self.simple_value.map(f64::from);
        simple.or_else(|| self.tensor.as_ref().and_then(of_tensor))
    }
}

/// Adds the run of some files of one folder: one quantity of it.
pub fn add(
    files: &[(String, Vec<u8>)],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let curves = curves(files)?;
    let first = files.first().map_or("", |(file, _)| file.as_str());
    let tags: Vec<String> = curves.keys().cloned().collect();
    if tags.is_empty() {
        return Err(ScoreError::of_file(first, "holds no scalar"));
    }
    let tag = chosen_tag(&tags, reading.column(Role::Score))
        .map_err(|message| ScoreError::of_file(first, message))?;
    let note = format!("of event files, the quantity {tag} is read");
    if !runs.notes.contains(&note) {
        runs.notes.push(note);
    }
    runs.has_steps = true;
    let mut current = None;
    for &(place, step, score) in curves.get(&tag).into_iter().flatten() {
        if current != Some(place) {
            runs.begin(&files[place].0);
            current = Some(place);
        }
        runs.add(&Row {
            method: name.method.as_deref().unwrap_or_default(),
            task: name.task.as_deref().unwrap_or_default(),
            context: "",
            seed: name.seed.as_deref().unwrap_or("0"),
            step,
            episode: None,
            score: Some(score).filter(|score| score.abs() <= LARGEST),
            line: 0,
        });
    }
    Ok(())
}

/// The quantities of some files of one folder.
pub fn tags(files: &[(String, Vec<u8>)]) -> Result<Vec<String>, ScoreError> {
    Ok(curves(files)?.into_keys().collect())
}

/// Each quantity with the place of its file, the step and the number of each of its points.
type Curves = BTreeMap<String, Vec<(usize, u64, f64)>>;

fn curves(files: &[(String, Vec<u8>)]) -> Result<Curves, ScoreError> {
    let mut curves = Curves::new();
    for (place, (file, bytes)) in files.iter().enumerate() {
        for event in events(file, bytes)? {
            let values = event.summary.iter().flat_map(|summary| &summary.values);
            for value in values {
                if let Some(scalar) = value.scalar() {
                    let step = u64::try_from(event.step).unwrap_or_default();
                    let curve = curves.entry(value.tag.clone()).or_default();
                    curve.push((place, step, scalar));
                }
            }
        }
    }
    Ok(curves)
}

/// The events of a file. One that is cut short, as by a program that still writes, ends before it.
fn events(file: &str, mut bytes: &[u8]) -> Result<Vec<Event>, ScoreError> {
    let mut events = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        // Four bytes of checksum follow the length, and four the content.
        let length = u64::from_le_bytes(*length);
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(8));
        let Some(record) = end.and_then(|end| rest.get(..end)) else {
            break;
        };
        let content = &record[4..record.len() - 4];
        let event = Event::decode(content).map_err(|error| {
            ScoreError::of_file(
                file,
                format!("event {} is damaged: {error}", events.len() + 1),
            )
        })?;
        events.push(event);
        bytes = &rest[record.len()..];
    }
    if events.is_empty() {
        return Err(ScoreError::of_file(
            file,
            "is not an event file of TensorBoard, or holds no event",
        ));
    }
    Ok(events)
}
