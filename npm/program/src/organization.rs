//! Who may do what with packages: `access`, `team`, `org`, `owner`; and `star`, `unstar`, `stars`. What `libnpmaccess`,
//! `libnpmteam` and `libnpmorg` send for npm.

use crate::accounts::{component, print_json};
use crate::commands::user_name;
use crate::context::{Context, out};
use crate::failure::Failure;
use crate::help::wrong;
use crate::project::Project;
use crate::registry_call::{Call, about};
use oac_npm_registry::RegistryError;
use oac_npm_spec::{PackageSpec, escaped, locale_compare};
use serde_json::{Map, Value, json};

fn word(context: &Context, at: usize) -> &str {
    context.arguments.words.get(at).map_or("", String::as_str)
}

fn registry(context: &Context) -> Result<String, Failure> {
    Ok(context.config.registry_for("")?.folder())
}

fn get(context: &Context, path: &str) -> Result<Value, RegistryError> {
    let url = format!("{}{path}", context.config.registry_for("")?.folder());
    let body = Call::new(context).get(&url, "*/*")?;
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

fn send(context: &Context, method: &'static str, path: &str, body: &Value) -> Result<Value, Failure> {
    Call::new(context).send_json(method, &format!("{}{path}", registry(context)?), body)
}

/// `npm access list|get|set|grant|revoke`
pub(crate) fn access(context: &mut Context) -> Result<i32, Failure> {
    let (command, what) = (word(context, 0), word(context, 1));
    let usage = |why: &str| Err(wrong("access", why));
    match command {
        "" => return usage(""),
        "get" | "grant" | "list" | "revoke" | "set" => {}
        other => return usage(&format!("{other} is not a valid access command")),
    }
    if what.is_empty() {
        return usage("");
    }
    match command {
        "grant" => grant(context),
        "revoke" => {
            let name = own_or(context, word(context, 2), false)?;
            let (scope, team) = scope_and_team(what);
            send(context, "DELETE", &format!("-/team/{scope}/{team}/package"), &json!({ "package": name }))?;
            Ok(0)
        }
        "list" if what == "packages" => list_packages(context),
        "list" if what == "collaborators" => {
            let name = own_or(context, word(context, 2), false)?;
            let found = get(context, &format!("-/package/{}/collaborators", escaped(&name)))?;
            show_access(context, &found, word(context, 3));
            Ok(0)
        }
        "list" => usage(&format!("list {what} is not a valid access command")),
        "get" if what == "status" => show_status(context, &own_or(context, word(context, 2), false)?),
        "get" => usage(&format!("get {what} is not a valid access command")),
        _ => set_access(context, what),
    }
}

/// The package that is named, or the project's own.
fn own_or(context: &Context, given: &str, scoped: bool) -> Result<String, Failure> {
    let name = match given {
        "" => {
            let project = Project::read(&context.project, false)?;
            let missing = "no package name given and no package.json found";
            let none = || Failure::Coded { code: "ENOENT".into(), lines: vec![format!("enoent {missing}")] };
            project.manifest().name.ok_or_else(none)?
        }
        given => given.to_owned(),
    };
    let spec = PackageSpec::parse(&name)?;
    let name = spec.name.filter(|_| !scoped || name.starts_with('@'));
    name.ok_or_else(|| wrong("access", "This command is only available for scoped packages."))
}

/// The two halves of `@scope:team`, for an address.
fn scope_and_team(text: &str) -> (String, String) {
    let text = text.trim_start_matches('@');
    let (scope, team) = text.split_once(':').unwrap_or((text, ""));
    (component(scope), component(team))
}

fn grant(context: &Context) -> Result<i32, Failure> {
    let permissions = word(context, 1);
    if !matches!(permissions, "read-only" | "read-write") {
        return Err(wrong("access", "grant must be either `read-only` or `read-write`"));
    }
    let to = word(context, 2);
    if to.is_empty() {
        return Err(wrong("access", "`<scope:team>` argument is required"));
    }
    let name = own_or(context, word(context, 3), false)?;
    let (scope, team) = scope_and_team(to);
    if scope.is_empty() || team.is_empty() {
        return Err(Failure::Plain("team must be in format `scope:team`".into()));
    }
    let body = json!({ "package": name, "permissions": permissions });
    send(context, "PUT", &format!("-/team/{scope}/{team}/package"), &body)?;
    Ok(0)
}

fn list_packages(context: &Context) -> Result<i32, Failure> {
    let owner = match word(context, 2) {
        "" => user_name(context)?,
        given => given.to_owned(),
    };
    let (scope, team) = scope_and_team(&owner);
    let path = match team.as_str() {
        "" => format!("-/org/{scope}/package"),
        team => format!("-/team/{scope}/{team}/package"),
    };
    let found = match get(context, &path) {
        Err(RegistryError::Status { status: 404, .. }) => get(context, &format!("-/user/{scope}/package"))?,
        found => found?,
    };
    show_access(context, &found, word(context, 3));
    Ok(0)
}

fn show_access(context: &Context, found: &Value, only: &str) {
    let named = |value: &Value| match value.as_str() {
        Some("read") => "read-only".into(),
        Some("write") => "read-write".into(),
        _ => value.clone(),
    };
    let mut entries: Vec<(String, Value)> =
        found.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), named(value))).collect();
    if context.json() {
        return print_json(&Value::Object(entries.into_iter().collect()));
    }
    entries.sort_by(|(a, _), (b, _)| locale_compare(a, b));
    for (key, value) in entries.iter().filter(|(key, _)| only.is_empty() || key == only) {
        out(&format!("{key}: {}", value.as_str().unwrap_or_default()));
    }
}

