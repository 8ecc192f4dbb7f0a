//! `npm install`, `ci`, `uninstall`, `update`, `dedupe`, `prune`, `link`: jobs for `reify.rs`.

use crate::add::Request;
use crate::audit;
use crate::context::{Context, out};
use crate::failure::Failure;
use crate::finish;
use crate::installed::Installed;
use crate::project::Project;
use crate::reify::{Job, Update, reify};
use crate::report::Summary;
use crate::run_script;
use crate::script_policy::{self, ScriptPolicy};
use oac_npm_installer::{Plan, actual_lock, installed_lock, read_manifest};
use oac_npm_resolver::Package;
use oac_npm_spec::{JsonStyle, Lockfile, name_of_location};
use std::collections::BTreeMap;

/// `npm install`
pub(crate) fn install(context: &mut Context) -> Result<i32, Failure> {
    let mut job = Job::new(context)?;
    let mut words = context.arguments.words.clone();
    if words.is_empty() && context.is_global() {
        words.push(".".into());
    }
    job.requests = parse_requests(context, &words)?;
    run(context, job)
}

fn parse_requests(context: &Context, words: &[String]) -> Result<Vec<Request>, Failure> {
    words.iter().filter(|w| !w.is_empty()).map(|word| Request::parse(context, word)).collect()
}

/// Installs for `npm exec`, saying nothing but errors.
pub(crate) fn quietly(context: &mut Context) -> Result<(), Failure> {
    let mut job = Job::new(context)?;
    job.requests = parse_requests(context, &context.arguments.words)?;
    reify(context, &mut job).map(drop)
}

/// `npm uninstall`
pub(crate) fn uninstall(context: &mut Context) -> Result<i32, Failure> {
    let mut job = Job::new(context)?;
    job.removals = context.arguments.words.clone();
    if job.removals.is_empty() {
        if !context.is_global() {
            return Err(Failure::Plain("Must provide a package name to remove".into()));
        }
        let manifest =
            read_manifest(&context.project).ok_or_else(|| Failure::no_package(&context.project))?;
        job.removals.extend(manifest.name);
    }
    run(context, job)
}

/// `npm ci`
pub(crate) fn clean_install(context: &mut Context) -> Result<i32, Failure> {
    if context.is_global() {
        let lines = vec!["`npm ci` does not work for global packages".to_owned()];
        return Err(Failure::Coded { code: "ECIGLOBAL".into(), lines });
    }
    let mut job = Job::new(context)?;
    if job.root.lock.is_none() {
        job.root = Project::read(&context.base(), true)?;
    }
    if job.root.lock.is_none() {
        return Err(Failure::Usage(NO_LOCK.trim_start_matches('\n').to_owned()));
    }
    job.clean = true;
    job.save = false;
    run(context, job)
}

const NO_LOCK: &str = "
The `npm ci` command can only install with an existing package-lock.json or
npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or
later to generate a package-lock.json file, then try again.";

/// `npm update [NAME…]`
pub(crate) fn update(context: &mut Context) -> Result<i32, Failure> {
    let mut job = Job::new(context)?;
    let names = context.arguments.words.clone();
    if let Some(word) = names.iter().find(|n| n.rfind('@').is_some_and(|at| at > 0)) {
        let lines = vec![
            "Update arguments must only contain package names, eg:".to_owned(),
            format!("    npm update {}", word.rsplit_once('@').map_or(word.as_str(), |(name, _)| name)),
        ];
        return Err(Failure::Coded { code: "EUPDATEARGS".into(), lines });
    }
    if context.is_global() {
        let installed = actual_lock(&job.root.folder);
        let top = installed.packages.iter().filter(|(_, entry)| !entry.contains_key("link"));
        let all: Vec<String> = top
            .filter(|(location, _)| location.matches("node_modules/").count() == 1)
            .map(|(location, _)| name_of_location(location).to_owned())
            .collect();
        let wanted: Vec<String> = if names.is_empty() { all } else { names };
        let words: Vec<String> = wanted.iter().map(|name| format!("{name}@latest")).collect();
        job.requests = parse_requests(context, &words)?;
        return run(context, job);
    }
    job.update = if names.is_empty() { Update::All } else { Update::Names(names) };
    // npm leaves package.json alone here, unless told otherwise; the lock file is written all the same.
    job.save_package = context.config.flag("save") == Some(true);
    run(context, job)
}

/// `npm dedupe`
pub(crate) fn dedupe(context: &mut Context) -> Result<i32, Failure> {
    if context.is_global() {
        let lines = vec!["`npm dedupe` does not work in global mode.".to_owned()];
        return Err(Failure::Coded { code: "EDEDUPEGLOBAL".into(), lines });
    }
    let mut job = Job::new(context)?;
    let lock = job.root.lock.clone().or_else(|| installed_lock(&job.root.folder)).unwrap_or_default();
    job.update = Update::Names(duplicates(&lock));
    job.prefer_dedupe = true;
    job.save_package = false;
    run(context, job)
}

