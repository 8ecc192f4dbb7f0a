//! One's account at a registry: `adduser`, `login`, `logout`, `token`, `profile`; what `npm-profile` sends for npm.

use crate::config::change_file;
use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::wrong;
use crate::question::{ask_until, password};
use crate::registry_call::Call;
use oac_npm_registry::{Config, Moment, RegistryError, base64_of};
use oac_npm_spec::JsonStyle;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Percent-encodes, as `encodeURIComponent` does.
pub(crate) fn component(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(crate) fn print_json(value: &Value) {
    out(JsonStyle::default().print(value).trim_end());
}

/// The registry that accounts are at: that of `--scope`, unless one is given on the command line.
fn registry(context: &Context) -> Result<(String, Option<String>), Failure> {
    let scope = context.config.get("scope").filter(|scope| !scope.is_empty());
    let scope = scope.map(|scope| format!("@{}", scope.trim_start_matches('@')));
    let given = context.arguments.options.contains_key("registry");
    let package = match &scope {
        Some(scope) if !given => format!("{scope}/x"),
        _ => String::new(),
    };
    Ok((context.config.registry_for(&package)?.folder(), scope))
}

/// `npm login`, and `npm adduser` for a new account.
pub(crate) fn login(context: &mut Context) -> Result<i32, Failure> {
    let new = context.command == "adduser";
    let (registry, scope) = registry(context)?;
    context.notice(&format!("Log in on {registry}"));
    let by_web = context.config.get("auth-type").unwrap_or("web") == "web";
    let token = match by_web {
        true => by_page(context, &registry, new)?,
        false => None,
    };
    let token = match token {
        Some(token) => token,
        None if new => new_user(context, &registry)?,
        None => by_password(context, &registry)?,
    };
    let key = Config::credentials_key(&registry)?;
    let set = |field: &str, value: Option<&str>| (format!("{key}:{field}"), value.map(str::to_owned));
    let mut pairs = vec![
        set("always-auth", None),
        set("email", None),
        set("_authToken", Some(&token)),
        set("_password", None),
        set("username", None),
        ("_token".to_owned(), None),
    ];
    if let Some(scope) = &scope {
        pairs.push((format!("{scope}:registry"), Some(registry.clone())));
    }
    change_file(&context.user_config, &pairs)?;
    let to_scope = scope.map(|scope| format!(" to scope {scope}")).unwrap_or_default();
    out(&format!("Logged in{to_scope} on {registry}."));
    Ok(0)
}

/// Through a page of the registry's: it says where, and gives the token once the user has been there. `None` when the
/// registry has no such page.
fn by_page(context: &Context, registry: &str, new: bool) -> Result<Option<String>, Failure> {
    let call = Call::new(context);
    let body = if new { json!({ "create": true }) } else { json!({}) };
    let headers = [("content-type", "application/json"), ("npm-command", context.command.as_str())];
    let sent = call.send("POST", &format!("{registry}-/v1/login"), &headers, body.to_string().into_bytes());
    let answer = match sent {
        Ok(answer) => answer,
        Err(RegistryError::Status { status: 400..=500, .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let address = |field: &str| {
        answer[field].as_str().filter(|url| url.starts_with("http:") || url.starts_with("https:"))
    };
    let (Some(done), Some(login)) = (address("doneUrl"), address("loginUrl")) else {
        return Err(Failure::Plain("Invalid response from web login endpoint".into()));
    };
    let title = if new { "Create your account at" } else { "Login at" };
    if context.json() {
        print_json(&json!({ "title": title, "url": login }));
    } else {
        out(&format!("{title}:\n{login}"));
    }
    loop {
        let answer = call.ask("GET", done, &[], Vec::new())?;
        let content: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (answer.status, content["token"].as_str()) {
            (200, Some(token)) => return Ok(Some(token.to_owned())),
            (202, _) => {
                let seconds =
                    answer.header("retry-after").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
                call.sleep(Duration::from_secs(seconds));
            }
            _ => return Err(Failure::Plain("Invalid response from web login endpoint".into())),
        }
    }
}

fn is_user_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || !c.is_ascii_alphabetic();
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed) && component(name) == name
}

fn user(name: &str, password: &str, email: Option<&str>) -> Value {
    let mut user = json!({ "_id": format!("org.couchdb.user:{name}"), "name": name, "password": password });
    user["email"] = email.map_or(Value::Null, Value::from);
    user["type"] = "user".into();
    user["roles"] = json!([]);
    user["date"] = Moment::now().to_string().into();
    if email.is_none()
        && let Some(object) = user.as_object_mut()
    {
        object.shift_remove("email");
    }
    user
}

fn user_url(registry: &str, name: &str) -> String {
    format!("{registry}-/user/org.couchdb.user:{}", component(name))
}

fn token_of(answer: &Value) -> Result<String, Failure> {
    answer["token"].as_str().map(str::to_owned).ok_or_else(|| Failure::Plain("No credentials to set.".into()))
}

fn new_user(context: &Context, registry: &str) -> Result<String, Failure> {
    let name = ask_until("Username:", "", is_user_name)?;
    let password = password("Password:")?;
    let email = ask_until("Email (this will be public):", "", |email| email.contains('@'))?;
    let body = user(&name, &password, Some(&email));
    token_of(&Call::new(context).send_json("PUT", &user_url(registry, &name), &body)?)
}

fn by_password(context: &Context, registry: &str) -> Result<String, Failure> {
    let name = ask_until("Username:", "", is_user_name)?;
    let password = password("Password:")?;
    let call = Call::new(context);
    let url = user_url(registry, &name);
    let mut body = user(&name, &password, None);
    match call.send_json("PUT", &url, &body) {
        Err(Failure::Coded { code, .. }) if code == "E409" => {}
        Err(Failure::Coded { code, .. }) if code == "E400" => {
            let said = format!("There is no user with the username \"{name}\".");
            return Err(Failure::Coded { code, lines: vec![said] });
        }
        answer => return token_of(&answer?),
    }
    // There is such a user: its revision is made again.
    let known = call.get(&format!("{url}?write=true"), "application/json")?;
    let known: Map<String, Value> = serde_json::from_slice(&known).unwrap_or_default();
    for (key, value) in known {
        let missing = body[&key].is_null();
        if missing || key == "roles" {
            body[&key] = value;
        }
    }
    let url = format!("{url}/-rev/{}", body["_rev"].as_str().unwrap_or("undefined"));
    let basic = format!("Basic {}", base64_of(format!("{name}:{password}").as_bytes()));
    token_of(&call.send_json_as("PUT", &url, &body, Some(&basic))?)
}

/// `npm logout`
pub(crate) fn logout(context: &mut Context) -> Result<i32, Failure> {
    let (registry, scope) = registry(context)?;
    let key = Config::credentials_key(&registry)?;
    let token =
        context.config.authorization(&registry).and_then(|h| h.strip_prefix("Bearer ").map(str::to_owned));
    match &token {
        Some(token) => {
            let url = format!("{registry}-/user/token/{}", component(token));
            Call::new(context).send_json("DELETE", &url, &Value::Null)?;
        }
        None if context.config.authorization(&registry).is_some() => {}
        None => {
            let lines = vec![
                format!("need auth not logged in to {registry}, so can't log out!"),
                "need auth You need to authorize this machine using `npm adduser`".into(),
            ];
            return Err(Failure::Coded { code: "ENEEDAUTH".into(), lines });
        }
    }
    let fields = ["_authToken", "_auth", "username", "_password", "email", "certfile", "keyfile"];
    let mut pairs: Vec<(String, Option<String>)> =
        fields.iter().map(|field| (format!("{key}:{field}"), None)).collect();
    pairs.extend(scope.map(|scope| (format!("{scope}:registry"), None)));
    let in_project = context.project.join(".npmrc");
    let here = std::fs::read_to_string(&in_project).is_ok_and(|text| text.contains(&key));
    let file = if here { &in_project } else { &context.user_config };
    change_file(file, &pairs)?;
    Ok(0)
}

/// `npm token list|create|revoke`
pub(crate) fn token(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    match words.first().map(String::as_str) {
        None | Some("list" | "ls") => list_tokens(context),
        Some("rm" | "delete" | "revoke" | "remove") => revoke(context, &words[1..]),
        Some("create") => create_token(context),
        Some(other) => Err(wrong("token", &format!("{other} is not a recognized subcommand."))),
    }
}

fn tokens(context: &Context) -> Result<Vec<Value>, Failure> {
    let registry = context.config.registry_for("")?.folder();
    let mut url = format!("{registry}-/npm/v1/tokens");
    let mut all = Vec::new();
    loop {
        let body = Call::new(context).get(&url, "*/*")?;
        let mut page: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(objects) = page["objects"].as_array_mut() {
            all.append(objects);
        }
        match page["urls"]["next"].as_str() {
            Some(next) if next.starts_with('/') => url = format!("{}{next}", registry.trim_end_matches('/')),
            Some(next) => url = next.to_owned(),
            None => return Ok(all),
        }
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("undefined")
}

/// A value as JavaScript puts it into a text.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(","),
        Value::Object(_) => "[object Object]".into(),
        other => other.to_string(),
    }
}

fn list_tokens(context: &Context) -> Result<i32, Failure> {
    const SHORTEST: usize = 6;
    let mut tokens = tokens(context)?;
    let keys: Vec<String> = tokens.iter().map(|token| text(token, "key").to_owned()).collect();
    for (at, token) in tokens.iter_mut().enumerate() {
        let own = &keys[at];
        let is_alone = |length: &usize| {
            let start = own.get(..*length);
            !keys.iter().enumerate().any(|(other, key)| other != at && key.get(..*length) == start)
        };
        let length = (SHORTEST..own.len()).find(is_alone).unwrap_or(own.len());
        token["id"] = own[..length].into();
    }
    if context.json() {
        print_json(&Value::Array(tokens));
        return Ok(0);
    }
    let parseable = context.switch("parseable", false);
    if parseable {
        out("key\ttoken\tid\tname\tcreated\treadonly\tCIDR whitelist");
    }
    for token in &tokens {
        let addresses = token["cidr_whitelist"].as_array().map(|_| shown(&token["cidr_whitelist"]));
        let field = |key: &str| text(token, key);
        if parseable {
            let read_only = token["readonly"] == true;
            let fields = [field("key"), field("token"), field("id"), field("name"), field("created")];
            out(&format!("{}\t{read_only}\t{}", fields.join("\t"), addresses.unwrap_or_default()));
            continue;
        }
        let created: String = field("created").chars().take(10).collect();
        out(&format!(
            "Token {}\u{2026} with id {} name {} created {created}",
            field("token"),
            field("id"),
            field("name")
        ));
        if let Some(addresses) = addresses {
            out(&format!("with IP whitelist: {addresses}"));
        }
        out("");
    }
    Ok(0)
}

fn revoke(context: &Context, ids: &[String]) -> Result<i32, Failure> {
    if ids.is_empty() {
        return Err(wrong("token", "`<tokenKey>` argument is required."));
    }
    let tokens = tokens(context)?;
    let mut gone = Vec::new();
    for id in ids {
        let matching: Vec<&str> =
            tokens.iter().map(|t| text(t, "key")).filter(|key| key.starts_with(id.as_str())).collect();
        match matching[..] {
            [key] => gone.push(key.to_owned()),
            [] if tokens.iter().any(|t| id.starts_with(text(t, "token"))) => gone.push(id.clone()),
            [] => return Err(Failure::Plain(format!("Unknown token id or value \"{id}\"."))),
            _ => {
                return Err(Failure::Plain(format!(
                    "Token ID \"{id}\" was ambiguous, a new token may have been created since you last ran `npm token list`."
                )));
            }
        }
    }
    let registry = context.config.registry_for("")?.folder();
    for key in &gone {
        let url = format!("{registry}-/npm/v1/tokens/token/{key}");
        Call::new(context).send_json("DELETE", &url, &Value::Null)?;
    }
    if context.json() {
        print_json(&json!(gone));
    } else if context.switch("parseable", false) {
        out(&gone.join("\t"));
    } else {
        out(&format!("Removed {} token{}", gone.len(), if gone.len() == 1 { "" } else { "s" }));
    }
    Ok(0)
}

fn is_ipv4_block(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    address.parse::<std::net::Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 32)
}

