//! What system calls cost: a program for `cargo xtask bench`, to be run inside a container.
//!
//! Prints lines of a name and nanoseconds per call: the fastest of several rounds, since what disturbs only adds.

use oac_sys::{Result, flags};

const ROUNDS: usize = 5;
/// Calls in a round.
const CALLS: u32 = 20_000;

fn main() -> std::process::ExitCode {
    match measure_all() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(errno) => {
            eprintln!("syscall_cost: {errno}; it measures only inside a container");
            std::process::ExitCode::FAILURE
        }
    }
}

fn measure_all() -> Result<()> {
    measure("empty", CALLS, || oac_sys::getpid().map(drop))?;
    let fd = oac_sys::open(b"/tmp/syscall-cost", flags::open::RDWR | flags::open::CREAT, 0o600)?;
    oac_sys::write_all(fd, &vec![7; 64 << 10])?;
    for (name, length, calls) in [("read_1k", 1 << 10, CALLS), ("read_64k", 64 << 10, CALLS / 10)] {
        let mut buffer = vec![0; length];
        measure(name, calls, || oac_sys::pread(fd, 0, &mut buffer).map(drop))?;
    }
    measure("stat", CALLS, || oac_sys::stat(b"/tmp/syscall-cost").map(drop))?;
    oac_sys::close(fd)?;
    oac_sys::unlink(b"/tmp/syscall-cost")
}

fn measure(name: &str, calls: u32, mut call: impl FnMut() -> Result<()>) -> Result<()> {
    let now = || oac_sys::raw::clock_gettime(flags::clock::MONOTONIC);
    let mut best_ns = i64::MAX;
    for _ in 0..ROUNDS {
        let start = now()?;
        for _ in 0..calls {
            call()?;
        }
        best_ns = best_ns.min(now()? - start);
    }
    println!("{name} {}", best_ns / i64::from(calls));
    Ok(())
}
