//! The values of options: mounts, ports, sizes, times.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// `-v HOST:GUEST[:ro]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MountValue {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) read_only: bool,
}

/// `-p [ADDRESS:]HOST:GUEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortValue {
    pub(crate) host: SocketAddr,
    pub(crate) guest: u16,
}

/// A value that cannot be understood: what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadValue(&'static str);

pub(crate) fn mount(text: &str) -> Result<MountValue, BadValue> {
    let bad = BadValue("wanted is HOST_DIRECTORY:/GUEST/PATH, with :ro behind it for read-only");
    let (rest, read_only) = match text.strip_suffix(":ro") {
        Some(rest) => (rest, true),
        None => (text.strip_suffix(":rw").unwrap_or(text), false),
    };
    let (host, guest) = rest.rsplit_once(':').ok_or(bad.clone())?;
    if guest.starts_with('/') && guest.trim_matches('/').is_empty() {
        return Err(BadValue(
            "a directory over / would hide the programs; choose another place, such as /work",
        ));
    }
    let strays = guest.split('/').any(|part| matches!(part, "." | ".."));
    if host.is_empty() || !guest.starts_with('/') || strays {
        return Err(bad);
    }
    Ok(MountValue { host: host.into(), guest: guest.into(), read_only })
}

pub(crate) fn port(text: &str) -> Result<PortValue, BadValue> {
    let bad = || BadValue("wanted is HOST_PORT:GUEST_PORT, each 1 to 65535 (HOST_PORT 0 takes any free one)");
    let (host, guest) = text.rsplit_once(':').unwrap_or((text, text));
    let (address, host) = match host.rsplit_once(':') {
        Some((address, host)) => {
            let address = address.trim_start_matches('[').trim_end_matches(']');
            (address.parse::<IpAddr>().map_err(|_| bad())?, host)
        }
        None => (IpAddr::V4(Ipv4Addr::LOCALHOST), host),
    };
    let host: u16 = host.parse().map_err(|_| bad())?;
    let guest: u16 = guest.parse().ok().filter(|&port| port > 0).ok_or_else(bad)?;
    Ok(PortValue { host: SocketAddr::new(address, host), guest })
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

/// Bytes; `K`, `M`, `G` are powers of 1024.
pub(crate) fn size(text: &str) -> Result<u64, BadValue> {
    let bad = BadValue("wanted is a number of bytes such as 512M (units K, M, G)");
    let (number, unit) = number_and_unit(text).ok_or(bad.clone())?;
    let shift = match unit.trim_end_matches(['i', 'B', 'b']).to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(bad),
    };
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or(bad)
}

/// A time; seconds without a unit.
pub(crate) fn time(text: &str) -> Result<Duration, BadValue> {
    let bad = BadValue("wanted is a time such as 60s (units ms, s, m, h)");
    let (number, unit) = number_and_unit(text).ok_or(bad.clone())?;
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(bad),
    };
    number.checked_mul(unit_ms).filter(|&ms| ms > 0).map(Duration::from_millis).ok_or(bad)
}

pub(crate) fn count(text: &str) -> Result<usize, BadValue> {
    text.parse().ok().filter(|&count| count > 0).ok_or(BadValue("wanted is a number above zero"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts() {
        let value = |host: &str, guest: &str, read_only| {
            Ok(MountValue { host: host.into(), guest: guest.into(), read_only })
        };
        assert_eq!(mount("./app:/work"), value("./app", "/work", false));
        assert_eq!(mount("/a:b:/work:ro"), value("/a:b", "/work", true));
        assert_eq!(mount("app:/work:rw"), value("app", "/work", false));
        for bad in ["app", "app:/", "app://:ro", ":/work", "app:work", "app:", "", "app:/work/..", "app:/./x"]
        {
            assert!(mount(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ports() {
        let value = |host: &str, guest| Ok(PortValue { host: host.parse().unwrap(), guest });
        assert_eq!(port("8080:80"), value("127.0.0.1:8080", 80));
        assert_eq!(port("3000"), value("127.0.0.1:3000", 3000));
        assert_eq!(port("0.0.0.0:0:80"), value("0.0.0.0:0", 80));
        assert_eq!(port("[::1]:8080:80"), value("[::1]:8080", 80));
        for bad in ["", "a:80", "80:a", "80:0", "70000:80", "x:80:80"] {
            assert!(port(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_and_times() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("65536"), Ok(65536));
        assert!(size("12X").is_err() && size("").is_err() && size("0").is_err());
        assert_eq!(time("60"), Ok(Duration::from_secs(60)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(time("2m"), Ok(Duration::from_secs(120)));
        assert!(time("2 m").is_err() && time("s").is_err());
    }
}
