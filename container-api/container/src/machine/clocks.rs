//! The clocks that programs see. clock_gettime(2).

use std::time::Instant;

use oac_abi::flags::clock;
use oac_kernel::Now;
use rustix::time::{ClockId, clock_gettime};

/// What clocks claim to resolve.
pub(crate) const RESOLUTION_NS: u64 = 1;
/// WASI's number for the CPU time of a thread; a task has one.
const WASI_THREAD_CPU: u32 = 3;

fn read_host(id: ClockId) -> i64 {
    let time = clock_gettime(id);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Processor time of the calling thread.
pub(super) fn thread_cpu_ns() -> u64 {
    read_host(ClockId::ThreadCPUTime) as u64
}

/// Both clocks of the host, for the kernel. Monotonic time counts from the container's boot.
pub(crate) fn now(start: Instant) -> Now {
    Now { monotonic_ns: start.elapsed().as_nanos() as u64, realtime_ns: read_host(ClockId::Realtime) }
}

/// One clock in ns; `None` for a number that is no clock. Must be called on the task's own thread.
pub(crate) fn read(number: u32, start: Instant) -> Option<u64> {
    match number {
        clock::REALTIME => Some(read_host(ClockId::Realtime) as u64),
        clock::MONOTONIC => Some(start.elapsed().as_nanos() as u64),
        clock::PROCESS_CPU | WASI_THREAD_CPU => Some(thread_cpu_ns()),
        _ => None,
    }
}
