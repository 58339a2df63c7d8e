//! One-use tokens of web calls: anonymous, two minutes to use, one call each.

use console::ports::WebCall;
use std::collections::BTreeMap;
use std::sync::Mutex;
use vocabulary::{EntryName, Span, Time};

/// How long a page has to place its call.
const LASTS: Span = Span::minutes(2);
/// Tokens that may be open at once; beyond it a page is told to try again.
const MOST_OPEN: usize = 2_000;

struct Open {
    entry: EntryName,
    until: Time,
}

/// The tokens not yet used.
#[derive(Default)]
pub struct Tokens(Mutex<BTreeMap<String, Open>>);

impl Tokens {
    /// A token for one call to an entry; `None` when too many are open.
    pub fn mint(&self, entry: EntryName, now: Time) -> Option<WebCall> {
        let mut open = self.0.lock().expect("no holder of this lock can panic: it only moves map entries");
        if open.len() >= MOST_OPEN {
            open.retain(|_, token| token.until > now);
        }
        if open.len() >= MOST_OPEN {
            return None;
        }
        let token = random();
        let call = WebCall {
            token: token.clone(),
            user: format!("citizen-{}", &random()[..8]),
            secret: random(),
            dial: format!("sip:{entry}@hctc"),
        };
        open.insert(token, Open { entry, until: now + LASTS });
        Some(call)
    }

    /// The entry a token stands for. It is spent.
    pub fn take(&self, token: &str, now: Time) -> Option<EntryName> {
        let mut open = self.0.lock().expect("no holder of this lock can panic: it only moves map entries");
        open.remove(token).filter(|t| t.until > now).map(|t| t.entry)
    }
}

fn random() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> EntryName {
        EntryName::new("web_call").expect("a name")
    }

    #[test]
    fn a_token_is_spent_by_one_use_and_by_time() {
        let tokens = Tokens::default();
        let call = tokens.mint(entry(), Time(0)).expect("room");
        assert_eq!(tokens.take(&call.token, Time(1)), Some(entry()));
        assert_eq!(tokens.take(&call.token, Time(1)), None);
        let late = tokens.mint(entry(), Time(0)).expect("room");
        assert_eq!(tokens.take(&late.token, Time(0) + LASTS), None);
    }

    #[test]
    fn a_flood_of_tokens_is_bounded_and_passes() {
        let tokens = Tokens::default();
        (0..MOST_OPEN).for_each(|_| assert!(tokens.mint(entry(), Time(0)).is_some()));
        assert!(tokens.mint(entry(), Time(0)).is_none());
        assert!(tokens.mint(entry(), Time(0) + LASTS).is_some());
    }
}
