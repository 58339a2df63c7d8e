//! What a person is told when something is refused: Kiswahili and English side by side, with the code
//! the screens know it by and the HTTP status it travels under.

use crate::ports::Refused;
use acd::Refusal;
use axum::http::StatusCode;
use std::borrow::Cow;

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident $status:ident $code:literal $sw:literal $en:literal;)*) => {
        /// A refusal of the console's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Message {
            $($(#[$doc])* $name,)*
        }

        impl Message {
            /// Every message.
            pub const ALL: &[Message] = &[$(Message::$name,)*];

            /// The HTTP status it travels under.
            pub const fn status(self) -> StatusCode {
                match self { $(Message::$name => StatusCode::$status,)* }
            }

            /// The code, for programs.
            pub const fn code(self) -> &'static str {
                match self { $(Message::$name => $code,)* }
            }

            /// The text, Kiswahili and English, for people.
            pub const fn texts(self) -> (&'static str, &'static str) {
                match self { $(Message::$name => ($sw, $en),)* }
            }
        }
    };
}

messages! {
    /// No session, or it is over.
    NotLoggedIn UNAUTHORIZED "not_logged_in"
        "Tafadhali ingia kwanza."
        "Please log in first.";
    /// Name, password or code.
    WrongLogIn UNAUTHORIZED "wrong_log_in"
        "Jina, nenosiri au msimbo si sahihi."
        "The name, the password or the code is wrong.";
    /// The throttle.
    TooManyTries TOO_MANY_REQUESTS "too_many_tries"
        "Umejaribu mara nyingi mno. Tafadhali subiri kisha ujaribu tena."
        "Too many tries. Please wait, then try again.";
    /// A limit on anonymous visitors.
    TooFast TOO_MANY_REQUESTS "too_fast"
        "Maombi ni mengi mno kutoka kwenye mtandao wako. Tafadhali subiri kidogo."
        "Too many requests from your network. Please wait a little.";
    /// A change without the header that only our own pages send.
    NotFromOurPage BAD_REQUEST "not_from_our_page"
        "Ombi hili halikutoka kwenye ukurasa wetu."
        "This request did not come from our own page.";
    /// The body is not what the protocol says.
    BadInput BAD_REQUEST "bad_input"
        "Ombi halikueleweka."
        "The request could not be understood.";
    /// The body or frame is too long.
    TooLarge PAYLOAD_TOO_LARGE "too_large"
        "Ujumbe ni mrefu mno."
        "The message is too long.";
    /// Absent, or must not be known to exist.
    Absent NOT_FOUND "absent"
        "Hakuna kitu kama hicho."
        "There is no such thing.";
    /// It took too long.
    Slow GATEWAY_TIMEOUT "slow"
        "Ombi limechukua muda mrefu mno. Tafadhali jaribu tena."
        "The request took too long. Please try again.";
    /// Something behind the console is down or restarting.
    Unavailable SERVICE_UNAVAILABLE "unavailable"
        "Huduma haipatikani kwa sasa. Tafadhali jaribu tena."
        "The service is not available just now. Please try again.";
    /// The contact is not this agent's.
    NotYours CONFLICT "not_yours"
        "Humhudumii mwananchi huyu kwa sasa."
        "You are not serving this contact.";
    /// A call is taken by answering it.
    AnswerByPhone CONFLICT "answer_by_phone"
        "Pokea simu hii kwa simu yako."
        "Answer this call on your phone.";
    /// The web call knows only our own entries.
    NoSuchEntry BAD_REQUEST "no_such_entry"
        "Hakuna nambari kama hiyo ya kupiga kutoka hapa."
        "There is no such number to call from here.";
    /// A text is empty.
    Empty BAD_REQUEST "empty"
        "Tafadhali andika kitu kwanza."
        "Please write something first.";
    /// Enough desk phones.
    TooManyDevices CONFLICT "too_many_devices"
        "Una simu za mezani za kutosha. Ondoa moja kwanza."
        "You have as many desk phones as allowed. Remove one first.";
    /// The contact belongs to no known citizen: the number was withheld, or it is a text contact.
    NobodyToName CONFLICT "nobody_to_name"
        "Hakuna nambari ya mwananchi huyu, kwa hivyo jina haliwezi kuhifadhiwa."
        "There is no number for this citizen, so no name can be kept.";
    /// Not a phone number.
    BadNumber BAD_REQUEST "bad_number"
        "Hiyo si nambari ya simu. Andika kama 0712 345678."
        "That is not a phone number. Write it as 0712 345678.";
    /// A reason must be given.
    NoReason BAD_REQUEST "no_reason"
        "Tafadhali eleza sababu."
        "Please give a reason.";
    /// Days that are not a span of at most a month.
    BadDays BAD_REQUEST "bad_days"
        "Chagua siku 31 au chini, ya kwanza kabla ya ya mwisho."
        "Choose 31 days or fewer, the first before the last.";
    /// Recordings sealed or incomplete in a way that cannot be played.
    NotPlayable CONFLICT "not_playable"
        "Rekodi hii haiwezi kuchezwa."
        "This recording cannot be played.";
}

