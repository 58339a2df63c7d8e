//! What a centre speaks and follows: prompts, flows and the first set-up. Each is read from the
//! folder the configuration names, else from the copy built into the binary.

use crate::config::Config;
use ivr_flows::{Catalogue, FlowSet};
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vocabulary::audio::Clip;
use vocabulary::centre::Centre;
use vocabulary::{Fault, Language};

#[derive(RustEmbed)]
#[folder = "../ivr-flows/flows"]
#[include = "*.toml"]
struct BuiltInFlows;

#[derive(RustEmbed)]
#[folder = "../ivr-flows/prompts"]
#[include = "*.wav"]
struct BuiltInPrompts;

/// What the prompts say.
const BUILT_IN_CATALOGUE: &str = include_str!("../../ivr-flows/prompts/prompts.toml");

/// The demo centre.
const BUILT_IN_CENTRE: &str = include_str!("../../centre.toml");

/// The largest prompt file: five minutes.
const LARGEST_PROMPT: usize = 3 << 20;

/// Prompt audio by language and name.
pub struct Prompts {
    clips: BTreeMap<(Language, String), Arc<Clip>>,
    music: Arc<Clip>,
}

/// Everything read at start.
pub struct Assets {
    /// The set-up that seeds an empty journal.
    pub centre: Centre,
    /// The menu programs.
    pub flows: Arc<FlowSet>,
    /// Their sound.
    pub prompts: Prompts,
}

impl Assets {
    /// Reads and checks all of it, each against the others.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn read(config: &Config) -> Result<Assets, Vec<Fault>> {
        let mut faults = Vec::new();
        let centre = collect(&mut faults, read_centre(config));
        let catalogue = collect(&mut faults, read_catalogue(config)).map(Arc::new);
        let flows = catalogue.as_ref().and_then(|c| collect(&mut faults, read_flows(config, Arc::clone(c))));
        let prompts = collect(&mut faults, read_prompts(config));
        if let (Some(centre), Some(flows)) = (&centre, &flows) {
            faults.extend(flows.check_against(centre, &centre_name(config)));
        }
        if let (Some(catalogue), Some(prompts)) = (&catalogue, &prompts) {
            faults.extend(prompts.missing(catalogue));
        }
        match (centre, flows, prompts) {
            (Some(centre), Some(flows), Some(prompts)) if faults.is_empty() => {
                Ok(Assets { centre, flows: Arc::new(flows), prompts })
            }
            _ => Err(faults),
        }
    }
}

fn collect<T>(faults: &mut Vec<Fault>, result: Result<T, Vec<Fault>>) -> Option<T> {
    result.map_err(|mut found| faults.append(&mut found)).ok()
}

fn centre_name(config: &Config) -> String {
    config.centre.as_ref().map_or_else(|| "centre.toml (built in)".into(), |p| p.display().to_string())
}

fn read_centre(config: &Config) -> Result<Centre, Vec<Fault>> {
    let name = centre_name(config);
    match &config.centre {
        Some(path) => {
            let source = std::fs::read_to_string(path).map_err(|e| vec![Fault::whole(&name, format!("cannot be read: {e}"))])?;
            Centre::parse(&name, &source)
        }
        None => Centre::parse(&name, BUILT_IN_CENTRE),
    }
}

/// The words of the prompts lie beside their sound.
fn read_catalogue(config: &Config) -> Result<Catalogue, Vec<Fault>> {
    match &config.prompts {
        Some(folder) => {
            let path = folder.join("prompts.toml");
            let name = path.display().to_string();
            let source = std::fs::read_to_string(&path).map_err(|e| vec![Fault::whole(&name, format!("cannot be read: {e}"))])?;
            Catalogue::parse(&name, &source)
        }
        None => Catalogue::parse("prompts.toml (built in)", BUILT_IN_CATALOGUE),
    }
}

fn read_flows(config: &Config, catalogue: Arc<Catalogue>) -> Result<FlowSet, Vec<Fault>> {
    let files: Vec<(String, String)> = match &config.flows {
        Some(folder) => read_folder(folder, "toml")?
            .into_iter()
            .map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned()))
            .collect(),
        None => BuiltInFlows::iter()
            .filter_map(|name| BuiltInFlows::get(&name).map(|file| (name.to_string(), file)))
            .map(|(name, file)| (name, String::from_utf8_lossy(&file.data).into_owned()))
            .collect(),
    };
    FlowSet::parse(&files, catalogue)
}

/// Files of a folder with an ending, one level of folders below it included, by relative name.
fn read_folder(folder: &Path, ending: &str) -> Result<Vec<(String, Vec<u8>)>, Vec<Fault>> {
    let fault = |path: &Path, e: std::io::Error| vec![Fault::whole(&path.display().to_string(), format!("cannot be read: {e}"))];
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((current, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&current).map_err(|e| fault(&current, e))? {
            let path = entry.map_err(|e| fault(&current, e))?.path();
            if path.is_dir() && depth == 0 {
                folders.push((path, 1));
            } else if path.extension().is_some_and(|e| e == ending) {
                let bytes = std::fs::read(&path).map_err(|e| fault(&path, e))?;
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((name, bytes));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read_prompts(config: &Config) -> Result<Prompts, Vec<Fault>> {
    let files = match &config.prompts {
        Some(folder) => read_folder(folder, "wav")?,
        None => BuiltInPrompts::iter()
            .filter_map(|name| BuiltInPrompts::get(&name).map(|file| (name.to_string(), file.data.into_owned())))
            .collect(),
    };
    let mut faults = Vec::new();
    let mut clips = BTreeMap::new();
    let mut music = None;
    for (name, bytes) in files {
        let clip = match ivr_flows::wav::read(&bytes) {
            Ok(clip) if bytes.len() <= LARGEST_PROMPT => Arc::new(clip),
            Ok(_) => {
                faults.push(Fault::whole(&name, "is longer than five minutes"));
                continue;
            }
            Err(error) => {
                faults.push(Fault::whole(&name, error.to_string()));
                continue;
            }
        };
        let stem = name.strip_suffix(".wav").unwrap_or(&name);
        match stem.split_once('/') {
            Some((language, prompt)) => {
                if let Ok(language) = Language::new(language) {
                    clips.insert((language, prompt.to_owned()), clip);
                }
            }
            None if stem == "music" => music = Some(clip),
            None => {}
        }
    }
    match music {
        Some(music) if faults.is_empty() => Ok(Prompts { clips, music }),
        Some(_) => Err(faults),
        None => {
            faults.push(Fault::whole("music.wav", "is missing: waiting citizens need something to hear"));
            Err(faults)
        }
    }
}

impl Prompts {
    /// A clip in the citizen's language, else in Kiswahili, else in English; a centre that serves a
    /// third language need not have every prompt in it.
    pub fn clip(&self, language: Language, name: &str) -> Option<Arc<Clip>> {
        [language, Language::SW, Language::EN]
            .into_iter()
            .find_map(|language| self.clips.get(&(language, name.to_owned())).cloned())
    }

    /// A fault for every sound a flow may need that is not there.
    fn missing(&self, catalogue: &Catalogue) -> Vec<Fault> {
        let needed = catalogue.all_clips().into_iter();
        let absent = needed.filter(|c| !self.clips.contains_key(&(c.language, c.clip.clone())));
        absent.map(|c| Fault::whole(&format!("{}/{}.wav", c.language, c.clip), "is missing; it says: ".to_owned() + &c.text)).collect()
    }

    /// Music for waiting.
    pub fn music(&self) -> Arc<Clip> {
        Arc::clone(&self.music)
    }
}
