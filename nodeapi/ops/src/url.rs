//! The `url` binding: WHATWG URLs in the shape that Node's `URL` class keeps.
//!
//! Node stores the serialised URL and nine numbers (`urlComponents`), ada's offsets:
//!
//! ```text
//! https://user:pass@example.com:1234/foo/bar?baz#quux
//!       |     |    |          | ^^^^|       |   |
//!       |     |    |          | |   |       |   `- hash_start
//!       |     |    |          | |   |       `----- search_start
//!       |     |    |          | |   `------------- pathname_start
//!       |     |    |          | `----------------- port
//!       |     |    |          `------------------- host_end
//!       |     |    `------------------------------ host_start
//!       |     `----------------------------------- username_end
//!       `----------------------------------------- protocol_end
//! ```
//!
//! The parser is the `url` crate's (WHATWG URL Standard); this module converts its offsets.

use url::{Url, quirks};

/// What stands for "none" in `port`, `search_start` and `hash_start`.
pub const OMITTED: u32 = u32::MAX;

/// A URL and its offsets, in the order of Node's `urlComponents` array (`port` is fifth, `scheme_type` last).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The serialisation. Pure ASCII, so bytes and 16-bit units agree.
    pub href: String,
    /// `protocol_end, username_end, host_start, host_end, port, pathname_start, search_start, hash_start, scheme_type`.
    pub components: [u32; 9],
}

/// Which part [`update`] sets, by the numbers of Node's `updateActions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    /// `url.protocol`
    Protocol = 0,
    /// `url.host`
    Host = 1,
    /// `url.hostname`
    Hostname = 2,
    /// `url.port`
    Port = 3,
    /// `url.username`
    Username = 4,
    /// `url.password`
    Password = 5,
    /// `url.pathname`
    Pathname = 6,
    /// `url.search`
    Search = 7,
    /// `url.hash`
    Hash = 8,
    /// `url.href`
    Href = 9,
}

impl Part {
    /// The part with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        use Part::{Hash, Host, Hostname, Href, Password, Pathname, Port, Protocol, Search, Username};
        [Protocol, Host, Hostname, Port, Username, Password, Pathname, Search, Hash, Href]
            .get(usize::from(number))
            .copied()
    }
}

impl From<Url> for Parsed {
    fn from(url: Url) -> Self {
        let url = escape_carets(url);
        let at = quirks::internal_components(&url);
        let href: String = url.into();
        let has_credentials = href.as_bytes().get(at.host_start as usize - 1) == Some(&b'@')
            && at.host_end > 0
            && at.username_end < at.host_start;
        let host_start = at.host_start - u32::from(has_credentials);
        let components = [
            at.scheme_end + 1,
            if has_credentials { at.username_end } else { host_start },
            host_start,
            at.host_end,
            at.port.map_or(OMITTED, u32::from),
            at.path_start,
            at.query_start.unwrap_or(OMITTED),
            at.fragment_start.unwrap_or(OMITTED),
            scheme_type(&href[..at.scheme_end as usize]),
        ];
        Self { href, components }
    }
}

/// The standard's path percent-encode set has `^`; the crate's does not yet.
fn escape_carets(mut url: Url) -> Url {
    if !url.cannot_be_a_base() && url.path().contains('^') {
        let path = url.path().replace('^', "%5E");
        url.set_path(&path);
    }
    url
}

/// ada's numbers for the special schemes.
fn scheme_type(scheme: &str) -> u32 {
    match scheme {
        "http" => 0,
        "https" => 2,
        "ws" => 3,
        "ftp" => 4,
        "wss" => 5,
        "file" => 6,
        _ => 1,
    }
}

fn parse_url(input: &str, base: Option<&str>) -> Option<Url> {
    match base {
        None => Url::parse(input).ok(),
        Some(base) => Url::options().base_url(Some(&Url::parse(base).ok()?)).parse(input).ok(),
    }
}

/// `new URL(input, base)`; `None` is `ERR_INVALID_URL`.
pub fn parse(input: &str, base: Option<&str>) -> Option<Parsed> {
    parse_url(input, base).map(Parsed::from)
}

