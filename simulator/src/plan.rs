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
    /// Cleared agents kept free of ordinary work, and the most of those on shift, in percent.
    pub reserve: (u32, u32),
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
    /// Conversations in which the agent asks for help, in percent.
    pub helps: u64,
    /// Conversations that are given to somebody else, in percent.
    pub transfers: u64,
    /// Mean time between two jumps of the machine's clock; zero for none, as in the next two.
    pub jump_every: Span,
    /// Mean time between two stalls of the journal.
    pub stall_every: Span,
    /// Mean time between two changes of set-up.
    pub change_every: Span,
    /// Whether the promise of the safe line is checked: it is made for a centre that runs.
    pub promised: bool,
}

impl Default for Plan {
    /// An ordinary hour with everything that can go wrong going wrong now and then.
    fn default() -> Plan {
        Plan {
            length: Span::minutes(60),
            per_hour: 240,
            agents: 16,
            cleared: 5,
            reserve: (1, 50),
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
            helps: 8,
            transfers: 6,
            jump_every: Span::minutes(9),
            stall_every: Span::minutes(7),
            change_every: Span::minutes(3),
            promised: false,
        }
    }
}

impl Plan {
    /// The same without faults of machines: kills, clocks, journals.
    pub fn sound() -> Plan {
        Plan { kill_every: Span::ZERO, jump_every: Span::ZERO, stall_every: Span::ZERO, ..Plan::default() }
    }

    /// Three times the load with three agents in ten absent: the promise of the safe line holds
    /// even so, with a desk that is sized for it. Three times 19 safeguarding contacts an hour at
    /// three minutes are 2.9 erlangs; 95 % of them find a free agent with 7 (Erlang C), so 13 are
    /// cleared, of whom three in ten are absent, and 6 are kept free of ordinary work (facts.md 5.1: a desk must be allowed to look
    /// idle).
    pub fn surge() -> Plan {
        let usual = Plan::sound();
        let (per_hour, reserve) = (usual.per_hour * 3, (6, 60));
        Plan { per_hour, agents: 24, cleared: 13, reserve, absent: 30, promised: true, ..usual }
    }

    /// The same load on a desk of two, of which nothing is kept free: the promise cannot hold.
    pub fn overrun() -> Plan {
        Plan { cleared: 2, reserve: (0, 0), ..Plan::surge() }
    }

    /// Nobody at work at all: only the last resort is left.
    pub fn deserted() -> Plan {
        Plan { absent: 100, safeguarding: 50, ..Plan::sound() }
    }
}
