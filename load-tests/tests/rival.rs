//! The rival of the benchmarks is really there and really relays: what one leg of a session sends, the
//! other hears, without loss.

use load_tests::bench::cpu::Cpu;
use load_tests::bench::fair::compare;
use load_tests::bench::rtp_load::{Group, Report, RtpLoad};
use load_tests::bench::rtpengine::RtpEngine;
use std::time::{Duration, Instant};

/// The report once its ears have heard so many packets, or the time is over.
async fn heard(load: &RtpLoad, packets: u64, until: Instant) -> Report {
    // Asking without pause would keep the load's only thread from sending.
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    loop {
        pace.tick().await;
        let report = load.report(Group::Rival);
        if report.meter.received() >= packets || Instant::now() > until {
            return report;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rtpengine_relays_what_the_load_sends() {
    let load = RtpLoad::start().expect("a thread");
    let rival = RtpEngine::start(None).await.expect("rtpengine is installed");
    let before = Cpu::read(rival.pid()).expect("it runs");
    for number in [10, 20, 30] {
        rival.relay(&load, number).await.expect("a session");
    }
    // The legs began one after the other, and a relay learns its peers from their first packets: only
    // from here on do all send the same and lose nothing.
    let until = Instant::now() + Duration::from_secs(60);
    heard(&load, 60, until).await;
    load.reset();
    let report = heard(&load, 300, until).await;
    assert_eq!((report.legs, report.meter.lost(), report.silent), (6, 0, 0));
    assert!(report.meter.received() >= 300, "{} packets", report.meter.received());
    assert!(compare(&Report::default(), &report).is_err(), "one system alone is no comparison");
    assert!(Cpu::read(rival.pid()).expect("it runs").seconds_since(&before) >= 0.0);
}
