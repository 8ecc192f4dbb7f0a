//! `npm install`, `npm ci`, `npm uninstall`: resolve, plan, prepare, install, save.

use crate::add::{self, Request};
use crate::context::Context;
use crate::failure::Failure;
use crate::finish;
use crate::http::{Http, at_once, retry_policy};
use crate::project::Project;
use crate::report::{Summary, closing_lines};
use crate::run_script;
use oac_npm_installer::{
    Cache, FetchOptions, Installation, Observer, Packuments, Plan, TarballSource, plan, resolve, tarballs,
};
use oac_npm_registry::{Client, PickContext};
use oac_npm_resolver::{Input, Package, Platform, Resolution, ResolveOptions, Resolver};
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// What sets one kind of install apart from another.
#[derive(Debug, Default)]
struct Mode {
    requests: Vec<Request>,
    removals: Vec<String>,
    /// `npm ci`: the lock file is law and `node_modules` is made anew.
    clean: bool,
}

/// `npm install`
pub(crate) fn install(context: &mut Context) -> Result<i32, Failure> {
    refuse_unsupported(context)?;
    let requests =
        context.arguments.words.iter().map(|word| Request::parse(word)).collect::<Result<Vec<_>, _>>()?;
    run(context, Mode { requests, ..Mode::default() })
}

/// Installs for `npm exec`, saying nothing but errors.
pub(crate) fn quietly(context: &mut Context) -> Result<(), Failure> {
    let requests =
        context.arguments.words.iter().map(|word| Request::parse(word)).collect::<Result<Vec<_>, _>>()?;
    let mut project = Project::read(&context.project, true)?;
    let mut mode = Mode { requests, ..Mode::default() };
    reify(context, &mut project, &mut mode, !context.switch("ignore-scripts", false)).map(drop)
}

/// `npm uninstall`
pub(crate) fn uninstall(context: &mut Context) -> Result<i32, Failure> {
    refuse_unsupported(context)?;
    let removals = context.arguments.words.clone();
    if removals.is_empty() {
        return Err(Failure::Usage("Must provide a package name to remove".into()));
    }
    run(context, Mode { removals, ..Mode::default() })
}

/// `npm ci`
pub(crate) fn clean_install(context: &mut Context) -> Result<i32, Failure> {
    refuse_unsupported(context)?;
    run(context, Mode { clean: true, ..Mode::default() })
}

fn refuse_unsupported(context: &Context) -> Result<(), Failure> {
    for option in ["global", "workspaces", "link"] {
        if context.switch(option, false) {
            return Err(Failure::Unsupported(format!("The option --{option}")));
        }
    }
    if context.config.get("workspace").is_some() {
        return Err(Failure::Unsupported("The option --workspace".into()));
    }
    Ok(())
}

const NO_LOCK: &str = "
The `npm ci` command can only install with an existing package-lock.json or
npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or
later to generate a package-lock.json file, then try again.";

