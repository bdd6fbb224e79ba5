//! `spikebench inspect`: shows the stamp and the components of a library without loading it.

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, show_json};
use crate::registry::plugin::{LibraryFile, PluginFile, Refusal, check_trust};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The library, `lib….so`; `FILE=blake3:HASH` compares its contents as well
    #[arg(value_name = "FILE")]
    file: PluginFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let path = &arguments.file.path;
    let failed = |error: Refusal| {
        let code = match error {
            Refusal::Unreadable { .. } => exit::IO,
            _ => exit::BAD_DATA,
        };
        Failure::new(code, format!("{}: {error}", path.display()))
    };
    let library = LibraryFile::read(path, true).map_err(failed)?;
    let rows = library.comparison().map_err(failed)?;
    let components = library.components().map_err(failed)?;
    let refusals: Vec<String> = [
        library.check_stamp().err(),
        library.check_pin(arguments.file.pin.as_deref()).err(),
        check_trust(path, false).err(),
    ]
    .into_iter()
    .flatten()
    .map(|refusal| refusal.to_string())
    .collect();
    if arguments.json {
        let stamp = rows.iter().map(|row| {
            serde_json::json!({ "field": row.field, "host": row.host, "plugin": row.plugin, "agrees": row.agrees() })
        });
        let listed = components.iter().map(
            |one| serde_json::json!({ "kind": one.kind, "name": one.name, "summary": one.summary }),
        );
        show_json(&serde_json::json!({
            "file": library.path,
            "blake3": library.hash,
            "stamp": stamp.collect::<Vec<_>>(),
            "components": listed.collect::<Vec<_>>(),
            "refusals": refusals,
        }))?;
    } else {
        let mut text = format!("{}\nblake3:{}\n\n", library.path.display(), library.hash);
        let width = rows
            .iter()
            .map(|row| row.field.chars().count())
            .max()
            .unwrap_or(0);
        for row in &rows {
            let (field, plugin) = (&row.field, &row.plugin);
            let remark = match row.agrees() {
                true => String::new(),
                false => format!("  (this program: {})", row.host),
            };
            text.push_str(&format!("{field:width$}  {plugin}{remark}\n"));
        }
        text.push('\n');
        for one in &components {
            text.push_str(&format!("{} {}: {}\n", one.kind, one.name, one.summary));
        }
        match refusals.as_slice() {
            [] => text.push_str("\nIt fits this program.\n"),
            some => some
                .iter()
                .for_each(|words| text.push_str(&format!("\nIt would be refused: {words}\n"))),
        }
        show(&text)?;
    }
    Ok(if refusals.is_empty() {
        exit::DONE
    } else {
        exit::BAD_DATA
    })
}