/// The texts for what the floor refuses.
pub fn of_refusal(refusal: &Refusal) -> Refused {
    use Refusal::*;
    let (code, sw, en) = match refusal {
        UnknownContact(_) | Over(_) => ("over", "Mawasiliano haya yameisha.", "This contact is over."),
        StaleOffer { .. } => ("stale_offer", "Ombi hili limepita muda.", "This offer is over."),
        Taken { .. } => ("taken", "Mhudumu mwingine amepokea kwanza.", "A colleague answered first."),
        NotOffered { .. } => ("not_offered", "Hukupewa ombi hili.", "This contact is not offered to you."),
        NotWith { .. } | WithAgent(_) => {
            ("not_yours", "Humhudumii mwananchi huyu kwa sasa.", "You are not serving this contact.")
        }
        Connected(_) => ("connected", "Tayari mmeunganishwa.", "You are connected already."),
        NotWrappingUp { .. } => {
            ("not_wrapping_up", "Muda wa kumalizia umekwisha.", "You are not wrapping up this contact.")
        }
        WrapUpAtLimit { .. } => {
            ("wrap_up_at_limit", "Muda wa kumalizia hauwezi kuongezwa tena.", "Wrap-up cannot be extended further.")
        }
        UnknownDisposition(_) => ("unknown_disposition", "Hakuna matokeo kama hayo.", "There is no such disposition."),
        UnknownReason(_) => ("unknown_reason", "Hakuna sababu kama hiyo.", "There is no such away reason."),
        UnknownAgent(_) | NotAnAgent(_) => ("not_an_agent", "Huyu si mhudumu.", "This person is not an agent."),
        BreakOwed(_) => (
            "break_owed",
            "Unastahili kupumzika baada ya mazungumzo mazito. Msimamizi anaweza kuruhusu vinginevyo.",
            "A break is owed after hard conversations. A supervisor can waive it.",
        ),
        NeedsTwo => (
            "needs_two",
            "Kupunguza hatari au kutoka kwenye njia ya siri kunahitaji watu wawili.",
            "Lowering the risk or leaving the confidential line takes two people.",
        ),
        NeverCloses(_) => (
            "never_closes",
            "Foleni ya laini ya siri haifungwi kamwe.",
            "A queue of the confidential line is never closed.",
        ),
        WrongLane { .. } => (
            "wrong_lane",
            "Mawasiliano ya siri yanaweza kwenda kwenye foleni ya aina yake pekee.",
            "A confidential contact can only go to a queue of its own kind.",
        ),
        LeavesNowhere(_) => (
            "leaves_nowhere",
            "Chagua kuondoka au kutokuwepo: mtu hawezi kuondoka akiwa tayari.",
            "Choose away or offline: nobody leaves to be ready.",
        ),
        NotASupervisor => ("not_a_supervisor", "Msimamizi pekee anaweza kufanya hivi.", "Only a supervisor can do this."),
        UnknownQueue(_) => ("unknown_queue", "Hakuna foleni kama hiyo.", "There is no such queue."),
        QueueClosed(_) => ("queue_closed", "Foleni hiyo imefungwa kwa sasa.", "That queue is closed just now."),
        NotCleared { .. } | NotOfTenant { .. } => (
            "not_for_them",
            "Mhudumu huyo hawezi kupewa mawasiliano haya.",
            "This contact cannot be given to that person.",
        ),
        NotLoggedIn(_) => ("not_logged_in_agent", "Mhudumu huyo hajaingia.", "That person is not logged in."),
        FloorFull { .. } => ("full", "Kituo kimejaa kwa sasa.", "The centre is full just now."),
        _ => ("refused", "Hilo haliwezekani kwa sasa.", "That is not possible now."),
    };
    Refused { code: Cow::Borrowed(code), sw: Cow::Borrowed(sw), en: Cow::Borrowed(en) }
}

/// The texts for what the CRM refuses.
pub(crate) fn of_crm_refusal(refusal: &crm::Refusal) -> Refused {
    use crm::Refusal::*;
    let (code, sw, en) = match refusal {
        TooLong { .. } => ("too_long", "Maandishi ni marefu mno.", "The text is too long."),
        Empty { .. } => ("empty", "Tafadhali andika kitu kwanza.", "Please write something first."),
        CaseStep { .. } => (
            "case_step",
            "Kesi hii haiwezi kubadilishwa kuwa hali hiyo.",
            "This case cannot be moved to that state.",
        ),
        UnknownService => ("unknown_service", "Hakuna huduma kama hiyo.", "There is no such service."),
        _ => ("refused", "Hilo haliwezekani.", "That is not possible."),
    };
    Refused { code: Cow::Borrowed(code), sw: Cow::Borrowed(sw), en: Cow::Borrowed(en) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_its_own_code_and_both_texts() {
        let mut codes: Vec<_> = Message::ALL.iter().map(|m| m.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Message::ALL.len());
        for message in Message::ALL {
            let (sw, en) = message.texts();
            assert!(sw.len() > 5 && en.len() > 5 && sw != en, "{}", message.code());
            assert!(message.status().is_client_error() || message.status().is_server_error());
        }
    }
}
