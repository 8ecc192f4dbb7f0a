//! Paths as text: byte strings, as on Linux.

use oac_abi::{Errno, bounds};

/// Checks what every call checks of a path.
///
/// # Errors
/// ENOENT when it is empty, ENAMETOOLONG, EINVAL when it holds a NUL.
pub fn check_path(path: &[u8]) -> Result<(), Errno> {
    if path.is_empty() {
        Err(Errno::ENOENT)
    } else if path.len() >= bounds::PATH_BYTES_MAX {
        // PATH_MAX counts a NUL.
        Err(Errno::ENAMETOOLONG)
    } else if path.contains(&0) {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// The first component of a path and what follows it, slashes before it skipped. `None` when there is none left.
pub(crate) fn split_first(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|&byte| byte != b'/')?;
    let path = &path[start..];
    let end = path.iter().position(|&byte| byte == b'/').unwrap_or(path.len());
    Some(path.split_at(end))
}

/// Whether nothing but slashes is left.
pub(crate) fn is_over(rest: &[u8]) -> bool {
    rest.iter().all(|&byte| byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expect: &[&str]) {
        let mut rest = path.as_bytes();
        let mut parts = Vec::new();
        while let Some((part, after)) = split_first(rest) {
            parts.push(std::str::from_utf8(part).unwrap());
            rest = after;
        }
        assert_eq!(parts, expect, "{path}");
    }

    #[test]
    fn components() {
        check("", &[]);
        check("///", &[]);
        check("/a//b/", &["a", "b"]);
        check("a/./..", &["a", ".", ".."]);
    }

    #[test]
    fn what_no_call_takes() {
        assert_eq!(check_path(b""), Err(Errno::ENOENT));
        assert_eq!(check_path(b"a\0"), Err(Errno::EINVAL));
        assert_eq!(check_path(&[b'a'; 4096]), Err(Errno::ENAMETOOLONG));
        assert_eq!(check_path(&[b'a'; 4095]), Ok(()));
    }
}
