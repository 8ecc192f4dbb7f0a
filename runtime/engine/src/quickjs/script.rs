//! Compiling and running scripts; entry points; the stack formatter.

use rquickjs_sys as q;

#[cfg(feature = "patched")]
use super::value::Thrown;
use super::value::{Args, Cx, Js, Val};
use super::{Intrinsic, Shared};
use crate::hashbang::without_hashbang;
use crate::port::StackSwitch;

#[cfg(feature = "patched")]
unsafe extern "C" {
    fn JS_SetMaxCallDepth(rt: *mut q::JSRuntime, max_call_depth: u32);
    fn JS_SetRandomSeed(ctx: *mut q::JSContext, seed: u64);
    fn JS_SetStackSwitch(rt: *mut q::JSRuntime, switch: StackSwitch);
    fn JS_ViewGlobal(ctx: *mut q::JSContext, object: q::JSValue) -> std::ffi::c_int;
}

/// With the patched library this line number means "the first line is a wrapper's, count from the second".
#[cfg(feature = "patched")]
const LINE_BEFORE_FIRST: i32 = i32::MIN;
#[cfg(not(feature = "patched"))]
const LINE_BEFORE_FIRST: i32 = 1;

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("compileFunction", compile_function),
    ("compileScript", compile_script),
    ("runScript", run_script),
    ("createRealm", create_realm),
    ("runInRealm", run_in_realm),
    #[cfg(feature = "patched")]
    ("viewGlobal", view_global),
    ("runWatched", run_watched),
    ("setEntry", set_entry),
    ("setStackFormatter", set_stack_formatter),
];

/// Bounds recursion: with the patched library exactly, without it by the machine stack alone.
pub(super) fn limit_depth(cx: Cx, frames: u32) {
    #[cfg(feature = "patched")]
    // SAFETY: plain call.
    unsafe {
        JS_SetMaxCallDepth(cx.rt(), frames);
    }
    #[cfg(not(feature = "patched"))]
    let _ = (cx, frames);
}

/// Without the patched library recursion has the one stack.
pub(super) fn set_stack_switch(cx: Cx, switch: StackSwitch) {
    #[cfg(feature = "patched")]
    // SAFETY: plain call.
    unsafe {
        JS_SetStackSwitch(cx.rt(), switch);
    }
    #[cfg(not(feature = "patched"))]
    let _ = (cx, switch);
}

/// Reseeds `Math.random`. Without the patched library it keeps the seed taken from the clock at start.
pub(super) fn reseed(cx: Cx, entropy: [u8; 16]) {
    let (low, high) = entropy.split_at(8);
    let seed = low.iter().zip(high).fold(0u64, |seed, (a, b)| seed << 8 | u64::from(a ^ b.rotate_left(3)));
    #[cfg(feature = "patched")]
    // SAFETY: plain call.
    unsafe {
        JS_SetRandomSeed(cx.raw(), seed);
    }
    #[cfg(not(feature = "patched"))]
    let _ = (cx, seed);
}

fn line(offset: i32) -> i32 {
    if offset == 0 { LINE_BEFORE_FIRST } else { offset }
}

/// The realm that an argument names; this one when there is none.
pub(super) fn realm(shared: &Shared, cx: Cx, args: &Args<'_>, index: usize) -> Js<Cx> {
    if args.get(index).is_nullish() {
        return Ok(cx);
    }
    match shared.modules.borrow().realms.get(args.int(index) as usize) {
        Some(realm) => Ok(*realm),
        None => cx.type_error("no such realm"),
    }
}

/// `compileFunction(source, fileName, params, lineOffset, realm?)`: a function with this body. Its first line is line
/// `lineOffset + 1` of the file, with true columns: the wrapper has a line of its own.
fn compile_function(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let realm = realm(shared, cx, args, 4)?;
    let source = args.string(0)?;
    let file = args.string(1)?;
    let params = args.get(2).elements()?.iter().map(Val::to_text).collect::<Js<Vec<_>>>()?.join(",");
    let text = format!("(function ({params}) {{\n{}\n}})", without_hashbang(&source));
    realm.compile_global(&text, &file, line(args.int(3)), q::JS_EVAL_TYPE_GLOBAL)
}

/// `compileScript(source, fileName, lineOffset)`: a number for `runScript`.
fn compile_script(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let source = args.string(0)?;
    let file = args.string(1)?;
    let flags = q::JS_EVAL_TYPE_GLOBAL | q::JS_EVAL_FLAG_COMPILE_ONLY;
    let script = cx.compile_global(&without_hashbang(&source), &file, args.int(2) + 1, flags)?;
    let mut modules = shared.modules.borrow_mut();
    modules.scripts.push(script);
    Ok(cx.int(modules.scripts.len() as i32 - 1))
}