fn create_token(context: &Context) -> Result<i32, Failure> {
    let setting = |key: &str| context.config.get(key).filter(|value| !value.is_empty() && *value != "null");
    let list =
        |key: &str| setting(key).map(|text| text.split(',').map(|s| s.trim().to_owned()).collect::<Vec<_>>());
    let addresses = list("cidr").unwrap_or_default();
    for block in &addresses {
        let invalid = |why: String| Err(Failure::Coded { code: "EINVALIDCIDR".into(), lines: vec![why] });
        if block.contains(':') {
            return invalid(format!("CIDR whitelist can only contain IPv4 addresses, {block} is IPv6"));
        }
        if !is_ipv4_block(block) {
            return invalid(format!("CIDR whitelist contains invalid CIDR entry: {block}"));
        }
    }
    let secret = match setting("password") {
        Some(secret) => secret.to_owned(),
        None => password("npm password:")?,
    };
    let mut body = json!({ "name": setting("name"), "password": secret });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[key] = value;
        }
    };
    set("description", setting("token-description").map(Value::from));
    set("packages", list("packages").map(Value::from));
    set("packages_all", context.switch("packages-all", false).then_some(Value::Bool(true)));
    set("scopes", list("scopes").map(Value::from));
    set("orgs", list("orgs").map(Value::from));
    set("packages_and_scopes_permission", setting("packages-and-scopes-permission").map(Value::from));
    set("orgs_permission", setting("orgs-permission").map(Value::from));
    set("expires", setting("expires").and_then(|days| days.parse::<u64>().ok()).map(Value::from));
    set("cidr_whitelist", (!addresses.is_empty()).then(|| json!(addresses)));
    set("bypass_2fa", context.switch("bypass-2fa", false).then_some(Value::Bool(true)));
    let registry = context.config.registry_for("")?.folder();
    let mut made = Call::new(context).send_json("POST", &format!("{registry}-/npm/v1/tokens"), &body)?;
    if let Some(object) = made.as_object_mut() {
        object.shift_remove("key");
        object.shift_remove("updated");
    }
    if context.json() {
        print_json(&made);
    } else if context.switch("parseable", false) {
        made.as_object()
            .into_iter()
            .flatten()
            .for_each(|(key, value)| out(&format!("{key}\t{}", shown(value))));
    } else {
        out(&format!("Created token {}", text(&made, "token")));
        if made["cidr_whitelist"].as_array().is_some_and(|list| !list.is_empty()) {
            out(&format!("with IP whitelist: {}", shown(&made["cidr_whitelist"])));
        }
        if !made["expires"].is_null() {
            out(&format!("expires: {}", shown(&made["expires"])));
        }
    }
    Ok(0)
}

