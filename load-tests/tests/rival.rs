//! The rival of the benchmarks is really there and really relays: what one leg of a session sends, the
//! other hears, without loss.

use load_tests::bench::cpu::Cpu;
use load_tests::bench::fair::compare;
use load_tests::bench::rtp_load::{Group, Report, RtpLoad};
use load_tests::bench::rtpengine::RtpEngine;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn rtpengine_relays_what_the_load_sends() {
    let load = RtpLoad::start().expect("a thread");
    let rival = RtpEngine::start(None).await.expect("rtpengine is installed");
    let before = Cpu::read(rival.pid()).expect("it runs");
    for number in [10, 20, 30] {
        rival.relay(&load, number).await.expect("a session");
    }
    let until = Instant::now() + Duration::from_secs(20);
    let mut report = Report::default();
    while report.meter.received() < 300 && Instant::now() < until {
        report = load.report(Group::Rival);
    }
    assert_eq!((report.legs, report.meter.lost(), report.silent), (6, 0, 0));
    assert!(report.meter.received() >= 300, "{} packets", report.meter.received());
    assert!(compare(&Report::default(), &report).is_err(), "one system alone is no comparison");
    assert!(Cpu::read(rival.pid()).expect("it runs").seconds_since(&before) >= 0.0);
}
