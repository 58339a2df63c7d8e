//! A centre of one's own: the real binary, a temporary folder, every port 0, known log-ins. It ends with
//! whoever started it.

use crate::Trouble;
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// Everyone's password in a demo centre.
pub const PASSWORD: &str = "huduma-demo-2026";
/// The number that is dialled.
pub const NUMBER: &str = "0206900020";

/// How long a centre may take to be healthy.
const START: Duration = Duration::from_secs(30);
/// How long it may take to stop once told.
const STOP: Duration = Duration::from_secs(10);
/// Lines of its log shown when something went wrong.
const LOG_LINES: usize = 40;

/// What a centre is started with.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The binary; `None` takes `HCTC_BINARY`, then `hctc` beside this program.
    pub binary: Option<PathBuf>,
    /// The only core it may run on.
    pub core: Option<usize>,
    /// The set-up, where it is not the demo's.
    pub centre: Option<String>,
    /// What is logged.
    pub log: Option<String>,
}

/// A running centre.
pub struct Centre {
    child: Child,
    folder: tempfile::TempDir,
    binary: PathBuf,
    /// HTTP and WebSocket.
    pub http: SocketAddr,
    /// SIP over UDP.
    pub sip: SocketAddr,
}

impl Centre {
    /// Starts one and waits until it is healthy.
    ///
    /// # Errors
    /// The binary is not there, ends, or is not healthy in time.
    pub async fn start(settings: &Settings) -> Result<Centre, Trouble> {
        let binary = find(settings.binary.as_deref());
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut command = match settings.core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(&binary);
                pinned
            }
            None => Command::new(&binary),
        };
        for name in ["HCTC_HTTP_LISTEN", "HCTC_SIP_LISTEN", "HCTC_WEBRTC_LISTEN"] {
            command.env(name, "127.0.0.1:0");
        }
        if let Some(text) = &settings.centre {
            let file = folder.path().join("centre.toml");
            std::fs::write(&file, text)?;
            command.env("HCTC_CENTRE", file);
        }
        command.env("HCTC_RTP_PORTS", "0").env("HCTC_DATA_DIR", &data);
        command.env("HCTC_LOG", settings.log.as_deref().unwrap_or("warn"));
        let log = File::create(folder.path().join("log"))?;
        command.args(["serve", "--demo"]).current_dir(folder.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child =
            command.spawn().map_err(|source| Trouble::Missing { program: binary.display().to_string(), source })?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut centre = Centre { child, folder, binary, http: nowhere, sip: nowhere };
        let ready = centre.ready(&data).await?;
        let address = |key: &str| ready[key].as_str().and_then(|text| text.parse().ok());
        let both = address("http").zip(address("sip_udp"));
        (centre.http, centre.sip) = both.ok_or_else(|| Trouble::program("hctc", "ready.json names no addresses"))?;
        Ok(centre)
    }

    /// Waits for `ready.json`. There is no event for a file of another process, so it is looked for.
    async fn ready(&mut self, data: &Path) -> Result<Value, Trouble> {
        let until = tokio::time::Instant::now() + START;
        while tokio::time::Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Err(Trouble::program("hctc", format!("ended with {status}\n{}", self.log())));
            }
            if let Ok(text) = std::fs::read_to_string(data.join("ready.json"))
                && let Ok(ready) = serde_json::from_str(&text)
            {
                return Ok(ready);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(Trouble::Late { what: format!("the centre to be healthy\n{}", self.log()), patience: START })
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The address of a page.
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// The one-time code of someone for this half minute.
    ///
    /// # Errors
    /// The command failed.
    pub async fn code(&self, name: &str) -> Result<String, Trouble> {
        let output = Command::new(&self.binary)
            .args(["user", "code", name])
            .current_dir(self.folder.path())
            .env("HCTC_DATA_DIR", self.folder.path().join("data"))
            .output()
            .await?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && text.len() == 6 {
            return Ok(text);
        }
        Err(Trouble::program("hctc user code", String::from_utf8_lossy(&output.stderr)))
    }

    /// The last lines it wrote.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// Ends it as Ctrl-C would; it is killed if it does not go. Gives how it ended by itself.
    ///
    /// # Errors
    /// The system's.
    pub async fn stop(mut self) -> Result<Option<ExitStatus>, Trouble> {
        if let Some(pid) = self.child.id() {
            // SAFETY: the child is ours and not reaped yet, so the id is its own.
            unsafe { libc::kill(pid.cast_signed(), libc::SIGTERM) };
        }
        match tokio::time::timeout(STOP, self.child.wait()).await {
            Ok(status) => Ok(Some(status?)),
            Err(_) => {
                self.child.kill().await?;
                Ok(None)
            }
        }
    }
}

fn find(named: Option<&Path>) -> PathBuf {
    if let Some(path) = named {
        return path.to_owned();
    }
    if let Some(path) = std::env::var_os("HCTC_BINARY") {
        return path.into();
    }
    std::env::current_exe().map(|us| us.with_file_name("hctc")).unwrap_or_else(|_| "hctc".into())
}

/// The root of the project, where scripts, prompts and screens lie.
pub fn project() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder).to_owned()
}

/// How long a prompt of the main flow lasts, so that keys come after it even once people have recorded it
/// anew.
pub fn prompt_length(language: &str, name: &str) -> Duration {
    let file = project().join("ivr-flows/prompts").join(language).join(format!("{name}.wav"));
    // A-law at 8 kHz: eight bytes a millisecond; the header is too short to matter.
    let bytes = std::fs::metadata(file).map_or(0, |m| m.len());
    Duration::from_millis(bytes / 8)
}
