//! Git repositories at the hosts that npm knows: where their references and tarballs are, how a lock file names them.
//!
//! Addresses as `hosted-git-info` forms them.

use crate::semver::{Options, Range};

/// A host with tarballs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Github,
    Gitlab,
    Bitbucket,
}

impl Host {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Github, "github", "github.com"),
        (Self::Gitlab, "gitlab", "gitlab.com"),
        (Self::Bitbucket, "bitbucket", "bitbucket.org"),
    ];

    fn domain(self) -> &'static str {
        Self::ALL.iter().find(|(host, ..)| *host == self).map_or("", |(.., domain)| domain)
    }

    fn shortcut(self) -> &'static str {
        Self::ALL.iter().find(|(host, ..)| *host == self).map_or("", |(_, shortcut, _)| shortcut)
    }
}

/// A repository at such a host, and which commit of it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedGit {
    host: Host,
    /// Owner, or groups, and project.
    path: String,
    /// What stands behind the `#`: a commit, branch or tag, `semver:RANGE`, or nothing.
    pub committish: String,
    /// Whether it was written with `https:`, which the lock file keeps.
    is_https: bool,
}

impl HostedGit {
    /// Reads `owner/repo`, `github:owner/repo#tag`, `git+https://host/owner/repo.git#semver:^1`, `git@host:owner/repo`;
    /// `None` for other hosts.
    pub fn parse(spec: &str) -> Option<Self> {
        let (address, committish) = spec.split_once('#').unwrap_or((spec, ""));
        let committish = committish.to_owned();
        let shortcut = address.split_once(':').unwrap_or(("github", address));
        let is_url = address.contains("://") || address.contains('@');
        if !is_url && let Some((host, ..)) = Host::ALL.iter().find(|(_, name, _)| *name == shortcut.0) {
            let path = clean(shortcut.1)?;
            return Some(Self { host: *host, path, committish, is_https: false });
        }
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (scheme, rest.to_owned()),
            // `git@host:owner/repo`
            None => ("ssh", address.replacen(':', "/", 1)),
        };
        let rest = rest.rsplit_once('@').map_or(rest.as_str(), |(_, rest)| rest);
        let (domain, path) = rest.split_once('/')?;
        let (host, ..) = Host::ALL.iter().find(|(.., known)| *known == domain.trim_start_matches("www."))?;
        let is_https = scheme.trim_start_matches("git+").starts_with("http");
        Some(Self { host: *host, path: clean(path)?, committish, is_https })
    }

    /// The page of the repository, or of a folder in it.
    pub fn browse_url(&self, folder: Option<&str>) -> String {
        let page = format!("https://{}/{}", self.host.domain(), self.path);
        let tree = match self.host {
            Host::Bitbucket => "src",
            Host::Github | Host::Gitlab => "tree",
        };
        match (folder, self.committish.as_str()) {
            (None, "") => page,
            (None, committish) => format!("{page}/{tree}/{committish}"),
            (Some(folder), "") => format!("{page}/{tree}/HEAD/{folder}"),
            (Some(folder), committish) => format!("{page}/{tree}/{committish}/{folder}"),
        }
    }

    /// The page that explains it.
    pub fn readme_url(&self) -> String {
        format!("{}#readme", self.browse_url(None))
    }

    /// The page of what is wrong with it.
    pub fn issues_url(&self) -> String {
        format!("https://{}/{}/issues", self.host.domain(), self.path)
    }

    /// The range of `#semver:RANGE`.
    pub fn range(&self) -> Option<Range> {
        Range::parse(self.committish.strip_prefix("semver:")?, Options::LOOSE)
    }

    /// Whether a whole commit is named, so that nothing has to be asked.
    pub fn is_pinned(&self) -> bool {
        self.committish.len() == 40 && self.committish.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// Whether another spec or lock entry is about the same repository.
    pub fn same_repository(&self, other: &Self) -> bool {
        self.host == other.host && self.path == other.path
    }

    /// Where git's own protocol over HTTP lists the references.
    pub fn references_url(&self) -> String {
        format!("https://{}/{}.git/info/refs?service=git-upload-pack", self.host.domain(), self.path)
    }

    /// The tarball of a commit.
    pub fn tarball_url(&self, commit: &str) -> String {
        let (domain, path) = (self.host.domain(), &self.path);
        match self.host {
            Host::Github => format!("https://codeload.{domain}/{path}/tar.gz/{commit}"),
            Host::Gitlab => {
                let path = path.replace('/', "%2F");
                format!("https://{domain}/api/v4/projects/{path}/repository/archive.tar.gz?sha={commit}")
            }
            Host::Bitbucket => format!("https://{domain}/{path}/get/{commit}.tar.gz"),
        }
    }

    /// What the lock file says of a commit.
    pub fn resolved(&self, commit: &str) -> String {
        let domain = self.host.domain();
        let way = if self.is_https { "git+https://" } else { "git+ssh://git@" };
        format!("{way}{domain}/{}.git#{commit}", self.path)
    }

    /// What `npm install` saves in `package.json`.
    pub fn saved(&self) -> String {
        let hash = if self.committish.is_empty() { "" } else { "#" };
        if self.is_https {
            return format!("git+https://{}/{}.git{hash}{}", self.host.domain(), self.path, self.committish);
        }
        format!("{}:{}{hash}{}", self.host.shortcut(), self.path, self.committish)
    }
}

/// Owner and project, without `.git`; nothing that would lead elsewhere.
fn clean(path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
    };
    let parts: Vec<&str> = path.split('/').collect();
    (parts.len() >= 2 && parts.iter().all(|part| plain(part))).then(|| path.to_owned())
}

