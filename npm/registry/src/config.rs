//! npm's configuration: options, environment, `.npmrc` files, in npm's order of precedence.
//!
//! Reading files and the environment is the caller's matter; this module is given their texts.

use crate::RegistryError;
use crate::address::Address;
use base64::Engine as _;
use oac_npm_spec::scope;
use std::collections::HashMap;

/// One source of settings.
pub type Layer = HashMap<String, String>;

/// Settings, from the strongest layer to the weakest.
#[derive(Debug, Clone, Default)]
pub struct Config {
    layers: Vec<Layer>,
}

impl Config {
    /// Adds a layer below all that were added before.
    pub fn push(&mut self, layer: Layer) {
        self.layers.push(layer);
    }

    /// The value of a setting in the strongest layer that has it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.layers.iter().find_map(|layer| layer.get(key)).map(String::as_str)
    }

    /// Sets a value in the strongest layer.
    pub fn set(&mut self, key: &str, value: &str) {
        if self.layers.is_empty() {
            self.layers.push(Layer::default());
        }
        self.layers[0].insert(key.to_owned(), value.to_owned());
    }

    /// The layers, from the strongest to the weakest.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The user's name at a registry, where the configuration has it.
    pub fn user_name(&self, url: &str) -> Option<String> {
        let header = self.authorization(url)?;
        let engine = base64::engine::general_purpose::STANDARD;
        let pair = engine.decode(header.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        Some(pair.split_once(':')?.0.to_owned())
    }

    /// A setting that is on or off; a bare mention means on.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).map(|value| !matches!(value, "false" | "null" | "0"))
    }

    /// The registry for a package: that of its scope, else the configured one, else the default of
    /// the npmrc library this is built with.
    ///
    /// # Errors
    /// `RegistryError::NoRegistry`, `RegistryError::InvalidUrl`.
    pub fn registry_for(&self, package: &str) -> Result<Address, RegistryError> {
        let scoped = scope(package).and_then(|scope| self.get(&format!("{scope}:registry")));
        let text = scoped
            .or_else(|| self.get("registry"))
            .filter(|text| !text.is_empty())
            .or_else(|| default_registry())
            .ok_or_else(|| RegistryError::NoRegistry { package: package.to_owned() })?;
        Address::parse(text)
    }

    /// The address of a package's packument.
    ///
    /// # Errors
    /// As [`Config::registry_for`].
    pub fn packument_url(&self, package: &str) -> Result<String, RegistryError> {
        let registry = self.registry_for(package)?;
        Ok(format!("{}{}", registry.folder(), oac_npm_spec::escaped(package)))
    }

    /// The address to fetch a tarball from: the recorded one, moved to the configured registry as
    /// `replace-registry-host` says (`npmjs` by default, `never`, `always` or a host).
    ///
    /// # Errors
    /// As [`Config::registry_for`].
    pub fn tarball_url(&self, package: &str, recorded: &str) -> Result<String, RegistryError> {
        let recorded = Address::parse(recorded)?;
        let host = match self.get("replace-registry-host").unwrap_or("npmjs") {
            "never" => return Ok(recorded.to_string()),
            "always" => None,
            "npmjs" => match default_registry() {
                Some(default) => Some(Address::parse(default)?.host),
                None => return Ok(recorded.to_string()),
            },
            host => Some(host.to_owned()),
        };
        if host.is_some_and(|host| host != recorded.host) {
            return Ok(recorded.to_string());
        }
        let registry = self.registry_for(package)?;
        let folder = registry.folder();
        Ok(format!("{}{}", folder.trim_end_matches('/'), recorded.path))
    }

    /// The address to ask in the place of this one: `oac-cors-proxy` goes before it, for pages whose registry
    /// does not allow them to read its answers. `{url}` in it stands for the address, percent-encoded.
    ///
    /// `oac-host:NAME` is where a host's addresses lead instead: a mirror of a host of git repositories, say.
    pub fn way_to(&self, url: &str) -> String {
        let url = &self.mirrored(url);
        match self.get("oac-cors-proxy").filter(|proxy| !proxy.is_empty()) {
            None => url.to_owned(),
            Some(proxy) if proxy.contains("{url}") => proxy.replace("{url}", &percent_encoded(url)),
            Some(proxy) => format!("{proxy}{url}"),
        }
    }

    /// The proxy for an address: `https-proxy`, `proxy`, or what the environment says; none for hosts of `noproxy`.
    pub fn proxy_for(&self, url: &str) -> Option<&str> {
        let set = |key: &str| self.get(key).filter(|value| !matches!(*value, "" | "null" | "false" | "true"));
        let of_environment = || {
            let names = ["$https_proxy", "$http_proxy", "$proxy"];
            let count = if url.starts_with("https:") { 1 } else { names.len() };
            names[..count].iter().find_map(|name| set(name))
        };
        let proxy = set("https-proxy").or_else(|| set("proxy")).or_else(of_environment)?;
        let address = Address::parse(url).ok()?;
        let host = address.host.split(':').next().unwrap_or_default();
        let segments: Vec<&str> = host.rsplit('.').collect();
        let excepted = set("noproxy").into_iter().flat_map(|list| list.split(',')).any(|name| {
            let name: Vec<&str> = name.trim().rsplit('.').filter(|segment| !segment.is_empty()).collect();
            !name.is_empty() && segments.starts_with(&name)
        });
        (!excepted).then_some(proxy)
    }

    fn mirrored(&self, url: &str) -> String {
        let Ok(address) = Address::parse(url) else { return url.to_owned() };
        match self.get(&format!("oac-host:{}", address.host)) {
            Some(mirror) => format!("{}{}", mirror.trim_end_matches('/'), address.path),
            None => url.to_owned(),
        }
    }

    /// The `Authorization` header for an address, from the closest `//host/path/:_authToken`,
    /// `:_auth` or `:username` with `:_password`.
    pub fn authorization(&self, url: &str) -> Option<String> {
        let address = Address::parse(url).ok()?;
        let mut path = address.path.as_str();
        loop {
            let key = format!("//{}{path}", address.host);
            if let Some(header) = self.credentials(&key) {
                return Some(header);
            }
            if path.is_empty() || path == "/" {
                return None;
            }
            let trimmed = path.trim_end_matches('/');
            path = match trimmed.rfind('/') {
                // Both `//host/a/` and `//host/a` are tried.
                Some(at) if trimmed.len() == path.len() => &path[..=at],
                _ => trimmed,
            };
        }
    }

    /// What the settings of a registry's credentials begin with: `//host/path/`.
    ///
    /// # Errors
    /// `RegistryError::InvalidUrl`.
    pub fn credentials_key(registry: &str) -> Result<String, RegistryError> {
        let address = Address::parse(registry)?;
        Ok(format!("//{}{}/", address.host, address.path.trim_end_matches('/')))
    }

    fn credentials(&self, key: &str) -> Option<String> {
        let of = |field: &str| self.get(&format!("{key}:{field}"));
        if let Some(token) = of("_authToken") {
            return Some(format!("Bearer {token}"));
        }
        if let Some(auth) = of("_auth") {
            return Some(format!("Basic {auth}"));
        }
        let engine = base64::engine::general_purpose::STANDARD;
        let password = engine.decode(of("_password")?).ok()?;
        let pair = format!("{}:{}", of("username")?, String::from_utf8(password).ok()?);
        Some(format!("Basic {}", engine.encode(pair)))
    }
}