/// Names that have more than one place.
fn duplicates(lock: &Lockfile) -> Vec<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for location in lock.packages.keys().filter(|l| l.contains("node_modules/")) {
        *count.entry(name_of_location(location)).or_default() += 1;
    }
    count.into_iter().filter(|(_, n)| *n > 1).map(|(name, _)| name.to_owned()).collect()
}

/// `npm prune [NAME…]`
pub(crate) fn prune(context: &mut Context) -> Result<i32, Failure> {
    if context.is_global() {
        let lines = vec!["`npm prune` does not work for global packages".to_owned()];
        return Err(Failure::Coded { code: "EPRUNEGLOBAL".into(), lines });
    }
    let mut job = Job::new(context)?;
    job.scripts = false;
    context.arguments.words.clear();
    run(context, job)
}

/// `npm link`: this package becomes a global one; `npm link NAME…`: global ones become links here.
pub(crate) fn link(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    if words.is_empty() {
        context.config.set("global", "true");
        let mut job = Job::new(context)?;
        job.requests = vec![Request::parse(context, &context.project.to_string_lossy())?];
        return run(context, job);
    }
    let global = context.global_prefix().join("lib");
    let (mut local, mut missing) = (Vec::new(), Vec::new());
    for word in &words {
        let request = Request::parse(context, word)?;
        if !request.spec.is_registry() {
            local.push(word.clone());
            continue;
        }
        let there = global.join("node_modules").join(&request.name);
        if !there.exists() {
            missing.push(word.clone());
        }
        local.push(there.to_string_lossy().into_owned());
    }
    if !missing.is_empty() {
        context.config.set("global", "true");
        let mut job = Job::new(context)?;
        job.requests = parse_requests(context, &missing)?;
        reify(context, &mut job)?;
    }
    context.config.set("global", "false");
    let mut job = Job::new(context)?;
    // A link is for development: saved only when told to.
    job.save = context.config.flag("save") == Some(true);
    job.requests = parse_requests(context, &local)?;
    run(context, job)
}

/// Runs a job with the project's own scripts around it, and says what was done.
pub(crate) fn run(context: &mut Context, mut job: Job) -> Result<i32, Failure> {
    let whole_project = job.requests.is_empty()
        && job.removals.is_empty()
        && !context.is_global()
        && !job.selection.is_some()
        && matches!(context.command.as_str(), "install" | "ci");
    if job.scripts && whole_project {
        run_script::lifecycle(context, &job.root, &["preinstall"])?;
    }
    let summary = reify(context, &mut job)?;
    if job.scripts && whole_project {
        if job.root.package_text.is_none() {
            // As npm has it: there are no scripts to look for.
            return Err(Failure::no_package(&job.root.folder));
        }
        let events = ["install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
        run_script::lifecycle(context, &job.root, &events)?;
    }
    Ok(report(context, &summary))
}

/// Says what was done; gives the exit code, which is of interest to `npm audit fix` alone.
fn report(context: &Context, summary: &Summary) -> i32 {
    let fixing = context.command == "audit";
    let left = summary.audit.as_ref().filter(|_| fixing).map(|report| audit::after_fix(context, report));
    let code = left.as_ref().map_or(0, |(_, code)| *code);
    if context.silent() {
        return code;
    }
    if context.json() {
        out(JsonStyle::default().print(&summary.json(fixing)).trim_end());
        return code;
    }
    if context.switch("dry-run", false) || context.switch("long", false) {
        for line in summary.lines() {
            out(&line);
        }
    }
    out(&summary.closing_lines(context.started.elapsed()));
    match (left, &summary.audit) {
        (Some((text, _)), _) => out(&format!("\n{text}")),
        (None, Some(report)) => out(&format!("\n{}", report.install_text())),
        (None, None) => {}
    }
    script_policy::warn(context, &summary.unreviewed);
    code
}

/// `npm find-dupes`: what `npm dedupe` would do.
pub(crate) fn find_dupes(context: &mut Context) -> Result<i32, Failure> {
    context.config.set("dry-run", "true");
    dedupe(context)
}

/// `npm rebuild [NAME…]`: the install scripts and command links of what is installed, again.
pub(crate) fn rebuild(context: &mut Context) -> Result<i32, Failure> {
    let installed = Installed::load(context)?;
    let words = context.arguments.words.clone();
    let chosen = |p: &Package| {
        words.is_empty()
            || words.iter().any(|w| {
                p.manifest.name.as_deref()
                    == Some(w.split_at(w[1..].find('@').map_or(w.len(), |at| at + 1)).0)
            })
    };
    let all = installed.tree.packages(installed.root);
    let packages: Vec<Package> = all.iter().filter(|p| chosen(p)).cloned().collect();
    let project = Project::read(&context.base(), false)?;
    let plan = Plan { change: packages.iter().filter(|p| !p.is_local).cloned().collect(), ..Plan::default() };
    let policy = ScriptPolicy::load(context, &project)?;
    let unreviewed = script_policy::unreviewed(context, &project.folder, &all, &policy, false);
    script_policy::check_strict(context, &unreviewed)?;
    finish::run_install_scripts(context, &project, &plan, &packages, &policy, None)?;
    script_policy::warn_of_rebuild(context, &unreviewed);
    context.say("rebuilt dependencies successfully");
    Ok(0)
}
