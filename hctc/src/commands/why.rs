//! `hctc why CONTACT`: the story of a contact in plain words. A safeguarding contact is told only to
//! somebody cleared for its lane, who logs in for it; to everyone else it is not there. Each such reading
//! is in the audit log.

use crate::assets::Assets;
use crate::config::Config;
use crate::journal;
use crate::serve::stores::{self, Stores};
use clap::ValueEnum;
use console::credentials::Proof;
use crm::{AuditAct, CrmRecord};
use std::io::{BufRead, IsTerminal, Write};
use vocabulary::centre::{Agent, Centre};
use vocabulary::{AgentName, ContactId, Day};

/// In which language.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tongue {
    /// Kiswahili.
    Sw,
    /// English.
    En,
}

/// Tells it.
///
/// # Errors
/// A sentence for the person.
pub async fn run(config: Config, contact: &str, who: Option<AgentName>, tongue: Tongue) -> Result<String, String> {
    if !config.data_dir.is_dir() {
        return Err(format!("there is no centre in `{}`", config.data_dir.display()));
    }
    let absent = || format!("there is no contact `{contact}`");
    let contact: ContactId = contact.parse().map_err(|_| absent())?;
    let assets = Assets::read(&config)
        .map_err(|faults| faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n"))?;
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    let centre = stores.centre_in_force(&assets.centre).await.map_err(|e| e.to_string())?;
    let entries = journal::of_contact(&stores.journal, contact).await.map_err(|e| e.to_string())?;
    let record = CrmRecord::from_events(contact, &entries).ok_or_else(absent)?;
    if record.is_safeguarding() {
        let Some(name) = who else { return Err(absent()) };
        let reader = cleared(&stores, &centre, &name).await?;
        if !reader.cleared_for(record.lane) {
            return Err(absent());
        }
        let act = AuditAct {
            at: crate::clock::Clock::start().now(),
            who: name.as_str(),
            what: "contact.why",
            contact: Some(contact),
            reason: "",
        };
        stores.crm.audit.append(act).await.map_err(|e| e.to_string())?;
    }
    let story = journal::story::of(&stores.journal, &centre.floor, contact).await.map_err(|e| e.to_string())?;
    let lines = story.iter().map(|told| {
        let day = Day::of(told.at);
        let millis = told.at.since(day.start()).0;
        let (hours, minutes, seconds) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60);
        let text = if tongue == Tongue::Sw { &told.sw } else { &told.en };
        format!("{day} {hours:02}:{minutes:02}:{seconds:02}.{:03}  {text}", millis % 1_000)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The member of staff, once they have shown who they are.
pub(super) async fn cleared(stores: &Stores, centre: &Centre, name: &AgentName) -> Result<Agent, String> {
    let password = asked("Password: ")?;
    let code = asked("Code: ")?;
    let credentials = stores.credentials().await.map_err(|e| e.to_string())?;
    let here = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    match credentials.prove(name.as_str(), &password, &code, here).await.map_err(|e| e.to_string())? {
        Proof::Shown => {}
        Proof::Wrong => return Err("the name, the password or the code is wrong".into()),
        Proof::Wait(wait) => return Err(format!("too many tries: wait {} s", wait.as_seconds())),
    }
    centre.agents.get(name).cloned().ok_or_else(|| format!("`{name}` is not in the set-up"))
}

/// One line of standard input; the question is shown only to a person.
fn asked(question: &str) -> Result<String, String> {
    if std::io::stdin().is_terminal() {
        eprint!("{question}");
        // A terminal that cannot be written to can still be read.
        let _ = std::io::stderr().flush();
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| e.to_string())?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
