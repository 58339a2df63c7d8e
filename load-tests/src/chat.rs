//! A citizen who writes: the web chat's protocol from the page's side.

use crate::Trouble;
use crate::staff::{self, Socket, mint};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// A line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `citizen`, `agent` or `centre`.
    pub from: String,
    /// What it says.
    pub text: String,
}

/// A conversation from the citizen's side.
pub struct Chat {
    socket: Socket,
    /// The conversation, which is also the contact.
    pub conversation: String,
    /// Lines in order.
    pub lines: Vec<Line>,
    /// The agent's first name, once there is one.
    pub agent: Option<String>,
    /// When the agent came.
    pub answered: Option<Instant>,
    /// Whether the centre has ended it.
    pub over: bool,
}

impl Chat {
    /// Opens a conversation on the centre at `base`.
    ///
    /// # Errors
    /// It is not opened.
    pub async fn open(base: &str, language: Option<&str>) -> Result<Chat, Trouble> {
        let socket = staff::socket(base, "/chat/ws", None, None).await?;
        let mut chat =
            Chat { socket, conversation: String::new(), lines: Vec::new(), agent: None, answered: None, over: false };
        let open =
            json!({"t": "open", "entry": "web_chat", "language": language, "phone": null, "confidential": false});
        chat.send(open).await?;
        chat.until("the conversation to open", Duration::from_secs(10), |chat| !chat.conversation.is_empty()).await?;
        Ok(chat)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn say(&mut self, text: &str) -> Result<(), Trouble> {
        self.lines.push(Line { from: "citizen".into(), text: text.to_owned() });
        self.send(json!({"t": "msg", "id": mint().to_string(), "text": text})).await
    }

    /// Ends the conversation.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn end(&mut self) -> Result<(), Trouble> {
        self.send(json!({"t": "end"})).await
    }

    /// Lines of one side.
    pub fn from(&self, side: &str) -> usize {
        self.lines.iter().filter(|line| line.from == side).count()
    }

    /// Reads until something is so.
    ///
    /// # Errors
    /// It is not so in time, or the centre refuses or closes.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&Chat) -> bool,
    ) -> Result<(), Trouble> {
        let until = Instant::now() + patience;
        while !wanted(self) {
            let next = tokio::time::timeout_at(until, self.socket.next()).await;
            let next = next.map_err(|_| Trouble::Late { what: what.to_owned(), patience })?;
            match next {
                Some(Ok(Message::Text(text))) => self.take(&text)?,
                Some(Ok(Message::Close(why))) => return Err(Trouble::answer("the chat", format!("its end: {why:?}"))),
                None => return Err(Trouble::answer("the chat", "its end")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Trouble::answer("the chat", error)),
            }
        }
        Ok(())
    }

    /// Reads whatever comes for a while.
    pub async fn linger(&mut self, a_while: Duration) {
        // Nothing is waited for, so that it is late is no trouble.
        let _ = self.until("nothing", a_while, |chat| chat.over).await;
    }

    fn take(&mut self, text: &str) -> Result<(), Trouble> {
        let frame: Value = serde_json::from_str(text).map_err(|e| Trouble::answer("the chat", e))?;
        let word = |key: &str| frame[key].as_str().unwrap_or_default().to_owned();
        match frame["t"].as_str() {
            Some("opened") => self.conversation = word("conv"),
            Some("msg") if word("from") != "citizen" => {
                self.lines.push(Line { from: word("from"), text: word("text") })
            }
            Some("agent") => {
                self.agent = Some(word("name"));
                self.answered.get_or_insert_with(Instant::now);
            }
            Some("end") => self.over = true,
            Some("error") => return Err(Trouble::answer("the chat", &frame)),
            _ => {}
        }
        Ok(())
    }

    async fn send(&mut self, frame: Value) -> Result<(), Trouble> {
        self.socket.send(Message::text(frame.to_string())).await.map_err(|e| Trouble::answer("the chat", e))
    }
}
