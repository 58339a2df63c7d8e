//! Findings as one HTML page: charts in SVG inside it, nothing fetched from anywhere, light and dark
//! as the reader's screen is set.

use super::findings::{Findings, percent, seconds, tenths};
use std::fmt::Write;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #16212b; --dim: #5a6772; --paper: #fbfcfd; --line: #d9dfe4;
  --a: #0b6e99; --b: #c2571a; --c: #4b7f1c; --d: #8a3ffc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebef; --dim: #9aa7b2; --paper: #11181e; --line: #2c3841;
  --a: #5cc3f0; --b: #ffa266; --c: #9bd35a; --d: #c9a3ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 68rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; padding: 0; }
.facts div { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
.facts dt { color: var(--dim); font-size: .85rem; } .facts dd { margin: 0; font-size: 1.35rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } caption { text-align: left; color: var(--dim); }
svg { width: 100%; height: auto; } svg text { fill: var(--dim); font-size: 11px; }
.grid { stroke: var(--line); } .s0 { stroke: var(--a); } .s1 { stroke: var(--b); } .s2 { stroke: var(--c); }
.s3 { stroke: var(--d); } polyline { fill: none; stroke-width: 2; }
.s1 { stroke-dasharray: 7 3; } .s2 { stroke-dasharray: 2 3; }
.k0 { color: var(--a); } .k1 { color: var(--b); } .k2 { color: var(--c); } .k3 { color: var(--d); }
.key span { margin-right: 1.2rem; } .key span::before { content: '\\25AC '; }
";

/// A line of a chart: its name and one value for each quarter-hour, in tenths.
struct Line<'a> {
    name: &'a str,
    values: Vec<u64>,
}

pub(super) fn page(findings: &Findings) -> String {
    let mut page = String::new();
    write_page(&mut page, findings).expect("a text takes what is written to it");
    page
}

