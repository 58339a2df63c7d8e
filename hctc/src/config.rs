//! `hctc.toml` and the `HCTC_...` environment: typed, unknown keys refused, every default shown by
//! [`Config::default`]. The environment overrides the file.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use vocabulary::Fault;
use vocabulary::spanned::Document;

/// Everything a process must know before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Journal, CRM, keys, recordings and `ready.json` live here.
    pub data_dir: PathBuf,
    /// HTTP and WebSocket.
    pub http_listen: SocketAddr,
    /// SIP over UDP and TCP.
    pub sip_listen: SocketAddr,
    /// Ports for RTP of phone legs; 0 to 0 lets the system choose.
    pub rtp_ports: RangeInclusive<u16>,
    /// The one port for browser media.
    pub webrtc_listen: SocketAddr,
    /// The address put into SDP when the machine is behind NAT.
    pub advertised_ip: Option<IpAddr>,
    /// Certificate chain and key, PEM. Both or none.
    pub tls: Option<Tls>,
    /// PostgreSQL for journal and CRM; `None` keeps SQLite files in the data folder.
    pub database_url: Option<String>,
    /// Redis, for the bus between machines. This version runs every role in one process and keeps its bus
    /// there: a URL is taken, said to be unused at start, and not connected to.
    pub redis_url: Option<String>,
    /// A whisper.cpp model file; `None` leaves transcription waiting for one.
    pub whisper_model: Option<PathBuf>,
    /// Log filter, as of `tracing`.
    pub log: String,
    /// The set-up a new data folder begins with; `None` uses the demo centre built in.
    pub centre: Option<PathBuf>,
    /// Flow files; `None` uses those built in.
    pub flows: Option<PathBuf>,
    /// Prompt audio; `None` uses those built in.
    pub prompts: Option<PathBuf>,
    /// The carrier for calls going out.
    pub trunk: Option<Trunk>,
    /// How long a drain waits for ordinary contacts.
    pub drain_seconds: u64,
}

/// Certificate and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// PEM file with the chain.
    pub cert: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// One plain outbound trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Where INVITEs go.
    pub address: SocketAddr,
    /// The number we present: one we are assigned.
    pub from: String,
    /// Addresses calls may come from besides this machine; empty takes none from elsewhere.
    pub sources: Vec<IpAddr>,
}

impl Default for Config {
    fn default() -> Config {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Config {
            data_dir: "data".into(),
            http_listen: local(8080),
            sip_listen: local(5060),
            rtp_ports: 30_000..=33_999,
            webrtc_listen: local(9100),
            advertised_ip: None,
            tls: None,
            database_url: None,
            redis_url: None,
            whisper_model: None,
            log: "info".into(),
            centre: None,
            flows: None,
            prompts: None,
            trunk: None,
            drain_seconds: 30,
        }
    }
}

/// Keys that the file and the environment share, and how the file spells them.
const KEYS: [&str; 16] = [
    "data_dir",
    "http_listen",
    "sip_listen",
    "rtp_ports",
    "webrtc_listen",
    "advertised_ip",
    "tls_cert",
    "tls_key",
    "database_url",
    "redis_url",
    "whisper_model",
    "log",
    "centre",
    "flows",
    "prompts",
    "drain_seconds",
];

/// One setting and where it was said, for the fault.
struct Said {
    text: String,
    place: Place,
}

enum Place {
    File(vocabulary::spanned::At),
    Environment(String),
}

impl Config {
    /// Reads the file (if one is named) and the environment.
    ///
    /// # Errors
    /// Every fault of both, the file's with line and column.
    pub fn read(file: &str, source: &str, environment: &BTreeMap<String, String>) -> Result<Config, Vec<Fault>> {
        let document = Document::parse(file, source);
        let mut said = BTreeMap::new();
        let mut root = document.root();
        for key in KEYS {
            if let Some(value) = root.take(key) {
                let text = if value.is_text() { value.text() } else { value.int(0..=i64::MAX).map(|n| n.to_string()) };
                if let Some(text) = text {
                    said.insert(key, Said { text, place: Place::File(value.at) });
                }
            }
        }
        let trunk = read_trunk(&mut root);
        read_roles(&mut root);
        root.finish();
        for key in KEYS {
            let name = format!("HCTC_{}", key.to_ascii_uppercase());
            if let Some(text) = environment.get(&name).filter(|t| !t.is_empty()) {
                said.insert(key, Said { text: text.clone(), place: Place::Environment(name) });
            }
        }
        let mut config = Config { trunk, ..Config::default() };
        let mut reader = Reader { document: &document, said, outside: Vec::new() };
        reader.fill(&mut config);
        let mut outside = reader.outside;
        let mut faults = document.into_faults();
        faults.append(&mut outside);
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }
}

