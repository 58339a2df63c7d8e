//! `hctc user`: log-ins. Who a person is comes from the set-up; a log-in is what they prove it with.

use crate::assets::Assets;
use crate::config::Config;
use crate::serve::stores::{self, Stores};
use clap::Subcommand;
use console::credentials::NewUser;
use vocabulary::AgentName;

/// What can be done with log-ins.
#[derive(Subcommand)]
pub enum User {
    /// Make a log-in for someone of the set-up; prints a password and a TOTP secret, once.
    Add {
        /// The name in the set-up.
        name: AgentName,
    },
    /// Give a new password and TOTP secret; every session of theirs ends.
    Reset {
        /// The name in the set-up.
        name: AgentName,
    },
    /// Print the code of this half minute, for a demo without an authenticator at hand.
    Code {
        /// The name in the set-up.
        name: AgentName,
    },
}

/// Carries it out against the data folder, whether or not the centre runs.
///
/// # Errors
/// A sentence for the person who typed the command.
pub async fn run(config: Config, command: User) -> Result<String, String> {
    // Only `add` may be the first thing ever done in a folder; the others would make an empty one by mistake.
    if !matches!(command, User::Add { .. }) && !config.data_dir.is_dir() {
        let folder = config.data_dir.display();
        return Err(format!("there is no centre in `{folder}`: go where it was started, or name its folder in HCTC_DATA_DIR"));
    }
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    let credentials = stores.credentials().await.map_err(|e| e.to_string())?;
    let failed = |e: console::credentials::CredentialError| e.to_string();
    match command {
        User::Add { name } => {
            known(&stores, &config, &name).await?;
            credentials.add(&name).await.map(|new| show(&name, &new)).map_err(failed)
        }
        User::Reset { name } => credentials.reset(&name).await.map(|new| show(&name, &new)).map_err(failed),
        User::Code { name } => match credentials.current_code(&name).await.map_err(failed)? {
            Some(code) => Ok(code),
            None => Err(format!("there is no log-in `{name}` in `{}`", config.data_dir.display())),
        },
    }
}

/// A log-in for nobody would open nothing: a mistyped name is told at once.
async fn known(stores: &Stores, config: &Config, name: &AgentName) -> Result<(), String> {
    let lines = |faults: Vec<vocabulary::Fault>| faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n");
    let assets = Assets::read(config).map_err(lines)?;
    let centre = stores.centre_in_force(&assets.centre).await.map_err(|e| e.to_string())?;
    if centre.agents.contains_key(name) {
        return Ok(());
    }
    Err(format!("`{name}` is not in the set-up: add `[agents.{name}]` to it first (`hctc centre export`, then `import`)"))
}

fn show(name: &AgentName, new: &NewUser) -> String {
    format!(
        "name:     {name}\npassword: {}\ntotp:     {}\nThis is shown once. Type what stands after `secret=` into an authenticator, or make a QR code of the totp line\n(`qrencode -t ansiutf8`) and scan it.",
        new.password, new.otpauth
    )
}
