//! A citizen's conversation in writing.

use super::Services;
use acd::Waiting;
use chat::Speaker;
use ivr_flows::Say;
use vocabulary::ContactId;

/// One conversation.
pub struct TextLine {
    contact: ContactId,
}

impl TextLine {
    /// A conversation that was opened or restored.
    pub fn new(contact: ContactId) -> TextLine {
        TextLine { contact }
    }

    pub(super) async fn say(&mut self, services: &Services, say: &[Say]) {
        let text = services.flows.catalogue().message(say);
        if text.is_empty() {
            return;
        }
        if let Err(error) = services.chat.say(self.contact, Speaker::Centre, &text).await {
            tracing::warn!(contact = %self.contact, %error, "a text of the centre could not be kept");
        }
    }

    pub(super) async fn bridge(&mut self, services: &Services) {
        let picture = services.floor.picture();
        let agent = picture.agent_of(self.contact);
        let shown = agent.and_then(|name| picture.first_name(&name)).unwrap_or_default();
        told(services.chat.agent(self.contact, &shown).await);
    }

    pub(super) async fn show_position(&mut self, services: &Services, waiting: &Waiting) {
        let seconds = waiting.estimate.as_ref().and_then(|e| u32::try_from(e.high.as_seconds()).ok());
        told(services.chat.queue(self.contact, waiting.position, seconds).await);
    }

    pub(super) async fn safeguard(&mut self, services: &Services) {
        told(services.chat.safeguard(self.contact).await);
    }

    pub(super) async fn close(&mut self, services: &Services) {
        told(services.chat.end(self.contact).await);
    }

    pub(super) async fn over(&self, services: &Services) {
        if let Err(error) = services.crm.messages.close(self.contact, services.clock.now()).await {
            // The next start closes it: the floor no longer holds the contact.
            tracing::warn!(contact = %self.contact, %error, "a conversation that is over stays open in the store");
        }
    }
}

/// The page may be over before we are: then there is nobody to tell, and that is all right.
fn told(result: Result<(), chat::HubError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a conversation was not told");
    }
}
