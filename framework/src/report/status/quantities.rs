//! Times and sizes as a reader wants them.

/// A time in its largest sensible unit: `45 s`, `12 min`, `3.4 h`, `2.5 days`.
pub fn time(seconds: f64) -> String {
    match seconds {
        some if some < 99.5 => format!("{some:.0} s"),
        some if some < 99.5 * 60.0 => format!("{:.0} min", some / 60.0),
        some if some < 72.0 * 3600.0 => format!("{:.1} h", some / 3600.0),
        some => format!("{:.1} days", some / 86_400.0),
    }
}

/// The time that cells need together, on one core each.
pub fn core_time(seconds: f64) -> String {
    match seconds {
        some if some < 99.5 => format!("{some:.0} core-seconds"),
        some if some < 99.5 * 60.0 => format!("{:.0} core-minutes", some / 60.0),
        some => format!("{:.1} core-hours", some / 3600.0),
    }
}

/// A number of bytes.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(size < 9.95);
    format!("{size:.decimals$} {}", UNITS[unit])
}

/// Steps in a second.
pub fn speed(steps_per_second: f64) -> String {
    let decimals = usize::from(steps_per_second < 9.95);
    format!("{steps_per_second:.decimals$} steps/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_two_or_three_digits() {
        let times = [0.4, 99.0, 100.0, 5940.0, 6000.0, 259_000.0, 260_000.0].map(time);
        assert_eq!(
            times,
            [
                "0 s", "99 s", "2 min", "99 min", "1.7 h", "71.9 h", "3.0 days"
            ]
        );
        let sizes = [0, 999, 1000, 9949, 999_499, 999_600, 12_300_000_000].map(size);
        assert_eq!(
            sizes,
            [
                "0 bytes",
                "999 bytes",
                "1.0 kB",
                "9.9 kB",
                "999 kB",
                "1.0 MB",
                "12 GB"
            ]
        );
    }
}