/// The references in git's answer (gitprotocol-http(5), gitprotocol-pack(5)): names and commits; a tag's own object is
/// replaced by the commit that it points to. `None` for an answer that is none.
pub fn parse_references(answer: &[u8]) -> Option<Vec<(String, String)>> {
    /// A repository has no more that are looked at.
    const REFERENCES_MAX: usize = 200_000;
    let mut references: Vec<(String, String)> = Vec::new();
    let mut rest = answer;
    let mut flushes = 0;
    while rest.len() >= 4 && references.len() < REFERENCES_MAX {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..4]).ok()?, 16).ok()?;
        if length == 0 {
            flushes += 1;
            rest = &rest[4..];
            if flushes == 2 {
                break;
            }
            continue;
        }
        let line = rest.get(4..length)?;
        rest = &rest[length..];
        let text = String::from_utf8_lossy(line.split(|b| *b == 0).next()?).trim_end().to_owned();
        if text.starts_with('#') {
            continue;
        }
        let (commit, name) = text.split_once(' ')?;
        if commit.len() != 40 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        match name.strip_suffix("^{}") {
            Some(tag) => {
                references.iter_mut().filter(|(known, _)| known == tag).for_each(|r| r.1 = commit.into())
            }
            None => references.push((name.to_owned(), commit.to_owned())),
        }
    }
    (flushes > 0).then_some(references)
}

impl HostedGit {
    /// The commit that is meant, by the references: a tag, a branch, the newest tag in a range, or the head.
    pub fn commit<'a>(&'a self, references: &'a [(String, String)]) -> Option<&'a str> {
        let named = |name: &str| references.iter().find(|(known, _)| known == name).map(|(_, c)| c.as_str());
        if self.is_pinned() {
            return Some(&self.committish);
        }
        if self.committish.is_empty() {
            return named("HEAD");
        }
        if let Some(range) = self.range() {
            let tags = references.iter().filter_map(|(name, commit)| {
                let tag = name.strip_prefix("refs/tags/")?;
                let version = crate::semver::Version::parse(tag, true)?;
                range.satisfied_by(&version).then_some((version, commit.as_str()))
            });
            return tags.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, commit)| commit);
        }
        let wanted = &self.committish;
        let full = [wanted.clone(), format!("refs/tags/{wanted}"), format!("refs/heads/{wanted}")];
        let short = || {
            let is_short = wanted.len() >= 7 && wanted.bytes().all(|b| b.is_ascii_hexdigit());
            references.iter().map(|(_, c)| c.as_str()).find(|c| is_short && c.starts_with(wanted.as_str()))
        };
        full.iter().find_map(|name| named(name)).or_else(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spec: &str, saved: &str, resolved: &str, tarball: &str) {
        let hosted = HostedGit::parse(spec).expect(spec);
        assert_eq!(hosted.saved(), saved);
        assert_eq!(hosted.resolved("C"), resolved);
        assert_eq!(hosted.tarball_url("C"), tarball);
    }

    // As `hosted-git-info` answers.
    #[test]
    fn addresses() {
        let ssh = "git+ssh://git@github.com/o/r.git#C";
        let tarball = "https://codeload.github.com/o/r/tar.gz/C";
        check("o/r", "github:o/r", ssh, tarball);
        check("github:o/r#v1", "github:o/r#v1", ssh, tarball);
        check("git@github.com:o/r.git", "github:o/r", ssh, tarball);
        check("git+ssh://git@github.com/o/r.git#v1", "github:o/r#v1", ssh, tarball);
        let https = "git+https://github.com/o/r.git";
        check(https, https, "git+https://github.com/o/r.git#C", tarball);
        check(
            "gitlab:g/s/r",
            "gitlab:g/s/r",
            "git+ssh://git@gitlab.com/g/s/r.git#C",
            "https://gitlab.com/api/v4/projects/g%2Fs%2Fr/repository/archive.tar.gz?sha=C",
        );
        check(
            "bitbucket:o/r",
            "bitbucket:o/r",
            "git+ssh://git@bitbucket.org/o/r.git#C",
            "https://bitbucket.org/o/r/get/C.tar.gz",
        );
        for none in ["git+https://git.invalid/o/r.git", "github:o", "github:o/../r", "gist:abc"] {
            assert_eq!(HostedGit::parse(none), None, "{none}");
        }
    }

    #[test]
    fn references() {
        let commit = |n: u8| format!("{n:040x}");
        let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
        let answer = [
            line("# service=git-upload-pack\n"),
            "0000".into(),
            line(&format!("{} HEAD\0multi_ack\n", commit(1))),
            line(&format!("{} refs/heads/main\n", commit(1))),
            line(&format!("{} refs/tags/v1.0.0\n", commit(2))),
            line(&format!("{} refs/tags/v1.0.0^{{}}\n", commit(3))),
            line(&format!("{} refs/tags/v1.2.0\n", commit(4))),
            line(&format!("{} refs/tags/v2.0.0\n", commit(5))),
            "0000".into(),
        ]
        .concat();
        let references = parse_references(answer.as_bytes()).expect("whole");
        let picked = |spec: &str| {
            let hosted = HostedGit::parse(spec).expect(spec);
            hosted.commit(&references).map(str::to_owned)
        };
        assert_eq!(picked("o/r"), Some(commit(1)));
        assert_eq!(picked("o/r#v1.0.0"), Some(commit(3)));
        assert_eq!(picked("o/r#semver:^1"), Some(commit(4)));
        assert_eq!(picked("o/r#main"), Some(commit(1)));
        assert_eq!(picked("o/r#nope"), None);
        assert_eq!(picked(&format!("o/r#{}", commit(9))), Some(commit(9)));
        assert_eq!(parse_references(b"<html>"), None);
    }
}
