//! Connections.

use std::ffi::c_int;
use std::ptr;

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpResult, OpState, OpValue};

use super::{c_string, connection_of, handles, integer, text};

/// `sqlite_open(path, readOnly, timeoutMs, timeZone)`: the connection's number, or an error's list.
pub(super) fn open(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    crate::sqlite::set_zone(&args.str(3)?);
    let path = c_string(&args.path(0)?);
    let access = if args.bool(1) {
        sqlite::SQLITE_OPEN_READONLY
    } else {
        sqlite::SQLITE_OPEN_READWRITE | sqlite::SQLITE_OPEN_CREATE
    };
    let mut db = ptr::null_mut();
    // SAFETY: the path is a C string; the connection is made even on failure, and closed then.
    let code = unsafe {
        sqlite::sqlite3_open_v2(path.as_ptr(), &mut db, access | sqlite::SQLITE_OPEN_URI, ptr::null())
    };
    if code != sqlite::SQLITE_OK {
        let failed = describe(db);
        // SAFETY: nothing has been made on it.
        unsafe { sqlite::sqlite3_close(db) };
        return Ok(failed);
    }
    // SAFETY: an open connection.
    unsafe {
        sqlite::sqlite3_busy_timeout(db, args.i32(2)?);
    }
    Ok(handles(|handles| {
        let number = handles.next();
        handles.connections.insert(number, db);
        number
    })
    .into())
}

/// `sqlite_close(connection)`: what is left of its statements is finalized by the glue before.
pub(super) fn close(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let number = args.u32(0)?;
    if let Some(db) = handles(|handles| handles.connections.remove(&number)) {
        // SAFETY: an open connection, which nobody finds any more.
        unsafe { sqlite::sqlite3_close(db) };
    }
    Ok(OpValue::Undefined)
}

/// `[message, errcode, errstr]`.
pub(super) fn describe(db: *mut sqlite::sqlite3) -> OpValue {
    // SAFETY: an open connection, or null, of which SQLite says that memory is short.
    unsafe {
        let code = sqlite::sqlite3_extended_errcode(db);
        let message = text(sqlite::sqlite3_errmsg(db));
        OpValue::List(vec![message, code.into(), text(sqlite::sqlite3_errstr(code))])
    }
}

/// `sqlite_error(connection)`: of what was done last.
pub(super) fn error(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(describe(connection_of(args)?))
}

/// `sqlite_error_text(code)`.
pub(super) fn error_text(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    // SAFETY: gives a constant string for every number.
    Ok(unsafe { text(sqlite::sqlite3_errstr(args.i32(0)?)) })
}

/// `sqlite_config(connection, option, on)`: an `SQLITE_DBCONFIG_…` that is a switch; SQLite's code.
pub(super) fn config(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, option, on) = (connection_of(args)?, args.i32(1)?, c_int::from(args.bool(2)));
    // SAFETY: these options take a number and room for one, which may be null.
    Ok(unsafe { sqlite::sqlite3_db_config(db, option, on, ptr::null_mut::<c_int>()) }.into())
}

/// `sqlite_limit(connection, limit, value)`: the value before; a negative value changes nothing.
pub(super) fn limit(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    // SAFETY: an open connection.
    Ok(unsafe { sqlite::sqlite3_limit(connection_of(args)?, args.i32(1)?, args.i32(2)?) }.into())
}

/// `sqlite_in_transaction(connection)`.
pub(super) fn in_transaction(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    // SAFETY: an open connection.
    Ok((unsafe { sqlite::sqlite3_get_autocommit(connection_of(args)?) } == 0).into())
}

/// `sqlite_location(connection, name)`: the path of a database, empty without one, null for an unknown name.
pub(super) fn location(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let name = c_string(&args.path(1)?);
    // SAFETY: an open connection and a C string.
    Ok(unsafe { text(sqlite::sqlite3_db_filename(connection_of(args)?, name.as_ptr())) })
}

/// `sqlite_changes(connection, asBigInts)`: rows that the last statement changed, and the last row inserted.
pub(super) fn changes(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, big) = (connection_of(args)?, args.bool(1));
    // SAFETY: an open connection.
    let (changes, row) = unsafe { (sqlite::sqlite3_changes64(db), sqlite::sqlite3_last_insert_rowid(db)) };
    let row = if big { OpValue::BigInt(row) } else { OpValue::Num(row as f64) };
    Ok(OpValue::List(vec![integer(changes, big), row]))
}
