//! Headless Chromium as an agent, a citizen or a supervisor.

use super::server::Server;
use super::sound::write_tone;
use super::staff::{PASSWORD, code};
use super::{root, wait_for};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// One person at one browser.
pub struct Person {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Person {
    /// A person whose microphone hears `hertz`.
    pub fn start(hertz: f64) -> Person {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mic = folder.path().join("mic.wav");
        write_tone(&mic, hertz, 48_000, 10);
        let mut child = Command::new("node")
            .arg(root().join("hctc/tests/browser/drive.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut person = Person { child, input, output, _folder: folder };
        person.do_it(json!({"op": "launch", "mic": mic}));
        person
    }

    /// An agent at the desk, logged in, with the phone connected and ready.
    pub fn agent(server: &Server, name: &str, hertz: f64) -> Person {
        let mut person = Person::start(hertz);
        person.log_in(server, "/desk", name);
        person.wait("button:has-text(\"Phone ready\")");
        person.press("Alt+R");
        person.wait(".ready[aria-pressed=true]");
        person
    }

    /// Logs in on a staff page.
    pub fn log_in(&mut self, server: &Server, path: &str, name: &str) {
        self.goto(&server.url(path));
        self.fill("#name", name);
        self.fill("#password", PASSWORD);
        self.fill("#code", &code(server, name));
        self.click("form button[type=submit]");
        self.wait("#main:not(.door)");
    }

    /// Answers the offer on the screen.
    pub fn answer(&mut self) {
        self.wait(".offer .primary");
        self.press("Alt+A");
        self.wait(".callpanel .tag.good");
    }

    pub fn goto(&mut self, url: &str) {
        self.do_it(json!({"op": "goto", "url": url}));
    }

    pub fn fill(&mut self, selector: &str, value: &str) {
        self.do_it(json!({"op": "fill", "selector": selector, "value": value}));
    }

    pub fn click(&mut self, selector: &str) {
        self.do_it(json!({"op": "click", "selector": selector}));
    }

    pub fn press(&mut self, key: &str) {
        self.do_it(json!({"op": "press", "key": key}));
    }

    pub fn wait(&mut self, selector: &str) {
        self.do_it(json!({"op": "wait", "selector": selector}));
    }

    pub fn wait_gone(&mut self, selector: &str) {
        self.do_it(json!({"op": "wait", "selector": selector, "state": "detached"}));
    }

    pub fn text(&mut self, selector: &str) -> String {
        self.do_it(json!({"op": "text", "selector": selector})).as_str().unwrap_or_default().to_owned()
    }

    pub fn count(&mut self, selector: &str) -> u64 {
        self.do_it(json!({"op": "count", "selector": selector})).as_u64().unwrap_or(0)
    }

    pub fn reload(&mut self) {
        self.do_it(json!({"op": "reload"}));
    }

    /// Opens the same page in a second window, with what the tab remembers, and goes to it.
    pub fn twin(&mut self) {
        self.do_it(json!({"op": "twin"}));
    }

    /// Goes back to the window before [`Person::twin`].
    pub fn other_window(&mut self) {
        self.do_it(json!({"op": "other_window"}));
    }

    pub fn screenshot(&mut self, path: &str) {
        self.do_it(json!({"op": "screenshot", "path": path}));
    }

    /// Waits until the page plays a tone near `hertz` and not the other of 440 and 1000.
    pub fn hears(&mut self, hertz: f64) {
        wait_for(&format!("the page to play {hertz} Hz"), || {
            let heard = self.do_it(json!({"op": "heard"}));
            let (own, other) = if hertz < 700.0 { ("at440", "at1000") } else { ("at1000", "at440") };
            let level = |key: &str| heard[key].as_f64().unwrap_or(-200.0);
            let near = (heard["hertz"].as_f64().unwrap_or(0.0) - hertz).abs() < 15.0;
            (near && level(own) > level(other) + 25.0).then_some(())
        });
    }

    fn do_it(&mut self, mut command: Value) -> Value {
        command["person"] = json!("me");
        writeln!(self.input, "{command}").expect("the driver listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the driver answers");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the driver ended at {command}"));
        assert!(answer["ok"] == true, "{command}: {}", answer["error"]);
        answer["value"].clone()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // The end of its input lets the driver close its browser; it is given the time to.
        let _ = writeln!(self.input, "{}", json!({"op": "close", "person": "me"}));
        let mut line = String::new();
        let _ = self.output.read_line(&mut line);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
