//! What can be known afterwards: the CRM's records, what each side heard, recordings played, what a
//! supervisor without clearance sees. It belongs together by what people heard and wrote, not by what the
//! centre says of itself, wherever that is possible.

use super::Progress;
use super::cast::{Citizen, Way};
use super::crowd::Outcome;
use super::team::{Team, tones};
use crate::Trouble;
use crate::sound::{Ear, encode};
use crate::staff::Staff;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long records may take to be written and recordings to be closed.
const PATIENCE: Duration = Duration::from_secs(15);
/// A voice was heard if it was heard this long.
pub const HEARD: Duration = Duration::from_millis(400);

/// Tones and for how long each was heard.
pub type Heard = Vec<(f64, Duration)>;

/// One citizen with everything that belongs to them.
pub struct File {
    /// What became of them, as they saw it.
    pub outcome: Outcome,
    /// Records that are theirs: there should be one.
    pub records: Vec<Value>,
    /// Agents who heard them, and everything those heard in the contact.
    pub heard_by: Vec<(String, Heard)>,
    /// Their recording as played: what is on the citizen's channel and on the agent's.
    pub played: Option<(Heard, Heard)>,
    /// What kamau gets who asks for the record.
    pub uncleared: u16,
}

/// Everything.
pub struct Evidence {
    /// By citizen, in the order in which they came.
    pub files: Vec<File>,
    /// Contacts with a record.
    pub contacts: Vec<String>,
    /// Contacts kamau sees in the list of recent ones.
    pub uncleared_list: BTreeSet<String>,
    /// The wall at the end.
    pub wall: Value,
    /// Contacts left on desks of the team.
    pub stuck: usize,
    /// Steps in browsers that had to be tried again.
    pub troubles: Vec<String>,
}

/// Gathers it.
///
/// # Errors
/// The centre does not answer.
pub async fn gather(
    cleared: &Staff,
    uncleared: &Staff,
    team: &Team,
    outcomes: Vec<Outcome>,
    wall: Value,
    progress: Progress,
) -> Result<Evidence, Trouble> {
    let records = records(cleared, outcomes.len()).await?;
    progress.say(format!("the CRM has {} records; playing recordings", records.len()));
    let heard = team.heard();
    let mut files = Vec::new();
    for outcome in outcomes {
        files.push(file(cleared, uncleared, outcome, &records, &heard).await?);
    }
    let seen = uncleared.get("/api/crm/recent").await?.body;
    let list = seen.as_array().into_iter().flatten().map(contact_of).collect();
    let troubles = team.browsers.seen.borrow().troubles.clone();
    let contacts = records.iter().map(contact_of).collect();
    Ok(Evidence { files, contacts, uncleared_list: list, wall, stuck: team.stuck(), troubles })
}

/// The contact of a record.
pub fn contact_of(record: &Value) -> String {
    record["contact"].as_str().unwrap_or_default().to_owned()
}