struct Reader<'d> {
    document: &'d Document,
    said: BTreeMap<&'static str, Said>,
    outside: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, place: &Place, help: String) {
        match place {
            Place::File(at) => self.document.fault(*at, help),
            Place::Environment(name) => self.outside.push(Fault::whole(name, help)),
        }
    }

    fn parsed<T: FromStr>(&mut self, key: &'static str, expected: &str, into: &mut T) {
        let Some(said) = self.said.remove(key) else { return };
        match said.text.parse() {
            Ok(value) => *into = value,
            Err(_) => self.fault(&said.place, format!("`{key}` should be {expected}")),
        }
    }

    fn optional<T: FromStr>(&mut self, key: &'static str, expected: &str, into: &mut Option<T>) {
        let Some(said) = self.said.remove(key) else { return };
        match said.text.parse() {
            Ok(value) => *into = Some(value),
            Err(_) => self.fault(&said.place, format!("`{key}` should be {expected}")),
        }
    }

    fn fill(&mut self, config: &mut Config) {
        let address = "an address and port, such as 127.0.0.1:5060 (port 0 lets the system choose)";
        self.parsed("data_dir", "a folder", &mut config.data_dir);
        self.parsed("http_listen", address, &mut config.http_listen);
        self.parsed("sip_listen", address, &mut config.sip_listen);
        self.parsed("webrtc_listen", address, &mut config.webrtc_listen);
        self.optional("advertised_ip", "an IP address", &mut config.advertised_ip);
        self.optional("database_url", "a URL", &mut config.database_url);
        self.optional("redis_url", "a URL", &mut config.redis_url);
        self.optional("whisper_model", "a file", &mut config.whisper_model);
        self.optional("centre", "a file", &mut config.centre);
        self.optional("flows", "a folder", &mut config.flows);
        self.optional("prompts", "a folder", &mut config.prompts);
        self.parsed("log", "a log filter", &mut config.log);
        self.parsed("drain_seconds", "a number of seconds", &mut config.drain_seconds);
        self.rtp_ports(config);
        self.tls(config);
        self.checked_urls(config);
    }

    fn rtp_ports(&mut self, config: &mut Config) {
        let Some(said) = self.said.remove("rtp_ports") else { return };
        let range = match said.text.split_once('-') {
            Some((low, high)) => low.trim().parse().ok().zip(high.trim().parse().ok()),
            None if said.text.trim() == "0" => Some((0, 0)),
            None => None,
        };
        match range {
            Some((low, high)) if low <= high && (low > 0 || high == 0) => config.rtp_ports = low..=high,
            _ => self.fault(&said.place, "`rtp_ports` should be a range such as 30000-33999, or 0".into()),
        }
    }

    fn tls(&mut self, config: &mut Config) {
        match (self.said.remove("tls_cert"), self.said.remove("tls_key")) {
            (Some(cert), Some(key)) => config.tls = Some(Tls { cert: cert.text.into(), key: key.text.into() }),
            (Some(one), None) => self.fault(&one.place, "`tls_cert` needs `tls_key` beside it".into()),
            (None, Some(one)) => self.fault(&one.place, "`tls_key` needs `tls_cert` beside it".into()),
            (None, None) => {}
        }
        if config.tls.is_none() && !config.http_listen.ip().is_loopback() {
            let help = "plain HTTP on an address others can reach is refused: a browser gives no microphone there. \
                        Set tls_cert and tls_key (`hctc cert` makes a local pair) or listen on 127.0.0.1";
            let fault = Fault::whole("http_listen", help);
            self.outside.push(fault);
        }
    }

    fn checked_urls(&mut self, config: &Config) {
        if config.database_url.as_ref().is_some_and(|u| !u.starts_with("postgres://") && !u.starts_with("postgresql://")) {
            // The URL itself may hold a password: it is not echoed.
            self.outside.push(Fault::whole("database_url", "should begin with postgres:// (SQLite needs no URL)"));
        }
        if config.redis_url.as_ref().is_some_and(|u| !u.starts_with("redis://") && !u.starts_with("rediss://")) {
            self.outside.push(Fault::whole("redis_url", "should begin with redis:// or rediss://"));
        }
    }
}

