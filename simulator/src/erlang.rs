//! Erlang's formulas: what theory says of a queue with Poisson arrivals, exponential handling times and so many agents
//! (A. K. Erlang 1917; facts.md section 2). Loads are in erlangs: arrivals times handling time.

/// The share of arrivals that find all agents busy and are lost, where nobody waits (Erlang B).
pub fn blocked(load: f64, agents: u32) -> f64 {
    (1..=agents).fold(1.0, |b, k| load * b / (f64::from(k) + load * b))
}

/// The share of arrivals that have to wait, where everybody does (Erlang C); 1 at overload.
pub fn waits(load: f64, agents: u32) -> f64 {
    let n = f64::from(agents);
    if load >= n {
        return 1.0;
    }
    let b = blocked(load, agents);
    n * b / (n - load * (1.0 - b))
}

/// The share answered within `target` (in the unit of `handling`).
pub fn service_level(load: f64, agents: u32, target: f64, handling: f64) -> f64 {
    let spare = f64::from(agents) - load;
    if spare <= 0.0 { 0.0 } else { 1.0 - waits(load, agents) * (-spare * target / handling).exp() }
}

/// The mean wait, in the unit of `handling`; without end at overload.
pub fn mean_wait(load: f64, agents: u32, handling: f64) -> f64 {
    let spare = f64::from(agents) - load;
    if spare <= 0.0 { f64::INFINITY } else { waits(load, agents) * handling / spare }
}

/// The fewest agents that answer this share of arrivals within `target`; 0 for no load.
pub fn agents_needed(load: f64, share: f64, target: f64, handling: f64) -> u32 {
    if load <= 0.0 {
        return 0;
    }
    let mut agents = load as u32 + 1;
    // The level rises to 1 with more agents, so this ends for every share below 1.
    while service_level(load, agents, target, handling) < share.min(0.999) {
        agents += 1;
    }
    agents
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts.md 2.2: 200 seats, 80 % within 20 s.
    #[test]
    fn agrees_with_the_reference() {
        for (handling, load, mean, share) in
            [(240.0, 191.2, 11.3, 0.417), (300.0, 190.4, 11.8, 0.380), (360.0, 189.7, 12.4, 0.354)]
        {
            assert!((service_level(load, 200, 20.0, handling) - 0.8).abs() < 0.01);
            assert!((mean_wait(load, 200, handling) - mean).abs() < 0.4);
            assert!((waits(load, 200) - share).abs() < 0.01);
        }
        for (load, level) in [(170.0, 0.998), (185.0, 0.928), (190.0, 0.812), (195.0, 0.551), (198.0, 0.268)] {
            assert!((service_level(load, 200, 20.0, 300.0) - level).abs() < 0.001, "{load}");
        }
        // Planning mix: 41 E at 5 minutes need 47 seats.
        assert_eq!(agents_needed(41.08, 0.8, 20.0, 300.0), 47);
        // Safeguarding desk: 5 agents carry 7.7 contacts an hour at 15 minutes, 95 % within 20 s.
        assert_eq!(agents_needed(7.7 / 4.0, 0.95, 20.0, 900.0), 5);
        assert_eq!(agents_needed(0.0, 0.8, 20.0, 300.0), 0);
        assert_eq!(waits(12.0, 10), 1.0);
    }
}
