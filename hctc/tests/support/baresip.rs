//! baresip as a citizen's phone or an agent's desk phone, driven over its control port.

use super::sound::{read_open, write_tone};
use super::{free_port, wait_for};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A phone that speaks one tone and records what it hears.
pub struct Phone {
    child: Child,
    folder: tempfile::TempDir,
    control: TcpStream,
    events: Arc<Mutex<Vec<Value>>>,
    /// Where it takes calls itself.
    pub address: SocketAddr,
}

/// How a phone behaves.
pub struct Account<'a> {
    /// User name at the registrar.
    pub user: &'a str,
    /// Digest password; `None` for a phone that does not register.
    pub secret: Option<&'a str>,
    /// Whether it answers by itself.
    pub answers: bool,
}

impl Phone {
    /// A phone that speaks `hertz`.
    pub fn start(server: SocketAddr, account: &Account<'_>, hertz: f64) -> Phone {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tone = folder.path().join("tone.wav");
        write_tone(&tone, hertz, 8_000, 120);
        fs::write(folder.path().join("accounts"), account_line(server, account)).expect("accounts");
        fs::write(folder.path().join("contacts"), "").expect("contacts");
        // A port can be taken between our look and baresip's: it then ends, or listens to nobody.
        let (child, control, sip) = (0..5)
            .find_map(|_| launch(&folder, &tone))
            .expect("baresip is installed and opens its control port");
        let events = Arc::new(Mutex::new(Vec::new()));
        follow(control.try_clone().expect("cloned"), Arc::clone(&events));
        let address = SocketAddr::from(([127, 0, 0, 1], sip));
        // A phone with a secret registers as it starts, before anyone can listen: whether it has is seen
        // by whether it rings.
        Phone { child, folder, control, events, address }
    }

    /// Dials.
    pub fn dial(&mut self, uri: &str) {
        self.command("dial", uri);
    }

    /// Presses a key; baresip sends it as RFC 4733.
    pub fn press(&mut self, key: char) {
        self.command("sndcode", &key.to_string());
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    fn command(&mut self, name: &str, params: &str) {
        let text = serde_json::json!({"command": name, "params": params}).to_string();
        write!(self.control, "{}:{},", text.len(), text).expect("baresip listens");
    }

    /// Waits for an event by its type, such as `CALL_ESTABLISHED` or `CALL_CLOSED`.
    pub fn wait_event(&self, kind: &str) -> Value {
        wait_for(&format!("baresip's {kind}"), || self.event(kind))
    }

    /// The first event of a type so far.
    pub fn event(&self, kind: &str) -> Option<Value> {
        self.events.lock().expect("events").iter().find(|e| e["type"] == kind).cloned()
    }

    /// Forgets the events so far.
    pub fn forget(&self) {
        self.events.lock().expect("events").clear();
    }

    /// What it has heard so far: samples and rate.
    pub fn heard(&self) -> (Vec<i16>, u32) {
        let mut all = Vec::new();
        let mut rate = 8_000;
        for path in self.recordings() {
            let (samples, its_rate) = read_open(&fs::read(path).unwrap_or_default());
            all.extend(samples);
            rate = its_rate;
        }
        (all, rate)
    }

    fn recordings(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).expect("its folder").filter_map(Result::ok).map(|e| e.path());
        let mut found: Vec<PathBuf> = files.filter(|p| p.to_string_lossy().ends_with("-dec.wav")).collect();
        found.sort();
        found
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the program on ports that were free a moment ago; `None` when it did not come up on them.
fn launch(folder: &tempfile::TempDir, tone: &std::path::Path) -> Option<(Child, TcpStream, u16)> {
    let (sip, control) = (free_port(), free_port());
    fs::write(folder.path().join("config"), config(folder, tone, sip, control)).expect("config");
    let mut child = Command::new("baresip")
        .args(["-f", &folder.path().display().to_string(), "-t", "180"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("baresip is installed");
    let end = Instant::now() + Duration::from_secs(15);
    while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", control)) {
            return Some((child, stream, sip));
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn config(folder: &tempfile::TempDir, tone: &std::path::Path, sip: u16, control: u16) -> String {
    let modules = ["/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules"]
        .into_iter()
        .find(|p| std::path::Path::new(p).exists())
        .unwrap_or("/usr/lib/baresip/modules");
    format!(
        "sip_listen 127.0.0.1:{sip}\ncall_local_timeout 120\ncall_max_calls 4\nnet_interface 127.0.0.1\n\
         audio_source aufile,{tone}\naudio_player aubridge,x\naudio_alert aubridge,x\nausrc_srate 8000\nauplay_srate 8000\n\
         audio_channels 1\nmodule_path {modules}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
         snd_path {folder}\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n\
         module_app contact.so\n",
        tone = tone.display(),
        folder = folder.path().display(),
    )
}

fn account_line(server: SocketAddr, account: &Account<'_>) -> String {
    let answer = if account.answers { "auto" } else { "manual" };
    let register = match account.secret {
        Some(secret) => format!(";auth_pass={secret};regint=60"),
        None => ";regint=0".to_owned(),
    };
    format!(
        "<sip:{}@{server}>{register};answermode={answer};audio_codecs=PCMA/8000/1,PCMU/8000/1\n",
        account.user
    )
}

/// Reads netstrings of JSON for as long as the phone lives.
fn follow(mut stream: TcpStream, events: Arc<Mutex<Vec<Value>>>) {
    std::thread::spawn(move || {
        let mut buffer = Vec::new();
        let mut piece = [0u8; 4_096];
        while let Ok(read) = stream.read(&mut piece) {
            if read == 0 {
                return;
            }
            buffer.extend_from_slice(&piece[..read]);
            while let Some((text, rest)) = netstring(&buffer) {
                if let Ok(event) = serde_json::from_slice::<Value>(&text) {
                    events.lock().expect("events").push(event);
                }
                buffer = rest;
            }
        }
    });
}

fn netstring(buffer: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = buffer.iter().position(|b| *b == b':')?;
    let length: usize = std::str::from_utf8(&buffer[..colon]).ok()?.parse().ok()?;
    let end = colon + 1 + length;
    (buffer.len() > end).then(|| (buffer[colon + 1..end].to_vec(), buffer[end + 1..].to_vec()))
}
