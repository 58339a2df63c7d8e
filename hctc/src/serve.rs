//! `hctc serve`: starts every role in one process, tells where they listen, and drains on Ctrl-C.
//!
//! Order matters: stores, floor, gateway and chat, reception, HTTP, and only then `ready.json`. The
//! drain goes the other way: no new contacts, wait for the live ones, then the rest.

pub mod lock;
pub mod ready;
pub mod stores;

use crate::assets::Assets;
use crate::centre::{DeviceList, Lines, LiveCentre};
use crate::clock::Clock;
use crate::config::Config;
use crate::contact::{OnTape, Services};
use crate::floor::{self, FloorHandle, FloorTask};
use crate::hub::Hub;
use crate::reception::Reception;
use crate::scribe::Scribe;
use crate::{demo, http, keeping, web};
use ready::Ready;
use stores::Stores;
use sip_gateway::live::{Bound, Gateway, GatewayConfig, Limits, Trunk, TrunkTransport};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_subscriber::EnvFilter;
use vocabulary::centre::Centre;

/// How long closing the files may take.
const CLOSING: Duration = Duration::from_secs(10);

/// A fault at start, told to the person in front of the terminal.
type Fatal = Box<dyn Error + Send + Sync>;

/// Runs the centre until it is told to stop.
pub fn run(config: Config, demo: bool) -> ExitCode {
    start_log(&config.log);
    let assets = match Assets::read(&config) {
        Ok(assets) => assets,
        Err(faults) => return crate::commands::show_faults(&faults),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return crate::commands::say(Err(format!("the runtime does not start: {error}"))),
    };
    match runtime.block_on(serve(config, assets, demo)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => crate::commands::say(Err(error.to_string())),
    }
}

/// The SIP stack logs whole messages, numbers included, at INFO: it is held to warnings whatever the
/// filter says, and the WebRTC engine with it.
fn start_log(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let pinned = ["rsipstack=warn", "str0m=warn", "sqlx=warn", "hyper=warn"];
    let filter = pinned.iter().filter_map(|d| d.parse().ok()).fold(filter, EnvFilter::add_directive);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
}

/// Stops in two steps: `drain` lets what is live finish, `hard` does not.
#[derive(Clone, Default)]
struct Stops {
    /// No new contacts.
    drain: CancellationToken,
    /// Everything else stops: signalling, floor, HTTP.
    rest: CancellationToken,
    /// At once.
    hard: CancellationToken,
}

async fn serve(config: Config, assets: Assets, demo: bool) -> Result<(), Fatal> {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    if config.redis_url.is_some() {
        tracing::warn!("a Redis URL is set; this version runs every role in one process and does not use it");
    }
    let stores = stores::open(&config).await?;
    // A second process would take the journal over from the first, and then find its ports taken.
    let _lock = lock::take(&config.data_dir)?;
    Ready::remove(&config.data_dir);
    let credentials = stores.credentials().await?;
    if demo {
        demo::make_log_ins(&config, &credentials, &assets.centre).await?;
    }
    let mut running = Running { clock: Clock::start(), stops: Stops::default(), tasks: TaskTracker::new(), contacts: TaskTracker::new() };
    let floor = running.start_floor(&config, &stores, &assets.centre).await?;
    let started = running.start_services(&config, &stores, &floor, assets, &credentials).await?;
    let (services, bound) = (Arc::clone(&started.services), started.bound);
    let (parts, reported) = started.into_parts(stores.journal.clone(), metrics);
    let centre = Arc::new(LiveCentre::new(parts));
    centre.follow(&running.tasks, running.stops.rest.clone());

    let console = console::ConsoleState::new(console::Parts {
        centre: Arc::clone(&centre) as _,
        credentials,
        crm: stores.crm.clone(),
        clock: console::Clock::system(),
        secure: config.tls.is_some(),
    });
    let router = console::router(console.clone()).merge(web::router(web::Sockets {
        console: console.clone(),
        centre: Arc::clone(&centre),
        gateway: services.gateway.clone(),
        chat: services.chat.clone(),
    }));
    let listener = TcpListener::bind(config.http_listen)
        .await
        .map_err(|e| format!("{} cannot be listened on: {e}", config.http_listen))?;
    let ready = ready_of(&config, &listener, &bound)?;
    let tls = config.tls.as_ref().map(|tls| http::acceptor(&tls.cert, &tls.key)).transpose()?;
    let stops = running.stops.clone();
    let http = tokio::spawn(http::serve(listener, router, tls, stops.rest.clone(), stops.hard.clone()));
    centre.http_is_up();
    ready.write(&config.data_dir)?;
    demo::greet(&config, &ready, &services.floor.picture(), demo);

    wait_and_drain(&stops, &services, &running.contacts, Duration::from_secs(config.drain_seconds)).await;
    Ready::remove(&config.data_dir);
    // Files are closed and the floor told of them before the floor stops.
    services.tapes.close();
    let _ = tokio::time::timeout(CLOSING, reported).await;
    stops.rest.cancel();
    running.tasks.close();
    let everything = async {
        console.close().await;
        services.chat.shut_down().await;
        running.tasks.wait().await;
        let _ = http.await;
    };
    tokio::select! {
        () = everything => {}
        () = stops.hard.cancelled() => {}
    }
    Ok(())
}

