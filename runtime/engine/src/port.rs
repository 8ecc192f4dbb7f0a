//! The engine-neutral types: ops, their arguments and results, and the [`Engine`] trait.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::c_void;

use thiserror::Error;

/// What went wrong inside the engine, as the program sees it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum EngineError {
    /// A script threw and nothing caught it. Holds the text a terminal would show.
    #[error("{0}")]
    Uncaught(String),
    /// An entry point was called that no script has registered with `host.engine.setEntry`.
    #[error("the script registered no entry point named {0:?}")]
    NoEntry(String),
}

/// A native function that scripts can call as `host.ops.<name>`.
#[derive(Clone, Copy)]
pub struct OpDecl {
    /// The name scripts use; by convention `<binding>_<operation>`.
    pub name: &'static str,
    /// The function.
    pub run: fn(&mut OpState, &OpArgs<'_>) -> OpResult,
}

/// A native function during which scripts run again. It takes and gives numbers only, and gets neither state nor memory of scripts:
/// those may change while it runs.
#[derive(Clone, Copy)]
pub struct ReentrantOp {
    /// The name, among those of the other ops.
    pub name: &'static str,
    /// The function.
    pub run: fn(&dyn Reenter, &[f64]) -> f64,
}

/// The way back into scripts for a [`ReentrantOp`].
pub trait Reenter {
    /// Calls an entry point with numbers; gives the number that it returns, NaN for anything else.
    ///
    /// # Errors
    /// As [`Engine::call`].
    fn call(&self, entry: &str, args: &[f64]) -> Result<f64, EngineError>;
}

/// What an op gives back.
pub type OpResult = Result<OpValue, OpError>;

/// A value that crosses between a script and an op, or an entry point.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum OpValue {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number known to be a 32-bit integer.
    Int(i32),
    /// Any number.
    Num(f64),
    /// A BigInt.
    BigInt(i64),
    /// A string.
    Str(String),
    /// A string given as UTF-16 code units, which may hold lone surrogates.
    Utf16(Vec<u16>),
    /// A string of code points below 256, one byte each.
    Latin1(Vec<u8>),
    /// Becomes a new `Uint8Array` over an `ArrayBuffer` of exactly this size.
    Bytes(Vec<u8>),
    /// Becomes an array.
    List(Vec<OpValue>),
    /// Becomes an object with these keys, in this order.
    Record(Vec<(&'static str, OpValue)>),
}

impl From<()> for OpValue {
    fn from((): ()) -> Self {
        OpValue::Undefined
    }
}
impl From<bool> for OpValue {
    fn from(v: bool) -> Self {
        OpValue::Bool(v)
    }
}
impl From<i32> for OpValue {
    fn from(v: i32) -> Self {
        OpValue::Int(v)
    }
}
impl From<u32> for OpValue {
    fn from(v: u32) -> Self {
        OpValue::Num(f64::from(v))
    }
}
impl From<usize> for OpValue {
    fn from(v: usize) -> Self {
        OpValue::Num(v as f64)
    }
}
impl From<u64> for OpValue {
    fn from(v: u64) -> Self {
        OpValue::Num(v as f64)
    }
}
impl From<f64> for OpValue {
    fn from(v: f64) -> Self {
        OpValue::Num(v)
    }
}
impl From<String> for OpValue {
    fn from(v: String) -> Self {
        OpValue::Str(v)
    }
}
impl From<&str> for OpValue {
    fn from(v: &str) -> Self {
        OpValue::Str(v.to_owned())
    }
}
impl From<Vec<u8>> for OpValue {
    fn from(v: Vec<u8>) -> Self {
        OpValue::Bytes(v)
    }
}
impl<T: Into<OpValue>> From<Option<T>> for OpValue {
    fn from(v: Option<T>) -> Self {
        v.map_or(OpValue::Undefined, Into::into)
    }
}

/// Which error constructor a failing op throws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrowKind {
    /// `Error`.
    Error,
    /// `TypeError`.
    Type,
    /// `RangeError`.
    Range,
    /// `SyntaxError`.
    Syntax,
}

/// How an op fails.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpError {
    /// A system call failed. The script receives the number `-errno`, as libuv would give it, and nothing is thrown:
    /// the glue decides whether that becomes an exception, a callback's first argument or a rejection.
    #[error("errno {0}")]
    Errno(u16),
    /// The script receives an exception.
    #[error("{message}")]
    Throw {
        /// The constructor.
        kind: ThrowKind,
        /// Node's `err.code`; empty for none.
        code: &'static str,
        /// The message.
        message: String,
    },
}

