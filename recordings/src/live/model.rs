//! Walks through a model file in whisper.cpp's ggml form before whisper.cpp loads it. Its loader
//! trusts the numbers it reads: a damaged file would take the whole process down instead of giving an
//! error. Nothing is kept from the walk but the model's shape.
//!
//! The form: magic, eleven hyper-parameters, mel filters, vocabulary, then tensors to the end of the
//! file (whisper.cpp `whisper_model_load`).

use crate::ModelFault;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

const MAGIC: u32 = 0x6767_6d6c;
/// Models with at least this many tokens know many languages; smaller ones only English.
const MULTILINGUAL_VOCABULARY: i32 = 51_865;
/// The smallest vocabulary whisper's own token numbers fit in.
const ENGLISH_VOCABULARY: i32 = 51_864;
/// FFT bins of a mel filter: 400-sample windows.
const FFT_BINS: i32 = 201;
/// Words whisper.cpp looks up by name while it decodes; without one of them it throws a C++ exception
/// that no Rust code can catch.
const NEEDED_WORDS: [&[u8]; 3] = [b" ", b" -", b" '"];

/// What a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelShape {
    /// Whether it knows more than English.
    pub multilingual: bool,
    /// How many tensors it holds.
    pub tensors: u32,
}

/// Checks a model file.
///
/// # Errors
/// [`ModelFault`]: the first thing that is wrong with it.
pub fn check(path: &Path) -> Result<ModelShape, ModelFault> {
    let unreadable = |fault: std::io::Error| ModelFault::Unreadable(fault.kind());
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if about.is_dir() {
        return Err(ModelFault::Unreadable(ErrorKind::IsADirectory));
    }
    let mut walk = Walk { left: about.len(), file: BufReader::new(file) };
    if walk.left < 4 || walk.number("the magic")? as u32 != MAGIC {
        return Err(ModelFault::Magic);
    }
    let tokens = walk.parameters()?;
    walk.filters()?;
    walk.vocabulary(tokens)?;
    let mut tensors = 0;
    while walk.left > 0 {
        walk.tensor()?;
        tensors += 1;
    }
    if tensors == 0 {
        return Err(ModelFault::Empty);
    }
    Ok(ModelShape { multilingual: tokens >= MULTILINGUAL_VOCABULARY, tensors })
}

struct Walk {
    file: BufReader<File>,
    left: u64,
}

impl Walk {
    /// The number of tokens.
    fn parameters(&mut self) -> Result<i32, ModelFault> {
        let mut all = [0i32; 11];
        for parameter in &mut all {
            *parameter = self.number("the parameters")?;
        }
        let [vocabulary, audio_ctx, audio_state, audio_head, audio_layer, text_ctx, text_state, text_head, text_layer, mels, _] = all;
        let checks = [
            ((ENGLISH_VOCABULARY..=60_000).contains(&vocabulary), "the size of its vocabulary"),
            (audio_ctx == 1_500, "its audio context is not 30 s"),
            ((8..=4_096).contains(&audio_state) && audio_state == text_state, "its layers' width"),
            ((1..=64).contains(&audio_head) && audio_state % audio_head == 0, "its encoder's heads"),
            ((1..=64).contains(&text_head) && text_state % text_head == 0, "its decoder's heads"),
            ((1..=64).contains(&audio_layer) && (1..=64).contains(&text_layer), "its number of layers"),
            ((16..=1_024).contains(&text_ctx), "its text context"),
            ((1..=256).contains(&mels), "its number of mel bands"),
        ];
        match checks.into_iter().find(|(fits, _)| !fits) {
            Some((_, what)) => Err(ModelFault::Shape(what)),
            None => Ok(vocabulary),
        }
    }

    fn filters(&mut self) -> Result<(), ModelFault> {
        let (mels, bins) = (self.number("the mel filters")?, self.number("the mel filters")?);
        if !(1..=256).contains(&mels) || bins != FFT_BINS {
            return Err(ModelFault::Shape("the size of its mel filters"));
        }
        self.skip(u64::from(mels as u32) * FFT_BINS as u64 * 4, "the mel filters")
    }

    fn vocabulary(&mut self, tokens: i32) -> Result<(), ModelFault> {
        let short = "the vocabulary";
        let words = self.number(short)?;
        if !(1..=tokens).contains(&words) {
            return Err(ModelFault::Shape("the number of words"));
        }
        let mut needed = NEEDED_WORDS.to_vec();
        let mut word = [0u8; 1_024];
        for _ in 0..words {
            let length = usize::try_from(self.number(short)?).ok().filter(|n| *n <= word.len());
            let length = length.ok_or(ModelFault::Shape("the length of a word"))?;
            if self.left < length as u64 {
                return Err(ModelFault::Short(short));
            }
            self.file.read_exact(&mut word[..length]).map_err(|fault| ModelFault::Unreadable(fault.kind()))?;
            self.left -= length as u64;
            needed.retain(|needed| *needed != &word[..length]);
        }
        if needed.is_empty() { Ok(()) } else { Err(ModelFault::Shape("its vocabulary lacks the blank or the dash")) }
    }

    fn tensor(&mut self) -> Result<(), ModelFault> {
        let short = "a tensor";
        let (dimensions, name, kind) = (self.number(short)?, self.number(short)?, self.number(short)?);
        if !(1..=4).contains(&dimensions) || !(1..=256).contains(&name) {
            return Err(ModelFault::Shape("the head of a tensor"));
        }
        let mut elements: u64 = 1;
        for _ in 0..dimensions {
            let size = u64::try_from(self.number(short)?).ok().filter(|n| (1..=1 << 24).contains(n));
            elements = size
                .and_then(|n| elements.checked_mul(n))
                .filter(|n| *n <= 1 << 31)
                .ok_or(ModelFault::Shape("the size of a tensor"))?;
        }
        // Bytes and elements of one block of each ggml type that whisper's quantizer writes.
        let (bytes, block) = match kind {
            0 => (4, 1),
            1 => (2, 1),
            2 => (18, 32),
            3 => (20, 32),
            6 => (22, 32),
            7 => (24, 32),
            8 => (34, 32),
            10 => (84, 256),
            11 => (110, 256),
            12 => (144, 256),
            13 => (176, 256),
            14 => (210, 256),
            _ => return Err(ModelFault::Shape("a tensor of a type this program does not know")),
        };
        if !elements.is_multiple_of(block) {
            return Err(ModelFault::Shape("the size of a tensor"));
        }
        self.skip(name as u64, short)?;
        self.skip(elements / block * bytes, short)
    }

    fn number(&mut self, what: &'static str) -> Result<i32, ModelFault> {
        let mut bytes = [0; 4];
        if self.left < 4 {
            return Err(ModelFault::Short(what));
        }
        self.file.read_exact(&mut bytes).map_err(|fault| ModelFault::Unreadable(fault.kind()))?;
        self.left -= 4;
        Ok(i32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64, what: &'static str) -> Result<(), ModelFault> {
        if self.left < bytes {
            return Err(ModelFault::Short(what));
        }
        let step = i64::try_from(bytes).map_err(|_| ModelFault::Short(what))?;
        self.file.seek_relative(step).map_err(|fault| ModelFault::Unreadable(fault.kind()))?;
        self.left -= bytes;
        Ok(())
    }
}
