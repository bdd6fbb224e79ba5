//! What to cite for a report: its agents and actors, its statistics, its tasks, the program.

use crate::stats::correction::Correction;

use super::study::Study;

/// One for each method that the report uses.
pub fn citations(study: &Study) -> Vec<&'static str> {
    let mut list = study.papers.clone();
    let across = &study.analysis.across;
    list.push(study.settings().test.citation());
    list.extend(correction(study.settings().correction));
    list.push(
        "Cliff's delta: N. Cliff. Dominance statistics: ordinal analyses to answer ordinal questions. Psychological \
         Bulletin 114, 1993.",
    );
    list.push(
        "Interquartile mean, stratified bootstrap, performance profiles, probability of improvement: R. Agarwal, M. \
         Schwarzer, P. S. Castro, A. Courville, M. G. Bellemare. Deep reinforcement learning at the edge of the \
         statistical precipice. NeurIPS, 2021.",
    );
    list.push(
        "Bootstrap intervals: B. Efron, R. J. Tibshirani. An introduction to the bootstrap. Chapman and Hall, 1993.",
    );
    list.push(
        "Percentile intervals widened for few runs (Hesterberg widens the quantile levels, we the distance of each end from the estimate): T. C. Hesterberg. What teachers should know about the bootstrap: \
         resampling in the undergraduate statistics curriculum. The American Statistician 69, 2015.",
    );
    if across.iter().any(|one| one.tasks.len() > 1) {
        list.push(
            "Signed-rank test: F. Wilcoxon. Individual comparisons by ranking methods. Biometrics Bulletin 1, 1945.",
        );
    }
    if across.iter().any(|one| one.methods.len() > 1) {
        list.push(
            "Diagram of ranks: J. Demšar. Statistical comparisons of classifiers over multiple data sets. Journal of \
             Machine Learning Research 7, 2006.",
        );
    }
    list.extend(of_questions(study));
    list.extend(of_runs(study));
    list
}

/// What the answers of the summary rest on.
fn of_questions(study: &Study) -> Vec<&'static str> {
    let blocks = || study.analysis.blocks.iter();
    let mut list = Vec::new();
    if blocks().any(|block| {
        block
            .learning
            .as_ref()
            .is_some_and(|learning| learning.threshold.is_some())
    }) {
        list.extend([
            "Steps to a threshold: E. L. Kaplan, P. Meier. Nonparametric estimation from incomplete observations. Journal of the \
             American Statistical Association 53, 1958.",
            "Log-rank test: N. Mantel. Evaluation of survival data and two new rank order statistics arising in its consideration. \
             Cancer Chemotherapy Reports 50, 1966.",
            "Restricted mean: P. Royston, M. K. B. Parmar. Restricted mean survival time: an alternative to the hazard ratio for the \
             design and analysis of randomized trials with a time-to-event outcome. BMC Medical Research Methodology 13, 2013.",
        ]);
    }
    if study.table.has_steps {
        list.push(
            "Dispersion, drawdown and risk of a run: S. C. Y. Chan, S. Fishman, J. Canny, A. Korattikara, S. Guadarrama. Measuring \
             the reliability of reinforcement learning algorithms. ICLR, 2020.",
        );
    }
    if blocks().any(|block| {
        block
            .costs
            .iter()
            .any(|cost| cost.multiply_accumulates.is_some())
    }) {
        list.extend([
            "Energy of an operation in 45 nm: M. Horowitz. Computing's energy problem (and what we can do about it). IEEE ISSCC, \
             2014.",
            "Energy of an operation on neuromorphic hardware: Z. Xu, T. Bu, Z. Hao, J. Ding, Z. Yu. Proxy target: bridging the gap \
             between discrete spiking neural networks and continuous control. arXiv 2505.24161, 2025.",
        ]);
    }
    list
}

