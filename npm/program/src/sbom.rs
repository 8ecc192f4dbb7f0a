//! `npm sbom`: a bill of materials, as CycloneDX 1.5 or SPDX 2.3.

use crate::accounts::print_json;
use crate::context::Context;
use crate::failure::Failure;
use crate::help::wrong;
use crate::installed::Installed;
use crate::interface::is_licence;
use crate::reify::omitted;
use crate::selector::{Item, Search};
use crate::workspaces;
use oac_npm_registry::{Integrity, Moment};
use oac_npm_resolver::{EdgeKind, NodeId, Tree};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};

const NO_ASSERTION: &str = "NOASSERTION";

/// `npm sbom --sbom-format=cyclonedx|spdx`
pub(crate) fn sbom(context: &mut Context) -> Result<i32, Failure> {
    let format = context.config.get("sbom-format").unwrap_or_default().to_owned();
    if !matches!(format.as_str(), "cyclonedx" | "spdx") {
        return Err(wrong("sbom", "Must specify --sbom-format flag with one of: cyclonedx, spdx."));
    }
    let installed = Installed::load(context).map_err(|failure| match failure {
        Failure::Coded { code, .. } if code == "ENOLOCK" => {
            wrong("sbom", "A package lock or shrinkwrap file is required in package-lock-only mode")
        }
        failure => failure,
    })?;
    let search = Search::new(&installed, installed.root);
    let mut nodes: Vec<NodeId> = Vec::new();
    for item in search.all(&selector(context)?)? {
        match item {
            Item::There(id) if !nodes.contains(&id) => nodes.push(id),
            _ => {}
        }
    }
    check(&installed, &nodes)?;
    let bill = Bill { context, installed: &installed, search: &search, nodes };
    print_json(&if format == "cyclonedx" { bill.cyclone_dx() } else { bill.spdx() });
    Ok(0)
}

/// npm's selector for the packages that count.
fn selector(context: &Context) -> Result<String, Failure> {
    let mut omits: Vec<String> = omitted(context).into_iter().map(|kind| format!(":not(.{kind})")).collect();
    omits.sort();
    let omits = omits.concat();
    let selection = workspaces::selected(context)?;
    let rest = if context.config.flag("workspaces") == Some(false) {
        format!(":root > :not(.workspace){omits},:root > :not(.workspace) *{omits},:extraneous")
    } else if selection.is_some() && !selection.workspaces.is_empty() {
        let each = selection.workspaces.iter().map(|w| format!("#{0},#{0} *{omits}", w.name));
        each.collect::<Vec<_>>().join(",")
    } else {
        format!(":root *{omits},:extraneous")
    };
    Ok(format!(":root,{rest}"))
}

/// A tree that is not whole has no bill.
fn check(installed: &Installed, nodes: &[NodeId]) -> Result<(), Failure> {
    let tree = &installed.tree;
    let unversioned = |node: &&NodeId| tree.node(**node).package.version.is_none() && !tree.is_link(**node);
    if let Some(node) = nodes.iter().find(unversioned) {
        let id = installed.id(*node);
        let said = format!(
            "Invalid type \"range\" of package \"{id}\": Purl can only be generated for \"version\" types."
        );
        return Err(Failure::Coded { code: "EINVALIDPURLTYPE".into(), lines: vec![said] });
    }
    let mut problems: Vec<String> = Vec::new();
    for node in nodes {
        for id in tree.edges_out(*node) {
            let edge = tree.edge(id);
            let from = installed.id(*node);
            let problem = match edge.to {
                None if edge.kind.is_optional() => continue,
                None => format!("missing: {}@{}, required by {from}", edge.name, edge.raw_spec),
                Some(_) if tree.is_valid(id) => continue,
                Some(to) => format!("invalid: {}, {} required by {from}", installed.id(to), edge.raw_spec),
            };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Coded { code: "ESBOMPROBLEMS".into(), lines: problems }),
    }
}

struct Bill<'a> {
    context: &'a Context,
    installed: &'a Installed,
    search: &'a Search<'a>,
    nodes: Vec<NodeId>,
}

