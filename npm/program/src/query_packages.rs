//! `npm query`: what a dependency selector finds, as JSON.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::installed::Installed;
use crate::selector::{Item, Search};
use crate::workspaces;
use oac_npm_resolver::NodeId;
use oac_npm_spec::JsonStyle;
use serde_json::{Map, Value, json};

/// `npm query SELECTOR`
pub(crate) fn query(context: &mut Context) -> Result<i32, Failure> {
    context.config.set("json", "true");
    let lock_only = context.switch("package-lock-only", false);
    let installed = Installed::load(context).map_err(|failure| match failure {
        Failure::Coded { code, .. } if code == "ENOLOCK" && lock_only => {
            Failure::Usage("A package lock or shrinkwrap file is required in package-lock-only mode".into())
        }
        failure => failure,
    })?;
    let selector = context.arguments.words.first().map_or("*", String::as_str);
    let mut targets = vec![installed.root];
    let selection = workspaces::selected(context)?;
    if selection.is_some() {
        let folders = selection.folders(context);
        let chosen = |id: &NodeId| {
            let path = installed.tree.node(*id).path.as_deref();
            folders.iter().any(|f| path == f.to_str())
        };
        targets = installed.tree.inventory(installed.root).into_iter().filter(chosen).collect();
    }
    let mut found: Vec<(String, Value)> = Vec::new();
    for target in targets {
        let search = Search::new(&installed, target);
        for item in search.all(selector)? {
            let (location, json) = shown(&installed, &search, item);
            if location.is_empty() && matches!(item, Item::Missing(_))
                || !found.iter().any(|(l, _)| *l == location)
            {
                found.push((location, json));
            }
        }
    }
    let all: Vec<Value> = found.into_iter().map(|(_, json)| json).collect();
    let count = all.len();
    out(JsonStyle::default().print(&Value::Array(all)).trim_end());
    Ok(i32::from(!is_expected(context, count)))
}

/// `--expect-results`, `--expect-result-count`
fn is_expected(context: &Context, count: usize) -> bool {
    if let Some(wanted) = context.config.get("expect-result-count").and_then(|n| n.parse::<usize>().ok()) {
        if wanted != count {
            let s = if wanted == 1 { "" } else { "s" };
            context.warn(&format!("query Expected {wanted} result{s}, got {count}"));
        }
        return wanted == count;
    }
    let Some(wanted) = context.config.flag("expect-results") else { return true };
    if wanted != (count > 0) {
        context.warn(
            &format!("query Expected {} results, got {count}", if wanted { "" } else { "no" })
                .replace("  ", " "),
        );
    }
    wanted == (count > 0)
}

fn shown(installed: &Installed, search: &Search<'_>, item: Item) -> (String, Value) {
    let tree = &installed.tree;
    let package = (*search.package(item)).clone();
    let mut json = package.as_object().cloned().unwrap_or_default();
    let id = match item {
        Item::There(id) => tree.node(id).link_target.unwrap_or(id),
        Item::Missing(edge) => {
            let e = tree.edge(edge);
            let pkgid = format!("{}@{}", e.name, e.raw_spec);
            let from: Vec<String> = e.from.iter().map(|id| tree.location(*id)).collect();
            add_all(
                &mut json,
                [
                    ("pkgid", pkgid.into()),
                    ("location", "".into()),
                    ("path", Value::Null),
                    ("realpath", Value::Null),
                    ("resolved", Value::Null),
                    ("from", from.into()),
                    ("to", json!([])),
                    ("dev", true.into()),
                    ("inBundle", false.into()),
                    ("deduped", false.into()),
                    ("overridden", false.into()),
                    ("queryContext", json!({ "missing": true })),
                ],
            );
            return (String::new(), Value::Object(json));
        }
    };
    let node = tree.node(id);
    let from: Vec<String> = node
        .edges_in
        .iter()
        .filter_map(|edge| tree.edge(*edge).from)
        .map(|from| tree.location(from))
        .collect();
    let to: Vec<String> =
        tree.edges_out(id).into_iter().filter_map(|e| tree.edge(e).to).map(|to| tree.location(to)).collect();
    let path = installed.path(id);
    let location = tree.location(id);
    add_all(
        &mut json,
        [
            ("pkgid", installed.id(id).into()),
            ("location", location.clone().into()),
            ("path", path.clone().into()),
            ("realpath", path.into()),
            ("resolved", node.resolved.as_deref().into()),
            ("from", from.into()),
            ("to", to.into()),
            ("dev", node.flags.dev.into()),
            ("inBundle", (node.in_bundle || tree.in_dependency_bundle(id)).into()),
            ("deduped", false.into()),
            ("overridden", tree.is_overridden(id).into()),
            ("queryContext", json!({})),
        ],
    );
    (location, Value::Object(json))
}

fn add_all<const N: usize>(json: &mut Map<String, Value>, fields: [(&str, Value); N]) {
    json.extend(fields.map(|(key, value)| (key.to_owned(), value)));
}