/// What trained the runs of a suite.
fn of_runs(study: &Study) -> Vec<&'static str> {
    let Some(_) = study.training else {
        return vec![PROGRAM];
    };
    let has_engine = study.provenance.iter().any(|made| made.by.engine.is_some());
    let engine = has_engine.then_some(
        "MuJoCo: E. Todorov, T. Erez, Y. Tassa. MuJoCo: a physics engine for model-based control. IEEE/RSJ IROS, 2012.",
    );
    let tasks = "Tasks, which are those of Gymnasium: M. Towers, A. Kwiatkowski, J. Terry, J. U. Balis, G. de Cola, T. Deleu, M. \
                 Goulão, A. Kallinteris, M. Krimmel, A. KG, and others. Gymnasium: a standard interface for reinforcement learning \
                 environments. arXiv 2407.17032, 2024.";
    [tasks].into_iter().chain(engine).chain([PROGRAM]).collect()
}

/// This program, as in `CITATION.cff`.
const PROGRAM: &str = "This program: Spikebench maintainers. Spikebench: a benchmark of surrogate gradients for spiking neural \
                       networks in deep reinforcement learning. Software, 2026.";

/// The citations as entries of BibTeX.
pub fn bibtex(study: &Study) -> String {
    let mut keys: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut written: Vec<&str> = Vec::new();
    for citation in citations(study) {
        // A paper may be cited for two things.
        let paper = citation.split_once(": ").map_or(citation, |parts| parts.1);
        if written.contains(&paper) {
            continue;
        }
        written.push(paper);
        let Some(entry) = Entry::of(citation) else {
            continue;
        };
        let plain = entry.key();
        let again = keys.iter().filter(|key| **key == plain).count();
        let key = if again == 0 {
            plain.clone()
        } else {
            format!("{plain}{}", again + 1)
        };
        text.push_str(&entry.written(&key));
        keys.push(plain);
    }
    text
}

/// A citation in its parts: `What: Authors. Title. Where, year.`
struct Entry<'c> {
    what: &'c str,
    authors: Vec<&'c str>,
    title: &'c str,
    journal: &'c str,
    volume: Option<&'c str>,
    year: &'c str,
}

impl<'c> Entry<'c> {
    fn of(citation: &'c str) -> Option<Self> {
        let (what, rest) = citation.split_once(": ")?;
        // A full stop behind an initial ends no list of authors.
        let end = rest
            .match_indices(". ")
            .map(|(place, _)| place)
            .find(|&place| {
                let word = rest[..place].rsplit([' ', '.']).next().unwrap_or_default();
                word.chars().count() > 1
            })?;
        let (authors, rest) = (&rest[..end], &rest[end + 2..]);
        let (title, rest) = rest.rsplit_once(". ")?;
        let (venue, year) = rest.trim_end_matches('.').rsplit_once(", ")?;
        let numbered = venue.rsplit_once(' ').filter(|(_, volume)| {
            // The number of a preprint has a point in it.
            volume.bytes().all(|byte| byte.is_ascii_digit())
        });
        let (journal, volume) = match numbered {
            Some((journal, volume)) => (journal, Some(volume)),
            None => (venue, None),
        };
        Some(Self {
            what,
            authors: authors
                .split(", ")
                .map(|author| author.trim_start_matches("and "))
                .collect(),
            title,
            journal,
            volume,
            year,
        })
    }

    /// The first author and the year.
    fn key(&self) -> String {
        let name = self.authors[0].rsplit(' ').next().unwrap_or_default();
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{}{}", name.to_lowercase(), self.year)
    }

    fn written(&self, key: &str) -> String {
        let volume = self
            .volume
            .map(|volume| format!("  volume = {{{volume}}},\n"));
        format!(
            "@article{{{key},\n  author = {{{}}},\n  title = {{{{{}}}}},\n  journal = {{{}}},\n{}  year = {{{}}},\n  note = {{{}}}\n}}\n\n",
            self.authors.join(" and "),
            self.title,
            self.journal.replace('&', "\\&"),
            volume.unwrap_or_default(),
            self.year,
            self.what
        )
    }
}