impl Bill<'_> {
    fn tree(&self) -> &Tree {
        &self.installed.tree
    }

    /// The packages below the project, each version once.
    fn children(&self) -> Vec<NodeId> {
        let mut seen = HashSet::new();
        let counts = |id: &&NodeId| **id != self.installed.root && !self.tree().is_link(**id);
        self.nodes.iter().filter(counts).copied().filter(|id| seen.insert(self.id(*id))).collect()
    }

    fn package_name(&self, id: NodeId) -> String {
        let node = self.tree().node(id);
        node.package.name.clone().unwrap_or_else(|| node.name.to_string())
    }

    fn version(&self, id: NodeId) -> Option<&str> {
        self.tree().node(id).package.version.as_deref()
    }

    fn id(&self, id: NodeId) -> String {
        format!("{}@{}", self.package_name(id), self.version(id).unwrap_or("undefined"))
    }

    fn spdx_id(&self, id: NodeId) -> String {
        let name = self.package_name(id).trim_start_matches('@').replace('/', ".");
        format!("SPDXRef-Package-{name}-{}", self.version(id).unwrap_or("undefined"))
    }

    fn package_url(&self, id: NodeId) -> String {
        let name = self.package_name(id).replacen('@', "%40", 1);
        let git = self.tree().node(id).resolved.as_deref().filter(|resolved| resolved.starts_with("git"));
        let source =
            git.map(|url| format!("?vcs_url={}", crate::accounts::component(url))).unwrap_or_default();
        format!("pkg:npm/{name}@{}{source}", self.version(id).unwrap_or_default())
    }

    fn package(&self, id: NodeId) -> std::rc::Rc<Value> {
        self.search.package(Item::There(id))
    }

    fn cyclone_dx(&self) -> Value {
        let children = self.children();
        let phase = if self.context.switch("package-lock-only", false) { "pre-build" } else { "build" };
        let kind = self.context.config.get("sbom-type").unwrap_or("library");
        let all = std::iter::once(self.installed.root).chain(children.iter().copied());
        json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "serialNumber": format!("urn:uuid:{}", random_uuid()),
            "version": 1,
            "metadata": {
                "timestamp": Moment::now().to_string(),
                "lifecycles": [{ "phase": phase }],
                "tools": [{ "vendor": "npm", "name": "cli", "version": crate::NPM_VERSION }],
                "component": self.component(self.installed.root, kind),
            },
            "components": children.iter().map(|id| self.component(*id, "library")).collect::<Vec<_>>(),
            "dependencies": all.map(|id| self.dependencies(id)).collect::<Vec<_>>(),
        })
    }

    fn dependencies(&self, id: NodeId) -> Value {
        let mut on: Vec<String> = Vec::new();
        for edge in self.tree().edges_out(id) {
            let Some(to) = self.tree().edge(edge).to.filter(|to| self.nodes.contains(to)) else { continue };
            let theirs = self.id(self.tree().node(to).link_target.unwrap_or(to));
            if !on.contains(&theirs) {
                on.push(theirs);
            }
        }
        json!({ "ref": self.id(id), "dependsOn": on })
    }

    fn component(&self, id: NodeId, kind: &str) -> Value {
        let node = self.tree().node(id);
        let package = self.package(id);
        let url = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let flags = &node.flags;
        // npm counts what only developers need as optional where it read the lock file alone.
        let from_lock = self.context.switch("package-lock-only", false);
        let mut component = Map::new();
        let mut set = |key: &str, value: Value| component.insert(key.to_owned(), value);
        set("bom-ref", self.id(id).into());
        set("type", kind.into());
        set("name", node.name.to_string().into());
        set("version", self.version(id).into());
        set(
            "scope",
            if flags.optional || flags.dev_optional || (flags.dev && from_lock) {
                "optional"
            } else {
                "required"
            }
            .into(),
        );
        set("author", author(&package).into());
        set("description", package["description"].as_str().filter(|text| !text.is_empty()).into());
        set("purl", self.package_url(id).into());
        let in_bundle = node.in_bundle || self.tree().in_dependency_bundle(id);
        let kinds = [
            ("development", flags.dev),
            ("private", package["private"] == true),
            ("extraneous", flags.extraneous),
            ("bundled", in_bundle),
        ];
        let named = kinds.iter().filter(|(_, is)| *is);
        let property =
            |(name, _): &(&str, bool)| json!({ "name": format!("cdx:npm:package:{name}"), "value": "true" });
        set("properties", named.map(property).collect());
        let references = [
            ("distribution", node.resolved.as_deref().map(str::to_owned)),
            ("vcs", url(&package["repository"]["url"])),
            ("website", url(&package["homepage"])),
            ("issue-tracker", url(&package["bugs"]["url"])),
        ];
        let there =
            references.into_iter().filter_map(|(kind, url)| Some(json!({ "type": kind, "url": url? })));
        set("externalReferences", there.collect());
        if let Some((algorithm, hex)) = digest(node.integrity.as_deref()) {
            let algorithm = format!("SHA-{}", algorithm.trim_start_matches("sha"));
            set("hashes", json!([{ "alg": algorithm, "content": hex }]));
        }
        if let Some(licence) = licence(&package) {
            match expression(&licence) {
                Expression::One(id) => drop(set("licenses", json!([{ "license": { "id": id } }]))),
                Expression::Several => drop(set("licenses", json!([{ "expression": licence }]))),
                Expression::None => {}
            }
        }
        component.retain(|_, value| !value.is_null());
        Value::Object(component)
    }

    fn spdx(&self) -> Value {
        let root = self.installed.root;
        let children = self.children();
        let kind = self.context.config.get("sbom-type").unwrap_or("library").to_uppercase();
        let mut packages = vec![self.spdx_package(root, Some(&kind))];
        packages.extend(children.iter().map(|id| self.spdx_package(*id, None)));
        let mut relationships = vec![json!({
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relatedSpdxElement": self.spdx_id(root),
            "relationshipType": "DESCRIBES",
        })];
        relationships.extend(self.relationships());
        let name = oac_npm_spec::escaped(&self.package_name(root));
        let version = self.version(root).unwrap_or("undefined");
        json!({
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": self.installed.id(root),
            "documentNamespace": format!("http://spdx.org/spdxdocs/{name}-{version}-{}", random_uuid()),
            "creationInfo": {
                "created": Moment::now().to_string(),
                "creators": [format!("Tool: npm/cli-{}", crate::NPM_VERSION)],
            },
            "documentDescribes": [self.spdx_id(root)],
            "packages": packages,
            "relationships": relationships,
        })
    }

    fn relationships(&self) -> Vec<Value> {
        let tree = self.tree();
        let relation = |to: NodeId, from: NodeId, kind: &str| {
            let to = tree.node(to).link_target.unwrap_or(to);
            json!({ "spdxElementId": self.spdx_id(to), "relatedSpdxElement": self.spdx_id(from), "relationshipType": kind })
        };
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        for id in self.nodes.iter().map(|id| tree.node(*id).link_target.unwrap_or(*id)) {
            if !seen.insert(id) {
                continue;
            }
            let mut own: Vec<Value> = Vec::new();
            for edge in tree.edges_out(id) {
                let edge = tree.edge(edge);
                let Some(to) = edge.to.filter(|to| self.nodes.contains(to)) else { continue };
                let kind = match edge.kind {
                    EdgeKind::Peer => "PREREQUISITE_FOR",
                    EdgeKind::Optional => "OPTIONAL_DEPENDENCY_OF",
                    EdgeKind::Dev => "DEV_DEPENDENCY_OF",
                    _ => "DEPENDENCY_OF",
                };
                let one = relation(to, id, kind);
                if !own.contains(&one) {
                    own.push(one);
                }
            }
            all.extend(own);
        }
        let extraneous = self.nodes.iter().filter(|id| tree.node(**id).flags.extraneous);
        all.extend(extraneous.map(|id| relation(*id, self.installed.root, "OPTIONAL_DEPENDENCY_OF")));
        all
    }

    fn spdx_package(&self, id: NodeId, purpose: Option<&str>) -> Value {
        let node = self.tree().node(id);
        let package = self.package(id);
        let text = |value: Option<String>| value.unwrap_or_else(|| NO_ASSERTION.to_owned());
        // A workspace is where the link to it is.
        let link = self.nodes.iter().find(|other| self.tree().node(**other).link_target == Some(id));
        let location = link.map_or_else(|| self.tree().location(id), |link| self.tree().location(*link));
        let mut one = json!({
            "name": self.package_name(id),
            "SPDXID": self.spdx_id(id),
            "versionInfo": self.version(id),
            "packageFileName": location,
            "description": package["description"].as_str().filter(|text| !text.is_empty()),
            "primaryPackagePurpose": purpose,
            "downloadLocation": text(node.resolved.as_deref().map(str::to_owned)),
            "filesAnalyzed": false,
            "homepage": text(package["homepage"].as_str().filter(|text| !text.is_empty()).map(str::to_owned)),
            "licenseDeclared": text(licence(&package)),
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": self.package_url(id),
            }],
        });
        if let Some((algorithm, hex)) = digest(node.integrity.as_deref()) {
            one["checksums"] = json!([{ "algorithm": algorithm.to_uppercase(), "checksumValue": hex }]);
        }
        if let Some(object) = one.as_object_mut() {
            object.retain(|_, value| !value.is_null());
        }
        one
    }
}

