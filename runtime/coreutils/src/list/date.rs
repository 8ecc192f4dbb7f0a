//! Dates as `ls -l` writes them in the locale C: `%b %e %H:%M`, or `%b %e  %Y` when they are half a year old or to come.

const NS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Half of a mean Gregorian year.
const RECENT_SECONDS: i64 = 31_556_952 / 2;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment, ns since 1970, beside the present one.
pub(super) fn shown(moment_ns: i64, now_ns: i64) -> String {
    let seconds = moment_ns.div_euclid(NS_PER_SECOND);
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let month = MONTHS[month - 1];
    let age_ns = now_ns - moment_ns;
    if (0..RECENT_SECONDS * NS_PER_SECOND).contains(&age_ns) {
        let minute = seconds.rem_euclid(SECONDS_PER_DAY) / 60;
        return format!("{month} {day:>2} {:02}:{:02}", minute / 60, minute % 60);
    }
    format!("{month} {day:>2}  {year}")
}

/// Year, month (from 1) and day of a day since 1970, in the Gregorian calendar.
fn civil(days: i64) -> (i64, usize, i64) {
    // Years from March on, so that the leap day is the last of its year; 400 years are a cycle.
    let shifted = days + 719_468;
    let cycle = shifted.div_euclid(146_097);
    let of_cycle = shifted.rem_euclid(146_097);
    let year_of_cycle = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let day_of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected dates are date(1)'s of these seconds.
    fn check(seconds: i64, now: i64, expect: &str) {
        assert_eq!(shown(seconds * NS_PER_SECOND, now * NS_PER_SECOND), expect, "{seconds}");
    }

    #[test]
    fn dates() {
        check(0, 60, "Jan  1 00:00");
        check(0, 1_700_000_000, "Jan  1  1970");
        check(1_709_210_096, 1_709_210_096, "Feb 29 12:34");
        check(1_709_210_096, 1_709_210_095, "Feb 29  2024");
        check(951_782_400, 1_700_000_000, "Feb 29  2000");
        check(4_107_542_400, 1_700_000_000, "Mar  1  2100");
        check(-1, 1_700_000_000, "Dec 31  1969");
    }
}
