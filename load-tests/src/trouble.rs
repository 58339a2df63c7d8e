//! Why a demonstration or a benchmark could not be carried out. A broken promise of the centre is not
//! trouble: it is a finding, and is told as one.

use std::time::Duration;

/// What stopped us.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A program that must be installed is not there or could not be started.
    #[error("{program} could not be started ({source}); scripts/setup.sh test installs it")]
    Missing {
        /// Its name.
        program: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program of ours or a rival ended or did something unexpected.
    #[error("{program}: {what}")]
    Program {
        /// Its name.
        program: String,
        /// What was seen.
        what: String,
    },
    /// Something was waited for in vain.
    #[error("waited {} s for {what}", patience.as_secs())]
    Late {
        /// What should have happened.
        what: String,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The far end said something that does not belong there.
    #[error("{who} answered {what}")]
    Answer {
        /// Which far end.
        who: String,
        /// What it said.
        what: String,
    },
    /// A socket or a file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A benchmark's own rule was broken: its figures would compare unlike things.
    #[error("the comparison is not fair: {0}")]
    Unfair(String),
}

impl Trouble {
    /// A far end's unexpected answer.
    pub fn answer(who: impl Into<String>, what: impl ToString) -> Trouble {
        Trouble::Answer { who: who.into(), what: what.to_string() }
    }

    /// A program's unexpected behaviour.
    pub fn program(program: impl Into<String>, what: impl ToString) -> Trouble {
        Trouble::Program { program: program.into(), what: what.to_string() }
    }
}
