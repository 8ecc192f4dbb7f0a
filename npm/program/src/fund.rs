//! `npm fund`: who asks for money.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::installed::Installed;
use crate::report::is_funding;
use oac_npm_resolver::{NodeId, Tree};
use oac_npm_spec::{JsonStyle, PackageSpec};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// `npm fund [PACKAGE]`
pub(crate) fn fund(context: &mut Context) -> Result<i32, Failure> {
    let which = match context.config.get("which").filter(|w| !matches!(*w, "" | "null")) {
        None => None,
        Some(text) => Some(text.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| Failure::Coded {
            code: "EFUNDNUMBER".into(),
            lines: vec![
                "`npm fund [<package-spec>] --which=fundingSourceNumber` must be given a positive integer".into(),
            ],
        })?),
    };
    if context.is_global() {
        let lines = vec!["`npm fund` does not support global packages".to_owned()];
        return Err(Failure::Coded { code: "EFUNDGLOBAL".into(), lines });
    }
    let installed = Installed::load(context)?;
    if let Some(word) = context.arguments.words.first() {
        return show(context, &installed, word, which);
    }
    let mut funds = Funds { tree: &installed.tree, seen: HashSet::new(), count: 0 };
    let (own, trailing) = funds.of(installed.root);
    let package = &installed.tree.node(installed.root).package;
    let mut json = Map::new();
    json.insert("length".into(), funds.count.into());
    let folder = installed.project.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    json.insert("name".into(), package.name.clone().unwrap_or(folder).into());
    if let Some(version) = &package.version {
        json.insert("version".into(), version.clone().into());
    }
    if let Some(funding) = package.kept.get("funding") {
        json.insert("funding".into(), normalized(funding));
    }
    json.insert("dependencies".into(), Value::Object(own.into_iter().chain(trailing).collect()));
    let json = Value::Object(json);
    if context.json() {
        out(JsonStyle::default().print(&json).trim_end());
    } else {
        out(&drawn(&json));
    }
    Ok(0)
}

struct Funds<'a> {
    tree: &'a Tree,
    seen: HashSet<(Option<String>, Option<String>)>,
    count: usize,
}

type Items = Map<String, Value>;

impl Funds<'_> {
    /// The dependencies that ask for money, and those further down whose dependents do not.
    fn of(&mut self, node: NodeId) -> (Items, Items) {
        let tree = self.tree;
        let targets = tree.edges_out(node).into_iter().filter_map(|edge| tree.edge(edge).to);
        let targets = targets.map(|to| tree.node(to).link_target.unwrap_or(to));
        let mut direct = Vec::new();
        for target in targets {
            let package = &tree.node(target).package;
            if !self.seen.insert((package.name.clone(), package.version.clone())) {
                continue;
            }
            let funding = package.kept.get("funding").filter(|f| is_funding(f)).map(normalized);
            self.count += usize::from(funding.is_some());
            direct.push((target, funding));
        }
        let (mut own, mut trailing) = (Items::new(), Items::new());
        for (target, funding) in direct {
            let (below, further) = self.of(target);
            let package = &tree.node(target).package;
            let inner: Items = below.into_iter().chain(further).collect();
            let Some(funding) = funding else {
                trailing.extend(inner);
                continue;
            };
            let mut item = Items::new();
            if let Some(version) = &package.version {
                item.insert("version".into(), version.clone().into());
            }
            item.insert("funding".into(), funding);
            if !inner.is_empty() {
                item.insert("dependencies".into(), Value::Object(inner));
            }
            own.insert(package.name.clone().unwrap_or_default(), Value::Object(item));
        }
        (own, trailing)
    }
}

/// Texts become objects with an address.
fn normalized(funding: &Value) -> Value {
    match funding {
        Value::String(url) => json!({ "url": url }),
        Value::Array(list) => list.iter().map(normalized).collect(),
        other => other.clone(),
    }
}

fn sources(funding: &Value) -> Vec<Value> {
    match normalized(funding) {
        Value::Array(list) => list.into_iter().filter(is_funding).collect(),
        one => Some(one).filter(is_funding).into_iter().collect(),
    }
}

/// Addresses with the packages that name them, each once, where they are first seen.
#[derive(Default)]
struct Branch {
    label: String,
    children: Vec<usize>,
}

struct Drawing {
    branches: Vec<Branch>,
    by_url: HashMap<String, usize>,
}

