//! Watching files. inotify(7).

use oac_abi::flags::inotify::HEADER_BYTES;

use crate::{Result, raw};

/// One event of a watched file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchEvent {
    /// Which watch, as [`watch`] numbered it; -1 when events were lost (`Q_OVERFLOW`).
    pub watch: i32,
    /// What happened, as in [`crate::flags::inotify`].
    pub mask: u32,
    /// The same for both halves of a rename; else 0.
    pub cookie: u32,
    /// The name in a watched directory; empty for the watched file itself.
    pub name: Vec<u8>,
}

impl WatchEvent {
    /// Splits what has been read from a watcher.
    pub fn decode_all(mut bytes: &[u8]) -> Vec<WatchEvent> {
        let mut events = Vec::new();
        while bytes.len() >= HEADER_BYTES {
            let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
            let end = HEADER_BYTES + u32_at(12) as usize;
            let Some(name) = bytes.get(HEADER_BYTES..end) else { break };
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
            events.push(WatchEvent { watch: u32_at(0) as i32, mask: u32_at(4), cookie: u32_at(8), name });
            bytes = &bytes[end..];
        }
        events
    }
}

/// A descriptor from which events are read: O_NONBLOCK, O_CLOEXEC.
pub fn watcher(flags: u32) -> Result<i32> {
    raw::inotify_init(flags).map(|fd| fd as i32)
}

/// Watches a path for the events of a mask; gives the watch's number.
pub fn watch(watcher: i32, path: &[u8], mask: u32) -> Result<i32> {
    raw::inotify_add_watch(watcher, path, mask).map(|number| number as i32)
}

/// Ends a watch.
pub fn unwatch(watcher: i32, watch: i32) -> Result<()> {
    raw::inotify_rm_watch(watcher, watch).map(drop)
}

/// Waits for events, and gives those that there are.
pub fn read_events(watcher: i32) -> Result<Vec<WatchEvent>> {
    let mut buf = [0; 4096];
    let len = crate::read(watcher, &mut buf)?;
    Ok(WatchEvent::decode_all(&buf[..len]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_split_and_a_cut_one_is_dropped() {
        let mut bytes = Vec::new();
        for (watch, name) in [(1_i32, &b"name\0\0\0\0\0\0\0\0\0\0\0\0"[..]), (2, b"")] {
            bytes.extend_from_slice(&watch.to_le_bytes());
            bytes.extend_from_slice(&0x100_u32.to_le_bytes());
            bytes.extend_from_slice(&7_u32.to_le_bytes());
            bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
            bytes.extend_from_slice(name);
        }
        let first = WatchEvent { watch: 1, mask: 0x100, cookie: 7, name: b"name".to_vec() };
        let second = WatchEvent { watch: 2, name: Vec::new(), ..first.clone() };
        assert_eq!(WatchEvent::decode_all(&bytes), [first.clone(), second]);
        assert_eq!(WatchEvent::decode_all(&bytes[..bytes.len() - 1]), [first]);
    }
}
