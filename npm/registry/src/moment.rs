//! Points in time as registries and users write them.

use std::fmt;

/// Milliseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

const DAY_MS: i64 = 86_400_000;

impl Moment {
    /// The moment that many milliseconds after the beginning of 1970.
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the beginning of 1970.
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// The present, by the machine's clock.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Reads the ISO 8601 forms that `Date.parse` knows: `2024-06-01`, `2024-06-01T12:30:00.000Z`, with an
    /// offset instead of `Z`, or with none at all, which means UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, time) = match text.split_once(['T', ' ']) {
            Some((date, time)) => (date, time),
            None => (text, ""),
        };
        let mut parts = date.split('-');
        let mut number = |default: Option<i64>| match parts.next() {
            Some(part) => part.parse::<i64>().ok(),
            None => default,
        };
        let (year, month, day) = (number(None)?, number(Some(1))?, number(Some(1))?);
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        Some(Self(days_since_1970(year, month, day) * DAY_MS + time_ms(time)?))
    }
}

/// As `Date.prototype.toISOString`: `2024-06-01T12:30:00.000Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let (mut year, mut month) = (1970 + days / 366, 1);
        while days_since_1970(year + 1, 1, 1) <= days {
            year += 1;
        }
        while month < 12 && days_since_1970(year, month + 1, 1) <= days {
            month += 1;
        }
        let day = days - days_since_1970(year, month, 1) + 1;
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

/// `12:30:00.250+02:00` in milliseconds from midnight in UTC.
fn time_ms(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (clock, offset_min) = match text.rfind(['Z', '+', '-']) {
        None => (text, 0),
        Some(at) if &text[at..] == "Z" => (&text[..at], 0),
        Some(at) => {
            let (hours, minutes) = text[at + 1..].split_once(':').unwrap_or((&text[at + 1..], "0"));
            let offset = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            (&text[..at], if text[at..].starts_with('-') { -offset } else { offset })
        }
    };
    let mut parts = clock.split(':');
    let hours = parts.next()?.parse::<i64>().ok()?;
    let minutes = parts.next().unwrap_or("0").parse::<i64>().ok()?;
    let seconds = parts.next().unwrap_or("0").parse::<f64>().ok()?;
    if !(0..=24).contains(&hours) || !(0..60).contains(&minutes) || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    // Truncated to whole milliseconds, of which there are few enough for any float.
    #[allow(clippy::cast_possible_truncation)]
    let seconds_ms = (seconds * 1000.0) as i64;
    Some((hours * 60 + minutes - offset_min) * 60_000 + seconds_ms)
}

/// Days from the first of January 1970, by the rules of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let era_days = year * 365 + year / 4 - year / 100 + year / 400;
    era_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<i64>) {
        assert_eq!(Moment::parse(text).map(Moment::unix_ms), expect, "{text}");
    }

    // As `Date.parse` answers in UTC.
    #[test]
    fn dates() {
        check("1970-01-01", Some(0));
        check("2024-06-01", Some(1_717_200_000_000));
        check("2024-02-29T23:59:59.250Z", Some(1_709_251_199_250));
        check("2024-06-01T12:30+02:00", Some(1_717_237_800_000));
        check("2000-03", Some(951_868_800_000));
        for text in ["2024-02-29T23:59:59.250Z", "1970-01-01T00:00:00.000Z", "2000-12-31T00:00:00.001Z"] {
            assert_eq!(Moment::parse(text).map(|moment| moment.to_string()).as_deref(), Some(text));
        }
        check("yesterday", None);
        check("2024-13-01", None);
    }
}
