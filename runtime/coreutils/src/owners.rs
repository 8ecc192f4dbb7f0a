//! Names of users and groups: passwd(5), group(5).

use std::fs;

/// A database of names.
#[derive(Clone, Copy)]
pub(crate) enum Database {
    Users,
    Groups,
}

impl Database {
    fn text(self) -> String {
        let file = match self {
            Database::Users => "/etc/passwd",
            Database::Groups => "/etc/group",
        };
        // Without the file nobody has a name.
        fs::read_to_string(file).unwrap_or_default()
    }

    /// The name of a number.
    pub(crate) fn name(self, number: u32) -> Option<String> {
        find(&self.text(), |fields| fields.get(2) == Some(&number.to_string().as_str()))
            .map(|fields| fields[0].to_owned())
    }

    /// The number of a name, or of a number written out.
    pub(crate) fn number(self, name: &str) -> Option<u32> {
        let text = self.text();
        let found = find(&text, |fields| fields.first() == Some(&name));
        found.and_then(|fields| fields.get(2)?.parse().ok()).or_else(|| name.parse().ok())
    }

    /// The primary group of a user.
    pub(crate) fn primary_group(name: &str) -> Option<u32> {
        find(&Database::Users.text(), |fields| fields.first() == Some(&name))
            .and_then(|fields| fields.get(3)?.parse().ok())
    }
}

fn find(text: &str, wanted: impl Fn(&[&str]) -> bool) -> Option<Vec<&str>> {
    text.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| wanted(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expect: Option<&str>) {
        let found = find(text, |fields| fields.first() == Some(&name));
        assert_eq!(found.as_ref().and_then(|fields| fields.get(2).copied()), expect, "{name}");
    }

    #[test]
    fn records() {
        let text = "root:x:0:0:root:/root:/bin/sh\nbroken\n\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        check(text, "alice", Some("1000"));
        check(text, "root", Some("0"));
        check(text, "broken", None);
        check(text, "bob", None);
    }
}
