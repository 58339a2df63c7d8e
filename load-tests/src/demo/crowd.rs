//! What the citizens do. Each runs by itself; what became of them is their [`Outcome`].

use super::Progress;
use super::cast::{Act, Citizen, End, TALK, WAIT, Way};
use super::team::{Team, sorted, tones};
use crate::Trouble;
use crate::browser::BrowserCitizen;
use crate::centre::{Centre, NUMBER};
use crate::chat::Chat;
use crate::phone::{Call, LiveVoice, Order, Plan, SharedEar, Stage, shared_ear};
use crate::sound::{Sound, Speaker, agent_tone, voice};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an agent is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long anything else may take.
const SHORTLY: Duration = Duration::from_secs(12);
/// An agent is there once their tone was heard this long.
const SURE: Duration = Duration::from_millis(400);

/// What became of one citizen, as they saw it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Who.
    pub citizen: Citizen,
    /// Their conversation, of those who write.
    pub conversation: Option<String>,
    /// For how long each tone was heard once an agent was there.
    pub heard: Vec<(f64, Duration)>,
    /// Lines an agent wrote to them.
    pub agent_lines: usize,
    /// What did not go as they meant.
    pub trouble: Option<String>,
}

/// Lets everyone come and waits until all have gone.
pub async fn play(centre: &Centre, team: &Team, citizens: Vec<Citizen>, progress: Progress) -> Vec<Outcome> {
    let mut speech = speeches(&citizens);
    if speech.is_empty() {
        progress.say("espeak-ng or sox is not installed: citizens hum their tone instead of speaking");
    }
    let people = citizens.into_iter().map(|citizen| {
        let said = speech.remove(citizen.name);
        async move {
            tokio::time::sleep(citizen.comes).await;
            let name = citizen.name;
            let outcome = match citizen.way {
                Way::Phone => phone(centre, citizen, said).await,
                Way::Web => web(team, citizen).await,
                Way::Chat => chat(centre, citizen).await,
            };
            progress.say(format!(
                "{name} has gone{}",
                outcome.trouble.as_ref().map(|t| format!(": {t}")).unwrap_or_default()
            ));
            outcome
        }
    });
    futures_util::future::join_all(people).await
}

/// What those on phones say, by name; empty where speech cannot be made.
fn speeches(citizens: &[Citizen]) -> BTreeMap<&'static str, Sound> {
    let Ok(mut speaker) = Speaker::new() else { return BTreeMap::new() };
    let mut made = BTreeMap::new();
    for citizen in citizens.iter().filter(|c| c.way == Way::Phone) {
        let (language, text) = citizen.speech;
        match speaker.say(language, text) {
            Some(sound) => made.insert(citizen.name, sound),
            None => return BTreeMap::new(),
        };
    }
    made
}

impl Outcome {
    fn new(citizen: Citizen) -> Outcome {
        Outcome { citizen, conversation: None, heard: Vec::new(), agent_lines: 0, trouble: None }
    }
}

async fn phone(centre: &Centre, citizen: Citizen, said: Option<Sound>) -> Outcome {
    let ear = shared_ear(&tones());
    let result = on_the_phone(centre, &citizen, &ear, said).await;
    let mut outcome = Outcome::new(citizen);
    outcome.trouble = result.err().map(|t| t.to_string());
    outcome.heard = heard_from_agents_on(&ear);
    outcome
}

async fn on_the_phone(centre: &Centre, citizen: &Citizen, ear: &SharedEar, said: Option<Sound>) -> Result<(), Trouble> {
    let plan = Plan { server: centre.sip, number: NUMBER.to_owned(), from: citizen.number.clone() };
    let mouth = LiveVoice::new(voice(citizen.hertz, said.as_ref()), ear.clone());
    let mut call = Call::place(plan, Box::new(mouth)).await?;
    let up = call.until("a call to be answered", SHORTLY, |stage| stage != Stage::Calling).await?;
    if let Stage::Ended { code, .. } = up {
        return Err(Trouble::answer("the centre", code));
    }
    until_heard(&call, ear, "the welcome", SHORTLY, |ear| ear.first_sound().is_some()).await?;
    for act in &citizen.acts {
        match act {
            Act::Wait(time) => tokio::time::sleep(*time).await,
            Act::Press(key) => call.order(Order::Press(*key)).await,
            Act::Write(_) => {}
        }
    }
    match citizen.end {
        End::LeavesFlow => {}
        End::LeavesQueue => tokio::time::sleep(WAIT).await,
        End::Served => {
            let agents = |ear: &crate::sound::Ear| (0..12).any(|n| ear.how_long(agent_tone(n), None) >= SURE);
            until_heard(&call, ear, "an agent", PATIENCE, agents).await?;
            tokio::time::sleep(TALK).await;
        }
    }
    call.order(Order::HangUp).await;
    call.until_over(SHORTLY).await.map(|_| ())
}

