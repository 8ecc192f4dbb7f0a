//! Everything a command is given: where it runs, its settings, what it was told.

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::workspaces;
use crate::{NODE_VERSION, NPM_VERSION};
use oac_npm_installer::Cache;
use oac_npm_registry::{Config, environment_layer, parse_npmrc, proxy_layer};
use oac_npm_spec::Version;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The surroundings of a command.
pub(crate) struct Context {
    pub(crate) arguments: Arguments,
    pub(crate) config: Config,
    /// The working directory.
    pub(crate) cwd: PathBuf,
    /// The closest folder upwards with a `package.json` or `node_modules`.
    pub(crate) project: PathBuf,
    /// The workspace of the project in which npm was started.
    pub(crate) implicit_workspace: Option<PathBuf>,
    pub(crate) user_config: PathBuf,
    pub(crate) cache: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) started: Instant,
    /// The command's own name.
    pub(crate) command: String,
    /// Whether a failure is in the JSON that was printed already.
    json_printed: Cell<bool>,
}

impl Context {
    /// Reads the surroundings.
    pub(crate) fn load(arguments: Arguments) -> Result<Self, Failure> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect();
        let cwd = std::env::current_dir().map_err(|e| Failure::file("getcwd", Path::new("."), &e))?;
        let home = PathBuf::from(environment.get("HOME").map_or("/root", String::as_str));
        let mut config = Config::default();
        config.push(arguments.options.clone());
        config.push(environment_layer(environment.iter().map(|(k, v)| (k.clone(), v.clone()))));
        let is_global = config.flag("global") == Some(true) || config.get("location") == Some("global");
        // In the environment and in files it is where global packages are.
        let (mut project, prefix_given) = match arguments.options.get("prefix").filter(|_| !is_global) {
            Some(prefix) => (cwd.join(prefix), true),
            None => (project_folder(&cwd, &home), false),
        };
        let mut implicit_workspace = None;
        if !prefix_given
            && !is_global
            && config.flag("workspaces") != Some(false)
            && let Some(above) = workspaces::project_of(&project)
        {
            implicit_workspace = Some(std::mem::replace(&mut project, above));
        }
        let variable = |name: &str| environment.get(name).cloned();
        let read =
            |path: &Path| -> Option<_> { Some(parse_npmrc(&std::fs::read_to_string(path).ok()?, variable)) };
        config.push(read(&project.join(".npmrc")).unwrap_or_default());
        let user_config = config.get("userconfig").map_or_else(|| home.join(".npmrc"), PathBuf::from);
        config.push(read(&user_config).unwrap_or_default());
        let global = config.get("globalconfig").unwrap_or("/usr/local/etc/npmrc").to_owned();
        config.push(read(Path::new(&global)).unwrap_or_default());
        config.push(proxy_layer(environment.iter().map(|(k, v)| (k.clone(), v.clone()))));
        let cache = config.get("cache").map_or_else(|| home.join(".npm"), PathBuf::from).join("_oac");
        Ok(Self {
            arguments,
            config,
            cwd,
            project,
            implicit_workspace,
            user_config,
            cache,
            environment,
            started: Instant::now(),
            command: String::new(),
            json_printed: Cell::new(false),
        })
    }

    /// A switch, with npm's default.
    pub(crate) fn switch(&self, key: &str, default: bool) -> bool {
        self.config.flag(key).unwrap_or(default)
    }

    /// Whether packages made of WebAssembly take the place of those with machine code: in a container, which runs
    /// none, unless `oac-wasm-packages` says otherwise.
    pub(crate) fn prefers_wasm(&self) -> bool {
        self.switch("oac-wasm-packages", cfg!(target_family = "wasm"))
    }

    /// What was fetched before; tarballs where `oac-store` says, when the host shares a folder for them.
    pub(crate) fn fetched(&self) -> Cache {
        let own = self.config.layers().first().is_some_and(|given| given.contains_key("cache"));
        let shared = self.config.get("oac-store").filter(|path| !own && Path::new(path).is_dir());
        Cache::new(&self.cache).with_store(shared.map(PathBuf::from))
    }

    /// Whether the command is about global packages.
    pub(crate) fn is_global(&self) -> bool {
        self.switch("global", false) || self.config.get("location") == Some("global")
    }

    /// Where global packages live: `lib/node_modules` and `bin` below it.
    pub(crate) fn global_prefix(&self) -> PathBuf {
        PathBuf::from(self.config.get("prefix").unwrap_or("/usr/local"))
    }

    /// The folder whose `node_modules` a command works on.
    pub(crate) fn base(&self) -> PathBuf {
        if self.is_global() { self.global_prefix().join("lib") } else { self.project.clone() }
    }

    /// Whether results are to be printed as JSON.
    pub(crate) fn json(&self) -> bool {
        self.switch("json", false)
    }

    /// Notes that the JSON that was printed tells of the failure, too.
    pub(crate) fn mark_json_printed(&self) {
        self.json_printed.set(true);
    }

    /// Whether a failure is yet to be shown as JSON.
    pub(crate) fn wants_json_failure(&self) -> bool {
        self.json() && !self.json_printed.get()
    }

    /// Prints a result on standard output, unless all is to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.silent() {
            out(text);
        }
    }

    /// The log level: what is less important is not printed.
    fn level(&self) -> usize {
        let name = self.config.get("loglevel").unwrap_or("notice");
        LEVELS.iter().position(|level| *level == name).unwrap_or(3)
    }

    /// `npm http fetch …`, `npm info …`, `npm verbose …` on standard error, where the log level allows it.
    pub(crate) fn log(&self, level: &str, text: &str) {
        if LEVELS.iter().position(|l| *l == level).is_some_and(|at| at <= self.level()) {
            for line in text.lines() {
                eprintln!("npm {level} {line}");
            }
        }
    }

    /// `npm notice …`, an empty line included.
    pub(crate) fn notice(&self, line: &str) {
        if self.level() >= 3 {
            eprintln!("{}", format!("npm notice {line}").trim_end());
        }
    }

    /// Whether only errors, or nothing, is to be printed.
    pub(crate) fn quiet(&self) -> bool {
        self.level() < 2
    }

    /// Whether nothing at all is to be printed.
    pub(crate) fn silent(&self) -> bool {
        self.level() == 0
    }

    pub(crate) fn node_version(&self) -> Option<Version> {
        Version::parse(self.config.get("node-version").unwrap_or(NODE_VERSION), true)
    }

    pub(crate) fn npm_version(&self) -> Option<Version> {
        Version::parse(NPM_VERSION, true)
    }

    pub(crate) fn user_agent(&self) -> String {
        let node = self.node_version().map(|v| v.to_string()).unwrap_or_default();
        format!("npm/{NPM_VERSION} node/v{node} linux x64 workspaces/false")
    }

    /// `npm warn …`, on standard error.
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet() {
            for line in text.lines() {
                eprintln!("{}", format!("npm warn {line}").trim_end());
            }
        }
    }
}

/// npm's log levels, the most important first.
const LEVELS: [&str; 9] = ["silent", "error", "warn", "notice", "http", "info", "verbose", "silly", "timing"];

/// Prints a line on standard output. A reader that has gone away is no failure of ours.
pub(crate) fn out(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// npm's search for the project: upwards, past any `node_modules`, to a folder with a `package.json`
/// or a `node_modules`; the starting folder when there is none below the home folder.
fn project_folder(cwd: &Path, home: &Path) -> PathBuf {
    let outside = cwd
        .ancestors()
        .skip_while(|a| a.components().any(|c| c.as_os_str() == "node_modules"))
        .find(|_| true)
        .unwrap_or(cwd);
    for folder in outside.ancestors() {
        if folder.join("package.json").exists() || folder.join("node_modules").exists() {
            return folder.to_owned();
        }
        if folder == home {
            break;
        }
    }
    outside.to_owned()
}
