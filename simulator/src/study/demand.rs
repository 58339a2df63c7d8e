//! Who comes when: the planning mix of facts.md 2.3 and 2.4 over the hours of a day. Where the facts
//! give no number, what is assumed is named here.

use super::coming::{Asks, Coming, Then};
use super::{PER_YEAR, Study};
use crate::Dice;
use crate::centre::name;
use vocabulary::centre::{Centre, EntryName};
use vocabulary::{Channel, EndCause, Lane, Language, Needs, Party, QueueName, Risk, Span, TenantName, Time};

/// The share of a day's contacts that comes in each hour, in thousandths. The busiest hour has a
/// tenth of the day (facts.md 2.1); the shape around it is assumed.
const HOURS: [i64; 24] = [8, 6, 5, 5, 8, 15, 28, 45, 75, 95, 100, 95, 80, 75, 80, 75, 60, 42, 32, 25, 18, 13, 9, 6];

/// What kinds of contacts come, in thousandths of all (facts.md 2.3; the split among text channels
/// is assumed).
const KINDS: [(u64, Kind); 14] = [
    (200, Kind::Menu(Channel::Voice, 75)),
    (200, Kind::Menu(Channel::Ussd, 90)),
    (120, Kind::Menu(Channel::WebChat, 300)),
    (120, Kind::Menu(Channel::WhatsApp, 300)),
    (40, Kind::Menu(Channel::Messenger, 300)),
    (20, Kind::Menu(Channel::Telegram, 300)),
    (120, Kind::Menu(Channel::Sms, 2)),
    (90, Kind::Person(Channel::Voice)),
    (35, Kind::Person(Channel::WhatsApp)),
    (25, Kind::Person(Channel::WebChat)),
    (12, Kind::Person(Channel::Email)),
    (8, Kind::Person(Channel::Messenger)),
    (5, Kind::Person(Channel::Sms)),
    (5, Kind::Person(Channel::X)),
];

/// Of those who ask for a person, so many thousandths ask for the safe line (assumed).
const SAFE: u64 = 20;

/// Risks on the safe line, in percent (assumed).
const RISKS: [(u64, Risk); 4] = [(5, Risk::P0), (20, Risk::P1), (35, Risk::P2), (40, Risk::P3)];

/// Of everyone else, so many percent say that they are elderly, pregnant or living with a
/// disability, where there is a queue for them (assumed).
const SPECIAL: u64 = 10;

/// Of those who ask for a person, so many percent speak Kiswahili (assumed).
const KISWAHILI: u64 = 70;

/// Time in the menu before a call asks for a person (facts.md 2.5), and before a text does.
const MENU: (Span, Span) = (Span::seconds(75), Span::seconds(120));

/// Conversation of a call, which with its wrap-up makes about five minutes (facts.md 2.3).
const CALL: i64 = 260_000;

/// Conversation by text: 10 to 12 minutes with its wrap-up (facts.md 2.4).
const TEXT: i64 = 600_000;

/// Conversation on the safe line: 15 minutes with its wrap-up (facts.md 5.1).
const SAFE_TALK: i64 = 780_000;

/// How long people wait: at the phone, by text, and for an email (assumed). On the safe line they
/// hold on three times as long.
const PATIENCE: (i64, i64, i64) = (240_000, 1_200_000, 86_400_000);

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Served by the flow alone, in so many seconds.
    Menu(Channel, i64),
    Person(Channel),
}

/// Everyone who comes, in order.
pub(super) struct Demand {
    dice: Dice,
    load: i64,
    now: Time,
    to: Time,
    ordinary: Vec<QueueName>,
    special: Vec<QueueName>,
    safe: Vec<QueueName>,
    phone: (TenantName, EntryName),
    page: (TenantName, EntryName),
}

impl Demand {
    pub fn new(study: &Study, centre: &Centre, from: Time, to: Time) -> Result<Demand, String> {
        // A queue that others climb to is entered from those.
        let climbed = |queue: &QueueName| {
            centre.queues.values().any(|q| q.climb.as_ref().is_some_and(|climb| climb.to == *queue))
        };
        let of = |wanted: fn(Lane) -> bool| -> Vec<QueueName> {
            let queues = centre.queues.values().filter(|q| wanted(q.lane) && !climbed(&q.name));
            queues.map(|q| q.name.clone()).collect()
        };
        let ordinary = of(|lane| lane == Lane::Standard);
        if ordinary.is_empty() {
            return Err(String::from("the set-up has no queue of lane `standard`, so nobody can be simulated in one"));
        }
        let entry = |phone: bool| {
            let found =
                centre.entries.values().find(|e| e.number.is_some() == phone).or(centre.entries.values().next());
            found.map_or_else(
                || (name(TenantName::new(centre.floor.as_str())), name(EntryName::new("main"))),
                |entry| (entry.tenant.clone(), entry.name.clone()),
            )
        };
        Ok(Demand {
            dice: Dice::new(study.seed.0 ^ 0x0064_656d_616e_6421),
            load: i64::from(study.load.min(super::MOST_LOAD)),
            now: from,
            to,
            ordinary,
            special: of(|lane| lane == Lane::SpecialNeeds),
            safe: of(Lane::is_safeguarding),
            phone: entry(true),
            page: entry(false),
        })
    }

