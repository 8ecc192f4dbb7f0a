//! The kernel.

mod config;
mod host;
mod kernel;

pub use config::{Capabilities, Config, Limits, NetworkCapability};
pub use host::{
    ExitRecord, FetchId, Flow, HostRequest, Image, Now, Outcome, Port, TaskFailure, TaskId, TaskStatus,
};
pub use kernel::Kernel;
