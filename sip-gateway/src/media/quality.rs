//! How a leg sounds, as one figure: the E-model of ITU-T G.107 (06/2015), from delay, loss and its
//! bursts, and the codec. Everything the network does not tell (loudness, echo, noise) has the
//! recommendation's default, so the figure compares legs; it does not replace a listener.

use crate::media::codec::Codec;

/// Delay of a receiver beyond what its jitter asks for: one packet being filled and one being played,
/// in milliseconds.
const PACKETISING: f64 = 40.0;
/// The longest burst ratio G.107 table 3 allows.
const MAX_BURST_RATIO: f64 = 8.0;

/// What the network did to one direction of a leg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// How the sound travelled.
    pub codec: Codec,
    /// Whether the listener conceals losses. Phones and browsers of the last twenty years do.
    pub concealed: bool,
    /// Share of packets lost, 0 to 1, those too late included.
    pub loss: f64,
    /// Burst ratio, 1 for random loss ([`super::losses::Count::burst_ratio`]).
    pub burst_ratio: f64,
    /// One way from mouth to ear in milliseconds ([`mouth_to_ear`]).
    pub delay_millis: f64,
}

/// One way from mouth to ear in milliseconds, estimated: half the round trip, twice the jitter for the
/// listener's buffer, and the packets being filled and played.
pub fn mouth_to_ear(round_trip_millis: Option<u32>, jitter_millis: u32) -> f64 {
    round_trip_millis.unwrap_or(0) as f64 / 2.0 + 2.0 * jitter_millis as f64 + PACKETISING
}

/// The mean opinion score, 1 (bad) to 4.5 (what a telephone can be at best).
pub fn mos(seen: Seen) -> f64 {
    score(rating(seen))
}

/// The transmission rating factor R (G.107 §7): 93.2 with every default.
pub fn rating(seen: Seen) -> f64 {
    let Impairment { base, robust } = impairment(seen.codec, seen.concealed);
    let loss = seen.loss.clamp(0.0, 1.0) * 100.0;
    let bursts = seen.burst_ratio.clamp(1.0, MAX_BURST_RATIO);
    // §7.5: what the codec loses by itself and to lost packets.
    let equipment = base + (95.0 - base) * loss / (loss / bursts + robust);
    basic_ratio() - simultaneous() - delayed(seen.delay_millis.max(0.0)) - equipment
}

/// R as a mean opinion score (G.107 Annex B).
pub fn score(rating: f64) -> f64 {
    if rating <= 0.0 {
        return 1.0;
    }
    if rating >= 100.0 {
        return 4.5;
    }
    // The cubic dips just below 1 near zero.
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0)
}

/// What a codec costs (Ie), and how well it bears loss (Bpl).
struct Impairment {
    base: f64,
    robust: f64,
}

/// ITU-T G.113 Appendix I for G.711. G.722 and Opus are rated on the narrow-band scale here: the
/// recommendation knows no Opus, and both conceal at least as well as G.711 with its Appendix I.
fn impairment(codec: Codec, concealed: bool) -> Impairment {
    let robust = match (codec, concealed) {
        (Codec::Pcma | Codec::Pcmu, false) => 4.3,
        _ => 25.1,
    };
    Impairment { base: 0.0, robust }
}

// Defaults of G.107 table 3, in the letters it uses.
const SLR: f64 = 8.0;
const RLR: f64 = 2.0;
const STMR: f64 = 15.0;
const LSTR: f64 = 18.0;
const DS: f64 = 3.0;
const TELR: f64 = 65.0;
const WEPL: f64 = 110.0;
const QDU: f64 = 1.0;
const NC: f64 = -70.0;
const NFOR: f64 = -64.0;
const PS: f64 = 35.0;
const PR: f64 = 35.0;
const OLR: f64 = SLR + RLR;

fn power(decibels: f64) -> f64 {
    10f64.powf(decibels / 10.0)
}

/// No: all noise as seen at the 0 dBr point (§7.2).
fn noise() -> f64 {
    let sender = PS - SLR - DS - 100.0 + 0.004 * (PS - OLR - DS - 14.0).powi(2);
    let room = PR + 10.0 * (1.0 + power(10.0 - LSTR)).log10();
    let receiver = RLR - 121.0 + room + 0.008 * (room - 35.0).powi(2);
    10.0 * (power(NC) + power(sender) + power(receiver) + power(NFOR + RLR)).log10()
}

/// Ro: the basic signal-to-noise ratio (§7.2).
fn basic_ratio() -> f64 {
    15.0 - 1.5 * (SLR + noise())
}

/// The n-th root of one plus the n-th power: the recommendation's soft maximum.
fn soft(x: f64, n: f64) -> f64 {
    (1.0 + x.powf(n)).powf(1.0 / n)
}