    /// When the next one comes. Gaps are exponential, and because they are, a gap that reaches into
    /// the next hour may begin anew there with that hour's mean.
    fn next_time(&mut self) -> Option<Time> {
        loop {
            let hour = (self.now.0 + 3 * 3_600_000).div_euclid(3_600_000);
            let share = HOURS[hour.rem_euclid(24) as usize];
            let next_hour = Time((hour - 3 + 1) * 3_600_000);
            if self.load == 0 || self.now >= self.to {
                return None;
            }
            let mean = 3_600_000 * 1_000 * 365 * 100 / (PER_YEAR as i64 * share * self.load);
            let at = self.now + Span(self.dice.around(mean.max(1)));
            if at < next_hour {
                self.now = at;
                return (at < self.to).then_some(at);
            }
            self.now = next_hour;
        }
    }

    fn menu(&mut self, at: Time, channel: Channel, seconds: i64) -> Coming {
        let after = Span(self.dice.around(seconds * 800) + seconds * 200);
        self.coming(at, channel, Then::Leaves { after, by: Party::Centre, cause: EndCause::SelfServed })
    }

    fn coming(&self, at: Time, channel: Channel, then: Then) -> Coming {
        let (tenant, entry) = if channel.is_voice() { &self.phone } else { &self.page };
        Coming {
            at,
            channel,
            tenant: tenant.clone(),
            entry: entry.clone(),
            then,
            patience: None,
            talk: Span::ZERO,
            write: None,
            ring: None,
            recorded: None,
        }
    }

    fn person(&mut self, at: Time, channel: Channel) -> Coming {
        let safe = self.dice.below(1_000) < SAFE && !self.safe.is_empty() && channel != Channel::Email;
        let special = !safe && self.dice.percent(SPECIAL) && !self.special.is_empty();
        let queues = if safe {
            &self.safe
        } else if special {
            &self.special
        } else {
            &self.ordinary
        };
        let queue = self.dice.pick(queues).expect("checked to be there").clone();
        let voice = channel.is_voice();
        let menu = if safe {
            Span::seconds(20)
        } else if voice {
            MENU.0
        } else {
            MENU.1
        };
        let language = if self.dice.percent(KISWAHILI) { Language::SW } else { Language::EN };
        let risk = if safe { self.risk() } else { Risk::P3 };
        let asks = Asks { queue, needs: Needs::default(), lane: None, risk, language, base: None };
        let after = Span(menu.0 / 2 + self.dice.around(menu.0 / 2));
        let patience = match channel {
            Channel::Voice => PATIENCE.0,
            Channel::Email => PATIENCE.2,
            _ => PATIENCE.1,
        };
        let talk = if safe {
            SAFE_TALK
        } else if voice {
            CALL
        } else {
            TEXT
        };
        Coming {
            patience: Some(Span(5_000 + self.dice.around(if safe { patience * 3 } else { patience }))),
            talk: Span(10_000 + self.dice.around(talk - 10_000)),
            write: Some(Span(5_000 + self.dice.around(if safe { 120_000 } else { 35_000 }))),
            ..self.coming(at, channel, Then::Asks { after, asks })
        }
    }

    fn risk(&mut self) -> Risk {
        drawn(&mut self.dice, &RISKS, 100)
    }
}

/// One of some things by their shares, which add up to `of`.
fn drawn<T: Copy>(dice: &mut Dice, shares: &[(u64, T)], of: u64) -> T {
    let mut chance = dice.below(of);
    for (share, thing) in shares {
        match chance.checked_sub(*share) {
            Some(rest) => chance = rest,
            None => return *thing,
        }
    }
    shares.last().expect("never empty").1
}

impl Iterator for Demand {
    type Item = Coming;

    fn next(&mut self) -> Option<Coming> {
        let at = self.next_time()?;
        Some(match drawn(&mut self.dice, &KINDS, 1_000) {
            Kind::Menu(channel, seconds) => self.menu(at, channel, seconds),
            Kind::Person(channel) => self.person(at, channel),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(HOURS.iter().sum::<i64>(), 1_000);
        assert_eq!(KINDS.iter().map(|(share, _)| share).sum::<u64>(), 1_000);
        assert_eq!(RISKS.iter().map(|(share, _)| share).sum::<u64>(), 100);
    }
}
