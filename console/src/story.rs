//! The story of one contact in plain words, Kiswahili and English: what was decided about it, when, by
//! whom and why. It is told from the journal's entries and, where the contact had to wait, from what
//! stood in the way at that moment. No number, name of a citizen or text is in it: the journal has none.

mod words;

use acd::{Explanation, Obstacle};
use serde::Serialize;
use utoipa::ToSchema;
use vocabulary::event::{Actor, AgentRule, OrderRule, Why};
use vocabulary::{AgentName, Entry, Event, Time};
use words::{cause, hours, lane, overflow, party, presence, treatment, withdrawn};

/// One sentence of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Told {
    /// When it happened.
    #[schema(value_type = i64)]
    pub at: Time,
    /// In Kiswahili.
    pub sw: String,
    /// In English.
    pub en: String,
}

/// A sentence in both languages.
type Both = (String, String);

/// Tells a contact's entries in order. `waits` gives, for an entry after which the contact waited, what
/// stood in the way then.
pub fn tell<'e>(entries: impl IntoIterator<Item = (&'e Entry, Option<&'e Explanation>)>) -> Vec<Told> {
    let mut story = Vec::new();
    for (entry, waits) in entries {
        if let Some((sw, en)) = sentence(&entry.event) {
            story.push(Told { at: entry.at, sw, en });
        }
        if let Some((sw, en)) = waits.and_then(waited_for) {
            story.push(Told { at: entry.at, sw, en });
        }
    }
    story
}

/// What an entry says; nothing where there is nothing to tell a person.
fn sentence(event: &Event) -> Option<Both> {
    arrival(event).or_else(|| waiting(event)).or_else(|| from_offer_to_end(event)).or_else(|| with_others(event)).or_else(|| after(event))
}

fn both(sw: String, en: String) -> Option<Both> {
    Some((sw, en))
}

fn arrival(event: &Event) -> Option<Both> {
    match event {
        Event::Arrived { channel, entry, .. } => both(
            format!("Iliingia kwa {channel} kupitia `{entry}`.", channel = channel.as_str()),
            format!("Came in by {channel} through `{entry}`.", channel = channel.as_str()),
        ),
        Event::LanguageChosen { language, .. } => {
            both(format!("Lugha iliyochaguliwa: {language}."), format!("Language chosen: {language}."))
        }
        Event::Queued { queue, needs, lane: kind, risk, base, .. } => {
            let (sw, en) = lane(*kind);
            let skills: Vec<String> = needs.skills.iter().map(|(s, l)| format!("{s} {}", l.get())).collect();
            let (asks_sw, asks_en) = match skills.as_slice() {
                [] => (String::new(), String::new()),
                some => (format!(" Ujuzi unaohitajika: {}.", some.join(", ")), format!(" Skills asked for: {}.", some.join(", "))),
            };
            let risk = risk.as_str();
            both(
                format!("Iliwekwa kwenye foleni `{queue}` ({sw}, hatari {risk}, pointi {base} za kuanzia).{asks_sw}"),
                format!("Entered queue `{queue}` ({en}, risk {risk}, {base} points to start with).{asks_en}"),
            )
        }
        _ => None,
    }
}