impl OpError {
    /// A `TypeError` with `code: 'ERR_INVALID_ARG_TYPE'`.
    pub fn arg(index: usize, wanted: &str) -> Self {
        OpError::Throw {
            kind: ThrowKind::Type,
            code: "ERR_INVALID_ARG_TYPE",
            message: format!("argument {index} of a native operation must be {wanted}"),
        }
    }

    /// An `Error` with a Node code.
    pub fn coded(code: &'static str, message: impl Into<String>) -> Self {
        OpError::Throw { kind: ThrowKind::Error, code, message: message.into() }
    }
}

/// The arguments as an engine holds them. Implemented once per engine; ops use [`OpArgs`].
pub trait ArgSource {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether the argument is missing, `undefined` or `null`.
    fn is_nullish(&self, index: usize) -> bool;
    /// The number, boolean or BigInt at `index`.
    fn num(&self, index: usize) -> Option<f64>;
    /// The BigInt (or integral number) at `index`.
    fn big(&self, index: usize) -> Option<i64>;
    /// The string at `index` as UTF-8; lone surrogates become U+FFFD.
    fn str(&self, index: usize) -> Option<Cow<'_, str>>;
    /// The string at `index` as WTF-8: UTF-8 in which a lone surrogate keeps its three-byte form.
    fn wtf8(&self, index: usize) -> Option<&[u8]>;
    /// The string at `index` as UTF-16 code units.
    fn utf16(&self, index: usize) -> Option<Vec<u16>>;
    /// The memory of the `ArrayBuffer`, `SharedArrayBuffer`, typed array or `DataView` at `index`.
    fn bytes(&self, index: usize) -> Option<(*mut u8, usize)>;
}

/// The arguments of an op. Getters fail with a `TypeError` that names the argument.
pub struct OpArgs<'a> {
    source: &'a dyn ArgSource,
}

impl<'a> OpArgs<'a> {
    /// Wraps what the engine holds.
    pub fn new(source: &'a dyn ArgSource) -> Self {
        OpArgs { source }
    }

    /// How many arguments were passed.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether none were passed.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// Whether the argument is missing, `undefined` or `null`.
    pub fn is_nullish(&self, index: usize) -> bool {
        self.source.is_nullish(index)
    }

    /// A number (booleans count as 0 and 1, BigInts are rounded).
    pub fn num(&self, index: usize) -> Result<f64, OpError> {
        self.source.num(index).ok_or_else(|| OpError::arg(index, "a number"))
    }

    /// A number as `i32`, wrapping as `| 0` does.
    pub fn i32(&self, index: usize) -> Result<i32, OpError> {
        Ok(self.num(index)? as i64 as i32)
    }

    /// A number as `u32`, wrapping as `>>> 0` does.
    pub fn u32(&self, index: usize) -> Result<u32, OpError> {
        Ok(self.num(index)? as i64 as u32)
    }

    /// A number as an unsigned size; negative numbers and NaN become 0.
    pub fn usize(&self, index: usize) -> Result<usize, OpError> {
        Ok(self.num(index)? as usize)
    }

    /// A number or BigInt as `i64`.
    pub fn i64(&self, index: usize) -> Result<i64, OpError> {
        self.source.big(index).ok_or_else(|| OpError::arg(index, "an integer"))
    }

    /// Truthiness; a missing argument is false.
    pub fn bool(&self, index: usize) -> bool {
        self.source.num(index).is_some_and(|n| n != 0.0 && !n.is_nan())
    }

    /// A string as UTF-8; lone surrogates become U+FFFD.
    pub fn str(&self, index: usize) -> Result<Cow<'_, str>, OpError> {
        self.source.str(index).ok_or_else(|| OpError::arg(index, "a string"))
    }

    /// A string as WTF-8: UTF-8 in which a lone surrogate keeps its three-byte form.
    pub fn wtf8(&self, index: usize) -> Result<&[u8], OpError> {
        self.source.wtf8(index).ok_or_else(|| OpError::arg(index, "a string"))
    }

    /// A string as UTF-16 code units.
    pub fn utf16(&self, index: usize) -> Result<Vec<u16>, OpError> {
        self.source.utf16(index).ok_or_else(|| OpError::arg(index, "a string"))
    }

    /// A path or other byte string: a string (as UTF-8) or a byte view.
    pub fn path(&self, index: usize) -> Result<Cow<'_, [u8]>, OpError> {
        if let Some(s) = self.source.str(index) {
            return Ok(match s {
                Cow::Borrowed(s) => Cow::Borrowed(s.as_bytes()),
                Cow::Owned(s) => Cow::Owned(s.into_bytes()),
            });
        }
        self.bytes(index).map(Cow::Borrowed)
    }

    /// A byte view, to read.
    pub fn bytes(&self, index: usize) -> Result<&[u8], OpError> {
        let (data, len) = self.source.bytes(index).ok_or_else(|| OpError::arg(index, "a byte view"))?;
        if len == 0 {
            return Ok(&[]);
        }
        // SAFETY: the engine guarantees `len` readable bytes at `data`, which stay where they are while the op runs: an
        // op cannot call back into the engine, so nothing can detach or resize the buffer.
        Ok(unsafe { std::slice::from_raw_parts(data, len) })
    }

    /// A byte view, to write. Fails if another argument's view overlaps it, since both may be borrowed at once.
    #[expect(clippy::mut_from_ref, reason = "the memory belongs to the script; overlap is checked below")]
    pub fn bytes_mut(&self, index: usize) -> Result<&mut [u8], OpError> {
        let (data, len) = self.source.bytes(index).ok_or_else(|| OpError::arg(index, "a byte view"))?;
        if len == 0 {
            return Ok(&mut []);
        }
        let start = data as usize;
        for other in (0..self.len()).filter(|&i| i != index) {
            if let Some((p, n)) = self.source.bytes(other)
                && n > 0
                && (p as usize) < start + len
                && start < p as usize + n
            {
                return Err(OpError::arg(index, "a byte view that overlaps no other argument"));
            }
        }
        // SAFETY: as in `bytes`, and no other argument's view overlaps this one.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, len) })
    }
}

