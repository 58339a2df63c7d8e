//! `hctc simulate` from outside: what it prints depends on its arguments alone.

use std::process::{Command, Output};

fn simulate(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hctc"));
    command.arg("simulate").args(arguments).output().expect("the binary starts")
}

#[test]
fn the_same_arguments_print_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("page.html");
    let page = page.to_str().expect("a plain path");
    let first = simulate(&["--seed", "5", "--hours", "1", "--html", page]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let told = String::from_utf8(first.stdout).expect("text");
    assert!(told.contains("service level") && told.contains("safe line"), "{told}");
    let written = std::fs::read_to_string(page).expect("the page was written");
    assert!(written.contains("<svg") && !written.contains("http"));
    let again = simulate(&["--seed", "5", "--hours", "1"]);
    assert_eq!(told, String::from_utf8(again.stdout).expect("text"));
    let other = simulate(&["--seed", "6", "--hours", "1", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&other.stdout).expect("JSON");
    assert!(json["arrived"].as_u64().is_some_and(|n| n > 100), "{json}");
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nowhere = folder.path().to_str().expect("a plain path");
    let refused = simulate(&["--journal", nowhere]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is no journal in"));
    let missing = format!("{nowhere}/centre.toml");
    assert!(!simulate(&["--centre", &missing]).status.success());
}
