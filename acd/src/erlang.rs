//! Erlang's formulas for a few servers: with which chance somebody finds all of them busy.
//!
//! Loads are in erlangs: contacts an hour times hours each takes. The recursion adds and divides
//! only, in one order, so that a load gives the same digits on every machine.

/// The chance that all of `servers` are busy where nobody waits (Erlang B, by its recursion:
/// A. K. Erlang 1917; e.g. ITU-T E.501).
pub fn erlang_b(load: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, n| load * blocked / (f64::from(n) + load * blocked))
}

/// The chance of having to wait where everybody waits (Erlang C). Certain when the load is as large
/// as the servers.
pub fn erlang_c(load: f64, servers: u32) -> f64 {
    if load >= f64::from(servers) {
        return 1.0;
    }
    waits(load, servers, erlang_b(load, servers))
}

fn waits(load: f64, servers: u32, blocked: f64) -> f64 {
    let servers = f64::from(servers);
    servers * blocked / (servers - load * (1.0 - blocked))
}

/// The fewest servers of whom a share finds nobody free that is at most `share`; never more than
/// `most`.
pub fn servers_for(load: f64, share: f64, most: u32) -> u32 {
    if load <= 0.0 {
        return 0;
    }
    let mut blocked = 1.0;
    for n in 1..most {
        blocked = load * blocked / (f64::from(n) + load * blocked);
        if load < f64::from(n) && waits(load, n, blocked) <= share {
            return n;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agents, target, seconds, and the load of contacts of 900 s they carry at that target: the
    /// small desks of the domain facts.
    const SMALL_DESKS: [(u32, f64, f64, f64); 7] = [
        (2, 0.9, 10.0, 0.504639),
        (2, 0.95, 20.0, 0.349059),
        (3, 0.95, 20.0, 0.802829),
        (5, 0.95, 20.0, 1.940862),
        (8, 0.95, 20.0, 3.939155),
        (10, 0.95, 20.0, 5.380264),
        (15, 0.95, 20.0, 9.203737),
    ];

    #[test]
    fn agrees_with_the_reference() {
        for (load, servers, b, c) in REFERENCE {
            assert!(
                (erlang_b(load, servers) / b - 1.0).abs() < 0.005,
                "B({load}, {servers}) = {}",
                erlang_b(load, servers)
            );
            assert!(
                (erlang_c(load, servers) / c - 1.0).abs() < 0.005,
                "C({load}, {servers}) = {}",
                erlang_c(load, servers)
            );
        }
    }

    /// Load, servers, Erlang B and C, by the reference program of the domain facts.
    const REFERENCE: [(f64, u32, f64, f64); 12] = [
        (0.25, 1, 0.200000000, 0.250000000),
        (0.25, 2, 0.024390244, 0.027777778),
        (0.8, 2, 0.150943396, 0.228571429),
        (0.8, 3, 0.038694075, 0.052032520),
        (1.95, 3, 0.203022805, 0.421239881),
        (1.95, 5, 0.033931624, 0.054444495),
        (3.95, 6, 0.113558826, 0.272698544),
        (3.95, 8, 0.028875392, 0.055475487),
        (5.37, 10, 0.026143432, 0.054803550),
        (9.2, 15, 0.022716072, 0.056705237),
        (16.7, 20, 0.079192065, 0.342636827),
        (20.0, 25, 0.050221778, 0.209102827),
    ];

    #[test]
    fn small_desks_carry_what_the_facts_say() {
        for (servers, target, within, load) in SMALL_DESKS {
            let level =
                |load: f64| 1.0 - erlang_c(load, servers) * (-(f64::from(servers) - load) * within / 900.0).exp();
            assert!(level(load * 0.995) >= target && level(load * 1.005) < target, "{servers} agents carry {load}");
        }
    }

    #[test]
    fn as_few_servers_as_the_share_allows() {
        assert_eq!(servers_for(0.0, 0.05, 50), 0);
        for load in [0.1, 0.5, 1.0, 2.5, 8.0] {
            for share in [0.01, 0.05, 0.2, 0.5] {
                let n = servers_for(load, share, 50);
                assert!(erlang_c(load, n) <= share && erlang_c(load, n - 1) > share, "{load} at {share}: {n}");
            }
        }
        assert_eq!(servers_for(60.0, 0.05, 50), 50);
        assert_eq!(erlang_c(3.0, 3), 1.0);
    }
}
