//! Stacks of errors: what is captured, the call sites that scripts see, and `Error.captureStackTrace`.

use std::cell::{Cell, RefCell};

use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::vm::StackFrame;
use boa_engine::{
    Context, Finalize, JsArgs as _, JsData, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue,
    Trace, js_string,
};

use super::{Shared, native, source_name};

/// Frames that the formatter may use beyond the bound on recursion, so that its end can be formatted.
const FORMATTER_FRAMES: usize = 400;

/// What stacks need between calls.
#[derive(Default)]
pub(super) struct Stack {
    /// `fn(error, callSites)`.
    pub(super) formatter: RefCell<Option<JsObject>>,
    formatting: Cell<bool>,
    limit: Cell<f64>,
    /// The prototype of call sites.
    prototype: RefCell<Option<JsObject>>,
    /// What stands for the function of a script.
    script: RefCell<Option<JsObject>>,
    /// The name of the source that is being parsed.
    parsed: RefCell<Option<String>>,
}

impl Stack {
    /// Says whose syntax errors come out of `parse`.
    pub(super) fn parsing<T>(&self, name: &str, parse: impl FnOnce() -> T) -> T {
        *self.parsed.borrow_mut() = Some(name.to_owned());
        let result = parse();
        *self.parsed.borrow_mut() = None;
        result
    }
}

/// A call on the stack, or the place where a parser stopped.
#[derive(Trace, Finalize, JsData)]
struct Site {
    function: JsValue,
    this: JsValue,
    #[unsafe_ignore_trace]
    name: JsString,
    #[unsafe_ignore_trace]
    file: Option<JsString>,
    line: i32,
    column: u32,
    native: bool,
    construct: bool,
}

impl Site {
    fn of(stack: &Stack, frame: &StackFrame) -> Self {
        let (file, added) = source_name::of(&frame.path);
        let (line, column) = frame
            .position
            .map_or((1, 1), |place| (place.line_number() as i32 + added, place.column_number()));
        let name = match &frame.function {
            None => js_string!(),
            Some(function) => shown_name(&frame.name, function),
        };
        Site {
            function: match (&frame.function, &*stack.script.borrow()) {
                (Some(function), _) | (None, Some(function)) => function.clone().into(),
                (None, None) => JsValue::undefined(),
            },
            this: frame.this.clone(),
            name,
            file: file.map(|file| JsString::from(file.as_str())),
            line,
            column,
            native: frame.native,
            construct: frame.construct,
        }
    }

    fn place(name: &str, line: u32, column: u32) -> Self {
        let (file, added) = source_name::decode(name);
        Site {
            function: JsValue::undefined(),
            this: JsValue::undefined(),
            name: js_string!(),
            file: Some(JsString::from(file)),
            line: line as i32 + added,
            column,
            native: false,
            construct: false,
        }
    }
}

/// The name in the source, else the one that the function was given.
fn shown_name(name: &JsString, function: &JsObject) -> JsString {
    if !name.is_empty() {
        return name.clone();
    }
    let own = function.borrow().properties().get(&PropertyKey::from(js_string!("name")));
    own.and_then(|own| own.value().and_then(JsValue::as_string)).unwrap_or_default()
}

type Member = fn(&Site) -> JsValue;

const MEMBERS: &[(&str, Member)] = &[
    ("getFunction", |site| site.function.clone()),
    ("getThis", |site| site.this.clone()),
    ("getFunctionName", |site| site.name.clone().into()),
    ("getFileName", |site| site.file.clone().map_or_else(JsValue::null, JsValue::from)),
    ("getLineNumber", |site| site.line.into()),
    ("getColumnNumber", |site| site.column.into()),
    ("isNative", |site| site.native.into()),
    ("isConstructor", |site| site.construct.into()),
    ("isAsync", |_| false.into()),
];

/// Gives a realm's `Error` its `captureStackTrace` and `stackTraceLimit`.
pub(super) fn install(shared: &'static Shared, context: &mut Context) -> JsResult<()> {
    if shared.stack.prototype.borrow().is_none() {
        let prototype = JsObject::with_object_proto(context.intrinsics());
        for &(name, member) in MEMBERS {
            let run = move |this: &JsValue, _: &[JsValue], _: &mut Context| {
                let site = this.as_object();
                let site = site.as_ref().and_then(JsObject::downcast_ref::<Site>);
                site.map(|site| member(&site))
                    .ok_or_else(|| JsNativeError::typ().with_message("not a call site").into())
            };
            super::put(&prototype, name, native(context, name, run), context)?;
        }
        *shared.stack.prototype.borrow_mut() = Some(prototype);
        *shared.stack.script.borrow_mut() = Some(native(context, "", |_, _, _| Ok(JsValue::undefined())));
        shared.stack.limit.set(10.0);
    }
    let Some(error) = context.global_object().get(js_string!("Error"), context)?.as_object() else {
        return Ok(());
    };
    let capture = native(context, "captureStackTrace", move |_, args, context| {
        capture_stack_trace(shared, args, context)
    });
    let property = PropertyDescriptor::builder().value(capture).writable(true).configurable(true);
    error.define_property_or_throw(js_string!("captureStackTrace"), property.enumerable(false), context)?;
    let get = native(context, "stackTraceLimit", move |_, _, _| Ok(JsValue::from(shared.stack.limit.get())));
    let set = native(context, "stackTraceLimit", move |_, args, _| {
        shared.stack.limit.set(args.get_or_undefined(0).as_number().unwrap_or(0.0));
        Ok(JsValue::undefined())
    });
    let property = PropertyDescriptor::builder()
        .maybe_get(JsFunction::from_object(get).map(JsValue::from))
        .maybe_set(JsFunction::from_object(set).map(JsValue::from))
        .enumerable(true)
        .configurable(true);
    error.define_property_or_throw(js_string!("stackTraceLimit"), property, context)?;
    Ok(())
}

