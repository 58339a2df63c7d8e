//! The catalogue of prompts: every sentence the centre says, in every language, spoken and written.
//!
//! `prompts.toml` is its source; the sound files are made from it, or recorded by a person and put
//! in their place under the same names. The catalogue knows names and texts, never files.

use crate::say::{Say, What};
use crate::spoken;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::spanned::{At, Document, Table};
use vocabulary::{Fault, Language, PromptName};

/// The longest prompt, in characters; about a minute of speech.
const MAX_TEXT: usize = 800;

/// Prompts the interpreter itself says; a catalogue without them is refused.
pub const NEEDED: [&str; 10] = [
    "no_input", "invalid", "too_many", "fault", "busy", "turned_away", "queue_pos", "queue_ewt", "queue_ewt_1", "queue_ewt_long",
];

/// Prompts the interpreter says on text channels when nobody types any more.
pub const NEEDED_IN_TEXT: [&str; 2] = ["idle_warn", "idle_end"];

/// All prompts, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    languages: Vec<Language>,
    prompts: BTreeMap<PromptName, Prompt>,
}

/// One sentence or a few that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Prompt {
    spoken: BTreeMap<Language, Vec<Part>>,
    written: BTreeMap<Language, Vec<Part>>,
}

/// A prompt is cut where a value is said.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(String),
}

/// One sound file that must exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClipText {
    /// The language, which is the folder.
    pub language: Language,
    /// The name of the file without `.wav`, such as `number/7` or `queue_pos.1`.
    pub clip: String,
    /// What it says; empty for a pause.
    pub text: String,
}

impl Catalogue {
    /// Reads `prompts.toml`.
    ///
    /// # Errors
    /// Every fault of the file: a language missing from a prompt, placeholders that differ between
    /// languages, brackets that do not close, a prompt the interpreter needs that is not there.
    pub fn parse(file: &str, source: &str) -> Result<Catalogue, Vec<Fault>> {
        let document = Document::parse(file, source);
        let mut root = document.root();
        let mut languages = Vec::new();
        for value in root.take_list("languages") {
            if let Some(language) = value.parsed::<Language>() {
                if !spoken::speaks(language) {
                    value.fault(format!("numbers and times cannot be spoken in `{language}`: sw and en are known"));
                } else if !languages.contains(&language) {
                    languages.push(language);
                }
            }
        }
        if languages.is_empty() && !document.is_broken() {
            document.fault(At(0), "`languages` must name at least one language, the first spoken first");
        }
        let mut prompts = BTreeMap::new();
        for (name, value) in root.take_rest() {
            let Some(table) = value.table() else { continue };
            match PromptName::new(&name.value) {
                Ok(prompt_name) => {
                    let prompt = prompt(&prompt_name, table, &languages);
                    prompts.insert(prompt_name, prompt);
                }
                Err(error) => document.fault(name.at, error.to_string()),
            }
        }
        for needed in NEEDED.iter().chain(&NEEDED_IN_TEXT) {
            if !prompts.keys().any(|name| name.as_str() == *needed) && !document.is_broken() {
                document.fault_of_file(format!("prompt `{needed}` is missing: every flow needs it"));
            }
        }
        document.finish(Some(Catalogue { languages, prompts }))
    }

    /// The languages every prompt is there in; the first is spoken first.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The names of all prompts.
    pub fn names(&self) -> impl Iterator<Item = &PromptName> {
        self.prompts.keys()
    }

    /// The placeholders of a prompt; `None` when there is no such prompt.
    pub fn placeholders(&self, prompt: &PromptName) -> Option<BTreeSet<&str>> {
        let prompt = self.prompts.get(prompt)?;
        let parts = prompt.spoken.values().chain(prompt.written.values()).flatten();
        Some(parts.filter_map(|part| match part {
            Part::Value(name) => Some(name.as_str()),
            Part::Text(_) => None,
        }).collect())
    }

