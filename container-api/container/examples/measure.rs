//! What a container itself costs: for `cargo xtask bench`, which gives it a program that does nothing.
//!
//! Prints lines of a name and a number; times are medians.

use std::{error::Error, fs, process::Command, time::Instant};

use oac_container::{Container, Options, Runtime, RuntimeOptions, SpawnOptions};

const ROUNDS: usize = 50;
const FILES: usize = 100_000;
const FILES_PER_DIRECTORY: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let program = fs::read(std::env::args().nth(1).ok_or("measure PROGRAM.wasm")?)?;
    let start = Instant::now();
    let runtime = Runtime::new(RuntimeOptions::default())?;
    let boot = || Container::boot(Options { runtime: Some(runtime.clone()), ..Options::default() });
    let container = boot()?;
    println!("first_boot_ms {:.3}", milliseconds(start));
    println!("boot_ms {:.3}", median(|| boot().map(drop))?);

    container.fs().write("/bin/nothing", &program)?;
    container.fs().set_mode("/bin/nothing", 0o755)?;
    let options = SpawnOptions::default();
    let spawn = || container.spawn("/bin/nothing", &[], &options)?.wait().map(drop);
    spawn()?;
    println!("spawn_ms {:.3}", median(spawn)?);
    println!("true_ms {:.3}", median(|| Command::new("/bin/true").status().map(drop))?);

    let before = resident_bytes()?;
    let idle = (0..ROUNDS).map(|_| boot()).collect::<Result<Vec<_>, _>>()?;
    println!("idle_mb {:.3}", (resident_bytes()?.saturating_sub(before)) as f64 / ROUNDS as f64 / 1e6);
    drop(idle);
    for file in 0..FILES {
        let dir = format!("/tree/{}", file / FILES_PER_DIRECTORY);
        if file % FILES_PER_DIRECTORY == 0 {
            container.fs().make_dir_all(&dir)?;
        }
        container.fs().write(&format!("{dir}/{file}"), b"some text")?;
    }
    println!("snapshot_ms {:.3}", median(|| container.snapshot().map(drop))?);
    Ok(())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

fn median<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    Ok(times[ROUNDS / 2])
}

/// Resident memory of this process. proc(5), status.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
