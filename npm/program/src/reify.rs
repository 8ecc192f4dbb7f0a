//! Making a tree real: resolve, plan, prepare, install, run scripts, save. What `npm install`, `ci`,
//! `uninstall`, `update`, `dedupe`, `prune` and `link` have in common.

use crate::add::{self, Request};
use crate::audit;
use crate::context::Context;
use crate::failure::Failure;
use crate::finish;
use crate::http::{Http, at_once, retry_policy};
use crate::progress::Progress;
use crate::project::Project;
use crate::report::Summary;
use crate::script_policy::{ScriptPolicy, Unreviewed, check_strict, unreviewed};
use crate::workspaces::{self, Selection, Workspace};
use oac_npm_installer::{
    Cache, FetchOptions, Installation, Packuments, Plan, TarballSource, installed_lock, plan, replaced,
    resolve, substitute, tarballs,
};
use oac_npm_registry::{Client, Packument, PickContext, Transport};
use oac_npm_resolver::{
    Input, InstallStrategy, Package, Platform, Resolution, ResolveError, ResolveOptions, Resolver,
};
use oac_npm_spec::{Manifest, Range};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Which packages are looked at anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Update {
    /// Those that are not met.
    #[default]
    Needed,
    /// All of them: the lock file is forgotten.
    All,
    /// Those of these names.
    Names(Vec<String>),
}

/// What is to be done.
pub(crate) struct Job {
    pub(crate) root: Project,
    pub(crate) workspaces: Vec<(Workspace, Project)>,
    /// Which of these the command is for.
    pub(crate) selection: Selection,
    pub(crate) requests: Vec<Request>,
    pub(crate) removals: Vec<String>,
    pub(crate) update: Update,
    /// `npm ci`: the lock file is law and `node_modules` is made anew.
    pub(crate) clean: bool,
    pub(crate) prefer_dedupe: bool,
    /// Whether lifecycle scripts run.
    pub(crate) scripts: bool,
    /// Whether `package.json` and the lock file are written.
    pub(crate) save: bool,
    /// Whether `package.json` is.
    pub(crate) save_package: bool,
    /// Versions to be led away from, by package.
    pub(crate) avoid: Rc<HashMap<String, Range>>,
    /// Whose install scripts the user allows.
    pub(crate) policy: ScriptPolicy,
}

impl Job {
    /// For the project, or the workspaces that the options select.
    pub(crate) fn new(context: &Context) -> Result<Self, Failure> {
        let folder = context.base();
        let use_lock = context.switch("package-lock", true) && !context.is_global();
        let mut root = Project::read(&folder, use_lock)?;
        if context.is_global() {
            root.package.clear();
        }
        let mut projects = Vec::new();
        if !context.is_global() {
            for workspace in workspaces::load(&folder)? {
                let project = Project::read(&workspace.folder, false)?;
                projects.push((workspace, project));
            }
        }
        let dry = context.switch("dry-run", false) || context.switch("package-lock-only", false);
        let policy = ScriptPolicy::load(context, &root)?;
        Ok(Self {
            root,
            workspaces: projects,
            selection: workspaces::selected(context)?,
            requests: Vec::new(),
            removals: Vec::new(),
            update: Update::Needed,
            clean: false,
            prefer_dedupe: context.switch("prefer-dedupe", false),
            scripts: !context.switch("ignore-scripts", false) && !dry,
            save: context.switch("save", true) && !context.is_global(),
            save_package: true,
            avoid: Rc::default(),
            policy,
        })
    }

    /// The projects that the command is for.
    pub(crate) fn targets(&mut self) -> Vec<&mut Project> {
        let Self { root, workspaces, selection, .. } = self;
        let chosen = |w: &Workspace| selection.workspaces.contains(w);
        let mut targets: Vec<&mut Project> = Vec::new();
        if selection.root {
            targets.push(root);
        }
        targets.extend(workspaces.iter_mut().filter(|(w, _)| chosen(w)).map(|(_, project)| project));
        targets
    }

    fn all(&self) -> impl Iterator<Item = &Project> {
        std::iter::once(&self.root).chain(self.workspaces.iter().map(|(_, project)| project))
    }
}

