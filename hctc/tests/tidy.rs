//! House rules as a test: which crate may use which, what pure code may not touch, how long files
//! and functions may be, and what no file may say. An exception is listed here with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Lines a Rust file may have outside its tests.
const FILE_LINES: usize = 500;
/// Lines a function may have.
const FUNCTION_LINES: usize = 70;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[
    ("vocabulary/src/event.rs", "one enum with a documented field a line: splitting it would hide the journal's shape"),
];

/// Functions that may be longer, each with its reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

/// Which of our crates each may use (ARCHITECTURE.md draws the same).
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("vocabulary", &[]),
    ("acd", &["vocabulary"]),
    ("ivr-flows", &["vocabulary"]),
    ("sip-gateway", &["vocabulary"]),
    ("chat", &["vocabulary"]),
    ("recordings", &["vocabulary"]),
    ("crm", &["vocabulary"]),
    ("journey", &["vocabulary", "acd", "ivr-flows"]),
    ("simulator", &["vocabulary", "acd", "ivr-flows", "journey"]),
    ("console", &["vocabulary", "acd", "ivr-flows", "chat", "recordings", "crm"]),
];

/// Third-party crates that only code with a world around it may name.
const WORLDLY: &[&str] = &[
    "tokio", "mio", "socket2", "std::net::", "std::fs", "std::thread", "std::time::Instant", "std::time::SystemTime",
    "Instant::now", "SystemTime::now", "rand::", "HashMap", "HashSet", "std::env", "std::process",
];

/// Names of `std::net` that are plain values.
const PLAIN_ADDRESSES: &[&str] = &["IpAddr", "SocketAddr", "Ipv4Addr", "Ipv6Addr"];

/// Channels without a bound, each with its reason.
const UNBOUNDED: &[(&str, &str)] = &[];

/// The line without imports of plain addresses.
fn without_plain_addresses(line: &str) -> String {
    let Some((before, names)) = line.split_once("std::net::") else { return line.to_owned() };
    let mut words = names.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    if words.all(|w| PLAIN_ADDRESSES.contains(&w)) { before.to_owned() } else { line.to_owned() }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// Every file below the root that git would take, by path relative to the root.
fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules" | "dist" | "data") {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                let shown = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
                if let Ok(text) = fs::read_to_string(&path) {
                    found.push((shown, text));
                }
            }
        }
    }
    found.sort();
    found
}

/// The part of a source before its in-file tests.
fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]").map_or(text, |i| &text[..i])
}

fn is_test_path(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/fuzz/") || path.contains("/examples/") || path.contains("/benches/")
}

/// Pure by path: DESIGN's rule, kept in ARCHITECTURE.md.
fn is_pure(path: &str) -> bool {
    let crate_name = path.split('/').next().unwrap_or_default();
    let pure_crates = ["vocabulary", "acd", "ivr-flows", "journey", "simulator", "sip-gateway", "chat", "recordings"];
    path.contains("/src/")
        && pure_crates.contains(&crate_name)
        && !path.contains("/live/")
        && !path.ends_with("/live.rs")
        && !path.contains("/bin/")
        && !is_test_path(path)
}

fn assert_none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn crates_point_one_way() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo metadata");
    let ours: BTreeSet<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    let allowed: BTreeMap<&str, &[&str]> = DIRECTIONS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = allowed.get(package.name.as_str()) else { continue };
        for dependency in &package.dependencies {
            if ours.contains(&dependency.name) && !allowed.contains(&dependency.name.as_str()) {
                wrong.push(format!("{} uses {}", package.name, dependency.name));
            }
        }
    }
    assert_none("crates that should not meet", wrong);
}

