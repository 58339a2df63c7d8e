//! Rivals as they were measured once, on a 2-core machine of the same kind, generator on the same cores.
//! They are printed beside our figures for orientation; only rivals in the same run are compared.

/// What a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Calls that carry sound.
    Media,
    /// Calls being set up.
    SetUp,
    /// Choosing agents.
    Routing,
}

const FIGURES: [(About, &str, &str, &str); 12] = [
    (About::Media, "Asterisk 22.10 app_queue", "200 calls bridged through the queue, G.711", "0.62-0.82 core, no loss"),
    (About::Media, "Asterisk 22.10 app_queue", "the same, recorded (MixMonitor)", "1.41-1.44 cores, 0.02-0.1 % loss"),
    (
        About::Media,
        "rtpengine 10.5, userspace",
        "500 / 1,000 relayed sessions",
        "0.67 / 1.07 core, no loss, 10-20 ms delay at 1,000",
    ),
    (
        About::Media,
        "rtpengine 10.5, one thread, one core",
        "500 / 1,000 / 1,500 sessions",
        "0.74 / 0.97 / saturated; p99 8 / 29 / 269 ms",
    ),
    (About::Media, "rustpbx 0.4 (its own claim, Ryzen 5700X)", "4,670 calls with RTP", "3.8 cores, 2.4 GB"),
    (
        About::SetUp,
        "Asterisk 22.10 app_queue, 200 agents, no media",
        "180 / 240 / 300 calls/s",
        "0.99 / 1.22 / 1.44 core",
    ),
    (About::SetUp, "Asterisk memory", "after 9,000 short calls", "64 MB grows to 1.6 GB"),
    (About::SetUp, "Kamailio 5.6", "1,000 calls/s, signalling alone", "0.44 core"),
    (
        About::SetUp,
        "FreeSWITCH mod_callcenter (issue 2458)",
        "about 200 calls at 20/s",
        "overloads, on 12 and on 32 cores",
    ),
    (
        About::Routing,
        "Asterisk 22.10 app_queue, 200 agents, no media",
        "180 / 240 / 300 calls/s",
        "0.99 / 1.22 / 1.44 core, the whole call",
    ),
    (
        About::Routing,
        "FreeSWITCH mod_callcenter (issue 2458)",
        "about 200 calls at 20/s",
        "overloads, on 12 and on 32 cores",
    ),
    (
        About::Routing,
        "Twilio Flex queued call-back (its guide)",
        "",
        "up to 1 call/s; statistics above 100 workers may fail",
    ),
];

/// Prints the figures on one subject.
pub fn print(about: About) {
    println!("\nReference, measured elsewhere and once (not in this run):");
    for (_, system, work, result) in FIGURES.iter().filter(|f| f.0 == about) {
        println!("  {system:<48} {work:<44} {result}");
    }
}