/// A packuments' source over this build's transport.
type Source<'a> = Packuments<'a, Http>;

/// Does the job.
pub(crate) fn reify(context: &Context, job: &mut Job) -> Result<Summary, Failure> {
    if context.config.get("install-strategy") == Some("linked") {
        // npm calls it experimental; whoever asks for it wants no other layout.
        return Err(Failure::Unsupported("--install-strategy=linked".into()));
    }
    let mut transport = Http::default();
    let cache = context.fetched();
    let client =
        Client::new(&context.config, &mut transport, retry_policy(&context.config), at_once(&context.config));
    let mut packuments = Packuments::new(client, &context.config, &cache, fetch_options(context));
    let mut progress = Progress::new(context);
    let mut resolution = find_tree(context, job, &mut packuments, &mut progress)?;
    if job.clean
        && let Some(locked) = &job.root.lock
    {
        check_in_sync(&resolution, locked)?;
    }
    if job.save && job.save_package {
        settle(context, job, &mut resolution);
    }
    if context.switch("package-lock-only", false) {
        finish::save(context, job, &resolution)?;
        let packages = resolution.packages();
        let summary = Summary::of_lock(context, &packages);
        return Ok(Summary {
            unreviewed: unjudged(context, job, &packages),
            ..with_audit(context, summary, &resolution)
        });
    }
    let mut packages = wanted_packages(context, job, &resolution);
    check_strict(context, &unjudged(context, job, &packages))?;
    if context.prefers_wasm() {
        substitute(&mut packages);
    }
    if job.clean && !context.switch("dry-run", false) {
        finish::clear_node_modules(job)?;
    }
    finish::forget_pending(&job.root.folder);
    let mut plan = make_plan(context, job, &packages);
    let summary = Summary::new(context, &job.root.folder, &plan, &packages);
    if context.switch("dry-run", false) {
        return Ok(Summary {
            unreviewed: unjudged(context, job, &packages),
            ..with_audit(context, summary, &resolution)
        });
    }
    bring_variants(&mut plan, &mut packages, &mut packuments)?;
    let installation = carry_out(
        context,
        job,
        &plan,
        &packages,
        Stores { packuments: &mut packuments, cache: &cache },
        &mut progress,
    )?;
    progress.clear();
    if installation.is_some() {
        cache.sweep(store_bytes_max(context));
    }
    conclude(context, job, &plan, &packages, &mut resolution, installation)?;
    Ok(Summary { unreviewed: unjudged(context, job, &packages), ..with_audit(context, summary, &resolution) })
}

/// The packages with install scripts that nobody has judged; workspaces are one's own.
fn unjudged(context: &Context, job: &Job, packages: &[Package]) -> Vec<Unreviewed> {
    let folder = &job.root.folder;
    let is_own =
        |p: &Package| job.workspaces.iter().any(|(w, _)| p.is_local && folder.join(&p.location) == w.folder);
    let others: Vec<Package> = packages.iter().filter(|p| !is_own(p)).cloned().collect();
    unreviewed(context, folder, &others, &job.policy, false)
}

/// The summary with what is known of vulnerabilities.
fn with_audit(context: &Context, summary: Summary, resolution: &Resolution) -> Summary {
    let (tree, root) = (resolution.tree(), resolution.root());
    let audits =
        matches!(context.command.as_str(), "install" | "ci" | "uninstall" | "update" | "dedupe" | "audit")
            && !context.is_global();
    let audit = if audits { audit::of_install(context, tree, root) } else { None };
    Summary { total: tree.inventory(root).len(), audit, ..summary }
}

/// How large the tarballs may become together: `oac-store-max`, in megabytes.
fn store_bytes_max(context: &Context) -> u64 {
    const DEFAULT_MB: u64 = 4096;
    context
        .config
        .get("oac-store-max")
        .and_then(|mb| mb.parse().ok())
        .unwrap_or(DEFAULT_MB)
        .saturating_mul(1 << 20)
}

