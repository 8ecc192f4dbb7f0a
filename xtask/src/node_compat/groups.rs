//! Which of Node's test files belong to which group.

/// A named set of test files: those whose path in Node's `test/` starts with one of the prefixes.
#[derive(Debug)]
pub(super) struct Group {
    /// Its name on the command line and of its scoreboard.
    pub(super) name: &'static str,
    /// Starts of paths below `test/`, without the extension's beginning: `parallel/test-fs` matches `parallel/test-fs-stat.js`
    /// and `parallel/test-fs.js`, not `parallel/test-fsx.js`. A whole folder ends with `/`.
    prefixes: &'static [&'static str],
}

/// All groups; a file belongs to the first that takes it.
pub(super) const GROUPS: &[Group] = &[
    group("abort", &["abort/"]),
    group("assert", &["parallel/test-assert"]),
    group(
        "buffer",
        &[
            "parallel/test-buffer",
            "sequential/test-buffer",
            "parallel/test-blob",
            "parallel/test-file",
            "parallel/test-btoa",
            "parallel/test-atob",
        ],
    ),
    group(
        "child-process",
        &["parallel/test-child-process", "sequential/test-child-process", "parallel/test-spawn"],
    ),
    group("console", &["parallel/test-console"]),
    group(
        "events",
        &[
            "parallel/test-event",
            "parallel/test-events",
            "parallel/test-eventtarget",
            "parallel/test-eventsource",
            "parallel/test-abortcontroller",
            "parallel/test-aborted-util",
        ],
    ),
    group("fs", &["parallel/test-fs", "sequential/test-fs", "parallel/test-filehandle"]),
    group(
        "module",
        &[
            "parallel/test-module",
            "parallel/test-require",
            "sequential/test-module",
            "sequential/test-require",
            "module-hooks/",
            "parallel/test-cwd-enoent-preload",
            "parallel/test-preload",
            "parallel/test-find-package-json",
        ],
    ),
    group("es-module", &["es-module/"]),
    group("http", &["parallel/test-http", "sequential/test-http", "parallel/test-set-http-max-http-headers"]),
    group("https", &["parallel/test-https", "sequential/test-https"]),
    group("http2", &["parallel/test-http2", "sequential/test-http2"]),
    group(
        "net",
        &[
            "parallel/test-net",
            "sequential/test-net",
            "parallel/test-tcp",
            "parallel/test-pipe",
            "parallel/test-socket",
            "parallel/test-blocklist",
            "parallel/test-socketaddress",
        ],
    ),
    group("tls", &["parallel/test-tls", "sequential/test-tls"]),
    group("dgram", &["parallel/test-dgram", "sequential/test-dgram"]),
    group("dns", &["parallel/test-dns", "parallel/test-c-ares"]),
    group("fetch", &["parallel/test-fetch", "parallel/test-websocket", "parallel/test-undici"]),
    group("path", &["parallel/test-path"]),
    group(
        "process",
        &[
            "parallel/test-process",
            "sequential/test-process",
            "parallel/test-next-tick",
            "parallel/test-unhandled-exception",
            "parallel/test-stdin",
            "parallel/test-stdout",
            "parallel/test-signal",
            "parallel/test-exception-handler",
        ],
    ),
    group("promise", &["parallel/test-promise", "parallel/test-promises", "parallel/test-microtask"]),
    group("querystring", &["parallel/test-querystring"]),
    group(
        "stream",
        &["parallel/test-stream", "parallel/test-stream2", "parallel/test-stream3", "parallel/test-readable"],
    ),
    group("string-decoder", &["parallel/test-string-decoder"]),
    group(
        "timers",
        &[
            "parallel/test-timers",
            "sequential/test-timers",
            "parallel/test-set-interval",
            "parallel/test-nodeeventtarget",
        ],
    ),
    group("url", &["parallel/test-url", "parallel/test-urlpattern", "parallel/test-whatwg-url"]),
    group(
        "util",
        &[
            "parallel/test-util",
            "sequential/test-util",
            "parallel/test-parse-args",
            "parallel/test-structuredClone",
            "parallel/test-mime",
        ],
    ),
    group("whatwg", &["parallel/test-whatwg"]),
    group("worker", &["parallel/test-worker", "sequential/test-worker", "parallel/test-broadcastchannel"]),
    group("cluster", &["parallel/test-cluster", "sequential/test-cluster"]),
    group("zlib", &["parallel/test-zlib"]),
    group("crypto", &["parallel/test-crypto", "sequential/test-crypto"]),
    group("webcrypto", &["parallel/test-webcrypto"]),
    group(
        "webstreams",
        &["parallel/test-webstream", "parallel/test-webstreams", "parallel/test-compression"],
    ),
    group("sqlite", &["parallel/test-sqlite", "sqlite/"]),
    group("vm", &["parallel/test-vm"]),
    group("async-hooks", &["async-hooks/", "parallel/test-async", "parallel/test-async-hooks"]),
    group("diagnostics-channel", &["parallel/test-diagnostics-channel"]),
    group("readline", &["parallel/test-readline"]),
    group("repl", &["parallel/test-repl"]),
    group("runner", &["parallel/test-runner", "test-runner/"]),
    group("performance", &["parallel/test-performance", "parallel/test-perf"]),
    group("domain", &["parallel/test-domain"]),
    group("wasi", &["wasi/"]),
    group("wasm", &["parallel/test-wasm"]),
    group("trace-events", &["parallel/test-trace-events", "sequential/test-trace-events"]),
    group("inspector", &["parallel/test-inspector", "sequential/test-inspector"]),
    group("report", &["report/", "parallel/test-report"]),
    group("v8", &["parallel/test-v8", "parallel/test-heap", "sequential/test-heapdump"]),
    group(
        "cli",
        &[
            "parallel/test-cli",
            "parallel/test-dotenv",
            "parallel/test-node-run",
            "parallel/test-eval",
            "sequential/test-cli",
            "parallel/test-intl",
            "parallel/test-icu",
            "parallel/test-global",
        ],
    ),
    group("os", &["parallel/test-os", "parallel/test-tty", "parallel/test-punycode"]),
];

