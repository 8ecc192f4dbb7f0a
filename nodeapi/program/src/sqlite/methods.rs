//! The table of functions by which SQLite uses an open file.

use std::ffi::{c_int, c_void};

use libsqlite3_sys as sqlite;
use oac_abi::Errno;

use super::NONE;
use super::file::OpenFile;
use super::index::SharedIndex;

/// What SQLite holds of a file.
#[repr(C)]
pub(super) struct Slot {
    pub(super) methods: *const sqlite::sqlite3_io_methods,
    pub(super) file: *mut OpenFile,
}

pub(super) static METHODS: sqlite::sqlite3_io_methods = sqlite::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(index_map),
    xShmLock: Some(index_lock),
    xShmBarrier: Some(index_barrier),
    xShmUnmap: Some(index_unmap),
    xFetch: None,
    xUnfetch: None,
};

const SECTOR_BYTES: c_int = 4096;

/// # Safety
/// `file` is one that `open` filled, and SQLite uses it from one place at a time.
unsafe fn opened<'a>(file: *mut sqlite::sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: as above.
    unsafe { &mut *(*file.cast::<Slot>()).file }
}

fn code<T>(result: Result<T, Errno>, failure: c_int) -> c_int {
    match result {
        Ok(_) => sqlite::SQLITE_OK,
        Err(Errno::ENOSPC | Errno::EDQUOT) => sqlite::SQLITE_FULL,
        Err(_) => failure,
    }
}

fn locked(result: Result<bool, Errno>, failure: c_int) -> c_int {
    match result {
        Ok(true) => sqlite::SQLITE_OK,
        Ok(false) => sqlite::SQLITE_BUSY,
        Err(_) => failure,
    }
}

unsafe extern "C" fn close(file: *mut sqlite::sqlite3_file) -> c_int {
    // SAFETY: it was made by `Box::into_raw`, and SQLite forgets it now. Its locks go with its descriptor.
    drop(unsafe { Box::from_raw((*file.cast::<Slot>()).file) });
    sqlite::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite::sqlite3_file,
    out: *mut c_void,
    count: c_int,
    offset: sqlite::sqlite3_int64,
) -> c_int {
    // SAFETY: `out` has room for `count` bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), count as usize) };
    // SAFETY: SQLite's file.
    match unsafe { opened(file) }.read(offset, out) {
        Ok(done) if done == out.len() => sqlite::SQLITE_OK,
        Ok(done) => {
            out[done..].fill(0);
            sqlite::SQLITE_IOERR_SHORT_READ
        }
        Err(_) => sqlite::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: sqlite::sqlite3_int64,
) -> c_int {
    // SAFETY: there are `count` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize) };
    // SAFETY: SQLite's file.
    code(unsafe { opened(file) }.write(offset, bytes), sqlite::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut sqlite::sqlite3_file, size: sqlite::sqlite3_int64) -> c_int {
    // SAFETY: SQLite's file.
    let fd = unsafe { opened(file) }.file.fd();
    code(oac_sys::truncate(fd, size), sqlite::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut sqlite::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite's file.
    code(oac_sys::raw::fsync(unsafe { opened(file) }.file.fd()), sqlite::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn size(file: *mut sqlite::sqlite3_file, out: *mut sqlite::sqlite3_int64) -> c_int {
    // SAFETY: SQLite's file.
    match oac_sys::fstat(unsafe { opened(file) }.file.fd()) {
        Ok(stat) => {
            // SAFETY: room for one number.
            unsafe { *out = stat.size as i64 };
            sqlite::SQLITE_OK
        }
        Err(_) => sqlite::SQLITE_IOERR_FSTAT,
    }
}

unsafe extern "C" fn lock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's file.
    locked(unsafe { opened(file) }.lock(level), sqlite::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's file.
    code(unsafe { opened(file) }.unlock(level), sqlite::SQLITE_IOERR_UNLOCK)
}

unsafe extern "C" fn check_reserved(file: *mut sqlite::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite's file.
    match unsafe { opened(file) }.is_reserved() {
        Ok(reserved) => {
            // SAFETY: room for one number.
            unsafe { *out = c_int::from(reserved) };
            sqlite::SQLITE_OK
        }
        Err(_) => sqlite::SQLITE_IOERR_CHECKRESERVEDLOCK,
    }
}

unsafe extern "C" fn control(file: *mut sqlite::sqlite3_file, what: c_int, arg: *mut c_void) -> c_int {
    if what != sqlite::SQLITE_FCNTL_LOCKSTATE {
        return sqlite::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite's file; this control gives room for one number.
    unsafe { *arg.cast::<c_int>() = opened(file).level };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn sector_size(_: *mut sqlite::sqlite3_file) -> c_int {
    SECTOR_BYTES
}

unsafe extern "C" fn characteristics(_: *mut sqlite::sqlite3_file) -> c_int {
    sqlite::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn index_map(
    file: *mut sqlite::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite's file.
    let file = unsafe { opened(file) };
    let mut mapped = || -> Result<Result<*mut c_void, c_int>, Errno> {
        let index = match &mut file.index {
            Some(index) => index,
            None => match SharedIndex::open(&file.path, bytes as usize)? {
                Some(index) => file.index.insert(index),
                None => return Ok(Err(sqlite::SQLITE_BUSY)),
            },
        };
        Ok(Ok(index.map(region as usize, extend != 0)?.map_or(NONE, <*mut u32>::cast)))
    };
    match mapped() {
        Ok(Ok(place)) => {
            // SAFETY: room for one pointer.
            unsafe { *out = place };
            sqlite::SQLITE_OK
        }
        Ok(Err(busy)) => busy,
        Err(_) => sqlite::SQLITE_IOERR_SHMMAP,
    }
}

unsafe extern "C" fn index_lock(
    file: *mut sqlite::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite's file.
    let Some(index) = &mut unsafe { opened(file) }.index else { return sqlite::SQLITE_IOERR_SHMLOCK };
    let exclusive = flags & sqlite::SQLITE_SHM_EXCLUSIVE != 0;
    if flags & sqlite::SQLITE_SHM_UNLOCK != 0 {
        return code(index.unlock(first, count), sqlite::SQLITE_IOERR_SHMLOCK);
    }
    locked(index.lock(first, count, exclusive), sqlite::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn index_barrier(file: *mut sqlite::sqlite3_file) {
    // SAFETY: SQLite's file.
    if let Some(index) = &mut unsafe { opened(file) }.index {
        // It cannot say so here; the next lock fails likewise.
        let _ = index.exchange();
    }
}

unsafe extern "C" fn index_unmap(file: *mut sqlite::sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: SQLite's file.
    let Some(index) = unsafe { opened(file) }.index.take() else { return sqlite::SQLITE_OK };
    code(index.close(delete != 0), sqlite::SQLITE_IOERR_SHMMAP)
}
