//! `hctc user`: log-ins. Who a person is comes from the set-up; a log-in is what they prove it with.

use crate::config::Config;
use crate::serve::stores;
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
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    let credentials = stores.credentials().await.map_err(|e| e.to_string())?;
    let failed = |e: console::credentials::CredentialError| e.to_string();
    match command {
        User::Add { name } => credentials.add(&name).await.map(|new| show(&name, &new)).map_err(failed),
        User::Reset { name } => credentials.reset(&name).await.map(|new| show(&name, &new)).map_err(failed),
        User::Code { name } => match credentials.current_code(&name).await.map_err(failed)? {
            Some(code) => Ok(code),
            None => Err(format!("there is no log-in `{name}`")),
        },
    }
}

fn show(name: &AgentName, new: &NewUser) -> String {
    format!(
        "name:     {name}\npassword: {}\ntotp:     {}\nThis is shown once. Scan the second line as a QR code or type its secret into an authenticator.",
        new.password, new.otpauth
    )
}
