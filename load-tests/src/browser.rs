//! People in real browsers: a node script drives one headless Chromium (`load-tests/browser/agents.mjs`);
//! here are its orders and its events, one JSON line each.

use crate::Trouble;
use crate::centre::{PASSWORD, project};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// An agent in a browser.
#[derive(Debug, Clone)]
pub struct BrowserAgent {
    /// Log-in name.
    pub name: String,
    /// The tone spoken, in hertz.
    pub hertz: f64,
    /// When the agent ends a call; `None` leaves that to the citizen.
    pub hangs_up_after: Option<Duration>,
}

/// A citizen on the `/call` page.
#[derive(Debug, Clone)]
pub struct BrowserCitizen {
    /// The name events carry.
    pub name: String,
    /// The tone spoken, in hertz.
    pub hertz: f64,
    /// Keys, each with the time waited before it.
    pub keys: Vec<(Duration, char)>,
    /// How long an agent is talked to.
    pub talks_for: Duration,
    /// How long an agent is waited for.
    pub patience: Duration,
    /// Tones from here up are agents'.
    pub agents_from: f64,
}

/// What happened in a browser.
#[derive(Debug, Clone, PartialEq)]
pub enum BrowserEvent {
    /// A one-time code is needed.
    NeedCode {
        /// Whose.
        who: String,
    },
    /// An agent is ready for contacts.
    Ready {
        /// Who.
        who: String,
    },
    /// A citizen's call is up.
    Up {
        /// Who.
        who: String,
    },
    /// An agent has answered.
    Answered {
        /// Who.
        who: String,
        /// Which contact.
        contact: String,
    },
    /// These tones were heard.
    Heard {
        /// By whom.
        who: String,
        /// In which contact; `None` for a citizen.
        contact: Option<String>,
        /// Hertz, about five times a second.
        hertz: Vec<f64>,
    },
    /// A contact was written up.
    Wrapped {
        /// By whom.
        who: String,
        /// Which.
        contact: String,
    },
    /// A citizen's call is over.
    Over {
        /// Who.
        who: String,
    },
    /// A step did not go as it should; the person tries again.
    Trouble {
        /// Who.
        who: String,
        /// What was seen.
        what: String,
    },
    /// A person could not begin at all.
    Failed {
        /// Who.
        who: String,
        /// Why.
        what: String,
    },
}

/// The browser; closed when dropped.
pub struct Browser {
    child: Child,
    orders: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    /// Starts Chromium and these agents.
    ///
    /// # Errors
    /// node, the screens' packages or Chromium are missing.
    pub async fn start(base: &str, agents: &[BrowserAgent]) -> Result<Browser, Trouble> {
        if !project().join("console/web/node_modules/playwright-core").is_dir() {
            return Err(Trouble::program("playwright-core", "is missing: run `make screens` first"));
        }
        let script = project().join("load-tests/browser/agents.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Trouble::Missing { program: "node".into(), source })?;
        let piped = child.stdin.take().zip(child.stdout.take());
        let (orders, events) = piped.ok_or_else(|| Trouble::program("node", "has no pipes"))?;
        let mut browser = Browser { child, orders, events: BufReader::new(events).lines() };
        let agent = |a: &BrowserAgent| {
            let hangs_up = a.hangs_up_after.map(|after| after.as_millis() as u64);
            json!({"name": a.name, "password": PASSWORD, "hertz": a.hertz, "hangs_up_after_ms": hangs_up})
        };
        let agents: Vec<Value> = agents.iter().map(agent).collect();
        let chromium = std::env::var("HCTC_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        browser.order(json!({"base": base, "agents": agents, "chromium": chromium})).await?;
        Ok(browser)
    }

    /// Gives a one-time code.
    ///
    /// # Errors
    /// The script is gone.
    pub async fn give_code(&mut self, who: &str, code: &str) -> Result<(), Trouble> {
        self.order(json!({"t": "code", "who": who, "code": code})).await
    }

    /// Lets a citizen call.
    ///
    /// # Errors
    /// The script is gone.
    pub async fn call(&mut self, plan: &BrowserCitizen) -> Result<(), Trouble> {
        let keys: Vec<(u64, String)> =
            plan.keys.iter().map(|(wait, key)| (wait.as_millis() as u64, key.to_string())).collect();
        let plan = json!({"name": plan.name, "hertz": plan.hertz, "keys": keys, "talk_ms": plan.talks_for.as_millis() as u64,
            "patience_ms": plan.patience.as_millis() as u64, "agents_from_hertz": plan.agents_from});
        self.order(json!({"t": "call", "plan": plan})).await
    }

    /// The next event. Cancel safe.
    ///
    /// # Errors
    /// The script ended or says what it should not.
    pub async fn next(&mut self) -> Result<BrowserEvent, Trouble> {
        loop {
            let line = self.events.next_line().await?.ok_or_else(|| Trouble::program("the browser script", "ended"))?;
            if let Some(event) = read(&line) {
                return Ok(event);
            }
        }
    }

    /// Closes the browser.
    pub async fn stop(mut self) {
        // It may be gone already.
        let _ = self.order(json!({"t": "stop"})).await;
        let _ = tokio::time::timeout(Duration::from_secs(8), self.child.wait()).await;
    }

    async fn order(&mut self, order: Value) -> Result<(), Trouble> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        Ok(self.orders.flush().await?)
    }
}

fn read(line: &str) -> Option<BrowserEvent> {
    let event: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| event[key].as_str().map(str::to_owned);
    let who = text("who")?;
    Some(match event["t"].as_str()? {
        "need_code" => BrowserEvent::NeedCode { who },
        "ready" => BrowserEvent::Ready { who },
        "up" => BrowserEvent::Up { who },
        "answered" => BrowserEvent::Answered { who, contact: text("contact")? },
        "heard" => {
            let hertz = event["hertz"].as_array()?.iter().filter_map(Value::as_f64).collect();
            BrowserEvent::Heard { who, contact: text("contact"), hertz }
        }
        "wrapped" => BrowserEvent::Wrapped { who, contact: text("contact")? },
        "over" => BrowserEvent::Over { who },
        "trouble" => BrowserEvent::Trouble { who, what: text("what")? },
        "failed" => BrowserEvent::Failed { who, what: text("what")? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_the_rest_is_not() {
        let heard = read(r#"{"t":"heard","who":"amina","contact":"01J","hertz":[520,523.5]}"#);
        let expected =
            BrowserEvent::Heard { who: "amina".into(), contact: Some("01J".into()), hertz: vec![520.0, 523.5] };
        assert_eq!(heard, Some(expected));
        assert_eq!(read(r#"{"t":"up","who":"wanjiku"}"#), Some(BrowserEvent::Up { who: "wanjiku".into() }));
        for line in ["", "DevTools listening", r#"{"t":"up"}"#, r#"{"t":"nonsense","who":"x"}"#] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
