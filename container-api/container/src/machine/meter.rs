//! What the programs of a container use together, against what they may: processor time and memory.

use std::sync::atomic::{AtomicU64, Ordering};

use oac_kernel::Limits;

/// Counts for all tasks of a container.
#[derive(Debug)]
pub(crate) struct Meter {
    cpu_ns_max: u64,
    cpu_ns: AtomicU64,
    memory_bytes_max: u64,
    memory_bytes: AtomicU64,
}

impl Meter {
    pub(super) fn new(limits: &Limits) -> Meter {
        Meter {
            cpu_ns_max: limits.cpu_time_ns.unwrap_or(u64::MAX),
            cpu_ns: AtomicU64::new(0),
            memory_bytes_max: limits.memory_bytes.unwrap_or(u64::MAX),
            memory_bytes: AtomicU64::new(0),
        }
    }

    /// Whether somebody must look at the clock while programs run.
    pub(super) fn limits_time(&self) -> bool {
        self.cpu_ns_max != u64::MAX
    }

    /// Counts processor time; whether there is some left.
    pub(super) fn spend(&self, ns: u64) -> bool {
        self.cpu_ns.fetch_add(ns, Ordering::Relaxed).saturating_add(ns) <= self.cpu_ns_max
    }

    /// Takes memory, if that much is left.
    pub(super) fn take_memory(&self, bytes: u64) -> bool {
        let take = |used: u64| used.checked_add(bytes).filter(|&used| used <= self.memory_bytes_max);
        self.memory_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    pub(super) fn give_memory(&self, bytes: u64) {
        self.memory_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let meter = Meter::new(&Limits { memory_bytes: Some(10), cpu_time_ns: Some(5), ..Limits::default() });
        assert!(meter.take_memory(4) && meter.take_memory(6) && !meter.take_memory(1));
        meter.give_memory(4);
        assert!(!meter.take_memory(5) && meter.take_memory(4));
        assert!(meter.limits_time() && meter.spend(5) && !meter.spend(1) && !meter.spend(0));
    }
}
