//! How often tests find a difference that does not exist.

use std::iter;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::{ALPHA, Equal, Procedure, Shape, Standing};
use crate::correction::Correction;
use crate::friedman::Friedman;
use crate::sequential::{Decision, Plan};
use crate::signed_rank::Zeros;
use crate::survival::{self, Reached};
use crate::test_error::TestError;
use crate::test_result::TestResult;
use crate::two_sample::{Question, Test};
use crate::{k_sample, post_hoc, shapiro_wilk};

/// The margin of equivalence, and the difference that exists where the test of equivalence is tried.
const MARGIN: f64 = 60.0;

/// Every test.
pub fn all() -> Vec<Procedure> {
    let several = [
        (
            "Kruskal–Wallis, 3 groups",
            Standing::Default,
            Some(Equal::Chances),
            k_sample::kruskal_wallis as Several,
        ),
        (
            "Brown–Forsythe, 3 groups",
            Standing::Default,
            None,
            k_sample::brown_forsythe,
        ),
        (
            "ANOVA, 3 groups",
            Standing::Option,
            Some(Equal::Means),
            k_sample::anova,
        ),
        (
            "Welch's ANOVA, 3 groups",
            Standing::Option,
            Some(Equal::Means),
            k_sample::welch_anova,
        ),
    ];
    Test::ALL
        .into_iter()
        .map(two_groups)
        .chain([holm(), shapiro(), log_rank(Some(1)), log_rank(None)])
        .chain(several.map(|(name, standing, equal, test)| of_several(name, standing, equal, test)))
        .chain(over_tasks())
        .chain([dunnett(), sequential()])
        .collect()
}

fn question(test: Test) -> Question {
    Question {
        test,
        alpha: ALPHA,
        ends: None,
        zeros: Zeros::Wilcox,
        margin: Some(MARGIN),
        seed: 1,
    }
}

/// A test of two groups. The test of equivalence is given groups that differ by just its margin.
fn two_groups(test: Test) -> Procedure {
    let standing = if [Test::default(), Test::Wilcoxon].contains(&test) {
        Standing::Default // Wilcoxon's over tasks.
    } else {
        Standing::Option
    };
    let question = question(test);
    let shift = if test == Test::Tost { MARGIN } else { 0.0 };
    let procedure = Procedure::new(test.name(), standing, move |shape, n, generator| {
        let [a, mut b] = shape.samples(n, generator);
        b.iter_mut().for_each(|score| *score += shift);
        let verdict = question.result(&a, &b);
        verdict.is_ok_and(|verdict| verdict.p <= ALPHA)
    });
    let procedure = match test {
        Test::MannWhitney
        | Test::MannWhitneyAsymptotic
        | Test::BrunnerMunzel
        | Test::BrunnerMunzelAsymptotic => procedure.on_equal(Equal::Chances),
        // Wilcoxon's asks whether differences are symmetric, and Kolmogorov–Smirnov's whether anything differs.
        Test::Wilcoxon | Test::KolmogorovSmirnov => procedure,
        _ => procedure.on_equal(Equal::Means),
    };
    match test {
        Test::Permutation | Test::PairedPermutation => procedure.one_in(10),
        Test::BrunnerMunzel => procedure.one_in(20),
        _ => procedure,
    }
}

/// A whole comparison: three methods against a baseline, and any finding among them.
fn holm() -> Procedure {
    let question = question(Test::default());
    let name = "welch, 3 against one, Holm";
    let procedure = Procedure::new(name, Standing::Default, move |shape, n, generator| {
        let [baseline, others @ ..]: [Vec<f64>; 4] = shape.samples(n, generator);
        let p = |other: &Vec<f64>| Some(question.result(other, &baseline).ok()?.p);
        let raw = others.iter().map(p).collect::<Vec<_>>();
        let adjusted = Correction::Holm.adjust(&raw);
        adjusted.into_iter().flatten().any(|p| p <= ALPHA)
    });
    procedure.on_equal(Equal::Means)
}

fn shapiro() -> Procedure {
    let name = "Shapiro–Wilk";
    let procedure = Procedure::new(name, Standing::Default, |shape, n, generator| {
        shapiro_wilk::test(&shape.sample(n, generator)).is_some_and(|test| test.p <= ALPHA)
    });
    Procedure {
        shapes: &[Shape::Normal],
        ..procedure
    }
}

