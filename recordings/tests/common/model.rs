//! A whisper model made at test time in ggml form: the smallest that whisper.cpp runs, with random
//! weights from a seed. Its last layer is steered so that one word wins six times and then the end: a
//! known answer that still passes through every layer of the real code.

#![allow(dead_code, clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;

pub const WORD: &str = " habari";
const WORD_TOKEN: usize = 1_000;
/// From this place on the end of the text wins. Whisper's own prompt takes the first three.
const END_PLACE: usize = 8;
const WIDTH: usize = 16;
const HEADS: i32 = 1;
const LAYERS: i32 = 1;
const AUDIO_CONTEXT: usize = 1_500;
const TEXT_CONTEXT: usize = 32;
const MELS: usize = 80;
const BINS: usize = 201;

pub struct Model {
    pub vocabulary: usize,
    bytes: Vec<u8>,
    seed: u64,
}

impl Model {
    /// `vocabulary`: 51,865 knows many languages, 51,864 English only.
    pub fn new(vocabulary: usize) -> Model {
        let mut model = Model { vocabulary, bytes: Vec::new(), seed: 0x9E37_79B9_7F4A_7C15 };
        model.head();
        model
    }

    /// The whole file.
    pub fn file(mut self) -> Vec<u8> {
        self.encoder();
        self.decoder();
        self.bytes
    }

    /// Everything but the tensors, as whisper.cpp's own empty test models are.
    pub fn without_tensors(self) -> Vec<u8> {
        self.bytes
    }

    fn head(&mut self) {
        self.bytes.extend(b"lmgg");
        let width = WIDTH as i32;
        for n in [
            self.vocabulary as i32, AUDIO_CONTEXT as i32, width, HEADS, LAYERS, TEXT_CONTEXT as i32, width, HEADS,
            LAYERS, MELS as i32, 1,
        ] {
            self.int(n);
        }
        self.int(MELS as i32);
        self.int(BINS as i32);
        for n in 0..MELS * BINS {
            // Triangles would be right; any filter that lets something through will do.
            let near = (n % BINS) * MELS / BINS == n / BINS;
            self.bytes.extend((if near { 0.02f32 } else { 0.0 }).to_le_bytes());
        }
        self.int(50_257);
        for n in 0..50_257 {
            let word = match n {
                WORD_TOKEN => WORD.to_owned(),
                220 => " ".to_owned(),
                532 => " -".to_owned(),
                705 => " '".to_owned(),
                _ => format!(" w{n}"),
            };
            self.int(word.len() as i32);
            self.bytes.extend(word.as_bytes());
        }
    }

    fn int(&mut self, n: i32) {
        self.bytes.extend(n.to_le_bytes());
    }

    /// A number between -1 and 1 (xorshift64*).
    fn random(&mut self) -> f32 {
        self.seed ^= self.seed >> 12;
        self.seed ^= self.seed << 25;
        self.seed ^= self.seed >> 27;
        let high = (self.seed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32;
        high / (1 << 23) as f32 - 1.0
    }

    fn tensor(&mut self, name: &str, shape: &[usize], half: bool, value: impl Fn(&mut Model, usize) -> f32) {
        self.int(shape.len() as i32);
        self.int(name.len() as i32);
        self.int(i32::from(half));
        for size in shape {
            self.int(*size as i32);
        }
        self.bytes.extend(name.as_bytes());
        for n in 0..shape.iter().product() {
            let value = value(self, n);
            if half { self.bytes.extend(half_bits(value).to_le_bytes()) } else { self.bytes.extend(value.to_le_bytes()) }
        }
    }

    fn weights(&mut self, name: &str, shape: &[usize]) {
        self.tensor(name, shape, true, |m, _| m.random() * 0.1);
    }

    fn biases(&mut self, name: &str, shape: &[usize]) {
        self.tensor(name, shape, false, |m, _| m.random() * 0.1);
    }

    fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], false, |m, _| 1.0 + m.random() * 0.1);
        self.biases(&format!("{name}.bias"), &[WIDTH]);
    }

    fn attention(&mut self, name: &str) {
        for part in ["query", "key", "value", "out"] {
            self.weights(&format!("{name}.{part}.weight"), &[WIDTH, WIDTH]);
            if part != "key" {
                self.biases(&format!("{name}.{part}.bias"), &[WIDTH]);
            }
        }
    }

    fn perceptron(&mut self, block: &str) {
        self.norm(&format!("{block}.mlp_ln"));
        self.weights(&format!("{block}.mlp.0.weight"), &[WIDTH, 4 * WIDTH]);
        self.biases(&format!("{block}.mlp.0.bias"), &[4 * WIDTH]);
        self.weights(&format!("{block}.mlp.2.weight"), &[4 * WIDTH, WIDTH]);
        self.biases(&format!("{block}.mlp.2.bias"), &[WIDTH]);
    }

    fn encoder(&mut self) {
        self.biases("encoder.positional_embedding", &[WIDTH, AUDIO_CONTEXT]);
        self.weights("encoder.conv1.weight", &[3, MELS, WIDTH]);
        self.biases("encoder.conv1.bias", &[1, WIDTH]);
        self.weights("encoder.conv2.weight", &[3, WIDTH, WIDTH]);
        self.biases("encoder.conv2.bias", &[1, WIDTH]);
        self.norm("encoder.ln_post");
        for layer in 0..LAYERS {
            let block = format!("encoder.blocks.{layer}");
            self.norm(&format!("{block}.attn_ln"));
            self.attention(&format!("{block}.attn"));
            self.perceptron(&block);
        }
    }

    fn decoder(&mut self) {
        // The second dimension carries the place, so strongly that no layer drowns it.
        self.tensor("decoder.positional_embedding", &[WIDTH, TEXT_CONTEXT], false, |m, n| {
            let place = if n / WIDTH < END_PLACE { 200.0 } else { -200.0 };
            if n % WIDTH == 1 { place } else { m.random() * 0.1 }
        });
        // Whatever comes out of the layers, the last normalization makes it 1 in the first dimension,
        // the sign of the place in the second, and a little noise. Two embeddings answer to that.
        let vocabulary = self.vocabulary;
        let end_token = if vocabulary >= 51_865 { 50_257 } else { 50_256 };
        self.tensor("decoder.token_embedding.weight", &[WIDTH, vocabulary], true, |m, n| {
            let noise = m.random() * 0.1;
            match n {
                n if n == WORD_TOKEN * WIDTH => 40.0,
                n if n == end_token * WIDTH + 1 => -40.0,
                _ => noise,
            }
        });
        self.tensor("decoder.ln.weight", &[WIDTH], false, |m, n| if n == 1 { 1.0 } else { m.random() * 0.01 });
        self.tensor("decoder.ln.bias", &[WIDTH], false, |_, n| if n == 0 { 1.0 } else { 0.0 });
        for layer in 0..LAYERS {
            let block = format!("decoder.blocks.{layer}");
            for part in ["attn", "cross_attn"] {
                self.norm(&format!("{block}.{part}_ln"));
                self.attention(&format!("{block}.{part}"));
            }
            self.perceptron(&block);
        }
    }
}

/// IEEE half precision of a number that is 0 or between 2^-14 and 65504 in size; smaller ones are 0.
fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = (bits >> 23 & 0xFF) as i32 - 127 + 15;
    if exponent <= 0 { sign } else { sign | (exponent as u16) << 10 | (bits >> 13 & 0x3FF) as u16 }
}

pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}