fn percent_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The registry that npm itself falls back to. Its address is the npmrc library's business, not ours.
fn default_registry() -> Option<&'static str> {
    Some(deno_npmrc::NPM_DEFAULT_REGISTRY)
}

/// The settings of an `.npmrc`: `key = value` lines, `;` and `#` comments, `${NAME}` from the environment.
pub fn parse_npmrc(text: &str, env: impl Fn(&str) -> Option<String>) -> Layer {
    let mut layer = Layer::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with([';', '#', '[']) {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key.trim(), value.trim()),
            None => (line, "true"),
        };
        let value = unquote(value);
        layer.insert(expand(key.trim_end_matches("[]"), &env), expand(value, &env));
    }
    layer
}

fn unquote(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q))
        .unwrap_or_else(|| value.split(" ;").next().unwrap_or(value).trim_end())
}

/// Replaces `${NAME}`; an unknown name stays as it is, `${NAME?}` becomes nothing.
fn expand(text: &str, env: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(length) = rest[at..].find('}') else { break };
        let name = &rest[at + 2..at + length];
        let escaped = rest[..at].ends_with('\\');
        out.push_str(&rest[..at]);
        match env(name.trim_end_matches('?')) {
            Some(value) if !escaped => out.push_str(&value),
            None if name.ends_with('?') && !escaped => {}
            _ => out.push_str(&rest[at..=at + length]),
        }
        rest = &rest[at + length + 1..];
    }
    out.push_str(rest);
    out
}

