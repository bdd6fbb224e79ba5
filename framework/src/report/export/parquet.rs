//! Every episode of every evaluation of every record, as one Parquet file for pandas, polars or DuckDB.

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::run::record::{Evaluation, Record};

const SCHEMA: &str = "
message evaluations {
  required binary suite (STRING);
  required binary environment (STRING);
  required binary surrogate (STRING);
  required binary actor (STRING);
  required binary agent (STRING);
  required int64 seed;
  required binary outcome (STRING);
  required int64 step;
  required int64 episode;
  required double return;
  required int64 length;
}";

/// The file; a network without spikes has the surrogate `none`. Runs that did not finish are in it, with their outcome.
pub fn file(suite: &str, records: &[&Record]) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_created_by("spikebench".to_owned())
        .build();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let rows: Vec<(&Record, &Evaluation)> = records
        .iter()
        .flat_map(|record| {
            record
                .evaluations
                .iter()
                .map(move |evaluation| (*record, evaluation))
        })
        .collect();
    let text = |of: &dyn Fn(&Record) -> String| -> Vec<ByteArray> {
        rows.iter()
            .map(|(record, _)| ByteArray::from(of(record).into_bytes()))
            .collect()
    };
    let number = |of: &dyn Fn(&Record, &Evaluation) -> u64| -> Vec<i64> {
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        rows.iter()
            .map(|(record, evaluation)| signed(of(record, evaluation)))
            .collect()
    };
    let mut group = writer.next_row_group()?;
    let labels = |record: &Record| record.cell.labels.clone();
    column::<ByteArrayType>(&mut group, text(&|_| suite.to_owned()))?;
    column::<ByteArrayType>(&mut group, text(&|record| labels(record).environment))?;
    column::<ByteArrayType>(
        &mut group,
        text(&|record| labels(record).surrogate.unwrap_or_else(|| "none".into())),
    )?;
    column::<ByteArrayType>(&mut group, text(&|record| labels(record).actor))?;
    column::<ByteArrayType>(&mut group, text(&|record| labels(record).agent))?;
    column::<Int64Type>(&mut group, number(&|record, _| record.cell.seed))?;
    column::<ByteArrayType>(
        &mut group,
        text(&|record| record.outcome.status.name().to_owned()),
    )?;
    column::<Int64Type>(&mut group, number(&|_, evaluation| evaluation.step))?;
    column::<Int64Type>(&mut group, number(&|_, evaluation| evaluation.episode))?;
    let returns = rows
        .iter()
        .map(|(_, evaluation)| evaluation.total)
        .collect();
    column::<DoubleType>(&mut group, returns)?;
    column::<Int64Type>(&mut group, number(&|_, evaluation| evaluation.length))?;
    group.close()?;
    writer.into_inner()
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: Vec<T::T>,
) -> Result<()> {
    let missing = || ParquetError::General("the schema has no more columns".into());
    let mut writer = group.next_column()?.ok_or_else(missing)?;
    writer.typed::<T>().write_batch(&values, None, None)?;
    writer.close()
}
