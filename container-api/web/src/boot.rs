//! What a page asks for at boot, `KernelConfig` in `js/src/messages.ts`: read here, checked there.

use js_sys::{Array, Reflect};
use oac_image::NodeEngine;
use oac_kernel::{Allowed, Capabilities, Config, Limits, NetworkCapability, Outside};
use wasm_bindgen::JsValue;

/// ns in a ms.
const NS_PER_MS: f64 = 1e6;

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn number(object: &JsValue, name: &str) -> Option<f64> {
    field(object, name).as_f64().filter(|value| *value >= 0.0)
}

fn strings(object: &JsValue, name: &str) -> Option<Vec<String>> {
    let list = field(object, name);
    Array::is_array(&list).then(|| Array::from(&list).iter().filter_map(|entry| entry.as_string()).collect())
}

fn allowed(object: &JsValue, name: &str) -> Allowed<String> {
    strings(object, name).map_or(Allowed::Any, Allowed::Only)
}

fn network(object: &JsValue) -> NetworkCapability {
    match strings(object, "network") {
        None => NetworkCapability::Any,
        Some(hosts) if hosts.is_empty() => NetworkCapability::Denied,
        Some(hosts) => NetworkCapability::Hosts(hosts),
    }
}

fn capabilities(object: &JsValue) -> Capabilities {
    let listen = field(object, "listen");
    let listen = Array::is_array(&listen).then(|| {
        Array::from(&listen).iter().filter_map(|port| port.as_f64()).map(|port| port as u16).collect()
    });
    Capabilities {
        network: network(object),
        read: allowed(object, "read"),
        write: allowed(object, "write"),
        listen: listen.map_or(Allowed::Any, Allowed::Only),
        spawn: allowed(object, "spawn"),
        env: allowed(object, "env"),
    }
}

fn limits(object: &JsValue) -> Limits {
    let standard = Limits::default();
    let nanoseconds = |name| number(object, name).map(|ms| (ms * NS_PER_MS) as u64);
    Limits {
        tasks: number(object, "processes").map_or(standard.tasks, |count| count as usize),
        fds: number(object, "fileHandles").map_or(standard.fds, |count| count as usize),
        memory_bytes: number(object, "memoryBytes").map(|bytes| bytes as u64),
        disk_bytes: number(object, "diskBytes").map_or(standard.disk_bytes, |bytes| bytes as u64),
        cpu_time_ns: nanoseconds("cpuMs"),
        wall_time_ns: nanoseconds("wallMs"),
        file_bytes: number(object, "fileBytes").map(|bytes| bytes as u64),
        ..standard
    }
}

/// The engine of `node`; absent is the best there is.
pub(crate) fn engine(options: &JsValue) -> Result<NodeEngine, &'static str> {
    field(options, "engine").as_string().map_or(Ok(NodeEngine::Auto), |name| NodeEngine::named(&name))
}

/// `seed`: 32 random bytes.
pub(crate) fn config(seed: [u8; 32], options: &JsValue) -> Config {
    Config {
        seed: seed.into(),
        hostname: field(options, "hostname").as_string().unwrap_or_default(),
        capabilities: capabilities(&field(options, "capabilities")),
        limits: limits(&field(options, "limits")),
        event_log: field(options, "eventLog").is_truthy(),
        // A page has no sockets.
        outside: Outside::Gateway,
        ..Config::default()
    }
}
