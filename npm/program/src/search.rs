//! `npm search`.

use crate::context::{Context, out};
use crate::failure::Failure;
use crate::registry_call::Call;
use oac_npm_registry::RegistryError;
use serde_json::Value;

/// `npm search WORD…`
pub(crate) fn search(context: &mut Context) -> Result<i32, Failure> {
    let words: Vec<String> = context.arguments.words.iter().filter(|w| !w.is_empty()).cloned().collect();
    if words.is_empty() {
        return Err(Failure::Plain("search must be called with arguments".into()));
    }
    let limit = context.config.get("searchlimit").unwrap_or("20");
    let text = words.join(" ").to_lowercase();
    let text: String = text.split(' ').map(oac_npm_spec::escaped).collect::<Vec<_>>().join("%20");
    let registry = context.config.registry_for("")?.folder();
    let url = format!(
        "{registry}-/v1/search?text={text}&size={limit}&from=0&quality=0.65&popularity=0.98&maintenance=0.5"
    );
    let body = Call::new(context).get(&url, "application/json")?;
    let answer: Value = serde_json::from_slice(&body)
        .map_err(|e| RegistryError::MalformedPackument { url, problem: e.to_string() })?;
    let excluded: Vec<String> = context
        .config
        .get("searchexclude")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let found: Vec<&Value> = answer["objects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|object| &object["package"])
        .filter(|package| !excluded.iter().any(|word| words_of(package).contains(word.as_str())))
        .collect();
    if context.json() {
        let all: Vec<String> = found.iter().map(|package| package.to_string()).collect();
        out(&if all.is_empty() {
            "\n[]\n".to_owned()
        } else {
            format!("[\n\n{}\n]\n", all.join("\n\n,\n\n"))
        });
        return Ok(0);
    }
    if found.is_empty() && !context.switch("parseable", false) {
        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        out(&format!("No matches found for {}", quoted.join(" ")));
    }
    for package in found {
        out(&if context.switch("parseable", false) { line(package) } else { block(package) });
    }
    Ok(0)
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

fn keywords(package: &Value) -> Vec<&str> {
    package["keywords"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn maintainers(package: &Value) -> Vec<&str> {
    let list = package["maintainers"].as_array().into_iter().flatten();
    list.filter_map(|m| m["username"].as_str()).collect()
}

fn words_of(package: &Value) -> String {
    let all = [vec![text(package, "name")], maintainers(package), keywords(package)].concat();
    all.join(" ").to_lowercase()
}

fn date(package: &Value) -> &str {
    text(package, "date").get(..10).unwrap_or("prehistoric")
}

fn line(package: &Value) -> String {
    let keywords = keywords(package).join(",");
    let columns = [
        text(package, "name"),
        text(package, "description"),
        date(package),
        text(package, "version"),
        &keywords,
    ];
    columns.iter().filter(|c| !c.is_empty()).map(|c| c.replace('\t', " ")).collect::<Vec<_>>().join("\t")
}

fn block(package: &Value) -> String {
    let mut lines = vec![text(package, "name").to_owned()];
    if !text(package, "description").is_empty() {
        lines.push(text(package, "description").to_owned());
    }
    let publisher = package["publisher"]["username"].as_str().unwrap_or("???");
    lines.push(format!("Version {} published {} by {publisher}", text(package, "version"), date(package)));
    lines.push(format!("Maintainers: {}", maintainers(package).join(" ")));
    if !keywords(package).is_empty() {
        lines.push(format!("Keywords: {}", keywords(package).join(" ")));
    }
    // npm shows an address of its own here; the registry's is as good.
    if let Some(link) = package["links"]["npm"].as_str() {
        lines.push(link.to_owned());
    }
    lines.join("\n") + "\n"
}
