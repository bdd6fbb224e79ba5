//! Settings as the options of `spikebench compare`, so that a command can be given that asks the same.

use clap::ValueEnum;

use super::settings::Settings;

/// The words that follow the name of the file: whatever differs from the defaults. They are not quoted for a shell.
pub fn options(settings: &Settings) -> Vec<String> {
    let usual = Settings::default();
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| {
        words.push(format!("--{name}"));
        words.push(value);
    };
    if let Some(baseline) = &settings.baseline {
        option("baseline", baseline.clone());
    }
    if settings.metrics != usual.metrics {
        for metric in &settings.metrics {
            option("metric", metric.to_string());
        }
    }
    let named = [
        ("better", name(settings.better), name(usual.better)),
        ("test", name(settings.test), name(usual.test)),
        ("omnibus", name(settings.omnibus), name(usual.omnibus)),
        ("post-hoc", name(settings.post_hoc), name(usual.post_hoc)),
        (
            "correction",
            name(settings.correction),
            name(usual.correction),
        ),
        ("family", name(settings.family), name(usual.family)),
        ("failed", name(settings.failed), name(usual.failed)),
        (
            "incomplete",
            name(settings.incomplete),
            name(usual.incomplete),
        ),
        ("zeros", name(settings.zeros), name(usual.zeros)),
        ("alpha", settings.alpha.to_string(), usual.alpha.to_string()),
        ("rope", settings.rope.to_string(), usual.rope.to_string()),
        ("stays", settings.stays.to_string(), usual.stays.to_string()),
        ("seed", settings.seed.to_string(), usual.seed.to_string()),
    ];
    for (name, value, usual) in named {
        if value != usual {
            option(name, value);
        }
    }
    if let Some(interval) = settings.interval {
        option("interval", name(interval));
    }
    if let Some(margin) = settings.margin {
        option("margin", margin.to_string());
    }
    for (name, steps) in [("until", settings.until), ("steps", settings.steps)] {
        if let Some(steps) = steps {
            option(name, steps.to_string());
        }
    }
    for (task, bounds) in &settings.bounds {
        option(
            "normalise",
            format!("{task}={}:{}", bounds.low, bounds.high),
        );
    }
    for (task, score) in &settings.thresholds {
        option("threshold", format!("{task}={score}"));
    }
    if settings.bounds_from_scores {
        option("normalise", "from-data".to_owned());
    }
    if settings.all_pairs {
        words.push("--all-pairs".to_owned());
    }
    words
}

/// The name of a value on the command line.
pub fn name(value: impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

/// A command as one line that a POSIX shell reads back as the same words.
pub fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quote = |word: &str| {
        shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
    };
    let words: Vec<String> = words.into_iter().map(quote).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Metric;

    #[test]
    fn the_default_settings_need_no_option() {
        assert!(options(&Settings::default()).is_empty());
    }

    #[test]
    fn what_a_shell_would_split_or_expand_is_quoted() {
        let settings = Settings {
            baseline: Some("T-in (norm) $1".into()),
            metrics: vec![Metric::Auc, Metric::Final],
            ..Settings::default()
        };
        let words = options(&settings);
        let line = quoted(words.iter().map(String::as_str));
        assert_eq!(
            line,
            "--baseline 'T-in (norm) $1' --metric auc --metric final"
        );
    }
}
