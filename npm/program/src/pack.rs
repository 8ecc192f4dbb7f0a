//! `npm pack` and `npm publish`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::project::Project;
use crate::publishing::{self, Parcel};
use crate::registry_call::Call;
use crate::run_script;
use crate::workspaces;
use oac_npm_installer::{PackedFile, pack_list, pack_tarball};
use oac_npm_registry::{Integrity, sha1_hex};
use oac_npm_spec::{JsonStyle, PackageSpec, locale_compare};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A packed package.
struct Packed {
    name: String,
    version: String,
    tarball: Vec<u8>,
    files: Vec<PackedFile>,
    bundled: Vec<String>,
}

/// `npm pack [FOLDER|PACKAGE…]`
pub(crate) fn pack(context: &mut Context) -> Result<i32, Failure> {
    let selection = workspaces::selected(context)?;
    let words = context.arguments.words.clone();
    let mut all = Vec::new();
    if words.is_empty() {
        for folder in selection.folders(context) {
            all.push(pack_folder(context, &folder)?);
        }
    }
    for word in &words {
        let spec = PackageSpec::parse(word)?;
        all.push(match &spec.kind {
            oac_npm_spec::SpecKind::Directory(path) => pack_folder(context, &context.cwd.join(path))?,
            _ if spec.is_registry() => from_registry(context, &spec)?,
            _ => return Err(Failure::Unsupported(format!("Packing {word}"))),
        });
    }
    let target =
        context.config.get("pack-destination").map_or_else(|| context.cwd.clone(), |d| context.cwd.join(d));
    for packed in &all {
        if !context.switch("dry-run", false) {
            let path = target.join(packed.file_name());
            fs::write(&path, &packed.tarball).map_err(|e| Failure::file("open", &path, &e))?;
        }
        if !context.json() {
            packed.notice(context);
            context.say(&packed.file_name());
        }
    }
    if context.json() {
        let list: Vec<Value> = all.iter().map(Packed::json).collect();
        out(JsonStyle::default().print(&Value::Array(list)).trim_end());
    }
    Ok(0)
}

/// `npm publish [FOLDER]`
pub(crate) fn publish(context: &mut Context) -> Result<i32, Failure> {
    let dry = context.switch("dry-run", false);
    publishing::check_tag(context)?;
    let selection = workspaces::selected(context)?;
    let folders = match context.arguments.words.first() {
        Some(word) => vec![context.cwd.join(word)],
        None => selection.folders(context),
    };
    let mut by_workspace = serde_json::Map::new();
    for folder in folders {
        let project = Project::read(&folder, false)?;
        if project.package.get("private").and_then(Value::as_bool) == Some(true) {
            if selection.is_some() {
                let name = project.manifest().name.unwrap_or_default();
                context.warn(&format!("publish Skipping workspace {name}, marked as private"));
                continue;
            }
            let lines = vec![
                "This package has been marked as private".to_owned(),
                "Remove the 'private' field from the package.json to publish it.".to_owned(),
            ];
            return Err(Failure::Coded { code: "EPRIVATE".into(), lines });
        }
        let scripts = !context.switch("ignore-scripts", false);
        if scripts {
            run_script::lifecycle(context, &project, &["prepublishOnly"])?;
        }
        let packed = pack_folder(context, &folder)?;
        let package = Value::Object(Project::read(&folder, false)?.package);
        if !context.json() {
            packed.notice(context);
        }
        let registry = context.config.registry_for(&packed.name)?.folder();
        if context.config.authorization(&registry).is_none() {
            let why = format!("This command requires you to be logged in to {registry}");
            if !dry {
                return Err(Failure::needs_login(&why));
            }
            context.warn(&format!("publish {why} (dry-run)"));
        }
        publishing::check(context, &package, &packed.name, &packed.version)?;
        let tag = context.config.get("tag").unwrap_or("latest");
        let access = context.config.get("access").unwrap_or("default");
        let mark = if dry { " (dry-run)" } else { "" };
        context.log("notice", &format!("Publishing to {registry} with tag {tag} and {access} access{mark}"));
        if !dry {
            let Packed { name, version, tarball, .. } = &packed;
            let readme = fs::read_to_string(folder.join("README.md")).ok();
            publishing::send(context, Parcel { package: &package, name, version, tarball, readme })?;
        }
        if scripts {
            run_script::lifecycle(context, &project, &["publish", "postpublish"])?;
        }
        if context.json() {
            by_workspace.insert(packed.name.clone(), packed.json());
        } else {
            context.say(&format!("+ {}@{}", packed.name, packed.version));
        }
    }
    if context.json() {
        let single = by_workspace.len() == 1 && !selection.is_some();
        let json = if single {
            by_workspace.into_iter().next().map_or(Value::Null, |(_, v)| v)
        } else {
            Value::Object(by_workspace)
        };
        out(JsonStyle::default().print(&json).trim_end());
    }
    Ok(0)
}