/// What can be changed about oneself.
const WRITABLE: [&str; 7] = ["email", "password", "fullname", "homepage", "freenode", "twitter", "github"];

/// `npm profile get|set|enable-2fa|disable-2fa`
pub(crate) fn profile(context: &mut Context) -> Result<i32, Failure> {
    let words = context.arguments.words.clone();
    match words.first().map(String::as_str) {
        None => Err(wrong("profile", "")),
        Some("enable-2fa" | "enable-tfa" | "enable2fa" | "enabletfa") => {
            enable_second_factor(context, &words[1..])
        }
        Some("disable-2fa" | "disable-tfa" | "disable2fa" | "disabletfa") => disable_second_factor(context),
        Some("get") => get_profile(context, &words[1..]),
        Some("set") => set_profile(context, &words[1..]),
        Some(other) => Err(Failure::Plain(format!("Unknown profile command: {other}"))),
    }
}

fn profile_url(context: &Context) -> Result<String, Failure> {
    Ok(format!("{}-/npm/v1/user", context.config.registry_for("")?.folder()))
}

fn own_profile(context: &Context) -> Result<Value, Failure> {
    let body = Call::new(context).get(&profile_url(context)?, "*/*")?;
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

fn second_factor(profile: &Value) -> String {
    match &profile["tfa"] {
        tfa if tfa.is_object() && tfa["pending"] != true => shown(&tfa["mode"]),
        _ => "disabled".into(),
    }
}

fn get_profile(context: &Context, wanted: &[String]) -> Result<i32, Failure> {
    const KNOWN: [&str; 10] = [
        "name",
        "email",
        "two-factor auth",
        "fullname",
        "homepage",
        "freenode",
        "twitter",
        "github",
        "created",
        "updated",
    ];
    let mut profile = own_profile(context)?;
    if profile["cidr_whitelist"].is_null()
        && let Some(object) = profile.as_object_mut()
    {
        object.shift_remove("cidr_whitelist");
    }
    if context.json() {
        print_json(&profile);
        return Ok(0);
    }
    let all = profile.as_object().cloned().unwrap_or_default();
    let filled =
        |key: &str| all.get(key).filter(|v| !v.is_null() && **v != false).map(shown).unwrap_or_default();
    let others = all.keys().map(String::as_str).filter(|key| !KNOWN.contains(key));
    let lines: Vec<(&str, String)> = KNOWN
        .into_iter()
        .chain(others.filter(|key| !matches!(*key, "tfa" | "email_verified")))
        .map(|key| match key {
            "email" if all.get("email_verified") == Some(&Value::Bool(true)) => {
                (key, filled(key) + " (verified)")
            }
            "email" => (key, filled(key) + "(unverified)"),
            "two-factor auth" => (key, second_factor(&profile)),
            key => (key, filled(key)),
        })
        .collect();
    if !wanted.is_empty() {
        let keys = wanted.iter().flat_map(|w| w.split(',')).filter(|w| !w.trim().is_empty());
        let of =
            |key: &str| lines.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()).unwrap_or_default();
        out(&keys.map(of).collect::<Vec<_>>().join("\t"));
    } else if context.switch("parseable", false) {
        for (key, value) in &all {
            let value = if key == "tfa" { second_factor(&profile) } else { shown(value) };
            out(&format!("{key}\t{value}"));
        }
    } else {
        lines.iter().for_each(|(key, value)| out(&format!("{key}: {value}")));
    }
    Ok(0)
}