/// What a running process holds together.
struct Running {
    clock: Clock,
    stops: Stops,
    tasks: TaskTracker,
    contacts: TaskTracker,
}

/// Services that run, and what the console needs besides.
struct Started {
    services: Arc<Services>,
    bound: Bound,
    player: keeping::Player,
    reported: JoinHandle<()>,
    lines: Lines,
    sip_stopped: CancellationToken,
}

impl Started {
    fn into_parts(
        self,
        journal: crm::Db,
        metrics: metrics_exporter_prometheus::PrometheusHandle,
    ) -> (crate::centre::Parts, JoinHandle<()>) {
        let parts = crate::centre::Parts {
            services: self.services,
            player: self.player,
            registrar: self.bound.sip,
            metrics,
            lines: self.lines,
            sip_stopped: self.sip_stopped,
            journal,
        };
        (parts, self.reported)
    }
}

impl Running {
    async fn start_floor(&mut self, config: &Config, stores: &Stores, seed: &Centre) -> Result<(Hub, FloorHandle), Fatal> {
        let opened = floor::open(stores.journal.clone(), seed, &self.clock).await?;
        let name = opened.floor.centre().floor.clone();
        let hub = Hub::default();
        let (task, floor) = FloorTask::new(opened, self.clock.clone(), hub.clone());
        let (stop, fenced) = (self.stops.rest.clone(), self.stops.hard.clone());
        self.tasks.spawn(async move {
            if let Err(error) = task.run(stop).await {
                tracing::error!(%error, "the floor has stopped");
                fenced.cancel();
            }
        });
        self.tasks.spawn(control(config.data_dir.clone(), floor.clone(), self.stops.rest.clone()));
        let scribe = Scribe::new(stores.journal.clone(), stores.crm.clone(), name, floor.clone()).await?;
        self.tasks.spawn(scribe.run(self.stops.rest.clone()));
        Ok((hub, floor))
    }