fn show_status(context: &Context, name: &str) -> Result<i32, Failure> {
    let found = get(context, &format!("-/package/{}/visibility", escaped(name)))?;
    let status = if found["public"] == true { "public" } else { "private" };
    show_access(context, &json!({ name: status }), "");
    Ok(0)
}

fn set_access(context: &Context, what: &str) -> Result<i32, Failure> {
    let (key, value) = what.split_once('=').unwrap_or((what, ""));
    let is_status = key == "status";
    let body = match (key, value) {
        ("status", "public") => json!({ "access": "public" }),
        ("status", "private") => json!({ "access": "restricted" }),
        ("mfa" | "2fa", "none") => json!({ "publish_requires_tfa": false }),
        ("mfa" | "2fa", "publish" | "automation") => {
            json!({ "publish_requires_tfa": true, "automation_token_overrides_tfa": value == "automation" })
        }
        _ => return Err(wrong("access", &format!("set {what} is not a valid access command"))),
    };
    let name = own_or(context, word(context, 2), is_status)?;
    send(context, "POST", &format!("-/package/{}/access", escaped(&name)), &body)?;
    if is_status { show_status(context, &name) } else { Ok(0) }
}

/// `npm team create|destroy|add|rm|ls`
pub(crate) fn team(context: &mut Context) -> Result<i32, Failure> {
    let (command, entity, user) =
        (word(context, 0), word(context, 1).trim_start_matches('@'), word(context, 2));
    let (scope, team) = scope_and_team(entity);
    let of_team = format!("-/team/{scope}/{team}");
    let (done, text) = match command {
        "create" => {
            let (_, name) = entity.split_once(':').unwrap_or_default();
            send(context, "PUT", &format!("-/org/{scope}/team"), &json!({ "name": name }))?;
            (
                json!({ "created": true, "team": entity }),
                [format!("{entity}\tcreated"), format!("+@{entity}")],
            )
        }
        "destroy" => {
            send(context, "DELETE", &of_team, &Value::Null)?;
            (
                json!({ "deleted": true, "team": entity }),
                [format!("{entity}\tdeleted"), format!("-@{entity}")],
            )
        }
        "add" => {
            send(context, "PUT", &format!("{of_team}/user"), &json!({ "user": user }))?;
            let texts = [format!("{user}\t{entity}\tadded"), format!("{user} added to @{entity}")];
            (json!({ "added": true, "team": entity, "user": user }), texts)
        }
        "rm" => {
            send(context, "DELETE", &format!("{of_team}/user"), &json!({ "user": user }))?;
            let texts = [format!("{user}\t{entity}\tremoved"), format!("{user} removed from @{entity}")];
            (json!({ "removed": true, "team": entity, "user": user }), texts)
        }
        "ls" if team.is_empty() => {
            return list_team(context, entity, &format!("-/org/{scope}/team"), "team", "@");
        }
        "ls" => return list_team(context, entity, &format!("{of_team}/user"), "user", ""),
        _ => return Err(wrong("team", "")),
    };
    let [parseable, plain] = text;
    if context.json() {
        print_json(&done);
    } else if context.switch("parseable", false) {
        out(&parseable);
    } else {
        context.say(&plain);
    }
    Ok(0)
}