fn set_profile(context: &Context, words: &[String]) -> Result<i32, Failure> {
    let property = words.first().map(|w| w.to_lowercase().trim().to_owned()).unwrap_or_default();
    let given = words.get(1..).filter(|rest| !rest.is_empty()).map(|rest| rest.join(" "));
    let fail = |why: String| Err(Failure::Plain(why));
    if property != "password" && given.is_none() {
        return fail("npm profile set <prop> <value>".into());
    }
    if property == "password" && given.is_some() {
        return fail(
            "npm profile set password\nDo not include your current or new passwords on the command line."
                .into(),
        );
    }
    if !WRITABLE.contains(&property.as_str()) {
        return fail(format!(
            "\"{property}\" is not a property we can set. Valid properties are: {}",
            WRITABLE.join(", ")
        ));
    }
    let value = match given {
        Some(value) => Value::from(value),
        None => {
            let current = password("Current password:")?;
            json!({ "old": current, "new": new_password(context)? })
        }
    };
    let known = own_profile(context)?;
    let mut body = Map::new();
    for key in WRITABLE.iter().filter(|key| known.get(**key).is_some()) {
        body.insert((*key).to_owned(), known[*key].clone());
    }
    body.insert(property.clone(), value);
    let answer = change_profile(context, body)?;
    let now = &answer[&property];
    if context.json() {
        print_json(&json!({ property: now }));
    } else if context.switch("parseable", false) {
        out(&format!("{property}\t{}", shown(now)));
    } else if now.is_null() {
        out(&format!("Set {property}"));
    } else {
        out(&format!("Set {property} to {}", shown(now)));
    }
    Ok(0)
}