/// `URL.canParse`.
pub fn can_parse(input: &str, base: Option<&str>) -> bool {
    parse_url(input, base).is_some()
}

/// A setter of the URL class: the changed URL, or `None` when the value was refused.
pub fn update(href: &str, part: Part, value: &str) -> Option<Parsed> {
    let mut url = Url::parse(href).ok()?;
    match part {
        // An empty scheme is ignored, which is not a refusal.
        Part::Protocol if value.is_empty() => {}
        Part::Protocol => quirks::set_protocol(&mut url, value).ok()?,
        Part::Host => quirks::set_host(&mut url, value).ok()?,
        Part::Hostname => quirks::set_hostname(&mut url, value).ok()?,
        Part::Port => quirks::set_port(&mut url, value).ok()?,
        Part::Username => quirks::set_username(&mut url, value).ok()?,
        Part::Password => quirks::set_password(&mut url, value).ok()?,
        Part::Pathname if url.cannot_be_a_base() => return None,
        Part::Pathname => quirks::set_pathname(&mut url, value),
        Part::Search => quirks::set_search(&mut url, value),
        Part::Hash => quirks::set_hash(&mut url, value),
        Part::Href => url = Url::parse(value).ok()?,
    }
    Some(url.into())
}

/// What `url.format(URL, options)` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatOptions {
    /// Keep the fragment.
    pub hash: bool,
    /// Show the host in Unicode.
    pub unicode: bool,
    /// Keep the query.
    pub search: bool,
    /// Keep user name and password.
    pub auth: bool,
}

/// `url.format(URL, options)`.
pub fn format(href: &str, options: FormatOptions) -> String {
    let Ok(mut url) = Url::parse(href) else { return href.to_owned() };
    if !options.hash {
        url.set_fragment(None);
    }
    if !options.search {
        url.set_query(None);
    }
    if !options.auth {
        // Both fail only for URLs that cannot have credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    let domain = url.domain().map(str::to_owned);
    let at = quirks::internal_components(&url);
    let mut text: String = url.into();
    if let (true, Some(domain)) = (options.unicode, domain) {
        let (unicode, _) = idna::domain_to_unicode(&domain);
        text.replace_range(at.host_start as usize..at.host_end as usize, &unicode);
    }
    text
}

/// `url.domainToASCII`; empty for an invalid domain.
pub fn domain_to_ascii(domain: &str) -> String {
    let Ok(mut url) = Url::parse("ws://x") else { return String::new() };
    match quirks::set_hostname(&mut url, domain) {
        Ok(()) if !domain.is_empty() => quirks::hostname(&url).to_owned(),
        _ => String::new(),
    }
}

/// `url.domainToUnicode`; empty for an invalid domain.
pub fn domain_to_unicode(domain: &str) -> String {
    let ascii = domain_to_ascii(domain);
    if ascii.starts_with('[') { ascii } else { idna::domain_to_unicode(&ascii).0 }
}

/// `encoding_binding.toASCII`, for the legacy `url.parse`: the lenient conversion, empty on failure.
pub fn to_ascii(domain: &str) -> String {
    idna::domain_to_ascii(domain).unwrap_or_default()
}

/// `encoding_binding.toUnicode`.
pub fn to_unicode(domain: &str) -> String {
    idna::domain_to_unicode(domain).0
}

/// The origin of a URL, `"null"` for opaque ones; `None` when it does not parse.
pub fn origin(href: &str) -> Option<String> {
    Some(Url::parse(href).ok()?.origin().ascii_serialization())
}

/// `url.pathToFileURL` for an absolute POSIX path.
pub fn path_to_file_url(path: &str) -> Option<Parsed> {
    let mut escaped = String::with_capacity(path.len() + 7);
    escaped.push_str("file://");
    for character in path.chars() {
        match character {
            '\0'..='\x20'
            | '\x7F'
            | '"'
            | '#'
            | '%'
            | '<'
            | '>'
            | '?'
            | '['
            | '\\'
            | ']'
            | '^'
            | '`'
            | '{'
            | '|'
            | '}'
            | '~' => escaped.push_str(&format!("%{:02X}", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    parse(&escaped, None)
}
