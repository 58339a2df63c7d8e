//! The rival in the same run: rtpengine relaying the same number of sessions, driven over its ng protocol
//! (a cookie and a bencoded dictionary in a datagram).

use crate::Trouble;
use crate::bench::rtp_load::{Group, Leg, RtpLoad};
use crate::phone::media_socket;
use crate::sip::{sdp, sdp_target, token};
use std::net::{SocketAddr, UdpSocket as StdSocket};
use std::process::Stdio;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::process::{Child, Command};

/// How long rtpengine may take to answer its first ping.
const START: Duration = Duration::from_secs(10);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(2);
/// Ports it relays on.
const PORTS: (&str, &str) = ("40000", "60000");

/// A running rtpengine; ended when dropped.
pub struct RtpEngine {
    child: Child,
    control: UdpSocket,
}

impl RtpEngine {
    /// Starts one with one media thread, on one core if asked.
    ///
    /// # Errors
    /// It is not installed, or does not answer.
    pub async fn start(core: Option<usize>) -> Result<RtpEngine, Trouble> {
        let listen = free_port()?;
        let mut command = match core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string(), "rtpengine"]);
                pinned
            }
            None => Command::new("rtpengine"),
        };
        command.args(["--config-file=none", "--table=-1", "--interface=127.0.0.1", "--foreground", "--log-stderr"]);
        command.args(["--log-level=3", "--num-threads=1", &format!("--listen-ng={listen}")]);
        command.args([format!("--port-min={}", PORTS.0), format!("--port-max={}", PORTS.1)]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().map_err(|source| Trouble::Missing { program: "rtpengine".into(), source })?;
        let control = UdpSocket::bind(("127.0.0.1", 0)).await?;
        control.connect(listen).await?;
        let mut engine = RtpEngine { child, control };
        let pinged = tokio::time::timeout(START, engine.until_it_answers()).await;
        pinged.map_err(|_| Trouble::Late { what: "rtpengine to answer".into(), patience: START })??;
        Ok(engine)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Relays one session between two legs of the load, numbered `number` and the next.
    ///
    /// # Errors
    /// rtpengine refuses.
    pub async fn relay(&self, load: &RtpLoad, number: u32) -> Result<(), Trouble> {
        let (caller, callee) = (media_socket()?, media_socket()?);
        let call = format!("bench-{number}");
        let tags = (format!("from-{number}"), format!("to-{number}"));
        let words = [("call-id", call.as_str()), ("from-tag", &tags.0)];
        let to_callee = self.ask("offer", &words, &sdp(caller.local_addr()?)).await?;
        let words = [("call-id", call.as_str()), ("from-tag", &tags.0), ("to-tag", &tags.1)];
        let to_caller = self.ask("answer", &words, &sdp(callee.local_addr()?)).await?;
        // What is told to the callee is where the callee sends, and the other way round.
        let target = |sdp: &str| sdp_target(sdp).ok_or_else(|| Trouble::answer("rtpengine", sdp));
        load.add(Leg { number, group: Group::Rival, socket: caller, target: target(&to_caller)? });
        load.add(Leg { number: number + 1, group: Group::Rival, socket: callee, target: target(&to_callee)? });
        Ok(())
    }

    async fn until_it_answers(&mut self) -> Result<(), Trouble> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(Trouble::program("rtpengine", format!("ended with {status}")));
            }
            let ping = format!("{} d7:command4:pinge", token(8));
            // Until its port is open the datagram is refused, which the next try finds out.
            let _ = self.control.send(ping.as_bytes()).await;
            let mut buffer = [0u8; 256];
            let answered = tokio::time::timeout(Duration::from_millis(100), self.control.recv(&mut buffer)).await;
            match answered {
                Ok(Ok(length)) if String::from_utf8_lossy(&buffer[..length]).contains("4:pong") => return Ok(()),
                Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => {}
            }
        }
    }

    /// One command; gives the SDP of the answer.
    async fn ask(&self, command: &str, words: &[(&str, &str)], sdp: &str) -> Result<String, Trouble> {
        let cookie = token(12);
        let mut pairs: Vec<(&str, String)> = words.iter().map(|(key, value)| (*key, bencoded(value))).collect();
        pairs.extend([("ICE", bencoded("remove")), ("command", bencoded(command)), ("sdp", bencoded(sdp))]);
        pairs.push(("replace", format!("l{}{}e", bencoded("origin"), bencoded("session-connection"))));
        pairs.sort_by_key(|(key, _)| *key);
        let dictionary: String = pairs.iter().map(|(key, value)| bencoded(key) + value).collect();
        self.control.send(format!("{cookie} d{dictionary}e").as_bytes()).await?;
        let mut buffer = [0u8; 8_192];
        loop {
            let read = tokio::time::timeout(ANSWER, self.control.recv(&mut buffer)).await;
            let length = read
                .map_err(|_| Trouble::Late { what: format!("rtpengine's answer to {command}"), patience: ANSWER })??;
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            // An answer to a ping that was sent twice is not ours.
            if let Some(answer) = text.strip_prefix(&format!("{cookie} ")) {
                return value_of(answer, "sdp").ok_or_else(|| Trouble::answer("rtpengine", answer));
            }
        }
    }
}

fn free_port() -> std::io::Result<SocketAddr> {
    StdSocket::bind(("127.0.0.1", 0))?.local_addr()
}

fn bencoded(text: &str) -> String {
    format!("{}:{text}", text.len())
}

/// The text under a key of a bencoded dictionary of texts; enough for the answers there are.
fn value_of(dictionary: &str, key: &str) -> Option<String> {
    let (_, rest) = dictionary.split_once(&bencoded(key))?;
    let (length, rest) = rest.split_once(':')?;
    Some(rest.get(..length.parse().ok()?)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert_eq!(value_of("d6:result2:ok3:sdp9:v=0\r\no=- e", "sdp").as_deref(), Some("v=0\r\no=- "));
        assert_eq!(value_of("d12:error-reason5:wrong6:result5:errore", "sdp"), None);
        assert_eq!(value_of("d3:sdp99:shorte", "sdp"), None);
        assert_eq!(bencoded("offer"), "5:offer");
    }
}
