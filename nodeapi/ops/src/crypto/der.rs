//! DER (ITU-T X.690): reading with borrowed contents, and writing.

use num_bigint::BigUint;

/// Universal tags, as whole identifier bytes.
pub mod tag {
    #![allow(missing_docs, reason = "the names are those of X.690")]
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const UTF8: u8 = 0x0C;
    pub const PRINTABLE: u8 = 0x13;
    pub const TELETEX: u8 = 0x14;
    pub const IA5: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const VISIBLE: u8 = 0x1A;
    pub const UNIVERSAL: u8 = 0x1C;
    pub const BMP: u8 = 0x1E;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
}

/// Malformed DER, by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// Another tag than what must be there.
    #[error("wrong tag")]
    WrongTag,
    /// The contents go on after the end of the data.
    #[error("too long")]
    TooLong,
    /// The data ends before a whole header.
    #[error("not enough data")]
    NotEnoughData,
    /// A header that is not one.
    #[error("header is malformed")]
    BadHeader,
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier byte (tags above 30 do not occur in what is read here).
    pub tag: u8,
    /// What is inside.
    pub contents: &'a [u8],
    /// All of it, header included.
    pub whole: &'a [u8],
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

/// What reading gives.
pub type Read<T> = Result<T, DerError>;

impl<'a> Reader<'a> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element's tag.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element.
    pub fn element(&mut self) -> Read<Element<'a>> {
        let data = self.0;
        let [tag, first, ..] = *data else { return Err(DerError::NotEnoughData) };
        if tag & 0x1F == 0x1F {
            return Err(DerError::BadHeader);
        }
        let (length, header) = match first {
            short @ 0..0x80 => (usize::from(short), 2),
            0x80 => return Err(DerError::BadHeader),
            long => {
                let count = usize::from(long & 0x7F);
                let bytes = data.get(2..2 + count).ok_or(DerError::NotEnoughData)?;
                if count > 4 {
                    return Err(DerError::TooLong);
                }
                (bytes.iter().fold(0, |value, &byte| value << 8 | usize::from(byte)), 2 + count)
            }
        };
        let end = header.checked_add(length).filter(|&end| end <= data.len()).ok_or(DerError::TooLong)?;
        self.0 = &data[end..];
        Ok(Element { tag, contents: &data[header..end], whole: &data[..end] })
    }

    /// The contents of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Read<&'a [u8]> {
        match self.peek() {
            Some(found) if found != tag => Err(DerError::WrongTag),
            _ => Ok(self.element()?.contents),
        }
    }

    /// The contents of the next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Read<Option<&'a [u8]>> {
        if self.peek() == Some(tag) { Ok(Some(self.element()?.contents)) } else { Ok(None) }
    }

    /// What is inside of the next element, a SEQUENCE.
    pub fn sequence(&mut self) -> Read<Self> {
        Ok(Reader(self.expect(tag::SEQUENCE)?))
    }

    /// A non-negative INTEGER (a negative one is read as what its bytes say).
    pub fn integer(&mut self) -> Read<BigUint> {
        Ok(BigUint::from_bytes_be(self.expect(tag::INTEGER)?))
    }

    /// A small INTEGER.
    pub fn small(&mut self) -> Read<u32> {
        let bytes = self.expect(tag::INTEGER)?;
        if bytes.len() > 5 {
            return Err(DerError::TooLong);
        }
        Ok(bytes.iter().fold(0u32, |value, &byte| value << 8 | u32::from(byte)))
    }

    /// An OBJECT IDENTIFIER's contents.
    pub fn oid(&mut self) -> Read<&'a [u8]> {
        self.expect(tag::OID)
    }

    /// A BIT STRING of whole bytes.
    pub fn bits(&mut self) -> Read<&'a [u8]> {
        match self.expect(tag::BIT_STRING)? {
            [_, bytes @ ..] => Ok(bytes),
            [] => Err(DerError::NotEnoughData),
        }
    }

    /// `AlgorithmIdentifier`: the identifier, and the parameters' element.
    pub fn algorithm(&mut self) -> Read<(&'a [u8], Option<Element<'a>>)> {
        let mut inner = self.sequence()?;
        let oid = inner.oid()?;
        Ok((oid, if inner.is_empty() { None } else { Some(inner.element()?) }))
    }
}

/// An element of these parts.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// A SEQUENCE.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, parts)
}

/// A non-negative INTEGER.
pub fn integer(value: &BigUint) -> Vec<u8> {
    let bytes = value.to_bytes_be();
    let pad: &[u8] = if bytes[0] & 0x80 != 0 { &[0] } else { &[] };
    element(tag::INTEGER, &[pad, &bytes])
}

/// A small INTEGER.
pub fn small(value: u32) -> Vec<u8> {
    integer(&BigUint::from(value))
}

/// An OCTET STRING.
pub fn octets(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, &[bytes])
}

/// A BIT STRING of whole bytes.
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes])
}

/// An OBJECT IDENTIFIER by its contents.
pub fn oid(contents: &[u8]) -> Vec<u8> {
    element(tag::OID, &[contents])
}

/// NULL.
pub const NULL: [u8; 2] = [tag::NULL, 0];

/// `1.2.840.113549.1.1.1`, of an OBJECT IDENTIFIER's contents.
pub fn oid_text(contents: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut value = 0u64;
    for &byte in contents {
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            arcs.push(value);
            value = 0;
        }
    }
    let Some((&first, rest)) = arcs.split_first() else { return String::new() };
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - top * 40);
    rest.iter().for_each(|arc| text += &format!(".{arc}"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &[u8], expected: Read<(u8, usize)>) {
        assert_eq!(
            Reader(data).element().map(|element| (element.tag, element.contents.len())),
            expected,
            "{data:?}"
        );
    }

    #[test]
    fn lengths_are_those_of_the_header() {
        check(&[0x30, 0], Ok((0x30, 0)));
        check(&[0x04, 2, 1, 2, 3], Ok((4, 2)));
        check(&[0x04, 0x81, 1, 9], Ok((4, 1)));
        check(&[0x04, 2, 1], Err(DerError::TooLong));
        check(&[0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], Err(DerError::TooLong));
        check(&[0x04, 0x85, 0, 0, 0, 0, 1, 1], Err(DerError::TooLong));
        check(&[0x04, 0x80, 0, 0], Err(DerError::BadHeader));
        check(&[0x1F, 1, 1], Err(DerError::BadHeader));
        check(&[0x04], Err(DerError::NotEnoughData));
        check(&[], Err(DerError::NotEnoughData));
    }

    #[test]
    fn what_is_written_is_read() {
        let long = vec![7; 300];
        let data = sequence(&[&small(200), &octets(&long), &bits(&[1]), &oid(&[0x2A, 3])]);
        let mut reader = Reader(&data).sequence().expect("a sequence");
        assert_eq!(reader.small(), Ok(200));
        assert_eq!(reader.expect(tag::OCTET_STRING), Ok(long.as_slice()));
        assert_eq!(reader.bits(), Ok(&[1][..]));
        assert_eq!(reader.oid().map(oid_text), Ok("1.2.3".to_owned()));
        assert!(reader.is_empty());
    }
}