/// What ops keep between calls: one value of each type, and numbered resources.
#[derive(Default)]
pub struct OpState {
    values: HashMap<TypeId, Box<dyn Any>>,
    resources: HashMap<u32, Box<dyn Any>>,
    last_resource: u32,
}

impl OpState {
    /// Stores the one value of its type.
    pub fn put<T: 'static>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The one value of type `T`, made with `Default` the first time.
    pub fn get<T: 'static + Default>(&mut self) -> &mut T {
        self.values
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::<T>::default())
            .downcast_mut()
            .expect("values are stored under their own TypeId")
    }

    /// Stores a resource (a hash in progress, a zlib stream …) and gives the number that scripts hold for it.
    pub fn add_resource<T: 'static>(&mut self, resource: T) -> u32 {
        self.last_resource += 1;
        self.resources.insert(self.last_resource, Box::new(resource));
        self.last_resource
    }

    /// The resource with this number, if there is one and it is a `T`.
    pub fn resource<T: 'static>(&mut self, id: u32) -> Result<&mut T, OpError> {
        self.resources
            .get_mut(&id)
            .and_then(|r| r.downcast_mut())
            .ok_or_else(|| OpError::coded("ERR_INVALID_STATE", format!("there is no native resource {id}")))
    }

    /// Drops a resource; true if there was one.
    pub fn drop_resource(&mut self, id: u32) -> bool {
        self.resources.remove(&id).is_some()
    }

    /// Takes a resource out.
    pub fn take_resource<T: 'static>(&mut self, id: u32) -> Result<T, OpError> {
        self.resource::<T>(id)?;
        let boxed = self.resources.remove(&id).expect("just found");
        Ok(*boxed.downcast().expect("just checked"))
    }
}

/// Calls `run(arg)` on a machine stack with room for more recursion: 0. Or does not: positive where the stack at hand is as
/// good, negative where there is no more.
pub type StackSwitch = extern "C" fn(run: extern "C" fn(*mut c_void), arg: *mut c_void) -> i32;

/// A realm of a JavaScript engine.
pub trait Engine {
    /// Evaluates `source`, an expression whose value is a function, and calls that with the `host` object
    /// (`{ ops, engine, global }`). Gives what the function returns.
    fn run_host_script(&mut self, source: &str, file_name: &str) -> Result<OpValue, EngineError>;

    /// Calls the function that a script registered as `host.engine.setEntry(name, fn)`.
    /// Microtasks are not drained: the script's own queue decides when (`host.engine.runMicrotasks`).
    fn call(&mut self, entry: &str, args: &[OpValue]) -> Result<OpValue, EngineError>;

    /// Runs microtasks until none are left.
    fn run_microtasks(&mut self);

    /// What ops keep between calls.
    fn with_state<R>(&mut self, f: impl FnOnce(&mut OpState) -> R) -> R;

    /// Asks the engine to reseed whatever randomness it holds, and to forget clock values read so far. Called in every
    /// process that was started from an image.
    fn reseed(&mut self, entropy: [u8; 16]);

    /// How many calls of scripts may be on the stack before a `RangeError` is thrown.
    fn limit_call_depth(&mut self, frames: u32);

    /// How deep recursion gets more of the machine stack, from now on; called outside of any script. Engines that keep
    /// their frames elsewhere have no need of it.
    fn set_stack_switch(&mut self, switch: StackSwitch);

    /// Collects garbage now (before an image is taken).
    fn collect_garbage(&mut self);
}
