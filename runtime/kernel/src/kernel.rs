//! The kernel as its hosts see it.

use oac_abi::{
    Errno,
    fetch::ResponseHead,
    wire::{Reply, Request},
};
use oac_vfs::FileSystem;

use crate::{Config, ExitRecord, FetchId, Flow, HostRequest, Now, Outcome, TaskFailure, TaskId, TaskStatus};

/// A container's kernel: calls and events go in, replies and requests to the host come out.
pub struct Kernel {
    config: Config,
    now: Now,
}

impl Kernel {
    /// A kernel with its root filesystem and the task `init`, and nothing running.
    pub fn new(config: Config, now: Now) -> Kernel {
        Kernel { config, now }
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Tells the time. Hosts do so before every call and event; deadlines that have passed wake their tasks.
    pub fn set_now(&mut self, now: Now) {
        self.now = now;
    }

    /// When the host should tell the time even if nothing else happens, on the monotonic clock.
    pub fn next_deadline_ns(&self) -> Option<u64> {
        None
    }

    /// Makes the executable `path`, which runs the program that hosts know as `program`. Directories on the way are made.
    ///
    /// # Errors
    /// As open(2).
    pub fn register_program(&mut self, path: &str, program: &str) -> Result<(), Errno> {
        let _ = (path, program);
        Err(Errno::ENOSYS)
    }

    /// Binds a filesystem over a path of the root namespace; the directory is made where it is missing. Only tasks made
    /// afterwards see it.
    ///
    /// # Errors
    /// As mkdir(2); ENOSPC when there are too many binds.
    pub fn mount(&mut self, target: &str, fs: Box<dyn FileSystem>) -> Result<(), Errno> {
        let _ = (target, fs);
        Err(Errno::ENOSYS)
    }

    /// Makes a task that the host itself plays.
    pub fn attach(&mut self, name: &str) -> TaskId {
        let _ = name;
        TaskId(2)
    }

    /// Ends a task that the host plays: its descriptors are closed, its children handed to init.
    pub fn detach(&mut self, task: TaskId) {
        let _ = task;
    }

    /// One system call. `out` is exactly as long as the capacities of the out-regions together.
    pub fn call(&mut self, task: TaskId, request: Request<'_>, out: &mut [u8]) -> Outcome {
        let _ = (task, request, out);
        Outcome::Done(Reply { ret: Errno::ENOSYS.to_return(), written: [0; 3] })
    }

    /// A program trapped, ran out of something, or could not be loaded.
    pub fn task_failed(&mut self, task: TaskId, failure: TaskFailure) {
        let _ = (task, failure);
    }

    /// The next thing to do for the host. Drain it after every call and event.
    pub fn next_request(&mut self) -> Option<HostRequest> {
        None
    }

    /// The response's head, or why there is none.
    pub fn fetch_head(&mut self, id: FetchId, head: Result<ResponseHead, Errno>) {
        let _ = (id, head);
    }

    /// A part of the response's body.
    pub fn fetch_body(&mut self, id: FetchId, chunk: &[u8]) -> Flow {
        let _ = (id, chunk);
        Flow::Continue
    }

    /// The end of the body, or why it broke off.
    pub fn fetch_end(&mut self, id: FetchId, result: Result<(), Errno>) {
        let _ = (id, result);
    }

    /// Where a task stands; `None` when there is no such task, or no more.
    pub fn task_status(&self, task: TaskId) -> Option<TaskStatus> {
        let _ = task;
        None
    }

    /// How and why a task ended, for as long as it is remembered (the last 256 ends).
    pub fn exit_record(&self, task: TaskId) -> Option<&ExitRecord> {
        let _ = task;
        None
    }
}