/// The log-rank test of times that are longer the lower a score is; a fifth of the normal ones are censored.
fn log_rank(seed: Option<u64>) -> Procedure {
    let (name, standing) = match seed {
        Some(_) => ("log-rank, 3 groups, by permutation", Standing::Default),
        None => ("log-rank, 3 groups, by chi-squared", Standing::Option),
    };
    let procedure = Procedure::new(name, standing, move |shape, n, generator| {
        let time = |score: &f64| Reached {
            step: ((600.0 - score.max(350.0)) * 1e3) as u64,
            reached: *score > 350.0,
        };
        let groups: [Vec<f64>; 3] = shape.samples(n, generator);
        let groups = groups.map(|group| group.iter().map(time).collect::<Vec<_>>());
        let groups = groups.each_ref().map(Vec::as_slice);
        let verdict = match seed {
            Some(seed) => survival::log_rank_permuted(&groups, seed),
            None => survival::log_rank(&groups),
        };
        verdict.is_ok_and(|verdict| verdict.p <= ALPHA)
    });
    Procedure {
        one_in: if seed.is_some() { 10 } else { 1 },
        ..procedure
    }
}

type Several = fn(&[&[f64]]) -> Result<TestResult, TestError>;

fn of_several(name: &str, standing: Standing, equal: Option<Equal>, test: Several) -> Procedure {
    let procedure = Procedure::new(name, standing, move |shape, n, generator| {
        let groups: [Vec<f64>; 3] = shape.samples(n, generator);
        test(&groups.each_ref().map(Vec::as_slice)).is_ok_and(|verdict| verdict.p <= ALPHA)
    });
    match equal {
        Some(equal) => procedure.on_equal(equal),
        None => procedure,
    }
}

/// Tests of three methods on n tasks; of the pairwise tests after them, any finding.
fn over_tasks() -> impl Iterator<Item = Procedure> {
    let any = |p: Vec<Vec<f64>>| p.into_iter().flatten().fold(1.0, f64::min);
    let holm = |p: Vec<Vec<f64>>| {
        let pairs = [p[0][1], p[0][2], p[1][2]].map(Some);
        let adjusted = Correction::Holm.adjust(&pairs);
        adjusted.into_iter().flatten().fold(1.0, f64::min)
    };
    type Ask = Box<dyn Fn(&Friedman) -> f64 + Send + Sync>;
    let asks: [(&str, Standing, Ask); 4] = [
        (
            "Friedman, 3 methods, n tasks",
            Standing::Default,
            Box::new(|friedman| friedman.chi_squared.p),
        ),
        (
            "Nemenyi, 3 methods, n tasks",
            Standing::Default,
            Box::new(move |friedman| any(post_hoc::nemenyi(friedman))),
        ),
        (
            "Iman–Davenport, 3 methods, n tasks",
            Standing::Option,
            Box::new(|friedman| friedman.iman_davenport.p),
        ),
        (
            "Conover, 3 methods, n tasks, Holm",
            Standing::Option,
            Box::new(move |friedman| holm(post_hoc::conover(friedman))),
        ),
    ];
    asks.into_iter().map(|(name, standing, p)| {
        Procedure::new(name, standing, move |shape, n, generator| {
            Friedman::of(&blocks(shape, n, generator)).is_ok_and(|friedman| p(&friedman) <= ALPHA)
        })
    })
}

fn blocks(shape: Shape, tasks: usize, generator: &mut Xoshiro256PlusPlus) -> Vec<Vec<f64>> {
    iter::repeat_with(|| shape.sample(3, generator))
        .take(tasks)
        .collect()
}

fn dunnett() -> Procedure {
    let name = "Dunnett, 3 against one";
    let procedure = Procedure::new(name, Standing::Option, |shape, n, generator| {
        let [control, others @ ..]: [Vec<f64>; 4] = shape.samples(n, generator);
        let found = post_hoc::dunnett(&others.each_ref().map(Vec::as_slice), &control);
        found.is_ok_and(|found| found.iter().any(|(_, p)| *p <= ALPHA))
    });
    procedure.one_in(40)
}

/// A sequential test that looks up to five times, and that has as many runs of each method in the end.
fn sequential() -> Procedure {
    let name = "sequential, 5 looks";
    let procedure = Procedure::new(name, Standing::Option, |shape, n, generator| {
        let looks: Vec<(Vec<f64>, Vec<f64>)> = (0..5)
            .map(|_| shape.samples(n / 5, generator))
            .map(|[a, b]| (a, b))
            .collect();
        let plan = Plan {
            looks: 5,
            alpha: ALPHA,
            seed: 1,
        };
        matches!(plan.decide(&looks), Ok(Decision::Different(_)))
    });
    procedure.one_in(10)
}
