//! Writing a request.

/// Headers that this side decides: they speak of the connection, not of the message (RFC 9110, section 7.6.1), or would ask for
/// an encoding that nobody takes off again.
const OWN: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A whole request. A control character in the target or a header is replaced, so that no header can be smuggled in.
pub(crate) fn encode_request(
    method: &str,
    target: &str,
    host: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", printable(method), printable(target));
    for (name, value) in headers {
        if !OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            head.push_str(&printable(name));
            head.push_str(": ");
            head.push_str(&value.replace(|c: char| c.is_control() && c != '\t', " "));
            head.push_str("\r\n");
        }
    }
    if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() || c == ' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], body: &[u8], expected: &str) {
        let headers: Vec<_> = headers.iter().map(|&(n, v)| (n.to_string(), v.to_string())).collect();
        let method = if body.is_empty() { "GET" } else { "POST" };
        let bytes = encode_request(method, "/a?b=1", "localhost:3000", &headers, body);
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }

    #[test]
    fn requests() {
        check(
            &[("Accept", "*/*"), ("Connection", "upgrade"), ("Host", "evil")],
            b"",
            "GET /a?b=1 HTTP/1.1\r\nHost: localhost:3000\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
        );
        check(
            &[],
            b"x=1",
            "POST /a?b=1 HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 3\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\nx=1",
        );
    }

    #[test]
    fn a_header_cannot_end_itself() {
        check(
            &[("X", "a\r\nInjected: b")],
            b"",
            "GET /a?b=1 HTTP/1.1\r\nHost: localhost:3000\r\nX: a  Injected: b\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
        );
    }
}
