//! The table of intrinsics: what scripts find as `host.engine.<name>`.

use super::{Intrinsic, inspect, memory, module, promise, script};

/// Every intrinsic of this engine. The names and their meaning are the same for every engine.
pub(super) fn all() -> Vec<(&'static str, Intrinsic)> {
    [script::TABLE, promise::TABLE, inspect::TABLE, memory::TABLE, module::TABLE].concat()
}
