//! Sound to text with whisper.cpp, one recording after the other. The wish for a transcript is a file
//! beside the recording ([`crate::live::todo`]); it stays until the caller has stored the text, so a
//! crash repeats work and loses none. With no model configured everything waits.
//!
//! The two sides are heard separately, in the contact's language; nothing is guessed. Telephone sound
//! is brought from 8 to 16 kHz by rubato's FFT resampler, which whole clips of a fixed ratio want.

use crate::live::keeper::Keeper;
use crate::live::keys::ContactKey;
use crate::live::model;
use crate::live::store::{Reader, Store};
use crate::live::todo::Todo;
use crate::timeline::SAMPLES_A_MILLI;
use crate::transcript::{Segment, Transcript, mask_numbers};
use crate::{ModelFault, RecordingsError};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vocabulary::audio::Side;
use vocabulary::{Language, RecordingId};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

/// The most threads whisper uses.
const MAX_THREADS: usize = 4;
/// Frames quieter than this (root mean square) are not speech; whisper invents words for silence.
const SILENCE: f64 = 100.0;
/// Samples in one look at the loudness: 20 ms.
const LOOK: usize = 20 * SAMPLES_A_MILLI;
const WHISPER_RATE: usize = 16_000;
const RATE: usize = 8_000;

/// Whether transcripts are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState {
    /// None is configured: wishes wait, and the CRM record says so.
    NoModel,
    /// This model, by the name of its file.
    Ready {
        /// The file's name without its folder.
        name: String,
        /// Whether it knows more than English.
        multilingual: bool,
    },
}

struct Model {
    name: String,
    multilingual: bool,
    context: WhisperContext,
}

/// The queue and the model.
pub struct Transcription {
    store: Arc<Store>,
    keeper: Arc<Keeper>,
    model: Option<Arc<Model>>,
    /// One at a time: whisper uses its threads fully.
    turn: Arc<Semaphore>,
}

impl Transcription {
    /// Loads the model, if one is configured. Blocks while it loads.
    ///
    /// # Errors
    /// [`RecordingsError::Model`] when the file cannot be used, with the reason.
    pub fn open(store: Arc<Store>, keeper: Arc<Keeper>, model: Option<&Path>) -> Result<Transcription, RecordingsError> {
        let model = model.map(load).transpose()?.map(Arc::new);
        Ok(Transcription { store, keeper, model, turn: Arc::new(Semaphore::new(1)) })
    }

    /// Whether transcripts are made.
    pub fn state(&self) -> ModelState {
        match &self.model {
            None => ModelState::NoModel,
            Some(model) => ModelState::Ready { name: model.name.clone(), multilingual: model.multilingual },
        }
    }

    /// How many recordings wait.
    pub fn waiting(&self) -> usize {
        self.store.todos().len()
    }

    /// The recording to do next: the oldest that has not failed. `None` when nothing waits or there is
    /// no model to do it with.
    pub fn next(&self) -> Option<Todo> {
        self.model.as_ref()?;
        self.store.todos().next()
    }

    /// Makes the transcript. The wish stays until [`Transcription::done`] or
    /// [`Transcription::failed`]. Long work is done on a blocking thread, one recording at a time.
    ///
    /// # Errors
    /// [`RecordingsError::NoModel`], [`RecordingsError::LanguageNotInModel`],
    /// [`RecordingsError::Transcription`], and those of opening.
    pub async fn run(&self, todo: &Todo, contact_key: ContactKey) -> Result<Transcript, RecordingsError> {
        let model = self.model.clone().ok_or(RecordingsError::NoModel)?;
        let turn = self.turn.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (keeper, todo) = (self.keeper.clone(), todo.clone());
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            transcribe(&model, &keeper, &todo, &contact_key)
        });
        work.await.unwrap_or(Err(RecordingsError::Transcription("its thread was stopped")))
    }

    /// The text is stored: the wish is fulfilled.
    ///
    /// # Errors
    /// [`RecordingsError::Io`].
    pub fn done(&self, recording: RecordingId) -> Result<(), RecordingsError> {
        self.store.todos().remove(recording)
    }

    /// It did not work. After three times the wish is set aside; `true` says so.
    ///
    /// # Errors
    /// [`RecordingsError::Io`].
    pub fn failed(&self, recording: RecordingId) -> Result<bool, RecordingsError> {
        self.store.todos().failed(recording)
    }
}

fn load(path: &Path) -> Result<Model, RecordingsError> {
    // Without this whisper.cpp writes to standard error what it likes.
    whisper_rs::install_logging_hooks();
    let fault = |fault| RecordingsError::Model { path: path.to_owned(), fault };
    let shape = model::check(path).map_err(fault)?;
    let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
        .map_err(|_| fault(ModelFault::Refused))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Model { name, multilingual: shape.multilingual, context })
}