/// The proxies that the environment names, as the weakest layer: `$https_proxy` and so on, and `noproxy`.
pub fn proxy_layer(variables: impl Iterator<Item = (String, String)>) -> Layer {
    variables
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "no_proxy" => Some(("noproxy".to_owned(), value)),
            name @ ("https_proxy" | "http_proxy" | "proxy") => Some((format!("${name}"), value)),
            _ => None,
        })
        .collect()
}

/// The settings in the environment: `npm_config_save_prefix` is `save-prefix`.
pub fn environment_layer(variables: impl Iterator<Item = (String, String)>) -> Layer {
    variables
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| {
            let prefix = name.get(..11)?;
            let key = &name[11..];
            if !prefix.eq_ignore_ascii_case("npm_config_") || key.is_empty() {
                return None;
            }
            let key = if key.starts_with("//") || key.starts_with('@') {
                key.to_owned()
            } else {
                let (first, rest) = key.split_at(1);
                format!("{first}{}", rest.replace('_', "-")).to_ascii_lowercase()
            };
            Some((key, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(npmrc: &str) -> Config {
        let mut config = Config::default();
        config.push(parse_npmrc(npmrc, |name| (name == "TOKEN").then(|| "secret".to_owned())));
        config
    }

    #[test]
    fn scopes_have_registries_of_their_own() {
        let c = config("registry=http://registry.invalid\n@s:registry = http://scoped.invalid/npm/\n");
        assert_eq!(c.packument_url("a").expect("set"), "http://registry.invalid/a");
        assert_eq!(c.packument_url("@s/a").expect("set"), "http://scoped.invalid/npm/@s%2fa");
    }

    #[test]
    fn tarballs_follow_the_registry_when_told() {
        let c = config("registry=http://registry.invalid/npm/\nreplace-registry-host=always\n");
        let url = c.tarball_url("a", "https://elsewhere.invalid/a/-/a-1.0.0.tgz").expect("valid");
        assert_eq!(url, "http://registry.invalid/npm/a/-/a-1.0.0.tgz");
        let c = config("registry=http://registry.invalid/npm/\n");
        let url = c.tarball_url("a", "https://elsewhere.invalid/a/-/a-1.0.0.tgz").expect("valid");
        assert_eq!(url, "https://elsewhere.invalid/a/-/a-1.0.0.tgz");
    }

    #[test]
    fn the_closest_token_is_taken() {
        let c = config(
            "//registry.invalid/:_authToken=${TOKEN}\n//registry.invalid/npm/:_authToken=inner\n; comment\n",
        );
        let token = |url: &str| c.authorization(url);
        assert_eq!(token("http://registry.invalid/a").as_deref(), Some("Bearer secret"));
        assert_eq!(token("http://registry.invalid/npm/a/-/a.tgz").as_deref(), Some("Bearer inner"));
        assert_eq!(token("http://other.invalid/a"), None);
    }

    fn check_proxy(npmrc: &str, environment: &[(&str, &str)], url: &str, expect: Option<&str>) {
        let mut config = config(npmrc);
        config.push(proxy_layer(environment.iter().map(|(k, v)| ((*k).into(), (*v).into()))));
        assert_eq!(config.proxy_for(url), expect, "{npmrc} {environment:?} {url}");
    }

    // As @npmcli/agent chooses.
    #[test]
    fn proxies() {
        let (http, https) = ("http://a.registry.invalid/x", "https://a.registry.invalid/x");
        let environment = [("HTTP_PROXY", "http://p:1"), ("no_proxy", "other.invalid")];
        check_proxy("", &[], http, None);
        check_proxy("", &environment, http, Some("http://p:1"));
        check_proxy("", &environment, https, None);
        check_proxy("", &[("https_proxy", "http://s:2")], https, Some("http://s:2"));
        check_proxy("proxy=http://c:3\n", &environment, https, Some("http://c:3"));
        check_proxy("proxy=null\n", &environment, http, Some("http://p:1"));
        check_proxy("proxy=http://c:3\nnoproxy=.registry.invalid\n", &[], http, None);
        check_proxy("proxy=http://c:3\nnoproxy=b.registry.invalid, x\n", &[], http, Some("http://c:3"));
    }

    #[test]
    fn environment_names_become_keys() {
        let variables = [("npm_config_save_prefix", "~"), ("NPM_CONFIG_REGISTRY", "x"), ("PATH", "y")];
        let layer = environment_layer(variables.iter().map(|(k, v)| ((*k).into(), (*v).into())));
        assert_eq!(layer.get("save-prefix").map(String::as_str), Some("~"));
        assert_eq!(layer.get("registry").map(String::as_str), Some("x"));
        assert_eq!(layer.len(), 2);
    }
}
