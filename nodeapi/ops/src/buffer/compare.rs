//! Comparison, filling, byte order.

use std::cmp::Ordering;

/// `buffer.compare`: -1, 0 or 1.
pub fn compare(left: &[u8], right: &[u8]) -> i32 {
    match left.cmp(right) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

/// `buffer.compareOffset`: compares `source[source_start..][..source_len]` with `target[target_start..][..target_len]`, each cut at
/// the end of its view. `None` when a start lies outside (`ERR_OUT_OF_RANGE`).
pub fn compare_offset(
    source: &[u8],
    target: &[u8],
    target_start: usize,
    source_start: usize,
    target_len: usize,
    source_len: usize,
) -> Option<i32> {
    let source = source.get(source_start..)?;
    let target = target.get(target_start..)?;
    Some(compare(&source[..source_len.min(source.len())], &target[..target_len.min(target.len())]))
}

/// Repeats `pattern` over `out`; `false` when the pattern is empty and `out` is not, which Node reports as an invalid value.
pub fn fill_pattern(out: &mut [u8], pattern: &[u8]) -> bool {
    match pattern {
        [] => return out.is_empty(),
        [byte] => out.fill(*byte),
        _ => {
            for chunk in out.chunks_mut(pattern.len()) {
                chunk.copy_from_slice(&pattern[..chunk.len()]);
            }
        }
    }
    true
}

fn swap(bytes: &mut [u8], width: usize) {
    for group in bytes.chunks_exact_mut(width) {
        group.reverse();
    }
}

/// Reverses each two bytes; the length was checked to be even.
pub fn swap16(bytes: &mut [u8]) {
    swap(bytes, 2);
}

/// Reverses each four bytes.
pub fn swap32(bytes: &mut [u8]) {
    swap(bytes, 4);
}

/// Reverses each eight bytes.
pub fn swap64(bytes: &mut [u8]) {
    swap(bytes, 8);
}
