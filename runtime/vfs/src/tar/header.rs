//! The headers of a tar archive: POSIX's ustar and pax (`man 5 tar`, IEEE 1003.1 pax), and GNU's long names and binary numbers.

use std::ops::Range;

use crate::ArchiveError;

pub(super) const BLOCK: usize = 512;
/// What describes one member besides its header block: long names and pax records.
const DESCRIPTION_BYTES_MAX: u64 = 1 << 20;

/// A member of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) path: Vec<u8>,
    pub(super) target: Vec<u8>,
    /// As in the header: `0` a file, `5` a directory …
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime_ns: i64,
    pub(super) rdev: u64,
    /// Where in the archive its content is.
    pub(super) content: Range<usize>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What pax records say about a member in place of its header.
#[derive(Clone, Debug, Default)]
struct Pax {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime_ns: Option<i64>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The members of an archive, one after the other.
pub(super) struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
    global: Pax,
}

impl<'a> Members<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Members<'a> {
        Members { bytes, at: 0, global: Pax::default() }
    }

    /// The next member; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut pax = self.global.clone();
        loop {
            let offset = self.at;
            let Some(header) = self.block()? else { return Ok(None) };
            if header.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            check_sum(header, offset)?;
            let kind = header[156];
            let number = |field: Range<usize>| number(&header[field]).ok_or(ArchiveError::Header { offset });
            let size = match kind {
                b'x' | b'g' | b'L' | b'K' => number(124..136)?,
                _ => pax.size.map_or_else(|| number(124..136), Ok)?,
            };
            match kind {
                b'x' => pax.read(&self.bytes[self.description(size)?], offset)?,
                b'g' => {
                    let range = self.description(size)?;
                    self.global.read(&self.bytes[range], offset)?;
                    pax = self.global.clone();
                }
                b'L' => pax.path = Some(text(&self.bytes[self.description(size)?]).to_vec()),
                b'K' => pax.target = Some(text(&self.bytes[self.description(size)?]).to_vec()),
                b'S' => return Err(ArchiveError::Unsupported { offset, what: "a sparse file" }),
                _ => {
                    let has_content = matches!(kind, b'0' | 0 | b'7') || !(b'1'..=b'6').contains(&kind);
                    let content = if has_content { self.content(size)? } else { self.at..self.at };
                    return pax.member(header, kind, content, offset).map(Some);
                }
            }
        }
    }

    fn block(&mut self) -> Result<Option<&'a [u8]>, ArchiveError> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let block = rest.get(..BLOCK).ok_or(ArchiveError::Truncated { offset: self.at })?;
        self.at += BLOCK;
        Ok(Some(block))
    }

    /// The range of a member's content, which is stepped over.
    fn content(&mut self, size: u64) -> Result<Range<usize>, ArchiveError> {
        let truncated = ArchiveError::Truncated { offset: self.at };
        let start = self.at;
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let end = end.filter(|&end| end <= self.bytes.len()).ok_or(truncated)?;
        // The last block of an archive that was cut off there may lack its padding.
        self.at = end.next_multiple_of(BLOCK).min(self.bytes.len());
        Ok(start..end)
    }

    fn description(&mut self, size: u64) -> Result<Range<usize>, ArchiveError> {
        if size > DESCRIPTION_BYTES_MAX {
            return Err(ArchiveError::Unsupported { offset: self.at, what: "a header of more than 1 MiB" });
        }
        self.content(size)
    }
}

