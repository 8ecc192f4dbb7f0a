//! What SQLite asks of scripts: functions, aggregates, authorizers, the handlers of changesets.
//!
//! A call reaches the entry `sqliteCall(kind, callback, call)`, which fetches its arguments (`sqlite_take`), answers by
//! `sqlite_call_result`, and never throws: it keeps what was thrown, for the operation that led here.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_void};

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpResult, OpState, OpValue, Reenter};

use super::{c_string, connection_of, copied, integer, put, string, text};

/// What a script is asked, the first argument of `sqliteCall`.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// A function's value.
    Function = 0,
    /// An aggregate's next row; and one that leaves its window.
    Step = 1,
    Inverse = 2,
    /// Its value so far; and its last one.
    Value = 3,
    Final = 4,
    /// Whether an action is allowed.
    Authorize = 5,
    /// Whether changes of a table are applied; and what to do about a conflict.
    Filter = 6,
    Conflict = 7,
}

/// How a call ends when the entry gives a number that is none.
const NO_ANSWER: f64 = -1.0;

thread_local! {
    /// The way back into scripts while SQLite runs.
    static REENTER: Cell<Option<*const dyn Reenter>> = const { Cell::new(None) };
    /// The calls that wait for their results, innermost last.
    static CONTEXTS: RefCell<Vec<*mut sqlite::sqlite3_context>> = const { RefCell::new(Vec::new()) };
    /// Numbers that tell the groups of aggregates apart.
    static GROUPS: Cell<u32> = const { Cell::new(0) };
}

/// Runs SQLite with a way back into scripts.
pub(super) fn during<T>(reenter: &dyn Reenter, run: impl FnOnce() -> T) -> T {
    // SAFETY: only the lifetime is forgotten, and the value is taken out again before this function returns.
    let reenter =
        unsafe { std::mem::transmute::<*const dyn Reenter, *const (dyn Reenter + 'static)>(reenter) };
    let before = REENTER.replace(Some(reenter));
    let result = run();
    REENTER.set(before);
    result
}

/// Asks a script; [`NO_ANSWER`] where none runs, as when a statement is given up.
pub(super) fn ask(what: Ask, callback: usize, call: u32, args: OpValue) -> f64 {
    let Some(reenter) = REENTER.get() else { return NO_ANSWER };
    // SAFETY: `during` keeps it alive for as long as SQLite runs.
    let reenter = unsafe { &*reenter };
    put(args);
    let numbers = [f64::from(what as u32), callback as f64, f64::from(call)];
    reenter.call("sqliteCall", &numbers).ok().filter(|answer| !answer.is_nan()).unwrap_or(NO_ANSWER)
}

/// The arguments of a call, as a script takes them.
///
/// # Safety
/// There are `count` values at `values`.
unsafe fn values(count: c_int, values: *mut *mut sqlite::sqlite3_value) -> OpValue {
    let one = |index: usize| {
        // SAFETY: as above; bytes are copied before anything else is asked of the value.
        unsafe {
            let value = *values.add(index);
            match sqlite::sqlite3_value_type(value) {
                sqlite::SQLITE_INTEGER => integer(sqlite::sqlite3_value_int64(value), true),
                sqlite::SQLITE_FLOAT => OpValue::Num(sqlite::sqlite3_value_double(value)),
                sqlite::SQLITE_TEXT => {
                    let data = sqlite::sqlite3_value_text(value);
                    string(copied(data, sqlite::sqlite3_value_bytes(value)))
                }
                sqlite::SQLITE_BLOB => {
                    let data = sqlite::sqlite3_value_blob(value);
                    copied(data.cast(), sqlite::sqlite3_value_bytes(value)).into()
                }
                _ => OpValue::Null,
            }
        }
    };
    OpValue::List((0..count as usize).map(one).collect())
}

/// Calls a script for a function; without an answer the call fails with an empty message, which the glue puts its own exception for.
fn call(what: Ask, context: *mut sqlite::sqlite3_context, group: u32, args: OpValue) {
    CONTEXTS.with(|contexts| contexts.borrow_mut().push(context));
    // SAFETY: the number was given when the function was made.
    let callback = unsafe { sqlite::sqlite3_user_data(context) } as usize;
    let answer = ask(what, callback, group, args);
    CONTEXTS.with(|contexts| contexts.borrow_mut().pop());
    if answer == NO_ANSWER {
        // SAFETY: the context of this call.
        unsafe { sqlite::sqlite3_result_error(context, c"".as_ptr(), 0) };
    }
}

unsafe extern "C" fn on_function(
    context: *mut sqlite::sqlite3_context,
    count: c_int,
    args: *mut *mut sqlite::sqlite3_value,
) {
    // SAFETY: SQLite's arguments.
    call(Ask::Function, context, 0, unsafe { values(count, args) });
}

/// The number of an aggregate's group; 0 if it has seen no row and is not to be made.
fn group(context: *mut sqlite::sqlite3_context, make: bool) -> u32 {
    let room = if make { size_of::<u32>() as c_int } else { 0 };
    // SAFETY: SQLite gives room for one number, zeroed the first time, or null.
    let number = unsafe { sqlite::sqlite3_aggregate_context(context, room) }.cast::<u32>();
    if number.is_null() {
        return 0;
    }
    // SAFETY: as above.
    unsafe {
        if *number == 0 {
            *number = GROUPS.get() + 1;
            GROUPS.set(*number);
        }
        *number
    }
}

unsafe extern "C" fn on_step(
    context: *mut sqlite::sqlite3_context,
    count: c_int,
    args: *mut *mut sqlite::sqlite3_value,
) {
    // SAFETY: SQLite's arguments.
    call(Ask::Step, context, group(context, true), unsafe { values(count, args) });
}

unsafe extern "C" fn on_inverse(
    context: *mut sqlite::sqlite3_context,
    count: c_int,
    args: *mut *mut sqlite::sqlite3_value,
) {
    // SAFETY: SQLite's arguments.
    call(Ask::Inverse, context, group(context, true), unsafe { values(count, args) });
}

unsafe extern "C" fn on_value(context: *mut sqlite::sqlite3_context) {
    call(Ask::Value, context, group(context, true), OpValue::Null);
}

unsafe extern "C" fn on_final(context: *mut sqlite::sqlite3_context) {
    call(Ask::Final, context, group(context, true), OpValue::Null);
}

/// `sqlite_function(connection, name, arguments, flags, callback)`: SQLite's code.
pub(super) fn function(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, name) = (connection_of(args)?, c_string(&args.path(1)?));
    let callback = args.usize(4)? as *mut c_void;
    // SAFETY: an open connection and a C string; the callback is a number.
    let code = unsafe {
        let flags = sqlite::SQLITE_UTF8 | args.i32(3)?;
        let function = Some(on_function as _);
        sqlite::sqlite3_create_function_v2(
            db,
            name.as_ptr(),
            args.i32(2)?,
            flags,
            callback,
            function,
            None,
            None,
            None,
        )
    };
    Ok(code.into())
}

/// `sqlite_aggregate(connection, name, arguments, flags, callback, hasInverse)`: SQLite's code.
pub(super) fn aggregate(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, name) = (connection_of(args)?, c_string(&args.path(1)?));
    let callback = args.usize(4)? as *mut c_void;
    let window = args.bool(5);
    // SAFETY: an open connection and a C string; the callback is a number.
    let code = unsafe {
        sqlite::sqlite3_create_window_function(
            db,
            name.as_ptr(),
            args.i32(2)?,
            sqlite::SQLITE_UTF8 | args.i32(3)?,
            callback,
            Some(on_step),
            Some(on_final),
            window.then_some(on_value as _),
            window.then_some(on_inverse as _),
            None,
        )
    };
    Ok(code.into())
}

