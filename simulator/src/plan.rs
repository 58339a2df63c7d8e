//! What a run is like: how many come, how many serve, how people behave, what goes wrong.

use vocabulary::Span;

/// A plan. The numbers of facts.md sections 2 and 5 scaled to a floor that runs in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How long contacts keep coming.
    pub length: Span,
    /// Contacts an hour, all channels.
    pub per_hour: i64,
    /// Agents set up.
    pub agents: u32,
    /// Of these, cleared for safeguarding lanes.
    pub cleared: u32,
    /// Agents who never come to work, in percent.
    pub absent: u64,
    /// Contacts by text, in percent.
    pub text: u64,
    /// Contacts for the safe line, in percent.
    pub safeguarding: u64,
    /// Offers an agent declines, in percent.
    pub declines: u64,
    /// Offers an agent misses, in percent.
    pub misses: u64,
    /// Winners whose leg fails, in percent.
    pub failed_legs: u64,
    /// Mean talk time.
    pub talk: Span,
    /// Mean patience in a queue.
    pub patience: Span,
    /// Mean time between two kills of the process; zero for none.
    pub kill_every: Span,
    /// Commands repeated a little later, in percent.
    pub repeats: u64,
    /// Whether outside lines are dead.
    pub lines_down: bool,
}

impl Default for Plan {
    /// An ordinary hour with everything that can go wrong going wrong now and then.
    fn default() -> Plan {
        Plan {
            length: Span::minutes(60),
            per_hour: 240,
            agents: 16,
            cleared: 5,
            absent: 10,
            text: 30,
            safeguarding: 8,
            declines: 4,
            misses: 4,
            failed_legs: 2,
            talk: Span::seconds(150),
            patience: Span::seconds(240),
            kill_every: Span::minutes(11),
            repeats: 3,
            lines_down: false,
        }
    }
}

impl Plan {
    /// Three times the load with three agents in ten absent (issue: safeguarding must hold even so).
    pub fn surge() -> Plan {
        let usual = Plan::default();
        Plan { per_hour: usual.per_hour * 3, absent: 30, kill_every: Span::ZERO, ..usual }
    }

    /// Nobody at work at all: only the last resort is left.
    pub fn deserted() -> Plan {
        Plan { absent: 100, safeguarding: 50, kill_every: Span::ZERO, ..Plan::default() }
    }
}
