//! `node:sqlite`, for `nodeapi/js/src/sqlite`: connections, statements, functions of scripts, sessions, backups.
//!
//! SQLite calls scripts while it runs (functions, authorizers, conflict handlers), so what runs SQL is a [`ReentrantOp`], which takes and
//! gives numbers. What goes in beside them is laid down before (`sqlite_give`), what comes out is fetched after (`sqlite_take`).

mod backup;
mod calls;
mod connection;
mod session;
mod statement;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, ReentrantOp};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "sqlite_give", run: give },
    OpDecl { name: "sqlite_take", run: take },
    OpDecl { name: "sqlite_open", run: connection::open },
    OpDecl { name: "sqlite_close", run: connection::close },
    OpDecl { name: "sqlite_error", run: connection::error },
    OpDecl { name: "sqlite_error_text", run: connection::error_text },
    OpDecl { name: "sqlite_config", run: connection::config },
    OpDecl { name: "sqlite_limit", run: connection::limit },
    OpDecl { name: "sqlite_in_transaction", run: connection::in_transaction },
    OpDecl { name: "sqlite_location", run: connection::location },
    OpDecl { name: "sqlite_changes", run: connection::changes },
    OpDecl { name: "sqlite_finalize", run: statement::finalize },
    OpDecl { name: "sqlite_reset", run: statement::reset },
    OpDecl { name: "sqlite_parameters", run: statement::parameters },
    OpDecl { name: "sqlite_bind", run: statement::bind },
    OpDecl { name: "sqlite_columns", run: statement::columns },
    OpDecl { name: "sqlite_column_names", run: statement::column_names },
    OpDecl { name: "sqlite_sql", run: statement::sql },
    OpDecl { name: "sqlite_function", run: calls::function },
    OpDecl { name: "sqlite_aggregate", run: calls::aggregate },
    OpDecl { name: "sqlite_authorizer", run: calls::authorizer },
    OpDecl { name: "sqlite_call_result", run: calls::result },
    OpDecl { name: "sqlite_session", run: session::new },
    OpDecl { name: "sqlite_session_delete", run: session::delete },
    OpDecl { name: "sqlite_backup_finish", run: backup::finish },
];

/// What runs SQL.
pub(crate) const REENTRANT: [ReentrantOp; 9] = [
    ReentrantOp { name: "sqlite_exec", run: statement::exec },
    ReentrantOp { name: "sqlite_prepare", run: statement::prepare },
    ReentrantOp { name: "sqlite_step", run: statement::step },
    ReentrantOp { name: "sqlite_changeset", run: session::changeset },
    ReentrantOp { name: "sqlite_apply", run: session::apply },
    ReentrantOp { name: "sqlite_serialize", run: session::serialize },
    ReentrantOp { name: "sqlite_deserialize", run: session::deserialize },
    ReentrantOp { name: "sqlite_backup_start", run: backup::start },
    ReentrantOp { name: "sqlite_backup_step", run: backup::step },
];

thread_local! {
    static HANDLES: RefCell<Handles> = RefCell::default();
    /// What goes into the next reentrant op.
    static GIVEN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    /// What came out of the last one.
    static TAKEN: RefCell<OpValue> = const { RefCell::new(OpValue::Undefined) };
}

/// SQLite's objects by the numbers that scripts hold.
#[derive(Default)]
struct Handles {
    last: u32,
    connections: HashMap<u32, *mut sqlite::sqlite3>,
    statements: HashMap<u32, *mut sqlite::sqlite3_stmt>,
    sessions: HashMap<u32, *mut sqlite::sqlite3_session>,
    backups: HashMap<u32, backup::Backup>,
}

impl Handles {
    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// Uses the tables; never while SQLite runs.
fn handles<T>(run: impl FnOnce(&mut Handles) -> T) -> T {
    HANDLES.with(|handles| run(&mut handles.borrow_mut()))
}

fn connection(number: f64) -> Option<*mut sqlite::sqlite3> {
    handles(|handles| handles.connections.get(&(number as u32)).copied())
}

fn gone(what: &str) -> OpError {
    OpError::coded("ERR_INVALID_STATE", format!("there is no such {what} of SQLite's"))
}

fn connection_of(args: &OpArgs<'_>) -> Result<*mut sqlite::sqlite3, OpError> {
    connection(args.num(0)?).ok_or_else(|| gone("connection"))
}

/// `sqlite_give(data)`: text, as UTF-8, or bytes.
fn give(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let bytes = args.path(0)?.into_owned();
    GIVEN.with(|given| given.borrow_mut().push(bytes));
    Ok(OpValue::Undefined)
}

/// All that was given, in order.
fn given<const N: usize>() -> [Vec<u8>; N] {
    let mut all = GIVEN.with(|given| std::mem::take(&mut *given.borrow_mut()));
    all.resize_with(N, Vec::new);
    all.try_into().unwrap_or_else(|_| unreachable!("it was resized"))
}

/// `sqlite_take()`.
fn take(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(TAKEN.with(|taken| std::mem::take(&mut *taken.borrow_mut())))
}

fn put(value: OpValue) {
    TAKEN.with(|taken| *taken.borrow_mut() = value);
}

/// A C string of what comes before the first NUL, where SQLite would stop, too.
fn c_string(bytes: &[u8]) -> CString {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).expect("it ends before the first NUL")
}

/// A string of SQLite's; none for null.
///
/// # Safety
/// `text` is null or a C string.
unsafe fn text(text: *const c_char) -> OpValue {
    if text.is_null() {
        return OpValue::Null;
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned().into()
}

/// Bytes that SQLite owns.
///
/// # Safety
/// There are `length` bytes at `data`, or it is null.
unsafe fn copied(data: *const u8, length: c_int) -> Vec<u8> {
    if data.is_null() || length <= 0 {
        return Vec::new();
    }
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts(data, length as usize) }.to_vec()
}

/// A number that scripts read exactly, or a BigInt.
fn integer(value: i64, big: bool) -> OpValue {
    const SAFE: i64 = (1 << 53) - 1;
    if big || !(-SAFE..=SAFE).contains(&value) {
        OpValue::BigInt(value)
    } else if let Ok(small) = i32::try_from(value) {
        OpValue::Int(small)
    } else {
        OpValue::Num(value as f64)
    }
}

/// Text of SQLite's as a string.
fn string(bytes: Vec<u8>) -> OpValue {
    if bytes.is_ascii() {
        return OpValue::Latin1(bytes);
    }
    OpValue::Str(
        String::from_utf8(bytes).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned()),
    )
}