fn run(context: &mut Context, mut mode: Mode) -> Result<i32, Failure> {
    let use_lock = context.switch("package-lock", true) || mode.clean;
    let mut project = Project::read(&context.project, use_lock)?;
    if project.package.get("workspaces").is_some() {
        return Err(Failure::Unsupported("A project with workspaces".into()));
    }
    if mode.clean && project.lock.is_none() {
        return Err(Failure::Usage(NO_LOCK.trim_start_matches('\n').to_owned()));
    }
    let scripts = !context.switch("ignore-scripts", false)
        && !context.switch("dry-run", false)
        && !context.switch("package-lock-only", false);
    let whole_project = mode.requests.is_empty() && mode.removals.is_empty();
    if scripts && whole_project {
        run_script::lifecycle(context, &project, &["preinstall"])?;
    }
    let outcome = reify(context, &mut project, &mut mode, scripts)?;
    if scripts && whole_project {
        let events = ["install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
        run_script::lifecycle(context, &project, &events)?;
    }
    if !context.quiet() {
        println!("{}", closing_lines(&outcome, context.started.elapsed()));
    }
    Ok(0)
}

/// Makes the tree real.
fn reify(
    context: &Context,
    project: &mut Project,
    mode: &mut Mode,
    scripts: bool,
) -> Result<Summary, Failure> {
    let mut transport = Http::default();
    let cache = Cache::new(&context.cache);
    let lock_only = context.switch("package-lock-only", false);
    let options = FetchOptions {
        full_metadata: lock_only,
        prefer_offline: context.switch("prefer-offline", false),
        offline: context.switch("offline", false),
    };
    let client =
        Client::new(&context.config, &mut transport, retry_policy(&context.config), at_once(&context.config));
    let mut packuments = Packuments::new(client, &context.config, &cache, options);
    let mut progress = Progress::new(context);
    let pick = pick_context(context);
    let locked = project.lock.clone();
    let mut known = pin_tags(&mut mode.requests, &mut packuments, &pick)?;
    add::enter(project, &mode.requests, add::save_field(context));
    add::strike(project, &mode.removals);
    let mut resolver = Resolver::new(input(context, project, mode, pick));
    for (name, packument) in known.drain(..) {
        resolver.provide(&name, Ok(packument));
    }
    let mut resolution = resolve(resolver, &mut packuments, &mut progress)?;
    for warning in resolution.warnings() {
        let lines: Vec<String> = warning.text.lines().map(|l| format!("{} {l}", warning.code)).collect();
        context.warn(&lines.join("\n"));
    }
    if mode.clean
        && let Some(locked) = &locked
    {
        check_in_sync(&resolution, locked)?;
    }
    if context.switch("save", true) && !mode.requests.is_empty() {
        add::settle(context, project, &mode.requests, &resolution);
        resolution.set_root_manifest(project.manifest());
    }
    if lock_only {
        finish::save(context, project, &resolution, mode.clean)?;
        return Ok(Summary::default());
    }
    let packages = wanted_packages(context, &resolution);
    if mode.clean && !context.switch("dry-run", false) {
        finish::clear_node_modules(&project.folder)?;
    }
    finish::forget_pending(&project.folder);
    let plan = plan(&project.folder, &packages);
    let summary = summary(context, &plan, &packages);
    if context.switch("dry-run", false) {
        return Ok(summary);
    }
    if !plan.is_empty() {
        let stores = Stores { packuments: &mut packuments, cache: &cache };
        carry_out(context, &project.folder, &plan, &packages, stores, scripts, &mut progress)?;
    }
    progress.clear();
    finish::complete_licences(project, &mut resolution, &packages);
    if scripts {
        finish::run_install_scripts(context, project, &plan)?;
    }
    if !plan.is_empty() || !finish::has_hidden_lock(&project.folder) {
        finish::save_hidden_lock(context, project, &resolution, &packages)?;
    }
    finish::save(context, project, &resolution, mode.clean)?;
    Ok(summary)
}

/// Where tarballs come from.
struct Stores<'s, 'a, T> {
    packuments: &'s mut Packuments<'a, T>,
    cache: &'s Cache,
}

fn carry_out<T: oac_npm_registry::Transport>(
    context: &Context,
    folder: &Path,
    plan: &Plan,
    packages: &[Package],
    stores: Stores<'_, '_, T>,
    scripts: bool,
    progress: &mut Progress,
) -> Result<(), Failure> {
    for package in plan.add.iter().chain(&plan.change) {
        if let Some(message) = &package.manifest.deprecated {
            progress.clear();
            context.warn(&format!("deprecated {}: {message}", package.manifest.id()));
        }
    }
    let mut installation = Installation::begin(folder)?;
    let wanted: Vec<&Package> =
        plan.add.iter().chain(&plan.change).filter(|p| p.link_to.is_none() && !p.in_bundle).collect();
    let fetched = tarballs(
        &wanted,
        stores.packuments,
        &TarballSource {
            config: &context.config,
            cache: stores.cache,
            offline: context.switch("offline", false),
        },
        progress,
        &mut |package, tarball| installation.stage(package, tarball),
    );
    if let Err(error) = fetched {
        installation.abandon();
        return Err(error.into());
    }
    if scripts {
        finish::note_pending_scripts(folder, plan)?;
    }
    installation.commit(plan, packages)?;
    Ok(())
}

/// Fetches the packuments of requests by tag, and puts the versions in the place of the tags.
fn pin_tags<T: oac_npm_registry::Transport>(
    requests: &mut [Request],
    packuments: &mut Packuments<'_, T>,
    pick: &PickContext,
) -> Result<Vec<(String, oac_npm_registry::Packument)>, Failure> {
    let mut known = Vec::new();
    for request in requests.iter().filter(|r| r.is_tag()) {
        let Some(name) = request.spec.registry_name() else { continue };
        if let Some(packument) = packuments.ask(name)? {
            known.push((name.to_owned(), packument));
        }
    }
    while let Some((name, packument)) = packuments.wait() {
        let asked = requests.iter().find(|r| r.spec.registry_name() == Some(&name));
        let spec = asked.map(|r| r.spec.target().raw_spec.clone()).unwrap_or_default();
        let package = format!("{name}@{spec}");
        let packument = packument.map_err(|error| oac_npm_resolver::ResolveError::Registry {
            error: Box::new(error),
            package,
            required_by: String::new(),
        })?;
        known.push((name, packument));
    }
    for request in requests.iter_mut().filter(|r| r.is_tag()) {
        let name = request.spec.registry_name().map(str::to_owned);
        if let Some((_, packument)) = known.iter().find(|(n, _)| Some(n) == name.as_ref()) {
            request.pin(packument, pick)?;
        }
    }
    Ok(known)
}

fn pick_context(context: &Context) -> PickContext {
    PickContext {
        default_tag: context.config.get("tag").unwrap_or("latest").to_owned(),
        node_version: context.node_version(),
        npm_version: context.npm_version(),
    }
}

fn input(context: &Context, project: &Project, mode: &Mode, pick: PickContext) -> Input {
    let platform = Platform::default();
    let own = |key: &str, default: String| context.config.get(key).map_or(default, str::to_owned);
    Input {
        folder_name: project.folder_name(),
        manifest: project.manifest(),
        lock: project.lock.clone(),
        explicit: mode.requests.iter().map(|r| r.name.clone()).collect(),
        frozen: mode.clean,
        options: ResolveOptions {
            force: context.switch("force", false),
            legacy_peer_deps: context.switch("legacy-peer-deps", false),
            strict_peer_deps: context.switch("strict-peer-deps", false),
            prefer_dedupe: context.switch("prefer-dedupe", false),
        },
        platform: Platform {
            os: own("os", platform.os),
            cpu: own("cpu", platform.cpu),
            libc: own("libc", platform.libc),
        },
        pick,
    }
}

/// `npm ci` installs nothing when `package.json` and the lock file disagree.
fn check_in_sync(resolution: &Resolution, locked: &oac_npm_spec::Lockfile) -> Result<(), Failure> {
    let differences = resolution.differences_from(locked)?;
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.\n\n{}\n",
        differences.join("\n")
    )))
}