    async fn start_services(
        &mut self,
        config: &Config,
        stores: &Stores,
        (hub, floor): &(Hub, FloorHandle),
        assets: Assets,
        credentials: &console::Credentials,
    ) -> Result<Started, Fatal> {
        let rest = self.stops.rest.clone();
        let devices = Arc::new(DeviceList::new(credentials.devices().clone()));
        let (gateway, legs, bound) = Gateway::start(gateway_config(config), devices, rest.clone()).await?;
        let sip_stopped = CancellationToken::new();
        self.tasks.spawn({
            let (gateway, stopped) = (gateway.clone(), sip_stopped.clone());
            async move {
                gateway.stopped().await;
                stopped.cancel();
            }
        });
        let kept_lines = Arc::new(keeping::Conversations::new(stores.crm.clone()));
        let (chat, conversations) = chat::Hub::new(chat::HubConfig::default(), kept_lines);
        let lines = Lines::new();
        let keeping = keeping::start(config, stores, floor, &self.clock, &self.tasks, rest.clone()).await?;
        let services = Arc::new(Services {
            clock: self.clock.clone(),
            floor: floor.clone(),
            hub: hub.clone(),
            gateway,
            chat,
            flows: assets.flows,
            prompts: assets.prompts,
            tapes: keeping.tapes,
            on_tape: OnTape::default(),
            draining: self.stops.drain.clone(),
            crm: stores.crm.clone(),
        });
        crate::contact::restore(&services, &self.contacts).await;
        let reception = Reception::new(Arc::clone(&services), lines.clone(), self.contacts.clone());
        self.tasks.spawn(reception.run(legs, conversations, rest));
        Ok(Started { services, bound, player: keeping.player, reported: keeping.reported, lines, sip_stopped })
    }
}

/// Without its door the centre runs all the same; only its set-up cannot be changed by command.
async fn control(data_dir: PathBuf, floor: FloorHandle, stop: CancellationToken) {
    if let Err(error) = crate::control::serve(&data_dir, floor, stop).await {
        tracing::warn!(%error, "the set-up cannot be changed by command while the centre runs");
    }
}

fn gateway_config(config: &Config) -> GatewayConfig {
    GatewayConfig {
        sip_listen: config.sip_listen,
        rtp_ports: config.rtp_ports.clone(),
        webrtc_listen: config.webrtc_listen,
        advertised_ip: config.advertised_ip,
        trunk: config.trunk.as_ref().map(|t| Trunk {
            address: t.address,
            transport: TrunkTransport::Udp,
            from: t.from.clone(),
        }),
        trunk_sources: config.trunk.as_ref().map(|t| t.sources.clone()).unwrap_or_default(),
        realm: console::credentials::devices::REALM.to_owned(),
        limits: Limits::default(),
    }
}

fn ready_of(config: &Config, listener: &TcpListener, bound: &Bound) -> std::io::Result<Ready> {
    Ok(Ready {
        pid: std::process::id(),
        http: listener.local_addr()?,
        tls: config.tls.is_some(),
        sip_udp: bound.sip,
        sip_tcp: bound.sip,
        webrtc: bound.webrtc,
    })
}

/// Waits for Ctrl-C or SIGTERM, then for the live contacts: ordinary ones for so long, safeguarding
/// ones until they end. A second signal ends at once.
async fn wait_and_drain(stops: &Stops, services: &Services, contacts: &TaskTracker, patience: Duration) {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be waited for");
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        () = stops.hard.cancelled() => return,
    }
    let live = contacts.len();
    if live > 0 {
        println!("Draining: {live} live contacts, ordinary ones for {} s. Press Ctrl-C again to stop at once.", patience.as_secs());
    }
    stops.drain.cancel();
    contacts.close();
    tokio::select! {
        () = contacts.wait() => {}
        () = drain(services, contacts, patience) => {}
        _ = tokio::signal::ctrl_c() => stops.hard.cancel(),
        _ = terminate.recv() => stops.hard.cancel(),
    }
}

async fn drain(services: &Services, contacts: &TaskTracker, patience: Duration) {
    tokio::time::sleep(patience).await;
    let picture = services.floor.picture();
    for contact in picture.view.contacts.values().filter(|c| !c.lane.is_some_and(|lane| lane.is_safeguarding())) {
        let news = crate::hub::News::Control(crate::hub::Control::HangUp(vocabulary::Party::Centre));
        services.hub.tell(contact.contact, news);
    }
    contacts.wait().await;
}
