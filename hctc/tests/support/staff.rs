//! Staff over the HTTP API: log-in and what a test asks of the centre as a person with a role.

use super::server::Server;
use serde_json::{Value, json};
use std::process::Command;
use ureq::Agent;
use ureq::http::StatusCode;

/// The demo's password, as the README prints it.
pub const PASSWORD: &str = "huduma-demo-2026";

/// A person who is logged in.
pub struct Staff {
    agent: Agent,
    base: String,
    cookie: String,
    /// The code it logged in with: good once only.
    pub code: String,
    pub me: Value,
}

/// An answer: status and JSON (or null).
pub struct Answer {
    pub status: StatusCode,
    pub cookie: Option<String>,
    pub body: Value,
    pub bytes: Vec<u8>,
    pub headers: ureq::http::HeaderMap,
}

/// The code of this half minute.
pub fn code(server: &Server, name: &str) -> String {
    let (ok, text) = server.command(&["user", "code", name]);
    assert!(ok, "{text}");
    text.trim().to_owned()
}

impl Staff {
    /// Logs in with password and code.
    pub fn log_in(server: &Server, name: &str) -> Staff {
        let agent = client();
        let base = server.url("");
        let code = code(server, name);
        let body = json!({"name": name, "password": PASSWORD, "code": code});
        let answer = post(&agent, &format!("{base}/api/login"), "", &body);
        assert_eq!(answer.status, 200, "log-in of {name}: {}", answer.body);
        let cookie = answer.cookie.expect("a session cookie");
        Staff { agent, base, cookie, code, me: answer.body }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        read(request.call().expect("an answer"))
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        post(&self.agent, &format!("{}{path}", self.base), &self.cookie, body)
    }

    /// The session cookie, for sockets.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }
}

/// A client that takes 4xx as answers.
pub fn client() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

/// POST of JSON with the header that a cross-site form cannot send.
pub fn post(agent: &Agent, url: &str, cookie: &str, body: &Value) -> Answer {
    let request = agent.post(url).header("cookie", cookie).header("x-hctc", "1");
    read(request.send_json(body).expect("an answer"))
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let status = response.status();
    let cookie = response.headers().get("set-cookie").and_then(|c| c.to_str().ok());
    let cookie = cookie.and_then(|c| c.split(';').next()).map(str::to_owned);
    let bytes = response.body_mut().with_config().limit(64 << 20).read_to_vec().expect("a body");
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, cookie, body, bytes, headers: response.headers().clone() }
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    Command::new("which").arg(program).output().is_ok_and(|o| o.status.success())
}
