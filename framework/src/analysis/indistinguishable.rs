//! Groups of methods that do not differ significantly from each other, as diagrams of ranks join them by bars.

/// Every maximal set of at least two methods in which no corrected p value is below `alpha`, each in ascending order.
/// `p_adjusted` is symmetric; a pair without a test counts as not different.
///
/// Bron and Kerbosch, "Algorithm 457: Finding All Cliques of an Undirected Graph", Communications of the ACM 16 (1973), with
/// the pivot of Tomita, Tanaka and Takahashi, Theoretical Computer Science 363 (2006).
pub fn groups(p_adjusted: &[Vec<Option<f64>>], alpha: f64) -> Vec<Vec<usize>> {
    let alike = |a: usize, b: usize| a != b && p_adjusted[a][b].is_none_or(|p| p >= alpha);
    let mut groups = Vec::new();
    let everyone = (0..p_adjusted.len()).collect();
    extend(&mut Vec::new(), everyone, Vec::new(), &alike, &mut groups);
    groups.retain(|group| group.len() > 1);
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort();
    groups
}

fn extend(
    group: &mut Vec<usize>,
    mut candidates: Vec<usize>,
    mut done: Vec<usize>,
    alike: &dyn Fn(usize, usize) -> bool,
    groups: &mut Vec<Vec<usize>>,
) {
    if candidates.is_empty() {
        if done.is_empty() {
            groups.push(group.clone());
        }
        return;
    }
    // What is alike to the pivot is found from the pivot, so that a table without any difference takes as many steps as it has
    // methods instead of one for each set of them.
    let reach = |pivot: &usize| {
        candidates
            .iter()
            .filter(|other| alike(*pivot, **other))
            .count()
    };
    let pivot = candidates.iter().chain(&done).copied().max_by_key(reach);
    let open: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|&one| pivot.is_none_or(|pivot| !alike(pivot, one)))
        .collect();
    for one in open {
        candidates.retain(|&other| other != one);
        let neighbours = |all: &[usize]| {
            all.iter()
                .copied()
                .filter(|&other| alike(one, other))
                .collect()
        };
        group.push(one);
        extend(
            group,
            neighbours(&candidates),
            neighbours(&done),
            alike,
            groups,
        );
        group.pop();
        done.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symmetric, from the pairs that differ.
    fn p_values(count: usize, differ: &[(usize, usize)]) -> Vec<Vec<Option<f64>>> {
        let p = |a: usize, b: usize| {
            let differs = differ.contains(&(a, b)) || differ.contains(&(b, a));
            (a != b).then_some(if differs { 0.01 } else { 0.5 })
        };
        (0..count)
            .map(|a| (0..count).map(|b| p(a, b)).collect())
            .collect()
    }

    #[test]
    fn a_group_is_a_maximal_set_of_methods_that_do_not_differ_significantly() {
        let groups = |count, differ: &[(usize, usize)]| groups(&p_values(count, differ), 0.05);
        assert_eq!(groups(3, &[]), [[0, 1, 2]]);
        assert_eq!(groups(3, &[(0, 2)]), [[0, 1], [1, 2]]);
        assert_eq!(groups(4, &[(0, 1), (0, 2), (0, 3)]), [[1, 2, 3]]);
        assert!(groups(2, &[(0, 1)]).is_empty());
        // Neighbours by rank may differ while those around them do not.
        assert_eq!(groups(3, &[(0, 1)]), [[0, 2], [1, 2]]);
        assert!(groups(0, &[]).is_empty());
        // Every pair of neighbours in a ring of five is alike, and no three of them.
        let apart = [(0, 2), (1, 3), (2, 4), (0, 3), (1, 4)];
        assert_eq!(groups(5, &apart), [[0, 1], [0, 4], [1, 2], [2, 3], [3, 4]]);
    }

    #[test]
    fn a_hundred_methods_that_do_not_differ_are_one_group_at_once() {
        assert_eq!(groups(&p_values(100, &[]), 0.05).len(), 1);
    }
}
