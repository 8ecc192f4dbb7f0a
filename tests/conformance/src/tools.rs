//! Programs of others over a tree of files: the same command natively and in a container, where the tree stands read-only at the
//! same path.
//!
//! The programs are what their authors publish, of one version, built twice. They print names, lines and numbers, which must be
//! alike to the byte; what names the machine's own error numbers, times or users is not asked for.

use std::{collections::BTreeMap, fs, path::Path};

use oac_container::{CacheDir, Container, Mount, Options, Runtime, RuntimeOptions, Tree};

use crate::{
    arguments::ToolsRequest,
    error::Error,
    known::Known,
    parallel::in_parallel,
    report::{self, Counts},
    run,
};

/// A program and its arguments, separated by spaces; `%` stands for a space within an argument.
const COMMANDS: &[&str] = &[
    // ripgrep: walks the tree, reads every file, ignores what .gitignore says.
    "rg --sort path Errno",
    "rg --sort path --files",
    "rg --sort path --files --hidden --no-ignore",
    "rg --sort path --files --no-require-git -g *.rs -g !**/tests/**",
    "rg --sort path -c unsafe",
    "rg --sort path -l -t rust impl.*for",
    "rg --sort path -n --no-heading ^pub%fn%\\w+",
    "rg --sort path -o -r $1 fn%(\\w+)\\( runtime",
    "rg --sort path -i -w kernel --type md",
    "rg --sort path -A2 -B1 macro_rules",
    "rg --sort path -U struct%\\w+%\\{\\n runtime",
    "rg --sort path --max-count 2 --column use",
    "rg --sort path --files-without-match fn --type rust",
    "rg --sort path --vimgrep unsafe|SAFETY",
    "rg --sort path -v . --count-matches docs",
    "rg --sort path -F --max-columns 80 ($",
    "rg --type-list",
    "rg --sort path surely-nowhere-to-be-found runtime",
    "rg --sort path ( runtime",
    // jaq: reads JSON whole, computes, prints.
    "jaq . js/package.json",
    "jaq -r .name,.version js/package.json",
    "jaq -c paths js/package.json",
    "jaq -S . nodeapi/ops/tests/data/url.json",
    "jaq -c [..|strings]|unique|length nodeapi/ops/tests/data/buffer.json",
    "jaq keys npm/spec/tests/semver_expectations.json",
    "jaq -s map(type) js/package.json nodeapi/js/package.json",
    "jaq -n [range(1000)|.*.]|add",
    "jaq -n [limit(20;repeat(1))]|length",
    "jaq -r .dependencies//{}|to_entries[]|\"\\(.key)=\\(.value)\" js/package.json",
    "jaq -n --arg x 7 $x|tonumber+1",
    "jaq . README.md",
    // The multi-call binary of uutils.
    "coreutils cat -n ARCHITECTURE.md",
    "coreutils cat -A README.md",
    "coreutils wc README.md ARCHITECTURE.md CONTRIBUTING.md Cargo.lock",
    "coreutils wc -L Cargo.lock",
    "coreutils sort Cargo.lock",
    "coreutils sort -u -r Cargo.toml",
    "coreutils sort -k2 -n docs/syscalls.md",
    "coreutils uniq -c Cargo.lock",
    "coreutils head -n 40 Cargo.lock",
    "coreutils head -c 1000 Cargo.lock README.md",
    "coreutils tail -n 40 Cargo.lock",
    "coreutils tail -c 100 README.md",
    "coreutils cut -d | -f 3 docs/syscalls.md",
    "coreutils cut -c 1-20 Cargo.lock",
    "coreutils nl CONTRIBUTING.md",
    "coreutils fold -w 40 -s README.md",
    "coreutils od -c -N 300 Cargo.lock",
    "coreutils od -A x -t x1z README.md",
    "coreutils paste -d , Cargo.toml README.md",
    "coreutils comm Cargo.toml README.md",
    "coreutils join Cargo.toml Cargo.toml",
    "coreutils cksum README.md Cargo.lock Cargo.toml",
    "coreutils cksum -a sha256 README.md Cargo.lock",
    "coreutils cksum -a blake2b Cargo.lock",
    "coreutils sum Cargo.lock",
    "coreutils ls",
    "coreutils ls -a -R -1 runtime",
    "coreutils ls -p -1 npm",
    "coreutils ls -1 -S --group-directories-first runtime/abi/src",
    "coreutils basename runtime/abi/src/table.rs .rs",
    "coreutils dirname runtime/abi/src/table.rs",
    "coreutils seq 1 3 1000",
    "coreutils seq -w 0.5 0.25 20",
    "coreutils wc --help",
    "coreutils cat --no-such-option",
];

/// Runs the commands that contain the filter and compares.
pub(crate) fn check(request: &ToolsRequest) -> Result<Counts, Error> {
    let known = Known::read(&request.known)?;
    known.all_named(&request.known, |name| COMMANDS.contains(&name))?;
    let commands: Vec<&str> =
        COMMANDS.iter().copied().filter(|name| name.contains(&request.filter)).collect();
    if commands.is_empty() {
        return Err(Error::NothingMatches(request.filter.clone()));
    }
    let cache = CacheDir::At(request.scratch.join("code"));
    let runtime = Runtime::new(RuntimeOptions { cache, ..RuntimeOptions::default() })?;
    let programs = programs(&request.wasm, &commands)?;
    let tree = request.tree.to_string_lossy().into_owned();
    let observed = in_parallel(&commands, |_, command| {
        let words: Vec<String> = command.split(' ').map(|word| word.replace('%', " ")).collect();
        let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let native = run::native(&request.native.join(&words[0]), &arguments, &request.tree)?;
        let container = Container::boot(Options { runtime: Some(runtime.clone()), ..Options::default() })?;
        let program = format!("/bin/{}", words[0]);
        container.mount(Mount::Tree(&programs[&words[0]]), &program)?;
        container.mount(Mount::HostDir { path: &request.tree, read_only: true }, &tree)?;
        let contained = run::contained(container, &program, &arguments, &tree)?;
        Ok((native, contained))
    })?;
    let mut counts = Counts::default();
    for (command, (native, contained)) in commands.iter().zip(&observed) {
        report::compare(command, native, contained, &known, &mut counts);
    }
    Ok(counts)
}

/// The wasm programs that the commands run, by name.
fn programs(folder: &Path, commands: &[&str]) -> Result<BTreeMap<String, Tree>, Error> {
    let mut programs = BTreeMap::new();
    for command in commands {
        let name = command.split(' ').next().unwrap_or_default();
        if !programs.contains_key(name) {
            let path = folder.join(format!("{name}.wasm"));
            let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
            programs.insert(name.to_owned(), Tree::File { bytes, executable: true });
        }
    }
    Ok(programs)
}
