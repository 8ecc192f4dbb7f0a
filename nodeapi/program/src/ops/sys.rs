//! Every system call of the table as an op `sys_<name>`: scalars as numbers or BigInts, `in_bytes` as a string or a byte view,
//! `out_bytes` as a byte view that is written. The result is a number, `-errno` when the call failed.
//!
//! Generated from the table, so a new row needs nothing here.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};

/// One op. Parameters are turned, one at a time, into the expressions that fetch them.
macro_rules! op {
    (@ $name:ident $args:ident $index:expr; () [$($pass:tt)*]) => {
        oac_sys::raw::$name($($pass)*)
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : in_bytes $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* &$args.path($index)?,])
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : out_bytes $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* $args.bytes_mut($index)?,])
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : i32 $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* $args.i32($index)?,])
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : u32 $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* $args.u32($index)?,])
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : i64 $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* $args.i64($index)?,])
    };
    (@ $name:ident $args:ident $index:expr; ($param:ident : u64 $(, $($rest:tt)*)?) [$($pass:tt)*]) => {
        op!(@ $name $args $index + 1; ($($($rest)*)?) [$($pass)* $args.i64($index)? as u64,])
    };
}

/// Picks the rows of the module `oac`.
macro_rules! row {
    (oac $name:ident $params:tt) => {
        #[allow(unused_variables, reason = "a call without parameters does not look at them")]
        pub(super) fn $name(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
            match op!(@ $name args 0; $params []) {
                Ok(value) => Ok(OpValue::Num(value as f64)),
                Err(errno) => Err(OpError::Errno(errno.number() as u16)),
            }
        }
    };
    (wasi $name:ident $params:tt) => {};
}

macro_rules! entry {
    (oac $name:ident) => {
        Some(OpDecl { name: concat!("sys_", stringify!($name)), run: calls::$name })
    };
    (wasi $name:ident) => {
        None
    };
}

macro_rules! ops {
    ($( $(#[doc = $doc:literal])* $module:ident $number:literal $name:ident $params:tt
        => $served:ident $support:ident $(($support_arg:tt))?; )*) => {
        mod calls {
            use super::{OpArgs, OpError, OpResult, OpState, OpValue};
            $( row!($module $name $params); )*
        }
        const ROWS: &[Option<OpDecl>] = &[$( entry!($module $name) ),*];
    };
}

oac_abi::for_each_call!(ops);

const COUNT: usize = {
    let (mut count, mut i) = (0, 0);
    while i < ROWS.len() {
        count += ROWS[i].is_some() as usize;
        i += 1;
    }
    count
};

const TABLE: [OpDecl; COUNT] = {
    let mut table = [OpDecl { name: "", run: calls::getpid }; COUNT];
    let (mut to, mut i) = (0, 0);
    while i < ROWS.len() {
        if let Some(decl) = ROWS[i] {
            table[to] = decl;
            to += 1;
        }
        i += 1;
    }
    table
};

pub(crate) const OPS: &[OpDecl] = &TABLE;