fn new_password(context: &Context) -> Result<String, Failure> {
    loop {
        let first = password("New password:")?;
        if first == password("       Again:")? {
            return Ok(first);
        }
        context.warn("profile Passwords do not match, please try again.");
    }
}

/// Sends a profile; empty texts are taken away.
fn change_profile(context: &Context, body: Map<String, Value>) -> Result<Value, Failure> {
    let emptied = body.into_iter().map(|(key, value)| (key, if value == "" { Value::Null } else { value }));
    Call::new(context).send_json("POST", &profile_url(context)?, &Value::Object(emptied.collect()))
}

fn change_second_factor(context: &Context, tfa: Value) -> Result<Value, Failure> {
    change_profile(context, Map::from_iter([("tfa".to_owned(), tfa)]))
}

fn enable_second_factor(context: &Context, words: &[String]) -> Result<i32, Failure> {
    let fail = |why: String| Err(Failure::Plain(why));
    if words.len() > 1 {
        return fail("npm profile enable-2fa [auth-and-writes|auth-only]".into());
    }
    let mode = words.first().map_or("auth-and-writes", String::as_str);
    if !matches!(mode, "auth-only" | "auth-and-writes") {
        return fail(format!(
            "Invalid two-factor authentication mode \"{mode}\".\nValid modes are:\n  auth-only - Require two-factor authentication only when logging in\n  auth-and-writes - Require two-factor authentication when logging in AND when publishing"
        ));
    }
    if context.json() || context.switch("parseable", false) {
        let form = if context.json() { "JSON" } else { "parseable" };
        return fail(format!(
            "Enabling two-factor authentication is an interactive operation and {form} output mode is not available"
        ));
    }
    let known = own_profile(context)?;
    if known["tfa"]["pending"] != true && known["tfa"]["mode"] == mode {
        out(&format!("Two factor authentication is already enabled and set to {mode}"));
        return Ok(0);
    }
    context.notice(&format!("profile Enabling two factor authentication for {mode}"));
    let secret = password("npm password:")?;
    if known["tfa"]["pending"] == true {
        change_second_factor(context, json!({ "password": secret, "mode": "disable" }))?;
    }
    let challenge = change_second_factor(context, json!({ "mode": mode, "password": secret }))?;
    if challenge["tfa"]["mode"].is_string() {
        out(&format!("Two factor authentication mode changed to: {mode}"));
        return Ok(0);
    }
    let address = challenge["tfa"].as_str().filter(|address| address.starts_with("otpauth://"));
    let Some(address) = address else {
        return fail(format!(
            "Unknown error enabling two-factor authentication. Expected otpauth URL, got: {}",
            shown(&challenge["tfa"])
        ));
    };
    // No picture of the address: whoever scans it can enter it as well.
    let secret = address.split(['?', '&']).find_map(|pair| pair.strip_prefix("secret=")).unwrap_or_default();
    out(&format!("Add this to your authenticator app:\n{address}\n Or enter code: {secret}"));
    let otp = crate::question::one_time_password("And an OTP code from your authenticator:")?;
    let done = change_second_factor(context, json!([otp]))?;
    out("2FA successfully enabled. Below are your recovery codes, please print these out.");
    out("You will need these to recover access to your account if you lose your authentication device.");
    done["tfa"].as_array().into_iter().flatten().for_each(|code| out(&format!("\t{}", shown(code))));
    Ok(0)
}

fn disable_second_factor(context: &Context) -> Result<i32, Failure> {
    let known = own_profile(context)?;
    if !known["tfa"].is_object() || known["tfa"]["pending"] == true {
        out("Two factor authentication not enabled.");
        return Ok(0);
    }
    let secret = password("npm password:")?;
    change_second_factor(context, json!({ "password": secret, "mode": "disable" }))?;
    if context.json() {
        print_json(&json!({ "tfa": false }));
    } else if context.switch("parseable", false) {
        out("tfa\tfalse");
    } else {
        out("Two factor authentication disabled.");
    }
    Ok(0)
}
