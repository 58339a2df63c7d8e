//! The supervisor's wall as a program sees it: the newest picture, and waiting for one.

use super::Staff;
use crate::Trouble;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

/// An open wall; closed when dropped.
pub struct Wall {
    picture: watch::Receiver<Value>,
    task: tokio::task::JoinHandle<()>,
}

impl Wall {
    /// Opens it.
    ///
    /// # Errors
    /// The socket is refused.
    pub async fn open(staff: &Staff) -> Result<Wall, Trouble> {
        let mut socket = staff.socket("/api/wall/ws").await?;
        let (tell, picture) = watch::channel(Value::Null);
        let task = tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                if let Message::Text(text) = frame
                    && let Ok(picture) = serde_json::from_str(&text)
                {
                    tell.send_replace(picture);
                }
            }
        });
        Ok(Wall { picture, task })
    }

    /// The newest picture.
    pub fn picture(&self) -> Value {
        self.picture.borrow().clone()
    }

    /// Waits for a picture.
    ///
    /// # Errors
    /// It does not come in time, or the wall is closed.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        shown: impl Fn(&Value) -> bool,
    ) -> Result<Value, Trouble> {
        let late = || Trouble::Late { what: what.to_owned(), patience };
        let waited = tokio::time::timeout(patience, self.picture.wait_for(|p| !p.is_null() && shown(p))).await;
        waited.map_err(|_| late())?.map(|p| p.clone()).map_err(|_| late())
    }
}

impl Drop for Wall {
    fn drop(&mut self) {
        self.task.abort();
    }
}