fn read_trunk(root: &mut vocabulary::spanned::Table<'_>) -> Option<Trunk> {
    let mut table = root.take_table("trunk")?;
    let address = table.need_parsed::<SocketAddr>("address");
    let from = table.need_str("from");
    let sources = table.take_list("sources").iter().filter_map(|v| v.parsed()).collect();
    table.finish();
    Some(Trunk { address: address?.value, from: from?.value, sources })
}

/// A split of roles over machines is refused, not half done.
fn read_roles(root: &mut vocabulary::spanned::Table<'_>) {
    const ROLES: [&str; 5] = ["gateway", "floor", "console", "channels", "keeper"];
    let Some(value) = root.take("roles") else { return };
    let named: Vec<String> = value.list().unwrap_or_default().iter().filter_map(|v| v.text()).collect();
    if ROLES.iter().any(|role| !named.iter().any(|n| n == role)) || named.len() != ROLES.len() {
        value.fault("this version runs every role in one process: leave `roles` out, or name all of gateway, floor, console, channels, keeper");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let environment = environment.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Config::read("hctc.toml", source, &environment).map_err(|f| f.iter().map(|f| f.to_string()).collect())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(read("", &[]), Ok(Config::default()));
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = read(
            "http_listen = \"127.0.0.1:1\"\nrtp_ports = \"4000-4100\"\n",
            &[("HCTC_HTTP_LISTEN", "127.0.0.1:0"), ("HCTC_DATA_DIR", "/x")],
        )
        .expect("good");
        assert_eq!(config.http_listen.port(), 0);
        assert_eq!(config.data_dir, PathBuf::from("/x"));
        assert_eq!(config.rtp_ports, 4000..=4100);
    }

    #[test]
    fn three_faults_are_three_lines() {
        let faults = read("http_listen = 7\nrtp_port = \"1-2\"\nsip_listen = \"nowhere\"\n", &[]).expect_err("bad");
        assert_eq!(faults.len(), 3, "{faults:?}");
        for line in ["hctc.toml:1:", "hctc.toml:2:", "hctc.toml:3:"] {
            assert!(faults.iter().any(|f| f.starts_with(line)), "{line} in {faults:?}");
        }
    }

    #[test]
    fn plain_http_beyond_loopback_is_refused_with_the_reason() {
        let faults = read("", &[("HCTC_HTTP_LISTEN", "0.0.0.0:8080")]).expect_err("bad");
        assert!(faults[0].contains("microphone"), "{faults:?}");
        assert!(read("", &[("HCTC_HTTP_LISTEN", "0.0.0.0:8080"), ("HCTC_TLS_CERT", "c"), ("HCTC_TLS_KEY", "k")]).is_ok());
    }

    #[test]
    fn a_role_split_is_refused_not_half_done() {
        assert!(read("roles = [\"gateway\"]", &[]).is_err());
        assert!(read("roles = [\"gateway\", \"floor\", \"console\", \"channels\", \"keeper\"]", &[]).is_ok());
        assert!(read("", &[("HCTC_REDIS_URL", "redis://127.0.0.1")]).is_ok());
        assert!(read("", &[("HCTC_REDIS_URL", "http://127.0.0.1")]).is_err());
    }

    #[test]
    fn a_secret_in_a_url_is_not_echoed() {
        let faults = read("", &[("HCTC_DATABASE_URL", "mysql://u:hunter2@h/d")]).expect_err("bad");
        assert!(!faults.join(" ").contains("hunter2"));
    }
}