fn list_team(context: &Context, entity: &str, path: &str, what: &str, mark: &str) -> Result<i32, Failure> {
    let found = get(context, &format!("{path}?format=cli"))?;
    let mut names: Vec<String> =
        found.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    names.sort();
    if context.json() {
        print_json(&json!(names));
    } else if context.switch("parseable", false) {
        out(&names.join("\n"));
    } else {
        let (plural, more) =
            (if names.len() == 1 { "" } else { "s" }, if names.is_empty() { "" } else { ":" });
        context.say(&format!("@{entity} has {} {what}{plural}{more}", names.len()));
        names.iter().for_each(|name| context.say(&format!("{mark}{name}")));
    }
    Ok(0)
}

/// `npm org set|rm|ls`
pub(crate) fn org(context: &mut Context) -> Result<i32, Failure> {
    let command = word(context, 0);
    if !matches!(command, "add" | "set" | "rm" | "ls") {
        return Err(wrong("org", ""));
    }
    let (given, user) = (word(context, 1), word(context, 2));
    let missing = |what: &str| Err(Failure::Plain(format!("{what} is required.")));
    if given.is_empty() {
        return missing("First argument `orgname`");
    }
    let name = given.trim_start_matches('@');
    let path = format!("-/org/{}/user", component(name));
    if command == "ls" {
        return list_org(context, &path, user);
    }
    if user.is_empty() {
        return missing("Second argument `username`");
    }
    let member = user.trim_start_matches('@');
    if command == "rm" {
        send(context, "DELETE", &path, &json!({ "user": member }))?;
        let left = get(context, &path)?.as_object().map_or(0, Map::len);
        let (user, name) = (user.trim_start_matches(['~', '@']), given.trim_start_matches(['~', '@']));
        if context.json() {
            print_json(&json!({ "user": user, "org": name, "userCount": left, "deleted": true }));
        } else if context.switch("parseable", false) {
            out(&format!("user\torg\tuserCount\tdeleted\n{user}\t{name}\t{left}\ttrue"));
        } else {
            context.say(&format!("Successfully removed {user} from {name}. You now have {}.", members(left)));
        }
        return Ok(0);
    }
    let role = Some(word(context, 3)).filter(|role| !role.is_empty()).unwrap_or("developer");
    if !matches!(role, "owner" | "admin" | "developer") {
        return Err(Failure::Plain("Third argument `role` must be one of `owner`, `admin`, or `developer`, with `developer` being the default value if omitted.".into()));
    }
    let done = send(context, "PUT", &path, &json!({ "user": member, "role": role }))?;
    let (of, user, role) = (&done["org"], text(&done["user"]), text(&done["role"]));
    let size = of["size"].as_u64().unwrap_or(0);
    if context.json() {
        print_json(&done);
    } else if context.switch("parseable", false) {
        out(&format!("org\torgsize\tuser\trole\n{}\t{size}\t{user}\t{role}", text(&of["name"])));
    } else {
        let size = members(usize::try_from(size).unwrap_or(usize::MAX));
        context.say(&format!("Added {user} as {role} to {}. You now have {size}.", text(&of["name"])));
    }
    Ok(0)
}

fn members(count: usize) -> String {
    format!("{count} member{} in this org", if count == 1 { "" } else { "s" })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("undefined")
}

fn list_org(context: &Context, path: &str, user: &str) -> Result<i32, Failure> {
    let mut roster = get(context, path)?.as_object().cloned().unwrap_or_default();
    if !user.is_empty() {
        roster.retain(|name, _| name == user);
    }
    if context.json() {
        print_json(&Value::Object(roster));
    } else if context.switch("parseable", false) {
        out("user\trole");
        roster.iter().for_each(|(user, role)| out(&format!("{user}\t{}", text(role))));
    } else {
        let mut users: Vec<_> = roster.iter().collect();
        users.sort_by_key(|(user, _)| *user);
        users.iter().for_each(|(user, role)| context.say(&format!("{user} - {}", text(role))));
    }
    Ok(0)
}

