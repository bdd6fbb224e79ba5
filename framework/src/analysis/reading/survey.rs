//! Which of the runs in several folders are compared: those of one quantity, so that like is compared with like. A run that has
//! another one instead, because it ended before its first evaluation, is a run without a usable score.

use super::columns::Columns;
use super::delimited::Delimited;
use super::error::ScoreError;
use super::event_file;
use super::folder::Form;
use super::monitor::{Monitor, is_monitor};
use super::options::Reading;
use super::role::{Role, plain};
use super::run_name::RunName;

/// What becomes of a run or table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is read.
    Read,
    /// It counts as a run without a usable score, for this reason.
    Lost(String),
    /// It is no run of what is compared, for this reason.
    LeftOut(String),
}

/// What the files of one run or table hold, as far as that decides its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// Nothing, as a run leaves it that ended at once.
    Nothing,
    /// Scores of quantities with these names, the usual ones first.
    Quantities(Vec<String>),
    /// Numbers by columns that may be methods, if nothing else holds scores.
    Columns,
    /// What is wrong with it is told when it is read.
    Unknown,
}

const EVALUATIONS: &str = "evaluations.npz";
const MONITORS: &str = "the episodes of training in monitor files";

/// Looks into the files of a run or table.
pub fn look(form: Form, files: &[(String, Vec<u8>)], reading: &Reading) -> Holds {
    match form {
        Form::Evaluations => Holds::Quantities(vec![EVALUATIONS.to_owned()]),
        Form::Monitors => {
            let is_empty = |(file, bytes): &(String, Vec<u8>)| {
                let text = Delimited::of(file, bytes)?;
                // A file whose head was not written yet has no columns.
                let begun = is_monitor(&text.head);
                Ok(!begun && text.head.concat().is_empty()
                    || begun && Monitor::of(&text)?.episodes.is_empty())
            };
            let all: Result<Vec<bool>, ScoreError> = files.iter().map(is_empty).collect();
            match all {
                Ok(all) if all.iter().all(|is_empty| *is_empty) => Holds::Nothing,
                Ok(_) => Holds::Quantities(vec![MONITORS.to_owned()]),
                Err(_) => Holds::Unknown,
            }
        }
        Form::Events => match event_file::tags(files) {
            Ok(tags) if tags.is_empty() => Holds::Nothing,
            Ok(tags) => Holds::Quantities(ranked(&tags, reading)),
            Err(_) if files.iter().all(|(_, bytes)| bytes.is_empty()) => Holds::Nothing,
            Err(_) => Holds::Unknown,
        },
        Form::Table => files.first().map_or(Holds::Unknown, |(file, bytes)| {
            of_table(file, bytes, reading)
        }),
    }
}

fn of_table(file: &str, bytes: &[u8], reading: &Reading) -> Holds {
    let Ok(text) = Delimited::of(file, bytes) else {
        return Holds::Unknown;
    };
    if is_monitor(&text.head) || reading.column(Role::Tag).is_some() {
        return Holds::Unknown;
    }
    let usual = Reading::default();
    match Columns::of(&text.head, &usual) {
        Ok(columns) if columns.place(Role::Tag).is_some() => Holds::Unknown,
        Ok(columns)
            if columns.place(Role::Score).is_none() && reading.column(Role::Score).is_none() =>
        {
            Holds::Columns
        }
        _ => Holds::Quantities(ranked(&text.head, reading)),
    }
}

/// The quantity that was asked for if it is there, then those that are known as returns, the usual ones first.
fn ranked(names: &[String], reading: &Reading) -> Vec<String> {
    if let Some(wanted) = reading.column(Role::Score) {
        return names
            .iter()
            .filter(|name| *name == wanted)
            .cloned()
            .collect();
    }
    let usual = Role::Score.names().iter();
    let of = |usual: &&str| names.iter().find(|name| plain(name) == *usual).cloned();
    usual.filter_map(of).collect()
}

