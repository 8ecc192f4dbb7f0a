//! An audit as text, as `npm-audit-report` words it.

use serde_json::Value;

/// The closing lines, and under `npm install` where to read more.
pub(super) fn summary(report: &Value) -> String {
    let counts = &report["metadata"]["vulnerabilities"];
    let total = counts["total"].as_u64().unwrap_or(0);
    if total == 0 {
        return "found 0 vulnerabilities".to_owned();
    }
    let found: Vec<(&str, u64)> = ["low", "moderate", "high", "critical"]
        .into_iter()
        .filter_map(|severity| Some((severity, counts[severity].as_u64().filter(|n| *n > 0)?)))
        .collect();
    let mut lines = vec![match found.as_slice() {
        [(severity, 1)] => format!("1 {severity} severity vulnerability"),
        [(severity, count)] => format!("{count} {severity} severity vulnerabilities"),
        many => {
            let each: Vec<String> =
                many.iter().map(|(severity, count)| format!("{count} {severity}")).collect();
            format!("{total} vulnerabilities ({})", each.join(", "))
        }
    }];
    let fixes: Vec<&Value> = vulnerabilities(report).map(|(_, v)| &v["fixAvailable"]).collect();
    let plain = fixes.iter().any(|f| **f == Value::Bool(true));
    let none = fixes.iter().any(|f| **f == Value::Bool(false));
    let force = fixes.iter().any(|f| f.is_object());
    let major = fixes.iter().any(|f| f["isSemVerMajor"] == Value::Bool(true));
    if plain {
        let which = if force || none { "issues that do not require attention" } else { "all issues" };
        lines.push(format!("\nTo address {which}, run:\n  npm audit fix"));
    }
    if force {
        let possible = if none { " possible" } else { "" };
        let breaking = if major { " (including breaking changes)" } else { "" };
        lines.push(format!("\nTo address all issues{possible}{breaking}, run:\n  npm audit fix --force"));
    }
    if none {
        lines.push("\nSome issues need review, and may require choosing\na different dependency.".to_owned());
    }
    lines.join("\n")
}

/// The whole report.
pub(super) fn detail(report: &Value) -> String {
    if vulnerabilities(report).next().is_none() {
        return summary(report);
    }
    let mut lines = vec!["# npm audit report".to_owned(), String::new()];
    let mut printed = Vec::new();
    for (name, vuln) in vulnerabilities(report) {
        let own = vuln["via"].as_array().is_some_and(|via| via.iter().any(Value::is_object));
        if own {
            // npm leaves an empty line for what it has shown before.
            lines.push(of_package(report, name, &mut printed, 0).unwrap_or_default());
        }
    }
    lines.push(summary(report));
    lines.join("\n")
}

fn vulnerabilities(report: &Value) -> impl Iterator<Item = (&String, &Value)> {
    report["vulnerabilities"].as_object().into_iter().flatten()
}

fn of_package<'a>(
    report: &'a Value,
    name: &'a str,
    printed: &mut Vec<&'a str>,
    depth: usize,
) -> Option<String> {
    if printed.contains(&name) {
        return None;
    }
    printed.push(name);
    let vuln = &report["vulnerabilities"][name];
    let text = |value: &'a Value| value.as_str().unwrap_or("undefined");
    let top = depth == 0;
    let mut lines = vec![format!("{name}  {}", text(&vuln["range"]))];
    if top && text(&vuln["severity"]) != "low" {
        lines.push(format!("Severity: {}", text(&vuln["severity"])));
    }
    for via in vuln["via"].as_array().into_iter().flatten() {
        match via.as_str() {
            Some(cause) => lines.push(format!("Depends on vulnerable versions of {cause}")),
            None if top => lines.push(format!("{} - {}", text(&via["title"]), text(&via["url"]))),
            None => {}
        }
    }
    if top {
        match &vuln["fixAvailable"] {
            Value::Bool(false) => lines.push("No fix available".into()),
            Value::Bool(true) => lines.push("fix available via `npm audit fix`".into()),
            fix => {
                let major = fix["isSemVerMajor"] == Value::Bool(true);
                let kind = if major { "a breaking change" } else { "outside the stated dependency range" };
                lines.push("fix available via `npm audit fix --force`".into());
                let (name, version) = (text(&fix["name"]), text(&fix["version"]));
                lines.push(format!("Will install {name}@{version}, which is {kind}"));
            }
        }
    }
    let list = |key: &str| vuln[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(list("nodes").map(str::to_owned));
    for effect in list("effects") {
        if let Some(inner) = of_package(report, effect, printed, depth + 1) {
            lines.extend(inner.split('\n').map(str::to_owned));
        }
    }
    if top {
        lines.push(String::new());
    }
    let indent = if top { "" } else { "  " };
    Some(lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n"))
}
