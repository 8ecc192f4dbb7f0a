//! Messages of the domain name system (RFC 1035): the queries that a resolver sends, and the answers that it gets.
//!
//! ```
//! use oac_node_ops::dns;
//! let query = dns::query(7, "example.org", dns::kind::MX).unwrap();
//! assert_eq!(query.len(), 12 + 13 + 4);
//! ```

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Types of records. RFC 1035 3.2.2, RFC 3596, 2782, 3403, 6698 and 8659.
#[allow(missing_docs)]
pub mod kind {
    pub const A: u16 = 1;
    pub const NS: u16 = 2;
    pub const CNAME: u16 = 5;
    pub const SOA: u16 = 6;
    pub const PTR: u16 = 12;
    pub const MX: u16 = 15;
    pub const TXT: u16 = 16;
    pub const AAAA: u16 = 28;
    pub const SRV: u16 = 33;
    pub const NAPTR: u16 = 35;
    pub const TLSA: u16 = 52;
    pub const ANY: u16 = 255;
    pub const CAA: u16 = 257;
}

const CLASS_IN: u16 = 1;
const RESPONSE: u16 = 0x8000;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const HEAD_BYTES: usize = 12;
/// A name's bytes, and a label's. RFC 1035 2.3.4.
const NAME_BYTES_MAX: usize = 255;
const LABEL_BYTES_MAX: usize = 63;
/// Jumps in one name: as many as there can be labels.
const POINTERS_MAX: usize = 128;

/// Why a name cannot be asked for, or an answer not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// A label that is empty or too long, or too many of them.
    #[error("not a name of the domain name system")]
    BadName,
    /// The message ends early, or its names lead in circles.
    #[error("malformed answer of a name server")]
    BadAnswer,
    /// It answers another question.
    #[error("the answer to another question")]
    NotOurs,
}

/// An answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The server's RCODE, 0 for success. RFC 1035 4.1.1.
    pub code: u8,
    /// It did not fit into a datagram: ask again over TCP.
    pub truncated: bool,
    /// What stands in the answer section, records of unknown types left out.
    pub records: Vec<Record>,
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// One of [`kind`].
    pub kind: u16,
    /// For how many seconds it holds.
    pub ttl_s: u32,
    /// What it says.
    pub data: Data,
}

/// What a record says, by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A and AAAA, as text.
    Address(String),
    /// NS, CNAME and PTR.
    Name(String),
    /// MX: priority and exchange.
    Mx(u16, String),
    /// TXT: its strings.
    Txt(Vec<Vec<u8>>),
    /// SRV: priority, weight, port and name.
    Srv(u16, u16, u16, String),
    /// NAPTR: order, preference; flags, service, expression; replacement.
    Naptr(u16, u16, [Vec<u8>; 3], String),
    /// SOA: name server and master; serial, refresh, retry, expire and minimum.
    Soa(String, String, [u32; 5]),
    /// TLSA: usage, selector, matching; data.
    Tlsa([u8; 3], Vec<u8>),
    /// CAA: flags, tag and value.
    Caa(u8, Vec<u8>, Vec<u8>),
}

