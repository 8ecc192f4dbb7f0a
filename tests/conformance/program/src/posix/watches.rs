//! inotify(7).

use oac_abi::flags::inotify as events;

use super::{Result, Text, raw, read};

pub(crate) fn inotify_init(flags: u32) -> Result<i32> {
    raw::inotify_init(flags).map(|fd| fd as i32)
}

pub(crate) fn add_watch(fd: i32, path: &str, mask: u32) -> Result<i32> {
    raw::inotify_add_watch(fd, path.as_bytes(), mask).map(|watch| watch as i32)
}

pub(crate) fn rm_watch(fd: i32, watch: i32) -> Result<()> {
    raw::inotify_rm_watch(fd, watch).map(drop)
}

const NAMES: [(u32, &str); 14] = [
    (events::ACCESS, "access"),
    (events::MODIFY, "modify"),
    (events::ATTRIB, "attrib"),
    (events::CLOSE_WRITE, "close_write"),
    (events::CLOSE_NOWRITE, "close_nowrite"),
    (events::OPEN, "open"),
    (events::MOVED_FROM, "moved_from"),
    (events::MOVED_TO, "moved_to"),
    (events::CREATE, "create"),
    (events::DELETE, "delete"),
    (events::DELETE_SELF, "delete_self"),
    (events::MOVE_SELF, "move_self"),
    (events::IGNORED, "ignored"),
    (events::ISDIR, "isdir"),
];

/// One read of the events that there are: `watch events name`, and `=N` for those that a rename's cookie ties together.
pub(crate) fn read_events(fd: i32) -> Result<Vec<String>> {
    let Text(bytes) = read(fd, 8192)?;
    let mut rest = &bytes[..];
    let mut cookies: Vec<u32> = Vec::new();
    let mut all = Vec::new();
    while rest.len() >= events::HEADER_BYTES {
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| rest[at + i]));
        let (watch, mask, cookie, name_bytes) = (word(0), word(4), word(8), word(12) as usize);
        let name = &rest[events::HEADER_BYTES..events::HEADER_BYTES + name_bytes];
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let mut line = format!("{watch}");
        for (bit, text) in NAMES {
            if mask & bit != 0 {
                line += &format!(" {text}");
            }
        }
        if !name.is_empty() {
            line += &format!(" {}", name.escape_ascii());
        }
        if cookie != 0 {
            let number = cookies.iter().position(|&other| other == cookie).unwrap_or_else(|| {
                cookies.push(cookie);
                cookies.len() - 1
            });
            line += &format!(" ={number}");
        }
        all.push(line);
        rest = &rest[events::HEADER_BYTES + name_bytes..];
    }
    Ok(all)
}
