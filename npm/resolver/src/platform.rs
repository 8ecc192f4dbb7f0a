//! The machine that packages are chosen for.

use oac_npm_spec::Manifest;

/// What `os`, `cpu` and `libc` of a package are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `process.platform`
    pub os: String,
    /// `process.arch`
    pub cpu: String,
    /// `glibc` or `musl`
    pub libc: String,
    /// Whether packages made of WebAssembly (`cpu` is `wasm32`) are welcome beside those for `cpu`.
    pub wasm: bool,
}

impl Default for Platform {
    /// What every container is.
    fn default() -> Self {
        Self { os: "linux".into(), cpu: "x64".into(), libc: "glibc".into(), wasm: false }
    }
}

impl Platform {
    /// Whether a package may be installed here.
    pub fn accepts(&self, package: &Manifest) -> bool {
        if self.wasm && package.platform_list("cpu").is_some_and(|list| list == ["wasm32"]) {
            return true;
        }
        [("os", &self.os), ("cpu", &self.cpu), ("libc", &self.libc)]
            .into_iter()
            .all(|(field, own)| package.platform_list(field).is_none_or(|list| list_accepts(&list, own)))
    }
}

/// npm's rule: none of the negated entries, and one of the others if there are any.
fn list_accepts(list: &[&str], own: &str) -> bool {
    if list == ["any"] {
        return true;
    }
    let negated: Vec<&str> = list.iter().filter_map(|e| e.strip_prefix('!')).collect();
    !negated.contains(&own) && (list.contains(&own) || negated.len() == list.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &[&str], expect: bool) {
        assert_eq!(list_accepts(list, "linux"), expect, "{list:?}");
    }

    // As `npm-install-checks` decides.
    #[test]
    fn lists() {
        check(&["linux"], true);
        check(&["darwin"], false);
        check(&["!win32"], true);
        check(&["!linux"], false);
        check(&["darwin", "linux"], true);
        check(&["!win32", "darwin"], false);
        check(&["any"], true);
        check(&[], true);
    }
}
