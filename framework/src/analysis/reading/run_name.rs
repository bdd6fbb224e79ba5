//! What the name of a column, a file or a folder tells about the runs in it.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A pattern with named groups that a name must match from its beginning to its end.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    regex: Regex,
}

impl FromStr for NamePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |error: regex::Error| format!("not a pattern: {error}");
        Regex::new(text).map_err(wrong)?;
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(wrong)?;
        let known = ["method", "task", "seed", "episode"];
        let names: Vec<&str> = regex.capture_names().flatten().collect();
        if let Some(other) = names.iter().find(|name| !known.contains(name)) {
            return Err(format!(
                "no group {other:?} is known, only {}",
                known.join(", ")
            ));
        }
        if names.is_empty() {
            return Err("expected a named group, as in (?<method>.+)-(?<seed>\\d+)".into());
        }
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl NamePattern {
    /// What a name tells; an error if it does not match.
    pub fn read(&self, name: &str) -> Result<RunName, String> {
        let captures = self.regex.captures(name);
        let captures =
            captures.ok_or_else(|| format!("{name:?} does not match the pattern {}", self.text))?;
        Ok(RunName::of(&captures))
    }
}

/// What is known of a run by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunName {
    pub method: Option<String>,
    pub task: Option<String>,
    pub seed: Option<String>,
    pub episode: Option<String>,
}

/// A number at the end that a separator or a word for a run sets apart: `ppo-0`, `ppo_seed3`, `ppo/run 2`, `seed=1`.
static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "seed|run|trial|rep|version|s";
    let pattern = format!(
        r"^(?<method>.*?)(?:[-_ /:=]*\b(?:{words}|env)[-_ =:.]*|[-_ /:=]+|_(?:{words})[-_=]*)(?<seed>\d+)$"
    );
    Regex::new(&pattern).ok()
});

/// The folders of CleanRL: environment, experiment, seed and time.
static CLEANRL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?<task>.+?)__(?<method>.+)__(?<seed>\d+)__\d+$").ok());

/// An environment of Gymnasium and its kin.
static ENVIRONMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:[A-Za-z_]+/)?[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*-v\d+$").ok());

/// An environment that underscores set apart from a method: `ppo_Hopper-v5`, `Hopper-v5_ppo`.
static BESIDE_ENVIRONMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let environment = r"[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-v\d+";
    let last = format!("(?<before>.+)_(?<last>{environment})");
    let first = format!("(?<first>{environment})_(?<after>[A-Za-z].*)");
    Regex::new(&format!("^(?:{last}|{first})$")).ok()
});

/// Folders that say what kind of file is in them, and nothing of the run.
const KINDS: [&str; 8] = [
    "log",
    "logs",
    "eval",
    "evaluation",
    "evaluations",
    "tb",
    "tensorboard",
    "monitor",
];

impl RunName {
    fn of(captures: &Captures<'_>) -> Self {
        let group = |name: &str| {
            let text = captures.name(name)?.as_str();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            method: group("method"),
            task: group("task"),
            seed: group("seed"),
            episode: group("episode"),
        }
    }

    /// What a name usually tells: method and seed of `ppo-0`, and the task as well of a folder of CleanRL. `None` for a name
    /// without a number that is set apart.
    pub fn numbered(name: &str) -> Option<Self> {
        let matched = |pattern: &Option<Regex>| {
            let captures = pattern.as_ref()?.captures(name)?;
            Some(Self::of(&captures))
        };
        matched(&CLEANRL).or_else(|| matched(&NUMBERED).filter(|_| !is_environment(name)))
    }

    /// What the path of a run tells, from the folder that was given: `ppo/Hopper-v5/seed_3`, `Hopper-v5__ppo__1__1700000000`.
    pub fn of_path(parts: &[String]) -> Self {
        let mut found = Self::default();
        let mut rest: Vec<String> = Vec::new();
        let kinds = parts.iter().skip(1).rev();
        let kinds = kinds.take_while(|part| KINDS.contains(&part.as_str()));
        let parts = &parts[..parts.len() - kinds.count()];
        for (place, part) in parts.iter().enumerate() {
            let is_last = place + 1 == parts.len();
            if found.task.is_none()
                && let Some((method, task)) = beside_environment(part)
            {
                found.task = Some(task);
                let name = Self::numbered(&method).filter(|_| is_last);
                found.seed = name.as_ref().and_then(|name| name.seed.clone());
                rest.extend(name.map_or(Some(method), |name| name.method));
                continue;
            }
            if is_environment(part) && found.task.is_none() {
                found.task = Some(part.clone());
                continue;
            }
            let number = || {
                part.bytes()
                    .all(|byte| byte.is_ascii_digit())
                    .then(|| part.clone())
            };
            match Self::numbered(part).filter(|_| is_last) {
                Some(name) => {
                    found.seed = name.seed;
                    found.task = name.task.or(found.task);
                    let known = found.task.is_some();
                    let apart = name.method.as_deref().filter(|_| !known);
                    match apart.and_then(beside_environment) {
                        Some((method, task)) => {
                            found.task = Some(task);
                            rest.push(method);
                        }
                        None => rest.extend(name.method),
                    }
                }
                None => match number().filter(|_| is_last) {
                    Some(seed) => found.seed = Some(seed),
                    None => rest.push(part.clone()),
                },
            }
        }
        // `ppo/seed_0/Hopper-v5`
        let is_seed = |part: &String| Self::numbered(part).filter(|name| name.method.is_none());
        if found.seed.is_none()
            && let Some((place, name)) = rest
                .iter()
                .enumerate()
                .find_map(|(place, part)| Some((place, is_seed(part)?)))
        {
            found.seed = name.seed;
            rest.remove(place);
        }
        // `ppo/Hopper-v5_1`, as Stable-Baselines3's zoo names it.
        if found.task.is_none()
            && let Some(place) = rest.iter().position(|part| is_environment(part))
        {
            found.task = Some(rest.remove(place));
        }
        // `ppo/ppo_s0`, as Spinning Up names it.
        rest.dedup();
        if found.task.is_none() && rest.len() > 1 {
            found.task = rest.pop();
        }
        found.method = (!rest.is_empty()).then(|| rest.join("/"));
        found
    }
}

