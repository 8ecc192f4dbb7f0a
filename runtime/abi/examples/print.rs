//! Prints what is generated from the call table: `cargo run -p oac-abi --example print -- markdown|typescript`.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("markdown") => print!("{}", oac_abi::print::markdown()),
        Some("typescript") => print!("{}", oac_abi::print::typescript()),
        _ => {
            eprintln!("usage: print markdown|typescript");
            std::process::exit(2);
        }
    }
}
