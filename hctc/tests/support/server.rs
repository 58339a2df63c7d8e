//! A centre of its own: temporary folder, every port 0, ended with the test.

use super::{wait_for, root};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A running centre.
pub struct Server {
    child: Child,
    folder: Arc<tempfile::TempDir>,
    environment: Vec<(String, String)>,
    pub http: SocketAddr,
    pub sip: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts one with the demo's log-ins.
    pub fn start() -> Server {
        Server::start_with(&[])
    }

    /// The same, with more environment.
    pub fn start_with(environment: &[(&str, &str)]) -> Server {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let environment = environment.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Server::launch(folder, environment)
    }

    /// The same, with a configuration file.
    pub fn start_configured(toml: &str) -> Server {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        fs::write(folder.path().join("hctc.toml"), toml).expect("written");
        Server::launch(folder, Vec::new())
    }

    fn launch(folder: Arc<tempfile::TempDir>, environment: Vec<(String, String)>) -> Server {
        let data = folder.path().join("data");
        let _ = fs::remove_file(data.join("ready.json"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_hctc"));
        command.arg("serve").arg("--demo").current_dir(root());
        let config = folder.path().join("hctc.toml");
        if config.exists() {
            command.arg("--config").arg(config);
        }
        for name in ["HCTC_HTTP_LISTEN", "HCTC_SIP_LISTEN", "HCTC_WEBRTC_LISTEN"] {
            command.env(name, "127.0.0.1:0");
        }
        command.env("HCTC_RTP_PORTS", "0").env("HCTC_DATA_DIR", &data).env("HCTC_LOG", "info,hctc=debug");
        command.envs(environment.iter().map(|(k, v)| (k, v)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the centre starts");
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().expect("piped"), Arc::clone(&log));
        keep(child.stderr.take().expect("piped"), Arc::clone(&log));
        let ready = wait_for("ready.json", || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the centre ended with {status}:\n{}", log.lock().expect("log"));
            }
            let text = fs::read_to_string(data.join("ready.json")).ok()?;
            serde_json::from_str::<Value>(&text).ok()
        });
        let address = |key: &str| ready[key].as_str().expect(key).parse().expect("an address");
        Server { http: address("http"), sip: address("sip_udp"), child, folder, environment, log }
    }

    /// `kill -9`, then the same folder and the same addresses again: pages come back by themselves.
    pub fn kill_and_restart(mut self) -> Server {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
        let (folder, mut environment) = (Arc::clone(&self.folder), std::mem::take(&mut self.environment));
        environment.push(("HCTC_HTTP_LISTEN".to_owned(), self.http.to_string()));
        environment.push(("HCTC_SIP_LISTEN".to_owned(), self.sip.to_string()));
        drop(self);
        Server::launch(folder, environment)
    }

    /// Asks it to stop, as a service manager does, and waits until it has; whether it ended well.
    pub fn terminate(&mut self) -> bool {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(asked.success());
        self.ended_well()
    }

    /// Waits until it has ended; whether it ended well.
    pub fn ended_well(&mut self) -> bool {
        wait_for("the end of the centre", || self.child.try_wait().expect("asked")).success()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        self.log.lock().expect("log").clone()
    }

    /// A page's address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Runs another command of the binary against the same folder.
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        run_with(&self.data(), &self.environment, arguments, "")
    }

    /// The same, with something to read on standard input.
    pub fn command_with(&self, arguments: &[&str], input: &str) -> (bool, String) {
        run_with(&self.data(), &self.environment, arguments, input)
    }

    /// The value of one metric line that begins with `name`.
    pub fn metric(&self, name: &str) -> f64 {
        let body = ureq::get(self.url("/metrics")).call().expect("metrics").body_mut().read_to_string().expect("text");
        let line = body.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line.rsplit(' ').next().and_then(|v| v.parse().ok()).unwrap_or(0.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log.lock().expect("log");
            let tail: Vec<&str> = log.lines().rev().take(80).collect();
            eprintln!("--- the centre's last lines ---");
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// Runs a command of the binary; success and everything it printed.
pub fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    run_with(data, &[], arguments, "")
}

fn run_with(data: &Path, environment: &[(String, String)], arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hctc"))
        .args(arguments)
        .current_dir(root())
        .env("HCTC_DATA_DIR", data)
        .envs(environment.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that asks nothing may be gone before it is told.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the command runs");
    let text = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned()).concat();
    (output.status.success(), text)
}

fn keep(stream: impl Read + Send + 'static, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("log");
            log.push_str(&line);
            log.push('\n');
        }
    });
}