fn waiting(event: &Event) -> Option<Both> {
    match event {
        Event::Widened { step, .. } => both(
            format!("Hatua ya {} ya kupanua: mahitaji yalipunguzwa ili wahudumu zaidi waweze kuhudumia.", step + 1),
            format!("Widening {}: less is asked for, so that more agents can serve it.", step + 1),
        ),
        Event::LastResortTaken { step, .. } => both(
            format!("Hatua ya {} ya msaada wa mwisho ilichukuliwa.", step + 1),
            format!("Step {} of the last resort was taken.", step + 1),
        ),
        Event::Preferred { agent, until, .. } => both(
            format!("{agent} anapendelewa hadi {}.", words::clock(*until)),
            format!("{agent} is preferred until {}.", words::clock(*until)),
        ),
        Event::Rescored { base, by, .. } => both(
            format!("Pointi za kuanzia sasa ni {base}, {}.", by_sw(by)),
            format!("Starts with {base} points from now on, {}.", by_en(by)),
        ),
        Event::SilentNoted { capped, .. } => match capped {
            false => both(
                "Hakuna aliyezungumza wala kubonyeza kitufe: inatangulia kama simu ya kimya.".into(),
                "Nobody spoke or pressed a key: it goes first as a silent contact.".into(),
            ),
            true => both(
                "Simu ya kimya, lakini nyingi zimekuja: inasubiri kama P2.".into(),
                "A silent contact, but so many have come that it waits as P2.".into(),
            ),
        },
        Event::WaitTold { low, high, .. } => both(
            format!("Aliambiwa kusubiri kati ya {} na {}.", words::length_sw(*low), words::length_sw(*high)),
            format!("Was told to expect {} to {}.", words::length_en(*low), words::length_en(*high)),
        ),
        Event::Overflowed { queue, to, why, .. } => {
            let ((to_sw, to_en), (why_sw, why_en)) = (treatment(to), overflow(why));
            both(
                format!("Foleni `{queue}` haikuweza kuihudumia ({why_sw}): {to_sw}."),
                format!("Queue `{queue}` could not serve it ({why_en}): {to_en}."),
            )
        }
        Event::Climbed { from, to, .. } => both(
            format!("Hakuna aliyejibu katika `{from}` kwa wakati: ilipanda hadi `{to}`."),
            format!("Nobody in `{from}` answered in time: it climbed to `{to}`."),
        ),
        Event::Assigned { agent, by, .. } => {
            both(format!("Ilipewa {agent}, {}.", by_sw(by)), format!("Was given to {agent}, {}.", by_en(by)))
        }
        Event::Offered { offer, agents, until, why, .. } => both(
            format!("Ombi la {offer} kwa {} hadi {}: {}.", names(agents), words::clock(*until), why_sw(why)),
            format!("Offer {offer} to {} until {}: {}.", names(agents), words::clock(*until), why_en(why)),
        ),
        _ => None,
    }
}

fn from_offer_to_end(event: &Event) -> Option<Both> {
    match event {
        Event::Declined { offer, agent, .. } => {
            both(format!("{agent} alikataa ombi la {offer}."), format!("{agent} declined offer {offer}."))
        }
        Event::Expired { offer, .. } => both(
            format!("Hakuna aliyejibu ombi la {offer} kwa wakati. Nafasi yake inabaki mbele."),
            format!("Nobody answered offer {offer} in time. It keeps its place at the head."),
        ),
        Event::Withdrawn { offer, why, .. } => {
            let (sw, en) = withdrawn(*why);
            both(format!("Ombi la {offer} liliondolewa: {sw}."), format!("Offer {offer} was taken back: {en}."))
        }
        Event::Accepted { offer, agent, .. } => {
            both(format!("{agent} alikubali ombi la {offer}."), format!("{agent} accepted offer {offer}."))
        }
        Event::ConnectFailed { agent, .. } => both(
            format!("Laini ya {agent} ilikatika: inarudi mbele ya foleni."),
            format!("The leg of {agent} failed: it is back at the head of its queue."),
        ),
        Event::Connected { agent, .. } => both(format!("Inazungumza na {agent}."), format!("With {agent}.")),
        Event::Held { agent, .. } => {
            both(format!("{agent} aliisitisha kwa muda."), format!("{agent} put it on hold."))
        }
        Event::Resumed { agent, .. } => both(format!("{agent} aliendelea."), format!("{agent} took it off hold.")),
        Event::Reclassified { lane: to, risk, by, .. } => {
            let (sw, en) = lane(*to);
            both(
                format!("Sasa ni {sw}, hatari {}, {}.", risk.as_str(), by_sw(by)),
                format!("From now on {en}, risk {}, {}.", risk.as_str(), by_en(by)),
            )
        }
        Event::Ended { by, cause: why, .. } => {
            let ((by_sw, by_en), (sw, en)) = (party(*by), cause(*why));
            both(format!("Iliisha: {by_sw}, {sw}."), format!("Ended by {by_en}: {en}."))
        }
        Event::WrapUpStarted { agent, until, .. } => both(
            format!("{agent} anaandika kumbukumbu hadi {}.", words::clock(*until)),
            format!("{agent} writes it up until {}.", words::clock(*until)),
        ),
        Event::WrapUpPaused { agent, .. } => both(
            format!("{agent} aliacha kuandika kwa muda: jambo la dharura zaidi lilikuja."),
            format!("{agent} stopped writing for a while: something more urgent came."),
        ),
        Event::WrappedUp { agent, disposition, .. } => {
            let verdict = disposition.as_ref().map(|d| d.as_str());
            both(
                format!("{agent} alimaliza kuandika: {}.", verdict.unwrap_or("bila uamuzi")),
                format!("{agent} finished writing: {}.", verdict.unwrap_or("no verdict")),
            )
        }
        _ => None,
    }
}