/// `npm owner add|rm USER [PACKAGE]`
pub(crate) fn change_owners(context: &Context, user: &str, name: &str, add: bool) -> Result<i32, Failure> {
    let registry = context.config.registry_for(name)?.folder();
    let call = Call::new(context);
    let url = format!("{registry}-/user/org.couchdb.user:{}", component(user));
    let body = call.get(&url, "*/*").map_err(|error| {
        if !context.silent() {
            eprintln!("npm error owner mutate Error getting user data for {user}");
        }
        about(name, "*", error)
    })?;
    let found: Value = serde_json::from_slice(&body).unwrap_or_default();
    let person = json!({ "name": found["name"], "email": found["email"] });
    let packument = call.packument(name)?;
    let owners = packument["maintainers"].as_array().cloned().unwrap_or_default();
    let mut left: Vec<Value> =
        owners.iter().filter(|owner| owner["name"] != person["name"]).cloned().collect();
    match (add, left.len() == owners.len()) {
        (true, false) => {
            context.log("info", &format!("owner add Already a package owner: {user}"));
            return Ok(0);
        }
        (true, true) => left.push(person),
        (false, true) => {
            context.log("info", &format!("owner rm Not a package owner: {}", text(&person["name"])));
            return Ok(0);
        }
        (false, false) if left.is_empty() => {
            let why = "Cannot remove all owners of a package. Add someone else first.";
            return Err(Failure::Coded { code: "EOWNERRM".into(), lines: vec![why.into()] });
        }
        (false, false) => {}
    }
    let revision = component(packument["_rev"].as_str().unwrap_or("undefined"));
    let url = format!("{registry}{}/-rev/{revision}", escaped(name));
    let body = revised(&packument, "maintainers", Value::Array(left));
    call.send_json("PUT", &url, &body).map_err(|failure| {
        let said = failure.as_json().and_then(|json| json["error"]["summary"].as_str().map(str::to_owned));
        let why = format!("Failed to update package: {}", json!(said.unwrap_or_default()));
        Failure::Coded { code: "EOWNERMUTATE".into(), lines: vec![why] }
    })?;
    out(&format!("{} {user} ({name})", if add { "+" } else { "-" }));
    Ok(0)
}

/// A change of one field of a packument.
fn revised(packument: &Value, field: &str, value: Value) -> Value {
    let ids = ["_id", "_rev"].iter().filter_map(|key| Some(((*key).to_owned(), packument.get(key)?.clone())));
    Value::Object(ids.chain([(field.to_owned(), value)]).collect())
}

/// `npm star`, `npm unstar`
pub(crate) fn star(context: &mut Context) -> Result<i32, Failure> {
    let stars = context.command == "star";
    let first = word(context, 0).to_owned();
    if first.is_empty() {
        return Err(wrong(&context.command.clone(), ""));
    }
    let name = PackageSpec::parse(&first)?.name.unwrap_or(first);
    let user = user_name(context)?;
    let url = format!("{}{}", context.config.registry_for(&name)?.folder(), escaped(&name));
    let body = Call::new(context).get(&format!("{url}?write=true"), "application/json")?;
    let packument: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut users = packument["users"].as_object().cloned().unwrap_or_default();
    if stars {
        users.insert(user, true.into());
    } else {
        users.shift_remove(&user);
    }
    let body = revised(&packument, "users", Value::Object(users));
    Call::new(context).send_json("PUT", &url, &body)?;
    let mark = match (stars, context.switch("unicode", true)) {
        (true, true) => "\u{2605} ",
        (true, false) => "(*)",
        (false, true) => "\u{2606} ",
        (false, false) => "( )",
    };
    // As npm: only the first is taken.
    out(&format!("{mark} {name}"));
    Ok(0)
}

/// `npm stars [USER]`
pub(crate) fn stars(context: &mut Context) -> Result<i32, Failure> {
    let user = match word(context, 0) {
        "" => user_name(context)
            .inspect_err(|_| context.warn("stars auth is required to look up your username"))?,
        given => given.to_owned(),
    };
    let key = component(&format!("\"{user}\""));
    let found = get(context, &format!("-/_view/starredByUser?key={key}"))?;
    let rows = found["rows"].as_array().cloned().unwrap_or_default();
    if rows.is_empty() {
        context.warn("stars user has not starred any packages");
    }
    rows.iter().for_each(|row| out(text(&row["value"])));
    Ok(0)
}