fn pack_folder(context: &Context, folder: &Path) -> Result<Packed, Failure> {
    let project = Project::read(folder, false)?;
    if project.package_text.is_none() {
        return Err(Failure::no_package(folder));
    }
    let manifest = project.manifest();
    let (Some(name), Some(version)) = (manifest.name.clone(), manifest.version.clone()) else {
        return Err(Failure::Plain("Invalid package, must have name and version".into()));
    };
    let scripts = !context.switch("ignore-scripts", false);
    if scripts {
        run_script::lifecycle(context, &project, &["prepack", "prepare"])?;
    }
    // The scripts may have changed it.
    let package = Value::Object(Project::read(folder, false)?.package);
    let skipped: Vec<String> = workspaces::load(folder)?
        .into_iter()
        .filter_map(|w| Some(w.folder.strip_prefix(folder).ok()?.to_string_lossy().into_owned()))
        .collect();
    let files = pack_list(folder, &package, &skipped)?;
    let tarball = pack_tarball(folder, &files)?;
    if scripts {
        run_script::lifecycle(context, &project, &["postpack"])?;
    }
    Ok(Packed { name, version, tarball, bundled: bundled(&files), files })
}

fn bundled(files: &[PackedFile]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let Some(rest) = file.path.strip_prefix("node_modules/") else { continue };
        let parts = if rest.starts_with('@') { 2 } else { 1 };
        let name = rest.split('/').take(parts).collect::<Vec<_>>().join("/");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A package as the registry has it.
fn from_registry(context: &Context, spec: &PackageSpec) -> Result<Packed, Failure> {
    let (manifest, tarball) = Call::new(context).tarball(spec)?;
    let files = oac_npm_installer::tarball_files(&manifest.id(), &tarball)?;
    Ok(Packed {
        name: manifest.name.clone().unwrap_or_default(),
        version: manifest.version.clone().unwrap_or_default(),
        bundled: bundled(&files),
        tarball,
        files,
    })
}

impl Packed {
    /// `scope-name-1.0.0.tgz`
    fn file_name(&self) -> String {
        format!("{}-{}.tgz", self.name.replacen('@', "", 1).replacen('/', "-", 1), self.version)
    }

    fn unpacked_bytes(&self) -> u64 {
        self.files.iter().map(|f| f.size_bytes).sum()
    }

    /// Names that begin with a capital first, then as a person would sort them.
    fn sorted(&self) -> Vec<&PackedFile> {
        let is_upper = |f: &&PackedFile| f.path.chars().next().is_some_and(|c| c.to_uppercase().eq([c]));
        let (mut upper, mut others): (Vec<&PackedFile>, Vec<&PackedFile>) =
            self.files.iter().partition(is_upper);
        for group in [&mut upper, &mut others] {
            group.sort_by(|a, b| locale_compare(&a.path, &b.path));
        }
        upper.into_iter().chain(others).collect()
    }

    fn json(&self) -> Value {
        let files: Vec<Value> = self
            .sorted()
            .iter()
            .map(|f| json!({ "path": f.path, "size": f.size_bytes, "mode": f.mode }))
            .collect();
        json!({
            "id": format!("{}@{}", self.name, self.version),
            "name": self.name,
            "version": self.version,
            "size": self.tarball.len(),
            "unpackedSize": self.unpacked_bytes(),
            "shasum": sha1_hex(&self.tarball),
            "integrity": Integrity::sha512(&self.tarball),
            "filename": self.file_name(),
            "files": files,
            "entryCount": self.files.len(),
            "bundled": self.bundled,
        })
    }

    fn notice(&self, context: &Context) {
        let mut lines = vec![String::new(), format!("📦  {}@{}", self.name, self.version)];
        lines.push("Tarball Contents".into());
        let own = self.sorted();
        let own = own.iter().filter(|f| !f.path.starts_with("node_modules/"));
        lines.extend(own.map(|f| format!("{} {}", bytes_text(f.size_bytes, false), f.path)));
        if !self.bundled.is_empty() {
            lines.push("Bundled Dependencies".into());
            lines.extend(self.bundled.iter().cloned());
        }
        let integrity = Integrity::sha512(&self.tarball);
        lines.push("Tarball Details".into());
        lines.push(format!("name: {}", self.name));
        lines.push(format!("version: {}", self.version));
        lines.push(format!("filename: {}", self.file_name()));
        lines.push(format!("package size: {}", bytes_text(self.tarball.len() as u64, true)));
        lines.push(format!("unpacked size: {}", bytes_text(self.unpacked_bytes(), true)));
        lines.push(format!("shasum: {}", sha1_hex(&self.tarball)));
        lines.push(format!("integrity: {}[...]{}", &integrity[..20], &integrity[80..]));
        if !self.bundled.is_empty() {
            let own = self.files.iter().filter(|f| !f.path.starts_with("node_modules/")).count();
            lines.push(format!("bundled deps: {}", self.bundled.len()));
            lines.push(format!("bundled files: {}", self.files.len() - own));
            lines.push(format!("own files: {own}"));
        }
        lines.push(format!("total files: {}", self.files.len()));
        lines.push(String::new());
        for line in lines {
            context.notice(&line);
        }
    }
}

/// `1.2 kB`
pub(crate) fn bytes_text(bytes: u64, space: bool) -> String {
    let space = if space { " " } else { "" };
    #[allow(clippy::cast_precision_loss)]
    let scaled = |unit: f64| bytes as f64 / unit;
    match bytes {
        0..1000 => format!("{bytes}{space}B"),
        1000..999_950 => format!("{:.1}{space}kB", scaled(1e3)),
        999_950..999_950_000 => format!("{:.1}{space}MB", scaled(1e6)),
        _ => format!("{:.1}{space}GB", scaled(1e9)),
    }
}