    /// The clips that say this, in order: names of files below the language's folder, without
    /// `.wav`. Empty for a prompt that is only written.
    pub fn clips(&self, say: &Say) -> Vec<String> {
        let What::Prompt { prompt, values } = &say.what else {
            return spoken::clips(&say.what, say.language);
        };
        let Some(parts) = self.spoken(prompt, say.language) else { return Vec::new() };
        let mut clips = Vec::new();
        for (part, clip) in parts.iter().zip(clip_names(prompt, parts)) {
            match (part, clip) {
                (Part::Text(_), Some(clip)) => clips.push(clip),
                (Part::Text(_), None) => {}
                (Part::Value(name), _) => {
                    let value = values.iter().find(|(key, _)| key == name);
                    clips.extend(value.iter().flat_map(|(_, value)| spoken::clips(value, say.language)));
                }
            }
        }
        clips
    }

    /// The words a caller hears.
    pub fn words(&self, say: &Say) -> String {
        match &say.what {
            What::Prompt { prompt, values } => {
                let parts = self.spoken(prompt, say.language).unwrap_or_default();
                joined(parts, values, |value| spoken::words(value, say.language))
            }
            value => spoken::words(value, say.language),
        }
    }

    /// The text a reader sees on a text channel; empty where the prompt is only spoken.
    pub fn text(&self, say: &Say) -> String {
        match &say.what {
            What::Prompt { prompt, values } => {
                let written = self.prompts.get(prompt).and_then(|p| p.written.get(&say.language));
                let parts = written.map(Vec::as_slice).or_else(|| self.spoken(prompt, say.language));
                joined(parts.unwrap_or_default(), values, |value| spoken::written(value, say.language))
            }
            value => spoken::written(value, say.language),
        }
    }

    /// Several utterances as one message, a line each.
    pub fn message(&self, say: &[Say]) -> String {
        let lines: Vec<String> = say.iter().map(|s| self.text(s)).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// Every sound file that must exist: prompts and the spoken grammar, in every language.
    pub fn all_clips(&self) -> Vec<ClipText> {
        let mut all = Vec::new();
        for &language in &self.languages {
            for (name, prompt) in &self.prompts {
                let parts = prompt.spoken.get(&language).map(Vec::as_slice).unwrap_or_default();
                for (part, clip) in parts.iter().zip(clip_names(name, parts)) {
                    if let (Part::Text(text), Some(clip)) = (part, clip) {
                        all.push(ClipText { language, clip, text: text.trim().to_owned() });
                    }
                }
            }
            let grammar = spoken::clip_texts(language).into_iter();
            all.extend(grammar.map(|(clip, text)| ClipText { language, clip, text }));
        }
        all.sort();
        all
    }

    fn spoken(&self, prompt: &PromptName, language: Language) -> Option<&[Part]> {
        let prompt = self.prompts.get(prompt)?;
        prompt.spoken.get(&language).map(Vec::as_slice)
    }
}

/// The clip of each part: the prompt's name, with a number where values cut it. A part without a
/// letter in it, such as the full stop after a value, is not said.
fn clip_names(prompt: &PromptName, parts: &[Part]) -> Vec<Option<String>> {
    let cut = parts.iter().any(|part| matches!(part, Part::Value(_)));
    let mut n = 0;
    let name = |part: &Part| match part {
        Part::Text(text) if text.chars().any(char::is_alphanumeric) => {
            n += 1;
            Some(if cut { format!("{prompt}.{n}") } else { prompt.to_string() })
        }
        _ => None,
    };
    parts.iter().map(name).collect()
}

fn joined(parts: &[Part], values: &[(String, What)], render: impl Fn(&What) -> String) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(words) => text.push_str(words),
            Part::Value(name) => {
                if let Some((_, value)) = values.iter().find(|(key, _)| key == name) {
                    text.push_str(&render(value));
                }
            }
        }
    }
    text
}

fn prompt(name: &PromptName, mut table: Table<'_>, languages: &[Language]) -> Prompt {
    let mut prompt = Prompt::default();
    // A prompt with `spoken = false` is for text channels only and has no sound.
    let is_spoken = table.take_bool("spoken").is_none_or(|b| b.value);
    for language in languages {
        if let Some(parts) = read_text(&mut table, name, *language) {
            if is_spoken {
                prompt.spoken.insert(*language, parts);
            } else {
                prompt.written.insert(*language, parts);
            }
        }
    }
    if let Some(mut written) = table.take_table("written") {
        for language in languages {
            if let Some(parts) = read_text(&mut written, name, *language) {
                prompt.written.insert(*language, parts);
            }
        }
        written.finish();
    }
    for texts in [&prompt.spoken, &prompt.written] {
        let values = |parts: &Vec<Part>| -> BTreeSet<String> {
            parts.iter().filter_map(|p| if let Part::Value(v) = p { Some(v.clone()) } else { None }).collect()
        };
        let sets: BTreeSet<BTreeSet<String>> = texts.values().map(values).collect();
        if sets.len() > 1 {
            table.fault(format!("prompt `{name}` has other placeholders in one language than in another"));
        }
    }
    table.finish();
    prompt
}

