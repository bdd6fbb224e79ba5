//! Peak, half-width and integral of a function of one variable that may have kinks, jumps and algebraic tails, as
//! surrogates do.

/// A function of one variable.
pub(crate) type Function<'f> = &'f dyn Fn(f64) -> f64;

/// Magnitudes of the argument are covered in decades from 10⁻⁹ to 10⁹.
const FIRST: i32 = -9;
const LAST: i32 = 9;
/// Panels per decade.
const PANELS: u32 = 32;

/// The bounds of the panels, from the smallest magnitude on, without zero.
fn bounds() -> impl Iterator<Item = f64> {
    let count = (LAST - FIRST) as u32 * PANELS;
    (0..=count).map(|panel| 10f64.powf(f64::from(FIRST) + f64::from(panel) / f64::from(PANELS)))
}

/// The supremum of the values: at a jump it may be a limit that no value attains.
pub(crate) fn peak(value: Function<'_>) -> f64 {
    let bounds: Vec<f64> = bounds().collect();
    [1.0, -1.0]
        .into_iter()
        .map(|sign| {
            let value = |distance: f64| value(sign * distance);
            let values: Vec<f64> = bounds.iter().map(|&bound| value(bound)).collect();
            let ends = [values[0], values[values.len() - 1]].into_iter();
            let between = values.windows(3).zip(bounds.windows(3));
            // On a plateau the values at the bounds are the peak already.
            let summits = between.filter(|(values, _)| {
                let [before, here, after] = [values[0], values[1], values[2]];
                here >= before && here >= after && (here > before || here > after)
            });
            summits
                .map(|(_, ends)| summit(&value, ends[0], ends[2]))
                .chain(ends)
                .fold(f64::MIN, f64::max)
        })
        .fold(value(0.0), f64::max)
}

/// The largest value within a panel that holds one summit, which may be a jump.
fn summit(value: Function<'_>, mut low: f64, mut high: f64) -> f64 {
    /// Each round narrows the panel to an eighth.
    const ROUNDS: u32 = 18;
    const PARTS: u32 = 16;
    let mut largest = f64::MIN;
    for _ in 0..ROUNDS {
        let at = |part: u32| low + (high - low) * f64::from(part) / f64::from(PARTS);
        let (best, top) = (0..=PARTS)
            .map(|part| (part, value(at(part))))
            .max_by(|one, other| one.1.total_cmp(&other.1))
            .expect("a panel has parts");
        largest = largest.max(top);
        (low, high) = (at(best.saturating_sub(1)), at((best + 1).min(PARTS)));
    }
    largest
}

/// How far below zero the values first fall under half of the peak; `None` if they never do.
pub(crate) fn half_width(value: Function<'_>, peak: f64) -> Option<f64> {
    let half = |distance: f64| value(-distance) < peak / 2.0;
    let mut inside = 0.0;
    for bound in bounds() {
        if half(bound) {
            let mut outside = bound;
            if inside == 0.0 {
                return Some(0.0);
            }
            while outside - inside > 1e-14 * outside {
                let middle = (inside + outside) / 2.0;
                if middle <= inside || middle >= outside {
                    break;
                }
                if half(middle) {
                    outside = middle;
                } else {
                    inside = middle;
                }
            }
            return Some(outside);
        }
        inside = bound;
    }
    None
}

/// The integral over the whole line, by decades; `None` if it diverges. Beyond the last decade an algebraic tail adds a
/// geometric series of decades.
pub(crate) fn area(value: Function<'_>) -> Option<f64> {
    let both = |u: f64| value(u) + value(-u);
    let bounds: Vec<f64> = bounds().collect();
    let decades = bounds.chunks(PANELS as usize);
    // A rough integral of the magnitude first, so that a function that oscillates or does not decay is not integrated in
    // vain.
    let rough: Vec<f64> = decades
        .take((LAST - FIRST) as usize)
        .map(|decade| {
            let each = |&u: &f64| (value(u).abs() + value(-u).abs()) * u;
            let mean = decade.iter().map(each).sum::<f64>() / f64::from(PANELS);
            mean * std::f64::consts::LN_10
        })
        .collect();
    let total: f64 = rough.iter().sum();
    let last = rough.len() - 1;
    let counts = |decade: usize| rough[decade] > 1e-13 * total;
    if !total.is_finite() || (counts(last) && rough[last] > 0.98 * rough[last - 1]) {
        return None;
    }
    let exact: Vec<f64> = (0..rough.len())
        .map(|decade| {
            let from = decade * PANELS as usize;
            let panels = bounds[from..=from + PANELS as usize].windows(2);
            if counts(decade) {
                panels
                    .map(|ends| simpson(&both, ends[0], ends[1], total))
                    .sum()
            } else {
                0.0
            }
        })
        .collect();
    let tail = if counts(last) {
        let ratio = exact[last] / exact[last - 1];
        exact[last] * ratio / (1.0 - ratio)
    } else {
        0.0
    };
    let middle = (both(0.0) + both(bounds[0])) / 2.0 * bounds[0];
    Some(middle + exact.iter().sum::<f64>() + tail)
}

/// The integral from 0 to `end`.
pub(crate) fn integral(value: Function<'_>, end: f64) -> f64 {
    let forward = |distance: f64| value(distance * end.signum());
    let bounds = [0.0]
        .into_iter()
        .chain(bounds().take_while(|&bound| bound < end.abs()));
    let mut ends: Vec<f64> = bounds.collect();
    ends.push(end.abs());
    let scale = ends.windows(2).map(|ends| {
        let [low, high] = [ends[0], ends[1]];
        forward((low + high) / 2.0).abs() * (high - low)
    });
    let scale: f64 = scale.sum();
    let panels = ends.windows(2);
    let sum: f64 = panels
        .map(|ends| simpson(&forward, ends[0], ends[1], scale))
        .sum();
    sum * end.signum()
}

/// Adaptive Simpson's rule, with an error below 10⁻¹⁴ of `scale` in this panel.
fn simpson(value: Function<'_>, low: f64, high: f64, scale: f64) -> f64 {
    /// A jump is located within 2⁻⁶⁰ of the panel.
    const DEPTH: u32 = 60;
    /// The limit that an oscillating function meets.
    const EVALUATIONS: u32 = 100_000;
    let middle = (low + high) / 2.0;
    let values = [value(low), value(middle), value(high)];
    let mut left = EVALUATIONS;
    halve(value, [low, high], values, 1e-14 * scale, DEPTH, &mut left)
}

fn halve(
    value: Function<'_>,
    [low, high]: [f64; 2],
    [first, second, third]: [f64; 3],
    tolerance: f64,
    depth: u32,
    left: &mut u32,
) -> f64 {
    let middle = (low + high) / 2.0;
    let between = [value((low + middle) / 2.0), value((middle + high) / 2.0)];
    *left = left.saturating_sub(2);
    let whole = (first + 4.0 * second + third) * (high - low) / 6.0;
    let halves =
        (first + 4.0 * between[0] + 2.0 * second + 4.0 * between[1] + third) * (high - low) / 12.0;
    let error = (halves - whole).abs() / 15.0;
    if error <= tolerance || depth == 0 || *left == 0 || !error.is_finite() {
        return halves + (halves - whole) / 15.0;
    }
    let below = [first, between[0], second];
    let above = [second, between[1], third];
    halve(value, [low, middle], below, tolerance, depth - 1, left)
        + halve(value, [middle, high], above, tolerance, depth - 1, left)
}
