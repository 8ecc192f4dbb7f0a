//! Steps: a name, a time, and whether anything had to be done.

use std::time::Instant;

use crate::error::Result;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It worked.
    Made,
    /// Its inputs are as they were last time.
    Unchanged,
}

/// Runs one step, printing its name before and its time after.
///
/// # Errors
/// Those of the step, after its name and time have been printed.
pub(crate) fn step<T>(name: &str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("--- {name}");
    let start = Instant::now();
    let result = body();
    let word = if result.is_ok() { "done" } else { "FAILED" };
    println!("    {name}: {word} in {:.1} s", start.elapsed().as_secs_f64());
    result
}

/// Like [`step`], for steps that are skipped when their inputs are unchanged: then one line is printed.
///
/// # Errors
/// Those of the step.
pub(crate) fn cached_step(name: &str, body: impl FnOnce() -> Result<Done>) -> Result<Done> {
    let start = Instant::now();
    let result = body();
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(Done::Unchanged) => println!("    {name}: unchanged ({seconds:.1} s)"),
        Ok(Done::Made) => println!("    {name}: done in {seconds:.1} s"),
        Err(_) => println!("    {name}: FAILED in {seconds:.1} s"),
    }
    result
}
