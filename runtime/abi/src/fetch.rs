//! HTTP requests that the host makes for a program, and the heads of their answers.

use crate::{
    Errno,
    wire::{Reader, Writer},
};

/// What `fetch` is asked for; the body travels beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// `GET`, `POST` …
    pub method: String,
    /// An absolute `http:` or `https:` address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

/// How the other side answered. Redirects have been followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// 200 and so on.
    pub status: u16,
    /// The reason phrase, often empty.
    pub status_text: String,
    /// The address that answered in the end.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

fn text(bytes: &[u8]) -> Result<String, Errno> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Errno::EINVAL)
}

fn write_headers(out: &mut Writer, headers: &[(String, String)]) {
    out.u32(headers.len() as u32);
    for (name, value) in headers {
        out.bytes(name.as_bytes()).bytes(value.as_bytes());
    }
}

fn read_headers(input: &mut Reader<'_>) -> Result<Vec<(String, String)>, Errno> {
    let mut headers = Vec::new();
    for _ in 0..input.u32()? {
        headers.push((text(input.bytes()?)?, text(input.bytes()?)?));
    }
    Ok(headers)
}

impl RequestHead {
    /// method, url, headers.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.bytes(self.method.as_bytes()).bytes(self.url.as_bytes());
        write_headers(&mut out, &self.headers);
        out.finish()
    }

    /// The reverse of [`RequestHead::encode`].
    ///
    /// # Errors
    /// EINVAL.
    pub fn decode(message: &[u8]) -> Result<RequestHead, Errno> {
        let mut input = Reader::new(message);
        let head = RequestHead {
            method: text(input.bytes()?)?,
            url: text(input.bytes()?)?,
            headers: read_headers(&mut input)?,
        };
        input.end()?;
        Ok(head)
    }
}

impl ResponseHead {
    /// status, reason, url, headers.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u32(u32::from(self.status)).bytes(self.status_text.as_bytes()).bytes(self.url.as_bytes());
        write_headers(&mut out, &self.headers);
        out.finish()
    }

    /// The reverse of [`ResponseHead::encode`].
    ///
    /// # Errors
    /// EINVAL.
    pub fn decode(message: &[u8]) -> Result<ResponseHead, Errno> {
        let mut input = Reader::new(message);
        let head = ResponseHead {
            status: u16::try_from(input.u32()?).map_err(|_| Errno::EINVAL)?,
            status_text: text(input.bytes()?)?,
            url: text(input.bytes()?)?,
            headers: read_headers(&mut input)?,
        };
        input.end()?;
        Ok(head)
    }

    /// The first header with this name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_round_trip() {
        let headers = vec![("accept".to_string(), "*/*".to_string())];
        let request = RequestHead { method: "GET".into(), url: "http://x/".into(), headers: headers.clone() };
        assert_eq!(RequestHead::decode(&request.encode()), Ok(request));
        let response =
            ResponseHead { status: 200, status_text: "OK".into(), url: "http://x/".into(), headers };
        assert_eq!(response.header("accept"), Some("*/*"));
        assert_eq!(ResponseHead::decode(&response.encode()), Ok(response));
    }
}
