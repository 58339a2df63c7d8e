//! How a contact travels.

use serde::{Deserialize, Serialize};

/// A channel. Voice covers the phone and the web call alike: both are a leg with audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A phone or browser call.
    Voice,
    /// The chat page of the centre itself.
    WebChat,
    /// WhatsApp Cloud API.
    WhatsApp,
    /// Facebook Messenger.
    Messenger,
    /// Instagram direct messages.
    Instagram,
    /// X direct messages and mentions.
    X,
    /// Telegram.
    Telegram,
    /// SMS.
    Sms,
    /// USSD menus.
    Ussd,
    /// Email.
    Email,
}

impl Channel {
    /// Every channel, in the order figures list them.
    pub const ALL: [Channel; 10] = [
        Channel::Voice,
        Channel::WebChat,
        Channel::WhatsApp,
        Channel::Messenger,
        Channel::Instagram,
        Channel::X,
        Channel::Telegram,
        Channel::Sms,
        Channel::Ussd,
        Channel::Email,
    ];

    /// The name used in files, labels and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Voice => "voice",
            Channel::WebChat => "web_chat",
            Channel::WhatsApp => "whats_app",
            Channel::Messenger => "messenger",
            Channel::Instagram => "instagram",
            Channel::X => "x",
            Channel::Telegram => "telegram",
            Channel::Sms => "sms",
            Channel::Ussd => "ussd",
            Channel::Email => "email",
        }
    }

    /// Whether an agent can serve one contact of this channel only, and nothing beside it waits on
    /// an answer within the second.
    pub const fn is_voice(self) -> bool {
        matches!(self, Channel::Voice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_name_is_as_str() {
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(channel).expect("plain enum"), channel.as_str());
        }
    }
}