fn read_text(table: &mut Table<'_>, name: &PromptName, language: Language) -> Option<Vec<Part>> {
    let Some(value) = table.take(language.as_str()) else {
        if !table.document().is_broken() {
            table.fault(format!("prompt `{name}` is missing in `{language}`"));
        }
        return None;
    };
    let text = value.text()?;
    if text.chars().count() > MAX_TEXT || text.chars().any(|c| c.is_control() && c != '\n') {
        value.fault(format!("a prompt has at most {MAX_TEXT} printable characters"));
        return None;
    }
    match parts(&text) {
        Ok(parts) => Some(parts),
        Err(help) => {
            value.fault(help);
            None
        }
    }
}

/// Cuts a text at its placeholders.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let close = rest[open..].find('}').map(|i| open + i);
        let name = close.map(|close| &rest[open + 1..close.max(open + 1)]).unwrap_or_default();
        if rest.as_bytes()[open] == b'}' || name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err("a placeholder is a word of a-z and '_' in brackets, such as {n}".into());
        }
        if open > 0 {
            parts.push(Part::Text(rest[..open].to_owned()));
        }
        parts.push(Part::Value(name.to_owned()));
        rest = &rest[open + name.len() + 2..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Digits;

    const OURS: &str = include_str!("../prompts/prompts.toml");

    fn say(prompt: &str, language: Language, values: Vec<(String, What)>) -> Say {
        let prompt = PromptName::new(prompt).expect("a name");
        Say { language, what: What::Prompt { prompt, values } }
    }

    #[test]
    fn our_prompts_are_good() {
        let catalogue = Catalogue::parse("prompts.toml", OURS).unwrap_or_else(|f| panic!("{f:#?}"));
        assert_eq!(catalogue.languages(), [Language::SW, Language::EN]);
        let third = vec![("n".to_owned(), What::Number(3))];
        let position = say("queue_pos", Language::SW, third.clone());
        assert_eq!(catalogue.clips(&position), ["queue_pos.1", "number/3", "queue_pos.2"]);
        assert_eq!(catalogue.words(&position), "Wewe ni nambari tatu kwenye foleni.");
        assert_eq!(catalogue.text(&position), "Wewe ni nambari 3 kwenye foleni.");
        let english = say("queue_pos", Language::EN, third);
        assert_eq!(catalogue.words(&english), "You are number three in the queue.");
    }

    #[test]
    fn a_kept_number_is_not_in_debug() {
        let value = vec![("digits".to_owned(), What::Digits(Digits::new("31415926")))];
        assert!(!format!("{:?}", say("x", Language::SW, value)).contains("3141"));
    }

    #[test]
    fn faults_of_prompts_have_lines() {
        let source = "languages = ['sw', 'en', 'luo']\n[a]\nsw = 'Ndiyo {n}'\nen = 'Yes'\n[b]\nsw = 'Moja {'\nen = 'One'\n[c]\nsw = 'x'\nfr = 'y'\n";
        let found = Catalogue::parse("p.toml", source).expect_err("faulty");
        let found: Vec<String> = found.iter().map(ToString::to_string).filter(|f| f.starts_with("p.toml:1") || f.contains('`') && !f.contains("every flow")).collect();
        assert_eq!(
            found,
            [
                "p.toml:1:26: numbers and times cannot be spoken in `luo`: sw and en are known",
                "p.toml:2:1: prompt `a` has other placeholders in one language than in another",
                "p.toml:8:1: prompt `c` is missing in `en`",
                "p.toml:10:1: `c.fr` is not known here",
            ]
        );
        let all = Catalogue::parse("p.toml", source).expect_err("faulty");
        assert!(all.iter().any(|f| f.line == 6 && f.help.contains("placeholder")), "{all:?}");
        assert_eq!(all.iter().filter(|f| f.help.contains("every flow needs it")).count(), NEEDED.len() + 2);
    }
}
