//! Who comes, by which way, what they press or write, and how it should end.

use crate::centre::prompt_length;
use crate::sound::citizen_tone;
use std::time::Duration;

/// The way a citizen comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A SIP phone.
    Phone,
    /// The `/call` page in a browser.
    Web,
    /// The web chat.
    Chat,
}

/// How it should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// An agent is talked to.
    Served,
    /// The citizen leaves a queue.
    LeavesQueue,
    /// The citizen leaves before any queue.
    LeavesFlow,
}

/// What should be there of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// One that can be heard.
    Yes,
    /// None: the citizen refused.
    Refused,
    /// None.
    No,
}

/// One thing a citizen does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Waits.
    Wait(Duration),
    /// Presses a key.
    Press(char),
    /// Writes a line.
    Write(&'static str),
}

/// One citizen.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// Shown in the table.
    pub name: &'static str,
    /// How they come.
    pub way: Way,
    /// Their number, on the phone.
    pub number: String,
    /// The tone they speak.
    pub hertz: f64,
    /// What the table says of their path.
    pub path: &'static str,
    /// What they do until they are in a queue, or leave.
    pub acts: Vec<Act>,
    /// How it should end.
    pub end: End,
    /// What should be recorded.
    pub recording: Kept,
    /// Whether they are on the safe line.
    pub safe: bool,
    /// When they come, after the crowd began.
    pub comes: Duration,
    /// Language and words they speak besides their tone.
    pub speech: (&'static str, &'static str),
}

/// How long an agent is talked to.
pub const TALK: Duration = Duration::from_secs(6);
/// How long those who leave a queue wait in it.
pub const WAIT: Duration = Duration::from_secs(7);
/// Between one citizen and the next.
const APART: Duration = Duration::from_millis(600);
/// Between two keys.
const SOON: Duration = Duration::from_millis(700);
/// Silence after the notice until the flow goes on, and a margin.
const AFTER_NOTICE: Duration = Duration::from_millis(3_200);

/// Everyone, in the order in which they come.
pub fn crowd() -> Vec<Citizen> {
    use Way::{Chat, Phone, Web};
    let (en, sw) = (("en", "Good morning, I need some help please"), ("sw", "Habari, naomba msaada tafadhali"));
    let mut crowd = vec![
        served("Wanjiku", Phone, "2, notice, 0", with_notice('2', &['0']), en),
        served("Otieno", Phone, "1, notice, 0", with_notice('1', &['0']), sw),
        Citizen { recording: Kept::Refused, ..served("Mutua", Phone, "2, 8 refused, 0", refusing(&['0']), en) },
        served("Chepkoech", Phone, "2, notice, 2, 1 ids", with_notice('2', &['2', '1']), en),
        served("Barasa", Web, "2, notice, 0", with_notice('2', &['0']), en),
        served("Nyambura", Phone, "2, notice, 2, 4 complaint", with_notice('2', &['2', '4']), en),
        Citizen {
            end: End::LeavesQueue,
            recording: Kept::No,
            ..served("Kiptoo", Phone, "2, 8, 2, 2 business, leaves", refusing(&['2', '2']), en)
        },
        safe("Halima", Phone, "9, 1 safe line", vec![Act::Press('9'), Act::Wait(SOON * 2), Act::Press('1')]),
        safe("Atieno", Phone, "9, 9 safe line", vec![Act::Press('9'), Act::Wait(SOON * 3), Act::Press('9')]),
        Citizen {
            end: End::LeavesFlow,
            recording: Kept::No,
            ..served("Kamande", Phone, "leaves in the welcome", vec![Act::Wait(SOON * 4)], sw)
        },
        Citizen { recording: Kept::Refused, ..served("Zainabu", Web, "2, 8 refused, 0", refusing(&['0']), en) },
        Citizen {
            end: End::LeavesQueue,
            recording: Kept::No,
            ..served("Maina", Phone, "2, 8, 2, 2 business, leaves", refusing(&['2', '2']), en)
        },
        written("Akinyi", "2, agent", &["2", "agent"], End::Served),
        Citizen { safe: true, ..written("Fatuma", "crisis words", &["1", "nataka kujiua"], End::Served) },
        written("Njoroge", "2, 2, 2 business, leaves", &["2", "2", "2"], End::LeavesQueue),
    ];
    for (n, citizen) in crowd.iter_mut().enumerate() {
        citizen.hertz = citizen_tone(n);
        citizen.number = format!("07123400{n:02}");
        citizen.comes = APART * n as u32;
        if citizen.way == Chat {
            // Those who write are through the menu in a moment; they come when callers reach the queues.
            citizen.comes += Duration::from_secs(6);
        }
    }
    crowd
}

fn served(
    name: &'static str,
    way: Way,
    path: &'static str,
    acts: Vec<Act>,
    speech: (&'static str, &'static str),
) -> Citizen {
    let (end, recording) = (End::Served, Kept::Yes);
    let comes = Duration::ZERO;
    Citizen { name, way, number: String::new(), hertz: 0.0, path, acts, end, recording, safe: false, comes, speech }
}

fn safe(name: &'static str, way: Way, path: &'static str, acts: Vec<Act>) -> Citizen {
    Citizen { safe: true, recording: Kept::No, ..served(name, way, path, acts, ("sw", "Naomba msaada, tafadhali")) }
}

fn written(name: &'static str, path: &'static str, lines: &[&'static str], end: End) -> Citizen {
    let acts = lines.iter().flat_map(|line| [Act::Write(line), Act::Wait(SOON)]).collect();
    Citizen { end, recording: Kept::No, ..served(name, Way::Chat, path, acts, ("en", "")) }
}

/// Chooses a language, hears the recording notice to its end, then presses keys.
fn with_notice(language: char, then: &[char]) -> Vec<Act> {
    let spoken = prompt_length(if language == '1' { "sw" } else { "en" }, "notice");
    let mut acts = vec![Act::Press(language), Act::Wait(spoken + AFTER_NOTICE)];
    acts.extend(keys(then));
    acts
}

/// Chooses English, refuses the recording during the notice, then presses keys.
fn refusing(then: &[char]) -> Vec<Act> {
    let said = prompt_length("en", "notice_off") + SOON;
    let mut acts = vec![Act::Press('2'), Act::Wait(SOON * 2), Act::Press('8'), Act::Wait(said)];
    acts.extend(keys(then));
    acts
}

fn keys(keys: &[char]) -> impl Iterator<Item = Act> {
    keys.iter().flat_map(|key| [Act::Press(*key), Act::Wait(SOON)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_shares_a_voice_or_a_number() {
        let crowd = crowd();
        let voices: BTreeSet<u64> = crowd.iter().map(|c| c.hertz as u64).collect();
        let numbers: BTreeSet<&str> = crowd.iter().map(|c| c.number.as_str()).collect();
        assert_eq!((voices.len(), numbers.len()), (crowd.len(), crowd.len()));
    }

    #[test]
    fn the_notice_is_heard_before_the_next_key() {
        let acts = with_notice('2', &['0']);
        let Act::Wait(wait) = &acts[1] else { panic!("a wait follows the language") };
        assert!(*wait > prompt_length("en", "notice") + Duration::from_secs(2));
        assert!(prompt_length("en", "notice") > Duration::from_secs(3), "the prompt is there");
    }
}
