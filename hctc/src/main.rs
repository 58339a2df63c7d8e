//! `hctc`: the whole centre in one binary. This file reads the command line and nothing else.

mod assets;
mod centre;
mod clock;
mod commands;
mod config;
mod contact;
mod control;
mod demo;
mod floor;
mod http;
mod hub;
mod journal;
mod keeping;
mod keys;
mod reception;
mod scribe;
mod serve;
mod web;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Huduma Kenya's contact centre: SIP and WebRTC gateway, routing, flows, recordings, CRM, screens.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The configuration file; without it the defaults and the HCTC_... environment hold.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the centre until Ctrl-C.
    Serve {
        /// Make log-ins with known passwords for everyone in the set-up. Loopback only.
        #[arg(long)]
        demo: bool,
    },
    /// Check configuration, set-up and flows; every fault at once with file and line.
    Check,
    /// Log-ins.
    User {
        #[command(subcommand)]
        command: commands::user::User,
    },
    /// The set-up as a file.
    Centre {
        #[command(subcommand)]
        command: commands::centre::CentreCommand,
    },
    /// Tell the story of a contact in plain words: what was decided, when, by whom and why.
    Why {
        /// The contact's id, as desk and records show it.
        contact: String,
        /// Who reads it; needed for safeguarding contacts, with password and code.
        #[arg(long = "as")]
        who: Option<vocabulary::AgentName>,
        /// In which language.
        #[arg(long, value_enum, default_value = "en")]
        language: commands::why::Tongue,
    },
    /// The figures of the past.
    Figures {
        #[command(subcommand)]
        command: commands::figures::FiguresCommand,
    },
    /// Run the centre in virtual time, or a journal again under other rules: what would be, with other
    /// staff, other routing, another load.
    Simulate(commands::simulate::Simulate),
    /// Make a local certificate authority and a server certificate for use on a LAN.
    Cert {
        /// Where the files go.
        #[arg(long, default_value = "certs")]
        folder: PathBuf,
        /// Names and addresses browsers will use.
        #[arg(required = true)]
        names: Vec<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match commands::read_config(cli.config.as_deref()) {
        Ok(config) => config,
        Err(faults) => return commands::show_faults(&faults),
    };
    match cli.command {
        Command::Serve { demo } => serve::run(config, demo),
        Command::Check => commands::check::run(&config),
        Command::User { command } => commands::block_on(commands::user::run(config, command)),
        Command::Centre { command } => commands::block_on(commands::centre::run(config, command)),
        Command::Why { contact, who, language } => {
            commands::block_on(commands::why::run(config, &contact, who, language))
        }
        Command::Figures { command } => commands::block_on(commands::figures::run(config, command)),
        Command::Simulate(asked) => commands::say(commands::simulate::run(config, &asked)),
        Command::Cert { folder, names } => commands::say(commands::cert::make(&folder, &names)),
    }
}
