//! Names in certificates: distinguished names, general names, and what matches them (RFC 5280, RFC 6125), as OpenSSL has it.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::der::{self, Read, Reader, tag};
use super::oids;

/// A distinguished name: parts, each of one attribute or more. The values are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(Vec<Vec<(String, String)>>);

impl Name {
    /// The next element, a name.
    pub(super) fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let mut list = reader.sequence()?;
        let mut parts = Vec::new();
        while !list.is_empty() {
            let mut set = Reader(list.expect(tag::SET)?);
            let mut part = Vec::new();
            while !set.is_empty() {
                let mut attribute = set.sequence()?;
                let oid = attribute.oid()?;
                let value = attribute.element()?;
                let name = oids::attribute(oid).map_or_else(|| der::oid_text(oid), str::to_owned);
                part.push((name, text(value.tag, value.contents)));
            }
            parts.push(part);
        }
        Ok(Self(parts))
    }

    /// As `subject` and `issuer` show it.
    pub(super) fn multi_line(&self) -> String {
        let line = |part: &Vec<(String, String)>| {
            let attributes: Vec<String> =
                part.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
            attributes.join(" + ")
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// On one line, as in a directory name: `C = US, CN = x`.
    fn one_line(&self) -> String {
        let attributes: Vec<String> =
            self.0.iter().flatten().map(|(name, value)| format!("{name} = {}", escaped(value))).collect();
        attributes.join(", ")
    }

    /// The values of an attribute.
    pub(super) fn values(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().filter(move |(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

fn text(tag: u8, contents: &[u8]) -> String {
    match tag {
        tag::UTF8 => String::from_utf8_lossy(contents).into_owned(),
        tag::BMP => {
            let units: Vec<u16> =
                contents.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        tag::UNIVERSAL => contents
            .chunks_exact(4)
            .filter_map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        _ => contents.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// RFC 2253's escapes, and control characters by number.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => out.extend(['\\', character]),
            '#' if index == 0 => out.extend(['\\', '#']),
            ' ' if index == 0 || index == last => out.extend(['\\', ' ']),
            control if (control as u32) < 0x20 || control as u32 == 0x7F => {
                out += &format!("\\{:02X}", control as u32);
            }
            other => out.push(other),
        }
    }
    out
}

/// Whether a name in a list must be quoted so that nobody takes it for two.
fn is_plain(text: &str, is_utf8: bool) -> bool {
    text.chars().all(|character| {
        let code = character as u32;
        let control = code < 0x20 || code == 0x7F;
        !(control || matches!(character, '"' | '\\' | ',' | '\'') || !is_utf8 && code > 0x7E)
    })
}

/// A value as Node prints it: in JSON's quotes where it is not plain.
fn printed(prefix: &str, contents: &[u8], is_utf8: bool) -> String {
    let text: String = if is_utf8 {
        String::from_utf8_lossy(contents).into_owned()
    } else {
        contents.iter().map(|&byte| char::from(byte)).collect()
    };
    if is_plain(&text, is_utf8) {
        return format!("{prefix}{text}");
    }
    let mut out = format!("{prefix}\"");
    for character in text.chars() {
        let code = character as u32;
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out += "\\u000a",
            _ if code < 0x20 || code == 0x7F || !is_utf8 && code > 0x7E => out += &format!("\\u{code:04x}"),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// A general name, as in `subjectAltName`.
pub(super) fn general(tag: u8, contents: &[u8]) -> String {
    match tag {
        0x81 => printed("email:", contents, false),
        0x82 => printed("DNS:", contents, false),
        0x86 => printed("URI:", contents, false),
        0x87 => match *contents {
            [a, b, c, d] => format!("IP Address:{}", Ipv4Addr::new(a, b, c, d)),
            _ => match <[u8; 16]>::try_from(contents) {
                Ok(bytes) => {
                    let groups: Vec<String> =
                        Ipv6Addr::from(bytes).segments().iter().map(|group| format!("{group:X}")).collect();
                    format!("IP Address:{}", groups.join(":"))
                }
                Err(_) => "IP Address:<invalid>".to_owned(),
            },
        },
        0x88 => format!("Registered ID:{}", der::oid_text(contents)),
        0xA4 => match Name::read(&mut Reader(contents)) {
            Ok(name) => printed("DirName:", name.one_line().as_bytes(), true),
            Err(_) => "DirName:<invalid>".to_owned(),
        },
        0xA0 => other(contents),
        0xA3 => "X400Name:<unsupported>".to_owned(),
        0xA5 => "EdiPartyName:<unsupported>".to_owned(),
        _ => "<unsupported>".to_owned(),
    }
}

fn other(contents: &[u8]) -> String {
    let read = || -> Read<String> {
        let mut reader = Reader(contents);
        let oid = reader.oid()?;
        let value = Reader(reader.expect(0xA0)?).element()?;
        let prefix = match der::oid_text(oid).as_str() {
            "1.3.6.1.5.5.7.8.9" => "SmtpUTF8Mailbox:",
            "1.3.6.1.5.5.7.8.5" => "XmppAddr:",
            "1.3.6.1.5.5.7.8.7" => "SRVName:",
            "1.3.6.1.5.5.7.8.8" => "NAIRealm:",
            "1.3.6.1.4.1.311.20.2.3" => "UPN:",
            _ => return Ok("othername:<unsupported>".to_owned()),
        };
        Ok(printed(
            &format!("othername:{prefix}:").replace("::", ":"),
            value.contents,
            value.tag == tag::UTF8,
        ))
    };
    read().unwrap_or_else(|_| "othername:<unsupported>".to_owned())
}

/// Whether a mail address is the one wanted: the domain in any case.
pub(super) fn email_matches(pattern: &str, wanted: &str) -> bool {
    match (pattern.rsplit_once('@'), wanted.rsplit_once('@')) {
        (Some((local, domain)), Some((wanted, host))) => local == wanted && domain.eq_ignore_ascii_case(host),
        _ => pattern == wanted,
    }
}

const NO_WILDCARDS: u32 = 2;
const NO_PARTIAL_WILDCARDS: u32 = 4;
const MULTI_LABEL_WILDCARDS: u32 = 8;
const SINGLE_LABEL_SUBDOMAINS: u32 = 16;

/// Whether a host name is what a pattern says, `*` standing in its first label.
pub(super) fn host_matches(pattern: &str, host: &str, flags: u32) -> bool {
    if let Some(parent) = host.strip_prefix('.').filter(|parent| parent.len() > 1) {
        // Any name below a domain is asked for.
        let Some(at) = pattern.len().checked_sub(parent.len() + 1).filter(|&at| pattern.is_char_boundary(at))
        else {
            return false;
        };
        let single = flags & SINGLE_LABEL_SUBDOMAINS == 0 || !pattern[..at].contains('.');
        return at > 0 && single && pattern[at..].eq_ignore_ascii_case(host);
    }
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some((first, rest)) = pattern.split_once('.') else { return false };
    let Some((prefix, suffix)) = first.split_once('*') else { return false };
    let is_partial = !prefix.is_empty() || !suffix.is_empty();
    let refused = flags & NO_WILDCARDS != 0
        || is_partial && flags & NO_PARTIAL_WILDCARDS != 0
        || suffix.contains('*')
        || rest.contains('*')
        || !rest.contains('.')
        || first.to_ascii_lowercase().starts_with("xn--");
    if refused {
        return false;
    }
    let tail = format!("{suffix}.{rest}");
    let (host, prefix, tail) =
        (host.to_ascii_lowercase(), prefix.to_ascii_lowercase(), tail.to_ascii_lowercase());
    let Some(middle) = host.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_suffix(tail.as_str()))
    else {
        return false;
    };
    let multi = flags & MULTI_LABEL_WILDCARDS != 0 && !is_partial;
    let is_idna = host.starts_with("xn--") && is_partial;
    !middle.is_empty()
        && !is_idna
        && middle.chars().all(|character| {
            character.is_ascii_alphanumeric() || character == '-' || multi && character == '.'
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, host: &str, flags: u32, expected: bool) {
        assert_eq!(host_matches(pattern, host, flags), expected, "{pattern} {host} {flags}");
    }

    #[test]
    fn hosts_match_as_openssl_has_it() {
        check("a.example.com", "A.example.COM", 0, true);
        check("*.example.com", "a.example.com", 0, true);
        check("*.example.com", "a.b.example.com", 0, false);
        check("*.example.com", "a.b.example.com", MULTI_LABEL_WILDCARDS, true);
        check("*.example.com", "example.com", 0, false);
        check("*.example.com", "a.example.com", NO_WILDCARDS, false);
        check("f*.example.com", "foo.example.com", 0, true);
        check("f*.example.com", "foo.example.com", NO_PARTIAL_WILDCARDS, false);
        check("*.com", "example.com", 0, false);
        check("a.*.com", "a.example.com", 0, false);
        check("a.example.com", ".example.com", 0, true);
        check("a.b.example.com", ".example.com", SINGLE_LABEL_SUBDOMAINS, false);
    }
}