/// The method and the environment of a name that has both.
fn beside_environment(name: &str) -> Option<(String, String)> {
    let captures = BESIDE_ENVIRONMENT.as_ref()?.captures(name)?;
    let group = |name: &str| captures.name(name).map(|found| found.as_str().to_owned());
    Some((
        group("before").or_else(|| group("after"))?,
        group("first").or_else(|| group("last"))?,
    ))
}

fn is_environment(name: &str) -> bool {
    ENVIRONMENT
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &RunName) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
        format!(
            "{} {} {}",
            text(&name.method),
            text(&name.task),
            text(&name.seed)
        )
    }

    #[test]
    fn a_name_with_a_number_that_is_set_apart_tells_method_and_seed() {
        let lines = [
            "ppo-0",
            "ppo_seed3",
            "my ppo/run 2",
            "ppo seed=1",
            "ppo_s7",
            "run0",
            "seed_12",
            "Hopper-v5__ppo_continuous__1__1700000000",
        ]
        .map(|name| {
            format!(
                "{name}: {}",
                told(&RunName::numbered(name).unwrap_or_default())
            )
        });
        insta::assert_snapshot!(lines.join("\n"), @"
        ppo-0: ppo – 0
        ppo_seed3: ppo – 3
        my ppo/run 2: my ppo – 2
        ppo seed=1: ppo – 1
        ppo_s7: ppo – 7
        run0: – – 0
        seed_12: – – 12
        Hopper-v5__ppo_continuous__1__1700000000: ppo_continuous Hopper-v5 1
        ");
        for name in ["td3", "td3.4", "ppo2", "a2c", "Hopper-v5", "sac"] {
            assert_eq!(RunName::numbered(name), None, "{name}");
        }
    }

    #[test]
    fn the_path_of_a_run_tells_method_task_and_seed() {
        let lines = [
            "ppo/Hopper-v5/seed_3",
            "Hopper-v5/ppo/3",
            "ppo/Hopper-v5_1",
            "ppo-1",
            "run0",
            "ppo/lander/0",
            "Hopper-v5__ppo__1__1700000000",
            "ppo",
            "ppo_Hopper-v5_s0",
            "my_ppo_Hopper-v5",
            "Hopper-v5_ppo_seed2",
            "ppo/seed0/Hopper-v5",
            "seed_0/ppo/Hopper-v5",
            "Hopper-v5/ppo/run_0/logs",
            "dqn/0/eval",
            "lunar_lander-v2/ppo/1",
            "ppo/ppo_s0",
            "ppo/version_0",
        ]
        .map(|path| {
            let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            format!("{path}: {}", told(&RunName::of_path(&parts)))
        });
        insta::assert_snapshot!(lines.join("\n"), @"
        ppo/Hopper-v5/seed_3: ppo Hopper-v5 3
        Hopper-v5/ppo/3: ppo Hopper-v5 3
        ppo/Hopper-v5_1: ppo Hopper-v5 1
        ppo-1: ppo – 1
        run0: – – 0
        ppo/lander/0: ppo lander 0
        Hopper-v5__ppo__1__1700000000: ppo Hopper-v5 1
        ppo: ppo – –
        ppo_Hopper-v5_s0: ppo Hopper-v5 0
        my_ppo_Hopper-v5: my_ppo Hopper-v5 –
        Hopper-v5_ppo_seed2: ppo Hopper-v5 2
        ppo/seed0/Hopper-v5: ppo Hopper-v5 0
        seed_0/ppo/Hopper-v5: ppo Hopper-v5 0
        Hopper-v5/ppo/run_0/logs: ppo Hopper-v5 0
        dqn/0/eval: dqn – 0
        lunar_lander-v2/ppo/1: ppo lunar_lander-v2 1
        ppo/ppo_s0: ppo – 0
        ppo/version_0: ppo – 0
        ");
    }

    #[test]
    fn a_pattern_says_what_is_what_and_a_bad_one_is_refused() {
        let pattern: NamePattern = r"(?<task>\w+)\.(?<method>.+)-(?<seed>\d+)".parse().unwrap();
        assert_eq!(
            told(&pattern.read("hopper.ppo-large-3").unwrap()),
            "ppo-large hopper 3"
        );
        assert_eq!(
            pattern.read("ppo").unwrap_err(),
            "\"ppo\" does not match the pattern (?<task>\\w+)\\.(?<method>.+)-(?<seed>\\d+)"
        );
        let error = |text: &str| text.parse::<NamePattern>().unwrap_err();
        assert!(error("(").starts_with("not a pattern"));
        assert_eq!(
            error("(.+)"),
            r"expected a named group, as in (?<method>.+)-(?<seed>\d+)"
        );
        assert!(error("(?<algo>.+)").contains("no group \"algo\" is known"));
    }
}