fn with_others(event: &Event) -> Option<Both> {
    match event {
        Event::HelpAsked { of, by, kind, .. } => {
            let (sw, en) = words::help(*kind);
            both(format!("{by} aliomba {sw} kwa {of}."), format!("{by} asked for {en} with {of}."))
        }
        Event::HandedOver { from, to, .. } => both(
            format!("{from} alimkabidhi {to}, bila kukatika."),
            format!("{from} handed it over to {to}, without a gap."),
        ),
        Event::Joined { agent, .. } => both(format!("{agent} alijiunga."), format!("{agent} joined in.")),
        Event::Left { agent, .. } => both(format!("{agent} aliondoka."), format!("{agent} left it.")),
        Event::Transferred { agent, why, by, .. } => {
            let (sw, en) = words::transfer(*why);
            both(
                format!("{agent} aliiachia foleni nyingine ({sw}), {}. Umri wake unabaki.", by_sw(by)),
                format!("{agent} gave it up to a queue ({en}), {}. It keeps its age.", by_en(by)),
            )
        }
        Event::Parked { agent, beneath, .. } => both(
            format!("{agent} aliiweka kando kwa ajili ya {beneath}, ya dharura zaidi."),
            format!("{agent} laid it aside for {beneath}, which was more urgent."),
        ),
        Event::Unparked { agent, .. } => {
            both(format!("{agent} aliichukua tena."), format!("{agent} took it up again."))
        }
        Event::CallBackAgreed { from, until, attempts, .. } => both(
            format!("Alikubali kupigiwa kati ya {} na {}, mara {attempts} zaidi.", words::clock(*from), words::clock(*until)),
            format!("Agreed to be called back between {} and {}, {attempts} times at most.", words::clock(*from), words::clock(*until)),
        ),
        Event::CallBackFailed { agent, next, .. } => {
            let again = next.map(words::clock);
            both(
                format!("{agent} alipiga, hakuna aliyejibu. {}", again.as_ref().map_or("Imekwisha.".into(), |t| format!("Tena saa {t}."))),
                format!("{agent} called and nobody came. {}", again.map_or("That was the last time.".into(), |t| format!("Again at {t}."))),
            )
        }
        Event::DropDecided { by, call, .. } => match call {
            true => both(format!("{by} aliamua apigiwe na mtu."), format!("{by} decided that a person calls back.")),
            false => both(format!("{by} aliamua asipigiwe."), format!("{by} decided not to call back.")),
        },
        _ => None,
    }
}