const fn group(name: &'static str, prefixes: &'static [&'static str]) -> Group {
    Group { name, prefixes }
}

impl Group {
    /// Whether this group's prefixes cover the path (below `test/`, with `/`).
    fn covers(&self, path: &str) -> bool {
        self.prefixes.iter().any(|prefix| {
            path.strip_prefix(prefix).is_some_and(|rest| {
                if prefix.ends_with('/') { !rest.contains('/') } else { rest.starts_with(['-', '.', '_']) }
            })
        })
    }
}

/// The group of a test file; none if no group takes it.
pub(super) fn group_of(path: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.covers(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(group_of(path).map(|group| group.name), expected, "{path}");
    }

    #[test]
    fn a_file_belongs_to_the_group_that_its_name_starts_with() {
        check("parallel/test-fs-stat.js", Some("fs"));
        check("parallel/test-fs.js", Some("fs"));
        check("parallel/test-fsx.js", None);
        check("parallel/test-url-domain-ascii-unicode.js", Some("url"));
        check("parallel/test-whatwg-encoding-custom-textdecoder.js", Some("whatwg"));
        check("es-module/test-esm-main.js", Some("es-module"));
        check("es-module/folder/test-x.js", None);
        check("parallel/test-http2-basic.js", Some("http2"));
    }

    #[test]
    fn no_group_stands_twice_and_no_prefix_in_two() {
        let mut seen = std::collections::HashSet::new();
        for group in GROUPS {
            assert!(seen.insert(group.name), "{}", group.name);
            for prefix in group.prefixes {
                assert!(seen.insert(prefix), "{prefix}");
            }
        }
    }
}
