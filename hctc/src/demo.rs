//! The demo: known log-ins for everyone of the set-up, and the few lines a person needs to begin.

use crate::config::Config;
use crate::floor::Picture;
use crate::serve::ready::Ready;
use console::credentials::{CredentialError, Credentials};
use std::net::SocketAddr;
use vocabulary::centre::{Agent, Centre, Role};

/// Everyone's password in a demo. It opens nothing but a centre on this machine's own loopback.
pub const PASSWORD: &str = "huduma-demo-2026";

/// Why there can be no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Known passwords on an address others reach.
    #[error("--demo makes log-ins with a known password, so it runs on loopback only; {0} can be reached from outside. Leave --demo out and make log-ins with `hctc user add`")]
    Reachable(SocketAddr),
    /// The log-ins could not be made.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
}

/// Makes a log-in for everyone who has none.
///
/// # Errors
/// [`DemoError`].
pub async fn make_log_ins(config: &Config, credentials: &Credentials, centre: &Centre) -> Result<(), DemoError> {
    if !config.http_listen.ip().is_loopback() {
        return Err(DemoError::Reachable(config.http_listen));
    }
    let known = credentials.names().await?;
    for agent in centre.agents.keys().filter(|name| !known.contains(name)) {
        credentials.add_with_password(agent, PASSWORD).await?;
    }
    Ok(())
}

/// Prints where to click, what to dial and who may log in.
pub fn greet(config: &Config, ready: &Ready, picture: &Picture, demo: bool) {
    let scheme = if ready.tls { "https" } else { "http" };
    let base = format!("{scheme}://{}", ready.http);
    println!("HCTC is ready (process {}, data in {}).", ready.pid, config.data_dir.display());
    println!("  citizen     {base}/call   {base}/chat   or dial sip:0206900020@{}", ready.sip_udp);
    println!("  agent       {base}/desk");
    println!("  supervisor  {base}/wall   {base}/records");
    if demo {
        let centre = picture.centre();
        let names = |test: fn(&Agent) -> bool| {
            centre.agents.values().filter(|a| test(a)).map(|a| a.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        let program = std::env::args().next().unwrap_or_else(|| "hctc".into());
        println!("Demo log-ins, password {PASSWORD}; `{program} user code NAME` prints the code of this half minute:");
        println!("  agents      {}", names(|a| a.roles.contains(&Role::Agent) && a.clearances.is_empty()));
        println!("  counsellors {}", names(|a| a.roles.contains(&Role::Agent) && !a.clearances.is_empty()));
        println!("  supervisors {}", names(|a| a.roles.contains(&Role::Supervisor)));
    }
    println!("Ctrl-C stops: it lets live contacts finish first.");
}