fn drawn(json: &Value) -> String {
    let mut drawing = Drawing { branches: Vec::new(), by_url: HashMap::new() };
    let name = json["name"].as_str().unwrap_or_default();
    let root = drawing.add(name, json);
    let mut text = String::new();
    if let Some(root) = root {
        drawing.write(root, "", &mut text);
    }
    text
}

impl Drawing {
    fn add(&mut self, name: &str, item: &Value) -> Option<usize> {
        let version = item["version"].as_str().map(|v| format!("@{v}")).unwrap_or_default();
        let id = format!("{name}{version}");
        let url = sources(&item["funding"]).first().and_then(|s| s["url"].as_str().map(str::to_owned));
        let own = match url {
            Some(url) if self.by_url.contains_key(&url) => {
                let at = self.by_url[&url];
                self.branches[at].label.push_str(&format!(", {id}"));
                None
            }
            Some(url) => {
                self.branches.push(Branch { label: format!("{url}\n└── {id}"), children: Vec::new() });
                self.by_url.insert(url, self.branches.len() - 1);
                Some(self.branches.len() - 1)
            }
            None => {
                self.branches.push(Branch { label: id, children: Vec::new() });
                Some(self.branches.len() - 1)
            }
        };
        let dependencies = item["dependencies"].as_object().into_iter().flatten();
        let children: Vec<usize> = dependencies.filter_map(|(name, item)| self.add(name, item)).collect();
        if let Some(own) = own {
            self.branches[own].children = children;
        }
        own
    }

    /// As the package `archy` draws it.
    fn write(&self, at: usize, prefix: &str, text: &mut String) {
        let branch = &self.branches[at];
        let more = format!("\n{prefix}{} ", if branch.children.is_empty() { " " } else { "│" });
        text.push_str(&branch.label.replace('\n', &more));
        text.push('\n');
        for (index, child) in branch.children.iter().enumerate() {
            let last = index + 1 == branch.children.len();
            let corner = if last { '└' } else { '├' };
            let joint = if self.branches[*child].children.is_empty() { '─' } else { '┬' };
            text.push_str(&format!("{prefix}{corner}─{joint} "));
            self.write(*child, &format!("{prefix}{} ", if last { " " } else { "│" }), text);
        }
    }
}

/// Where one package asks for money. There is no browser to open it in.
fn show(context: &Context, installed: &Installed, word: &str, which: Option<usize>) -> Result<i32, Failure> {
    let spec = PackageSpec::parse(word)?;
    let tree = &installed.tree;
    let named = tree.inventory(installed.root).into_iter().filter(|id| {
        spec.name.as_deref() == Some(&*tree.node(*id).name) && tree.node(*id).package.semver.is_some()
    });
    let newest = named.max_by(|a, b| tree.node(*a).package.semver.cmp(&tree.node(*b).package.semver));
    let folder = context.cwd.join(word);
    let own = (folder == context.project || word == ".").then_some(installed.root);
    let funding = newest.or(own).and_then(|id| tree.node(id).package.kept.get("funding"));
    let all = funding.map(sources).unwrap_or_default();
    if all.is_empty() {
        let lines = vec![format!("No valid funding method available for: {word}")];
        return Err(Failure::Coded { code: "ENOFUND".into(), lines });
    }
    let heading = |source: &Value| {
        let kind = source["type"].as_str().map_or("Funding".into(), |kind| format!("{kind} funding"));
        format!("{kind} available at the following URL")
    };
    let url = |source: &Value| source["url"].as_str().unwrap_or_default().to_owned();
    let chosen = which.map_or((all.len() == 1).then_some(0), |n| Some(n - 1)).and_then(|at| all.get(at));
    if let Some(source) = chosen {
        if context.json() {
            out(JsonStyle::default()
                .print(&json!({ "title": heading(source), "url": url(source) }))
                .trim_end());
        } else {
            out(&format!("{}:\n{}", heading(source), url(source)));
        }
        return Ok(0);
    }
    if let Some(number) = which {
        out(&format!("--which={number} is not a valid index"));
    }
    for (at, source) in all.iter().enumerate() {
        out(&format!("{}: {}: {}", at + 1, heading(source), url(source)));
    }
    out(
        "Run `npm fund [<package-spec>] --which=1`, for example, to open the first funding URL listed in that package",
    );
    Ok(0)
}
