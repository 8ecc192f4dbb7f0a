//! Statements: their texts, parameters, columns and rows.

use std::ffi::c_int;
use std::ptr;

use libsqlite3_sys as sqlite;
use oac_engine::{OpArgs, OpError, OpResult, OpState, OpValue, Reenter};

use super::calls::during;
use super::{c_string, connection, copied, given, gone, handles, integer, put, string, text};

fn statement_of(args: &OpArgs<'_>) -> Result<*mut sqlite::sqlite3_stmt, OpError> {
    let number = args.u32(0)?;
    handles(|handles| handles.statements.get(&number).copied()).ok_or_else(|| gone("statement"))
}

/// `sqlite_exec(connection)`, given the SQL: SQLite's code.
pub(super) fn exec(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let [sql] = given();
    let Some(db) = args.first().and_then(|&number| connection(number)) else {
        return f64::from(sqlite::SQLITE_MISUSE);
    };
    let sql = c_string(&sql);
    during(reenter, || {
        // SAFETY: an open connection and a C string.
        f64::from(unsafe { sqlite::sqlite3_exec(db, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) })
    })
}

/// `sqlite_prepare(connection)`, given the SQL: the statement's number, 0 for SQL without one, SQLite's code negated.
pub(super) fn prepare(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let [sql] = given();
    let Some(db) = args.first().and_then(|&number| connection(number)) else {
        return -f64::from(sqlite::SQLITE_MISUSE);
    };
    let sql = c_string(&sql);
    let mut statement = ptr::null_mut();
    let code = during(reenter, || {
        // SAFETY: an open connection and a C string.
        unsafe { sqlite::sqlite3_prepare_v2(db, sql.as_ptr(), -1, &mut statement, ptr::null_mut()) }
    });
    if code != sqlite::SQLITE_OK {
        return -f64::from(code);
    }
    if statement.is_null() {
        return 0.0;
    }
    f64::from(handles(|handles| {
        let number = handles.next();
        handles.statements.insert(number, statement);
        number
    }))
}

/// `sqlite_step(statement, rows, asBigInts)`: up to so many rows; SQLite's code. What is taken then is a list of all values, row by row.
/// Integers that no number holds are BigInts in any case.
pub(super) fn step(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let &[number, rows, big] = args else { return f64::from(sqlite::SQLITE_MISUSE) };
    let found = handles(|handles| handles.statements.get(&(number as u32)).copied());
    let Some(statement) = found else { return f64::from(sqlite::SQLITE_MISUSE) };
    let mut values = Vec::new();
    let code = during(reenter, || {
        for _ in 0..(rows as u32).max(1) {
            // SAFETY: a statement that has not been finalized: the glue does not while it steps.
            let code = unsafe { sqlite::sqlite3_step(statement) };
            if code != sqlite::SQLITE_ROW {
                return code;
            }
            // SAFETY: it stands on a row.
            values.extend(unsafe { row(statement, big != 0.0) });
        }
        sqlite::SQLITE_ROW
    });
    put(OpValue::List(values));
    f64::from(code)
}

/// # Safety
/// The statement stands on a row.
unsafe fn row(statement: *mut sqlite::sqlite3_stmt, big: bool) -> impl Iterator<Item = OpValue> {
    // SAFETY: as above.
    (0..unsafe { sqlite::sqlite3_data_count(statement) }).map(move |column| {
        // SAFETY: the bytes are asked for after their kind has been settled, and copied before anything else is asked.
        unsafe {
            match sqlite::sqlite3_column_type(statement, column) {
                sqlite::SQLITE_INTEGER => integer(sqlite::sqlite3_column_int64(statement, column), big),
                sqlite::SQLITE_FLOAT => OpValue::Num(sqlite::sqlite3_column_double(statement, column)),
                sqlite::SQLITE_TEXT => {
                    let data = sqlite::sqlite3_column_text(statement, column);
                    string(copied(data, sqlite::sqlite3_column_bytes(statement, column)))
                }
                sqlite::SQLITE_BLOB => {
                    let data = sqlite::sqlite3_column_blob(statement, column);
                    copied(data.cast(), sqlite::sqlite3_column_bytes(statement, column)).into()
                }
                _ => OpValue::Null,
            }
        }
    })
}

