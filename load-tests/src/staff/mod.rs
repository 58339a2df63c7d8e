//! Staff over the HTTP API: a log-in, what a person with a role may ask, their sockets, and an automatic
//! desk. Agents in a browser are [`crate::browser`]'s.

mod desk;
mod wall;

pub(crate) use desk::mint;
pub use desk::{Desk, DeskHabits};
pub use wall::Wall;

use crate::Trouble;
use crate::centre::{Centre, PASSWORD};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A socket to the centre.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The largest answer read: a recording of some minutes.
const LARGEST: u64 = 64 << 20;
/// Tries to log in: a code is good for one use, so the second needs the next half minute's.
const TRIES: u32 = 2;

/// A person who is logged in.
#[derive(Clone)]
pub struct Staff {
    agent: ureq::Agent,
    base: String,
    cookie: String,
    /// Log-in name.
    pub name: String,
    /// What the log-in said of them.
    pub me: Value,
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body, or null.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
    cookie: Option<String>,
}

impl Staff {
    /// Logs in with the demo's password and the code of this half minute.
    ///
    /// # Errors
    /// The centre does not let them in.
    pub async fn log_in(centre: &Centre, name: &str) -> Result<Staff, Trouble> {
        let (agent, base) = (client(), centre.url());
        let mut refused = Value::Null;
        for _ in 0..TRIES {
            let body = json!({"name": name, "password": PASSWORD, "code": centre.code(name).await?});
            let answer = ask(&agent, format!("{base}/api/login"), String::new(), Some(body)).await?;
            if let (200, Some(cookie)) = (answer.status, answer.cookie) {
                return Ok(Staff { agent, base, cookie, name: name.to_owned(), me: answer.body });
            }
            refused = answer.body;
        }
        Err(Trouble::answer("the log-in", format!("{refused} to {name}")))
    }

    /// GET of JSON.
    ///
    /// # Errors
    /// No answer.
    pub async fn get(&self, path: &str) -> Result<Answer, Trouble> {
        ask(&self.agent, format!("{}{path}", self.base), self.cookie.clone(), None).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer, Trouble> {
        ask(&self.agent, format!("{}{path}", self.base), self.cookie.clone(), Some(body)).await
    }

    /// Opens a WebSocket as this person's page would.
    ///
    /// # Errors
    /// It is refused.
    pub async fn socket(&self, path: &str) -> Result<Socket, Trouble> {
        socket(&self.base, path, Some(&self.cookie), None).await
    }

    /// Opens the socket a browser's phone speaks SIP over.
    ///
    /// # Errors
    /// It is refused.
    pub async fn sip_socket(&self) -> Result<Socket, Trouble> {
        socket(&self.base, "/sip", Some(&self.cookie), Some("sip")).await
    }
}

/// Opens a WebSocket as a page of ours would.
///
/// # Errors
/// It is refused.
pub(crate) async fn socket(
    base: &str,
    path: &str,
    cookie: Option<&str>,
    protocol: Option<&str>,
) -> Result<Socket, Trouble> {
    let bad = |e: &dyn std::fmt::Display| Trouble::answer(path, e);
    let mut request = format!("{}{path}", base.replacen("http", "ws", 1)).into_client_request().map_err(|e| bad(&e))?;
    let headers = [("origin", Some(base)), ("cookie", cookie), ("sec-websocket-protocol", protocol)];
    for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|e| bad(&e))?);
    }
    let opened = tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await;
    let opened = opened.map_err(|_| Trouble::Late { what: format!("{path} to open"), patience: PATIENCE })?;
    opened.map(|(socket, _)| socket).map_err(|e| bad(&e))
}

/// A client that takes refusals as answers.
fn client() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

/// One request, off the async threads: the client is a plain one.
async fn ask(agent: &ureq::Agent, url: String, cookie: String, body: Option<Value>) -> Result<Answer, Trouble> {
    let agent = agent.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let response = match body {
            Some(body) => agent.post(&url).header("cookie", &cookie).header("x-hctc", "1").send_json(&body),
            None => agent.get(&url).header("cookie", &cookie).call(),
        };
        response.and_then(read).map_err(|e| Trouble::answer(url, e))
    });
    asked.await.map_err(|e| Trouble::program("an HTTP request", e))?
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let cookie = response.headers().get("set-cookie").and_then(|c| c.to_str().ok());
    let cookie = cookie.and_then(|c| c.split(';').next()).map(str::to_owned);
    let bytes = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, body, bytes, cookie })
}
