//! What a dependency asks for: `npm-package-arg` in the terms of this crate.

use crate::SpecError;
use crate::name::{is_uri_safe, name_problem};
use crate::semver::{Options, Range, Version};

/// The kind of thing asked for, as npm tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecKind {
    /// One version of a registry package.
    Version(Version),
    /// A range of versions of a registry package.
    Range(Range),
    /// A dist-tag of a registry package.
    Tag(String),
    /// A registry package under another name: `npm:name@spec`.
    Alias(Box<PackageSpec>),
    /// A tarball file.
    File(String),
    /// A folder.
    Directory(String),
    /// A git repository.
    Git(String),
    /// A tarball by its URL.
    Remote(String),
}

/// A name with what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageSpec {
    /// The name under which the package is installed; unknown for a bare URL, folder or repository.
    pub name: Option<String>,
    /// The text after the name, `*` when there was none.
    pub raw_spec: String,
    /// What that text means.
    pub kind: SpecKind,
}

const TARBALL_ENDINGS: [&str; 3] = [".tgz", ".tar.gz", ".tar"];

impl PackageSpec {
    /// Parses what a user types: `name`, `name@spec`, `@scope/name@spec`, or a bare address.
    ///
    /// # Errors
    /// `InvalidName`, `InvalidTag` or `UnsupportedProtocol`, each naming what was given.
    pub fn parse(argument: &str) -> Result<Self, SpecError> {
        let name_end = argument.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(i, _)| i);
        let name_part = name_end.map_or(argument, |end| &argument[..end]);
        let bare = has_protocol(argument)
            || is_scp_like(argument)
            || (!name_part.starts_with('@') && (name_part.contains('/') || is_tarball_name(name_part)));
        if bare {
            return Self::resolve(None, argument);
        }
        match name_end {
            Some(end) => {
                let spec = &argument[end + 1..];
                Self::resolve(Some(name_part), if spec.is_empty() { "*" } else { spec })
            }
            None if name_problem(argument).is_none() => Self::resolve(Some(argument), "*"),
            None => Self::resolve(None, argument),
        }
    }

    /// Parses the two halves of an entry of `dependencies`.
    ///
    /// # Errors
    /// As [`PackageSpec::parse`].
    pub fn resolve(name: Option<&str>, spec: &str) -> Result<Self, SpecError> {
        if let Some(name) = name
            && let Some(problem) = name_problem(name)
        {
            return Err(SpecError::InvalidName {
                name: name.to_owned(),
                spec: format!("{name}@{spec}"),
                problem,
            });
        }
        Ok(Self { name: name.map(str::to_owned), raw_spec: spec.to_owned(), kind: kind_of(name, spec)? })
    }

    /// The name under which the registry knows the package, if it is a registry package.
    pub fn registry_name(&self) -> Option<&str> {
        match &self.kind {
            SpecKind::Alias(target) => target.name.as_deref(),
            SpecKind::Version(_) | SpecKind::Range(_) | SpecKind::Tag(_) => self.name.as_deref(),
            _ => None,
        }
    }

    /// The spec behind an alias, or this one.
    pub fn target(&self) -> &Self {
        match &self.kind {
            SpecKind::Alias(target) => target,
            _ => self,
        }
    }

    /// Whether the package comes from a registry.
    pub fn is_registry(&self) -> bool {
        matches!(self.kind, SpecKind::Version(_) | SpecKind::Range(_) | SpecKind::Tag(_) | SpecKind::Alias(_))
    }

    /// npm's word for the kind.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            SpecKind::Version(_) => "version",
            SpecKind::Range(_) => "range",
            SpecKind::Tag(_) => "tag",
            SpecKind::Alias(_) => "alias",
            SpecKind::File(_) => "file",
            SpecKind::Directory(_) => "directory",
            SpecKind::Git(_) => "git",
            SpecKind::Remote(_) => "remote",
        }
    }
}

fn has_protocol(text: &str) -> bool {
    let text = text.strip_prefix("git+").unwrap_or(text);
    text.split_once(':').is_some_and(|(p, _)| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// `user@host.tld:path`.
fn is_scp_like(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, rest)| {
        !user.is_empty()
            && rest.split_once(':').is_some_and(|(host, path)| {
                !path.is_empty() && host.contains('.') && !host.contains(['/', '@'])
            })
    })
}

fn is_tarball_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    TARBALL_ENDINGS.iter().any(|e| lower.ends_with(e))
}

