//! What npm says of an install when it is done.

use std::time::Duration;

/// The numbers of an install.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    pub(crate) changed: usize,
    pub(crate) funding: usize,
}

/// npm's closing lines.
pub(crate) fn closing_lines(summary: &Summary, took: Duration) -> String {
    let mut text = String::from("\n");
    let count = |n: usize| format!("{n} package{}", if n == 1 { "" } else { "s" });
    let (added, removed, changed) = (summary.added, summary.removed, summary.changed);
    if added == 0 && removed == 0 && changed == 0 {
        text.push_str("up to date");
    } else {
        if added > 0 {
            text.push_str(&format!("added {}", count(added)));
        }
        if removed > 0 {
            if added > 0 {
                text.push_str(", ");
                if changed == 0 {
                    text.push_str("and ");
                }
            }
            text.push_str(&format!("removed {}", count(removed)));
        }
        if changed > 0 {
            if added > 0 || removed > 0 {
                text.push_str(", and ");
            }
            text.push_str(&format!("changed {}", count(changed)));
        }
    }
    text.push_str(&format!(" in {}", duration(took)));
    if summary.funding > 0 {
        let (n, verb) = (summary.funding, if summary.funding == 1 { "is" } else { "are" });
        text.push_str(&format!("\n\n{} {verb} looking for funding\n  run `npm fund` for details", count(n)));
    }
    text
}

/// A duration as npm's `ms` writes it: `986ms`, `2s`, `1m`.
fn duration(took: Duration) -> String {
    let ms = took.as_millis();
    let rounded = |unit: u128| (ms + unit / 2) / unit;
    match ms {
        0..1000 => format!("{ms}ms"),
        1000..60_000 => format!("{}s", rounded(1000)),
        60_000..3_600_000 => format!("{}m", rounded(60_000)),
        _ => format!("{}h", rounded(3_600_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(added: usize, removed: usize, changed: usize, ms: u64, expect: &str) {
        let summary = Summary { added, removed, changed, funding: 0 };
        assert_eq!(closing_lines(&summary, Duration::from_millis(ms)), format!("\n{expect}"));
    }

    // As npm's reify-output words them.
    #[test]
    fn summaries() {
        check(0, 0, 0, 400, "up to date in 400ms");
        check(65, 0, 0, 1600, "added 65 packages in 2s");
        check(1, 1, 0, 61_000, "added 1 package, and removed 1 package in 1m");
        check(1, 1, 2, 1000, "added 1 package, removed 1 package, and changed 2 packages in 1s");
        check(0, 2, 0, 999, "removed 2 packages in 999ms");
    }
}
