//! Backups: a database copied into another one, some pages at a time.

use std::ptr;

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpResult, OpState, OpValue, Reenter};

use super::calls::during;
use super::connection::describe;
use super::{c_string, connection, given, handles, put};

/// A copy in progress.
#[derive(Clone, Copy)]
pub(super) struct Backup {
    backup: *mut sqlite::sqlite3_backup,
    destination: *mut sqlite::sqlite3,
}

/// `sqlite_backup_start(connection)`, given the source's name, the path and the destination's name: its number, or 0 and an error's list is taken.
pub(super) fn start(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let [source, path, target] = given();
    let Some(db) = args.first().and_then(|&number| connection(number)) else { return 0.0 };
    let (source, path, target) = (c_string(&source), c_string(&path), c_string(&target));
    let mut destination = ptr::null_mut();
    let backup = during(reenter, || {
        let flags = sqlite::SQLITE_OPEN_READWRITE | sqlite::SQLITE_OPEN_CREATE | sqlite::SQLITE_OPEN_URI;
        // SAFETY: C strings, and open connections.
        unsafe {
            if sqlite::sqlite3_open_v2(path.as_ptr(), &mut destination, flags, ptr::null())
                != sqlite::SQLITE_OK
            {
                return ptr::null_mut();
            }
            sqlite::sqlite3_backup_init(destination, target.as_ptr(), db, source.as_ptr())
        }
    });
    if backup.is_null() {
        put(describe(destination));
        // SAFETY: SQLite makes a connection even where opening fails.
        unsafe { sqlite::sqlite3_close(destination) };
        return 0.0;
    }
    f64::from(handles(|handles| {
        let number = handles.next();
        handles.backups.insert(number, Backup { backup, destination });
        number
    }))
}

/// `sqlite_backup_step(backup, pages)`: SQLite's code; taken are the pages left, those in all, and an error's list.
pub(super) fn step(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let &[number, pages] = args else { return f64::from(sqlite::SQLITE_MISUSE) };
    let Some(found) = handles(|handles| handles.backups.get(&(number as u32)).copied()) else {
        return f64::from(sqlite::SQLITE_MISUSE);
    };
    // SAFETY: a backup that has not been finished.
    unsafe {
        let code = during(reenter, || sqlite::sqlite3_backup_step(found.backup, pages as i32));
        let left = sqlite::sqlite3_backup_remaining(found.backup);
        let all = sqlite::sqlite3_backup_pagecount(found.backup);
        put(OpValue::List(vec![left.into(), all.into()]));
        f64::from(code)
    }
}

/// `sqlite_backup_finish(backup)`: an error's list, whose code may be 0.
pub(super) fn finish(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let number = args.u32(0)?;
    let Some(found) = handles(|handles| handles.backups.remove(&number)) else {
        return Ok(OpValue::Undefined);
    };
    // SAFETY: a backup, which nobody finds any more, and its own connection.
    unsafe {
        sqlite::sqlite3_backup_finish(found.backup);
        let said = describe(found.destination);
        sqlite::sqlite3_close(found.destination);
        Ok(said)
    }
}