fn is_file_spec(spec: &str) -> bool {
    spec.to_ascii_lowercase().starts_with("file:") || spec.starts_with(['.', '/']) || spec.starts_with("~/")
}

fn file_kind(path: &str) -> SpecKind {
    let path = path.strip_prefix("file:").unwrap_or(path).to_owned();
    if is_tarball_name(&path) { SpecKind::File(path) } else { SpecKind::Directory(path) }
}

/// `owner/repo` and `github:owner/repo`, for the hosts npm has shortcuts for.
fn is_hosted_git(spec: &str) -> bool {
    let spec = spec.split('#').next().unwrap_or_default();
    let (host, path) = spec.split_once(':').unwrap_or(("github", spec));
    if !["github", "gitlab", "bitbucket", "gist", "sourcehut"].contains(&host) {
        return false;
    }
    if host == "gist" {
        return !path.is_empty();
    }
    let mut parts = path.split('/');
    let (owner, repo) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let plain = |s: &str| !s.is_empty() && !s.starts_with(['.', '@']) && !s.contains([' ', ':', '@']);
    plain(owner) && plain(repo) && parts.next().is_none()
}

fn kind_of(name: Option<&str>, spec: &str) -> Result<SpecKind, SpecError> {
    if is_file_spec(spec) {
        return Ok(file_kind(spec));
    }
    if spec.to_ascii_lowercase().starts_with("npm:") {
        let target = PackageSpec::parse(&spec[4..])?;
        let plain = target.is_registry() && !matches!(target.kind, SpecKind::Alias(_));
        if !plain || target.name.is_none() {
            return Err(SpecError::InvalidAlias { spec: spec.to_owned() });
        }
        return Ok(SpecKind::Alias(Box::new(target)));
    }
    if is_hosted_git(spec) || is_scp_like(spec) {
        return Ok(SpecKind::Git(spec.to_owned()));
    }
    if has_protocol(spec) {
        let protocol = spec.split_once(':').map_or(spec, |(p, _)| p);
        return match protocol {
            p if p.starts_with("git") => Ok(SpecKind::Git(spec.to_owned())),
            "http" | "https" => Ok(SpecKind::Remote(spec.to_owned())),
            _ => Err(SpecError::UnsupportedProtocol {
                protocol: format!("{protocol}:"),
                spec: spec.to_owned(),
            }),
        };
    }
    if spec.contains('/') || is_tarball_name(spec) {
        return Ok(file_kind(spec));
    }
    registry_kind(name, spec.trim())
}

fn registry_kind(name: Option<&str>, spec: &str) -> Result<SpecKind, SpecError> {
    if let Some(version) = Version::parse(spec, true) {
        return Ok(SpecKind::Version(version));
    }
    if let Some(range) = Range::parse(spec, Options::LOOSE) {
        return Ok(SpecKind::Range(range));
    }
    if !is_uri_safe(spec) {
        return Err(SpecError::InvalidTag {
            tag: spec.to_owned(),
            spec: format!("{}@{spec}", name.unwrap_or_default()),
        });
    }
    Ok(SpecKind::Tag(spec.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(argument: &str, name: Option<&str>, kind: &str) {
        let spec = PackageSpec::parse(argument).expect(argument);
        assert_eq!((spec.name.as_deref(), spec.kind_name()), (name, kind), "{argument}");
    }

    // Names and kinds as `npm-package-arg` prints them for the same arguments.
    #[test]
    fn arguments() {
        check("express", Some("express"), "range");
        check("express@", Some("express"), "range");
        check("express@4", Some("express"), "range");
        check("express@4.17.1", Some("express"), "version");
        check("express@=4.17.1", Some("express"), "version");
        check("express@next", Some("express"), "tag");
        check("@babel/core", Some("@babel/core"), "range");
        check("@babel/core@^7.0.0", Some("@babel/core"), "range");
        check("a@npm:b@^1", Some("a"), "alias");
        check("./x", None, "directory");
        check("x.tgz", None, "file");
        check("a@file:../b", Some("a"), "directory");
        check("owner/repo", None, "git");
        check("a@github:owner/repo#v1", Some("a"), "git");
        check("owner/repo#semver:^1.0.0", None, "git");
        check("git+ssh://git@host.invalid/x.git", None, "git");
        check("https://host.invalid/x.tgz", None, "remote");
    }

    #[test]
    fn refusals_name_what_was_given() {
        let text = |a: &str| PackageSpec::parse(a).expect_err(a).to_string();
        assert!(text("a@ht tp").contains("ht tp"));
        assert!(text("a@workspace:*").contains("workspace:"));
    }
}