/// Every record in full, once all are written and no recording is open. The CRM tells nobody when it is
/// done, so it is asked.
async fn records(staff: &Staff, expected: usize) -> Result<Vec<Value>, Trouble> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let list = loop {
        let list = staff.get("/api/crm/recent").await?.body.as_array().cloned().unwrap_or_default();
        let done = |r: &Value| !r["ended"].is_null() && r["recording"]["state"] != "on";
        if (list.len() >= expected && list.iter().all(done)) || tokio::time::Instant::now() > until {
            break list;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    let mut whole = Vec::new();
    for record in &list {
        whole.push(staff.get(&format!("/api/crm/contacts/{}", contact_of(record))).await?.body);
    }
    Ok(whole)
}

async fn file(
    cleared: &Staff,
    uncleared: &Staff,
    outcome: Outcome,
    records: &[Value],
    heard: &BTreeMap<(String, String), Heard>,
) -> Result<File, Trouble> {
    let theirs = |record: &&Value| belongs(record, &outcome, heard);
    let records: Vec<Value> = records.iter().filter(theirs).cloned().collect();
    let contact = records.first().map(contact_of).unwrap_or_default();
    let heard_by = heard.iter().filter(|((c, _), _)| *c == contact);
    let heard_by = heard_by.map(|((_, agent), heard)| (agent.clone(), heard.clone())).collect();
    let mut played = None;
    if let Some(id) = records.first().and_then(|r| r["recording"]["id"].as_str()) {
        let answer = cleared.post(&format!("/api/recordings/{id}/play"), json!({"reason": "Demonstration"})).await?;
        played = (answer.status == 200).then(|| listen(&answer.bytes)).flatten();
    }
    let uncleared = match contact.is_empty() {
        true => 0,
        false => uncleared.get(&format!("/api/crm/contacts/{contact}")).await?.status,
    };
    Ok(File { outcome, records, heard_by, played, uncleared })
}

/// Whether a record is this citizen's: by their conversation, by an agent who heard their voice in it, or,
/// where nobody did, by their number.
fn belongs(record: &Value, outcome: &Outcome, heard: &BTreeMap<(String, String), Heard>) -> bool {
    let contact = contact_of(record);
    if let Some(conversation) = &outcome.conversation {
        return *conversation == contact;
    }
    let citizen = &outcome.citizen;
    let voice = |heard: &Heard| heard.iter().any(|(hertz, long)| (hertz - citizen.hertz).abs() < 1.0 && *long >= HEARD);
    if heard.iter().any(|((c, _), heard)| *c == contact && voice(heard)) {
        return true;
    }
    citizen.way == Way::Phone && number_is(record, citizen)
}

fn number_is(record: &Value, citizen: &Citizen) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let told = digits(record["citizen"]["number"].as_str().unwrap_or_default());
    // The last nine digits are the same in every form of a Kenyan number.
    told.len() >= 9 && citizen.number.ends_with(&told[told.len() - 9..])
}

/// What both channels of a recording hold.
fn listen(wav: &[u8]) -> Option<(Heard, Heard)> {
    let mut reader = hound::WavReader::new(wav).ok()?;
    let (channels, rate) = (usize::from(reader.spec().channels), reader.spec().sample_rate as usize);
    let samples: Vec<i16> = reader.samples::<i16>().map_while(Result::ok).collect();
    if channels != 2 || rate < 8_000 {
        return None;
    }
    let channel = |n: usize| {
        let mut ear = Ear::new(&tones());
        let bytes: Vec<u8> = samples.iter().skip(n).step_by(2 * (rate / 8_000)).map(|s| encode(*s)).collect();
        ear.hear(&bytes);
        let known = tones().into_iter().map(|hertz| (hertz, ear.how_long(hertz, None)));
        known.filter(|(_, long)| !long.is_zero()).collect::<Heard>()
    };
    Some((channel(0), channel(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{agent_tone, citizen_tone, decode, tone};
    use std::io::Cursor;

    #[test]
    fn a_recording_is_heard_channel_by_channel() {
        let (left, right) = (tone(citizen_tone(2), 1_000), tone(agent_tone(3), 1_000));
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).expect("a writer");
        for (left, right) in left.iter().zip(right.iter()) {
            writer.write_sample(decode(*left)).expect("written");
            writer.write_sample(decode(*right)).expect("written");
        }
        writer.finalize().expect("finished");
        let (left, right) = listen(&file.into_inner()).expect("two channels");
        let second = Duration::from_secs(1);
        assert_eq!((left, right), (vec![(citizen_tone(2), second)], vec![(agent_tone(3), second)]));
    }

    #[test]
    fn a_number_is_known_in_every_form() {
        let citizen = super::super::cast::crowd().remove(0);
        for (shown, is) in [("0712 340000", true), ("+254712340000", true), ("0712 340001", false), ("", false)] {
            assert_eq!(number_is(&json!({"citizen": {"number": shown}}), &citizen), is, "{shown}");
        }
        assert!(!number_is(&json!({"citizen": null}), &citizen));
    }
}
