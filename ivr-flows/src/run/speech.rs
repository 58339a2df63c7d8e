//! Saying things: lines into utterances, in the language chosen or in each.

use super::{HEARD_BY, Output, Phase, Spoken, Turn};
use crate::flow::{Condition, Line, Source};
use crate::say::{Say, What};
use vocabulary::{Consent, ConsentKind, EndCause, Language, PromptName};

impl Turn<'_> {
    /// Says lines. `true` when the end must be waited for; on text channels nothing is.
    pub(super) fn speak(&mut self, lines: &[Line], then: Spoken) -> bool {
        let said = self.rendered(lines);
        self.play(said, then)
    }

    pub(super) fn play(&mut self, said: Vec<Say>, then: Spoken) -> bool {
        let catalogue = self.run.flows.catalogue();
        let voice = self.run.is_voice();
        // What has no sound (or no text) on this channel is not said; an empty message is none.
        let said: Vec<Say> = said
            .into_iter()
            .filter(|say| if voice { !catalogue.clips(say).is_empty() } else { !catalogue.text(say).is_empty() })
            .collect();
        if said.is_empty() {
            return false;
        }
        self.out.push(Output::Play { say: said, barge_in: !matches!(then, Spoken::End(_) | Spoken::Person) });
        if !voice {
            return false;
        }
        self.run.phase = Phase::Speaking { by: self.now + HEARD_BY, then };
        true
    }

    /// Stops what is being said, if anything is.
    pub(super) fn hush(&mut self) {
        if self.run.is_voice() && self.run.phase != Phase::NotBegun {
            self.out.push(Output::StopPlaying);
        }
    }

    /// Says a prompt and ends the contact.
    pub(super) fn end_with(&mut self, prompt: &str, cause: EndCause) {
        self.run.meanwhile = None;
        let said = self.system(prompt, Vec::new());
        if !self.play(said, Spoken::End(cause)) {
            self.run.finish(cause, self.out);
        }
    }

    /// A prompt the interpreter itself needs, in each language to be spoken.
    pub(super) fn system(&self, prompt: &str, values: Vec<(String, What)>) -> Vec<Say> {
        let prompt = PromptName::new(prompt).expect("the names of needed prompts are names");
        self.in_languages(&What::Prompt { prompt, values })
    }

    pub(super) fn rendered(&self, lines: &[Line]) -> Vec<Say> {
        let mut said = Vec::new();
        for line in lines {
            let values = line.values.iter().map(|(key, source)| (key.clone(), self.value(source)));
            let what = What::Prompt { prompt: line.prompt.clone(), values: values.collect() };
            said.extend(self.in_languages(&what));
        }
        said
    }

    fn in_languages(&self, what: &What) -> Vec<Say> {
        let say = |language: Language| Say { language, what: what.clone() };
        match self.run.language {
            Some(language) => vec![say(language)],
            None => self.run.flows.catalogue().languages().iter().copied().map(say).collect(),
        }
    }

    fn value(&self, source: &Source) -> What {
        match source {
            Source::RetentionDays => What::Number(u64::from(self.run.context.retention_days)),
            Source::Number(n) => What::Number(*n),
            Source::Clock { hour, minute } => What::Clock { hour: *hour, minute: *minute },
            Source::Collected(name) => What::Digits(self.run.collected.get(name).cloned().unwrap_or_default()),
        }
    }

    /// Evidence of what was said in this step and chosen.
    pub(super) fn consent(&mut self, kind: ConsentKind, key: Option<char>) {
        let Some(line) = self.flow.step(&self.run.step).kind.lines().first().copied() else { return };
        let language = self.run.language.unwrap_or_default();
        self.out.push(Output::Consent(Consent { kind, text: line.prompt.clone(), language, key }));
    }

    pub(super) fn holds(&self, condition: Condition) -> bool {
        match condition {
            Condition::PlaceKept => self.run.context.redial_place.is_some() && !self.run.was_safe,
            Condition::Queued => self.run.queued.is_some(),
            Condition::Voice => self.run.is_voice(),
            Condition::LanguageKnown => self.run.language.is_some(),
        }
    }
}