/// Sites that a stack may have now.
fn limit(stack: &Stack) -> usize {
    let limit = stack.limit.get();
    if limit > 0.0 { (limit as usize).min(1_000) } else { 0 }
}

fn site_objects(shared: &Shared, sites: Vec<Site>, context: &mut Context) -> JsValue {
    let prototype = shared.stack.prototype.borrow().clone();
    let sites: Vec<JsValue> =
        sites.into_iter().map(|site| JsObject::from_proto_and_data(prototype.clone(), site).into()).collect();
    JsArray::from_iter(sites, context).into()
}

/// Hands an error and its stack to the formatter. A formatter that throws leaves the error as it is.
fn format(shared: &Shared, error: &JsObject, sites: Vec<Site>, context: &mut Context) {
    let Some(formatter) = shared.stack.formatter.borrow().clone() else {
        return;
    };
    let sites = site_objects(shared, sites, context);
    shared.stack.formatting.set(true);
    let bounds = *context.runtime_limits_mut();
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(bounds.recursion_limit() + FORMATTER_FRAMES);
    limits.set_stack_size_limit(bounds.stack_size_limit() * 2);
    let _ignored = formatter.call(&JsValue::undefined(), &[error.clone().into(), sites], context);
    *context.runtime_limits_mut() = bounds;
    shared.stack.formatting.set(false);
}

/// An error was made.
pub(super) fn capture(shared: &Shared, error: &JsObject, context: &mut Context) {
    if shared.stack.formatting.get() || shared.stack.formatter.borrow().is_none() {
        return;
    }
    let frames = context.stack_frames(limit(&shared.stack));
    let mut sites = Vec::with_capacity(frames.len() + 1);
    sites.extend(place(shared, error, context));
    sites.extend(frames.iter().map(|frame| Site::of(&shared.stack, frame)));
    format(shared, error, sites, context);
}

/// Where the parser stopped, which it says at the end of its message; that is taken off.
fn place(shared: &Shared, error: &JsObject, context: &mut Context) -> Option<Site> {
    let parsed = shared.stack.parsed.borrow_mut().take()?;
    let message = error.borrow().properties().get(&PropertyKey::from(js_string!("message")))?;
    let message = message.value()?.as_string()?.to_std_string_lossy();
    let (text, line, column) = split_place(&message)?;
    let text = JsString::from(text);
    let property = PropertyDescriptor::builder().value(text).writable(true).configurable(true);
    error.define_property_or_throw(js_string!("message"), property.enumerable(false), context).ok()?;
    Some(Site::place(&parsed, line, column))
}

/// `text at line 1, col 2`, taken apart.
fn split_place(message: &str) -> Option<(&str, u32, u32)> {
    let (text, place) = message.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(", col ")?;
    let digits = column.find(|char: char| !char.is_ascii_digit()).unwrap_or(column.len());
    Some((text, line.parse().ok()?, column[..digits].parse().ok()?))
}

/// `Error.captureStackTrace(target, above)`.
fn capture_stack_trace(shared: &Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(target) = args.get_or_undefined(0).as_object() else {
        return super::args::type_error("Invalid argument");
    };
    // The first is this function itself.
    let mut frames = context.stack_frames(usize::MAX).split_off(1);
    if let Some(above) = args.get_or_undefined(1).as_callable() {
        let at = frames.iter().position(|frame| {
            frame.function.as_ref().is_some_and(|function| JsObject::equals(function, &above))
        });
        frames = at.map_or_else(Vec::new, |at| frames.split_off(at + 1));
    }
    frames.truncate(limit(&shared.stack));
    let sites = frames.iter().map(|frame| Site::of(&shared.stack, frame)).collect();
    if !shared.stack.formatting.get() {
        format(shared, &target, sites, context);
    }
    Ok(JsValue::undefined())
}

/// Text of an exception for a terminal.
pub(super) fn describe(error: JsError, context: &mut Context) -> String {
    let value = match error.into_opaque(context) {
        Ok(value) => value,
        Err(error) => return error.to_string(),
    };
    let text = match value.to_string(context) {
        Ok(text) => text.to_std_string_lossy(),
        Err(_) => "exception that cannot be shown".to_owned(),
    };
    let stack = value.as_object().and_then(|object| object.get(js_string!("stack"), context).ok());
    match stack.and_then(|stack| stack.as_string()).map(|stack| stack.to_std_string_lossy()) {
        Some(stack) if stack.contains(&text) => stack,
        Some(stack) if !stack.is_empty() => format!("{text}\n{stack}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::split_place;

    #[test]
    fn the_place_is_taken_off() {
        assert_eq!(split_place("expected x at line 3, col 14"), Some(("expected x", 3, 14)));
        assert_eq!(split_place("expected x"), None);
    }
}
