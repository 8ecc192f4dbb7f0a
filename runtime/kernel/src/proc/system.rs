//! The files about the whole system.

use std::fmt::Write as _;

use oac_abi::{Errno, bounds};

use super::ProcFiles;
use crate::{
    Config,
    random::{Purpose, Random},
    task::State,
};

/// uname(2): what programs are compiled for, and which Linux they may take this for.
pub(super) const OS_TYPE: &str = "Linux";
pub(super) const OS_RELEASE: &str = "6.12.0-oac";
pub(super) const OS_VERSION: &str = "#1 SMP PREEMPT_DYNAMIC OpenAgentsContainer";
pub(super) const MACHINE: &str = "x86_64";

/// The name of the container.
pub(super) fn host_name(config: &Config) -> &str {
    if config.hostname.is_empty() { "oac" } else { &config.hostname }
}

/// Clock ticks a second, USER_HZ: what times are counted in.
pub(super) const TICKS_PER_S: u64 = 100;

/// What a container without a limit says that it has: all that 32-bit memories can hold.
const MEMORY_BYTES: u64 = 4 << 30;

pub(super) fn ticks(ns: u64) -> u64 {
    ns / (1_000_000_000 / TICKS_PER_S)
}

const CPU_INFO: &str = "\
processor\t: 0
vendor_id\t: OpenAgents
cpu family\t: 6
model\t\t: 1
model name\t: OpenAgentsContainer virtual CPU
stepping\t: 0
microcode\t: 0x1
cpu MHz\t\t: 2000.000
cache size\t: 4096 KB
physical id\t: 0
siblings\t: 1
core id\t\t: 0
cpu cores\t: 1
apicid\t\t: 0
initial apicid\t: 0
fpu\t\t: yes
fpu_exception\t: yes
cpuid level\t: 13
wp\t\t: yes
flags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall lm
bugs\t\t:
bogomips\t: 4000.00
clflush size\t: 64
cache_alignment\t: 64
address sizes\t: 46 bits physical, 48 bits virtual
power management:

";

const FILESYSTEMS: &str = "nodev\tproc\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tpipefs\nnodev\tsockfs\nnodev\tdevpts\nnodev\toverlay\n";

