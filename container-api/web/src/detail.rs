//! The plain objects that go to `js/src/kernel-worker.ts`; their shapes are declared in `js/src/kernel/oac_web.d.ts`.

use js_sys::{Array, Object, Reflect, Uint8Array};
use oac_abi::{
    fetch::RequestHead,
    signal::WaitStatus,
    stat::{Dirent, Stat},
};
use oac_kernel::{FetchId, Image, Port};
use wasm_bindgen::JsValue;

use crate::{
    error::WebError,
    exchange::{ExchangeError, ExchangeId, Progress},
    process::Completion,
};

/// ns in a ms.
const NS_PER_MS: f64 = 1e6;

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Cannot fail on an object that was just made.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// Names and values in one flat list.
fn flat(headers: &[(String, String)]) -> JsValue {
    let list = Array::new();
    for (name, value) in headers {
        list.push(&JsValue::from_str(name));
        list.push(&JsValue::from_str(value));
    }
    list.into()
}

/// The reverse of the flat list.
pub(crate) fn pairs(flat: Vec<String>) -> Vec<(String, String)> {
    let mut list = Vec::with_capacity(flat.len() / 2);
    let mut values = flat.into_iter();
    while let (Some(name), Some(value)) = (values.next(), values.next()) {
        list.push((name, value));
    }
    list
}

/// `ErrorRecord`.
pub(crate) fn error(error: &WebError) -> JsValue {
    let mut fields =
        vec![("code", JsValue::from_str(error.code())), ("message", JsValue::from_str(&error.to_string()))];
    if let WebError::Call { syscall, path, .. } = error {
        fields.push(("syscall", JsValue::from_str(syscall)));
        if let Some(path) = path {
            fields.push(("path", JsValue::from_str(path)));
        }
    }
    object(&fields)
}

/// `StartDetail`.
pub(crate) fn start(image: &Image) -> JsValue {
    match image {
        Image::Program(name) => object(&[("program", JsValue::from_str(name))]),
        Image::Wasm(module) => object(&[("wasm", bytes(module))]),
    }
}

/// `FetchDetail`.
pub(crate) fn fetch(id: FetchId, head: &RequestHead, body: &[u8]) -> JsValue {
    object(&[
        ("id", (id.0 as f64).into()),
        ("method", JsValue::from_str(&head.method)),
        ("url", JsValue::from_str(&head.url)),
        ("headers", flat(&head.headers)),
        ("body", bytes(body)),
    ])
}

/// A fetch's number alone.
pub(crate) fn fetch_id(id: FetchId) -> JsValue {
    (id.0 as f64).into()
}

/// `PortDetail`.
pub(crate) fn port(port: Port, is_open: bool) -> JsValue {
    object(&[("port", port.0.into()), ("open", is_open.into())])
}

/// `ExitDetail`.
pub(crate) fn exit(status: WaitStatus, reason: Option<&str>) -> JsValue {
    let status = ("status", JsValue::from(u32::from_le_bytes(status.encode())));
    match reason {
        Some(reason) => object(&[status, ("reason", JsValue::from_str(reason))]),
        None => object(&[status]),
    }
}

/// `CompletionDetail` of an operation.
pub(crate) fn completion(done: &Completion) -> JsValue {
    let operation = ("operation", JsValue::from(done.operation.0));
    match &done.result {
        Ok(None) => object(&[operation, ("data", JsValue::NULL)]),
        Ok(Some(data)) => object(&[operation, ("data", bytes(data))]),
        Err(errno) => object(&[operation, ("errno", JsValue::from_str(errno.name()))]),
    }
}

/// `CompletionDetail` of an exchange.
pub(crate) fn progress(id: ExchangeId, progress: &Progress) -> JsValue {
    let exchange = ("exchange", JsValue::from(id.0));
    match progress {
        Progress::Head(head) => object(&[
            exchange,
            ("status", head.status.into()),
            ("statusText", JsValue::from_str(&head.reason)),
            ("headers", flat(&head.headers)),
        ]),
        Progress::Chunk(data) => object(&[exchange, ("data", bytes(data))]),
        Progress::End => object(&[exchange, ("data", JsValue::NULL)]),
        Progress::Failed(error) => {
            let name = match error {
                ExchangeError::Errno(errno) => errno.name(),
                ExchangeError::BadResponse => "ERR_BAD_RESPONSE",
            };
            object(&[exchange, ("errno", JsValue::from_str(name))])
        }
    }
}

/// `DirectoryEntry[]`.
pub(crate) fn entries(entries: &[Dirent]) -> JsValue {
    let list = Array::new();
    for entry in entries {
        list.push(&object(&[("name", bytes(&entry.name)), ("kind", entry.kind.into())]));
    }
    list.into()
}

/// `FileStat`.
pub(crate) fn stat(stat: &Stat) -> JsValue {
    object(&[
        ("dev", (stat.dev as f64).into()),
        ("ino", (stat.ino as f64).into()),
        ("mode", stat.mode.into()),
        ("nlink", stat.nlink.into()),
        ("uid", stat.uid.into()),
        ("gid", stat.gid.into()),
        ("size", (stat.size as f64).into()),
        ("atimeMs", (stat.atime_ns as f64 / NS_PER_MS).into()),
        ("mtimeMs", (stat.mtime_ns as f64 / NS_PER_MS).into()),
        ("ctimeMs", (stat.ctime_ns as f64 / NS_PER_MS).into()),
        ("birthtimeMs", (stat.birthtime_ns as f64 / NS_PER_MS).into()),
    ])
}
