//! Who asks: the session behind a cookie, joined with what the centre's set-up lets that person do. Roles
//! and clearances are read from the floor's picture at each request, so that taking one away works at
//! once.

use crate::ConsoleState;
use crate::credentials::Session;
use crate::failure::Failure;
use crate::messages::Message;
use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use std::sync::Arc;
use vocabulary::centre::{Agent, Role};
use vocabulary::{AgentName, Lane};

/// The name of the session's cookie.
pub const COOKIE: &str = "hctc_session";

/// Someone logged in, as of now.
#[derive(Clone)]
pub struct Me {
    /// The log-in name.
    pub name: AgentName,
    /// What the set-up says of them.
    pub agent: Arc<Agent>,
    /// Their session.
    pub session: Session,
}

impl std::fmt::Debug for Me {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Me({})", self.name)
    }
}

impl Me {
    /// The log-in name.
    pub fn name(&self) -> &AgentName {
        &self.name
    }

    /// Whether they have a role.
    pub fn is(&self, role: Role) -> bool {
        self.agent.roles.contains(&role)
    }

    /// Whether they may see or serve contacts of a lane.
    pub fn cleared_for(&self, lane: Lane) -> bool {
        self.agent.cleared_for(lane)
    }

    /// Passes when they have one of the roles. Others are told that there is no such thing: what a role
    /// opens is not theirs to know.
    pub(crate) fn need(&self, roles: &[Role]) -> Result<(), Failure> {
        if roles.iter().any(|role| self.is(*role)) { Ok(()) } else { Err(Message::Absent.into()) }
    }
}

impl FromRequestParts<ConsoleState> for Me {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Me, Failure> {
        state.session_of(&parts.headers).await?.ok_or(Failure::Told(Message::NotLoggedIn))
    }
}

/// The value of our cookie. A browser may send `Cookie` in several lines.
pub(crate) fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The header that sets the cookie, or takes it away when `value` is empty. It ends with the browser;
/// how long the session lives is the server's to say.
pub(crate) fn set_cookie(value: &str, secure: bool) -> HeaderValue {
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{age}"))
        .expect("hex and our own words are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_our_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; xhctc_session=no"));
        assert_eq!(cookie_of(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("c=d;hctc_session=abc"));
        assert_eq!(cookie_of(&headers), Some("abc"));
    }

    #[test]
    fn the_cookie_is_secure_under_https() {
        assert_eq!(set_cookie("ab", true), "hctc_session=ab; HttpOnly; SameSite=Strict; Path=/; Secure");
        assert_eq!(set_cookie("", false), "hctc_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    }
}