/// The tree that `package.json`, with the requests entered into it, asks for.
fn find_tree(
    context: &Context,
    job: &mut Job,
    packuments: &mut Source<'_>,
    progress: &mut Progress,
) -> Result<Resolution, Failure> {
    let pick = PickContext { avoid: job.avoid.clone(), ..pick_context(context)? };
    add::name_requests(context, &mut job.requests, packuments)?;
    let known = pin_tags(&mut job.requests, packuments, &pick)?;
    let field = add::save_field(context);
    let (requests, removals) = (job.requests.clone(), job.removals.clone());
    for project in job.targets() {
        add::enter(context, project, &requests, field);
        add::strike(project, &removals);
    }
    let mut resolver = Resolver::new(input(context, job, pick));
    for (name, packument) in known {
        resolver.provide(&name, Ok(packument));
    }
    let resolution = {
        let changed: Vec<(PathBuf, Manifest)> =
            job.all().map(|project| (project.folder.clone(), project.manifest())).collect();
        let local = |path: &Path| changed.iter().find(|(f, _)| f == path).map(|(_, m)| m.clone());
        resolve(resolver, packuments, &local, progress)?
    };
    for warning in resolution.warnings() {
        progress.clear();
        context.warn(&warning.lines());
    }
    Ok(resolution)
}

/// Scripts, licences, lock files; the old packages are gone for good only after that.
fn conclude(
    context: &Context,
    job: &mut Job,
    plan: &Plan,
    packages: &[Package],
    resolution: &mut Resolution,
    installation: Option<Installation>,
) -> Result<(), Failure> {
    finish::complete_licences(&job.root, resolution, packages);
    let mut installation = installation;
    if job.scripts
        && let Err(failure) = finish::run_install_scripts(
            context,
            &job.root,
            plan,
            packages,
            &job.policy,
            installation.as_mut(),
        )
    {
        if let Some(installation) = installation {
            installation.roll_back();
        }
        finish::forget_pending(&job.root.folder);
        return Err(failure);
    }
    if let Some(installation) = installation {
        installation.finish()?;
    }
    if !context.is_global() {
        finish::save_hidden_lock(context, &job.root, resolution, packages)?;
    }
    finish::save(context, job, resolution)
}

/// Finds the variants that are to be installed in the place of packages.
fn bring_variants(
    plan: &mut Plan,
    packages: &mut [Package],
    packuments: &mut Source<'_>,
) -> Result<(), Failure> {
    plan.add = replaced(&plan.add, packuments)?;
    plan.change = replaced(&plan.change, packuments)?;
    for variant in plan.add.iter().chain(&plan.change).filter(|p| p.substitute.is_some()) {
        let places = packages.iter_mut().filter(|p| p.location == variant.location);
        places.for_each(|p| *p = variant.clone());
    }
    Ok(())
}

pub(crate) fn fetch_options(context: &Context) -> FetchOptions {
    FetchOptions {
        full_metadata: context.switch("package-lock-only", false) || context.config.get("before").is_some(),
        prefer_offline: context.switch("prefer-offline", false),
        offline: context.switch("offline", false),
    }
}

/// Replaces what was asked for by what is to be saved.
fn settle(context: &Context, job: &mut Job, resolution: &mut Resolution) {
    let requests = job.requests.clone();
    let update = job.update.clone();
    for project in job.targets() {
        if !requests.is_empty() {
            add::settle(context, project, &requests, resolution);
        }
        match &update {
            Update::Needed => continue,
            Update::All => add::refresh(context, project, None, resolution),
            Update::Names(names) => add::refresh(context, project, Some(names), resolution),
        }
    }
    for project in job.targets() {
        resolution.set_manifest(&project.folder.to_string_lossy(), project.manifest());
    }
}

fn make_plan(context: &Context, job: &Job, packages: &[Package]) -> Plan {
    let mut plan = plan(&job.root.folder, packages);
    if context.is_global() {
        // Other global packages are not this command's business.
        let asked = |location: &str| {
            job.requests.iter().any(|r| location.starts_with(&format!("node_modules/{}/", r.name)))
        };
        plan.remove.retain(|r| asked(&r.location));
        for name in &job.removals {
            let location = format!("node_modules/{name}");
            if job.root.folder.join(&location).symlink_metadata().is_ok() {
                plan.remove.push(oac_npm_installer::Removal { location });
            }
        }
    }
    plan
}

