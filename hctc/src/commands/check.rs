//! `hctc check`: everything a person can get wrong in files, all at once.

use crate::assets::Assets;
use crate::config::Config;
use std::process::ExitCode;
use vocabulary::Fault;

/// Checks set-up, flows, prompts and certificate; prints every fault and fails if there is one.
pub fn run(config: &Config) -> ExitCode {
    let mut faults = Vec::new();
    let assets = Assets::read(config).map_err(|mut found| faults.append(&mut found)).ok();
    if let Some(tls) = &config.tls
        && let Err(error) = crate::http::acceptor(&tls.cert, &tls.key)
    {
        faults.push(Fault::whole("tls", error.to_string()));
    }
    if let Some(model) = &config.whisper_model
        && let Err(error) = recordings::live::model::check(model)
    {
        faults.push(Fault::whole("whisper_model", format!("{}: {error}", model.display())));
    }
    match assets {
        Some(assets) if faults.is_empty() => {
            let centre = &assets.centre;
            let flows = assets.flows.names().count();
            println!(
                "All good: floor `{}`, {} queues, {} people, {} entry points, {} flow file{}.",
                centre.floor,
                centre.queues.len(),
                centre.agents.len(),
                centre.entries.len(),
                flows,
                if flows == 1 { "" } else { "s" },
            );
            ExitCode::SUCCESS
        }
        _ => super::show_faults(&faults),
    }
}