fn after(event: &Event) -> Option<Both> {
    match event {
        Event::PlaceKept { until, .. } => both(
            format!("Nafasi yake imehifadhiwa hadi {}.", words::clock(*until)),
            format!("Its place is kept until {}.", words::clock(*until)),
        ),
        Event::PlaceClaimed { from, .. } => both(
            format!("Ilichukua nafasi iliyohifadhiwa ya {from}."),
            format!("Took over the kept place of {from}."),
        ),
        Event::PlaceLapsed { .. } => both("Nafasi iliyohifadhiwa imekwisha.".into(), "Its kept place ran out.".into()),
        Event::Recorded { complete: true, .. } => both("Rekodi ilifungwa.".into(), "The recording was closed.".into()),
        Event::Recorded { .. } => both(
            "Rekodi ilikatika; inasikika hadi hapo.".into(),
            "The recording broke off; it plays up to there.".into(),
        ),
        Event::RecordingDiscarded { .. } => both("Rekodi iliharibiwa.".into(), "The recording was destroyed.".into()),
        Event::Transcribed { .. } => both("Nakala ya maandishi ipo.".into(), "It was transcribed.".into()),
        Event::AlarmRaised { alarm, .. } => {
            let (sw, en) = words::alarm(*alarm);
            both(format!("Tahadhari: {sw}."), format!("Alarm: {en}."))
        }
        Event::AlarmCleared { alarm, .. } => {
            let (sw, en) = words::alarm(*alarm);
            both(format!("Tahadhari imekwisha: {sw}."), format!("Alarm over: {en}."))
        }
        Event::HoursTurned { queue, open, why } => {
            let (sw, en) = hours(*why);
            match open {
                true => both(format!("Foleni `{queue}` ilifunguliwa ({sw})."), format!("Queue `{queue}` opened ({en}).")),
                false => both(format!("Foleni `{queue}` ilifungwa ({sw})."), format!("Queue `{queue}` closed ({en}).")),
            }
        }
        Event::PresenceSet { agent, presence: now, by } => {
            let (sw, en) = presence(now);
            both(format!("{agent} {sw}, {}.", by_sw(by)), format!("{agent} is {en}, {}.", by_en(by)))
        }
        _ => None,
    }
}

/// Why nobody has it yet.
fn waited_for(explanation: &Explanation) -> Option<Both> {
    let mut parts: Vec<Both> = Vec::new();
    for (what, count) in &explanation.obstacles {
        if *what != Obstacle::Nothing {
            let (sw, en) = words::obstacle(*what);
            parts.push((format!("{count} {sw}"), format!("{count} {en}")));
        }
    }
    if parts.is_empty() {
        return None;
    }
    let (sw, en): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
    both(format!("Kwa nini inasubiri: {}.", sw.join(", ")), format!("Why it waits: {}.", en.join(", ")))
}

fn names(agents: &[AgentName]) -> String {
    agents.iter().map(|agent| agent.as_str()).collect::<Vec<_>>().join(", ")
}

fn by_sw(by: &Actor) -> String {
    match by {
        Actor::Citizen => "na mwananchi".into(),
        Actor::Centre => "kwa kanuni".into(),
        Actor::Staff { name } => format!("na {name}"),
    }
}

fn by_en(by: &Actor) -> String {
    match by {
        Actor::Citizen => "by the citizen".into(),
        Actor::Centre => "by rule".into(),
        Actor::Staff { name } => format!("by {name}"),
    }
}

fn why_sw(why: &Why) -> String {
    let first = match why.order {
        OrderRule::Imminent => "hatari ya haraka hutangulia".to_owned(),
        OrderRule::Safeguarding => "laini ya siri hutangulia kwa hatari, kisha kwa muda".to_owned(),
        OrderRule::Score => format!("alikuwa wa kwanza kwa pointi {}", why.score),
    };
    let agent = words::rule(why.agent).0;
    let held = reserved(why, "wamewekwa akiba kwa laini ya siri");
    format!("{first}; {agent}, kati ya {} waliokuwa huru{held}", why.candidates)
}

fn why_en(why: &Why) -> String {
    let first = match why.order {
        OrderRule::Imminent => "imminent danger goes first".to_owned(),
        OrderRule::Safeguarding => "the safe line goes first, by risk, then by arrival".to_owned(),
        OrderRule::Score => format!("it was first with {} points", why.score),
    };
    let agent = words::rule(why.agent).1;
    let held = reserved(why, "kept free for the safe line");
    format!("{first}; {agent}, of {} free{held}", why.candidates)
}

fn reserved(why: &Why, words: &str) -> String {
    match (why.reserved, why.agent) {
        (0, _) | (_, AgentRule::LastResort) => String::new(),
        (held, _) => format!(", {held} {words}"),
    }
}
