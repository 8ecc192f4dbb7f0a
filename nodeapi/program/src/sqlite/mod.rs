//! SQLite's layer below: files, locks and time, from the kernel's calls. SQLite itself is C (`libsqlite3-sys`), compiled without a layer
//! of its own (`.cargo/config.toml`); what uses it is `ops/sqlite`.
//!
//! Locks are those of open files (`F_OFD_SETLK`): they exclude other connections whether these are of this program or of another one.

mod file;
mod index;
mod local_time;
mod methods;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use libsqlite3_sys as sqlite;
use oac_abi::Errno;
use oac_abi::flags::at;

pub(crate) use local_time::set_zone;

use file::{Kind, OpenFile};
use methods::{METHODS, Slot};

/// Julian day of 1970, in milliseconds.
const EPOCH_JULIAN_MS: i64 = 210_866_760_000_000;
const PATH_BYTES_MAX: c_int = 4096;

/// SQLite calls this before anything else; it is the only layer there is.
#[unsafe(no_mangle)]
extern "C" fn sqlite3_os_init() -> c_int {
    let vfs = Box::new(sqlite::sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<Slot>() as c_int,
        mxPathname: PATH_BYTES_MAX,
        pNext: ptr::null_mut(),
        zName: c"oac".as_ptr(),
        pAppData: ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    });
    local_time::install();
    // SAFETY: the description lives until the process ends.
    unsafe { sqlite::sqlite3_vfs_register(Box::into_raw(vfs), 1) }
}

#[unsafe(no_mangle)]
extern "C" fn sqlite3_os_end() -> c_int {
    sqlite::SQLITE_OK
}

/// The bytes of a name.
///
/// # Safety
/// `name` is null or a C string that outlives the result.
unsafe fn bytes<'a>(name: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: as above.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_bytes())
}

unsafe extern "C" fn open(
    _: *mut sqlite::sqlite3_vfs,
    name: sqlite::sqlite3_filename,
    slot: *mut sqlite::sqlite3_file,
    flags: c_int,
    given: *mut c_int,
) -> c_int {
    let slot = slot.cast::<Slot>();
    // SAFETY: SQLite gives `szOsFile` bytes, and a null methods pointer tells it that there is nothing to close.
    unsafe { (*slot).methods = ptr::null() };
    // SAFETY: SQLite's names are C strings.
    match OpenFile::open(unsafe { bytes(name) }, flags) {
        Ok((file, flags)) => {
            // SAFETY: as above; `given` is null or room for one number.
            unsafe {
                (*slot).file = Box::into_raw(Box::new(file));
                (*slot).methods = &raw const METHODS;
                if !given.is_null() {
                    *given = flags;
                }
            }
            sqlite::SQLITE_OK
        }
        Err(_) => sqlite::SQLITE_CANTOPEN,
    }
}

unsafe extern "C" fn delete(_: *mut sqlite::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    // SAFETY: SQLite's names are C strings.
    match oac_sys::unlink(unsafe { bytes(name) }.unwrap_or_default()) {
        Ok(()) => sqlite::SQLITE_OK,
        Err(Errno::ENOENT) => sqlite::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => sqlite::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite::sqlite3_vfs,
    name: *const c_char,
    wanted: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names are C strings.
    let name = unsafe { bytes(name) }.unwrap_or_default();
    let found = if wanted == sqlite::SQLITE_ACCESS_EXISTS {
        // An empty journal is none.
        oac_sys::stat(name).is_ok_and(|stat| !Kind::of(stat.mode).is_regular() || stat.size > 0)
    } else {
        oac_sys::raw::faccessat(at::FDCWD, name, 6, 0).is_ok()
    };
    // SAFETY: room for one number.
    unsafe { *answer = c_int::from(found) };
    sqlite::SQLITE_OK
}

/// The path without links, if only of its directory.
fn resolve(name: &[u8]) -> Vec<u8> {
    if let Ok(path) = oac_sys::realpath(name) {
        return path;
    }
    let (parent, last) = match name.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&name[..slash.max(1)], &name[slash + 1..]),
        None => (&b"."[..], name),
    };
    let mut path = oac_sys::realpath(parent).unwrap_or_else(|_| parent.to_vec());
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(last);
    path
}

unsafe extern "C" fn full_path(
    _: *mut sqlite::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's names are C strings.
    let path = resolve(unsafe { bytes(name) }.unwrap_or_default());
    if path.len() >= room as usize {
        return sqlite::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for `room` bytes.
    unsafe {
        ptr::copy_nonoverlapping(path.as_ptr().cast(), out, path.len());
        *out.add(path.len()) = 0;
    }
    sqlite::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut sqlite::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: there is room for `count` bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), count as usize) };
    if oac_sys::random(out).is_ok() { count } else { 0 }
}

unsafe extern "C" fn sleep(_: *mut sqlite::sqlite3_vfs, microseconds: c_int) -> c_int {
    // A signal may end it early; SQLite then looks at its lock sooner.
    let _ = oac_sys::poll(&mut [], i64::from(microseconds) * 1000);
    microseconds
}

/// Milliseconds since the beginning of the Julian period.
fn julian_ms() -> i64 {
    oac_sys::raw::clock_gettime(0).unwrap_or(0) / 1_000_000 + EPOCH_JULIAN_MS
}

unsafe extern "C" fn current_time(_: *mut sqlite::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: room for one number.
    unsafe { *out = julian_ms() as f64 / 86_400_000.0 };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut sqlite::sqlite3_vfs, out: *mut sqlite::sqlite3_int64) -> c_int {
    // SAFETY: room for one number.
    unsafe { *out = julian_ms() };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut sqlite::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

/// Nothing.
const NONE: *mut c_void = ptr::null_mut();