impl Pax {
    /// Records `LENGTH KEY=VALUE\n`.
    fn read(&mut self, mut records: &[u8], offset: usize) -> Result<(), ArchiveError> {
        let wrong = || ArchiveError::Header { offset };
        while !records.is_empty() {
            let space = records.iter().position(|&byte| byte == b' ').ok_or_else(wrong)?;
            let length: usize = decimal(&records[..space]).ok_or_else(wrong)?;
            let record = records.get(space + 1..length).ok_or_else(wrong)?;
            let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(wrong)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"size" => self.size = Some(decimal(value).ok_or_else(wrong)?),
                b"uid" => self.uid = Some(decimal(value).ok_or_else(wrong)?),
                b"gid" => self.gid = Some(decimal(value).ok_or_else(wrong)?),
                b"mtime" => self.mtime_ns = Some(time_ns(value).ok_or_else(wrong)?),
                _ if key.starts_with(b"GNU.sparse.") => {
                    return Err(ArchiveError::Unsupported { offset, what: "a sparse file" });
                }
                _ => {
                    if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                        self.xattrs.push((name.to_vec(), value.to_vec()));
                    }
                }
            }
            records = &records[length..];
        }
        Ok(())
    }

    fn member(
        self,
        header: &[u8],
        kind: u8,
        content: Range<usize>,
        offset: usize,
    ) -> Result<Member, ArchiveError> {
        let field = |field: Range<usize>| number(&header[field]).ok_or(ArchiveError::Header { offset });
        let is_ustar = &header[257..262] == b"ustar";
        let path = self.path.unwrap_or_else(|| {
            let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
            // GNU's own format has other things where ustar has the prefix.
            if is_ustar && header[262] == 0 && !prefix.is_empty() {
                [prefix, b"/", name].concat()
            } else {
                name.to_vec()
            }
        });
        let seconds = || field(136..148).map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        let id = |given: Option<u32>, range| match given {
            Some(id) => Ok(id),
            None => field(range).map(|id| id as u32),
        };
        let rdev = match kind {
            b'3' | b'4' => field(329..337)? << 8 | field(337..345)? & 0xff,
            _ => 0,
        };
        Ok(Member {
            path,
            target: self.target.unwrap_or_else(|| text(&header[157..257]).to_vec()),
            kind,
            mode: (field(100..108)? & 0o7777) as u32,
            uid: id(self.uid, 108..116)?,
            gid: id(self.gid, 116..124)?,
            mtime_ns: match self.mtime_ns {
                Some(ns) => ns,
                None => seconds()?.saturating_mul(1_000_000_000),
            },
            rdev,
            content,
            xattrs: self.xattrs,
        })
    }
}

/// The sum of a header's bytes, its own field taken as spaces.
fn check_sum(header: &[u8], offset: usize) -> Result<(), ArchiveError> {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, &byte)| if (148..156).contains(&at) { b' '.into() } else { u64::from(byte) })
        .sum();
    if number(&header[148..156]) == Some(sum) { Ok(()) } else { Err(ArchiveError::Header { offset }) }
}

/// What comes before the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in binary after a byte of 0x80 (GNU). An empty field is 0; a negative number is too.
fn number(field: &[u8]) -> Option<u64> {
    match field.first()? {
        0xff => Some(0),
        0x80 => {
            let (high, low) = field[1..].split_at(field.len().saturating_sub(9));
            let low = low.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
            high.iter().all(|&byte| byte == 0).then_some(low)
        }
        _ => {
            let digits = text(field).trim_ascii();
            digits.iter().try_fold(0u64, |number, &digit| match digit {
                b'0'..=b'7' => number.checked_mul(8)?.checked_add((digit - b'0').into()),
                _ => None,
            })
        }
    }
}

fn decimal<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Seconds with a fraction, perhaps before 1970.
fn time_ns(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = seconds.parse::<i64>().ok()?.checked_mul(1_000_000_000)?;
    let digits = fraction.get(..fraction.len().min(9))?;
    let part: i64 = if digits.is_empty() { 0 } else { digits.parse::<u32>().ok()?.into() };
    let part = part * 10i64.pow(9 - digits.len() as u32);
    whole.checked_add(if text.starts_with('-') { -part } else { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |field: &[u8], expected| assert_eq!(number(field), expected, "{field:?}");
        check(b"0000644\0", Some(0o644));
        check(b"   644 \0", Some(0o644));
        check(b"\0\0\0\0", Some(0));
        check(b"64x\0", None);
        check(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1], Some((2 << 32) + 1));
        check(&[0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1], None);
        check(&[0xff; 8], Some(0));
    }

    #[test]
    fn times() {
        let check = |text: &str, expected| assert_eq!(time_ns(text.as_bytes()), expected, "{text}");
        check("12", Some(12_000_000_000));
        check("12.5", Some(12_500_000_000));
        check("12.0000000019", Some(12_000_000_001));
        check("-1.25", Some(-1_250_000_000));
        check("99999999999999", None);
        check("1.x", None);
        check("", None);
    }
}
