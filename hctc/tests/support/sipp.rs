//! SIPp as citizens.

use super::root;
use super::sound::write_tone;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// SIPp running a scenario of `load-tests/sipp`.
pub struct Sipp {
    child: Child,
    folder: tempfile::TempDir,
}

impl Sipp {
    /// Runs `scenario` against the centre: `calls` calls at once, each once. `keys` fill the
    /// scenario's brackets.
    pub fn start(server: SocketAddr, scenario: &str, number: &str, calls: u32, keys: &[(&str, &str)]) -> Sipp {
        Sipp::run(server, scenario, number, calls, keys, "u1")
    }

    /// The same over TCP.
    pub fn start_over_tcp(server: SocketAddr, scenario: &str, number: &str, calls: u32, keys: &[(&str, &str)]) -> Sipp {
        Sipp::run(server, scenario, number, calls, keys, "t1")
    }

    fn run(
        server: SocketAddr,
        scenario: &str,
        number: &str,
        calls: u32,
        keys: &[(&str, &str)],
        transport: &str,
    ) -> Sipp {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tone = folder.path().join("tone.pcma");
        alaw_tone(&tone);
        // SIPp does not fill keywords inside actions, so the scenario is filled in here.
        let template = std::fs::read_to_string(root().join("load-tests/sipp").join(scenario)).expect("the scenario");
        let filled = keys.iter().fold(template, |text, (name, value)| text.replace(&format!("[{name}]"), value));
        let file = folder.path().join(scenario);
        std::fs::write(&file, filled.replace("[tone]", &tone.display().to_string())).expect("written");
        let mut command = Command::new("sipp");
        command
            .arg(server.to_string())
            .arg("-sf")
            .arg(file)
            .args(["-s", number, "-i", "127.0.0.1", "-m", &calls.to_string(), "-l", &calls.to_string()])
            .args(["-t", transport, "-r", "20", "-nostdin", "-timeout", "90", "-timeout_error", "-trace_err"])
            .current_dir(folder.path());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sipp is installed");
        Sipp { child, folder }
    }

    /// Waits for its end; true if every call went as the scenario says.
    pub fn succeeded(mut self) -> bool {
        let ok = self.child.wait().expect("reaped").success();
        if !ok {
            for entry in std::fs::read_dir(self.folder.path()).expect("folder").filter_map(Result::ok) {
                if entry.file_name().to_string_lossy().contains("errors") {
                    eprintln!("{}", std::fs::read_to_string(entry.path()).unwrap_or_default());
                }
            }
        }
        ok
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ten seconds of 440 Hz as raw A-law, by sox.
fn alaw_tone(path: &Path) {
    let wav = path.with_extension("wav");
    write_tone(&wav, 440.0, 8_000, 10);
    let made = Command::new("sox")
        .arg(&wav)
        .args(["-t", "raw", "-e", "a-law", "-c", "1", "-r", "8000"])
        .arg(path)
        .status()
        .expect("sox is installed");
    assert!(made.success());
}
