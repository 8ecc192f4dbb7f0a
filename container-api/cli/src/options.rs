//! The options of `oac run`, in one list: the help text, the completions and the suggestions are made from it.

/// What a shell offers for an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Nothing,
    Files,
    Directories,
    Variables,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunOption {
    pub(crate) short: Option<char>,
    pub(crate) long: &'static str,
    /// What stands for its value in the help text, `=…` or ` …`; empty for a switch.
    pub(crate) value: &'static str,
    pub(crate) offer: Offer,
    /// Lines; the first is what completions show.
    pub(crate) help: &'static [&'static str],
}

const fn option(
    short: Option<char>,
    long: &'static str,
    value: &'static str,
    offer: Offer,
    help: &'static [&'static str],
) -> RunOption {
    RunOption { short, long, value, offer, help }
}

/// In the order of the help text.
pub(crate) const RUN_OPTIONS: &[RunOption] = &[
    option(
        Some('v'),
        "volume",
        " HOST:GUEST[:ro]",
        Offer::Directories,
        &["show a directory of this machine at GUEST; may be given more than once"],
    ),
    option(
        Some('w'),
        "workdir",
        " DIR",
        Offer::Nothing,
        &["start in this directory of the container (made if missing; default /)"],
    ),
    option(
        Some('e'),
        "env",
        " NAME=VALUE",
        Offer::Variables,
        &["set a variable; -e NAME passes this machine's value on"],
    ),
    option(
        Some('p'),
        "publish",
        " HOST:GUEST",
        Offer::Nothing,
        &[
            "let 127.0.0.1:HOST of this machine lead to port GUEST of the container;",
            "ADDRESS:HOST:GUEST listens on another address, e.g. 0.0.0.0:80:3000",
        ],
    ),
    option(
        Some('t'),
        "tty",
        "",
        Offer::Nothing,
        &[
            "give the program a terminal: this one's size and keys, ^C and ^Z for what runs in",
            "its foreground",
        ],
    ),
    option(
        Some('i'),
        "interactive",
        "",
        Offer::Nothing,
        &["pass standard input on; it is passed on anyway, so this is for the habit of -it"],
    ),
    option(
        None,
        "allow-net",
        "[=HOST,...]",
        Offer::Nothing,
        &[
            "let programs connect to the outside: to any host but this machine itself, or to these",
            "(example.com, *.example.com, localhost:8080; * for any); may be given again",
        ],
    ),
    option(
        None,
        "engine",
        " NAME",
        Offer::Nothing,
        &["the JavaScript engine of node: quickjs (auto) or boa, which is Rust alone, and slower"],
    ),
    option(
        None,
        "only-http",
        "",
        Offer::Nothing,
        &["with --allow-net: HTTP(S) requests only, made by oac for the programs, as in a page"],
    ),
    option(None, "no-npmrc", "", Offer::Nothing, &["do not tell npm which registries this machine uses"]),
    option(
        None,
        "npm-store",
        " DIR",
        Offer::Directories,
        &["share the packages that npm fetches with other containers there (default: see below)"],
    ),
    option(None, "no-npm-store", "", Offer::Nothing, &["share no packages with other containers"]),
    option(
        None,
        "memory",
        " SIZE",
        Offer::Nothing,
        &["memory of all programs together, e.g. 512M; one that wants more is killed"],
    ),
    option(None, "disk", " SIZE", Offer::Nothing, &["bytes of the container's own files (default 4G)"]),
    option(
        None,
        "cpus-time",
        " TIME",
        Offer::Nothing,
        &["processor time of all programs together, e.g. 30s; who then runs gets SIGXCPU"],
    ),
    option(
        None,
        "timeout",
        " TIME",
        Offer::Nothing,
        &["end the container after e.g. 500ms, 60s, 5m, whatever it does meanwhile"],
    ),
    option(None, "pids", " N", Offer::Nothing, &["programs at a time, at most (default 256)"]),
    option(
        None,
        "event-log",
        " FILE",
        Offer::Files,
        &["write what happens to FILE, a JSON object a line: starts, ends, ports, requests, files"],
    ),
    option(Some('h'), "help", "", Offer::Nothing, &["show this"]),
];

/// The options as the help text shows them.
pub(crate) fn listing() -> String {
    /// Where the explanations begin.
    const COLUMN: usize = 33;
    let mut text = String::new();
    for option in RUN_OPTIONS {
        let short = option.short.map_or("    ".into(), |short| format!("-{short}, "));
        let mut line = format!("  {short}--{}{}", option.long, option.value);
        for help in option.help {
            if line.len() >= COLUMN {
                text.push_str(&line);
                text.push('\n');
                line.clear();
            }
            text.push_str(&format!("{line:COLUMN$}{help}\n"));
            line.clear();
        }
    }
    text
}

/// The word among these that somebody has most likely meant.
pub(crate) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let closeness = |candidate: &str| {
        let distance = distance(word, candidate);
        // A third of the letters may be wrong; a beginning counts as nearly right.
        let begun = word.len() >= 3 && candidate.starts_with(word);
        (begun || distance * 3 <= candidate.len()).then_some(if begun { 0 } else { distance })
    };
    known
        .into_iter()
        .filter_map(|candidate| Some((closeness(candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to change, add, take away or swap with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let change = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(meant(word, RUN_OPTIONS.iter().map(|option| option.long)), expected, "{word}");
        };
        check("volumes", Some("volume"));
        check("memroy", Some("memory"));
        check("cpu-time", Some("cpus-time"));
        check("allow_net", Some("allow-net"));
        check("publsih", Some("publish"));
        check("inter", Some("interactive"));
        check("colour", None);
        check("x", None);
    }

    #[test]
    fn the_listing_fits_a_terminal() {
        let text = listing();
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
        assert!(RUN_OPTIONS.iter().all(|option| text.contains(&format!("--{}", option.long))));
    }
}
