//! How a request fails: one enum, and how each variant looks on the wire. A fault of ours is logged with
//! an id and answered with that id alone, so that nothing inner reaches a browser.

use crate::credentials::CredentialError;
use crate::messages::Message;
use crate::ports::{CentreError, Refused};
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use crm::db::DbError;
use serde_json::{Value, json};
use vocabulary::Span;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A refusal of the console's own.
    #[error("refused: {}", .0.code())]
    Told(Message),
    /// A refusal that passes with time.
    #[error("refused for a while: {}", .0.code())]
    Wait(Message, Span),
    /// A refusal of the floor or another part.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// A fault of ours.
    #[error("fault")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Message> for Failure {
    fn from(message: Message) -> Failure {
        Failure::Told(message)
    }
}

impl From<CentreError> for Failure {
    fn from(error: CentreError) -> Failure {
        match error {
            CentreError::Refused(refused) => Failure::Refused(refused),
            CentreError::Absent => Failure::Told(Message::Absent),
            CentreError::Unavailable => Failure::Told(Message::Unavailable),
            CentreError::Fault(source) => Failure::Fault(source),
        }
    }
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Failure {
        match error {
            CredentialError::Busy => Failure::Told(Message::Unavailable),
            CredentialError::TooManyDevices => Failure::Told(Message::TooManyDevices),
            CredentialError::Store(inner) => inner.into(),
            other => Failure::Fault(Box::new(other)),
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Failure {
        match error {
            DbError::Busy { .. } | DbError::Unavailable { .. } => Failure::Told(Message::Unavailable),
            other => Failure::Fault(Box::new(other)),
        }
    }
}

impl Failure {
    /// The status and the body of an answer, or the content of a `refused` frame.
    pub(crate) fn parts(&self) -> (StatusCode, Value) {
        match self {
            Failure::Told(message) => (message.status(), told(*message)),
            Failure::Wait(message, wait) => {
                let mut body = told(*message);
                body["retry_seconds"] = json!(retry_seconds(*wait));
                (message.status(), body)
            }
            Failure::Refused(refused) => {
                (StatusCode::CONFLICT, json!({"refused": refused.code, "sw": refused.sw, "en": refused.en}))
            }
            Failure::Fault(source) => {
                let id = crate::credentials::random_hex(6);
                tracing::error!(fault = %id, error = %source, "a request failed through a fault of ours");
                (StatusCode::INTERNAL_SERVER_ERROR, json!({"fault": id}))
            }
        }
    }

    /// The frame a socket sends for it.
    pub(crate) fn frame(&self) -> Value {
        let (_, mut body) = self.parts();
        body["t"] = json!("refused");
        body
    }
}

fn told(message: Message) -> Value {
    let (sw, en) = message.texts();
    json!({"refused": message.code(), "sw": sw, "en": en})
}

/// Rounded up, so that whoever waits exactly that long is let in.
fn retry_seconds(wait: Span) -> i64 {
    (wait.0.max(0) + 999) / 1_000
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        let mut response = (status, Json(body)).into_response();
        if let Failure::Wait(_, wait) = &self {
            response.headers_mut().insert(RETRY_AFTER, retry_seconds(*wait).into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_id_and_nothing_inner() {
        let failure = Failure::Fault("0712345678 is in here".into());
        let (status, body) = failure.parts();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body["fault"].as_str().map(str::len), Some(12));
        assert!(!body.to_string().contains("0712"));
    }

    #[test]
    fn waiting_is_told_in_whole_seconds_rounded_up() {
        let response = Failure::Wait(Message::TooManyTries, Span(1_001)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }
}