/// What becomes of each of several runs and tables, given what they hold and what their paths tell.
pub fn fates(all: &[(Holds, RunName)]) -> Vec<Fate> {
    let first = |holds: &Holds| match holds {
        Holds::Quantities(names) => names.first().cloned(),
        _ => None,
    };
    let best = all
        .iter()
        .filter_map(|(holds, _)| first(holds))
        .min_by_key(|name| rank(name));
    let Some(best) = best else {
        // Where nothing has a known quantity, each says itself what it lacks.
        return vec![Fate::Read; all.len()];
    };
    let is_read = |holds: &Holds| match holds {
        Holds::Unknown => true,
        Holds::Nothing | Holds::Columns => false,
        Holds::Quantities(names) => match names.first() {
            Some(own) => *own == best || !is_particular(own) && !is_particular(&best),
            None => false,
        },
    };
    let methods: Vec<&Option<String>> = all
        .iter()
        .filter(|(holds, _)| is_read(holds))
        .map(|(_, name)| &name.method)
        .collect();
    let fate = |(holds, name): &(Holds, RunName)| match holds {
        _ if is_read(holds) => Fate::Read,
        Holds::Nothing => Fate::Lost("holds no score".to_owned()),
        Holds::Quantities(names) if methods.contains(&&name.method) => match names.first() {
            Some(other) => Fate::Lost(format!("has {other} and not {best}, which is compared")),
            None => Fate::LeftOut(format!("does not have {best}, which is compared")),
        },
        _ => Fate::LeftOut(format!("does not have {best}, which is compared")),
    };
    all.iter().map(fate).collect()
}

/// Whether a name says which of several returns of a run it is, as `eval/mean_reward` and `rollout/ep_rew_mean` do. One that
/// does not, such as `score` and `return`, is whatever is compared.
fn is_particular(name: &str) -> bool {
    name.contains('/') || name == EVALUATIONS || name == MONITORS
}

/// The smaller, the more usual it is that a quantity is what is compared.
fn rank(name: &str) -> usize {
    let names = Role::Score.names();
    match name {
        EVALUATIONS => 0,
        MONITORS => names.len() + 2,
        _ => {
            names
                .iter()
                .position(|usual| *usual == plain(name))
                .unwrap_or(names.len())
                + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(method: &str, names: &[&str]) -> (Holds, RunName) {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let method = Some(method.to_owned());
        (
            Holds::Quantities(names),
            RunName {
                method,
                ..RunName::default()
            },
        )
    }

    #[test]
    fn a_run_without_the_quantity_of_the_others_of_its_method_has_no_usable_score() {
        let both = ["eval/mean_reward", "rollout/ep_rew_mean"];
        let all = [
            run("a", &both),
            run("b", &both),
            run("b", &both[1..]),
            run("c", &[]),
        ];
        let [a, b, lost, other] = fates(&all).try_into().unwrap();
        assert_eq!((a, b), (Fate::Read, Fate::Read));
        assert_eq!(
            lost,
            Fate::Lost(
                "has rollout/ep_rew_mean and not eval/mean_reward, which is compared".into()
            )
        );
        assert_eq!(
            other,
            Fate::LeftOut("does not have eval/mean_reward, which is compared".into())
        );
    }

    #[test]
    fn names_that_say_no_more_than_that_they_are_scores_are_compared_with_each_other() {
        let all = [run("a", &["score"]), run("b", &["return"])];
        assert_eq!(fates(&all), [Fate::Read, Fate::Read]);
    }

    #[test]
    fn what_holds_nothing_is_a_run_without_a_score_and_other_numbers_are_no_run() {
        let name = |method: &str| RunName {
            method: Some(method.to_owned()),
            ..RunName::default()
        };
        let all = [
            run("a", &["score"]),
            (Holds::Nothing, name("b")),
            (Holds::Columns, name("a")),
        ];
        let fates = fates(&all);
        assert_eq!(fates[1], Fate::Lost("holds no score".into()));
        assert!(matches!(fates[2], Fate::LeftOut(_)));
        let lone = [(Holds::Columns, name("a")), (Holds::Columns, name("b"))];
        assert_eq!(super::fates(&lone), [Fate::Read, Fate::Read]);
    }
}
