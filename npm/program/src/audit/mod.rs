//! `npm audit`, and what `npm install` says of vulnerabilities.

mod advisory;
mod report;
mod text;

pub(crate) use report::Report;

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::install;
use crate::installed::Installed;
use crate::project::Project;
use crate::registry_call::Call;
use crate::reify::pick_context;
use crate::workspaces;
use advisory::{Known, SLOPPY};
use oac_npm_registry::{Packument, PickContext, RegistryError};
use oac_npm_resolver::{NodeId, Tree};
use oac_npm_spec::{JsonStyle, Range};
use report::{Fix, SEVERITIES, package_name};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::rc::Rc;

/// `npm audit [fix]`
pub(crate) fn audit(context: &mut Context) -> Result<i32, Failure> {
    let action = context.arguments.words.first().cloned();
    match action.as_deref() {
        Some("signatures") => {
            return Err(Failure::NotImplemented("audit signatures".into()));
        }
        Some("fix") if context.config.flag("package-lock") == Some(false) => {
            return Err(Failure::Usage("fix cannot be used without a package-lock".into()));
        }
        _ => {}
    }
    context.config.set("audit", "true");
    let installed = load(context)?;
    let tree = &installed.tree;
    let selected = workspaces::selected(context)?;
    let theirs = selected.is_some().then(|| {
        let folders: Vec<String> =
            selected.folders(context).iter().map(|f| f.to_string_lossy().into_owned()).collect();
        tree.needed_by(installed.root, &folders)
    });
    let audited = audited(context, tree, installed.root, theirs.as_deref());
    let asked = bulk(tree, &audited);
    let told = match asked.is_empty() {
        true => Ok(Value::Object(Map::new())),
        false => ask(context, &asked),
    };
    let told = told.map_err(|error| unanswered(context, &error))?;
    let report = examine(context, tree, installed.root, audited, &told)?;
    if action.as_deref() == Some("fix") {
        return fix(context, &report, tree);
    }
    if context.json() {
        out(JsonStyle::default().print(&report.json).trim_end());
    } else {
        context.say(&text::detail(&report.json));
    }
    Ok(report.exit_code(context, "low"))
}

/// The tree of the lock file.
fn load(context: &mut Context) -> Result<Installed, Failure> {
    let before = context.config.get("package-lock-only").map(str::to_owned);
    context.config.set("package-lock-only", "true");
    let installed = Installed::load(context);
    context.config.set("package-lock-only", before.as_deref().unwrap_or("false"));
    installed.map_err(|failure| match failure {
        Failure::Coded { code, mut lines } if code == "ENOLOCK" => {
            lines.push("audit Original error: loadVirtual requires existing shrinkwrap file".into());
            Failure::Coded { code, lines }
        }
        failure => failure,
    })
}

/// npm warns, shows what the registry answered, and fails without a code.
fn unanswered(context: &Context, error: &RegistryError) -> Failure {
    context.warn(&format!("audit {error}"));
    if let RegistryError::Status { status, method, url, body, .. } = error {
        if context.json() {
            let told = json!({
                "message": error.to_string(), "method": method, "uri": url, "statusCode": status, "body": body,
            });
            out(JsonStyle::default().print(&told).trim_end());
            context.mark_json_printed();
        } else {
            context.say(body);
        }
    }
    Failure::Plain("audit endpoint returned an error".into())
}

/// The packages that the registry is asked about: no projects, links, or what `--omit` leaves out.
fn audited(context: &Context, tree: &Tree, root: NodeId, theirs: Option<&[String]>) -> Vec<NodeId> {
    let omit = crate::reify::omitted(context);
    let has = |what: &str| omit.contains(what);
    let mut all = tree.inventory(root);
    all.retain(|id| {
        let node = tree.node(*id);
        let flags = &node.flags;
        let left_out = (has("dev") && flags.dev)
            || (has("optional") && flags.optional)
            || (has("peer") && flags.peer)
            || (has("dev") && has("optional") && flags.dev_optional);
        let other = theirs.is_some_and(|theirs| !theirs.contains(&tree.location(*id)));
        *id != root
            && node.link_target.is_none()
            && node.path.is_none()
            && node.package.version.as_deref().is_some_and(|v| !v.is_empty())
            && !left_out
            && !other
    });
    all
}

/// Names, and their versions.
fn bulk(tree: &Tree, audited: &[NodeId]) -> Map<String, Value> {
    let mut body = Map::new();
    for id in audited {
        let versions = body.entry(package_name(tree, *id)).or_insert_with(|| json!([]));
        let version = Value::from(tree.version(*id));
        if let Some(versions) = versions.as_array_mut()
            && !versions.contains(&version)
        {
            versions.push(version);
        }
    }
    body
}