fn write_page(page: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(page, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">")?;
    writeln!(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(page, "<title>Simulated centre, seed {}</title>\n<style>{STYLE}</style>", findings.seed)?;
    writeln!(page, "<h1>The centre in virtual time</h1>")?;
    writeln!(
        page,
        "<p>{} hours, {} % of the planned load, {} agents set up, seed {}. Quarter-hours are means of all days.</p>",
        findings.hours, findings.load, findings.agents, findings.seed
    )?;
    write_facts(page, findings)?;
    let of = |value: &dyn Fn(&super::QuarterRow) -> u64| findings.quarters.iter().map(value).collect::<Vec<u64>>();
    let line = |name, value: &dyn Fn(&super::QuarterRow) -> u64| Line { name, values: of(value) };
    write_chart(
        page,
        findings,
        "Who came, by quarter-hour",
        "contacts",
        &[
            line("everyone", &|q| q.arrived),
            line("calls for a person", &|q| q.calls),
            line("texts for a person", &|q| q.texts),
        ],
    )?;
    write_chart(
        page,
        findings,
        "Agents: here, needed, busy",
        "agents",
        &[
            line("on the floor", &|q| q.staffed),
            line("needed (Erlang C for calls and safe line, texts by their load)", &|q| u64::from(q.need) * 10),
            line("busy", &|q| q.busy),
        ],
    )?;
    write_chart(
        page,
        findings,
        "Answered in time, and given up",
        "% / contacts",
        &[line("in time, % of answered", &|q| q.service_level), line("gave up", &|q| q.abandoned)],
    )?;
    write_waits(page, findings)?;
    write_queues(page, findings)?;
    write_quarters(page, findings)?;
    write_staffing(page, findings)?;
    writeln!(page, "</html>")
}

fn write_facts(page: &mut String, findings: &Findings) -> std::fmt::Result {
    let facts = [
        ("Contacts", findings.arrived.to_string()),
        ("Served by flows alone", findings.self_served.to_string()),
        ("Asked for a person", findings.asked.to_string()),
        ("Answered in time", percent(findings.service_level)),
        ("Gave up", findings.abandoned.to_string()),
        ("Occupancy", percent(findings.occupancy)),
        ("Most waiting at once", findings.most_waiting.to_string()),
        ("Call-backs agreed", findings.call_backs.to_string()),
        ("Overflowed", findings.overflow.values().sum::<u64>().to_string()),
        ("Answered outside", findings.outside.to_string()),
    ];
    writeln!(page, "<dl class=\"facts\">")?;
    for (name, value) in facts {
        writeln!(page, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    writeln!(page, "</dl>\n<p><strong>The safe line:</strong> {}.</p>", findings.promise)
}

/// Width and height of a chart's field, and the room at its left and below it.
const FIELD: (usize, usize) = (900, 220);
const MARGIN: (usize, usize) = (48, 24);

fn write_chart(page: &mut String, findings: &Findings, title: &str, unit: &str, lines: &[Line]) -> std::fmt::Result {
    let most = lines.iter().flat_map(|line| &line.values).copied().max().unwrap_or(0);
    let top = ceiling(most.max(10));
    let (width, height) = (FIELD.0 + MARGIN.0 + 12, FIELD.1 + MARGIN.1 + 12);
    writeln!(page, "<h2>{title}</h2>\n<p class=\"key\">")?;
    for (i, line) in lines.iter().enumerate() {
        writeln!(page, "<span class=\"k{i}\">{}</span>", line.name)?;
    }
    writeln!(page, "</p>\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">")?;
    for step in 0..=4 {
        let (y, value) = (6 + FIELD.1 - FIELD.1 * step / 4, top * step as u64 / 4);
        writeln!(
            page,
            "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
            MARGIN.0,
            MARGIN.0 + FIELD.0
        )?;
        writeln!(page, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", MARGIN.0 - 6, y + 4, short(value))?;
    }
    writeln!(page, "<text x=\"2\" y=\"{}\">{unit}</text>", height - 4)?;
    let quarters = findings.quarters.len().max(2);
    let x = |n: usize| MARGIN.0 + FIELD.0 * n / (quarters - 1);
    for (n, quarter) in findings.quarters.iter().enumerate().filter(|(n, _)| n % 12 == 0) {
        let (x, y) = (x(n), 6 + FIELD.1 + 16);
        writeln!(page, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", quarter.from)?;
    }
    for (i, line) in lines.iter().enumerate() {
        let point = |(n, value): (usize, &u64)| {
            let y = 6 + FIELD.1 - (FIELD.1 as u64 * value / top) as usize;
            format!("{},{y}", x(n))
        };
        let points: Vec<String> = line.values.iter().enumerate().map(point).collect();
        writeln!(
            page,
            "<polyline class=\"s{i}\" points=\"{}\"><title>{}</title></polyline>",
            points.join(" "),
            line.name
        )?;
    }
    writeln!(page, "</svg>")
}

/// The next round number, in tenths, that four steps divide.
fn ceiling(value: u64) -> u64 {
    let mut size = 40;
    loop {
        for factor in [1, 2, 5] {
            if size * factor >= value {
                return size * factor;
            }
        }
        size *= 10;
    }
}

/// Tenths without a needless decimal.
fn short(n: u64) -> String {
    if n.is_multiple_of(10) { (n / 10).to_string() } else { tenths(n) }
}

fn write_table(page: &mut String, title: &str, heads: &[&str], rows: &[Vec<String>]) -> std::fmt::Result {
    writeln!(page, "<h2>{title}</h2>\n<div class=\"scroll\"><table>\n<tr>")?;
    heads.iter().try_for_each(|head| writeln!(page, "<th scope=\"col\">{head}</th>"))?;
    writeln!(page, "</tr>")?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        writeln!(page, "<tr>{}</tr>", cells.concat())?;
    }
    writeln!(page, "</table></div>")
}

fn write_waits(page: &mut String, findings: &Findings) -> std::fmt::Result {
    let rows = findings.waits.iter().map(|row| {
        let kind = if row.voice { "voice" } else { "text" };
        vec![
            format!("{} {}, {kind}", row.lane.as_str(), row.risk.as_str()),
            row.waits.count.to_string(),
            seconds(row.waits.half),
            seconds(row.waits.most),
            seconds(row.waits.longest),
            row.unreached.to_string(),
        ]
    });
    let heads = ["Lane and risk", "reached a human", "half within", "90 % within", "longest", "not reached"];
    write_table(page, "Waits", &heads, &rows.collect::<Vec<_>>())
}

fn write_queues(page: &mut String, findings: &Findings) -> std::fmt::Result {
    let rows = findings.queues.iter().map(|row| {
        vec![
            row.queue.to_string(),
            row.asked.to_string(),
            row.answered.to_string(),
            row.abandoned.to_string(),
            percent(row.service_level),
            format!("{} in {} s", percent(row.target.0), row.target.1),
        ]
    });
    let heads = ["Queue", "asked", "answered", "gave up", "in time", "aim"];
    write_table(page, "Queues", &heads, &rows.collect::<Vec<_>>())
}

fn write_quarters(page: &mut String, findings: &Findings) -> std::fmt::Result {
    let rows = findings.quarters.iter().map(|q| {
        vec![
            q.from.clone(),
            tenths(q.arrived),
            tenths(q.calls),
            tenths(q.texts),
            tenths(q.safe),
            percent(q.service_level),
            tenths(q.abandoned),
            tenths(q.staffed),
            tenths(q.busy),
            q.need.to_string(),
        ]
    });
    let heads = ["From", "came", "calls", "texts", "safe line", "in time", "gave up", "agents here", "busy", "needed"];
    write_table(page, "Quarter-hours", &heads, &rows.collect::<Vec<_>>())
}

fn write_staffing(page: &mut String, findings: &Findings) -> std::fmt::Result {
    let rows = findings.staffing.iter().map(|row| {
        let cells = [u64::from(row.erlang), u64::from(row.simulated)].map(|n| n.to_string());
        vec![format!("{:02}:00", row.hour), tenths(row.load), cells[0].clone(), cells[1].clone()]
    });
    let heads = ["Hour", "load of calls, erlangs", "agents by Erlang C", "agents found with the routing engine"];
    write_table(page, "Agents that calls need for 80 % in 20 s", &heads, &rows.collect::<Vec<_>>())
}
