//! The JavaScript engines against each other and against Node, which has a compiler, and against Node without it (`--jitless`), the
//! fair comparison for interpreters. Whole processes: the time of an empty one is in each.

use super::measure::measure;
use super::table::Table;
use crate::command::Command;
use crate::error::Result;
use crate::node_library;
use crate::workspace::Workspace;

/// Runs of each; these are long, so few.
const RUNS: usize = 3;

const SCRIPTS: &[(&str, &str)] = &[
    ("`node -e 0`", "0"),
    ("2,000 lines of `console.log`", "for (let i = 0; i < 2000; i++) console.log('line', i)"),
    (
        "a stream pipeline of 20,000 items",
        "const s = require('stream'); let n = 0; s.pipeline(s.Readable.from(Array(20000).fill(1)), \
         new s.Transform({ objectMode: true, transform(c, e, f) { f(null, c + 1); } }), \
         new s.Writable({ objectMode: true, write(c, e, f) { n += c; f(); } }), () => { if (n !== 40000) process.exit(1); })",
    ),
    ("50,000 `process.nextTick`", "let n = 0; (function f() { if (++n < 50000) process.nextTick(f); })()"),
    ("100,000 `await`", "(async () => { for (let i = 0; i < 100000; i++) await i; })()"),
    (
        "calls: `fib(25)`",
        "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } if (fib(25) !== 75025) process.exit(1)",
    ),
    (
        "sorting 100,000 numbers",
        "const a = Array.from({ length: 100000 }, (_, i) => (i * 7919) % 100003); a.sort((x, y) => x - y)",
    ),
];

/// A row for each script. Boa's column is empty unless it has been built (`cargo xtask build boa`).
pub(super) fn engines(workspace: &Workspace) -> Result<Table> {
    let node = node_library::ensure(workspace)?.binary;
    let has_boa = workspace.programs().join("node-boa.wasm").is_file();
    let mut table = Table::new(
        "JavaScript engines",
        [
            "what",
            "QuickJS",
            "Boa",
            "Node `--jitless`",
            "Node",
            "QuickJS / `--jitless` (goal ≤ 3×)",
            "Boa / `--jitless`",
        ],
    );
    let oac = |engine: &str, script: &str| {
        let command =
            Command::new(workspace.oac()).args(["run", "--engine", engine, "--", "node", "-e", script]);
        measure(&command, RUNS).map(|sample| sample.wall_ms)
    };
    for (what, script) in SCRIPTS {
        let quickjs = oac("quickjs", script)?;
        let boa = has_boa.then(|| oac("boa", script)).transpose()?;
        let jitless = measure(&Command::new(&node).args(["--jitless", "-e", script]), RUNS)?.wall_ms;
        let jit = measure(&Command::new(&node).args(["-e", script]), RUNS)?.wall_ms;
        let ms = |ms: f64| format!("{ms:.0} ms");
        let ratio = |ms: f64| format!("{:.1}×", ms / jitless);
        table.row([
            what,
            &ms(quickjs),
            &boa.map_or("–".to_owned(), ms),
            &ms(jitless),
            &ms(jit),
            &ratio(quickjs),
            &boa.map_or("–".to_owned(), ratio),
        ]);
    }
    Ok(table)
}