impl ProcFiles<'_> {
    pub(super) fn system_text(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let line = |value: &dyn std::fmt::Display| format!("{value}\n");
        let text = match path {
            "cmdline" => line(&"oac"),
            "cpuinfo" => CPU_INFO.to_string(),
            "filesystems" => FILESYSTEMS.to_string(),
            "loadavg" => self.load(),
            "meminfo" => self.memory(),
            "stat" => self.processor_times(),
            "swaps" => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n".to_string(),
            "uptime" => self.uptime(),
            "version" => format!("{OS_TYPE} version {OS_RELEASE} (oac@oac) (rustc, wasm32) {OS_VERSION}\n"),
            "sys/fs/file-max" => line(&i64::MAX),
            "sys/fs/nr_open" => line(&self.view.config.limits.fds),
            "sys/fs/pipe-max-size" => line(&bounds::PIPE_BYTES),
            "sys/fs/inotify/max_queued_events" => line(&bounds::WATCH_EVENTS_MAX),
            "sys/fs/inotify/max_user_instances" => line(&bounds::WATCHERS_MAX),
            "sys/fs/inotify/max_user_watches" => line(&bounds::WATCHES_MAX),
            "sys/kernel/cap_last_cap" => line(&40),
            "sys/kernel/domainname" => line(&"(none)"),
            "sys/kernel/hostname" => line(&host_name(self.view.config)),
            "sys/kernel/ngroups_max" => line(&bounds::GROUPS_MAX),
            "sys/kernel/osrelease" => line(&OS_RELEASE),
            "sys/kernel/ostype" => line(&OS_TYPE),
            "sys/kernel/version" => line(&OS_VERSION),
            "sys/kernel/pid_max" => line(&u32::MAX),
            "sys/kernel/threads-max" => line(&self.view.config.limits.tasks),
            "sys/kernel/random/boot_id" => self.boot_id(),
            "sys/kernel/random/entropy_avail" | "sys/kernel/random/poolsize" => line(&256),
            "sys/net/core/somaxconn" => line(&bounds::BACKLOG_MAX),
            "sys/net/ipv4/ip_local_port_range" => line(&"32768\t60999"),
            "sys/vm/overcommit_memory" => line(&1),
            // Behind the first read of it, at its start, there is nothing.
            super::UUID => String::new(),
            _ => return Err(Errno::EINVAL),
        };
        Ok(text.into_bytes())
    }

    /// Made of the seed, so that it stays for as long as the container does.
    fn boot_id(&self) -> String {
        let mut bytes = [0; 16];
        Random::new(self.view.config.seed, Purpose::BootId).fill(&mut bytes);
        super::uuid(bytes)
    }

    fn uptime(&self) -> String {
        let up_cs = self.view.now.monotonic_ns / 10_000_000;
        let used_cs = ticks(self.user_ns());
        let idle_cs = up_cs.saturating_sub(used_cs);
        format!("{}.{:02} {}.{:02}\n", up_cs / 100, up_cs % 100, idle_cs / 100, idle_cs % 100)
    }

    fn user_ns(&self) -> u64 {
        let tasks = self.view.tasks.iter();
        tasks.map(|(_, task)| task.usage.user_ns.saturating_add(task.children_usage.user_ns)).sum()
    }

    /// Of the tasks that run: how many, and of all.
    fn running(&self) -> (usize, usize) {
        let runs =
            |state: &State| matches!(state, State::Living(life) if life.pending.is_none() && !life.stopped);
        let programs = || self.view.tasks.iter().filter(|(_, task)| task.kind.is_program());
        (programs().filter(|(_, task)| runs(&task.state)).count(), programs().count())
    }

    fn load(&self) -> String {
        let (running, all) = self.running();
        let last = self.view.tasks.iter().last().map_or(0, |(id, _)| id.0);
        // Nobody keeps averages: what runs now stands for all three.
        format!("{running}.00 {running}.00 {running}.00 {running}/{all} {last}\n")
    }

    fn processor_times(&self) -> String {
        let now = self.view.now;
        let user = ticks(self.user_ns());
        let idle = ticks(now.monotonic_ns).saturating_sub(user);
        let times = format!("{user} 0 0 {idle} 0 0 0 0 0 0");
        let begun_s = (now.realtime_ns - now.monotonic_ns as i64) / 1_000_000_000;
        let (running, _) = self.running();
        let last = self.view.tasks.iter().last().map_or(0, |(id, _)| id.0);
        format!(
            "cpu  {times}\ncpu0 {times}\nintr 0\nctxt 0\nbtime {begun_s}\nprocesses {last}\nprocs_running {running}\n\
             procs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n"
        )
    }

    fn memory(&self) -> String {
        let total = self.view.config.limits.memory_bytes.unwrap_or(MEMORY_BYTES);
        let living = self.view.tasks.iter().filter(|(_, task)| task.is_living());
        let used: u64 = living.map(|(_, task)| task.usage.memory_bytes_max).sum();
        let free = total.saturating_sub(used);
        let mut out = String::new();
        for (name, bytes) in [
            ("MemTotal", total),
            ("MemFree", free),
            ("MemAvailable", free),
            ("Buffers", 0),
            ("Cached", 0),
            ("SwapCached", 0),
            ("Active", used),
            ("Inactive", 0),
            ("SwapTotal", 0),
            ("SwapFree", 0),
            ("Dirty", 0),
            ("Writeback", 0),
            ("AnonPages", used),
            ("Mapped", 0),
            ("Shmem", 0),
            ("Slab", 0),
            ("SReclaimable", 0),
            ("SUnreclaim", 0),
            ("CommitLimit", total),
            ("Committed_AS", used),
        ] {
            let _ = writeln!(out, "{:<15} {:>8} kB", format!("{name}:"), bytes / 1024);
        }
        out
    }
}
