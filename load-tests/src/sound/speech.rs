//! Speech for the crowd, by espeak-ng and sox where they are installed. Without them people hum their
//! tone and nothing else is different.

use super::{Sound, encode};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Longest clip kept, in samples: two and a half seconds, so that the tone is heard often.
const LONGEST: usize = 20_000;

/// Makes speech; its files live as long as it does.
pub struct Speaker {
    folder: tempfile::TempDir,
    made: u32,
}

impl Speaker {
    /// A speaker with a folder of its own.
    ///
    /// # Errors
    /// The file system's.
    pub fn new() -> std::io::Result<Speaker> {
        Ok(Speaker { folder: tempfile::tempdir()?, made: 0 })
    }

    /// The sound of a text in a language (`sw`, `en`); `None` where the tools are not there.
    pub fn say(&mut self, language: &str, text: &str) -> Option<Sound> {
        self.made += 1;
        let spoken = self.file("spoken");
        let narrow = self.file("narrow");
        run(Command::new("espeak-ng").args(["-v", language, "-s", "150", "-w"]).arg(&spoken).arg(text))?;
        run(Command::new("sox").arg(&spoken).args(["-r", "8000", "-c", "1", "-b", "16"]).arg(&narrow))?;
        let mut reader = hound::WavReader::open(&narrow).ok()?;
        Some(reader.samples::<i16>().map_while(Result::ok).take(LONGEST).map(encode).collect())
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.path().join(format!("{kind}-{}.wav", self.made))
    }
}

fn run(command: &mut Command) -> Option<()> {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    done.success().then_some(())
}
