//! The table: a line for each contact. Lanes are in it because the demonstration is logged in as a
//! supervisor cleared for safeguarding.

use super::cast::Way;
use super::evidence::{Evidence, File};
use serde_json::Value;

/// Prints it.
pub fn print(evidence: &Evidence) {
    let row = |cells: [&str; 9]| {
        let [n, who, way, path, waited, agent, lane, recording, record] = cells;
        println!("{n:>2}  {who:<10} {way:<6} {path:<28} {waited:>7}  {agent:<8} {lane:<14} {recording:<10} {record}");
    };
    row(["", "citizen", "by", "path", "waited", "agent", "lane", "recording", "CRM"]);
    for (n, file) in evidence.files.iter().enumerate() {
        let record = file.records.first().cloned().unwrap_or(Value::Null);
        let citizen = &file.outcome.citizen;
        let waited = record["waited_ms"].as_f64().map_or("-".into(), |ms| format!("{:.1} s", ms / 1_000.0));
        let number = (n + 1).to_string();
        row([
            &number,
            citizen.name,
            way(citizen.way),
            citizen.path,
            &waited,
            text(&record["agent"]),
            text(&record["lane"]),
            text(&record["recording"]["state"]),
            &reference(file, &record),
        ]);
    }
    for trouble in &evidence.troubles {
        println!("    (tried again) {trouble}");
    }
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Phone => "phone",
        Way::Web => "web",
        Way::Chat => "chat",
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// The case's reference where one was opened, and the record.
fn reference(file: &File, record: &Value) -> String {
    if file.records.is_empty() {
        return "no record".into();
    }
    let contact = text(&record["contact"]);
    match record["cases"][0]["reference"].as_str() {
        Some(case) => format!("{case} in {contact}"),
        None => contact.to_owned(),
    }
}
