//! Which agents have a desk open, and what becomes of those who have not: a page that is refreshed or
//! loses the network keeps everything for the grace time, then its agent goes offline, so that nobody
//! is offered contacts they cannot see.

use crate::ConsoleState;
use acd::Command;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vocabulary::event::Actor;
use vocabulary::{AgentName, Presence};

/// The desks that are open, by agent.
#[derive(Default)]
pub(crate) struct Desks(Mutex<BTreeMap<AgentName, Desk>>);

#[derive(Default)]
struct Desk {
    open: u32,
    /// Cancels the task that would take the agent offline.
    leaving: Option<CancellationToken>,
}

/// One open desk. Dropping it starts the grace time when it was the agent's last.
pub(crate) struct OpenDesk {
    state: ConsoleState,
    agent: AgentName,
    /// Cancelled when the session is over: then there is nothing to wait for.
    over: CancellationToken,
}

impl Desks {
    /// One more desk of the agent is open: whatever was about to take them offline is called off.
    fn open(&self, agent: &AgentName) {
        let mut desks = self.0.lock().expect("no holder of this lock panics");
        let desk = desks.entry(agent.clone()).or_default();
        desk.open += 1;
        if let Some(leaving) = desk.leaving.take() {
            leaving.cancel();
        }
    }

    /// One desk fewer. After the last one, the token by which coming back calls the leaving off.
    fn close(&self, agent: &AgentName) -> Option<CancellationToken> {
        let mut desks = self.0.lock().expect("no holder of this lock panics");
        let desk = desks.entry(agent.clone()).or_default();
        desk.open = desk.open.saturating_sub(1);
        if desk.open > 0 {
            return None;
        }
        let came_back = CancellationToken::new();
        desk.leaving = Some(came_back.clone());
        Some(came_back)
    }
}

impl OpenDesk {
    pub(crate) fn new(state: ConsoleState, agent: AgentName, over: CancellationToken) -> OpenDesk {
        state.desks().open(&agent);
        OpenDesk { state, agent, over }
    }
}

impl Drop for OpenDesk {
    fn drop(&mut self) {
        let Some(came_back) = self.state.desks().close(&self.agent) else { return };
        if self.state.stop().is_cancelled() {
            return;
        }
        let (state, agent, at_once) = (self.state.clone(), self.agent.clone(), self.over.is_cancelled());
        self.state.tasks().spawn(async move {
            tokio::select! {
                () = came_back.cancelled() => {}
                () = state.stop().cancelled() => {}
                () = leave(&state, &agent, at_once) => {}
            }
        });
    }
}

/// Takes the agent offline when the grace time is over. Whoever still talks is left alone until the call
/// has ended: it may be on a desk phone, and if its leg is dead the gateway says so.
async fn leave(state: &ConsoleState, agent: &AgentName, at_once: bool) {
    if !at_once {
        let grace = state.centre().view().set_up.rules.grace_seconds;
        tokio::time::sleep(Duration::from_secs(u64::try_from(grace).unwrap_or(0))).await;
    }
    let mut changes = state.centre().changes();
    while state.centre().view().talks(agent) {
        if changes.changed().await.is_err() {
            return;
        }
    }
    if state.centre().view().presence(agent) == Some(&Presence::Offline) {
        return;
    }
    let command =
        Command::SetPresence { agent: agent.clone(), presence: Presence::Offline, by: Actor::Centre };
    if let Err(error) = state.centre().floor_command(command).await {
        tracing::warn!(%agent, %error, "an agent who left could not be taken offline");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_desk_leaves_and_coming_back_calls_it_off() {
        let desks = Desks::default();
        let agent = AgentName::new("amina").expect("a name");
        desks.open(&agent);
        desks.open(&agent);
        assert!(desks.close(&agent).is_none(), "another page is open");
        let leaving = desks.close(&agent).expect("the last one");
        assert!(!leaving.is_cancelled());
        desks.open(&agent);
        assert!(leaving.is_cancelled(), "a refreshed page is back");
        let again = desks.close(&agent).expect("the last one again");
        assert!(!again.is_cancelled());
    }
}