/// The message that asks for one type of records of a name.
///
/// # Errors
/// `BadName`.
pub fn query(id: u16, name: &str, kind: u16) -> Result<Vec<u8>, DnsError> {
    let mut out = Vec::with_capacity(HEAD_BYTES + name.len() + 6);
    for word in [id, RECURSION_DESIRED, 1, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if !name.is_empty() {
        for label in name.split('.') {
            let length = u8::try_from(label.len()).map_err(|_| DnsError::BadName)?;
            if label.is_empty() || label.len() > LABEL_BYTES_MAX {
                return Err(DnsError::BadName);
            }
            out.push(length);
            out.extend(label.bytes());
        }
    }
    out.push(0);
    if out.len() - HEAD_BYTES > NAME_BYTES_MAX {
        return Err(DnsError::BadName);
    }
    out.extend(kind.to_be_bytes());
    out.extend(CLASS_IN.to_be_bytes());
    Ok(out)
}

/// Reads the answer to `query`.
///
/// # Errors
/// `NotOurs` for one to another question, `BadAnswer`.
pub fn answer(query: &[u8], message: &[u8]) -> Result<Answer, DnsError> {
    let mut reader = Reader { message, position: 0 };
    let mut head = [0; 6];
    for word in &mut head {
        *word = reader.u16()?;
    }
    let [id, flags, questions, answers, ..] = head;
    if query.get(..2) != Some(&id.to_be_bytes()[..]) || flags & RESPONSE == 0 {
        return Err(DnsError::NotOurs);
    }
    let asked = reader.question(questions)?;
    let (mut original, mut wanted) = (Reader { message: query, position: HEAD_BYTES }, None);
    if asked.is_some() {
        wanted = original.question(1)?;
    }
    if asked.as_ref().map(folded) != wanted.as_ref().map(folded) {
        return Err(DnsError::NotOurs);
    }
    let mut records = Vec::new();
    for _ in 0..answers {
        records.extend(reader.record()?);
    }
    Ok(Answer { code: (flags & 15) as u8, truncated: flags & TRUNCATED != 0, records })
}

fn folded((name, kind): &(String, u16)) -> (String, u16) {
    (name.to_ascii_lowercase(), *kind)
}

struct Reader<'a> {
    message: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], DnsError> {
        let end = self.position.checked_add(count).ok_or(DnsError::BadAnswer)?;
        let bytes = self.message.get(self.position..end).ok_or(DnsError::BadAnswer)?;
        self.position = end;
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8, DnsError> {
        Ok(self.bytes(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, DnsError> {
        let bytes = self.bytes(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, DnsError> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// A length, and so many bytes.
    fn text(&mut self) -> Result<Vec<u8>, DnsError> {
        let length = self.u8()?;
        Ok(self.bytes(length.into())?.to_vec())
    }

    fn question(&mut self, count: u16) -> Result<Option<(String, u16)>, DnsError> {
        let mut first = None;
        for _ in 0..count {
            let name = self.name()?;
            let kind = self.u16()?;
            self.u16()?;
            first.get_or_insert((name, kind));
        }
        Ok(first)
    }

    /// A name, which may go on elsewhere in the message (RFC 1035 4.1.4); what is special in a label is escaped.
    fn name(&mut self) -> Result<String, DnsError> {
        let (mut name, mut end, mut jumps, mut size) = (String::new(), None, 0, 0);
        loop {
            let length = self.u8()?;
            match length {
                0 => break,
                0xc0.. => {
                    let low = self.u8()?;
                    end.get_or_insert(self.position);
                    jumps += 1;
                    if jumps > POINTERS_MAX {
                        return Err(DnsError::BadAnswer);
                    }
                    self.position = usize::from(length & 0x3f) << 8 | usize::from(low);
                }
                64.. => return Err(DnsError::BadAnswer),
                _ => {
                    size += 1 + usize::from(length);
                    if size > NAME_BYTES_MAX {
                        return Err(DnsError::BadAnswer);
                    }
                    if !name.is_empty() {
                        name.push('.');
                    }
                    push_label(&mut name, self.bytes(length.into())?);
                }
            }
        }
        self.position = end.unwrap_or(self.position);
        Ok(name)
    }

    /// A record; nothing for one of an unknown type or class.
    fn record(&mut self) -> Result<Option<Record>, DnsError> {
        self.name()?;
        let (kind, class, ttl_s, length) = (self.u16()?, self.u16()?, self.u32()?, self.u16()?);
        let end = self.position + usize::from(length);
        if end > self.message.len() {
            return Err(DnsError::BadAnswer);
        }
        // Fields end with the record; names in it may lead anywhere.
        let mut within = Reader { message: &self.message[..end], position: self.position };
        let data = within.data(kind)?;
        if data.is_some() && within.position != end {
            return Err(DnsError::BadAnswer);
        }
        self.position = end;
        Ok(data.filter(|_| class == CLASS_IN).map(|data| Record { kind, ttl_s, data }))
    }

    fn data(&mut self, kind: u16) -> Result<Option<Data>, DnsError> {
        let rest = self.message.len() - self.position;
        Ok(Some(match kind {
            kind::A => {
                let bytes = self.bytes(4)?;
                Data::Address(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).to_string())
            }
            kind::AAAA => {
                let bytes = self.bytes(16)?.first_chunk::<16>().ok_or(DnsError::BadAnswer)?;
                Data::Address(Ipv6Addr::from(*bytes).to_string())
            }
            kind::NS | kind::CNAME | kind::PTR => Data::Name(self.name()?),
            kind::MX => Data::Mx(self.u16()?, self.name()?),
            kind::TXT => {
                let mut strings = Vec::new();
                while self.position < self.message.len() {
                    strings.push(self.text()?);
                }
                Data::Txt(strings)
            }
            kind::SRV => Data::Srv(self.u16()?, self.u16()?, self.u16()?, self.name()?),
            kind::NAPTR => {
                let (order, preference) = (self.u16()?, self.u16()?);
                Data::Naptr(order, preference, [self.text()?, self.text()?, self.text()?], self.name()?)
            }
            kind::SOA => {
                let (server, master) = (self.name()?, self.name()?);
                let numbers = [self.u32()?, self.u32()?, self.u32()?, self.u32()?, self.u32()?];
                Data::Soa(server, master, numbers)
            }
            kind::TLSA if rest >= 3 => {
                let head = [self.u8()?, self.u8()?, self.u8()?];
                Data::Tlsa(head, self.bytes(rest - 3)?.to_vec())
            }
            kind::CAA => {
                let (flags, tag) = (self.u8()?, self.text()?);
                let left = self.message.len() - self.position;
                Data::Caa(flags, tag, self.bytes(left)?.to_vec())
            }
            kind::TLSA => return Err(DnsError::BadAnswer),
            _ => return Ok(None),
        }))
    }
}

fn push_label(name: &mut String, label: &[u8]) {
    for &byte in label {
        match byte {
            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                name.push('\\');
                name.push(byte.into());
            }
            0x21..=0x7e => name.push(byte.into()),
            _ => {
                let _ = write!(name, "\\{byte:03}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question about `example.org`, whose name stands at 12, with these records.
    fn message(kind: u16, count: u16, records: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let query = query(9, "example.org", kind).unwrap();
        let mut message = query.clone();
        message[2] |= 0x80;
        message[6..8].copy_from_slice(&count.to_be_bytes());
        message.extend_from_slice(records);
        (query, message)
    }

    fn check(kind: u16, data: &[u8], expected: Data) {
        let mut record = vec![0xc0, 12];
        record.extend(kind.to_be_bytes());
        record.extend([0, 1, 0, 0, 0, 60]);
        record.extend((data.len() as u16).to_be_bytes());
        record.extend_from_slice(data);
        let (query, message) = message(kind, 1, &record);
        let read = answer(&query, &message).unwrap();
        assert_eq!(read.records, [Record { kind, ttl_s: 60, data: expected }]);
        // Cut anywhere it is refused, never taken for something else.
        for end in query.len()..message.len() {
            assert_eq!(answer(&query, &message[..end]), Err(DnsError::BadAnswer), "cut at {end}");
        }
    }

    #[test]
    fn records_of_each_type() {
        let name = || "example.org".to_string();
        check(kind::A, &[1, 2, 3, 4], Data::Address("1.2.3.4".into()));
        check(
            kind::AAAA,
            &[0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            Data::Address("2001::1".into()),
        );
        check(kind::CNAME, &[1, b'a', 0xc0, 12], Data::Name("a.example.org".into()));
        check(kind::MX, &[0, 10, 0xc0, 12], Data::Mx(10, name()));
        check(kind::TXT, b"\x01a\x02bc", Data::Txt(vec![b"a".to_vec(), b"bc".to_vec()]));
        check(kind::SRV, &[0, 1, 0, 2, 0, 3, 0xc0, 12], Data::Srv(1, 2, 3, name()));
        check(
            kind::NAPTR,
            b"\x00\x01\x00\x02\x01s\x03E2U\x00\xc0\x0c",
            Data::Naptr(1, 2, [b"s".to_vec(), b"E2U".to_vec(), vec![]], name()),
        );
        check(kind::CAA, b"\x80\x05issuex.y", Data::Caa(128, b"issue".to_vec(), b"x.y".to_vec()));
        check(kind::TLSA, &[3, 1, 1, 9, 9], Data::Tlsa([3, 1, 1], vec![9, 9]));
        let mut soa = vec![0xc0, 12, 0xc0, 12];
        soa.extend((1..=5u32).flat_map(u32::to_be_bytes));
        check(kind::SOA, &soa, Data::Soa(name(), name(), [1, 2, 3, 4, 5]));
    }

    #[test]
    fn special_bytes_of_labels_are_escaped() {
        check(kind::PTR, b"\x04a.\\\x01\x00", Data::Name("a\\.\\\\\\001".into()));
    }

    #[test]
    fn names_that_lead_in_circles_are_refused() {
        let (query, message) = message(kind::PTR, 1, &[0xc0, 29, 0, 12, 0, 1, 0, 0, 0, 1, 0, 0]);
        assert_eq!(answer(&query, &message), Err(DnsError::BadAnswer));
    }

    #[test]
    fn answers_to_others_are_left() {
        let (query, mut message) = message(kind::A, 0, &[]);
        message[12 + 1] = b'E';
        assert!(answer(&query, &message).is_ok(), "case does not matter");
        message[12 + 1] = b'f';
        assert_eq!(answer(&query, &message), Err(DnsError::NotOurs));
        message[0] ^= 1;
        assert_eq!(answer(&query, &message), Err(DnsError::NotOurs));
    }

    #[test]
    fn names_that_cannot_be_asked_for() {
        for name in ["a..b", ".a", &"x".repeat(64), &vec!["y".repeat(60); 5].join(".")] {
            assert_eq!(query(1, name, kind::A), Err(DnsError::BadName), "{name}");
        }
        assert!(query(1, "a.", kind::A).is_ok() && query(1, "", kind::NS).is_ok());
    }
}
