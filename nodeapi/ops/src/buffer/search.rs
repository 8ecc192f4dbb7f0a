//! `indexOf` and `lastIndexOf`.

use memchr::memmem;

use super::{Encoding, encode};
use crate::text::JsStr;

/// Which occurrence is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The first at or after the offset.
    Forward,
    /// The last that starts at or before the offset.
    Backward,
}

/// Turns Node's signed byte offset into a start, or says that nothing can match.
fn start_of(length: usize, offset: i64, needle_len: usize, direction: Direction) -> Option<usize> {
    let forward = direction == Direction::Forward;
    let length = i64::try_from(length).ok()?;
    let needle_len = i64::try_from(needle_len).ok()?;
    let start = if offset < 0 {
        if offset.saturating_add(length) >= 0 {
            length + offset
        } else if forward || needle_len == 0 {
            0
        } else {
            return None;
        }
    } else if offset.saturating_add(needle_len) <= length {
        offset
    } else if needle_len == 0 {
        length
    } else if forward {
        return None;
    } else {
        length - 1
    };
    usize::try_from(start).ok()
}

/// `buffer.indexOfNumber`: the byte `value & 255`.
pub fn index_of_number(haystack: &[u8], value: u32, offset: i64, direction: Direction) -> Option<usize> {
    let start = start_of(haystack.len(), offset, 1, direction).filter(|&start| start < haystack.len())?;
    let byte = value as u8;
    match direction {
        Direction::Forward => memchr::memchr(byte, &haystack[start..]).map(|at| at + start),
        Direction::Backward => memchr::memrchr(byte, &haystack[..=start]),
    }
}

/// `buffer.indexOfString`.
pub fn index_of_string(
    haystack: &[u8],
    needle: JsStr<'_>,
    offset: i64,
    encoding: Encoding,
    direction: Direction,
) -> Option<usize> {
    index_of_buffer(haystack, &encode(needle, encoding), offset, encoding, direction)
}

/// `buffer.indexOfBuffer`; with [`Encoding::Ucs2`] only even positions count.
pub fn index_of_buffer(
    haystack: &[u8],
    needle: &[u8],
    offset: i64,
    encoding: Encoding,
    direction: Direction,
) -> Option<usize> {
    // Whole units only: an odd last byte is not part of the haystack.
    let haystack = if encoding == Encoding::Ucs2 { &haystack[..haystack.len() & !1] } else { haystack };
    let start = start_of(haystack.len(), offset, needle.len(), direction)?;
    if needle.is_empty() {
        return Some(start);
    }
    if needle.len() > haystack.len()
        || (direction == Direction::Forward && start + needle.len() > haystack.len())
    {
        return None;
    }
    if encoding == Encoding::Ucs2 {
        return search_units(haystack, needle, start, direction);
    }
    match direction {
        Direction::Forward => memmem::find(&haystack[start..], needle).map(|at| at + start),
        Direction::Backward => {
            let end = (start + needle.len()).min(haystack.len());
            memmem::rfind(&haystack[..end], needle)
        }
    }
}

fn search_units(haystack: &[u8], needle: &[u8], start: usize, direction: Direction) -> Option<usize> {
    let needle = &needle[..needle.len() & !1];
    if haystack.len() < 2 || needle.is_empty() {
        return None;
    }
    let units = haystack.len() / 2;
    let last = units.checked_sub(needle.len() / 2)?;
    let matches = |unit: &usize| &haystack[unit * 2..unit * 2 + needle.len()] == needle;
    let found = match direction {
        Direction::Forward => (start / 2..=last).find(matches),
        Direction::Backward => (0..=last.min(start / 2)).rev().find(matches),
    };
    found.map(|unit| unit * 2)
}