#[test]
fn pure_code_touches_no_world() {
    let mut wrong = Vec::new();
    for (path, text) in files(".rs").into_iter().filter(|(path, _)| is_pure(path)) {
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let clean = without_plain_addresses(code);
            for word in WORLDLY.iter().filter(|word| clean.contains(**word)) {
                wrong.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    assert_none("pure code that reaches into the world", wrong);
}

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut wrong = Vec::new();
    for (path, text) in files(".rs").into_iter().filter(|(path, _)| !is_test_path(path)) {
        let lines = without_tests(&text).lines().count();
        if lines > FILE_LINES && !LONG_FILES.iter().any(|(file, _)| *file == path) {
            wrong.push(format!("{path}: {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{path}: does not open with what it owns (`//!`)"));
        }
    }
    assert_none("files", wrong);
}

#[test]
fn functions_are_short() {
    let mut wrong = Vec::new();
    for (path, text) in files(".rs").into_iter().filter(|(path, _)| !is_test_path(path)) {
        for (name, line, length) in functions(without_tests(&text)) {
            let at = format!("{path}:{name}");
            if length > FUNCTION_LINES && !LONG_FUNCTIONS.iter().any(|(function, _)| *function == at) {
                wrong.push(format!("{path}:{line}: {name} has {length} lines"));
            }
        }
    }
    assert_none("functions", wrong);
}

/// Functions of a source as (name, first line, length), found by indentation: rustfmt puts the
/// closing brace under the `fn`.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let code = ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "]
            .iter()
            .fold(trimmed, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
        let Some(rest) = code.strip_prefix("fn ") else { continue };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // A trait only names some: no body follows.
        if lines[start..].iter().find(|l| l.ends_with('{') || l.ends_with(';')).is_some_and(|l| l.ends_with(';')) {
            continue;
        }
        let close = format!("{}}}", " ".repeat(line.len() - trimmed.len()));
        if let Some(length) = lines[start..].iter().position(|l| *l == close) {
            found.push((name, start + 1, length + 1));
        }
    }
    found
}

#[test]
fn nothing_is_unbounded_unfinished_or_unwrapped() {
    const BANNED: &[(&str, &str)] = &[
        ("unbounded_channel", "an unbounded channel"),
        ("mpsc::channel()", "an unbounded channel"),
        (".unwrap()", "unwrap outside tests: state the invariant with expect"),
        ("todo!(", "unfinished"),
        ("unimplemented!(", "unfinished"),
    ];
    let mut wrong = Vec::new();
    for (path, text) in files(".rs").into_iter().filter(|(path, _)| !is_test_path(path)) {
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (word, why) in BANNED.iter().filter(|(word, _)| code.contains(word)) {
                if why.contains("channel") && UNBOUNDED.iter().any(|(file, _)| *file == path) {
                    continue;
                }
                wrong.push(format!("{path}:{}: {why} ({word})", number + 1));
            }
        }
    }
    assert_none("code", wrong);
}

#[test]
fn tests_wait_for_events_not_for_time() {
    let wrong = files(".rs")
        .into_iter()
        .filter(|(path, _)| path.contains("/tests/") && !path.ends_with("tidy.rs"))
        .flat_map(|(path, text)| {
            let sleeps = text.lines().enumerate().filter(|(_, line)| line.contains("sleep(")).map(|(n, _)| n + 1);
            sleeps.map(|n| format!("{path}:{n}")).collect::<Vec<_>>()
        })
        .collect();
    assert_none("sleeps in tests", wrong);
}

#[test]
fn sql_stays_in_the_stores() {
    const SQL_HOMES: &[&str] = &["crm/src/", "console/src/store", "console/src/credentials", "hctc/src/journal", "hctc/src/store"];
    let wrong = files(".rs")
        .into_iter()
        .filter(|(path, _)| !is_test_path(path) && !SQL_HOMES.iter().any(|home| path.starts_with(home)))
        .filter(|(_, text)| ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "].iter().any(|w| without_tests(text).contains(w)))
        .map(|(path, _)| path)
        .collect();
    assert_none("SQL outside the stores", wrong);
}