/// Where tarballs come from.
struct Stores<'s, 'a, T> {
    packuments: &'s mut Packuments<'a, T>,
    cache: &'s Cache,
}

/// Fetches, unpacks and moves into place; `None` when there is nothing to do.
fn carry_out<T: Transport>(
    context: &Context,
    job: &Job,
    plan: &Plan,
    packages: &[Package],
    stores: Stores<'_, '_, T>,
    progress: &mut Progress,
) -> Result<Option<Installation>, Failure> {
    if plan.is_empty() {
        return Ok(None);
    }
    for package in plan.add.iter().chain(&plan.change) {
        let from_git = package.resolved.as_deref().is_some_and(|resolved| resolved.starts_with("git"));
        if from_git && package.manifest.scripts.contains_key("prepare") {
            progress.clear();
            let id = package.manifest.id();
            context.warn(&format!(
                "git {id} has a script `prepare`, which is not run: it is installed as its repository is"
            ));
        }
        if let Some(message) = package.manifest.deprecated.as_ref().filter(|_| !package.is_local) {
            progress.clear();
            context.warn(&format!("deprecated {}: {message}", package.manifest.id()));
        }
    }
    let folder = &job.root.folder;
    let global_bin = context.is_global().then(|| context.global_prefix().join("bin"));
    let mut installation = Installation::begin(folder, global_bin)?;
    match fill(context, job, plan, packages, stores, progress, &mut installation) {
        Ok(()) => Ok(Some(installation)),
        Err(error) => {
            installation.roll_back();
            finish::forget_pending(folder);
            Err(error)
        }
    }
}

fn fill<T: Transport>(
    context: &Context,
    job: &Job,
    plan: &Plan,
    packages: &[Package],
    stores: Stores<'_, '_, T>,
    progress: &mut Progress,
    installation: &mut Installation,
) -> Result<(), Failure> {
    let wanted: Vec<&Package> =
        plan.add.iter().chain(&plan.change).filter(|p| p.link_to.is_none() && !p.in_bundle).collect();
    let offline = context.switch("offline", false);
    let source = TarballSource { config: &context.config, cache: stores.cache, offline };
    tarballs(&wanted, stores.packuments, &source, progress, &mut |package, tarball| {
        installation.stage(package, tarball)
    })?;
    if job.scripts {
        finish::note_pending_scripts(&job.root.folder, plan)?;
    }
    Ok(installation.commit(plan, packages)?)
}

