//! Runs programs on this Linux and in containers, and compares what they print and how they end.
//!
//! - `cases`: the system-call cases of `program/`, each in an empty directory on both sides;
//! - `tools`: programs of others, compiled natively and to wasm, over a tree of files.
//!
//! Linux is the oracle: its output is what is expected, made anew in every run. A difference that is known is named with its reason
//! in a file ([`known`]); it must be there, or the run fails.
//!
//! It knows neither how the programs are built nor the kernel: `cargo xtask test conformance` builds, `oac-container` runs.
//! Start reading at [`cases`], then [`run`], which is both ways of running something.

mod arguments;
mod cases;
mod error;
mod known;
mod parallel;
mod report;
mod run;
mod tools;

use arguments::Request;

fn main() {
    let result = arguments::parse().and_then(|request| match request {
        Request::Cases(request) => cases::check(&request),
        Request::Tools(request) => tools::check(&request),
    });
    match result {
        Ok(counts) if counts.failed == 0 => {}
        Ok(_) => std::process::exit(1),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(2);
        }
    }
}
