//! The HTTP face of the centre: the API and the sockets of the agent's desk, the CRM, the wall and the
//! citizen's pages, and the screens themselves. It shows and asks; it decides nothing about routing,
//! holds no call and no chat session. What it needs of the rest of the centre is the [`ports::Centre`]
//! trait, which the binary implements; what goes over the wire is in `PROTOCOL.md`.

pub mod api;
mod card;
pub mod clock;
pub mod credentials;
mod desk;
mod desks;
pub mod failure;
pub mod guards;
pub mod history;
pub mod messages;
pub mod ports;
mod records;
mod screens;
mod session;
pub mod story;
mod store;
pub mod view;
mod wall;
mod wall_picture;
mod wire;

pub use clock::Clock;
pub use credentials::{CredentialError, Credentials, NewUser};
pub use guards::{Doors, Place, origin_is_ours};
pub use session::{COOKIE, Me};

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn;
use desks::Desks;
use history::History;
use ports::Centre;
use records::Records;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often sessions that ran out are ended.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// How often figures of quarter-hours that are over are kept.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// What the console is made of.
pub struct Parts {
    /// The rest of the centre.
    pub centre: Arc<dyn Centre>,
    /// Users, sessions and devices.
    pub credentials: Credentials,
    /// The CRM.
    pub crm: crm::Crm,
    /// Where the time comes from: the clock the credentials were opened with.
    pub clock: Clock,
    /// Whether browsers reach us by HTTPS: the cookie then never travels by plain HTTP.
    pub secure: bool,
}

/// The console, shared by every request. Cheap to clone.
#[derive(Clone)]
pub struct ConsoleState(Arc<Inner>);

struct Inner {
    centre: Arc<dyn Centre>,
    credentials: Credentials,
    records: Records,
    history: History,
    doors: Doors,
    desks: Desks,
    clock: Clock,
    secure: bool,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl ConsoleState {
    /// Puts the parts together and starts the task that ends sessions when they run out. Must be called
    /// within a tokio runtime; [`ConsoleState::close`] ends what it started.
    pub fn new(parts: Parts) -> ConsoleState {
        let state = ConsoleState(Arc::new(Inner {
            doors: Doors::new(parts.clock.clone()),
            centre: parts.centre,
            history: History::over(parts.credentials.store().clone()),
            credentials: parts.credentials,
            records: Records::new(parts.crm),
            desks: Desks::default(),
            clock: parts.clock,
            secure: parts.secure,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        state.0.tasks.spawn(purge(state.0.credentials.clone(), state.0.stop.clone()));
        state.0.tasks.spawn(keep_figures(state.clone()));
        state
    }

    /// Ends every socket and task of the console and waits for them.
    pub async fn close(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Who sends these headers; `None` without a living session. The binary guards `/sip` with it.
    ///
    /// # Errors
    /// [`CredentialError::Store`] when the store cannot be asked.
    pub async fn session_of(&self, headers: &HeaderMap) -> Result<Option<Me>, CredentialError> {
        let Some(cookie) = session::cookie_of(headers) else { return Ok(None) };
        let Some(session) = self.0.credentials.session(cookie).await? else { return Ok(None) };
        let view = self.0.centre.view();
        let agent = view.set_up.agents.get(&session.name).cloned();
        Ok(agent.map(|agent| Me { name: session.name.clone(), agent: Arc::new(agent), session }))
    }

    /// Users, sessions and devices.
    pub fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    /// The caps on what one address may hold without a log-in.
    pub fn doors(&self) -> &Doors {
        &self.0.doors
    }

    pub(crate) fn centre(&self) -> &dyn Centre {
        self.0.centre.as_ref()
    }

    pub(crate) fn records(&self) -> &Records {
        &self.0.records
    }

    pub(crate) fn history(&self) -> &History {
        &self.0.history
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn secure(&self) -> bool {
        self.0.secure
    }

    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub(crate) fn desks(&self) -> &Desks {
        &self.0.desks
    }
}

impl std::fmt::Debug for ConsoleState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConsoleState")
    }
}

/// Everything under one origin: API, sockets, pages. The binary adds `/sip` and `/chat/ws` by `merge`
/// and serves it with `into_make_service_with_connect_info::<SocketAddr>()`, so that addresses count.
pub fn router(state: ConsoleState) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(screens::routes())
        .layer(from_fn(guards::strict_headers))
        .with_state(state)
}

async fn purge(credentials: Credentials, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = credentials.purge().await {
            tracing::warn!(%error, "sessions that ran out could not be ended; trying again in a minute");
        }
    }
}

/// Keeps the figures of quarter-hours that are over, once more when the console stops.
async fn keep_figures(state: ConsoleState) {
    let mut ticks = tokio::time::interval(KEEP_EVERY);
    loop {
        let over = tokio::select! {
            () = state.stop().cancelled() => true,
            _ = ticks.tick() => false,
        };
        let floor = state.centre().view().set_up.floor.clone();
        let figures = state.centre().figures();
        if let Err(error) = state.history().keep(&floor, &figures, state.clock().now()).await {
            tracing::warn!(%error, "figures could not be kept; trying again in a minute");
        }
        if over {
            return;
        }
    }
}
