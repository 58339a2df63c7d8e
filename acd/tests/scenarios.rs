//! Runs every file of `tests/scenarios`: commands in, expected outputs indented below them. With
//! `HCTC_REWRITE=1` the files are rewritten with what the engine says; read the difference before
//! it is kept. Each scenario is also replayed from its events and restored from its snapshot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod scenario;

use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_scenario_goes_as_written() {
    let rewrite = std::env::var_os("HCTC_REWRITE").is_some();
    let mut wrong = Vec::new();
    for file in files() {
        let written = std::fs::read_to_string(&file).unwrap();
        let said = scenario::run(&written).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
        if said == written {
            continue;
        }
        if rewrite {
            std::fs::write(&file, said).unwrap();
            continue;
        }
        wrong.push(format!("{}\n{}", file.display(), difference(&written, &said)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn there_is_a_scenario_for_every_rule() {
    assert!(files().len() >= 20, "scenarios were lost");
}

fn difference(written: &str, said: &str) -> String {
    let (written, said): (Vec<&str>, Vec<&str>) = (written.lines().collect(), said.lines().collect());
    let at = (0..written.len().max(said.len())).find(|i| written.get(*i) != said.get(*i)).unwrap_or(0);
    let show = |lines: &[&str]| lines.iter().skip(at).take(6).map(|l| format!("    {l}\n")).collect::<String>();
    format!("  line {}: written\n{}  said\n{}", at + 1, show(&written), show(&said))
}
