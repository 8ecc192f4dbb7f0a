//! Which registries npm uses on this machine, so that it uses the same in the container.
//!
//! Addresses only. Lines with tokens and passwords stay here, and so does an address that carries a password.

use std::path::PathBuf;

const ENV_NAMES: [&str; 2] = ["npm_config_registry", "NPM_CONFIG_REGISTRY"];

/// Variables for the container, as npm(7) config reads them: `npm_config_registry`, `npm_config_@scope:registry`.
pub(crate) fn variables() -> Vec<(String, String)> {
    let from_env = ENV_NAMES.iter().find_map(|name| std::env::var(name).ok()).filter(|url| is_plain(url));
    let npmrc = user_config().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let mut variables = registries(&npmrc);
    if let Some(url) = from_env {
        variables.retain(|(name, _)| name != ENV_NAMES[0]);
        variables.push((ENV_NAMES[0].into(), url));
    }
    variables
}

fn user_config() -> Option<PathBuf> {
    let given = ["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"].iter().find_map(std::env::var_os);
    given
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".npmrc")))
}

fn registries(npmrc: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in npmrc.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
        let scope = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@'));
        // `${…}` is for npm to fill in from an environment that the container does not have.
        if (key == "registry" || scope.is_some()) && is_plain(value) && !value.contains("${") {
            found.push((format!("npm_config_{key}"), value.to_string()));
        }
    }
    found
}

/// An http address without a password in it.
fn is_plain(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.split('/').next().unwrap_or_default().contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_pass_and_secrets_do_not() {
        let npmrc = "; a comment\nregistry = https://npm.example/\n@ours:registry=\"https://ours.example/npm/\"\n\
                     //npm.example/:_authToken=secret\n@x:registry=https://me:secret@x.example/\n\
                     @y:registry=https://${HOST}/\nfund=false\n";
        let expected = [
            ("npm_config_registry".to_string(), "https://npm.example/".to_string()),
            ("npm_config_@ours:registry".to_string(), "https://ours.example/npm/".to_string()),
        ];
        assert_eq!(registries(npmrc), expected);
    }
}
