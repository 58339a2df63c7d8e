//! After a restart: conversations in writing that were waiting or being served get their tasks back.
//! Calls do not come here: their legs died, and the floor has ended them.

use super::{ContactTask, Services, TextLine};
use acd::Stage;
use journey::{Command, Journey, Opening};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use vocabulary::{ContactId, EndCause, Lane, Party};

/// Restores every text contact of the floor's picture. One that was still talking to the menu begins
/// the menu anew; one whose entry point is gone is ended.
pub async fn restore(services: &Arc<Services>, tasks: &TaskTracker) {
    let confidential_pages = adopt_conversations(services).await;
    let picture = services.floor.picture();
    let texts = picture.view.contacts.values().filter(|c| !c.channel.is_voice());
    for contact in texts.filter(|c| !matches!(c.stage, Stage::WrapUp { .. })) {
        let id = contact.contact;
        let Some(entry) = picture.centre().entries.get(&contact.entry) else {
            let end = acd::Command::End { contact: id, by: Party::Centre, cause: EndCause::Restart };
            services.floor.tell(end).await;
            continue;
        };
        let lane = contact.lane.unwrap_or(Lane::Standard);
        let opening = Opening {
            contact: id,
            channel: contact.channel,
            tenant: contact.tenant.clone(),
            entry: entry.name.clone(),
            flow: entry.flow.clone(),
            place: None,
            safe_place: None,
            retention_days: picture.centre().rules.retention_days,
            language: contact.language,
            confidential: lane.is_safeguarding() || confidential_pages.contains(&id),
            source: None,
        };
        let flows = Arc::clone(&services.flows);
        let mut effects = Vec::new();
        let journey = match contact.stage {
            // What was typed into the menu is lost: it is asked again. The floor knows of the arrival.
            Stage::InFlow => {
                let mut journey = Journey::start(flows, opening, &mut effects);
                effects.clear();
                journey.handle(services.clock.now(), Command::Begin, &mut effects);
                journey
            }
            _ => Journey::resume(flows, opening, services.clock.now(), lane, picture.agent_of(id)),
        };
        if let Some(shown) = picture.agent_of(id).and_then(|agent| picture.first_name(&agent))
            && let Err(error) = services.chat.agent(id, &shown).await
        {
            tracing::debug!(contact = %id, %error, "its page is not told who serves it");
        }
        let inbox = services.hub.open(id);
        let line = TextLine::new(id);
        let task = ContactTask::new(Arc::clone(services), id, journey, line.into(), inbox);
        tasks.spawn(task.run(effects));
    }
}

/// Pages come back to their conversations by themselves; what they missed is in the store. Returns those
/// opened on the confidential page: no queue may have given them a lane yet.
async fn adopt_conversations(services: &Services) -> BTreeSet<ContactId> {
    let mut confidential = BTreeSet::new();
    let open = match crate::keeping::open_conversations(&services.crm).await {
        Ok(open) => open,
        Err(error) => {
            tracing::error!(%error, "conversations of the last run cannot be read");
            return confidential;
        }
    };
    let picture = services.floor.picture();
    for kept in open {
        match picture.contact(kept.contact) {
            Some(contact) => {
                if kept.confidential {
                    confidential.insert(kept.contact);
                }
                let safeguarding = kept.confidential || contact.lane.is_some_and(|lane| lane.is_safeguarding());
                services.chat.adopt(kept.contact, kept.token_hash, safeguarding, &kept.lines);
            }
            // It was over; only the store had not heard.
            None => {
                if let Err(error) = services.crm.messages.close(kept.contact, services.clock.now()).await {
                    tracing::warn!(%error, "a conversation that is over stays open in the store");
                }
            }
        }
    }
    confidential
}
