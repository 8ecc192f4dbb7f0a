//! Sessions and their changesets, and databases as bytes.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpResult, OpState, OpValue, Reenter};

use super::calls::{Ask, ask, during};
use super::{c_string, connection, connection_of, given, handles, put, text};

const MISUSE: f64 = sqlite::SQLITE_MISUSE as f64;

/// `sqlite_session(connection, database, table?)`: its number, SQLite's code negated.
pub(super) fn new(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, database) = (connection_of(args)?, c_string(&args.path(1)?));
    let table = if args.is_nullish(2) { None } else { Some(c_string(&args.path(2)?)) };
    let mut session = ptr::null_mut();
    // SAFETY: an open connection and C strings; no table stands for all.
    let code = unsafe {
        let mut code = sqlite::sqlite3session_create(db, database.as_ptr(), &mut session);
        if code == sqlite::SQLITE_OK {
            let table = table.as_ref().map_or(ptr::null(), |table| table.as_ptr());
            code = sqlite::sqlite3session_attach(session, table);
            if code != sqlite::SQLITE_OK {
                sqlite::sqlite3session_delete(session);
            }
        }
        code
    };
    if code != sqlite::SQLITE_OK {
        return Ok((-code).into());
    }
    Ok(handles(|handles| {
        let number = handles.next();
        handles.sessions.insert(number, session);
        number
    })
    .into())
}

/// `sqlite_session_delete(session)`: before its connection is closed.
pub(super) fn delete(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let number = args.u32(0)?;
    if let Some(session) = handles(|handles| handles.sessions.remove(&number)) {
        // SAFETY: a session, which nobody finds any more.
        unsafe { sqlite::sqlite3session_delete(session) };
    }
    Ok(OpValue::Undefined)
}

/// `sqlite_changeset(session, asPatchset)`: SQLite's code; the bytes are taken.
pub(super) fn changeset(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let &[number, patchset] = args else { return MISUSE };
    let found = handles(|handles| handles.sessions.get(&(number as u32)).copied());
    let Some(session) = found else { return MISUSE };
    let (mut length, mut data): (c_int, *mut c_void) = (0, ptr::null_mut());
    let code = during(reenter, || {
        // SAFETY: a session that has not been deleted; the bytes are ours to free.
        unsafe {
            if patchset != 0.0 {
                sqlite::sqlite3session_patchset(session, &mut length, &mut data)
            } else {
                sqlite::sqlite3session_changeset(session, &mut length, &mut data)
            }
        }
    });
    // SAFETY: as above.
    unsafe {
        put(super::copied(data.cast(), length).into());
        sqlite::sqlite3_free(data);
    }
    f64::from(code)
}

unsafe extern "C" fn on_filter(callback: *mut c_void, table: *const c_char) -> c_int {
    // SAFETY: SQLite's string.
    let table = unsafe { text(table) };
    c_int::from(ask(Ask::Filter, callback as usize, 0, OpValue::List(vec![table])) > 0.0)
}

unsafe extern "C" fn on_conflict(
    callback: *mut c_void,
    kind: c_int,
    _: *mut sqlite::sqlite3_changeset_iter,
) -> c_int {
    let answer = ask(Ask::Conflict, callback as usize, kind as u32, OpValue::Null);
    // A number that SQLite does not know makes it give up with SQLITE_MISUSE, as in Node.
    answer as c_int
}

/// `sqlite_apply(connection, callback, filters)`, given a changeset: SQLite's code.
pub(super) fn apply(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let &[number, callback, filters] = args else { return MISUSE };
    let [mut changeset] = given();
    let Some(db) = connection(number) else { return MISUSE };
    let filter = (filters != 0.0).then_some(on_filter as _);
    during(reenter, || {
        // SAFETY: an open connection; the bytes outlive the call.
        f64::from(unsafe {
            sqlite::sqlite3changeset_apply(
                db,
                changeset.len() as c_int,
                changeset.as_mut_ptr().cast(),
                filter,
                Some(on_conflict),
                callback as usize as *mut c_void,
            )
        })
    })
}

/// `sqlite_serialize(connection)`, given the database's name: 1, and the bytes are taken; 0 if that cannot be.
pub(super) fn serialize(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let [name] = given();
    let Some(db) = args.first().and_then(|&number| connection(number)) else { return 0.0 };
    let name = c_string(&name);
    let mut length = 0;
    // SAFETY: an open connection and a C string; the bytes are ours to free.
    let data = during(reenter, || unsafe { sqlite::sqlite3_serialize(db, name.as_ptr(), &mut length, 0) });
    if data.is_null() {
        put(OpValue::Bytes(Vec::new()));
        // An empty database has no bytes.
        return f64::from(u8::from(length == 0));
    }
    // SAFETY: as above.
    unsafe {
        put(super::copied(data, length as c_int).into());
        sqlite::sqlite3_free(data.cast());
    }
    1.0
}

/// `sqlite_deserialize(connection)`, given the database's name and its bytes: SQLite's code.
pub(super) fn deserialize(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let [name, bytes] = given();
    let Some(db) = args.first().and_then(|&number| connection(number)) else { return MISUSE };
    let name = c_string(&name);
    // SAFETY: SQLite's own memory, which it takes over whether it succeeds or not.
    let code = during(reenter, || unsafe {
        let copy = sqlite::sqlite3_malloc64(bytes.len() as u64).cast::<u8>();
        if copy.is_null() {
            return sqlite::SQLITE_NOMEM;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len());
        let flags = sqlite::SQLITE_DESERIALIZE_FREEONCLOSE | sqlite::SQLITE_DESERIALIZE_RESIZEABLE;
        let length = bytes.len() as i64;
        sqlite::sqlite3_deserialize(db, name.as_ptr(), copy, length, length, flags as _)
    });
    f64::from(code)
}
