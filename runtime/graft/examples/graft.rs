//! Grafts a module: `cargo run -p oac-graft --example graft -- IN.wasm OUT.wasm`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [input, output] = [1, 2].map(|index| std::env::args().nth(index).expect("two paths"));
    let graft = oac_graft::graft(&std::fs::read(input)?)?;
    std::fs::write(output, graft.module)?;
    Ok(())
}
