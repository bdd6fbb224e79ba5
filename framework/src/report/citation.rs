//! What to cite for the statistics of a report.

use crate::stats::correction::Correction;

use super::study::Study;

/// One for each method that the report uses.
pub fn citations(study: &Study) -> Vec<&'static str> {
    let mut list = Vec::new();
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
         statistical precipice. NeurIPS 2021.",
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
    list
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
