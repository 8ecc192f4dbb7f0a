//! Package names: what the registry would accept, and the old names that npm still installs.

/// Why a name is refused, in the words of npm's `validate-npm-package-name`.
pub fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("name length must be greater than zero".into());
    }
    for (start, what) in [('.', "period"), ('-', "hyphen")] {
        if name.starts_with(start) {
            return Some(format!("name cannot start with a {what}"));
        }
    }
    if name.starts_with('_') {
        return Some("name cannot start with an underscore".into());
    }
    if name.trim() != name {
        return Some("name cannot contain leading or trailing spaces".into());
    }
    for reserved in ["node_modules", "favicon.ico"] {
        if name.eq_ignore_ascii_case(reserved) {
            return Some(format!("{reserved} is not a valid package name"));
        }
    }
    if is_uri_safe(name) {
        return None;
    }
    if let Some((scope, bare)) = name.strip_prefix('@').and_then(|n| n.split_once('/')) {
        if bare.starts_with('.') {
            return Some("name cannot start with a period".into());
        }
        if !scope.is_empty() && !bare.is_empty() && is_uri_safe(scope) && is_uri_safe(bare) {
            return None;
        }
    }
    Some("name can only contain URL-friendly characters".into())
}

/// Whether `encodeURIComponent` would leave the text alone.
pub(crate) fn is_uri_safe(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b))
}

/// The scope of a name with its `@`, if it has one.
pub fn scope(name: &str) -> Option<&str> {
    name.starts_with('@').then(|| name.split_once('/').map(|(scope, _)| scope)).flatten()
}

/// The name as it stands in a registry URL: `@scope%2fname`.
pub fn escaped(name: &str) -> String {
    name.replacen('/', "%2f", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, good: bool) {
        assert_eq!(name_problem(name).is_none(), good, "{name}");
    }

    #[test]
    fn names() {
        for good in ["express", "@babel/core", "JSONStream", "lodash.merge", "a~b"] {
            check(good, true);
        }
        for bad in ["", ".x", "_x", "-x", " x", "a/b", "@a/", "@/b", "node_modules", "a b", "@a/.b"] {
            check(bad, false);
        }
    }
}
