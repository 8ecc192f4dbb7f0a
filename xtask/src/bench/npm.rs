//! Installs, against npm, pnpm and bun on this machine: the same lock file, from a registry on this machine that has seen
//! everything before. Wall times; no install scripts, no audit.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use super::measure::once;
use super::table::Table;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Names, and what a project of this kind depends on.
const PROJECTS: [(&str, &str); 4] = [
    ("express", r#"{"dependencies":{"express":"^4.21.0"}}"#),
    (
        "vite + react template",
        r#"{"type":"module","dependencies":{"react":"^18.3.1","react-dom":"^18.3.1"},"devDependencies":{"@eslint/js":"^9.13.0","@types/react":"^18.3.12","@types/react-dom":"^18.3.1","@vitejs/plugin-react":"^4.3.3","eslint":"^9.13.0","eslint-plugin-react-hooks":"^5.0.0","eslint-plugin-react-refresh":"^0.4.14","globals":"^15.11.0","vite":"^5.4.10"}}"#,
    ),
    ("next", r#"{"dependencies":{"next":"^15.0.0","react":"^18.3.1","react-dom":"^18.3.1"}}"#),
    ("eslint + jest", r#"{"devDependencies":{"eslint":"^9.13.0","jest":"^29.7.0"}}"#),
];

/// How often what is quick is measured; the middle counts.
const RUNS: usize = 3;

/// A registry that answers from a folder; gone with this.
struct Registry {
    process: Child,
    address: String,
}

impl Drop for Registry {
    fn drop(&mut self) {
        // Ignored: it may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn registry(workspace: &Workspace) -> Result<Registry> {
    let script = workspace.path("npm/program/tests/registry_proxy.mjs");
    let command = Command::new("node").arg(script).arg(workspace.target.join("bench-registry"));
    let mut process =
        command.to_std().stdout(Stdio::piped()).spawn().map_err(|source| command.not_started(source))?;
    let mut address = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut address).map_err(|source| command.not_started(source))?;
    }
    Ok(Registry { process, address: address.trim().trim_end_matches('/').to_owned() })
}

/// The package managers, from the registry that is configured; what is not there is left out.
fn managers(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("bench-managers");
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let package = folder.join("package.json");
    fs::write(&package, "{}").map_err(Error::file("write", &package))?;
    for wanted in ["npm@11", "pnpm@10", "bun@1"] {
        let install = Command::new("npm").args(["install", "--no-audit", "--no-fund", wanted]).dir(&folder);
        // Ignored: the table shows who is missing.
        let _ = install.output();
    }
    Ok(folder.join("node_modules/.bin"))
}

struct Bench<'a> {
    workspace: &'a Workspace,
    registry: Registry,
    managers: PathBuf,
    /// Everything that is made lies in here.
    folder: PathBuf,
}

/// Milliseconds: with an empty cache, with a full one, with nothing to do.
type Times = [f64; 3];

impl Bench<'_> {
    /// The command that installs, in a project, with a cache.
    fn command(&self, manager: &str, project: &Path, cache: &Path) -> Command {
        let cache = cache.display().to_string();
        let program = self.managers.join(manager);
        let command = match manager {
            "npm" => Command::new(program).args(["install", "--cache", &cache]),
            "pnpm" => Command::new(program).args(["install", "--frozen-lockfile", "--store-dir", &cache]),
            "bun" => Command::new(program).args(["install", "--cache-dir", &cache]),
            _ => {
                let host = self.registry.address.split("//").last().unwrap_or_default();
                Command::new(self.workspace.oac())
                    .args(["run", "-v", &format!("{}:/work", project.display()), "-w", "/work"])
                    .args(["--npm-store", &cache, &format!("--allow-net={host}")])
                    .args(["-e", "npm_config_registry", "-e", "npm_config_ignore_scripts"])
                    .args(["-e", "npm_config_audit", "--", "npm", "install"])
            }
        };
        command
            .dir(project)
            .env("HOME", &self.folder)
            .env("npm_config_registry", &self.registry.address)
            .env("npm_config_ignore_scripts", "true")
            .env("npm_config_audit", "false")
            .env("npm_config_fund", "false")
            .env("npm_config_update_notifier", "false")
    }

    fn times(&self, manager: &str, name: &str, source: &Path) -> Result<Times> {
        let place = |what: &str| self.folder.join(format!("{}-{manager}-{what}", name.replace(' ', "-")));
        let cache = place("cache");
        let project = |what: &str| -> Result<PathBuf> {
            let project = place(what);
            fs::create_dir_all(&project).map_err(Error::file("create", &project))?;
            for file in ["package.json", "package-lock.json"] {
                fs::copy(source.join(file), project.join(file)).map_err(Error::file("copy", &project))?;
            }
            if manager == "pnpm" {
                Command::new(self.managers.join("pnpm"))
                    .arg("import")
                    .dir(&project)
                    .env("HOME", &self.folder)
                    .env("npm_config_registry", &self.registry.address)
                    .output()?;
            }
            Ok(project)
        };
        fs::create_dir_all(&cache).map_err(Error::file("create", &cache))?;
        let cold = once(&self.command(manager, &project("cold")?, &cache))?.wall_ms;
        // A new folder each time: removing the old one would be paid for by the next.
        let mut warm = Vec::new();
        let mut last = PathBuf::new();
        for run in 0..RUNS {
            last = project(&format!("warm-{run}"))?;
            warm.push(once(&self.command(manager, &last, &cache))?.wall_ms);
        }
        let idle = (0..RUNS).map(|_| Ok(once(&self.command(manager, &last, &cache))?.wall_ms));
        let idle = idle.collect::<Result<Vec<f64>>>()?;
        Ok([cold, middle(warm), middle(idle)])
    }
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The table of all projects.
pub(super) fn npm(workspace: &Workspace) -> Result<Table> {
    let folder = std::env::temp_dir().join(format!("oac-bench-npm-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let bench = Bench {
        workspace,
        registry: registry(workspace)?,
        managers: managers(workspace)?,
        folder: folder.clone(),
    };
    let header = ["project", "what", "`oac run -- npm`", "npm 11", "ratio", "goal", "pnpm 10", "bun 1"];
    let mut table = Table::new("Installs", header);
    for (name, package) in PROJECTS {
        let source = bench.folder.join(format!("{}-source", name.replace(' ', "-")));
        fs::create_dir_all(&source).map_err(Error::file("create", &source))?;
        let file = source.join("package.json");
        fs::write(&file, package).map_err(Error::file("write", &file))?;
        let lock = bench.command("npm", &source, &bench.folder.join("lock-cache"));
        lock.arg("--package-lock-only").output()?;
        let all = ["oac", "npm", "pnpm", "bun"].map(|manager| bench.times(manager, name, &source).ok());
        for (at, (what, goal)) in
            [("cold cache", "≤ 0.5×"), ("warm cache", "≤ 0.2×"), ("nothing to do", "≤ 0.1×")]
                .iter()
                .enumerate()
        {
            let cell = |times: &Option<Times>| {
                times.map_or("–".to_owned(), |times| format!("{:.0} ms", times[at]))
            };
            let ratio = all[0]
                .zip(all[1])
                .map_or("–".to_owned(), |(own, npm)| format!("{:.2}×", own[at] / npm[at]));
            table.row([
                name,
                what,
                &cell(&all[0]),
                &cell(&all[1]),
                &ratio,
                goal,
                &cell(&all[2]),
                &cell(&all[3]),
            ]);
        }
    }
    fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder))?;
    Ok(table)
}