fn digest(integrity: Option<&str>) -> Option<(&'static str, String)> {
    Integrity::parse(integrity?)?.address()
}

fn author(package: &Value) -> Option<String> {
    let name = package["author"].as_str().or_else(|| package["author"]["name"].as_str());
    name.filter(|name| !name.is_empty()).map(str::to_owned)
}

fn licence(package: &Value) -> Option<String> {
    let name = |value: &Value| value.as_str().or_else(|| value["type"].as_str()).map(str::to_owned);
    if let Some(licence) = name(&package["license"]).filter(|text| !text.is_empty()) {
        return Some(licence);
    }
    let several: Vec<String> = package["licenses"].as_array()?.iter().filter_map(name).collect();
    Some(several.join(" OR ")).filter(|text| !text.is_empty())
}

/// What a licence's text is in SPDX's terms.
#[derive(Debug, PartialEq, Eq)]
enum Expression {
    One(String),
    Several,
    None,
}

fn expression(text: &str) -> Expression {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let mut ids: Vec<&str> = Vec::new();
    let mut depth = 0_i32;
    let mut wants_id = true;
    while let Some(word) = words.next() {
        match (word, wants_id) {
            ("(", true) => depth += 1,
            (")", false) => depth -= 1,
            ("AND" | "OR", false) => wants_id = true,
            (id, true) if is_licence(id.trim_end_matches('+')) || id.starts_with("LicenseRef-") => {
                ids.push(id.trim_end_matches('+'));
                wants_id = false;
                if words.next_if_eq(&"WITH").is_some() && words.next().is_none() {
                    return Expression::None;
                }
            }
            _ => return Expression::None,
        }
        if depth < 0 {
            return Expression::None;
        }
    }
    match ids[..] {
        [id] if depth == 0 && !wants_id => Expression::One(id.to_owned()),
        [_, _, ..] if depth == 0 && !wants_id => Expression::Several,
        _ => Expression::None,
    }
}

/// A version 4 UUID (RFC 9562) of the randomness that hash tables are seeded with.
fn random_uuid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Expression) {
        assert_eq!(expression(text), expect, "{text}");
    }

    #[test]
    fn licences() {
        check("MIT", Expression::One("MIT".into()));
        check("(MIT OR Apache-2.0)", Expression::Several);
        check("GPL-2.0-only WITH Classpath-exception-2.0", Expression::One("GPL-2.0-only".into()));
        check("SEE LICENSE IN x", Expression::None);
        check("Apache 2.0", Expression::None);
        check("(MIT", Expression::None);
        check("MIT OR", Expression::None);
    }

    #[test]
    fn identifiers_are_of_version_4() {
        let uuid = random_uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert_ne!(uuid, random_uuid());
    }
}