fn transcribe(model: &Model, keeper: &Keeper, todo: &Todo, key: &ContactKey) -> Result<Transcript, RecordingsError> {
    let spoken = language(model, todo.language)?;
    let (opened, sound) = keeper.sound(todo.recording, Reader::Ordinary, key)?;
    let mut segments = Vec::new();
    for side in [Side::Citizen, Side::Agent] {
        segments.extend(hear(model, spoken, side, sound.side(side))?);
    }
    Ok(Transcript {
        recording: todo.recording,
        contact: opened.header.contact,
        language: todo.language,
        model: model.name.clone(),
        complete: opened.complete,
        segments: Transcript::in_order(segments),
    })
}

/// Whisper's name for a language: the first part of the tag, when the model knows it.
fn language(model: &Model, language: Language) -> Result<&'static str, RecordingsError> {
    let first = language.as_str().split('-').next().unwrap_or_default();
    let known = whisper_rs::get_lang_id(first).and_then(whisper_rs::get_lang_str);
    known.filter(|tag| model.multilingual || *tag == "en").ok_or(RecordingsError::LanguageNotInModel(language))
}

fn hear(model: &Model, spoken: &str, side: Side, samples: &[i16]) -> Result<Vec<Segment>, RecordingsError> {
    if !speaks(samples) {
        return Ok(Vec::new());
    }
    let sound = to_16_khz(samples)?;
    let mut state = model.context.create_state().map_err(|_| RecordingsError::Transcription("no memory for its state"))?;
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
    params.set_n_threads(threads());
    params.set_language(Some(spoken));
    params.set_translate(false);
    params.set_no_context(true);
    params.set_suppress_blank(true);
    params.set_suppress_nst(true);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    state.full(params, &sound).map_err(|_| RecordingsError::Transcription("whisper.cpp gave up; its log line says why"))?;
    let millis = u32::try_from(samples.len() / SAMPLES_A_MILLI).unwrap_or(u32::MAX);
    // Whisper counts in hundredths of a second and may end a segment after the end of the sound.
    let clock = |hundredths: i64| u32::try_from(hundredths.max(0).saturating_mul(10)).unwrap_or(u32::MAX).min(millis);
    let heard = state.as_iter().filter_map(|segment| {
        let (from_millis, to_millis) = (clock(segment.start_timestamp()), clock(segment.end_timestamp()));
        let text = mask_numbers(segment.to_str_lossy().ok()?.trim());
        let spoken = speaks(&samples[from_millis as usize * SAMPLES_A_MILLI..to_millis as usize * SAMPLES_A_MILLI]);
        (spoken && !text.is_empty()).then_some(Segment { side, from_millis, to_millis, text })
    });
    Ok(heard.collect())
}

/// Half of the machine: calls come first where one machine has every role, and whisper's threads spin
/// while they wait for each other.
fn threads() -> i32 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    i32::try_from((cores / 2).clamp(1, MAX_THREADS)).expect("a small number")
}

/// Whether anything in it is louder than the hiss of a line.
fn speaks(samples: &[i16]) -> bool {
    samples.chunks(LOOK).any(|look| {
        let energy: f64 = look.iter().map(|s| f64::from(*s).powi(2)).sum();
        (energy / look.len() as f64).sqrt() > SILENCE
    })
}

fn to_16_khz(samples: &[i16]) -> Result<Vec<f32>, RecordingsError> {
    let fault = |_| RecordingsError::Transcription("the sound could not be resampled");
    let sound: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32_768.0).collect();
    let mut resampler = Fft::<f32>::new(RATE, WHISPER_RATE, 1_024, 1, FixedSync::Input)
        .map_err(|_| RecordingsError::Transcription("the resampler could not be made"))?;
    let input = InterleavedSlice::new(&sound, 1, sound.len())
        .map_err(|_| RecordingsError::Transcription("the sound could not be read"))?;
    Ok(resampler.process_all(&input, sound.len(), None).map_err(fault)?.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of `hertz` is in the sound, 0 to 1.
    fn tone(sound: &[f32], rate: f32, hertz: f32) -> f32 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, s) in sound.iter().enumerate() {
            let angle = std::f32::consts::TAU * hertz * i as f32 / rate;
            re += s * angle.cos();
            im += s * angle.sin();
        }
        (re * re + im * im).sqrt() * 2.0 / sound.len() as f32
    }

    #[test]
    fn resampling_keeps_pitch_length_and_band() {
        let sine = |i: usize| (std::f32::consts::TAU * 1_000.0 * i as f32 / 8_000.0).sin() * 16_384.0;
        let samples: Vec<i16> = (0..8_000).map(|i| sine(i) as i16).collect();
        let sound = to_16_khz(&samples).unwrap();
        assert_eq!(sound.len(), 16_000);
        assert!((tone(&sound, 16_000.0, 1_000.0) - 0.5).abs() < 0.01);
        assert!(tone(&sound, 16_000.0, 7_000.0) < 0.001, "no mirror image above the old band");
    }

    #[test]
    fn tells_speech_from_hiss() {
        assert!(!speaks(&[]));
        assert!(!speaks(&[50; 8_000]));
        let mut word = vec![20i16; 8_000];
        word[4_000..4_200].fill(3_000);
        assert!(speaks(&word));
    }
}