/// Is: what harms together with the voice (§7.3).
fn simultaneous() -> f64 {
    let loud = OLR + 0.2 * (64.0 + noise() - RLR);
    let too_loud = 20.0 * (soft(loud / 8.0, 8.0) - loud / 8.0);
    let sidetone_rating = -10.0 * (power(-STMR) + power(-TELR)).log10();
    let sidetone = 12.0 * soft((sidetone_rating - 13.0) / 6.0, 8.0)
        - 28.0 * soft((sidetone_rating + 1.0) / 19.4, 35.0)
        - 13.0 * soft((sidetone_rating - 3.0) / 33.0, 13.0)
        + 29.0;
    let quality = 37.0 - 15.0 * QDU.log10();
    let g = 1.07 + 0.258 * quality + 0.0602 * quality * quality;
    let y = (basic_ratio() - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0;
    let z = 46.0 / 30.0 - g / 40.0;
    let quantising = 15.0 * (1.0 + 10f64.powf(y) + 10f64.powf(z)).log10();
    too_loud + sidetone + quantising
}

/// Id: what harms by coming late (§7.4): talker echo, listener echo and the delay itself.
fn delayed(one_way: f64) -> f64 {
    let (t, round) = (one_way, 2.0 * one_way);
    let echo_rating = TELR - 40.0 * ((1.0 + t / 10.0) / (1.0 + t / 150.0)).log10() + 6.0 * (-0.3 * t * t).exp();
    let (roe, re) = (-1.5 * (noise() - RLR), 80.0 + 2.5 * (echo_rating - 14.0));
    let half = (roe - re) / 2.0;
    let talker = (half + (half * half + 100.0).sqrt() - 1.0) * (1.0 - (-t).exp());
    let rle = 10.5 * (WEPL + 7.0) * (round + 1.0).powf(-0.25);
    let half = (basic_ratio() - rle) / 2.0;
    let listener = half + (half * half + 169.0).sqrt();
    let pure = if one_way <= 100.0 {
        0.0
    } else {
        let x = (one_way / 100.0).log2();
        25.0 * (soft(x, 6.0) - 3.0 * soft(x / 3.0, 6.0) + 2.0)
    };
    talker + listener + pure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(loss: f64, concealed: bool, delay_millis: f64) -> Seen {
        Seen { codec: Codec::Pcma, concealed, loss, burst_ratio: 1.0, delay_millis }
    }

    fn near(is: f64, should: f64, within: f64) {
        assert!((is - should).abs() <= within, "{is} is not {should}");
    }

    #[test]
    fn every_default_gives_the_recommendations_figure() {
        near(rating(seen(0.0, true, 0.0)), 93.2, 0.05);
        near(mos(seen(0.0, true, 0.0)), 4.41, 0.005);
    }

    /// G.107 Annex B, table B.1: limits of R and what users say.
    #[test]
    fn ratings_become_the_recommendations_scores() {
        for (rating, should) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            near(score(rating), should, 0.01);
        }
        assert_eq!((score(-3.0), score(101.0)), (1.0, 4.5));
        assert!((0..100).all(|r| score(r as f64) <= score(r as f64 + 1.0)), "never falls");
    }

    /// G.711 at 60 ms one way, random loss: what the centre states for its legs.
    #[test]
    fn loss_costs_what_is_stated() {
        for (loss, concealed, plain) in [(0.0, 4.375, 4.375), (0.02, 4.18, 3.17), (0.05, 3.855, 2.085)] {
            near(mos(seen(loss, true, 60.0)), concealed, 0.006);
            near(mos(seen(loss, false, 60.0)), plain, 0.006);
        }
    }

    #[test]
    fn bursts_and_delay_harm() {
        let random = rating(seen(0.02, true, 50.0));
        let bursty = rating(Seen { burst_ratio: 4.0, ..seen(0.02, true, 50.0) });
        assert!(bursty < random - 0.2, "{bursty} {random}");
        let by_delay: Vec<f64> = [50.0, 150.0, 300.0, 600.0].map(|d| rating(seen(0.0, true, d))).into();
        assert!(by_delay.windows(2).all(|w| w[1] < w[0]), "{by_delay:?}");
        near(by_delay[0], 92.0, 0.8);
        assert!(by_delay[2] < 80.0, "300 ms one way is no longer good (G.114)");
    }

    #[test]
    fn nonsense_stays_within_the_scale() {
        for loss in [-1.0, 0.5, 1.0, 7.0] {
            for burst_ratio in [0.0, 1.0, 1e9] {
                let seen = Seen { loss, burst_ratio, ..seen(0.0, false, 1e6) };
                assert!((1.0..=4.5).contains(&mos(seen)));
            }
        }
    }
}
