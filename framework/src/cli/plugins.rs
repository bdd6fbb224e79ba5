//! The plugins that a command uses: those of its options, and those of the user's configuration.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::configuration::Configuration;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::registry::Registry;
use crate::registry::plugin::{Plugin, PluginFile, Refusal, try_in_child};
use crate::run::this_program;

#[derive(Debug, Args)]
pub struct PluginArguments {
    /// Load the components of this library; `FILE=blake3:HASH` insists on its contents. A suite cannot ask for it
    #[arg(
        long = "plugin",
        value_name = "FILE",
        global = true,
        help_heading = "Plugins"
    )]
    files: Vec<PluginFile>,
    /// Load plugins whose files others could have written
    #[arg(long = "plugin-unchecked", global = true, help_heading = "Plugins")]
    is_unchecked: bool,
    /// A plugin that the parent process has checked
    #[arg(long = "plugin-image", global = true, hide = true)]
    images: Vec<Plugin>,
}

impl PluginArguments {
    /// Whether there are plugins to load, or a configuration that cannot be read.
    pub fn are_named(&self) -> bool {
        !self.files.is_empty()
            || !self.images.is_empty()
            || Configuration::of_user().map_or(true, |user| !user.plugins.is_empty())
    }

    /// Loads all plugins into this process and adds their components to the known ones. A child loads what its parent has
    /// checked, and nothing else.
    pub fn load(self, registry: &mut Registry, is_child: bool) -> Result<(), Failure> {
        let mut files: Vec<(PluginFile, Option<PathBuf>)> =
            self.files.into_iter().map(|file| (file, None)).collect();
        if !is_child {
            let user = Configuration::of_user()?;
            let named = user.plugins.into_iter();
            files.extend(named.map(|file| (file, user.file.clone())));
        }
        for image in self.images {
            add(registry, image)?;
        }
        for (file, named_by) in files {
            let refused = |error: Refusal| refused(&file, named_by.as_deref(), error);
            let plugin = Plugin::check(&file, self.is_unchecked).map_err(refused)?;
            // The configuration and the options may name the same file.
            if registry
                .plugins()
                .iter()
                .any(|other| other.file == plugin.file)
            {
                continue;
            }
            try_in_child(&this_program()?, &plugin).map_err(refused)?;
            add(registry, plugin)?;
        }
        Ok(())
    }
}

fn add(registry: &mut Registry, plugin: Plugin) -> Result<(), Failure> {
    let components = plugin.load().map_err(|error| {
        let file = plugin.file.display();
        Failure::new(
            exit::BAD_DATA,
            format!("the plugin {file} is not loaded: {error}"),
        )
    })?;
    let added = registry.add_plugin(plugin, components);
    added.map_err(|error| Failure::new(exit::BAD_DATA, error))
}

fn refused(file: &PluginFile, named_by: Option<&Path>, error: Refusal) -> Failure {
    let code = match error {
        Refusal::Unreadable { .. } | Refusal::Untried(_) => exit::IO,
        _ => exit::BAD_DATA,
    };
    let path = file.path.display();
    let by = named_by.map_or_else(String::new, |by| format!(", which {} names,", by.display()));
    Failure::new(
        code,
        format!("the plugin {path}{by} is not loaded: {error}"),
    )
}