/// `sqlite_finalize(statement)`.
pub(super) fn finalize(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let number = args.u32(0)?;
    if let Some(statement) = handles(|handles| handles.statements.remove(&number)) {
        // SAFETY: a statement, which nobody finds any more.
        unsafe { sqlite::sqlite3_finalize(statement) };
    }
    Ok(OpValue::Undefined)
}

/// `sqlite_reset(statement, clearsBindings)`: SQLite's code.
pub(super) fn reset(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let statement = statement_of(args)?;
    // SAFETY: a statement that has not been finalized.
    let code = unsafe { sqlite::sqlite3_reset(statement) };
    if args.bool(1) {
        // SAFETY: the same.
        unsafe { sqlite::sqlite3_clear_bindings(statement) };
    }
    Ok(code.into())
}

/// `sqlite_parameters(statement)`: their names in order, null for those without.
pub(super) fn parameters(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let statement = statement_of(args)?;
    // SAFETY: a statement that has not been finalized; parameters count from 1.
    let names = (1..=unsafe { sqlite::sqlite3_bind_parameter_count(statement) })
        .map(|index| unsafe { text(sqlite::sqlite3_bind_parameter_name(statement, index)) });
    Ok(OpValue::List(names.collect()))
}

/// `sqlite_bind(statement, index, kind, value)`; kind is 0 for null, 1 for a number, 2 for a BigInt, 3 for text, 4 for bytes. SQLite's code.
pub(super) fn bind(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (statement, index) = (statement_of(args)?, args.i32(1)?);
    // SAFETY: a statement that has not been finalized; SQLite copies what is bound.
    let code = unsafe {
        match args.u32(2)? {
            1 => sqlite::sqlite3_bind_double(statement, index, args.num(3)?),
            2 => sqlite::sqlite3_bind_int64(statement, index, args.i64(3)?),
            3 => {
                let value = args.path(3)?;
                let (data, length) = (value.as_ptr().cast(), value.len() as u64);
                let encoding = sqlite::SQLITE_UTF8 as u8;
                sqlite::sqlite3_bind_text64(
                    statement,
                    index,
                    data,
                    length,
                    sqlite::SQLITE_TRANSIENT(),
                    encoding,
                )
            }
            4 => {
                let value = args.bytes(3)?;
                let (data, length) = (value.as_ptr().cast(), value.len() as u64);
                sqlite::sqlite3_bind_blob64(statement, index, data, length, sqlite::SQLITE_TRANSIENT())
            }
            _ => sqlite::sqlite3_bind_null(statement, index),
        }
    };
    Ok(code.into())
}

/// `sqlite_column_names(statement)`.
pub(super) fn column_names(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let statement = statement_of(args)?;
    // SAFETY: a statement that has not been finalized.
    let names = (0..unsafe { sqlite::sqlite3_column_count(statement) })
        .map(|column| unsafe { text(sqlite::sqlite3_column_name(statement, column)) });
    Ok(OpValue::List(names.collect()))
}

/// `sqlite_columns(statement)`: column, database, name, table and type of each.
pub(super) fn columns(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let statement = statement_of(args)?;
    let facts = |column: c_int| {
        // SAFETY: a statement that has not been finalized.
        unsafe {
            OpValue::List(vec![
                text(sqlite::sqlite3_column_origin_name(statement, column)),
                text(sqlite::sqlite3_column_database_name(statement, column)),
                text(sqlite::sqlite3_column_name(statement, column)),
                text(sqlite::sqlite3_column_table_name(statement, column)),
                text(sqlite::sqlite3_column_decltype(statement, column)),
            ])
        }
    };
    // SAFETY: the same.
    Ok(OpValue::List((0..unsafe { sqlite::sqlite3_column_count(statement) }).map(facts).collect()))
}

/// `sqlite_sql(statement, expanded)`: its text, with its parameters' values if so wished; null if that is too long.
pub(super) fn sql(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let statement = statement_of(args)?;
    // SAFETY: a statement that has not been finalized; the expanded text is ours to free.
    Ok(unsafe {
        if args.bool(1) {
            let expanded = sqlite::sqlite3_expanded_sql(statement);
            let copy = text(expanded);
            sqlite::sqlite3_free(expanded.cast());
            copy
        } else {
            text(sqlite::sqlite3_sql(statement))
        }
    })
}
