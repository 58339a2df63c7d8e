//! A set-up is changed while contacts wait: as one step, for all of it or none, and back again.

use acd::{Command, Effect, Floor, Output, Refusal};
use vocabulary::centre::{Centre, Change};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, EntryName, Event, Language, Needs, QueueName, Risk, TenantName, Time, Ulid,
};

const BEFORE: &str = r#"
floor = "nairobi"
[entries.phone]
number = "+254206900020"
tenant = "huduma"
flow = "main"
[queues.general]
tenant = "huduma"
lane = "standard"
[queues.tax]
tenant = "huduma"
lane = "standard"
skills = { tax = 3 }
[agents.amina]
shown_as = "Amina"
languages = ["sw", "en"]
skills = { tax = 4 }
tenants = ["huduma"]
"#;

/// Tax is asked for at a level nobody has any more, there is a third queue, and Baraka.
const AFTER: &str = r#"
floor = "nairobi"
[entries.phone]
number = "+254206900020"
tenant = "huduma"
flow = "main"
[queues.general]
tenant = "huduma"
lane = "standard"
slope = 3
[queues.tax]
tenant = "huduma"
lane = "standard"
skills = { tax = 2 }
[queues.land]
tenant = "huduma"
lane = "standard"
skills = { land = 1 }
[agents.amina]
shown_as = "Amina"
languages = ["sw", "en"]
skills = { tax = 4 }
tenants = ["huduma"]
[agents.baraka]
shown_as = "Baraka"
languages = ["sw"]
skills = { land = 2 }
tenants = ["huduma"]
"#;

struct Running {
    floor: Floor,
    at: Time,
    events: Vec<(Time, Event)>,
}

impl Running {
    fn new(file: &str) -> Running {
        let centre = Centre::parse("before.toml", file).expect("a good centre");
        let mut running = Running { floor: Floor::new(centre.floor.clone()), at: Time(1_000), events: Vec::new() };
        let changes = Centre::empty(centre.floor.clone()).changes_to(&centre);
        running.change(Change::Together { changes }).expect("the first set-up");
        running
    }

    fn change(&mut self, change: Change) -> Result<(), Refusal> {
        self.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre })
    }

    fn obey(&mut self, command: Command) -> Result<(), Refusal> {
        let mut out = Vec::new();
        self.at = Time(self.at.0 + 100);
        self.floor.handle(self.at, command, &mut out);
        for output in out {
            match output {
                Output::Event(event) => self.events.push((self.at, event)),
                Output::Effect(Effect::Refused(refusal)) => return Err(refusal),
                Output::Effect(_) => {}
            }
        }
        Ok(())
    }

    fn wait(&mut self, n: u128, queue: &str) -> ContactId {
        let contact = ContactId(Ulid(n));
        let tenant = TenantName::new("huduma").expect("a name");
        let entry = EntryName::new("phone").expect("a name");
        self.obey(Command::Arrive { contact, channel: Channel::Voice, tenant, entry }).expect("a new contact");
        let queue = QueueName::new(queue).expect("a name");
        let (needs, risk, language) = (Needs::default(), Risk::P3, Language::SW);
        let enqueue = Command::Enqueue { contact, queue, needs, lane: None, risk, language, base: None };
        self.obey(enqueue).expect("a known queue");
        contact
    }

    fn order(&self) -> Vec<(ContactId, u32)> {
        let waiting = self.floor.contacts().filter_map(|c| Some((c.contact, self.floor.waiting(c.contact)?.position)));
        waiting.collect()
    }
}

#[test]
fn a_whole_set_up_goes_in_force_at_once_and_back_and_drops_nobody() {
    let mut running = Running::new(BEFORE);
    for n in 0..40 {
        running.wait(n, if n % 2 == 0 { "general" } else { "tax" });
    }
    let before = running.floor.centre().clone();
    let order = running.order();
    let wanted = Centre::parse("after.toml", AFTER).expect("a good centre");
    let change = Change::Together { changes: before.changes_to(&wanted) };
    let undoing = before.undoing(&change);

    running.change(change).expect("a good change");
    assert_eq!(*running.floor.centre(), wanted);
    assert_eq!(running.order(), order, "everybody waits where they waited");

    running.change(undoing).expect("the way back");
    assert_eq!(*running.floor.centre(), before);
    assert_eq!(running.order(), order);

    let mut replayed = Floor::new(before.floor.clone());
    running.events.iter().for_each(|(at, event)| replayed.apply(*at, event));
    assert_eq!(replayed.state_hash(), running.floor.state_hash());
}

#[test]
fn nothing_is_changed_by_a_change_that_contradicts_itself() {
    let mut running = Running::new(BEFORE);
    running.wait(1, "tax");
    let before = running.floor.centre().clone();
    let hash = running.floor.state_hash();
    let mut wanted = Centre::parse("after.toml", AFTER).expect("a good centre");

    // A queue in use cannot go, so nothing else of the change comes.
    wanted.queues.remove(&QueueName::new("tax").expect("a name"));
    let refused = running.change(Change::Together { changes: before.changes_to(&wanted) });
    assert_eq!(refused, Err(Refusal::QueueBusy(QueueName::new("tax").expect("a name"))));

    // Each is fine by itself, together nobody has the skill that is asked for.
    let mut wanted = before.clone();
    wanted.agents.get_mut(&AgentName::new("amina").expect("a name")).expect("set up").skills.clear();
    let refused =
        running.change(Change::Together { changes: before.changes_to(&wanted) }).expect_err("a contradiction");
    assert!(refused.to_string().contains("`tax`, which no agent has"), "{refused}");

    assert!(running.change(Change::Together { changes: Vec::new() }).is_err());
    assert_eq!((running.floor.centre(), running.floor.state_hash()), (&before, hash));
}
