//! `npm explain`: who wants a package.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::installed::Installed;
use oac_npm_resolver::{EdgeExplanation, NodeExplanation, NodeId};
use oac_npm_spec::{JsonStyle, PackageSpec, SpecKind};
use serde_json::{Map, Value};

/// `npm explain NAME|FOLDER…`
pub(crate) fn explain(context: &mut Context) -> Result<i32, Failure> {
    let words = &context.arguments.words;
    if words.is_empty() {
        return Err(Failure::Usage("npm explain <package-spec>".into()));
    }
    let installed = Installed::load(context)?;
    let mut nodes: Vec<NodeId> = Vec::new();
    for word in words {
        for node in matching(context, &installed, word) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
    }
    if nodes.is_empty() {
        return Err(Failure::Plain(format!("No dependencies found matching {}", words.join(", "))));
    }
    if context.json() {
        let all: Vec<Value> = nodes
            .iter()
            .map(|node| {
                let mut json = node_json(&installed.tree.explain(*node, None));
                json.extend(flags_json(&installed, *node));
                Value::Object(json)
            })
            .collect();
        out(JsonStyle::default().print(&Value::Array(all)).trim_end());
        return Ok(0);
    }
    let texts: Vec<String> = nodes
        .iter()
        .map(|node| {
            let mut explanation = installed.tree.explain(*node, None);
            let flags = flags_json(&installed, *node);
            explanation.extra = ["extraneous", "dev", "optional", "peer", "bundled", "overridden"]
                .into_iter()
                .filter(|name| flags.get(*name).and_then(Value::as_bool) == Some(true))
                .collect();
            explanation.print(usize::MAX)
        })
        .collect();
    out(&texts.join("\n\n"));
    Ok(0)
}

fn matching(context: &Context, installed: &Installed, word: &str) -> Vec<NodeId> {
    let tree = &installed.tree;
    let all = tree.inventory(installed.root);
    let spec = PackageSpec::parse(word).ok();
    let named = |id: NodeId| {
        let own = &tree.node(id).package.name;
        own.as_deref().is_some_and(|own| spec.as_ref().is_some_and(|s| s.name.as_deref() == Some(own)))
    };
    if spec.as_ref().is_some_and(|s| s.raw_spec == "*" && s.is_registry()) {
        let found: Vec<NodeId> =
            all.iter().copied().filter(|id| *id != installed.root && named(*id)).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let location = word.trim_end_matches('/');
    let path = oac_npm_resolver::join_path(&context.cwd.to_string_lossy(), location);
    let by_place = |id: &NodeId| tree.location(*id) == location || installed.path(*id) == path;
    if let Some(found) = all.iter().copied().find(by_place) {
        return vec![found];
    }
    all.into_iter()
        .filter(|id| named(*id))
        .filter(|id| match (spec.as_ref().map(|s| &s.kind), &tree.node(*id).package.semver) {
            (Some(SpecKind::Range(range)), Some(version)) => range.satisfied_by(version),
            (Some(SpecKind::Version(wanted)), Some(version)) => wanted == version,
            _ => false,
        })
        .collect()
}

fn flags_json(installed: &Installed, node: NodeId) -> Map<String, Value> {
    let n = installed.tree.node(node);
    let mut json = Map::new();
    if n.flags.extraneous {
        json.insert("extraneous".into(), true.into());
        return json;
    }
    for (name, value) in [
        ("dev", n.flags.dev),
        ("optional", n.flags.optional),
        ("devOptional", n.flags.dev_optional),
        ("peer", n.flags.peer),
        ("bundled", n.in_bundle),
        ("overridden", installed.tree.is_overridden(node)),
    ] {
        json.insert(name.into(), value.into());
    }
    json
}

fn node_json(node: &NodeExplanation) -> Map<String, Value> {
    let mut json = Map::new();
    let mut text = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            json.insert(key.into(), value.clone().into());
        }
    };
    text("name", &node.name);
    text("version", &node.version);
    text("location", &node.location);
    if node.name.is_some() && node.location.is_some() {
        json.insert("isWorkspace".into(), node.is_workspace.into());
        json.insert("dependents".into(), node.dependents.iter().map(edge_json).collect());
        if !node.links_in.is_empty() {
            let links = node.links_in.iter().map(|link| Value::Object(node_json(link))).collect();
            json.insert("linksIn".into(), links);
        }
    }
    json
}

fn edge_json(edge: &EdgeExplanation) -> Value {
    let mut json = Map::new();
    json.insert("type".into(), edge.kind.word().into());
    json.insert("name".into(), edge.name.clone().into());
    json.insert("spec".into(), edge.spec.clone().into());
    if let Some(declared) = &edge.overridden {
        json.insert("rawSpec".into(), declared.clone().into());
        json.insert("overridden".into(), true.into());
    }
    if edge.bundled {
        json.insert("bundled".into(), true.into());
    }
    if let Some(error) = edge.error {
        json.insert("error".into(), error.into());
    }
    if let Some(from) = &edge.from {
        json.insert("from".into(), Value::Object(node_json(from)));
    }
    Value::Object(json)
}