/// Fetches the packuments of requests by tag, and puts the versions in the place of the tags.
fn pin_tags(
    requests: &mut [Request],
    packuments: &mut Source<'_>,
    pick: &PickContext,
) -> Result<Vec<(String, Packument)>, Failure> {
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
        let packument = packument.map_err(|error| ResolveError::Registry {
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

pub(crate) fn pick_context(context: &Context) -> Result<PickContext, Failure> {
    let before = match context.config.get("before").filter(|b| !matches!(*b, "" | "null")) {
        None => None,
        Some(text) => Some(oac_npm_registry::Moment::parse(text).ok_or_else(|| {
            Failure::Plain(format!("Invalid value for --before: {text} is no date (such as 2024-06-01)"))
        })?),
    };
    Ok(PickContext {
        default_tag: context.config.get("tag").unwrap_or("latest").to_owned(),
        node_version: context.node_version(),
        npm_version: context.npm_version(),
        before,
        ..PickContext::default()
    })
}

/// What the resolver starts from.
fn input(context: &Context, job: &Job, pick: PickContext) -> Input {
    let lock = match job.update {
        Update::All => None,
        _ if context.is_global() => None,
        // Without a lock file what is installed counts, so that as little as possible changes.
        _ => job.root.lock.clone().or_else(|| installed_lock(&job.root.folder)),
    };
    let explicit = job
        .selection
        .folders(context)
        .into_iter()
        .map(|folder| if context.is_global() { job.root.folder.clone() } else { folder })
        .flat_map(|folder| {
            let folder = folder.to_string_lossy().into_owned();
            job.requests.iter().map(move |r| (folder.clone(), r.name.clone()))
        })
        .collect();
    Input {
        lock,
        begins_with_lock: job.root.lock.is_some() || job.update == Update::All,
        explicit,
        update: match &job.update {
            Update::Names(names) => names.clone(),
            _ => Vec::new(),
        },
        removes: !job.removals.is_empty(),
        frozen: job.clean,
        options: ResolveOptions {
            prefer_dedupe: job.prefer_dedupe,
            strategy: strategy(context),
            ..resolve_options(context)
        },
        pick,
        ..project_input(context, &job.root, &job.workspaces)
    }
}

/// The project for the resolver, without any wishes.
pub(crate) fn project_input(context: &Context, root: &Project, workspaces: &[(Workspace, Project)]) -> Input {
    let platform = Platform::default();
    let own = |key: &str, default: String| context.config.get(key).map_or(default, str::to_owned);
    Input {
        folder: root.folder.to_string_lossy().into_owned(),
        workspaces: workspaces
            .iter()
            .map(|(w, _)| (w.name.clone(), w.folder.to_string_lossy().into_owned()))
            .collect(),
        manifest: root.manifest(),
        options: resolve_options(context),
        platform: Platform {
            os: own("os", platform.os),
            cpu: own("cpu", platform.cpu),
            libc: own("libc", platform.libc),
            wasm: context.prefers_wasm(),
        },
        ..Input::default()
    }
}

fn resolve_options(context: &Context) -> ResolveOptions {
    ResolveOptions {
        force: context.switch("force", false),
        legacy_peer_deps: context.switch("legacy-peer-deps", false),
        strict_peer_deps: context.switch("strict-peer-deps", false),
        ..ResolveOptions::default()
    }
}

fn strategy(context: &Context) -> InstallStrategy {
    let shallow = context.switch("global-style", false) || context.is_global();
    match context.config.get("install-strategy") {
        Some("nested") => InstallStrategy::Nested,
        Some("shallow") => InstallStrategy::Shallow,
        _ if shallow => InstallStrategy::Shallow,
        _ => InstallStrategy::Hoisted,
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

/// The tree less what `--omit` leaves out; for selected workspaces, less what is not there and not theirs.
fn wanted_packages(context: &Context, job: &Job, resolution: &Resolution) -> Vec<Package> {
    let omit = omitted(context);
    let has = |what: &str| omit.contains(what);
    let mut packages = resolution.packages();
    packages.retain(|p| {
        let out = (has("dev") && p.flags.dev)
            || (has("optional") && p.flags.optional)
            || (has("peer") && p.flags.peer)
            || (has("dev") && has("optional") && p.flags.dev_optional)
            || (p.flags.extraneous && !context.is_global() && !p.is_local);
        !out
    });
    // Without workspaces: the project's own alone.
    let some_left_out = !job.workspaces.is_empty() && !context.switch("workspaces", true);
    if job.selection.is_some() || some_left_out {
        let folders: Vec<String> =
            job.selection.folders(context).iter().map(|f| f.to_string_lossy().into_owned()).collect();
        let theirs: HashSet<String> = resolution.needed_by(&folders).into_iter().collect();
        let there: HashSet<String> = plan(&job.root.folder, &packages)
            .add
            .iter()
            .map(|p| p.location.clone())
            .filter(|location| !theirs.contains(location))
            .collect();
        packages.retain(|p| !there.contains(&p.location));
        // A folder counts as long as a link to it is there.
        let linked: HashSet<String> = packages.iter().filter_map(|p| p.link_to.clone()).collect();
        packages.retain(|p| !p.is_local || linked.contains(&p.location));
    }
    packages
}

/// The kinds of dependencies that are left out.
pub(crate) fn omitted(context: &Context) -> HashSet<String> {
    let list = |key: &str| -> HashSet<String> {
        let text = context.config.get(key).unwrap_or_default();
        text.split(',').filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let mut omit = list("omit");
    if context.environment.get("NODE_ENV").is_some_and(|env| env == "production") {
        omit.insert("dev".into());
    }
    &omit - &list("include")
}
