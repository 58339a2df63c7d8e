//! The nouns every part of the centre shares: ids, time, lanes, skills, consent, set-up and the one
//! journal [`Event`]. It owns meaning, never behaviour: nothing here reads a clock, opens a file or
//! draws a number, and it depends on no other crate of ours.
//!
//! # Glossary
//!
//! | Say | Meaning |
//! |---|---|
//! | contact | one person's matter on one channel, from arrival to record |
//! | channel | how it travels: voice, web chat, WhatsApp, SMS, USSD, email ... |
//! | lane | the kind of help; `gbv`, `child` and `mental_health` are the *safeguarding* lanes. Decides who may serve and what is kept |
//! | risk | how urgent, P0 (imminent danger) to P3. Decides who goes first |
//! | tier | escalation level: L1 universal agent, L2 specialist, L3 the ministry or agency |
//! | leg | one SIP or WebRTC dialog with its media |
//! | agent, presence | who serves; what they declare: ready, away (with a reason), offline |
//! | engagement | one agent's part in one contact: offered, connected, held, wrap-up |
//! | skill, level, need, clearance | what an agent can; how well (1 to 5); what a contact asks for; what an agent may see |
//! | queue, order, place | the named thing a contact enters; who is next; the right to a position, which outlives the contact for some minutes |
//! | widening | one step of a queue, due at a time: fewer needs, more agents |
//! | offer | a contact shown to one agent (or, for P0 and P1, to several) until a time |
//! | wrap-up, disposition | time after the contact; its verdict |
//! | floor | queues and agents that share agents: the unit of writing |
//! | tenant | a ministry or agency that rents the centre |
//! | flow, step, run | a menu program; its unit; its execution for one contact |
//! | journal | the append-only list of events of a floor |
//! | case | a citizen's matter over many contacts, with a service-charter clock |

pub mod audio;
pub mod calendar;
pub mod cause;
pub mod centre;
pub mod channel;
pub mod consent;
pub mod e164;
pub mod event;
pub mod fault;
pub mod id;
pub mod lane;
pub mod language;
pub mod name;
pub mod presence;
pub mod skill;
pub mod spanned;
pub mod time;

pub use calendar::{Calendar, Clock, Day, Holiday, Hours, Weekday};
pub use cause::{EndCause, Party};
pub use channel::Channel;
pub use consent::{CallBackPolicy, Consent, ConsentKind};
pub use e164::{CallerNumber, E164, Presentation};
pub use event::{Actor, Entry, Event};
pub use fault::Fault;
pub use id::{CaseId, CitizenId, ContactId, LegId, RecordingId, Ulid};
pub use lane::{Lane, Risk, Tier};
pub use language::Language;
pub use name::{
    AgentName, CalendarName, EntryName, FloorName, FlowName, LedgerName, NameError, PromptName, QueueName, ReasonName,
    ShiftName, SkillName, StepName, TenantName,
};
pub use presence::Presence;
pub use skill::{Level, Needs};
pub use time::{Span, Time};
