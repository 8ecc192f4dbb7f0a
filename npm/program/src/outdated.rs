//! `npm outdated`: what is installed against what the registry has.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::http::{Http, at_once, retry_policy};
use crate::installed::Installed;
use crate::reify::{fetch_options, omitted, pick_context};
use crate::workspaces;
use oac_npm_installer::Packuments;
use oac_npm_registry::{Client, Packument, PickContext};
use oac_npm_resolver::{EdgeId, EdgeKind, NodeId};
use oac_npm_spec::{JsonStyle, PackageSpec, locale_compare};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

struct Row {
    name: String,
    path: Option<String>,
    location: Option<String>,
    current: Option<String>,
    wanted: String,
    latest: String,
    dependent: String,
    /// With its version, where it is a workspace.
    dependent_id: String,
    kind: &'static str,
}

/// `npm outdated [NAME…]`: ends with 1 when there is anything to tell.
pub(crate) fn outdated(context: &mut Context) -> Result<i32, Failure> {
    let context = &*context;
    let installed = Installed::load(context)?;
    let edges = edges(context, &installed)?;
    let packuments = fetch(context, &installed, &edges)?;
    let pick = pick_context(context)?;
    let mut rows: Vec<Row> =
        edges.into_iter().filter_map(|edge| row(context, &installed, &packuments, &pick, edge)).collect();
    rows.sort_by(|a, b| {
        locale_compare(&a.name, &b.name).then_with(|| locale_compare(&a.dependent, &b.dependent))
    });
    let code = i32::from(!rows.is_empty());
    if context.json() {
        out(JsonStyle::default().print(&as_json(context, &rows)).trim_end());
    } else if context.switch("parseable", false) {
        rows.iter().for_each(|row| out(&parseable(row)));
    } else if !rows.is_empty() {
        out(&table(context, &rows));
    }
    Ok(code)
}

fn edges(context: &Context, installed: &Installed) -> Result<Vec<EdgeId>, Failure> {
    let tree = &installed.tree;
    let all = tree.inventory(installed.root);
    let words = &context.arguments.words;
    let selection = workspaces::selected(context)?;
    let chosen: Option<Vec<String>> = selection
        .is_some()
        .then(|| selection.folders(context).iter().map(|f| f.to_string_lossy().into_owned()).collect());
    let nodes: Vec<NodeId> = if !words.is_empty() {
        let named = |id: &NodeId| words.iter().any(|w| **w == *tree.node(*id).name);
        let into = all.into_iter().filter(named).flat_map(|id| tree.node(id).edges_in.iter().copied());
        return Ok(into.collect());
    } else if context.switch("all", false) {
        all
    } else {
        all.into_iter().filter(|id| *id == installed.root || tree.is_workspace(*id)).collect()
    };
    let wanted = |id: &NodeId| {
        let path = tree.node(*id).path.as_deref();
        chosen.as_ref().is_none_or(|chosen| chosen.iter().any(|c| path == Some(c.as_str())))
    };
    Ok(nodes.into_iter().filter(wanted).flat_map(|id| tree.edges_out(id)).collect())
}

