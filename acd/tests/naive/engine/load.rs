//! The reserve that follows the load of the last hour: Erlang C from its sum, every time anew.

use super::{At, Case, Naive};
use vocabulary::{ContactId, Language, Span, Time};

const SLICE: i64 = 300_000;

impl Naive {
    fn language_of(case: &Case) -> Option<Language> {
        case.language.or(case.order.as_ref().and_then(|w| w.needs.language))
    }

    pub fn load_comes(&mut self, id: ContactId) {
        let language = Self::language_of(self.case(id).unwrap());
        let now = self.now;
        self.safety.came.push((now, language));
    }

    pub fn load_served(&mut self, case: &Case) {
        let At::Talking(agent, _) = &case.at else { return };
        let (Some(w), Some(since)) = (&case.order, case.beside.since) else { return };
        if w.safe.is_some() && self.person(agent).is_some() {
            let wrap_up = self.queue(&w.queue).map_or(0, |q| q.wrap_up_seconds);
            let took = self.now.since(since) + Span::seconds(wrap_up);
            let now = self.now;
            self.safety.served.push((now, Self::language_of(case), took.0));
        }
    }

    /// Milliseconds of work that came within the hour for exactly this choice of language.
    fn work(&self, language: Option<Language>) -> i64 {
        let slice = |at: &Time| at.0.div_euclid(SLICE);
        let within = |at: &Time| slice(at) > slice(&self.now) - 12;
        let came = self.safety.came.iter().filter(|(at, l)| within(at) && *l == language).count() as i64;
        let took: Vec<i64> =
            self.safety.served.iter().filter(|(at, l, _)| within(at) && *l == language).map(|(_, _, ms)| *ms).collect();
        let each = if took.is_empty() { 900_000 } else { took.iter().sum::<i64>() / took.len() as i64 };
        came * each
    }

    pub fn load_needs(&self, language: Language) -> usize {
        let share = f64::from(self.centre.rules.reserve_wait_percent) / 100.0;
        let load = (self.work(None) + self.work(Some(language))) as f64 / 3_600_000.0;
        if share == 0.0 || load == 0.0 {
            return 0;
        }
        (1..200).find(|n| all_busy(load, *n) <= share).unwrap_or(200)
    }
}

/// Erlang C as it stands in the books: the last term of a sum over the sum.
fn all_busy(load: f64, servers: usize) -> f64 {
    let n = servers as f64;
    if load >= n {
        return 1.0;
    }
    let mut term = 1.0;
    let mut sum = 0.0;
    for k in 0..servers {
        sum += term;
        term *= load / (k + 1) as f64;
    }
    let last = term * n / (n - load);
    last / (sum + last)
}
