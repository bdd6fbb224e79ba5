//! Which comparisons share one alpha: corrects p values within each family, and notes what a family of that size can show.

use crate::stats::design::{least_adjusted_p, smallest_significant_d};
use crate::stats::two_sample::Sizes;

use super::block::{Block, Comparison};
use super::contrast::interval_at;
use super::metric::Metric;
use super::settings::Settings;

/// The place of one comparison.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: usize,
    contrast: usize,
}

/// A comparison with what decides to which family it belongs: its task, and its table with its baseline.
struct Member {
    place: Place,
    key: (String, String),
}

/// Corrects the p values of each metric within each family. A comparison that could not be tested counts as a member: it
/// was planned, and its p value could have been anything.
pub fn adjust(blocks: &mut [Block], settings: &Settings) {
    for metric in 0..settings.metrics.len() {
        adjust_metric(blocks, &|block| &mut block.comparisons[metric], settings);
    }
    let of_questions = settings.of_questions();
    let questions = blocks.first().map_or(0, |block| block.answers.len());
    for metric in 0..questions {
        adjust_metric(blocks, &|block| &mut block.answers[metric], &of_questions);
    }
}

/// The comparisons of one metric in a block.
type Of<'o> = &'o dyn Fn(&mut Block) -> &mut Comparison;

fn adjust_metric(blocks: &mut [Block], of: Of<'_>, settings: &Settings) {
    let mut all = Vec::new();
    for (place, block) in blocks.iter_mut().enumerate() {
        let (task, context) = (block.task.clone(), block.context.clone());
        let contrasts = of(block).contrasts.iter().enumerate();
        all.extend(contrasts.map(|(contrast, found)| Member {
            place: Place {
                block: place,
                contrast,
            },
            key: (
                task.clone(),
                format!("{task}\n{context}\n{}", found.baseline),
            ),
        }));
    }
    while let Some(first) = all.first().map(|member| member.key.clone()) {
        let (family, others): (Vec<Member>, Vec<Member>) = all
            .into_iter()
            .partition(|member| settings.family.joins(first.clone(), member.key.clone()));
        let family: Vec<Place> = family.iter().map(|member| member.place).collect();
        adjust_one(blocks, of, &family, settings);
        all = others;
    }
}

fn adjust_one(blocks: &mut [Block], of: Of<'_>, family: &[Place], settings: &Settings) {
    let size = family.len();
    let raw: Vec<Option<f64>> = family
        .iter()
        .map(|place| of(&mut blocks[place.block]).contrasts[place.contrast].p)
        .collect();
    let strictest = settings.correction.strictest_alpha(settings.alpha, size);
    for (place, p) in family.iter().zip(settings.correction.adjust(&raw)) {
        let block = &mut blocks[place.block];
        let comparison = of(block);
        let metric = comparison.metric;
        let contrast = comparison.contrasts[place.contrast].clone();
        let simultaneous = contrast.interval.and_then(|_| {
            let named = |name: &str| block.methods.iter().find(|method| method.name == name);
            let (a, b) = named(&contrast.method).zip(named(&contrast.baseline))?;
            interval_at(metric, a, b, settings.alpha / size as f64, settings)
        });
        let contrast = &mut of(block).contrasts[place.contrast];
        let (n1, n2) = contrast.runs;
        let sizes = Sizes::planned(settings.test, n1, n2);
        contrast.p_adjusted = p;
        contrast.family_size = size;
        contrast.simultaneous_interval = simultaneous;
        if matches!(metric, Metric::StepsTo(_)) {
            continue;
        }
        contrast.smallest_significant_d = smallest_significant_d(settings.test, sizes, strictest);
        let least = least_adjusted_p(settings.correction, settings.test.least_p(sizes), size);
        if contrast.p.is_some() && least >= settings.alpha {
            contrast.add_note(format!(
                "{n1} and {n2} runs in a family of {size} cannot give an adjusted p below {least:.4}, so alpha = {} is out of \
                 reach",
                settings.alpha
            ));
        }
    }
}
