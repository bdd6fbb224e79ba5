//! Every episode of every evaluation of every record, as one Parquet file for pandas, polars or DuckDB.

use std::io::{self, Write};
use std::iter::repeat_n;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::run::record::Record;

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

/// Writes the file; a network without spikes has the surrogate `none`. Runs that did not finish are in it, with their outcome.
pub fn write(suite: &str, records: &[&Record], writer: &mut (dyn Write + Send)) -> io::Result<()> {
    write_columns(suite, records, writer).map_err(io::Error::other)
}

fn write_columns(suite: &str, records: &[&Record], writer: &mut (dyn Write + Send)) -> Result<()> {
    let properties = WriterProperties::builder()
        .set_created_by("spikebench".to_owned())
        .build();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(writer, schema, Arc::new(properties))?;
    let text = |of: fn(&Record) -> &str| {
        let text =
            move |record: &&Record| repeat_n(ByteArray::from(of(record)), record.evaluations.len());
        records.iter().flat_map(text)
    };
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let episodes = || records.iter().flat_map(|record| &record.evaluations);
    let seeds = records
        .iter()
        .flat_map(|record| repeat_n(signed(record.cell.seed), record.evaluations.len()));
    let suite = ByteArray::from(suite);
    let mut group = writer.next_row_group()?;
    let suite = episodes().map(|_| suite.clone());
    column::<ByteArrayType, _>(&mut group, suite)?;
    column::<ByteArrayType, _>(&mut group, text(|record| &record.cell.labels.environment))?;
    let surrogate = text(|record| record.cell.labels.surrogate.as_deref().unwrap_or("none"));
    column::<ByteArrayType, _>(&mut group, surrogate)?;
    column::<ByteArrayType, _>(&mut group, text(|record| &record.cell.labels.actor))?;
    column::<ByteArrayType, _>(&mut group, text(|record| &record.cell.labels.agent))?;
    column::<Int64Type, _>(&mut group, seeds)?;
    column::<ByteArrayType, _>(&mut group, text(|record| record.outcome.status.name()))?;
    column::<Int64Type, _>(&mut group, episodes().map(|episode| signed(episode.step)))?;
    column::<Int64Type, _>(
        &mut group,
        episodes().map(|episode| signed(episode.episode)),
    )?;
    column::<DoubleType, _>(&mut group, episodes().map(|episode| episode.total))?;
    column::<Int64Type, _>(&mut group, episodes().map(|episode| signed(episode.length)))?;
    group.close()?;
    writer.close()?;
    Ok(())
}

/// The number of values of a column that are in memory at once.
const AT_ONCE: usize = 1 << 16;

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    mut values: impl Iterator<Item = T::T>,
) -> Result<()> {
    let missing = || ParquetError::General("the schema has no more columns".into());
    let mut writer = group.next_column()?.ok_or_else(missing)?;
    let mut some = Vec::with_capacity(AT_ONCE);
    loop {
        some.clear();
        some.extend(values.by_ref().take(AT_ONCE));
        if some.is_empty() {
            break;
        }
        writer.typed::<T>().write_batch(&some, None, None)?;
    }
    writer.close()
}