/// `sqlite_call_result(kind, value)`: what the innermost call gives; kinds as of `sqlite_bind`, and 5 for an error's message.
pub(super) fn result(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let Some(context) = CONTEXTS.with(|contexts| contexts.borrow().last().copied()) else {
        return Ok(OpValue::Undefined);
    };
    // SAFETY: the context of a call that is going on; SQLite copies what it is given.
    unsafe {
        match args.u32(0)? {
            1 => sqlite::sqlite3_result_double(context, args.num(1)?),
            2 => sqlite::sqlite3_result_int64(context, args.i64(1)?),
            3 => {
                let value = args.path(1)?;
                let (data, length) = (value.as_ptr().cast(), value.len() as u64);
                let encoding = sqlite::SQLITE_UTF8 as u8;
                sqlite::sqlite3_result_text64(context, data, length, sqlite::SQLITE_TRANSIENT(), encoding);
            }
            4 => {
                let value = args.bytes(1)?;
                let (data, length) = (value.as_ptr().cast(), value.len() as u64);
                sqlite::sqlite3_result_blob64(context, data, length, sqlite::SQLITE_TRANSIENT());
            }
            5 => {
                let message = args.path(1)?;
                sqlite::sqlite3_result_error(context, message.as_ptr().cast(), message.len() as c_int);
            }
            _ => sqlite::sqlite3_result_null(context),
        }
    }
    Ok(OpValue::Undefined)
}

/// `sqlite_authorizer(connection, callback)`; 0 for none. SQLite's code.
pub(super) fn authorizer(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (db, callback) = (connection_of(args)?, args.usize(1)?);
    let function = (callback != 0).then_some(on_action as _);
    // SAFETY: an open connection; the callback is a number.
    Ok(unsafe { sqlite::sqlite3_set_authorizer(db, function, callback as *mut c_void) }.into())
}

unsafe extern "C" fn on_action(
    callback: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    source: *const c_char,
) -> c_int {
    // SAFETY: SQLite's strings, or null.
    let names = [first, second, database, source].map(|name| unsafe { text(name) });
    let answer = ask(Ask::Authorize, callback as usize, action as u32, OpValue::List(names.into()));
    if answer == NO_ANSWER { sqlite::SQLITE_DENY } else { answer as c_int }
}
