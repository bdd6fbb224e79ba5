//! Files of NumPy: the `evaluations.npz` of Stable-Baselines3 and its zoo, and score matrices as rliable takes them.

use std::io::{Cursor, Read};

use npyz::{DType, NpyFile, TypeChar};
use zip::ZipArchive;

use crate::stats::describe::LARGEST;

use super::error::ScoreError;
use super::run_name::RunName;
use super::runs::{Row, Runs};

/// The most bytes of all arrays that are unpacked.
const MOST_BYTES: u64 = 512 << 20;

/// An array of numbers.
struct Array {
    name: String,
    shape: Vec<usize>,
    /// The last index varies fastest.
    values: Vec<f64>,
}

/// Adds the runs of a file of several arrays.
pub fn add(file: &str, bytes: &[u8], name: &RunName, runs: &mut Runs) -> Result<(), ScoreError> {
    let wrong = |message: String| ScoreError::of_file(file, message);
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| wrong(format!("is not a file of NumPy arrays: {error}")))?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    if names.iter().any(|name| name.starts_with("xl/")) {
        return Err(wrong(
            "is a workbook of a spreadsheet: save the sheet as CSV in UTF-8".into(),
        ));
    }
    if !names.iter().all(|name| name.ends_with(".npy")) {
        return Err(wrong(format!(
            "is an archive with other files than arrays of NumPy: {}",
            names.join(", ")
        )));
    }
    let mut arrays = Vec::new();
    let mut left = MOST_BYTES;
    for place in 0..names.len() {
        let mut member = archive
            .by_index(place)
            .map_err(|error| wrong(error.to_string()))?;
        let name = member.name().trim_end_matches(".npy").to_owned();
        let mut unpacked = Vec::new();
        let read = member.by_ref().take(left + 1).read_to_end(&mut unpacked);
        let length = read.map_err(|error| wrong(format!("{name}: {error}")))? as u64;
        if length > left {
            let most = MOST_BYTES >> 20;
            return Err(wrong(format!(
                "unpacks to more than {most} MiB, which is the most that is read"
            )));
        }
        left -= length;
        arrays.push(
            array(name.clone(), &unpacked)
                .map_err(|message| wrong(format!("{name}: {message}")))?,
        );
    }
    runs.begin(file);
    let find = |name: &str| arrays.iter().find(|array| array.name == name);
    match (find("timesteps"), find("results")) {
        (Some(steps), Some(results)) => evaluations(steps, results, name, runs).map_err(wrong),
        (None, None) => matrices(&arrays, name, runs).map_err(wrong),
        _ => Err(wrong(format!(
            "has no array timesteps and results, as evaluations.npz has; found {}",
            arrays
                .iter()
                .map(|array| array.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

fn array(name: String, bytes: &[u8]) -> Result<Array, String> {
    let file = NpyFile::new(bytes).map_err(|error| error.to_string())?;
    let DType::Plain(kind) = file.dtype() else {
        return Err("expected numbers, found records".into());
    };
    if kind.type_char() == TypeChar::Object {
        return Err("holds Python objects, which are not read: save arrays of numbers".into());
    }
    let shape: Vec<usize> = file.shape().iter().map(|&length| length as usize).collect();
    let size = kind.num_bytes().unwrap_or(1);
    let length = shape
        .iter()
        .try_fold(size, |length, &side| length.checked_mul(side));
    if length.is_none_or(|length| length > bytes.len()) {
        return Err(format!("is shorter than its shape {shape:?}"));
    }
    let is_fortran = file.order() == npyz::Order::Fortran && shape.len() > 1;
    let error = |error: std::io::Error| error.to_string();
    let values: Vec<f64> = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => file.into_vec::<f64>().map_err(error)?,
        (TypeChar::Float, 4) => file
            .into_vec::<f32>()
            .map_err(error)?
            .into_iter()
            .map(f64::from)
            .collect(),
        (TypeChar::Int, 8) => file
            .into_vec::<i64>()
            .map_err(error)?
            .into_iter()
            .map(|value| value as f64)
            .collect(),
        (TypeChar::Int, 4) => file
            .into_vec::<i32>()
            .map_err(error)?
            .into_iter()
            .map(f64::from)
            .collect(),
        (TypeChar::Uint, 8) => file
            .into_vec::<u64>()
            .map_err(error)?
            .into_iter()
            .map(|value| value as f64)
            .collect(),
        (TypeChar::Bool, _) => file
            .into_vec::<bool>()
            .map_err(error)?
            .into_iter()
            .map(f64::from)
            .collect(),
        _ => {
            return Err(format!(
                "numbers of the type {kind} are not read, only float64, float32, int64 and int32"
            ));
        }
    };
    let values = match is_fortran {
        true => row_by_row(&values, &shape),
        false => values,
    };
    Ok(Array {
        name,
        shape,
        values,
    })
}

/// An array that is stored column by column, as `np.savez` does with a transposed one, row by row.
fn row_by_row(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let place = |mut index: usize| {
        // The digits of the index, from the last one, are the indices of the array.
        let mut indices = vec![0; shape.len()];
        for (own, &length) in indices.iter_mut().zip(shape).rev() {
            *own = index % length;
            index /= length;
        }
        let backwards = indices.iter().zip(shape).rev();
        backwards.fold(0, |place, (own, length)| place * length + own)
    };
    (0..values.len())
        .map(|index| values[place(index)])
        .collect()
}

fn usable(score: f64) -> Option<f64> {
    Some(score).filter(|score| score.abs() <= LARGEST)
}

/// `timesteps` has the steps of the evaluations, `results` the returns of their episodes, a line for each evaluation.
fn evaluations(
    steps: &Array,
    results: &Array,
    name: &RunName,
    runs: &mut Runs,
) -> Result<(), String> {
    let count = steps.values.len();
    let is_matrix = results.shape.len() <= 2 && results.shape.first() == Some(&count);
    if count == 0 || !is_matrix || results.values.is_empty() {
        return Err(format!(
            "expected results of evaluations × episodes for {count} timesteps, found the shape {:?}",
            results.shape
        ));
    }
    runs.has_steps = true;
    for (&step, episodes) in steps
        .values
        .iter()
        .zip(results.values.chunks(results.values.len() / count))
    {
        if step < 0.0 || step.fract() != 0.0 {
            return Err(format!(
                "timestep {step} is not a whole number that is not negative"
            ));
        }
        let mean = episodes.iter().sum::<f64>() / episodes.len() as f64;
        runs.add(&Row {
            method: name.method.as_deref().unwrap_or_default(),
            task: name.task.as_deref().unwrap_or_default(),
            context: "",
            seed: name.seed.as_deref().unwrap_or("0"),
            step: step as u64,
            episode: None,
            score: usable(mean),
            line: 0,
        });
    }
    Ok(())
}

/// Each array is a method: runs × tasks, runs × tasks × evaluations, or the runs of one task.
fn matrices(arrays: &[Array], name: &RunName, runs: &mut Runs) -> Result<(), String> {
    for array in arrays {
        let (tasks, evaluations) = match array.shape[..] {
            [_] => (1, 1),
            [_, tasks] => (tasks, 1),
            [_, tasks, evaluations] => (tasks, evaluations),
            _ => {
                return Err(format!(
                    "{}: expected a matrix of runs × tasks, found the shape {:?}",
                    array.name, array.shape
                ));
            }
        };
        runs.has_steps |= array.shape.len() == 3;
        for (place, &value) in array.values.iter().enumerate() {
            let (run, task, evaluation) = (
                place / (tasks * evaluations),
                place / evaluations % tasks,
                place % evaluations,
            );
            let (seed, numbered) = (run.to_string(), format!("task {}", task + 1));
            let only = name.task.as_deref().filter(|_| array.shape.len() == 1);
            runs.add(&Row {
                method: &array.name,
                task: only.unwrap_or(&numbered),
                context: "",
                seed: &seed,
                step: evaluation as u64,
                episode: None,
                score: usable(value),
                line: 0,
            });
        }
    }
    Ok(())
}