/// `runScript(number)`: its completion value.
fn run_script(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let script = shared.modules.borrow().scripts.get(args.int(0) as usize).cloned();
    let Some(script) = script else {
        return cx.type_error("no such script");
    };
    // SAFETY: JS_EvalFunction takes over the reference to compiled code.
    cx.own(unsafe { q::JS_EvalFunction(cx.raw(), script.into_raw()) })
}

/// `createRealm()`: `[number, global object]` of a new realm, which shares the heap and the microtasks with this one.
fn create_realm(shared: &Shared, cx: Cx, _: &Args<'_>) -> Js {
    // SAFETY: plain call; the context lives until the process ends.
    let realm = unsafe {
        let ctx = q::JS_NewContext(cx.rt());
        if ctx.is_null() {
            return cx.throw_new("Error", "no memory for another realm", "ERR_OUT_OF_MEMORY");
        }
        Cx::from_raw(ctx)
    };
    if let Some(formatter) = shared.callbacks.borrow().stack.clone() {
        realm.global().get("Error")?.set("prepareStackTrace", formatter)?;
    }
    let mut modules = shared.modules.borrow_mut();
    modules.realms.push(realm);
    cx.list([cx.int(modules.realms.len() as i32 - 1), realm.global()])
}

/// `runInRealm(number, source, fileName, lineOffset)`: the completion value of a script run there.
fn run_in_realm(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let realm = realm(shared, cx, args, 0)?;
    let (source, file) = (args.string(1)?, args.string(2)?);
    realm.compile_global(&without_hashbang(&source), &file, args.int(3) + 1, q::JS_EVAL_TYPE_GLOBAL)
}

/// `viewGlobal(realm, object)`: from now on names are looked up in `object` first, and what scripts of that realm declare goes
/// there. Gives the new global object.
#[cfg(feature = "patched")]
fn view_global(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let realm = realm(shared, cx, args, 0)?;
    // SAFETY: plain call; the realm holds the object from now on.
    if unsafe { JS_ViewGlobal(realm.raw(), args.get(1).raw()) } < 0 {
        return Err(Thrown);
    }
    Ok(realm.global())
}

/// `runWatched(question, work)`: what `work()` gives. While it runs `question()` is asked every few thousand steps; once it gives
/// true, what runs is ended with an error that scripts cannot catch until it leaves this function.
fn run_watched(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    shared.watches.borrow_mut().push(args.get(0).clone());
    // SAFETY: plain calls; the handler reaches what it needs through the runtime's opaque pointer.
    unsafe { q::JS_SetInterruptHandler(cx.rt(), Some(interrupted), std::ptr::null_mut()) };
    let result = args.get(1).call(&cx.undefined(), &[]);
    shared.watches.borrow_mut().pop();
    if shared.watches.borrow().is_empty() {
        // SAFETY: as above.
        unsafe { q::JS_SetInterruptHandler(cx.rt(), None, std::ptr::null_mut()) };
    }
    if result.is_err() {
        // SAFETY: an exception is pending; it stays so, as one that can be caught.
        unsafe {
            let error = q::JS_GetException(cx.raw());
            q::JS_ClearUncatchableError(cx.raw(), error);
            q::JS_Throw(cx.raw(), error);
        }
    }
    result
}

unsafe extern "C" fn interrupted(rt: *mut q::JSRuntime, _: *mut std::ffi::c_void) -> std::ffi::c_int {
    // SAFETY: the pointer is the `Shared` that `QuickJs::new` leaked.
    let shared = unsafe { &*q::JS_GetRuntimeOpaque(rt).cast::<Shared>() };
    // What a question itself does is not watched; a question that throws has answered no.
    let questions = shared.watches.replace(Vec::new());
    let ended = questions.iter().any(|question| {
        let cx = question.cx();
        let answer = question.call(&cx.undefined(), &[]);
        // SAFETY: plain call.
        answer.is_ok_and(|answer| unsafe { q::JS_ToBool(cx.raw(), answer.raw()) } == 1)
    });
    shared.watches.replace(questions);
    i32::from(ended)
}

/// `setEntry(name, fn)`: what the program calls by this name.
fn set_entry(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let name = args.string(0)?;
    if !args.get(1).is_function() {
        return cx.type_error("an entry point must be a function");
    }
    shared.entries.borrow_mut().insert(name, args.get(1).clone());
    Ok(cx.undefined())
}

/// `setStackFormatter(fn)`: `fn(error, callSites)` is called when an error captures its stack.
fn set_stack_formatter(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    shared.callbacks.borrow_mut().stack = Some(args.get(0).clone());
    let error = cx.global().get("Error")?;
    error.set("prepareStackTrace", args.get(0).clone())?;
    Ok(cx.undefined())
}
