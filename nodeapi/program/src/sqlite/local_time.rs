//! Local time for SQLite's date functions: the C library below knows UTC only.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};

use libsqlite3_sys as sqlite;

thread_local! {
    /// The name of the time zone.
    static ZONE: RefCell<String> = RefCell::default();
}

/// The first fields of C's `struct tm`, those that SQLite reads.
#[repr(C)]
struct BrokenDown {
    second: c_int,
    minute: c_int,
    hour: c_int,
    day: c_int,
    month: c_int,
    year: c_int,
}

/// What `localtime` modifiers mean from now on.
pub(crate) fn set_zone(name: &str) {
    ZONE.with(|zone| name.clone_into(&mut zone.borrow_mut()));
}

/// SQLite has one way to be given a local time.
pub(super) fn install() {
    let function: unsafe extern "C" fn(*const c_void, *mut c_void) -> c_int = local_time;
    // SAFETY: this control takes a number and such a function.
    unsafe { sqlite::sqlite3_test_control(sqlite::SQLITE_TESTCTRL_LOCALTIME_FAULT, 2 as c_int, function) };
}

/// `time` is a `time_t`, which has 64 bits.
unsafe extern "C" fn local_time(time: *const c_void, out: *mut c_void) -> c_int {
    // SAFETY: SQLite passes these two.
    let (seconds, out) = unsafe { (*time.cast::<i64>(), out.cast::<BrokenDown>()) };
    let offset = ZONE.with(|zone| oac_node_ops::intl::zone_offset(&zone.borrow(), seconds as f64 * 1000.0));
    let local = seconds + offset.map_or(0, |(offset, _)| i64::from(offset));
    let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    // SAFETY: as above.
    unsafe {
        (*out).second = (rest % 60) as c_int;
        (*out).minute = (rest / 60 % 60) as c_int;
        (*out).hour = (rest / 3600) as c_int;
        (*out).day = day as c_int;
        (*out).month = month as c_int - 1;
        (*out).year = (year - 1900) as c_int;
    }
    0
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar; years begin in March while it counts.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let from_march_0000 = days + 719_468;
    let era = from_march_0000.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = from_march_0000.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400 + i64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    fn check(days: i64, expected: (i64, i64, i64)) {
        assert_eq!(civil(days), expected);
    }

    #[test]
    fn days_are_dates() {
        check(0, (1970, 1, 1));
        check(-1, (1969, 12, 31));
        check(11_016, (2000, 2, 29));
        check(20_513, (2026, 3, 1));
    }
}