/// The tree less what `--omit` leaves out.
fn wanted_packages(context: &Context, resolution: &Resolution) -> Vec<Package> {
    let list = |key: &str| -> HashSet<String> {
        context.config.get(key).unwrap_or_default().split(',').map(str::to_owned).collect()
    };
    let mut omit = list("omit");
    if context.environment.get("NODE_ENV").is_some_and(|env| env == "production") {
        omit.insert("dev".into());
    }
    let include = list("include");
    let omitted = |kind: &str| omit.contains(kind) && !include.contains(kind);
    let (dev, optional, peer) = (omitted("dev"), omitted("optional"), omitted("peer"));
    resolution
        .packages()
        .into_iter()
        .filter(|p| {
            let f = p.flags;
            !((dev && f.dev)
                || (optional && f.optional)
                || (peer && f.peer)
                || (dev && optional && f.dev_optional))
        })
        .collect()
}

fn summary(context: &Context, plan: &Plan, packages: &[Package]) -> Summary {
    let funded: HashSet<String> = packages
        .iter()
        .filter(|p| p.manifest.kept.get("funding").is_some_and(is_funding))
        .map(|p| p.manifest.id())
        .collect();
    Summary {
        // What comes inside another package is not counted.
        added: plan.add.iter().filter(|p| !p.in_bundle).count(),
        removed: plan.remove.len(),
        changed: plan.change.len(),
        funding: if context.switch("fund", true) { funded.len() } else { 0 },
    }
}

/// npm counts what has a web address for the money.
fn is_funding(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::String(url) => url.starts_with("http://") || url.starts_with("https://"),
        Value::Object(object) => object.get("url").is_some_and(is_funding),
        Value::Array(list) => list.iter().all(is_funding),
        _ => false,
    }
}

/// A line that counts, on a terminal only.
struct Progress {
    shown: bool,
    on: bool,
    packuments: usize,
}

impl Progress {
    fn new(context: &Context) -> Self {
        let on = std::io::stderr().is_terminal() && context.switch("progress", true) && !context.quiet();
        Self { shown: false, on, packuments: 0 }
    }

    fn show(&mut self, text: &str) {
        if self.on {
            eprint!("\r\x1b[K{text}");
            // Ignored: a terminal that is gone is no reason to stop.
            let _ = std::io::stderr().flush();
            self.shown = true;
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[K");
        }
    }
}

impl Observer for Progress {
    fn fetching(&mut self, package: &str) {
        self.packuments += 1;
        let text = format!("resolving {} {package}", self.packuments);
        self.show(&text);
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.show(&format!("installing {done}/{total}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