/// Waits until something was heard; a call that ends first is in vain. The ear is asked often: a window of
/// sound is 200 ms.
async fn until_heard(
    call: &Call,
    ear: &SharedEar,
    what: &str,
    patience: Duration,
    wanted: impl Fn(&crate::sound::Ear) -> bool,
) -> Result<(), Trouble> {
    let until = tokio::time::Instant::now() + patience;
    while !wanted(&ear.lock().expect("no holder of this lock panics")) {
        if let Stage::Ended { code, .. } = call.stage() {
            return Err(Trouble::answer("the centre", format!("the end of the call ({code}) before {what} was heard")));
        }
        if tokio::time::Instant::now() > until {
            return Err(Trouble::Late { what: format!("{what} to be heard"), patience });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Tones heard from the first one of an agent on: what came before were prompts and music.
fn heard_from_agents_on(ear: &SharedEar) -> Vec<(f64, Duration)> {
    let ear = ear.lock().expect("no holder of this lock panics");
    let first = ear.heard().iter().find(|heard| heard.hertz >= agent_tone(0)).map(|heard| heard.at);
    let Some(first) = first else { return Vec::new() };
    let after = first.checked_sub(Duration::from_millis(1));
    let known = tones().into_iter().map(|hertz| (hertz, ear.how_long(hertz, after)));
    known.filter(|(_, long)| !long.is_zero()).collect()
}

async fn web(team: &Team, citizen: Citizen) -> Outcome {
    let mut keys = Vec::new();
    // The welcome is let begin before the first key.
    let mut wait = Duration::from_millis(1_500);
    for act in &citizen.acts {
        match act {
            Act::Wait(time) => wait += *time,
            Act::Press(key) => keys.push((std::mem::take(&mut wait), *key)),
            Act::Write(_) => {}
        }
    }
    let plan = BrowserCitizen {
        name: citizen.name.to_owned(),
        hertz: citizen.hertz,
        keys,
        talks_for: TALK,
        patience: PATIENCE,
        agents_from: agent_tone(0) - 20.0,
    };
    team.browsers.call(plan).await;
    let over = team.browsers.until("a web call", PATIENCE * 2, |seen| seen.over.contains(citizen.name)).await;
    let seen = team.browsers.seen.borrow();
    let peaks = seen.by_citizen.get(citizen.name).cloned().unwrap_or_default();
    let begins = peaks.iter().position(|hertz| *hertz >= agent_tone(0) - 20.0).unwrap_or(peaks.len());
    let mut outcome = Outcome::new(citizen);
    outcome.trouble = over.err().map(|t| t.to_string());
    outcome.heard = sorted(&peaks[begins..]);
    outcome
}

async fn chat(centre: &Centre, citizen: Citizen) -> Outcome {
    let mut outcome = Outcome::new(citizen);
    let result = match Chat::open(&centre.url(), None).await {
        Ok(mut chat) => {
            outcome.conversation = Some(chat.conversation.clone());
            let result = in_writing(&mut chat, &outcome.citizen).await;
            outcome.agent_lines = chat.from("agent");
            result
        }
        Err(trouble) => Err(trouble),
    };
    outcome.trouble = result.err().map(|t| t.to_string());
    outcome
}

async fn in_writing(chat: &mut Chat, citizen: &Citizen) -> Result<(), Trouble> {
    chat.until("the greeting", SHORTLY, |chat| chat.from("centre") > 0).await?;
    for act in &citizen.acts {
        match act {
            Act::Wait(time) => chat.linger(*time).await,
            Act::Write(text) => chat.say(text).await?,
            Act::Press(_) => {}
        }
    }
    if citizen.end != End::Served {
        chat.linger(WAIT).await;
        return chat.end().await;
    }
    chat.until("an agent to come", PATIENCE, |chat| chat.answered.is_some()).await?;
    for line in ["Naomba kujua hatua za kufuata.", "Asante sana."] {
        let before = chat.from("agent");
        chat.say(line).await?;
        chat.until("the agent to write", PATIENCE, |chat| chat.from("agent") > before).await?;
    }
    chat.end().await
}
