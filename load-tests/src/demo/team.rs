//! Who serves: two agents and a counsellor in browsers, an agent and a counsellor with desk phones. Each
//! speaks a tone of their own, and what they hear is kept by contact.

use super::Progress;
use super::browsers::Browsers;
use crate::Trouble;
use crate::browser::BrowserAgent;
use crate::centre::Centre;
use crate::phone::{Account, DeskPhone, Habits, LiveVoice, SharedEar, shared_ear};
use crate::sound::{agent_tone, citizen_tone, tone};
use crate::staff::{Desk, DeskHabits, Staff};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// In browsers: name and whether they end calls themselves. None of the team can do business, so that
/// queue keeps people waiting.
const BROWSERS: [(&str, bool); 3] = [("amina", true), ("grace", false), ("neema", false)];
/// With desk phones.
const PHONES: [(&str, bool); 2] = [("esther", true), ("zawadi", false)];
/// When those who end calls do.
const HANGS_UP_AFTER: Duration = Duration::from_millis(4_500);
/// How long everybody may take to be ready.
const PATIENCE: Duration = Duration::from_secs(45);
/// Tones there are, citizens' and agents'.
const TONES: (usize, usize) = (24, 12);

/// Ears of desk phones, by contact and agent.
type Ears = Arc<Mutex<BTreeMap<(String, String), SharedEar>>>;

/// The team at work.
pub struct Team {
    /// Those in browsers, and web citizens.
    pub browsers: Browsers,
    desks: Vec<Desk>,
    _phones: Vec<DeskPhone>,
    ears: Ears,
}

/// The tone of an agent of the team; `None` for anyone else.
pub fn tone_of(agent: &str) -> Option<f64> {
    let names = BROWSERS.iter().chain(PHONES.iter()).map(|(name, _)| *name);
    names.enumerate().find(|(_, name)| *name == agent).map(|(n, _)| agent_tone(n))
}

/// Whose tone it is, citizens' tones in hertz included.
pub fn tones() -> Vec<f64> {
    (0..TONES.0).map(citizen_tone).chain((0..TONES.1).map(agent_tone)).collect()
}

impl Team {
    /// Starts everyone and waits until they are ready.
    ///
    /// # Errors
    /// Someone could not begin.
    pub async fn start(centre: &Arc<Centre>, progress: Progress) -> Result<Team, Trouble> {
        let hangs_up = |yes: bool| yes.then_some(HANGS_UP_AFTER);
        let agent = |(name, ends): &(&str, bool)| BrowserAgent {
            name: (*name).to_owned(),
            hertz: tone_of(name).unwrap_or_default(),
            hangs_up_after: hangs_up(*ends),
        };
        let agents: Vec<BrowserAgent> = BROWSERS.iter().map(agent).collect();
        progress.say("starting Chromium for amina, grace and the counsellor neema");
        let browsers = Browsers::start(centre, &agents).await?;
        let ears = Ears::default();
        let (mut desks, mut phones) = (Vec::new(), Vec::new());
        for (name, ends) in PHONES {
            let staff = Staff::log_in(centre, name).await?;
            let habits = Habits { rings: Duration::from_millis(700), hangs_up_after: hangs_up(ends) };
            phones.push(desk_phone(centre, &staff, habits, &ears).await?);
            desks.push(Desk::open(staff, DeskHabits::default()).await?);
            progress.say(format!("{name} is ready at a desk phone"));
        }
        browsers.until("the agents in browsers", PATIENCE, |seen| seen.ready.len() == BROWSERS.len()).await?;
        progress.say("amina, grace and neema are ready at their desks in the browser");
        Ok(Team { browsers, desks, _phones: phones, ears })
    }

    /// Contacts still on a desk of the team.
    pub fn stuck(&self) -> usize {
        self.desks.iter().map(Desk::engagements).sum()
    }

    /// For how long each agent heard each known tone, by contact and agent.
    pub fn heard(&self) -> BTreeMap<(String, String), Vec<(f64, Duration)>> {
        let mut heard = BTreeMap::new();
        for (key, ear) in self.ears.lock().expect("no holder of this lock panics").iter() {
            let ear = ear.lock().expect("no holder of this lock panics");
            let known = tones().into_iter().map(|hertz| (hertz, ear.how_long(hertz, None)));
            heard.insert(key.clone(), known.filter(|(_, long)| !long.is_zero()).collect());
        }
        for (key, peaks) in &self.browsers.seen.borrow().by_agent {
            heard.insert(key.clone(), sorted(peaks));
        }
        heard
    }

    /// Sends everyone home.
    pub async fn stop(self) {
        self.browsers.stop().await;
    }
}

/// Peaks of a browser's ear, five a second, as durations by known tone.
pub fn sorted(peaks: &[f64]) -> Vec<(f64, Duration)> {
    let near = |hertz: f64| peaks.iter().filter(|peak| (**peak - hertz).abs() < 12.0).count() as u32;
    let known = tones().into_iter().map(|hertz| (hertz, Duration::from_millis(200) * near(hertz)));
    known.filter(|(_, long)| !long.is_zero()).collect()
}

async fn desk_phone(centre: &Centre, staff: &Staff, habits: Habits, ears: &Ears) -> Result<DeskPhone, Trouble> {
    let answer = staff.post("/api/desk/devices", json!({"label": "Demo phone"})).await?;
    let text = |key: &str| answer.body[key].as_str().map(str::to_owned);
    let (Some(user), Some(secret)) = (text("user"), text("secret")) else {
        return Err(Trouble::answer("the desk", &answer.body));
    };
    let (ears, name) = (Arc::clone(ears), staff.name.clone());
    let sound = tone(tone_of(&name).unwrap_or_default(), 1_000);
    let voice = Box::new(move |contact: &str| {
        let ear = shared_ear(&tones());
        let key = (contact.to_owned(), name.clone());
        ears.lock().expect("no holder of this lock panics").insert(key, Arc::clone(&ear));
        Box::new(LiveVoice::new(Arc::clone(&sound), ear)) as Box<dyn crate::phone::Voice>
    });
    DeskPhone::register(Account { server: centre.sip, user, secret }, habits, voice).await
}