fn fetch(
    context: &Context,
    installed: &Installed,
    edges: &[EdgeId],
) -> Result<HashMap<String, Packument>, Failure> {
    let mut transport = Http::default();
    let cache = context.fetched();
    let client =
        Client::new(&context.config, &mut transport, retry_policy(&context.config), at_once(&context.config));
    let mut source = Packuments::new(client, &context.config, &cache, fetch_options(context));
    let mut found = HashMap::new();
    for edge in edges {
        let spec = installed.tree.edge(*edge).spec.clone();
        let Some(name) = spec.as_ref().and_then(|s| s.registry_name()).map(str::to_owned) else { continue };
        if found.contains_key(&name) {
            continue;
        }
        found.insert(name.clone(), source.ask(&name)?);
    }
    while let Some((name, packument)) = source.wait() {
        match packument {
            Ok(packument) => {
                found.insert(name, Some(packument));
            }
            // npm passes over what the registry does not have.
            Err(error) if matches!(error.code().as_str(), "E404" | "E403") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found.into_iter().filter_map(|(name, packument)| Some((name, packument?))).collect())
}

fn row(
    context: &Context,
    installed: &Installed,
    packuments: &HashMap<String, Packument>,
    pick: &PickContext,
    id: EdgeId,
) -> Option<Row> {
    let tree = &installed.tree;
    let edge = tree.edge(id);
    let kind = match edge.kind {
        EdgeKind::Optional | EdgeKind::PeerOptional => "optionalDependencies",
        EdgeKind::Peer => "peerDependencies",
        EdgeKind::Dev => "devDependencies",
        EdgeKind::Prod | EdgeKind::Workspace => "dependencies",
    };
    let omit = omitted(context);
    let flags = edge.to.map(|to| tree.node(to).flags);
    let out = flags.is_some_and(|f| {
        (omit.contains("dev") && f.dev)
            || (omit.contains("optional") && f.optional)
            || (omit.contains("peer") && f.peer)
    });
    if out || (edge.to.is_none() && kind != "dependencies") {
        return None;
    }
    let spec = edge.spec.clone()?;
    let packument = packuments.get(spec.registry_name()?)?;
    let wanted = packument.pick(&spec, pick)?.version.clone()?;
    let any = PackageSpec::resolve(spec.registry_name(), "*").ok()?;
    let latest = packument.pick(&any, pick)?.version.clone()?;
    let current = edge.to.and_then(|to| tree.node(to).package.version.clone());
    if current.as_deref() == Some(&wanted) && wanted == latest {
        return None;
    }
    let from = edge.from?;
    let alias = matches!(spec.kind, oac_npm_spec::SpecKind::Alias(_));
    let dependent = if context.is_global() { "global".to_owned() } else { tree.node(from).name.to_string() };
    let dependent_id = if tree.is_workspace(from) { installed.id(from) } else { dependent.clone() };
    Some(Row {
        name: if alias { edge.raw_spec.replacen("npm", &edge.name, 1) } else { edge.name.to_string() },
        path: edge.to.map(|to| installed.path(to)),
        location: edge.to.map(|to| tree.location(to)),
        current,
        wanted,
        latest,
        dependent,
        dependent_id,
        kind,
    })
}

fn table(context: &Context, rows: &[Row]) -> String {
    let long = context.switch("long", false);
    let mut head = vec!["Package", "Current", "Wanted", "Latest", "Location", "Depended by"];
    if long {
        head.push("Package Type");
    }
    let mut lines: Vec<Vec<String>> = vec![head.into_iter().map(str::to_owned).collect()];
    for row in rows {
        let mut line = vec![
            row.name.clone(),
            row.current.clone().unwrap_or_else(|| "MISSING".into()),
            row.wanted.clone(),
            row.latest.clone(),
            row.location.clone().unwrap_or_else(|| "-".into()),
            row.dependent_id.clone(),
        ];
        if long {
            line.push(row.kind.to_owned());
        }
        lines.push(line);
    }
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let render = |line: &Vec<String>| {
        let cells = line.iter().enumerate().map(|(at, cell)| {
            let right = (1..=3).contains(&at);
            let pad = " ".repeat(widths[at] - cell.chars().count());
            if right { pad + cell } else { cell.clone() + &pad }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(render).collect::<Vec<_>>().join("\n")
}

fn parseable(row: &Row) -> String {
    let current = row.current.as_ref().map_or_else(|| "MISSING".to_owned(), |c| format!("{}@{c}", row.name));
    format!(
        "{}:{}@{}:{current}:{}@{}:{}",
        row.path.as_deref().unwrap_or_default(),
        row.name,
        row.wanted,
        row.name,
        row.latest,
        row.dependent
    )
}

fn as_json(context: &Context, rows: &[Row]) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for row in rows {
        let mut entry = Map::new();
        if let Some(current) = &row.current {
            entry.insert("current".into(), current.clone().into());
        }
        entry.insert("wanted".into(), row.wanted.clone().into());
        entry.insert("latest".into(), row.latest.clone().into());
        entry.insert("dependent".into(), row.dependent.clone().into());
        if let Some(path) = &row.path {
            entry.insert("location".into(), path.clone().into());
        }
        if context.switch("long", false) {
            entry.insert("type".into(), row.kind.into());
        }
        let entry = Value::Object(entry);
        let merged = match all.shift_remove(&row.name) {
            None => entry,
            Some(Value::Array(mut list)) => {
                list.push(entry);
                Value::Array(list)
            }
            Some(other) => json!([other, entry]),
        };
        all.insert(row.name.clone(), merged);
    }
    Value::Object(all)
}