fn correction(correction: Correction) -> Option<&'static str> {
    match correction {
        Correction::None => None,
        Correction::Bonferroni => Some(
            "Bonferroni's correction: O. J. Dunn. Multiple comparisons among means. Journal of the American Statistical \
             Association 56, 1961.",
        ),
        Correction::Holm => Some(
            "Holm's correction: S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal \
             of Statistics 6, 1979.",
        ),
        Correction::Hochberg => Some(
            "Hochberg's correction: Y. Hochberg. A sharper Bonferroni procedure for multiple tests of significance. \
             Biometrika 75, 1988.",
        ),
        Correction::Hommel => Some(
            "Hommel's correction: G. Hommel. A stagewise rejective multiple test procedure based on a modified Bonferroni \
             test. Biometrika 75, 1988.",
        ),
        Correction::Bh => Some(
            "Benjamini and Hochberg's correction: Y. Benjamini, Y. Hochberg. Controlling the false discovery rate: a \
             practical and powerful approach to multiple testing. Journal of the Royal Statistical Society B 57, 1995.",
        ),
        Correction::By => Some(
            "Benjamini and Yekutieli's correction: Y. Benjamini, D. Yekutieli. The control of the false discovery rate in \
             multiple testing under dependency. Annals of Statistics 29, 2001.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::two_sample::Test;

    #[test]
    fn every_citation_has_an_entry_with_its_authors_title_and_year() {
        let tests = Test::ALL.iter().map(|test| test.citation());
        let corrections = [
            Correction::Bonferroni,
            Correction::Holm,
            Correction::Hochberg,
            Correction::Hommel,
            Correction::Bh,
            Correction::By,
        ];
        let corrections = corrections.into_iter().filter_map(correction);
        for citation in tests.chain(corrections).chain([PROGRAM]) {
            let entry = Entry::of(citation).unwrap_or_else(|| panic!("{citation}"));
            let is_year =
                entry.year.len() == 4 && entry.year.bytes().all(|byte| byte.is_ascii_digit());
            assert!(
                is_year && !entry.title.is_empty() && !entry.journal.is_empty(),
                "{citation}"
            );
        }
    }

    #[test]
    fn initials_do_not_end_the_list_of_authors() {
        let entry = Entry::of(
            "Interquartile mean: R. Agarwal, M. G. Bellemare. Deep learning at the edge. NeurIPS, 2021.",
        )
        .unwrap();
        insta::assert_snapshot!(entry.written(&entry.key()), @r"
        @article{agarwal2021,
          author = {R. Agarwal and M. G. Bellemare},
          title = {{Deep learning at the edge}},
          journal = {NeurIPS},
          year = {2021},
          note = {Interquartile mean}
        }
        ");
    }

    #[test]
    fn the_volume_of_a_journal_is_a_field_of_its_own_and_the_number_of_a_preprint_is_none() {
        let of = |citation| {
            let entry = Entry::of(citation).unwrap();
            (entry.journal, entry.volume)
        };
        assert_eq!(
            of("Test: B. L. Welch. The generalization. Biometrika 34, 1947."),
            ("Biometrika", Some("34"))
        );
        assert_eq!(
            of("Actor: D. Chen. Noisy spiking actor network. arXiv 2403.04162, 2024."),
            ("arXiv 2403.04162", None)
        );
        let entry =
            Entry::of("Test: B. L. Welch. The generalization. Biometrika 34, 1947.").unwrap();
        insta::assert_snapshot!(entry.written(&entry.key()), @r"
        @article{welch1947,
          author = {B. L. Welch},
          title = {{The generalization}},
          journal = {Biometrika},
          volume = {34},
          year = {1947},
          note = {Test}
        }
        ");
    }
}