/// Asks the registry, or the one of `audit-registry`, for the advisories.
fn ask(context: &Context, asked: &Map<String, Value>) -> Result<Value, RegistryError> {
    let own = context.config.registry_for("")?.folder();
    let registry =
        context.config.get("audit-registry").map_or(own, |url| format!("{}/", url.trim_end_matches('/')));
    let url = format!("{registry}-/npm/v1/security/advisories/bulk");
    let headers = [("accept", "application/json"), ("content-type", "application/json")];
    let body = serde_json::to_vec(asked).unwrap_or_default();
    let answer = Call::new(context).send("POST", &url, &headers, body)?;
    serde_json::from_slice(&answer)
        .map_err(|e| RegistryError::MalformedPackument { url, problem: e.to_string() })
}

fn examine(
    context: &Context,
    tree: &Tree,
    root: NodeId,
    audited: Vec<NodeId>,
    told: &Value,
) -> Result<Report, Failure> {
    let pick: PickContext = pick_context(context)?;
    let mut known: HashMap<String, Rc<Known>> = HashMap::new();
    let mut source = |name: &str| {
        if let Some(known) = known.get(name) {
            return Ok(known.clone());
        }
        // A package that no registry knows has no versions, as in npm.
        let packument: Option<Packument> = Call::new(context).abbreviated(name).ok();
        let found = Rc::new(Known::new(packument));
        known.insert(name.to_owned(), found.clone());
        Ok(found)
    };
    let nothing = Map::new();
    Report::new(tree, root, audited, told.as_object().unwrap_or(&nothing), &pick, &mut source)
}

/// What `npm install` asks and says; nothing where it is not to, or the registry has no answer.
pub(crate) fn of_install(context: &Context, tree: &Tree, root: NodeId) -> Option<Report> {
    let nothing_there = tree.inventory(root).len() == 1;
    if !context.switch("audit", true) || context.switch("offline", false) || nothing_there {
        return None;
    }
    let audited = audited(context, tree, root, None);
    let asked = bulk(tree, &audited);
    if asked.is_empty() {
        return None;
    }
    match ask(context, &asked) {
        Ok(told) => examine(context, tree, root, audited, &told).ok(),
        Err(error) => {
            context.log("verbose", &format!("audit error {error}"));
            None
        }
    }
}

impl Report {
    /// npm's words after an install.
    pub(crate) fn install_text(&self) -> String {
        let summary = text::summary(&self.json);
        if self.vulns.is_empty() { summary } else { format!("{summary}\n\nRun `npm audit` for details.") }
    }

    /// The whole report, as `npm audit fix` shows what is left.
    fn detail_text(&self) -> String {
        text::detail(&self.json)
    }

    /// What `--json` shows of it after an install.
    pub(crate) fn metadata(&self) -> &Value {
        &self.json["metadata"]
    }

    fn exit_code(&self, context: &Context, default: &str) -> i32 {
        let level =
            context.config.get("audit-level").filter(|l| !matches!(*l, "" | "null")).unwrap_or(default);
        let level = SEVERITIES.iter().position(|s| *s == level).unwrap_or(SEVERITIES.len());
        let counts = &self.json["metadata"]["vulnerabilities"];
        let bad = SEVERITIES.iter().skip(level).any(|s| counts[*s].as_u64().unwrap_or(0) > 0);
        i32::from(bad)
    }
}

/// `npm audit fix`: what is vulnerable gives way to what is not, as far as `package.json` (or `--force`) lets it.
fn fix(context: &mut Context, report: &Report, tree: &Tree) -> Result<i32, Failure> {
    let mut job = crate::reify::Job::new(context)?;
    if job.root.lock.is_none() {
        job.root = Project::read(&context.base(), true)?;
    }
    let avoid = report.vulns.iter().filter_map(|v| Some((v.name.clone(), Range::parse(&v.range(), SLOPPY)?)));
    job.avoid = Rc::new(avoid.collect());
    if context.switch("force", false) {
        for vuln in report.vulns.iter().filter(|v| v.top_nodes.iter().any(|top| tree.is_root(*top))) {
            let Fix::Force { name, version, major } = &vuln.fix else {
                context.warn(&format!("audit No fix available for {}@{}", vuln.name, vuln.range()));
                continue;
            };
            let kind = if *major { "a SemVer major change" } else { "outside your stated dependency range" };
            context.warn(&format!("audit Updating {name} to {version}, which is {kind}."));
            job.requests.push(crate::add::Request::parse(context, &format!("{name}@{version}"))?);
        }
    }
    install::run(context, job)
}

/// The words of `npm audit fix` for what is left, and whether that is an error.
pub(crate) fn after_fix(context: &Context, report: &Report) -> (String, i32) {
    (report.detail_text(), report.exit_code(context, "low"))
}

/// The whole report as JSON.
pub(crate) fn after_fix_json(report: &Report) -> Value {
    report.json.clone()
}
