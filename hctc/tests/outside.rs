//! The last resort: with no counsellor logged in, the on-call phone rings over the trunk, a person
//! takes the call by key, and both hear each other. A voicemail presses no key and gets no caller.

mod support;

use support::baresip::{Account, Phone};
use support::server::Server;
use support::sound::share_of;
use support::wait_for;

#[test]
fn a_caller_in_danger_reaches_the_on_call_phone() {
    // The phone stands for the carrier: what is dialled by the trunk rings here.
    let anywhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let mut on_call = Phone::start(anywhere, &Account { user: "+254700000195", secret: None, answers: true }, 1_000.0);
    let server = Server::start_configured(&format!(
        "[trunk]\naddress = \"{}\"\nfrom = \"+254206900020\"\n",
        on_call.address
    ));
    let mut caller = Phone::start(server.sip, &Account { user: "0712000010", secret: None, answers: false }, 440.0);
    caller.dial(&format!("sip:0206900020@{}", server.sip));
    caller.wait_event("CALL_ESTABLISHED");
    caller.press('9');
    caller.press('1');
    on_call.wait_event("CALL_ESTABLISHED");
    // It hears what it is about, in both languages, and not yet the caller.
    wait_for("the question", || {
        let (samples, _) = on_call.heard();
        (samples.iter().filter(|s| s.unsigned_abs() > 500).count() > 8_000).then_some(())
    });
    let (samples, rate) = on_call.heard();
    assert!(share_of(&samples, rate, 440.0) < 0.5, "the caller is not heard before the key");
    on_call.press('1');
    wait_for("the on-call phone to hear the caller", || {
        let (samples, rate) = on_call.heard();
        (share_of(&samples, rate, 440.0) > 0.7).then_some(())
    });
    wait_for("the caller to hear the on-call phone", || {
        let (samples, rate) = caller.heard();
        (share_of(&samples, rate, 1_000.0) > 0.7).then_some(())
    });
    on_call.hang_up();
    caller.wait_event("CALL_CLOSED");
    assert!(std::fs::read_dir(server.data().join("recordings")).expect("a folder").next().is_none(), "nothing is recorded");
}
