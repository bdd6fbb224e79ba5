//! Settings as the options of `spikebench compare`, so that a command can be given that asks the same, and commands as a shell
//! reads them.

use std::path::Path;

use clap::ValueEnum;

use super::settings::Settings;

/// The words that follow the name of the file: whatever differs from the defaults. They are not quoted for a shell.
pub fn options(settings: &Settings) -> Vec<String> {
    let usual = Settings::default();
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend(option(name, value));
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

/// An option of a command. A value that begins with a dash would be taken for an option itself, unless it is in one word with its
/// name.
pub fn option(name: &str, value: String) -> Vec<String> {
    match value.starts_with('-') {
        true => vec![format!("--{name}={value}")],
        false => vec![format!("--{name}"), value],
    }
}

/// A path as a word of a command, where one that begins with a dash would be taken for an option.
pub fn path_word(path: &Path) -> String {
    let text = path.display().to_string();
    match text.starts_with('-') {
        true => format!("./{text}"),
        false => text,
    }
}

/// The name of a value on the command line.
pub fn name(value: impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

/// A command as one line that a shell reads back as the same words. Words with characters that have no shape, such as the end of
/// a line, are quoted as `$'a\nb'`, which POSIX has since 2024 and bash and zsh have always had: the line can be shown, stand in
/// a comment, and be pasted.
pub fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quote = |word: &str| match word.chars().any(is_shapeless) {
        true => escaped(word),
        false => {
            shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
        }
    };
    let words: Vec<String> = words.into_iter().map(quote).collect();
    words.join(" ")
}

/// Whether Rust's own debugging text writes a character by its number.
fn is_shapeless(letter: char) -> bool {
    letter.is_control() || !letter.is_ascii() && letter.escape_debug().len() > 1
}

/// A word in the quotes in which a backslash begins the number of a byte.
fn escaped(word: &str) -> String {
    let mut text = String::from("$'");
    for letter in word.chars() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\'' | '\\' => text.extend(['\\', letter]),
            _ if is_shapeless(letter) => {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    text.push_str(&format!("\\{byte:03o}"));
                }
            }
            _ => text.push(letter),
        }
    }
    text.push('\'');
    text
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

    #[test]
    fn what_begins_with_a_dash_is_no_option_of_its_own() {
        let settings = Settings {
            baseline: Some("-2+3".into()),
            ..Settings::default()
        };
        assert_eq!(options(&settings), ["--baseline=-2+3"]);
        let words = ["-a.csv", "a-b.csv", "./-a.csv"].map(|path| path_word(Path::new(path)));
        assert_eq!(words, ["./-a.csv", "a-b.csv", "./-a.csv"]);
    }

    #[test]
    fn a_command_is_one_line_whatever_its_words_have_in_them() {
        let line = quoted(["new\nline.csv", "it's\t\\\u{202e}", "é λ"]);
        assert_eq!(line, r"$'new\nline.csv' $'it\'s\011\\\342\200\256' 'é λ'");
    }
}
